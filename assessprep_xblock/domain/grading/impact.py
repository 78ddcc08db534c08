"""What a corrected marking would change, in numbers: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import rules

#: An author is told of a school again when at least so many more of its students are counted: no single one then shows.
STEP = 5


@dataclass(frozen=True)
class Change:
    """One submission's points and the most it could have, before and afterwards; ``None``: not all of it is scored."""

    attempt_id: int
    before: float | None
    most_before: float
    after: float | None
    most_after: float

    @property
    def changes(self) -> bool:
        """Whether anything is other afterwards."""
        return (self.before, self.most_before) != (self.after, self.most_after)

    @property
    def percents(self) -> tuple[float | None, float | None]:
        """Percent before and afterwards."""
        return rules.percent(self.before, self.most_before), rules.percent(self.after, self.most_after)

    @property
    def bands(self) -> tuple[rules.Band | None, rules.Band | None]:
        """Score range before and afterwards."""
        before, after = self.percents
        return rules.band_of(before), rules.band_of(after)

    @property
    def turn(self) -> int:
        """1: better afterwards, -1: worse; 0: the same, or not all of it is scored."""
        before, after = self.percents
        # Rounded as percentages are: what is the same but for a last bit is the same.
        return 0 if before is None or after is None else (after > before) - (after < before)

    @property
    def crosses(self) -> bool:
        """Whether it lies in another score range afterwards."""
        before, after = self.bands
        return before is not None and after is not None and before is not after

    def row(self) -> list[Any]:
        """As it is kept."""
        return [self.attempt_id, self.before, self.most_before, self.after, self.most_after]


class Numbers:
    """The numbers over many submissions, taken one by one."""

    def __init__(self) -> None:
        self.students = self.changed = self.better = self.worse = self.crossed = self.failed = 0
        self._sums, self._scored = [0.0, 0.0], [0, 0]
        self._bands = [dict.fromkeys(rules.BY_NAME, 0), dict.fromkeys(rules.BY_NAME, 0)]

    def take(self, change: Change) -> None:
        """One more submission."""
        self.students += 1
        self.changed += change.changes
        self.better += change.turn > 0
        self.worse += change.turn < 0
        self.crossed += change.crosses
        for place, (percent, band) in enumerate(zip(change.percents, change.bands, strict=True)):
            if percent is not None and band is not None:
                self._sums[place] += percent
                self._scored[place] += 1
                self._bands[place][band.name] += 1

    def told(self) -> dict[str, Any]:
        """``{students, changed, better, worse, crossed, failed, before, after, bands_before, bands_after}``.

        ``before`` and ``after`` are means in percent (None without a score); score ranges are counted by name.
        """
        means = [total / n if n else None for total, n in zip(self._sums, self._scored, strict=True)]
        return {
            **{name: getattr(self, name) for name in ("students", "changed", "better", "worse", "crossed", "failed")},
            "before": means[0],
            "after": means[1],
            "bands_before": self._bands[0],
            "bands_after": self._bands[1],
        }


def read(rows: Iterable[list[Any]]) -> list[Change]:
    """What was kept."""
    return [Change(*row) for row in rows]


def kept_for_author(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """What an author is told of one school from now on: the new numbers once at least five more (or fewer) students are in
    them, until then the old ones."""
    if old is None or abs(new["students"] - old["students"]) >= STEP:
        return new
    return old
