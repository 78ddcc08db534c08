"""Entering a session: the code, its tries, and joining."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
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
from . import queries_entry, rules
from .actions_again import attempt_before, leave_behind
from .extra_time import for_joining, with_accommodation
from .models import AbsentMark, Attempt
from .queries import newest_attempt
from .standing import Seen, seen


@one_winner
def verify_code(*, usage_key: UsageKey, learner_id: int, code: str, now: datetime, address: str = "") -> Seen:
    """Join the session that this code opens for this learner in this placement; joining again gives the same attempt.

    The roster is the first factor, the code the second. "No such code" and "not your session" are one refusal, one wrong
    try and the same work. Who is on the roster and types the right code is told the truth, and it is no wrong try.
    """
    run = usage_key.course_key
    membership = get_lms().membership(learner_id, run)
    tries = WrongTries.objects.filter(learner_id=learner_id, course_key=str(run)).first()
    _check_tries(tries, now)
    session = _session_behind(usage_key, code, learner_id)
    if session is None or not _may_join(session, membership, learner_id):
        _count_wrong(tries, learner_id=learner_id, course_key=str(run), now=now)
        raise Refusal("code_wrong")
    try:
        before = attempt_before(session, session.own_attempt) if session.own_attempt is not None else None
        if session.own_attempt is not None and before is None:
            _pass_tries(learner_id, str(run), now)
            return _again(session.own_attempt, session)
        guest = not _on_roster(session, membership, learner_id)
        return _join(session, learner_id=learner_id, guest=guest, address=address, before=before, now=now)
    except Refusal:
        # The truth about a right code is worth as much to a guesser as being let in.
        _pass_tries(learner_id, str(run), now)
        raise


@one_winner
def enter_without_code(*, usage_key: UsageKey, learner_id: int, now: datetime, address: str = "") -> Seen:
    """Join the one session of this placement that names this learner and asks for no code; entering again is the same.

    Where several could be meant, where none is, and for guests, the code decides: ``code_needed``.
    """
    membership = get_lms().membership(learner_id, usage_key.course_key)
    if not membership.enrolled:
        raise Refusal("not_enrolled")
    own = newest_attempt(usage_key=usage_key, learner_id=learner_id)
    if own is not None:
        return _again(own.attempt.pk, own.attempt.session)
    mine = [one for one in queries_entry.without_code(usage_key) if _on_roster(one, membership, learner_id)]
    ready = [one for one in mine if queries_entry.is_open(one, now)] or mine
    if len(ready) != 1:
        raise Refusal("code_needed")
    return _join(ready[0], learner_id=learner_id, guest=False, address=address, now=now)


def _session_behind(usage_key: UsageKey, code: str, learner_id: int) -> Any:
    """The live session of this placement with this code, the learner's newest attempt in the placement, any absent mark."""
    own = Attempt.objects.filter(placement=OuterRef("placement"), learner_id=learner_id).order_by("-number")
    return (
        for_joining(AssessmentSession.objects.select_related("placement__version__assessment"), learner_id)
        .filter(course_key=usage_key.course_key, live_code=code, lifecycle="published", placement__usage_key=usage_key)
        .annotate(own_attempt=Subquery(own.values("pk")[:1]), own_session=Subquery(own.values("session_id")[:1]))
        .annotate(marked_absent=Exists(AbsentMark.objects.filter(session=OuterRef("pk"), learner_id=learner_id)))
        .first()
    )


def _on_roster(session: AssessmentSession, membership: Membership, learner_id: int) -> bool:
    return session_rules.on_roster(session.roster, learner_id, enrolled=membership.enrolled, classes=membership.classes)


def _may_join(session: Any, membership: Membership, learner_id: int) -> bool:
    if session.own_session == session.pk:
        return membership.enrolled
    guests = session_rules.delivery(session.placement.version.settings, session.overrides).guests
    enrolled, classes = membership.enrolled, membership.classes
    return session_rules.may_enter(session.roster, learner_id, enrolled=enrolled, classes=classes, guests=guests)


def _again(attempt_id: int, session: AssessmentSession) -> Seen:
    attempt = with_accommodation(Attempt.objects.select_related("session__placement__version")).get(pk=attempt_id)
    if attempt.session_id != session.pk:
        raise Refusal("already_submitted" if attempt.status == "submitted" else "in_another_session")
    if attempt.voided:
        raise Refusal("voided")
    if attempt.status == "submitted":
        raise Refusal("already_submitted")
    return seen(attempt)


def _check_join(session: AssessmentSession, *, learner_id: int, address: str, now: datetime) -> session_rules.Delivery:
    delivery = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = session_rules.clock(session, delivery)
    rules.check_window(clock, delivery.opens_us, now, lead_s=delivery.lead_time_s)
    rules.check_last_entry(clock, session_rules.last_entry_us(delivery, session.begun_us), now)
    if not session_rules.inside(delivery.networks, address):
        raise Refusal("wrong_network")
    if _marked_absent(session, learner_id):
        raise Refusal("marked_absent")
    return delivery


def _marked_absent(session: AssessmentSession, learner_id: int) -> bool:
    """Whether staff marked this learner as absent: known already where a code was looked up."""
    known: bool | None = getattr(session, "marked_absent", None)
    return AbsentMark.objects.filter(session=session, learner_id=learner_id).exists() if known is None else known


def _join(
    session: AssessmentSession,
    *,
    learner_id: int,
    guest: bool,
    address: str,
    now: datetime,
    before: Attempt | None = None,
) -> Seen:
    delivery = _check_join(session, learner_id=learner_id, address=address, now=now)
    attempt = Attempt(
        session=session,
        placement_id=session.placement_id,
        learner_id=learner_id,
        number=before.number + 1 if before else 1,
        status=rules.after("absent", "join"),
        is_guest=guest,
        joined_at=now,
        # A guest is let in by somebody who can see who it is, unless the school does not want that.
        admitted_at=None if delivery.waiting_room or (guest and delivery.guests_wait) else now,
        progress_at=now,
    )
    with transaction.atomic(durable=True):
        where = {"lifecycle": "published", "live_code": session.live_code}
        barred = _barred(session, learner_id, now)
        attempt.change_no = take_change(session.pk, where=where, unless=barred, counters={"joined": 1})
        if guest:
            _check_guests(session.pk, delivery.guest_limit)
        try:
            attempt.save(force_insert=True)
        except IntegrityError as twice:
            # Two tabs, or two sessions of one placement: the unique key let one through; read again and answer with it.
            raise Lost from twice
        about: dict[str, Any] = {"session_id": session.pk, "attempt_id": attempt.pk, "change_no": attempt.change_no}
        audit.record(action="join", by=learner_id, now=now, of=attempt, **about)
        if before is not None:
            leave_behind(before, now=now)
        key, uuid = session.placement.usage_key, str(attempt.uuid)
        # After the commit, or a join that was rolled back would leave its name in the platform's state.
        transaction.on_commit(lambda: get_lms().remember_attempt(key, learner_id, uuid), robust=True)
    return seen(attempt)


def _check_guests(session_id: int, limit: int) -> None:
    """Refuse one guest too many. Asked behind the session's lock, where guests come one after the other.

    Who was turned away keeps no place, nor does an attempt that is void.
    """
    places = Attempt.objects.filter(session_id=session_id, is_guest=True, voided=False, denied_at__isnull=True)
    if places.count() >= limit:
        raise Refusal("guests_full", limit=limit)


def _barred(session: AssessmentSession, learner_id: int, now: datetime) -> Any:
    """What keeps somebody out at the very moment of joining.

    Asked there, behind where wrong codes are counted: of forty guesses at once, a right one that comes after the fifth wrong
    one joins nothing.
    """
    tries = WrongTries.objects.filter(learner_id=learner_id, course_key=str(session.course_key)).filter(_blocked(now))
    return Exists(tries) | Exists(AbsentMark.objects.filter(session_id=session.pk, learner_id=learner_id))


def _window() -> timedelta:
    return timedelta(seconds=conf.get_int("ASSESSPREP_WRONG_TRIES_WINDOW"))


def _blocked(now: datetime) -> Q:
    return Q(wrong__gte=conf.get_int("ASSESSPREP_WRONG_TRIES"), since__gt=now - _window())


def _refuse_tries(tries: WrongTries, now: datetime) -> NoReturn:
    wait = max(1, int((tries.since + _window() - now).total_seconds()) + 1)
    raise Refusal("too_many_tries", retry_after=wait, wait=_("{n} min").format(n=(wait + 59) // 60))


def _check_tries(tries: WrongTries | None, now: datetime) -> None:
    """Refuse whoever is known to have too many tries, before anything is looked up."""
    if tries and tries.wrong >= conf.get_int("ASSESSPREP_WRONG_TRIES") and tries.since > now - _window():
        _refuse_tries(tries, now)


def _pass_tries(learner_id: int, course_key: str, now: datetime) -> None:
    """Read the tries again, behind where wrong ones are counted (see :func:`_join`)."""
    again = WrongTries.objects.filter(_blocked(now), learner_id=learner_id, course_key=course_key).first()
    if again is not None:
        _refuse_tries(again, now)


def _count_wrong(tries: WrongTries | None, *, learner_id: int, course_key: str, now: datetime) -> None:
    """Count a wrong try, exactly: one conditional statement that the row's lock puts in a line with all others.

    Outside any transaction: the refusal that follows must not take the count back.
    """
    if tries is None:
        try:
            with transaction.atomic():
                WrongTries.objects.create(learner_id=learner_id, course_key=course_key, wrong=1, since=now)
        except IntegrityError as other:
            raise Lost from other
        return
    row = WrongTries.objects.filter(pk=tries.pk, since=tries.since)
    if tries.since <= now - _window():
        if not row.update(wrong=1, since=now):
            raise Lost
        return
    if not row.filter(wrong__lt=conf.get_int("ASSESSPREP_WRONG_TRIES")).update(wrong=F("wrong") + 1):
        _refuse_tries(tries, now)
