"""Starting and submitting."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ..sessions.changes import take_change
from ..sessions.clock import SECOND
from ..sessions.rules import inside
from ..shared import audit
from ..shared.prepared import update
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import actions_handin, queries, rules
from .devices import NO_DEVICE, Device
from .extra_time import extra_of
from .models import Attempt, LedgerEntry
from .standing import Seen, changed, outside


@one_winner
def start(
    *, attempt_uuid: UUID, by: int, now: datetime, agreed: bool = False, address: str = "", device: Device = NO_DEVICE
) -> Seen:
    """Begin the test: from here the clock runs and questions are served. Starting again changes nothing.

    ``agreed``: to the session's honesty statement. ``address``: where the learner's browser is, for sessions of certain
    networks. ``device``: the browser itself; the test is its from here on.
    """
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    rules.check_start(view.standing, now, agreed=agreed)
    if view.attempt.status == "in_progress":
        return view
    if view.attempt.session.placement.state not in ("ready", "drifted"):
        # Its questions are being copied again: half of a test is shown to nobody.
        raise Refusal("being_prepared")
    if not inside(view.delivery.networks, address):
        raise Refusal("wrong_network")
    began, length = view.standing.clock.time(now), view.delivery.duration_s * SECOND
    extra = extra_of(view.attempt, view.delivery.duration_s) * SECOND
    with transaction.atomic(durable=True):
        change = _take_start(view)
        written = {
            "status": rules.after("joined", "start"),
            "started_at": now,
            "started_us": began,
            "due_us": began + length + extra,
            "granted_us": extra,
            "accommodation_us": extra,
            "honesty_at": now if view.delivery.honesty else None,
            "device": device.key,
            "device_label": device.label,
            "device_since": now if device.key else None,
            "progress_at": now,
            "change_no": change,
        }
        where = {"pk": view.attempt.pk, "status": "joined", "voided": False, "admitted_at__isnull": False}
        if not update(Attempt, where=where, values=written).rows:
            raise Lost
        session_id = view.attempt.session_id
        _write_time(view, duration=length, accommodation=extra, now=now)
        facts = {"agreed": True} if view.delivery.honesty else None
        about: dict[str, Any] = {"session_id": session_id, "attempt_id": view.attempt.pk, "change_no": change}
        audit.record(action="start", by=by, now=now, facts=facts, of=view.attempt, **about)
    return changed(view, written)


def _write_time(view: Seen, *, now: datetime, **us_by_kind: int) -> None:
    """Where the seconds of a start come from, in the ledger."""
    for kind, us in us_by_kind.items():
        if us:
            LedgerEntry.objects.create(session_id=view.attempt.session_id, attempt=view.attempt, kind=kind, us=us, at=now)


def _take_start(view: Seen) -> int:
    """The session's change number for a start, on every condition of the session that the rule relied on."""
    session = view.attempt.session
    where = {
        "lifecycle": "published",
        "held_since": None,
        "paused_us": view.standing.clock.paused_us,
        "version_no": session.version_no,
        "begun_us": session.begun_us,
    }
    return take_change(session.pk, where=where, counters={"joined": -1, "in_progress": 1})


@one_winner
def submit(*, attempt_uuid: UUID, by: int, now: datetime, spent: Any = None, address: str | None = None) -> Seen:
    """Hand the test in, for good: every saved answer is graded. Submitting again changes nothing.

    ``spent``: seconds per question as the learner's page counted them. ``address``: where the learner's browser is; outside
    of the networks the session is kept to nobody hands in before the time is over.
    """
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    if view.attempt.status == "submitted":
        return view
    rules.check_submit(view.standing, now)
    if outside(view, address) and view.standing.over_since(now) is None:
        raise Refusal("wrong_network")
    before = view.attempt.status
    reason, finished = _ending(view, now)
    with transaction.atomic(durable=True):
        # Results released in between change what is handed in: then it is read again.
        where: dict[str, Any] = {"released_at": view.attempt.session.released_at}
        mine: dict[str, Any] = {"pk": view.attempt.pk, "status": before, "voided": False}
        if before == "in_progress":
            # A pause that came in between wins over Submit, so that pausing a room never hands anybody in.
            where["held_since"] = None
            mine |= {"hold_us": None, "waits_since": view.attempt.waits_since}
        change = take_change(view.attempt.session_id, where=where, counters={before: -1, "submitted": 1})
        written = {
            "status": rules.after(before, "submit"),
            "end_reason": reason,
            "ended_at": finished,
            "ended_us": stopped_us(view, now),
            "submitted_at": now,
            "handin": handin_after(view),
            "scoring": "pending",
            "spent": rules.spent_with(view.attempt.spent, spent, started_at=view.attempt.started_at, now=now),
            "progress_at": now,
            "change_no": change,
        }
        written["answered"] = hand_over(view.attempt, mine, written)
        about: dict[str, Any] = {"session_id": view.attempt.session_id, "attempt_id": view.attempt.pk, "change_no": change}
        audit.record(action="submit", by=by, now=now, facts={"end_reason": reason}, of=view.attempt, **about)
        actions_handin.after_commit([view.attempt.pk])
    return changed(view, written)


def hand_over(attempt: Attempt, where: dict[str, Any], written: dict[str, Any]) -> int:
    """Write a submit down, and how many questions are answered: an answer saved since the attempt was read is handed in too,
    and the receipt counts it. Where none was, which is nearly always, that is known without asking."""
    if update(Attempt, where={**where, "answered": attempt.answered}, values=written).rows:
        return attempt.answered
    if not update(Attempt, where=where, values=written).rows:
        raise Lost
    return queries.answered_now(attempt.pk)


def _ending(view: Seen, now: datetime) -> tuple[str, datetime]:
    """Why and when answering ended: now, by the learner, unless it was over before."""
    attempt, clock = view.attempt, view.standing.attempt_clock
    over = attempt.status == "ended" or (clock is not None and clock.over(now))
    reason = attempt.end_reason or (end_reason(view, now) if over else "learner")
    return reason, attempt.ended_at or min(now, ends_at(view, now))


def stopped_us(view: Seen, now: datetime) -> int | None:
    """Where on the session's clock answering stopped, or stops now."""
    clock = view.standing.attempt_clock
    return clock.stopped_us(now) if view.attempt.ended_us is None and clock is not None else view.attempt.ended_us


def handin_after(view: Seen) -> str:
    """The hand-in a submitted attempt waits for: ``pending`` where points are shown, else none until they are released."""
    return "pending" if queries.results_released(view) and view.delivery.show_score else "none"


def end_reason(view: Seen, now: datetime) -> str:
    """Whether the duration or the window's close ended this attempt."""
    clock = view.standing.attempt_clock
    return "close" if clock is not None and clock.cut_by_close(now) else "clock"


def ends_at(view: Seen, now: datetime) -> datetime:
    """When the time of a running attempt is (or was) over, on the wall clock."""
    clock = view.standing.attempt_clock
    assert clock is not None
    return clock.session.wall(clock.end_us(now), now)
