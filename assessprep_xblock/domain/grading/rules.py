"""What a result is called: its status, its band, and the numbers under a class's results. Values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..library.setting import N
from ..library.written import Criterion
from ..shared.refusals import Refusal

#: Status -> what graders read. A learner is in exactly one.
STATUSES: dict[str, str] = {
    "unattempted": N("Unattempted"),
    "working": N("Not handed in yet"),
    "ungraded": N("Ungraded"),
    "partly": N("Partly graded"),
    "scored": N("Scored"),
}


@dataclass(frozen=True)
class Band:
    """A score range in percent, ``least`` included, ``most`` not (but 100). Words and a shape carry it; colour helps."""

    name: str
    least: int
    most: int
    label: str
    words: str
    shape: str


BANDS: tuple[Band, ...] = (
    Band("0-25", 0, 25, N("0 to 25 %"), N("lowest quarter"), "▁"),
    Band("25-50", 25, 50, N("25 to 50 %"), N("second quarter"), "▃"),
    Band("50-75", 50, 75, N("50 to 75 %"), N("third quarter"), "▅"),
    Band("75-100", 75, 100, N("75 to 100 %"), N("top quarter"), "▇"),
)
BY_NAME: dict[str, Band] = {band.name: band for band in BANDS}


def percent(earned: float | None, possible: float | None) -> float | None:
    """Points as percent, rounded to six places so that sums of fractions do not fall off a band's edge; None: no score."""
    if earned is None or not possible or possible < 0:
        return None
    return round(100 * earned / possible, 6)


def band_of(value: float | None) -> Band | None:
    """The band a percentage is in: [0,25) [25,50) [50,75) [75,100]. Above 100 counts as the last, below 0 as the first."""
    if value is None:
        return None
    return next((band for band in BANDS if value < band.most), BANDS[-1])


def status_of(*, attempt_status: str, answered: int, pending: bool, needs_marking: bool, graded: int = 0) -> str:
    """A learner's status on the Grade view. ``answered``: how many answers there are; the attempt may be absent.

    ``graded``: how many answers have their points while others wait for a person: *partly graded*.
    """
    if attempt_status in ("absent", "joined"):
        return "unattempted"
    if attempt_status != "submitted":
        return "working"
    if not answered:
        return "unattempted"
    if pending:
        return "ungraded"
    if needs_marking:
        return "partly" if graded else "ungraded"
    return "scored"


@dataclass(frozen=True)
class Summary:
    """The numbers under a set of scores, in percent. None where there is no score."""

    count: int
    mean: float | None
    median: float | None
    lowest: float | None
    highest: float | None


def summary(values: Sequence[float]) -> Summary:
    """Mean and median of percentages: the median of an even count is the mean of the middle two."""
    if not values:
        return Summary(0, None, None, None, None)
    ordered = sorted(values)
    half = len(ordered) // 2
    median = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return Summary(len(ordered), sum(ordered) / len(ordered), median, ordered[0], ordered[-1])


def points(value: float) -> str:
    """Points as people write them: no trailing zeros, at most two places."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


# -- marks ---------------------------------------------------------------------------------------------------------------
LONGEST_COMMENT = 4000
LONGEST_REASON = 500
#: Float sums of criteria may be off by this much and still be meant.
CLOSE = 1e-9


@dataclass(frozen=True)
class Given:
    """What a grader gives one question. ``points`` None: the mark is taken back. ``criteria``: id -> points, where the
    question has a rubric; its sum is the points."""

    points: float | None
    criteria: Mapping[str, float] = field(default_factory=dict)
    comment: str = ""
    reason: str = ""


def check_markable(*, status: str, voided: bool) -> None:
    """Refuse a mark for what is not handed in (any more), or void."""
    if voided:
        raise Refusal("voided")
    if status != "submitted":
        raise Refusal("not_submitted")


def check_mark(
    given: Given, *, most: float, rubric: Sequence[Criterion], machine: float | None, answered: bool, step: float
) -> None:
    """Refuse points that this question cannot have, and a change of the platform's score without a reason."""
    if given.points is None:
        if given.criteria:
            raise Refusal("invalid", field="criteria", why="without points there are none")
        return
    _check_points(given.points, most, step)
    if given.criteria:
        _check_criteria(given, rubric, step)
    # An empty answer has 0 points by the platform's own counting, whoever would mark it.
    if machine is not None and not abs(machine - given.points) < CLOSE and not given.reason.strip():
        raise Refusal("reason_needed", scored=answered)


def _check_points(points: float, most: float, step: float) -> None:
    if not 0 <= points <= most:
        raise Refusal("mark_out_of_range", most=_words(most))
    if points != most and abs(points / step - round(points / step)) > 1e-6:
        raise Refusal("mark_step", step=_words(step))


def _check_criteria(given: Given, rubric: Sequence[Criterion], step: float) -> None:
    known = {one.id: one for one in rubric}
    for name, value in given.criteria.items():
        if name not in known:
            raise Refusal("invalid", field="criteria", why="the rubric has no such criterion")
        _check_points(value, known[name].points, step)
    assert given.points is not None
    if len(given.criteria) != len(known) or abs(sum(given.criteria.values()) - given.points) > CLOSE:
        raise Refusal("invalid", field="criteria", why="each criterion needs its points, and they have to add up")


def _words(value: float) -> str:
    return points(value)
