"""What a silence cost a student: the time in which contact was lost and the test's clock ran. No framework, no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..attempts.spans import Span, joined, length, until_length, within, without
from ..sessions.clock import MICROSECOND, SECOND


@dataclass(frozen=True)
class Loss:
    """One silence of one student inside an interval: from, to, and what of it the clock ran, in microseconds.

    Whole seconds, rounded up in the student's favour.
    """

    since: datetime
    until: datetime
    us: int


def _whole_us(span: timedelta) -> int:
    return -(-(span // MICROSECOND) // SECOND) * SECOND


def losses(
    interval: Span, silent: Iterable[Span], ran: Iterable[Span], paid: Iterable[Span], *, most_s: int | None = None
) -> list[Loss]:
    """What is left to make up for of what was lost in an interval, silence by silence.

    ``silent``: when contact was lost; ``ran``: when the student's clock ran; ``paid``: what was made up for before.
    ``most_s``: no more than so many seconds in all, the earliest first.
    """
    found: list[Loss] = []
    worked = joined(ran)
    left = None if most_s is None else timedelta(seconds=most_s)
    for gap in within(silent, [interval]):
        for piece in without([gap], paid):
            cost = within([piece], worked)
            if left is not None:
                cost = until_length(cost, left)
                left -= length(cost)
            if (us := _whole_us(length(cost))) and length(cost) >= timedelta(seconds=1):
                end = piece[1] if most_s is None or cost[-1][1] == within([piece], worked)[-1][1] else cost[-1][1]
                found.append(Loss(piece[0], end, us))
    return found


@dataclass(frozen=True)
class Suggestion:
    """An interval in which several lost contact at once, and how many."""

    since: datetime
    until: datetime
    students: int


def suggestions(silences: Sequence[tuple[int, Span]], *, spread: timedelta, most: int = 3) -> list[Suggestion]:
    """Where contact was lost by the most students at the same time: the intervals to look at first, the largest first.

    ``silences``: (attempt, span). ``spread``: how far apart the pages of one room notice one outage; who lost contact alone
    is suggested only where nobody else did.
    """
    alone = joined(span for _attempt, span in silences)
    together = _together(silences)
    found = []
    for begin, end in together or alone:
        here = [(attempt, span) for attempt, span in silences if span[0] < end and begin < span[1]]
        since = min((span[0] for _one, span in here if begin - span[0] <= spread), default=begin)
        until = max((span[1] for _one, span in here if span[1] - end <= spread), default=end)
        found.append(Suggestion(min(since, begin), max(until, end), len({attempt for attempt, _span in here})))
    return sorted(found, key=lambda one: (one.students, one.until), reverse=True)[:most]


def _together(silences: Sequence[tuple[int, Span]]) -> list[Span]:
    """When two or more were silent at once."""
    steps = sorted([(span[0], 1) for _one, span in silences] + [(span[1], -1) for _one, span in silences])
    found, silent, begin = [], 0, None
    for at, step in steps:
        silent += step
        if silent >= 2 and begin is None:
            begin = at
        elif silent < 2 and begin is not None:
            found.append((begin, at))
            begin = None
    return joined(found)
