"""Settling: what the clock decided, written down. Only the server closes an attempt, and this is where."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ... import conf
from ..library.models import Placement
from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession
from ..shared import audit, sealing
from ..shared.prepared import update
from ..shared.winning import Lost, one_winner
from . import actions_catching_up, actions_handin, actions_release, rules
from .actions_running import end_reason, ends_at, handin_after, stopped_us
from .models import Attempt
from .standing import Seen, seen

log = logging.getLogger(__name__)

#: Seconds in which several open pages that ask for the same session to be settled are one.
ASKED_ONCE_IN_S = 5


@dataclass(frozen=True)
class Settled:
    """How many attempts one settle submitted (or ended), how many failed hand-ins it tried again, and how many results it
    released."""

    submitted: int
    tried_again: int
    released: int = 0


def settle(*, session_id: int, now: datetime) -> Settled:
    """Submit everybody in a session whose time is over, try failed hand-ins again, and release what is due by date.

    Safe to repeat at any moment.
    """
    submitted = 0
    while batch := _settle_batch(session_id=session_id, now=now):
        submitted += batch
    # What this very run submitted is being handed in already. Those tried longest ago come first, or a batch of hopeless
    # ones would keep everybody else waiting.
    waiting = Attempt.objects.filter(_unfinished() | _to_follow(), session_id=session_id).order_by("progress_at", "pk")
    again = list(waiting.values_list("pk", flat=True)[: conf.get_int("ASSESSPREP_SETTLE_BATCH")]) if not submitted else []
    for attempt_id in again:
        try:
            actions_handin.hand_in(attempt_id=attempt_id, now=now)
        except Exception:  # whatever one attempt meets, it must not cost the others their grade
            log.exception("attempt %s could not be handed in, and waits for the next settle", attempt_id)
    released = actions_release.release_due(session_id=session_id, now=now)
    _catch_up(session_id, now)
    if submitted:
        _seal_when_over(session_id, now)
    return Settled(submitted=submitted, tried_again=len(again), released=released)


def would_settle(*, session_id: int, now: datetime) -> Settled:
    """What :func:`settle` would do now; nothing is written."""
    rows = Attempt.objects.filter(session_id=session_id, status__in=("in_progress", "ended"), voided=False)
    overdue = sum(_is_overdue(seen(one), now) for one in rows.select_related("session__placement__version").iterator())
    waiting = Attempt.objects.filter(_unfinished() | _to_follow(), session_id=session_id).count()
    released = actions_release.would_release(session_id=session_id, now=now)
    return Settled(submitted=overdue, tried_again=waiting, released=released)


def _catch_up(session_id: int, now: datetime) -> None:
    """Go on with a correction of the marking whose worker died, or that the platform could not follow."""
    for placement_id in Placement.objects.filter(sessions=session_id, correcting=True).values_list("pk", flat=True):
        most = conf.get_int("ASSESSPREP_SETTLE_BATCH")
        actions_catching_up.correct_placement(placement_id=placement_id, now=now, most=most)


def settle_once(*, session_id: int, now: datetime) -> Settled:
    """Settle, unless some open page asked for the same within the last seconds: many monitors cost no more than one."""
    try:
        mine = cache.add(f"assessprep:settling:{session_id}", 1, ASKED_ONCE_IN_S)
    except Exception:  # noqa: BLE001  a cache that is down keeps nobody's test open
        mine = True
    return settle(session_id=session_id, now=now) if mine else Settled(submitted=0, tried_again=0)


def _seal_when_over(session_id: int, now: datetime) -> None:
    """Seal the audit trail once nobody works any more; whatever comes later is sealed when the session is archived."""
    if not Attempt.objects.filter(session_id=session_id, status__in=("in_progress", "ended"), voided=False).exists():
        sealing.seal(session_id=session_id, now=now)


def _unfinished() -> Q:
    """Submitted, and still to be handed in; or results are not released, and still to be scored for staff."""
    return Q(status="submitted", voided=False) & (Q(handin__in=("pending", "failed")) | Q(handin="none", scoring="pending"))


def _to_follow() -> Q:
    """Void, or no longer void, and the gradebook does not say so yet."""
    return Q(gradebook__in=("leaving", "returning"))


@shared_task(name="assessprep.settle", acks_late=True, ignore_result=True)
def settle_task(session_id: int) -> None:
    """Settle one session."""
    settle(session_id=session_id, now=timezone.now())


@one_winner
def _settle_batch(*, session_id: int, now: datetime) -> int:
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    rows = Attempt.objects.filter(session_id=session_id, status__in=("in_progress", "ended"), voided=False).order_by("pk")
    overdue = []
    for attempt in rows.iterator():
        attempt.session = session
        view = seen(attempt)
        if _is_overdue(view, now):
            overdue.append(view)
        if len(overdue) == conf.get_int("ASSESSPREP_SETTLE_BATCH"):
            break
    if overdue:
        _close_overdue(session, overdue, now)
    return len(overdue)


def _is_overdue(view: Seen, now: datetime) -> bool:
    """Past its time and the network grace (answers on their way are still taken), or ended and past the hand-in grace.

    Who has to submit and does not stays *ended*: that is for staff to decide.
    """
    attempt, clock = view.attempt, view.standing.attempt_clock
    if attempt.status == "ended":
        if view.standing.must_submit:
            return False
        grace = view.delivery.end_grace_s if attempt.end_reason == "staff" else 0
        return attempt.ended_at is None or attempt.ended_at + timedelta(seconds=grace) <= now
    return clock is not None and not view.standing.session_held and clock.over(now, grace_s=view.delivery.network_grace_s)


def _close_overdue(session: AssessmentSession, overdue: list[Seen], now: datetime) -> None:
    """Write down what the clock decided: *submitted*, or *ended* where students have to submit themselves."""
    to = "ended" if overdue[0].standing.must_submit else "submitted"
    ended = sum(view.attempt.status == "ended" for view in overdue)
    counters = {"in_progress": ended - len(overdue), "ended": -ended}
    counters[to] = counters.get(to, 0) + len(overdue)
    with transaction.atomic(durable=True):
        # Paused, its close moved, or its results released since it was read: then this sweep knows too little, and reads
        # again.
        where = {
            "held_since": session.held_since,
            "paused_us": session.paused_us,
            "version_no": session.version_no,
            "released_at": session.released_at,
        }
        change = take_change(session.pk, where=where, counters=counters, notice=True)
        for view in overdue:
            attempt = view.attempt
            # An extension, a hold or an end stamps the attempt with its own change number.
            unchanged = {"pk": attempt.pk, "status": attempt.status, "change_no": attempt.change_no, "voided": False}
            values = {**_closed(view, to, now), "progress_at": now, "change_no": change}
            if not update(Attempt, where=unchanged, values=values).rows:
                raise Lost
        ids = [view.attempt.pk for view in overdue]
        facts: dict[int, dict[str, Any]] = {pk: {"to": to} for pk in ids}
        audit.record_each(action="settle", by=None, now=now, session_id=session.pk, facts_of=facts, change_no=change)
        if to == "submitted":
            actions_handin.after_commit(ids)


def _closed(view: Seen, to: str, now: datetime) -> dict[str, Any]:
    """What an attempt whose time is over becomes."""
    by_clock = view.attempt.status == "in_progress"
    values: dict[str, Any] = {
        "status": rules.after(view.attempt.status, "end" if to == "ended" else "submit"),
        "end_reason": end_reason(view, now) if by_clock else view.attempt.end_reason,
        "ended_at": ends_at(view, now) if by_clock else view.attempt.ended_at,
        "ended_us": stopped_us(view, now),
    }
    if to == "submitted":
        values |= {"submitted_at": now, "handin": handin_after(view), "scoring": "pending"}
    return values


def unsettled_sessions() -> list[int]:
    """Ids of the sessions in which somebody works, something is to be handed in, or a date is to release results."""
    working = Attempt.objects.filter(status__in=("in_progress", "ended"), voided=False)
    waiting = Attempt.objects.filter(_unfinished())
    dated = actions_release.sessions_waiting_for_a_date()
    behind = AssessmentSession.objects.filter(placement__correcting=True).order_by().values_list("pk", flat=True)
    following = Attempt.objects.filter(_to_follow()).values_list("session_id", flat=True)
    waiting_ids = waiting.values_list("session_id", flat=True)
    return sorted({*working.values_list("session_id", flat=True), *waiting_ids, *following, *dated, *behind})
