"""Coming in, whoever it is: what is asked at the door, and what is written when it opens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from ...lms import get_lms
from ..sessions import rules as session_rules
from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost
from . import rules
from .models import Attempt


def check_join(session: AssessmentSession, *, address: str, now: datetime) -> session_rules.Delivery:
    """The settings of a session that lets people in now and from there, or the refusal that says why not."""
    delivery = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = session_rules.clock(session, delivery)
    rules.check_window(clock, delivery.opens_us, now, lead_s=delivery.lead_time_s)
    rules.check_last_entry(clock, session_rules.last_entry_us(delivery, session.begun_us), now)
    if not session_rules.inside(delivery.networks, address):
        raise Refusal("wrong_network")
    return delivery


def write_join(
    session: AssessmentSession,
    delivery: session_rules.Delivery,
    *,
    learner_id: int,
    guest: bool,
    barred: Any,
    now: datetime,
    before: Attempt | None = None,
    no_account: bool = False,
) -> Attempt:
    """The new attempt, inside the caller's transaction; raises :class:`Lost` where the session no longer lets anybody in,
    or ``barred`` holds for this learner at this very moment.

    Of forty guesses at once, a right one that comes after the last wrong one that is allowed joins nothing.
    """
    attempt = Attempt(
        session=session,
        placement_id=session.placement_id,
        learner_id=learner_id,
        number=before.number + 1 if before else 1,
        status=rules.after("absent", "join"),
        is_guest=guest,
        no_account=no_account,
        joined_at=now,
        # A guest is let in by somebody who can see who it is, unless the school does not want that.
        admitted_at=None if delivery.waiting_room or (guest and delivery.guests_wait) else now,
        progress_at=now,
    )
    where = {"lifecycle": "published", "live_code": session.live_code}
    attempt.change_no = take_change(session.pk, where=where, unless=barred, counters={"joined": 1})
    if guest:
        check_guests(session.pk, delivery.guest_limit)
    try:
        attempt.save(force_insert=True)
    except IntegrityError as twice:
        # Two tabs, or two sessions of one placement: the unique key let one through; read again and answer with it.
        raise Lost from twice
    about: dict[str, Any] = {"session_id": session.pk, "attempt_id": attempt.pk, "change_no": attempt.change_no}
    facts = {"waits": True} if attempt.admitted_at is None else None
    audit.record(action="join", by=learner_id, now=now, of=attempt, facts=facts, **about)
    key, uuid = session.placement.usage_key, str(attempt.uuid)
    # After the commit, or a join that was rolled back would leave its name in the platform's state.
    transaction.on_commit(lambda: get_lms().remember_attempt(key, learner_id, uuid), robust=True)
    return attempt


def check_guests(session_id: int, limit: int) -> None:
    """Refuse one guest too many. What counts is asked behind the session's lock, where guests come one after the other.

    Who was turned away keeps no place, nor does an attempt that is void.
    """
    places = Attempt.objects.filter(session_id=session_id, is_guest=True, voided=False, denied_at__isnull=True)
    if places.count() >= limit:
        raise Refusal("guests_full", limit=limit)
