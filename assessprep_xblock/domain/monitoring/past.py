"""The room as it was: what the audit and the ledger tell, in order. Values in, values out; no framework, no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..attempts.clock import AttemptClock
from ..attempts.spans import Span
from ..sessions.clock import SessionClock


@dataclass(frozen=True)
class Happened:
    """One row of the audit trail."""

    at: datetime
    action: str
    session_id: int
    attempt_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Then:
    """One attempt at one moment. ``stays``: in which session since when; ``before``: what an undo would put back."""

    stays: tuple[tuple[int, datetime], ...]
    status: str = "joined"
    voided: bool = False
    admitted: bool = True
    denied: bool = False
    waits: bool = False
    started_at: datetime | None = None
    held_at: datetime | None = None
    before: Then | None = None

    @property
    def session_id(self) -> int:
        """The session it is in."""
        return self.stays[-1][0]

    @property
    def works(self) -> bool:
        """Whether its own clock runs, as far as it is not the whole session that stands still."""
        return self.status == "in_progress" and self.held_at is None and not self.voided

    def stays_within(self, since: datetime, until: datetime) -> list[tuple[int, datetime, datetime]]:
        """(session, from, to): where it was between two moments."""
        ends = [begin for _session, begin in self.stays[1:]] + [until]
        parts = [(one, max(begin, since), min(end, until)) for (one, begin), end in zip(self.stays, ends, strict=True)]
        return [part for part in parts if part[1] < part[2]]


def _stopped(then: Then, status: str, **more: Any) -> Then:
    return replace(then, status=status, held_at=None, before=replace(then, before=None), **more)


def _voided(then: Then, _one: Happened) -> Then:
    return _stopped(then, "ended" if then.status == "in_progress" else then.status, voided=True)


def _undone(then: Then, _one: Happened) -> Then:
    return then if then.before is None else replace(then.before, stays=then.stays)


#: What each action makes of the attempt it names.
EFFECTS: dict[str, Callable[[Then, Happened], Then]] = {
    "admit": lambda then, _: replace(then, admitted=True, denied=False),
    "deny": lambda then, _: replace(then, admitted=False, denied=True),
    "start": lambda then, one: replace(then, status="in_progress", started_at=one.at),
    "hold": lambda then, one: replace(then, held_at=one.at),
    "release_hold": lambda then, _: replace(then, held_at=None),
    "end": lambda then, _: _stopped(then, "ended"),
    "submit": lambda then, _: _stopped(then, "submitted"),
    # The server's own; an undo of what came before it takes it back too.
    "settle": lambda then, one: replace(then, status=one.facts.get("to", "submitted"), held_at=None),
    "reopen": lambda then, _: replace(then, status="in_progress", held_at=None),
    "void": _voided,
    "renew": lambda then, _: replace(then, voided=True),
    "undo_end": _undone,
    "undo_submit": _undone,
    "undo_void": _undone,
    "return": lambda then, _: replace(then, waits=True),
    "outside": lambda then, _: replace(then, waits=True),
    "let_back": lambda then, _: replace(then, waits=False),
    "move_in": lambda then, one: replace(then, stays=(*then.stays, (one.session_id, one.at))),
}

#: Attempt -> (learner, number).
Whose = Mapping[int, tuple[int, int]]
History = list[tuple[datetime, Then]]


def histories(events: Iterable[Happened], whose: Whose) -> dict[int, History]:
    """Every attempt's life as (since, what it was), out of the audit in the order in which it was written."""
    lives: dict[int, History] = {}
    of_learner = {who: attempt_id for attempt_id, who in whose.items()}
    for one in events:
        if one.attempt_id is None:
            for attempt_id, then in _marked(lives, one, whose):
                lives[attempt_id].append((one.at, then))
            continue
        if one.action == "join":
            stays = ((one.session_id, one.at),)
            lives[one.attempt_id] = [(one.at, Then(stays, admitted=not one.facts.get("waits")))]
        elif one.action in EFFECTS and one.attempt_id in lives:
            life = lives[one.attempt_id]
            life.append((one.at, EFFECTS[one.action](life[-1][1], one)))
        if one.action == "renew" and one.attempt_id in whose:
            learner, number = whose[one.attempt_id]
            # The new attempt begins as joined; what begins it is the row of the old one.
            if (new := of_learner.get((learner, number + 1))) is not None:
                lives[new] = [(one.at, Then(((one.session_id, one.at),)))]
    return lives


def _marked(lives: Mapping[int, History], one: Happened, whose: Whose) -> list[tuple[int, Then]]:
    """Who is turned away by a mark "absent", and who waits again when it is taken away."""
    if one.action not in ("mark_absent", "unmark_absent"):
        return []
    accounts, found = set(one.facts.get("accounts", ())), []
    for attempt_id, life in lives.items():
        then = life[-1][1]
        mine = then.session_id == one.session_id and then.status == "joined" and not then.voided
        if mine and attempt_id in whose and whose[attempt_id][0] in accounts:
            if one.action == "mark_absent":
                found.append((attempt_id, replace(then, admitted=False, denied=True)))
            elif then.denied:
                found.append((attempt_id, replace(then, denied=False)))
    return found


def worked(life: Sequence[tuple[datetime, Then]], until: datetime) -> list[tuple[int, Span]]:
    """(session, span): when an attempt's own clock ran, up to ``until``; the pauses of whole sessions are still in it."""
    ends = [at for at, _then in life[1:]] + [until]
    return [
        (session_id, (begin, end))
        for (at, then), over in zip(life, ends, strict=True)
        if then.works
        for session_id, begin, end in then.stays_within(at, over)
    ]


@dataclass(frozen=True)
class Clocks:
    """Sessions' clocks as they stood at any moment.

    ``pauses``: session -> (from, to or None) of each pause, by the audit; ``entries``: session -> (when, microseconds) of
    its ledger; ``opens``: before it a pause stops nothing.
    """

    pauses: Mapping[int, Sequence[tuple[datetime, datetime | None]]]
    entries: Mapping[int, Sequence[tuple[datetime, int]]]
    opens: Mapping[int, datetime | None] = field(default_factory=dict)

    def held_since(self, session_id: int, at: datetime) -> datetime | None:
        """Since when the session was paused at that moment; None where it was not."""
        for begin, end in self.pauses.get(session_id, ()):
            if begin <= at and (end is None or at < end):
                return begin
        return None

    def clock(self, session_id: int, at: datetime, *, closes_us: int | None = None, finish: bool = True) -> SessionClock:
        """The session's clock as it was at that moment."""
        held, opens = self.held_since(session_id, at), self.opens.get(session_id)
        if held is not None and opens is not None:
            held = max(held, opens)
        paused = sum(us for when, us in self.entries.get(session_id, ()) if when <= at)
        return SessionClock(held_since=held, paused_us=paused, closes_us=closes_us, let_finish=finish)

    def ran_us(self, then: Then, since: datetime, until: datetime) -> int:
        """How far the clocks of the sessions that an attempt was in went on between two moments, in microseconds."""
        return sum(
            self.clock(session_id, end).time(end) - self.clock(session_id, begin).time(begin)
            for session_id, begin, end in then.stays_within(since, until)
        )


def pauses_of(events: Iterable[Happened]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """Session -> its pauses as (from, to); the last one may go on."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for one in events:
        if one.attempt_id is None and one.action == "pause":
            found[one.session_id].append((one.at, None))
        elif one.attempt_id is None and one.action == "resume" and found[one.session_id]:
            found[one.session_id][-1] = (found[one.session_id][-1][0], one.at)
    return found


def clock_then(then: Then, at: datetime, clocks: Clocks, session: SessionClock, given: tuple[int, int]) -> AttemptClock:
    """An attempt's clock at a moment. ``session``: its session's clock then; ``given``: what its ledger had given until
    then, and how much of that moves the close too, in microseconds."""
    assert then.started_at is not None
    shown = session.time(at)
    hold = None if then.held_at is None else shown - clocks.ran_us(then, then.held_at, at)
    due = shown + given[0] - clocks.ran_us(then, then.started_at, at)
    return AttemptClock(session=session, due_us=due, granted_us=given[1], hold_us=hold)
