"""Spans of time: what lies within, what is left, how long it is. Pairs of moments, in order; no framework."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

#: From the first moment up to the second.
Span = tuple[datetime, datetime]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that neither overlap nor touch, in order; empty ones are gone."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def within(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The time that is in both."""
    theirs = joined(others)
    return joined((max(a, c), min(b, d)) for a, b in joined(spans) for c, d in theirs)


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The time of the first that is not in the second."""
    left = joined(spans)
    for begin, end in joined(others):
        left = [
            part for one in left for part in ((one[0], min(one[1], begin)), (max(one[0], end), one[1])) if part[0] < part[1]
        ]
    return left


def length(spans: Iterable[Span]) -> timedelta:
    """How long they are together; what overlaps counts once."""
    return sum((end - begin for begin, end in joined(spans)), timedelta(0))


def until_length(spans: Sequence[Span], most: timedelta) -> list[Span]:
    """The first of this time, up to a length."""
    found: list[Span] = []
    for begin, end in joined(spans):
        if most <= timedelta(0):
            break
        found.append((begin, min(end, begin + most)))
        most -= end - begin
    return found
