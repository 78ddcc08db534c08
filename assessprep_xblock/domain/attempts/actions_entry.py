"""Entering a session: the code, its tries, and joining."""
from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from opaque_keys.edx.keys import UsageKey

from ... import conf
from ...lms import get_lms
from ...lms.base import Membership
from ..sessions import rules as session_rules
from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession, WrongTries
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import rules
from .models import Attempt
from .standing import Seen, seen


@one_winner
def verify_code(*, usage_key: UsageKey, learner_id: int, code: str, now: datetime) -> Seen:
    """Join the session that this code opens for this learner in this placement; joining again gives the same attempt.

    The roster is the first factor, the code the second. "No such code" and "not your session" are one refusal, one wrong
    try and the same work. Who is on the roster and types the right code is told the truth, and it is no wrong try.
    """
    run = usage_key.course_key
    membership = get_lms().membership(learner_id, run)
    tries = WrongTries.objects.filter(learner_id=learner_id, course_key=str(run)).first()
    session, attempt = _session_behind(usage_key, code), _attempt_in(usage_key, learner_id)
    mine = session is not None and _may_join(session, membership, learner_id, attempt)
    _count_try(tries, learner_id=learner_id, course_key=str(run), wrong=not mine, now=now)
    if not mine or session is None:
        raise Refusal("code_wrong")
    if attempt is not None:
        return _again(attempt, session)
    return _join(session, learner_id=learner_id, guest=not _on_roster(session, membership, learner_id), now=now)


def _session_behind(usage_key: UsageKey, code: str) -> AssessmentSession | None:
    return (
        AssessmentSession.objects.select_related("placement__version")
        .filter(course_key=usage_key.course_key, live_code=code, lifecycle="published", placement__usage_key=usage_key)
        .first()
    )


def _attempt_in(usage_key: UsageKey, learner_id: int) -> Attempt | None:
    return (
        Attempt.objects.select_related("session__placement__version")
        .filter(placement__usage_key=usage_key, learner_id=learner_id)
        .order_by("-number")
        .first()
    )


def _on_roster(session: AssessmentSession, membership: Membership, learner_id: int) -> bool:
    return session_rules.on_roster(session.roster, learner_id, enrolled=membership.enrolled, classes=membership.classes)


def _may_join(session: AssessmentSession, membership: Membership, learner_id: int, attempt: Attempt | None) -> bool:
    if attempt is not None and attempt.session_id == session.pk:
        return membership.enrolled
    if _on_roster(session, membership, learner_id):
        return True
    guests = session_rules.delivery(session.placement.version.settings, session.overrides).guests
    return guests and membership.enrolled and learner_id not in session.roster.get("excluded", ())


def _again(attempt: Attempt, session: AssessmentSession) -> Seen:
    if attempt.session_id != session.pk:
        raise Refusal("already_submitted" if attempt.status == "submitted" else "in_another_session")
    if attempt.voided:
        raise Refusal("voided")
    if attempt.status == "submitted":
        raise Refusal("already_submitted")
    return seen(attempt)


def _join(session: AssessmentSession, *, learner_id: int, guest: bool, now: datetime) -> Seen:
    delivery = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = session_rules.clock(session, delivery)
    rules.check_window(clock, delivery.opens_us, now, lead_s=delivery.lead_time_s)
    attempt = Attempt(
        session=session,
        placement_id=session.placement_id,
        learner_id=learner_id,
        status=rules.after("absent", "join"),
        is_guest=guest,
        joined_at=now,
        # A guest is let in by somebody who can see who it is.
        admitted_at=None if guest or delivery.waiting_room else now,
        progress_at=now,
    )
    with transaction.atomic(durable=True):
        where = {"lifecycle": "published", "live_code": session.live_code}
        attempt.change_no = take_change(session.pk, where=where, counters={"joined": 1})
        try:
            attempt.save(force_insert=True)
        except IntegrityError as twice:
            # Two tabs, or two sessions of one placement: the unique key let one through; read again and answer with it.
            raise Lost from twice
        audit.record(
            action="join", by=learner_id, now=now, session_id=session.pk, attempt_id=attempt.pk, change_no=attempt.change_no
        )
        key, uuid = session.placement.usage_key, str(attempt.uuid)
        # After the commit, or a join that was rolled back would leave its name in the platform's state.
        transaction.on_commit(lambda: get_lms().remember_attempt(key, learner_id, uuid), robust=True)
    return seen(attempt)


def _count_try(tries: WrongTries | None, *, learner_id: int, course_key: str, wrong: bool, now: datetime) -> None:
    """Count a wrong try, exactly: one conditional statement that the row's lock puts in a line with all others.

    A right code passes through the same statement (adding nothing), so forty parallel guesses cannot slip past a limit
    of five. Runs outside any transaction: a refusal afterwards must not take the count back.
    """
    limit, length = conf.get_int("ASSESSPREP_WRONG_TRIES"), timedelta(seconds=conf.get_int("ASSESSPREP_WRONG_TRIES_WINDOW"))
    add = 1 if wrong else 0
    if tries is None:
        try:
            with transaction.atomic():
                WrongTries.objects.create(learner_id=learner_id, course_key=course_key, wrong=add, since=now)
        except IntegrityError as other:
            raise Lost from other
        return
    row = WrongTries.objects.filter(pk=tries.pk, since=tries.since)
    if tries.since <= now - length:
        if not row.update(wrong=add, since=now):
            raise Lost
        return
    if not row.filter(wrong__lt=limit).update(wrong=F("wrong") + add):
        wait = max(1, int((tries.since + length - now).total_seconds()) + 1)
        raise Refusal("too_many_tries", retry_after=wait, wait=f"{(wait + 59) // 60} min")
