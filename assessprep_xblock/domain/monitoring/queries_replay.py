"""The room as it was at any moment, out of the audit and the ledger. Nothing is read of what the room is now but its people
and its settings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt, LedgerEntry
from ..sessions import rosters
from ..sessions import rules as session_rules
from ..sessions.clock import to_datetime
from ..sessions.models import AssessmentSession
from ..shared.models import AuditRow
from . import past
from .queries_outages import zone_of
from .queries_rows import iso
from .rules import MARKING

#: What the list of events shows: this long before and after the moment, and no more than so many rows on each side.
AROUND = timedelta(minutes=5)
MOST_EVENTS = 40
#: Of a session's own rows, those that happen in the room.
IN_THE_ROOM = frozenset(
    {"pause", "resume", "begin", "announce", "mark_absent", "unmark_absent", "clear_tries", "irregularity", "reverse"}
) | {"withdraw_irregularity", "publish_session", "archive_session", "unarchive_session", "rotate_code", "change_session"}
COUNTED = ("absent", "joined", "in_progress", "ended", "submitted")


@dataclass(frozen=True)
class _Read:
    """Everything that is read for a replay, in a constant number of queries."""

    rows: list[AuditRow]
    events: list[past.Happened]
    attempts: dict[int, Attempt]
    ledger: list[LedgerEntry]


def _read(session: AssessmentSession) -> _Read:
    """The audit of the session, that of attempts that were elsewhere before, these attempts, and their ledgers."""
    # Marking is no part of the room, and whoever only watches reads nobody's points.
    rows = list(AuditRow.objects.filter(session_id=session.pk).exclude(action__in=MARKING).order_by("pk"))
    named = {row.attempt_id for row in rows if row.attempt_id}
    attempts = {one.pk: one for one in Attempt.objects.filter(Q(pk__in=named) | Q(session=session)).order_by("number")}
    moved = {row.attempt_id for row in rows if row.action in ("move_in", "move_out")}
    all_rows = rows
    if moved:
        others = AuditRow.objects.filter(attempt_id__in=moved).exclude(session_id=session.pk)
        # Also the pauses of the sessions they came from.
        where = {row.session_id for row in others if row.session_id}
        rooms = AuditRow.objects.filter(session_id__in=where, attempt_id=None, action__in=("pause", "resume"))
        all_rows = sorted([*rows, *others, *rooms], key=lambda row: row.pk)
    sessions = {row.session_id for row in all_rows if row.session_id}
    mine = Q(attempt__in=list(attempts)) | Q(session_id__in=sessions, attempt=None)
    events = [past.Happened(row.at, row.action, row.session_id or 0, row.attempt_id, row.facts) for row in all_rows]
    return _Read(rows, events, attempts, list(LedgerEntry.objects.filter(mine).order_by("pk")))


def replay(session: AssessmentSession, *, at: datetime | None, now: datetime) -> dict[str, Any]:
    """The room at a moment (None: as it began), for whoever may watch the session. As many queries, whatever happened.

    ``{"zone", "from", "until", "at", "held", "held_since", "counters", "rows", "events", "moments"}``. A row: ``{"learner",
    "name", "username", "attempt", "status", "held", "left_ms", "waiting", "denied", "away", "voided", "guest", "no_account",
    "number"}``.
    ``events``: what happened around that moment, as rows of the audit with names, oldest first; ``moments``: when anything
    happened, for going from one to the next. Who is absent is told by the list of today; hours and settings are today's too.
    """
    found = _read(session)
    moments = sorted({row.at for row in found.rows if row.attempt_id or row.action in IN_THE_ROOM})
    first = moments[0] if moments else session.created_at
    # While somebody works the room goes on by itself; else nothing comes after the last thing that happened.
    works = any(one.session_id == session.pk and one.status == "in_progress" for one in found.attempts.values())
    last = now if works else min(now, max([*moments, first]) + timedelta(minutes=1))
    at = first if at is None else min(max(at, first), last)
    elsewhere = Attempt.objects.filter(placement_id=session.placement_id, voided=False, joined_at__lte=at)
    away = set(elsewhere.exclude(session=session).values_list("learner_id", flat=True))
    states = states_at(session, found.events, found.attempts, found.ledger, at)
    held = _clocks(session, found.events, found.ledger).held_since(session.pk, at)
    inside = {found.attempts[pk].learner_id for pk in states}
    # By the Monitor's own rule: who is in another session of the assessment is not absent here.
    assigned = {pk: one for pk, one in rosters.assigned(session).items() if pk in inside or pk not in away}
    rows = _rows(states, found.attempts, assigned, held is not None)
    around = [row for row in found.rows if abs(row.at - at) <= AROUND and (row.attempt_id or row.action in IN_THE_ROOM)]
    before = [row for row in around if row.at <= at][-MOST_EVENTS:]
    later = [row for row in around if row.at > at][:MOST_EVENTS]
    who = {*(row["learner"] for row in rows), *(row.by_id for row in (*before, *later) if row.by_id)}
    people = {**get_lms().people(who - assigned.keys()), **assigned}
    names = {pk: person.full_name or person.username for pk, person in people.items()}
    for row in rows:
        person = people.get(row["learner"])
        row |= {"name": names.get(row["learner"], f"#{row['learner']}"), "username": person.username if person else ""}
    counters = Counter(dict.fromkeys(COUNTED, 0))
    counters.update(row["status"] for row in rows)
    here = len(assigned.keys() & {row["learner"] for row in rows})
    return {
        "zone": str(zone_of(session)),
        "from": iso(first),
        "until": iso(last),
        "at": iso(at),
        "held": held is not None,
        "held_since": iso(held),
        "counters": {"assigned": here, "guests": len(rows) - here, **counters},
        "rows": sorted(rows, key=lambda row: (row["name"].casefold(), row["learner"])),
        "events": [_event(row, found.attempts, names, happened=row.at <= at) for row in (*before, *later)],
        "moments": [iso(one) for one in moments],
    }


@dataclass(frozen=True)
class State:
    """One attempt at one moment: what it was, and what was left on its clock, in microseconds (None: it had not begun)."""

    then: past.Then
    status: str
    left_us: int | None


def states_at(
    session: AssessmentSession,
    events: Sequence[past.Happened],
    attempts: Mapping[int, Attempt],
    ledger: Sequence[LedgerEntry],
    at: datetime,
) -> dict[int, State]:
    """Every attempt that was in the session at a moment. No query."""
    told = [one for one in events if one.at <= at]
    lives = past.histories(told, {pk: (one.learner_id, one.number) for pk, one in attempts.items()})
    clocks = _clocks(session, events, ledger)
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = clocks.clock(session.pk, at, closes_us=settings.closes_us, finish=settings.let_finish)
    given: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for entry in ledger:
        if entry.attempt_id and entry.at <= at:
            given[entry.attempt_id][0] += entry.us
            given[entry.attempt_id][1] += 0 if entry.kind == "duration" else entry.us
    found = {}
    for pk, life in lives.items():
        then = life[-1][1]
        if then.session_id != session.pk:
            continue
        status, left = then.status, None
        if then.status == "in_progress":
            own = past.clock_then(then, at, clocks, clock, (given[pk][0], given[pk][1]))
            left, status = own.left_us(at), "ended" if own.over(at) else status
        found[pk] = State(then, status, left)
    return found


def _clocks(session: AssessmentSession, events: Sequence[past.Happened], ledger: Sequence[LedgerEntry]) -> past.Clocks:
    entries: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for entry in ledger:
        if entry.attempt_id is None:
            entries[entry.session_id].append((entry.at, entry.us))
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    opens = None if settings.opens_us is None else to_datetime(settings.opens_us)
    return past.Clocks(past.pauses_of(events), entries, {session.pk: opens})


def _rows(
    states: Mapping[int, State], attempts: Mapping[int, Attempt], assigned: Mapping[int, Any], held: bool
) -> list[dict[str, Any]]:
    """One row for each learner: the newest attempt then, or absent where the list of today names her."""
    rows = {}
    for pk in sorted(states, key=lambda pk: attempts[pk].number):
        attempt, state = attempts[pk], states[pk]
        live = state.status in ("joined", "in_progress")
        rows[attempt.learner_id] = {
            "learner": attempt.learner_id,
            "attempt": str(attempt.uuid),
            "status": state.status,
            "held": "session" if held and live else "student" if live and state.then.held_at else None,
            "left_ms": max(0, (state.left_us or 0) // 1000) if state.status == "in_progress" else None,
            "waiting": state.status == "joined" and not state.then.admitted and not state.then.denied,
            "denied": state.status == "joined" and state.then.denied,
            "away": state.status == "in_progress" and state.then.waits,
            "voided": state.then.voided,
            "guest": attempt.is_guest,
            "no_account": attempt.no_account,
            "number": attempt.number,
        }
    nothing: dict[str, Any] = dict.fromkeys(("attempt", "held", "left_ms"))
    nothing |= dict.fromkeys(("waiting", "denied", "away", "voided", "guest", "no_account"), False)
    absent = {pk: {**nothing, "learner": pk, "status": "absent", "number": 1} for pk in assigned if pk not in rows}
    return [*rows.values(), *absent.values()]


def _event(row: AuditRow, attempts: Mapping[int, Attempt], names: Mapping[int, str], *, happened: bool) -> dict[str, Any]:
    attempt = attempts.get(row.attempt_id or 0)
    return {
        "at": iso(row.at),
        "action": row.action,
        "by": names.get(row.by_id or 0, ""),
        "student": names.get(attempt.learner_id, "") if attempt else "",
        "reason": row.reason,
        "facts": row.facts,
        "happened": happened,
    }
