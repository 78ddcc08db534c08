"""What a result is called: its status, its band, and the numbers under a class's results. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..library.catalogue import N

#: Status -> what graders read. A learner is in exactly one.
STATUSES: dict[str, str] = {
    "unattempted": N("Unattempted"),
    "working": N("Not handed in yet"),
    "ungraded": N("Ungraded"),
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


def status_of(*, attempt_status: str, answered: int, pending: bool, needs_marking: bool) -> str:
    """A learner's status on the Grade view. ``answered``: how many answers there are; the attempt may be absent."""
    if attempt_status in ("absent", "joined"):
        return "unattempted"
    if attempt_status != "submitted":
        return "working"
    if not answered:
        return "unattempted"
    return "ungraded" if pending or needs_marking else "scored"


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
