"""What a monitor has already been told, as a token that is opaque to clients."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from ..sessions.models import AssessmentSession
from .queries_look import Look

#: Progress carries no change number; two servers' clocks may differ, and a commit comes after its time was read.
OVERLAP = timedelta(seconds=10)
#: How a token is written. It comes back from outside: a number that no column and no calendar holds, or a digest that no
#: cache takes as a name, is no token.
WRITTEN = re.compile(r"\d{1,18}(\.\d{1,14}){2}(\.\d{1,9}){2}\.[01](\.[0-9a-f]{16}){4}", re.ASCII)


@dataclass(frozen=True)
class Since:
    """What a monitor has already been told. ``people``, ``rest``, ``marks`` and ``head`` are digests.

    Until ``until`` nothing changes by itself: no time runs out, no window opens or closes.
    ``assigned`` and ``guests``: how many rows of each kind were told. ``plain``: everybody in the session has one attempt
    and nobody's time is over, so that the counters of the session's row say what its rows say.
    """

    change_no: int
    at: datetime
    until: datetime
    assigned: int
    guests: int
    plain: bool
    people: str
    rest: str
    marks: str
    head: str

    def __str__(self) -> str:
        times = (str(int(moment.timestamp() * 1000)) for moment in (self.at, self.until))
        numbers = (str(self.assigned), str(self.guests), str(int(self.plain)))
        return ".".join((str(self.change_no), *times, *numbers, self.people, self.rest, self.marks, self.head))

    @classmethod
    def read(cls, text: str, now: datetime) -> Since | None:
        """The token in ``text``; anything unreadable counts as none, which brings the whole picture."""
        if WRITTEN.fullmatch(text) is None:
            return None
        try:
            change_no, at_ms, until_ms, assigned, guests, plain, people, rest, marks, head = text.split(".")
            at, until = (datetime.fromtimestamp(int(one) / 1000, now.tzinfo) for one in (at_ms, until_ms))
            numbers = int(assigned), int(guests), plain == "1"
            return cls(int(change_no), at, until, *numbers, people, rest, marks, head)
        except (ValueError, OverflowError, OSError):
            return None

    def still_holds(self, session: AssessmentSession, now: datetime) -> bool:
        """Whether what was told can be brought up to date from the attempts that changed since, and nothing else."""
        return self.change_no <= session.change_no and self.at <= now < self.until and self.head == head_of(session)


def head_of(session: AssessmentSession) -> str:
    """Of what a change may change every row."""
    return digest(session.roster, session.held_since, session.paused_us, session.overrides, session.begun_us)


def recent(rows: Iterable[Look], change_no: int, at: datetime) -> list[tuple[int, int, datetime | None]]:
    """What moves in the attempts that changed lately, as seen by who was told everything up to ``change_no`` and ``at``."""
    return sorted(
        (one.pk, one.change_no, one.progress_at)
        for one in rows
        if one.change_no > change_no or (one.progress_at is not None and one.progress_at >= at - OVERLAP)
    )


def digest(*parts: Any) -> str:
    """Short, and different where the parts are."""
    return blake2s(repr(parts).encode(), digest_size=8).hexdigest()
