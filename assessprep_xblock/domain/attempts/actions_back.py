"""Coming back to a running test: after a silence, or on another device."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ..sessions.changes import take_change
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import queries, rules
from .devices import Device, is_other
from .models import Attempt
from .standing import Seen, outside


@one_winner
def note_return(*, attempt_uuid: UUID, by: int, since: datetime, now: datetime) -> Seen:
    """Let a learner who was away wait for staff's leave, where the session asks for it; elsewhere nothing happens."""
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    if view.delivery.resume != "leave" or view.attempt.status != "in_progress" or view.attempt.waits_since is not None:
        return view
    _let_wait(view, "return", by=by, now=now, facts={"silent_since": since.isoformat()})
    return queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)


@one_winner
def note_outside(*, attempt_uuid: UUID, by: int, address: str | None, now: datetime) -> Seen:
    """Let a learner wait for staff's leave whose browser left the networks the session is kept to; inside nothing happens.

    What was typed is kept and still taken; questions are hidden. The address itself is not written down.
    """
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    if view.attempt.outside == "waits" or not outside(view, address):
        return view
    _let_wait(view, "outside", by=by, now=now, values={"outside": "waits"})
    return queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)


def _let_wait(
    view: Seen,
    action: str,
    *,
    by: int,
    now: datetime,
    facts: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
) -> None:
    attempt = view.attempt
    with transaction.atomic(durable=True):
        change = take_change(attempt.session_id, notice=True)
        rows = Attempt.objects.filter(
            pk=attempt.pk, status="in_progress", waits_since=attempt.waits_since, outside=attempt.outside
        )
        since = attempt.waits_since or now
        if not rows.update(waits_since=since, **(values or {}), change_no=change, progress_at=now):
            raise Lost
        about: dict[str, Any] = {"session_id": attempt.session_id, "attempt_id": attempt.pk, "change_no": change}
        audit.record(action=action, by=by, now=now, facts=facts or {}, **about)


@one_winner
def move_here(*, attempt_uuid: UUID, by: int, device: Device, now: datetime) -> Seen:
    """Go on with a running test on this device; the one it ran on shows no questions from now on. Again changes nothing."""
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    if not is_other(device, view.attempt.device):
        return view
    if not device.key:
        raise Refusal("invalid", field="device", why="this browser keeps no cookies")
    if view.delivery.second_device == "refuse":
        raise Refusal("other_device", device=view.attempt.device_label)
    status = rules.after(view.attempt.status, "change_device")
    with transaction.atomic(durable=True):
        session_id = view.attempt.session_id
        change = take_change(session_id, notice=True)
        rows = Attempt.objects.filter(pk=view.attempt.pk, status=status, device=view.attempt.device)
        values = {"device": device.key, "device_label": device.label, "device_since": now}
        if not rows.update(**values, change_no=change, progress_at=now):
            raise Lost
        facts = {"from": view.attempt.device_label, "to": device.label}
        about: dict[str, Any] = {"session_id": session_id, "attempt_id": view.attempt.pk, "change_no": change}
        audit.record(action="move_here", by=by, now=now, facts=facts, **about)
    return queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
