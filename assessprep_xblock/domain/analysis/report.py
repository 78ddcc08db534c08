"""An analysis as a table of plain values: what the page, the REST call and the spreadsheet all show. No query.

A figure is ``{"value", "low", "high", "guard"}``: ``guard`` is ``ok``, ``rough`` (few students: look, do not judge)
or ``few`` (too few: not told, the value is None).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dif, intervals, rules, suppression
from .intervals import Interval
from .reading import Question, Read
from .vectors import Answers

#: Edges of the score ranges, in percent, as on the Grade view: [0, 25) [25, 50) [50, 75) [75, 100].
BANDS = (0, 25, 50, 75, 100)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Grouping:
    """One way to part the students: ``by`` is ``class``, ``session`` or ``school``; ``keys`` the group of each, -1
    for none."""

    by: str
    names: Sequence[str]
    keys: NDArray[np.int64]


def figure(name: str, n: int, value: float | None, sure: Interval | None = None) -> dict[str, Any]:
    """A figure with its interval and whether ``n`` students are enough for it."""
    guard = rules.guard(name, n)
    told = value is not None and guard != "few"
    low, high = sure if told and sure is not None and all(math.isfinite(one) for one in sure) else (None, None)
    return {"value": value if told else None, "low": low, "high": high, "guard": guard}


def compose(read: Read, groupings: Sequence[Grouping], *, author: bool, whole_district: bool = True) -> dict[str, Any]:
    """The report. ``author``: counts below five are kept back, and no single student's score is told; ``whole_district``
    False (one school, for the author): no counts by category at all, because those of all schools are told elsewhere."""
    questions, answers = read.questions, read.answers
    points = np.array([question.points for question in questions], dtype=float)
    possible = float(points.sum())
    sums = rules.sums(answers.scores)
    total = sums.total * sums.scale
    percent = 100 * total / possible if possible > 0 else np.zeros(0)
    report: dict[str, Any] = {
        "students": read.n,
        "waiting": read.waiting,
        "repeats": read.repeats,
        "possible": possible,
        "test": _test(answers, sums, possible, author=author),
        "questions": [],
        "comparisons": [_comparison(grouping, percent) for grouping in groupings if len(grouping.names) > 1],
        "dif": _dif(groupings, answers, total, questions),
        "standards": _standards(questions, answers),
    }
    counted = not author or whole_district
    report["distribution"] = _distribution(percent) if not author else []
    report["bands"] = _bands(percent, author=author) if counted else []
    for item, question in zip(rules.items(answers.scores, points, answers.answered, sums), questions, strict=True):
        place = question.number - 1
        rest = total - answers.scores[:, place]
        parts = _parts(question, answers, rest, author=author) if counted else []
        spent = _spent(answers.spent[:, place], author=author)
        told = {**_question(question, item), "spent": spent, "parts": parts, "check": _check(item, parts)}
        report["questions"].append(told)
    return report


def _test(answers: Answers, sums: rules.Sums, possible: float, *, author: bool) -> dict[str, Any]:
    of = rules.whole(answers.scores, sums)
    kinds = {"mean": "mean", "median": "mean", "sd": "spread", "skewness": "shape", "kurtosis": "shape", "alpha": "alpha"}
    kinds["sem"] = "alpha"
    told = {name: figure(kind, of.n, getattr(of, name), of.sure[name]) for name, kind in kinds.items()}
    mean = told["mean"]
    told["percent"] = {
        **mean,
        **{
            name: 100 * mean[name] / possible if mean[name] is not None and possible > 0 else None
            for name in ("value", "low", "high")
        },
    }
    if author:
        # The bounds of a median, like the lowest and the highest score, are single students' scores.
        told["median"] |= {"low": None, "high": None}
    return {**told, "kr20": of.kr20, "lowest": None if author else of.lowest, "highest": None if author else of.highest}


def _question(question: Question, item: rules.Item) -> dict[str, Any]:
    return {
        "number": question.number,
        "item": question.block_id,
        "title": question.title,
        "points": question.points,
        "standards": list(question.standards),
        "right_or_wrong": item.right_or_wrong,
        "mean": figure("facility", item.n, item.mean, item.sure.get("mean")),
        "facility": figure("facility", item.n, item.facility, item.sure.get("facility")),
        "sd": figure("spread", item.n, item.sd, item.sure.get("sd")),
        "rest": figure("discrimination", item.n, item.rest, item.sure.get("rest")),
        "upper_lower": figure("discrimination", item.n, item.upper_lower, item.sure.get("upper_lower")),
        "efficiency": figure("discrimination", item.n, item.efficiency, item.sure.get("efficiency")),
        "omitted": figure("facility", item.n, item.omitted, item.sure.get("omitted")),
    }


def _spent(seconds: NDArray[np.uint32], *, author: bool) -> dict[str, Any]:
    """The median of the seconds for which pages showed a question, of those students of whom they are known.

    The median, because a page left open over the break would pull any mean.
    """
    n, middle, sure = rules.spent(seconds)
    if not n or (author and n < suppression.FEWEST):
        return {**figure("mean", 0, None), "students": 0}
    return {**figure("mean", n, middle, None if author else sure), "students": n}


def _parts(question: Question, answers: Answers, rest: Values, *, author: bool) -> list[dict[str, Any]]:
    return [
        _part(question, part, answers.chosen[:, question.first_part + place], rest, author=author)
        for place, part in enumerate(question.parts)
    ]


def _part(question: Question, part: Any, chosen: NDArray[np.uint32], rest: Values, *, author: bool) -> dict[str, Any]:
    """The answers of one part: how many chose each, and whether they did well in the other questions (point-biserial)."""
    n = len(chosen)
    picks = [(option.text, option.right, (chosen >> place) & 1) for place, option in enumerate(part.options)]
    other = chosen >> 31
    if other.any():
        picks.append((None, False, other))
    if not part.many:
        picks.append(("", False, (chosen == 0).astype(np.uint32)))
    counts: list[int | None] = [int(pick.sum()) for _text, _right, pick in picks]
    told = counts
    if author:
        # Where several may be chosen, each option parts the students in two: who chose it and who did not.
        told = (
            [count if suppression.shown_counts([count or 0, n - (count or 0)])[0] is not None else None for count in counts]
            if part.many
            else suppression.shown_counts([count or 0 for count in counts])
        )
    strong = (
        rest >= np.partition(rest, -max(1, round(rules.KELLEY * n)))[-max(1, round(rules.KELLEY * n))] if n else rest > 0
    )
    return {
        "part": part.number - 1,
        "label": part.label,
        "many": part.many,
        "options": [
            _option(text, right, pick, count, n, rest, strong)
            for (text, right, pick), count in zip(picks, told, strict=True)
        ],
    }


def _option(
    text: str | None, right: bool, pick: Any, count: int | None, n: int, rest: Values, strong: Any
) -> dict[str, Any]:
    """``text`` "" is no answer, None an answer that is none of these. ``strong``: share among the best 27 % in the rest."""
    if count is None:
        nothing = {"value": None, "low": None, "high": None, "guard": "kept_back"}
        return {"text": text, "right": right, "count": None, "share": nothing, "biserial": nothing, "strong": None}
    r = rules.pearson(pick.astype(float), rest) if n else None
    return {
        "text": text,
        "right": right,
        "count": count,
        "share": figure("facility", n, count / n if n else None, intervals.share(count, n)),
        "biserial": figure("discrimination", n, r, intervals.correlation(r, n)),
        "strong": float(pick[strong].mean()) if n and rules.guard("discrimination", n) != "few" else None,
    }


def _check(item: rules.Item, parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why somebody should look at this question's key: ``strong_choose_other`` (among the best students another answer is
    chosen more often than the right one: Blackboard's and Moodle's sign of a wrong key), ``goes_with_low_scores`` (the whole
    interval of the discrimination lies below 0)."""
    if rules.guard("discrimination", item.n) == "few":
        return []
    reasons = []
    for part in parts:
        shares = [
            (one["strong"], one["right"]) for one in part["options"] if one["strong"] is not None and one["text"] != ""
        ]
        right = [share for share, is_right in shares if is_right]
        wrong = [share for share, is_right in shares if not is_right]
        if not part["many"] and right and wrong and max(wrong) > max(right):
            reasons.append("strong_choose_other")
            break
    low_high = item.sure.get("rest")
    if low_high is not None and low_high[1] < 0:
        reasons.append("goes_with_low_scores")
    return reasons


def _distribution(percent: Values) -> list[dict[str, Any]]:
    counts = rules.histogram(percent)
    step = 100 // len(counts)
    return [{"least": place * step, "most": (place + 1) * step, "count": count} for place, count in enumerate(counts)]


def _bands(percent: Values, *, author: bool) -> list[dict[str, Any]]:
    counts: Sequence[int | None] = rules.histogram(percent, bins=len(BANDS) - 1)
    n = len(percent)
    shown = suppression.shown_counts([count or 0 for count in counts]) if author else counts
    return [
        {
            "least": BANDS[place],
            "most": BANDS[place + 1],
            "count": count,
            "share": None if count is None else figure("facility", n, count / n if n else None, intervals.share(count, n)),
        }
        for place, count in enumerate(shown)
    ]


def _comparison(grouping: Grouping, percent: Values) -> dict[str, Any]:
    """Each group's mean in percent, and how far it is from all the others together. One pass, however many groups."""
    known = grouping.keys >= 0
    keys, values = grouping.keys[known], percent[known]
    centre = float(values.mean()) if len(values) else 0.0
    away, places = values - centre, len(grouping.names)
    counts = np.bincount(keys, minlength=places)
    sums, squares = np.bincount(keys, away, minlength=places), np.bincount(keys, away * away, minlength=places)
    groups = []
    for place, name in enumerate(grouping.names):
        own = _group(int(counts[place]), float(sums[place]), float(squares[place]), centre)
        others = _group(
            len(values) - int(counts[place]), float(sums.sum() - sums[place]), float(squares.sum() - squares[place]), centre
        )
        mean, sd, n = own
        smaller = min(n, others[2])
        both = (*own, *others)
        apart = intervals.difference_of_means(*both) if smaller else None
        effect = intervals.effect_size(*both) if smaller else None
        groups.append(
            {
                "name": name,
                "students": n,
                "mean": figure("mean", n, mean if n else None, intervals.mean(mean, sd, n)),
                "sd": figure("spread", n, sd, intervals.spread(sd, n)),
                "difference": figure("compare", smaller, *(apart or (None, None))),
                "effect": figure("compare", smaller, *(effect or (None, None))),
            }
        )
    return {"by": grouping.by, "groups": groups}


def _group(n: int, total: float, squares: float, centre: float) -> tuple[float, float | None, int]:
    """Mean, sd (n - 1) and number of a group, out of the sums of its distances from ``centre``."""
    if not n:
        return 0.0, None, 0
    mean = centre + total / n
    if n < 2:
        return mean, None, n
    variance = (squares - total * total / n) / (n - 1)
    return mean, math.sqrt(variance) if variance > rules.NOTHING * max(1.0, mean * mean) else 0.0, n


def _dif(
    groupings: Sequence[Grouping], answers: Answers, total: Values, questions: Sequence[Question]
) -> list[dict[str, Any]]:
    """Each school against all others together, question by question; only questions that are right or wrong."""
    schools = next((grouping for grouping in groupings if grouping.by == "school" and len(grouping.names) > 1), None)
    if schools is None:
        return []
    found: list[dict[str, Any]] = []
    members = [np.flatnonzero(schools.keys == key) for key in range(len(schools.names))]
    for name, inside in zip(schools.names, members, strict=True):
        smaller = min(len(inside), len(schools.keys) - len(inside))
        found.append({"name": name, "students": len(inside), "guard": rules.guard("dif", smaller), "questions": []})
    level = dif.levels_of(total)
    levels = int(np.max(level)) + 1 if len(level) else 0
    for place, question in enumerate(questions):
        column = answers.scores[:, place]
        if question.points <= 0 or not (column[column != 0] == question.points).all():
            continue
        right = column > 0
        everybody = dif.counted(right, level, levels)
        for school, inside in zip(found, members, strict=True):
            if school["guard"] == "few":
                continue
            focal = dif.counted(right[inside], level[inside], levels)
            one = dif.mantel_haenszel(np.stack([everybody - focal, focal], axis=1))
            school["questions"].append({"number": question.number, "title": question.title, **_plain(one)})
    return found


def _plain(one: dif.Dif) -> dict[str, Any]:
    low, high = one.sure or (None, None)
    told = {"odds": one.odds, "low": low, "high": high, "chi2": one.chi2, "p": one.p, "delta": one.delta}
    return {**told, "category": one.category}


def _standards(questions: Sequence[Question], answers: Answers) -> list[dict[str, Any]]:
    """The score in all questions of one standard, in percent, by the standard's name."""
    names = sorted({standard for question in questions for standard in question.standards})
    found = []
    for name in names:
        places = [question.number - 1 for question in questions if name in question.standards]
        worth = sum(questions[place].points for place in places)
        percent = 100 * answers.scores[:, places].sum(axis=1) / worth if worth > 0 else np.zeros(0)
        of = rules.moments(percent)
        n = len(percent)
        sure = None if of["mean"] is None else intervals.mean(of["mean"], of["sd"], n)
        found.append(
            {
                "name": name,
                "questions": [questions[place].number for place in places],
                "points": worth,
                "mean": figure("mean", n, of["mean"], sure),
                "sd": figure("spread", n, of["sd"], intervals.spread(of["sd"], n)),
            }
        )
    return found
