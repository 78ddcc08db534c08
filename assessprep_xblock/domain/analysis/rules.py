"""The statistics of a test and of its questions. Arrays in, figures out; ``None`` where a figure has no meaning.

``scores`` is always an array of float64 with one row for each student and one column for each question, in points; a
question that was not answered has 0 points, as in the gradebook. Nothing here divides by zero, overflows or warns: whatever
cannot be said (nobody there, everybody the same, a question worth nothing) is ``None``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import intervals
from .intervals import Interval

Scores = NDArray[np.float64]

#: Share of the students in each of the upper and lower groups: Kelley (1939), J. Educational Psychology 30:17.
KELLEY = 0.27
#: A variance below this part of the other one is what rounding left over of nothing.
NOTHING = 1e-12
#: Rows worked on at a time: what is needed beside the scores themselves stays small.
ROWS = 8192
#: Most different totals for which students are counted by total instead of being sorted.
LEVELS = 4096

#: Fewest students for whom a figure is told, and fewest for whom it is told without a warning. Means of classes are
#: told from 2; what compares students with each other swings wildly in small groups (Ebel & Frisbie 1991, chapter 13).
TOLD_FROM = {"mean": 1, "spread": 2, "facility": 1, "shape": 10, "discrimination": 10, "alpha": 10, "compare": 5, "dif": 30}
SURE_FROM = {
    "mean": 5,
    "spread": 10,
    "facility": 10,
    "shape": 50,
    "discrimination": 30,
    "alpha": 30,
    "compare": 15,
    "dif": 100,
}


def guard(figure: str, n: int) -> str:
    """``ok``, ``rough`` (told, with a warning) or ``few`` (not told): whether ``n`` students are enough for this figure."""
    if n < TOLD_FROM[figure]:
        return "few"
    return "ok" if n >= SURE_FROM[figure] else "rough"


def dot(one: Scores, other: Scores) -> float:
    """The sum of products, on one processor: BLAS (``@``) would take all there are, and they are the web workers'."""
    return float(np.einsum("i,i->", one, other))


def _number(value: float) -> float | None:
    value = float(value)
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Whole:
    """The test as a whole, in points. ``kr20``: alpha is Kuder and Richardson's formula 20, every question being right or
    wrong. Each figure has its 95 % interval of the same name in ``sure``.
    """

    n: int
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    kr20: bool
    sem: float | None
    lowest: float | None
    highest: float | None
    sure: dict[str, Interval | None]


def moments(values: Scores) -> dict[str, float | None]:
    """Mean, median, sd (n - 1), skewness G1 and excess kurtosis G2 as in SAS, SPSS and Excel (Joanes & Gill 1998).

    G1 = n / ((n-1)(n-2)) * sum(z^3); G2 = n(n+1) / ((n-1)(n-2)(n-3)) * sum(z^4) - 3(n-1)^2 / ((n-2)(n-3)).
    """
    n = len(values)
    found: dict[str, float | None] = dict.fromkeys(("mean", "median", "sd", "skewness", "kurtosis"))
    if not n:
        return found
    # Huge marks: what is squared and cubed below is at most 1, and the factor is put back at the end.
    scale = float(np.max(np.abs(values))) or 1.0
    scaled = values / scale
    centre = float(scaled.mean())
    away = scaled - centre
    found |= {"mean": _number(centre * scale), "median": _number(float(np.median(scaled)) * scale)}
    squares = dot(away, away)
    if n < 2:
        return found
    sd = math.sqrt(squares / (n - 1))
    if sd <= NOTHING * max(abs(centre), 1e-300):
        return found | {"sd": 0.0}
    found["sd"] = _number(sd * scale)
    z = away / sd
    if n > 2:
        found["skewness"] = n / ((n - 1) * (n - 2)) * float((z**3).sum())
    if n > 3:
        fourth = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * float((z**4).sum())
        found["kurtosis"] = fourth - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return found


@dataclass(frozen=True)
class Sums:
    """What one pass over the scores gives: everything but what needs an order. ``scale``: scores were divided by it."""

    n: int
    scale: float
    total: Scores  # of each student, scaled
    mean: Scores
    variance: Scores  # of each question (n - 1), scaled
    with_total: Scores  # covariance of each question with the total, scaled
    of_total: float  # variance of the total (n - 1), scaled
    right_or_wrong: NDArray[np.bool_]  # questions that gave nothing, or one and the same number of points


def sums(scores: Scores) -> Sums:
    """One pass in blocks of rows: means, variances, and covariances with the total (Chan, Golub & LeVeque 1983: two passes,
    the mean first, keep all digits)."""
    n, k = scores.shape
    scale = float(max(np.max(scores), -np.min(scores))) if scores.size else 1.0
    scale = scale if scale > 0 else 1.0
    total = scores.sum(axis=1) / scale
    mean = scores.sum(axis=0) / scale / n if n else np.zeros(k)
    variance, with_total, binary = np.zeros(k), np.zeros(k), np.ones(k, dtype=bool)
    away_total = total - total.mean() if n else total
    highest, lowest = (scores.max(axis=0), scores.min(axis=0)) if n else (mean, mean)
    full = np.where(highest > 0, highest, lowest)
    for start in range(0, n, ROWS):
        block = scores[start : start + ROWS]
        binary &= ((block == 0) | (block == full)).all(axis=0)
        away = block / scale - mean
        variance += np.einsum("ij,ij->j", away, away)
        with_total += np.einsum("i,ij->j", away_total[start : start + ROWS], away)
    if n > 1:
        variance, with_total = variance / (n - 1), with_total / (n - 1)
    variance[variance <= NOTHING * np.square(mean)] = 0.0
    of_total = float(total.var(ddof=1)) if n > 1 else 0.0
    return Sums(n, scale, total, mean, variance, with_total, of_total, binary)


def whole(scores: Scores, found: Sums | None = None) -> Whole:
    """The figures of a test out of its students' scores."""
    n, k = scores.shape
    found = found or sums(scores)
    total = found.total * found.scale
    of = moments(total)
    mean, sd = of["mean"], of["sd"]
    reliability = _alpha(found, k, sd)
    error = sd * math.sqrt(1 - reliability) if sd is not None and reliability is not None and 0 <= reliability <= 1 else None
    sure = intervals.alpha(reliability, n, k)
    return Whole(
        n=n,
        mean=mean,
        median=of["median"],
        sd=sd,
        skewness=of["skewness"],
        kurtosis=of["kurtosis"],
        alpha=reliability,
        kr20=bool(n) and bool(found.right_or_wrong.all()),
        sem=error,
        lowest=_number(np.min(total)) if n else None,
        highest=_number(np.max(total)) if n else None,
        sure={
            "mean": None if mean is None else intervals.mean(mean, sd, n),
            "median": intervals.median(np.sort(total).tolist()),
            "sd": intervals.spread(sd, n),
            "skewness": intervals.skewness(of["skewness"], n),
            "kurtosis": intervals.kurtosis(of["kurtosis"], n),
            "alpha": sure,
            # The error falls as alpha rises, so its bounds change places.
            "sem": None
            if error is None or sd is None or sure is None
            else (sd * math.sqrt(max(0.0, 1 - sure[1])), sd * math.sqrt(max(0.0, 1 - sure[0]))),
        },
    )


def _alpha(found: Sums, k: int, sd: float | None) -> float | None:
    """Coefficient alpha: k/(k-1) * (1 - sum of the questions' variances / variance of the totals) (Cronbach 1951,
    Psychometrika 16:297). With right-or-wrong questions it is formula 20 of Kuder & Richardson (1937)."""
    if k < 2 or found.n < 2 or not sd:
        return None
    of_total = (sd / found.scale) ** 2
    return _number(k / (k - 1) * (1 - float(found.variance.sum()) / of_total))


@dataclass(frozen=True)
class Item:
    """One question. ``facility`` is the mean score as a share of the points; ``rest``: correlation of the question's score
    with the score in all others; ``upper_lower``: facility among the best 27 % less facility among the weakest 27 %;
    ``efficiency``: the covariance with the rest as a share of the largest these scores allow. Intervals in ``sure``.
    """

    n: int
    mean: float | None
    facility: float | None
    sd: float | None
    rest: float | None
    upper_lower: float | None
    efficiency: float | None
    omitted: float | None
    right_or_wrong: bool
    sure: dict[str, Interval | None]


def items(
    scores: Scores, possible: Scores, answered: NDArray[np.bool_] | None = None, found: Sums | None = None
) -> list[Item]:
    """The figures of each question; ``possible``: the points it is worth; ``answered``: shaped as ``scores``."""
    n, k = scores.shape
    if not n:
        return [Item(0, None, None, None, None, None, None, None, False, {}) for _ in range(k)]
    found = found or sums(scores)
    apart = _upper_lower(scores, possible, found)
    omitted = None if answered is None else 1 - answered.mean(axis=0)
    # Totals are few where points are round numbers: then students are counted by total, and nothing is sorted again.
    levels, level = np.unique(found.total, return_inverse=True)
    gave = np.ascontiguousarray((scores != 0).T)
    found_items = []
    for one in range(k):
        if found.right_or_wrong[one] and len(levels) <= LEVELS:
            efficiency = _efficiency_counted(gave[one], _worth(scores[:, one]) / found.scale, found, one, levels, level)
        else:
            efficiency = _efficiency_sorted(scores[:, one] / found.scale, found, one)
        omission = None if omitted is None else float(omitted[one])
        found_items.append(_item(float(possible[one]), one, found, apart[one], efficiency, omission))
    return found_items


def _item(
    worth: float, one: int, found: Sums, apart: tuple[float, float, int], efficiency: float | None, omitted: float | None
) -> Item:
    n, scale = found.n, found.scale
    mean, sd = float(found.mean[one]) * scale, math.sqrt(float(found.variance[one])) * scale if n > 1 else None
    facility = _number(mean / worth) if worth > 0 else None
    binary = bool(found.right_or_wrong[one])
    rest = _rest(found, one)
    if facility is None:
        sure = None
    elif binary and 0 <= facility <= 1:
        sure = intervals.share(facility * n, n)
    else:
        points = intervals.mean(mean, sd, n)
        sure = None if points is None else (points[0] / worth, points[1] / worth)
    # Right for all its points, or not at all: then the spread follows from the facility.
    shares = binary and sure is not None and facility is not None and _is_share(sd, facility, worth, n)
    spread = intervals.spread_of_shares(sd, sure, n, worth) if shares else intervals.spread(sd, n)
    correlation = intervals.correlation(rest, n)
    upper, lower, size = apart
    between = None if worth <= 0 or n < 2 else _number(upper - lower)
    return Item(
        n=n,
        mean=_number(mean),
        facility=facility,
        sd=None if sd is None else _number(sd),
        rest=rest,
        upper_lower=between,
        efficiency=efficiency,
        omitted=omitted,
        right_or_wrong=binary,
        sure={
            "mean": None if sure is None else (sure[0] * worth, sure[1] * worth),
            "facility": sure,
            "sd": spread,
            "rest": correlation,
            "efficiency": _efficiency_sure(efficiency, rest, correlation),
            "upper_lower": intervals.difference_of_shares(upper, size, lower, size)
            if between is not None and 0 <= upper <= 1 and 0 <= lower <= 1
            else None,
            "omitted": None if omitted is None else intervals.share(omitted * n, n),
        },
    )


def _is_share(sd: float | None, facility: float, worth: float, n: int) -> bool:
    """Whether a spread is that of marks of which each is 0 or all the points."""
    if sd is None or n < 2 or not 0 <= facility <= 1:
        return False
    return math.isclose(sd * sd, worth * worth * facility * (1 - facility) * n / (n - 1), rel_tol=1e-9, abs_tol=NOTHING)


def _efficiency_sure(efficiency: float | None, rest: float | None, sure: Interval | None) -> Interval | None:
    """Of the efficiency: it is the correlation with the rest over the largest one that these scores allow. That one is taken
    as it was found, so the bounds are those of the correlation, in the same proportion, and none is above 1."""
    if efficiency is None or not rest or sure is None:
        return None
    return sure[0] * efficiency / rest, min(1.0, sure[1] * efficiency / rest)


def _rest(found: Sums, one: int) -> float | None:
    """Correlation with the rest score, out of sums alone: cov(x, T - x) = cov(x, T) - var x (Henrysson 1963)."""
    own, both, of_total = float(found.variance[one]), float(found.with_total[one]), found.of_total
    of_rest = of_total - 2 * both + own
    if found.n < 2 or own <= 0 or of_rest <= NOTHING * max(of_total, own):
        return None
    return max(-1.0, min(1.0, (both - own) / math.sqrt(own * of_rest)))


def _upper_lower(scores: Scores, possible: Scores, found: Sums) -> list[tuple[float, float, int]]:
    """Facility in the upper and the lower group, and the groups' size: D of Johnson (1951), groups of 27 % (Kelley 1939).

    Students who tie at a group's edge count with the share that is needed to fill it, so that no order among equals matters.
    """
    size = max(1, round(KELLEY * found.n))
    total = np.round(found.total, 9)
    ordered = np.sort(total)
    shares = []
    for edge, beyond in ((ordered[-size], total > ordered[-size]), (ordered[size - 1], total < ordered[size - 1])):
        tied = total == edge
        weight = beyond + tied * ((size - beyond.sum()) / tied.sum())
        shares.append(np.einsum("i,ij->j", weight, scores) / size)
    with np.errstate(divide="ignore", invalid="ignore"):
        upper, lower = (np.where(possible > 0, one / possible, 0.0) for one in shares)
    return [(float(high), float(low), size) for high, low in zip(upper, lower, strict=True)]


def _worth(column: Scores) -> float:
    """The points that a question that is right or wrong gave, whatever their sign."""
    return float(np.max(column)) or float(np.min(column))


def _efficiency_sorted(scaled: Scores, found: Sums, one: int) -> float | None:
    """Covariance with the rest over the largest that these scores allow: both sorted (Moodle, "Quiz statistics
    calculations", discriminative efficiency)."""
    if found.n < 2 or found.variance[one] <= 0:
        return None
    rest = np.sort(found.total - scaled)
    highest = np.sort(scaled)
    return _of_largest(dot(highest - highest.mean(), rest - rest.mean()) / (found.n - 1), found, one)


def _efficiency_counted(
    gave: NDArray[np.bool_], worth: float, found: Sums, one: int, levels: Scores, level: NDArray[np.intp]
) -> float | None:
    """The same for a question that is right or wrong, out of the numbers of students at each total.

    The largest covariance is reached if those with the highest rests had it right: so their rests are summed up.
    """
    if found.n < 2 or found.variance[one] <= 0:
        return None
    counts = np.bincount(level + len(levels) * gave, minlength=2 * len(levels))
    rest = np.concatenate([levels, levels - worth])
    rest -= dot(rest, counts.astype(float)) / found.n
    best_first = np.argsort(-rest if worth > 0 else rest)
    before = np.cumsum(counts[best_first]) - counts[best_first]
    taken = np.clip(gave.sum() - before, 0, counts[best_first]).astype(float)
    return _of_largest(worth * dot(taken, rest[best_first]) / (found.n - 1), found, one)


def _of_largest(largest: float, found: Sums, one: int) -> float | None:
    if largest <= NOTHING * float(found.variance[one]):
        return None
    return float(found.with_total[one] - found.variance[one]) / largest


def pearson(one: Scores, other: Scores) -> float | None:
    """Pearson's correlation; with one of both 0 or 1 it is the point-biserial one (Lord & Novick 1968, section 15.3)."""
    if len(one) < 2:
        return None
    # Of numbers up to 1, so that no square overflows; a correlation knows no unit.
    one, other = (values / (float(np.abs(values).max()) or 1.0) for values in (one, other))
    a, b = one - one.mean(), other - other.mean()
    of_a, of_b = dot(a, a), dot(b, b)
    if of_a <= NOTHING * dot(one, one) or of_b <= NOTHING * dot(other, other):
        return None
    return max(-1.0, min(1.0, dot(a, b) / math.sqrt(of_a * of_b)))


def histogram(percents: Scores, bins: int = 10) -> list[int]:
    """How many percentages fall in each of ``bins`` equal parts of 0 to 100: [0, 10) ... [90, 100]; beyond: the
    outer ones."""
    if not len(percents):
        return [0] * bins
    # Six places: as grades are, so that a sum of fractions does not fall off an edge.
    place = np.floor(np.round(np.clip(percents, 0, 100), 6) * bins / 100).astype(int).clip(0, bins - 1)
    return [int(count) for count in np.bincount(place, minlength=bins)]


def spent(seconds: NDArray[np.uint32]) -> tuple[int, float | None, Interval | None]:
    """Of how many students a time is known (0 seconds: it is not), the median of these times, and its 95 % interval
    (Conover 1999, section 3.2)."""
    known = np.sort(seconds[seconds > 0])
    n = len(known)
    if not n:
        return 0, None, None
    return n, (float(known[(n - 1) // 2]) + float(known[n // 2])) / 2, intervals.median(known)
