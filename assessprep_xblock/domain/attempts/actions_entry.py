"""Entering a session: the code, its tries, and joining."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from opaque_keys.edx.keys import UsageKey

from ...lms import get_lms
from ...lms.base import Membership
from ..library.models import Placement
from ..sessions import rules as session_rules
from ..sessions.guests import is_guest
from ..sessions.models import AssessmentSession, WrongTries
from ..shared.prepared import Given, PreparedRead, Unless
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from . import actions_tries as tries
from . import queries, queries_entry
from .actions_again import attempt_before, leave_behind
from .actions_joining import check_join, write_join
from .extra_time import for_joining
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
    if not membership.enrolled:
        # Nothing is looked up, so nothing is learnt and nothing has to be counted: else every run that somebody makes up
        # a name for would get a row.
        raise Refusal("code_wrong")
    budget = tries.of_learner(learner_id, run)
    counted = budget.read()
    budget.check(counted, now)
    # A guest without an account is in the one session it came into, and may enter no other, whoever is on its list. Asked
    # before the code is looked up: asked of a session that was found, it would tell by its cost that there is one.
    bound = is_guest(learner_id, run)
    session = next(iter(_session_behind(usage_key=usage_key, course_key=run, code=code, learner_id=learner_id)), None)
    elsewhere = bound and session is not None and session.own_session != session.pk
    if session is None or elsewhere or not _may_join(session, membership, learner_id):
        budget.count(counted, now)
        raise Refusal("code_wrong")
    try:
        own = queries.attempt_seen(session.own_attempt) if session.own_attempt is not None else None
        before = attempt_before(session, own.attempt) if own is not None else None
        if own is not None and before is None:
            budget.check_again(now)
            return _again(own, session)
        guest = not _on_roster(session, membership, learner_id)
        return _join(session, learner_id=learner_id, guest=guest, address=address, before=before, now=now)
    except Refusal:
        # The truth about a right code is worth as much to a guesser as being let in.
        budget.check_again(now)
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
        return _again(own, own.attempt.session)
    offered = [] if is_guest(learner_id, usage_key.course_key) else queries_entry.without_code(usage_key)
    mine = [one for one in offered if _on_roster(one, membership, learner_id)]
    ready = [one for one in mine if queries_entry.is_open(one, now)] or mine
    if len(ready) != 1:
        raise Refusal("code_needed")
    return _join(ready[0], learner_id=learner_id, guest=False, address=address, now=now)


_LEARNER = Given("learner_id", Attempt._meta.get_field("learner"))
_COURSE_KEY = Given("course_key", AssessmentSession._meta.get_field("course_key"))
_CODE = Given("code", AssessmentSession._meta.get_field("live_code"))
_USAGE_KEY = Given("usage_key", Placement._meta.get_field("usage_key"))


@PreparedRead
def _session_behind() -> QuerySet[Any]:
    """The live session of this placement with this code, the learner's newest attempt in the placement, any absent mark."""
    own = Attempt.objects.filter(placement=OuterRef("placement"), learner_id=_LEARNER).order_by("-number")
    return (
        for_joining(queries.sessions_to_join(), _LEARNER)
        .filter(course_key=_COURSE_KEY, live_code=_CODE, lifecycle="published", placement__usage_key=_USAGE_KEY)
        .annotate(own_attempt=Subquery(own.values("pk")[:1]), own_session=Subquery(own.values("session_id")[:1]))
        .annotate(marked_absent=Exists(AbsentMark.objects.filter(session=OuterRef("pk"), learner_id=_LEARNER)))
    )


def _on_roster(session: AssessmentSession, membership: Membership, learner_id: int) -> bool:
    return session_rules.on_roster(session.roster, learner_id, enrolled=membership.enrolled, classes=membership.classes)


def _may_join(session: Any, membership: Membership, learner_id: int) -> bool:
    if session.own_session == session.pk:
        return True
    guests = session_rules.delivery(session.placement.version.settings, session.overrides).guests
    enrolled, classes = membership.enrolled, membership.classes
    return session_rules.may_enter(session.roster, learner_id, enrolled=enrolled, classes=classes, guests=guests)


def _again(own: Seen, session: AssessmentSession) -> Seen:
    attempt = own.attempt
    if attempt.session_id != session.pk:
        raise Refusal("already_submitted" if attempt.status == "submitted" else "in_another_session")
    if attempt.voided:
        raise Refusal("voided")
    if attempt.status == "submitted":
        raise Refusal("already_submitted")
    return own


def _marked_absent(session: AssessmentSession, learner_id: int) -> bool:
    """Whether staff marked this learner as absent: known already where a code was looked up."""
    known: bool | None = getattr(session, "marked_absent", None)
    return AbsentMark.objects.filter(session=session, learner_id=learner_id).exists() if known is None else known


def _barred() -> Q:
    """Too many wrong codes, or marked as absent: asked at the very moment of joining."""
    most, since = Given("most", WrongTries._meta.get_field("wrong")), Given("since", WrongTries._meta.get_field("since"))
    wrong = WrongTries.objects.filter(learner_id=_LEARNER, course_key=_COURSE_KEY, wrong__gte=most, since__gt=since)
    session = Given("session_id", AbsentMark._meta.get_field("session"))
    return Exists(wrong) | Exists(AbsentMark.objects.filter(session_id=session, learner_id=_LEARNER))


def _join(
    session: AssessmentSession,
    *,
    learner_id: int,
    guest: bool,
    address: str,
    now: datetime,
    before: Attempt | None = None,
) -> Seen:
    delivery = check_join(session, address=address, now=now)
    if _marked_absent(session, learner_id):
        raise Refusal("marked_absent")
    about = {"learner_id": learner_id, "course_key": session.course_key, "session_id": session.pk}
    barred = Unless(_barred, {**about, "most": tries.most_wrong(), "since": now - tries.window()})
    with transaction.atomic(durable=True):
        attempt = write_join(session, delivery, learner_id=learner_id, guest=guest, before=before, barred=barred, now=now)
        if before is not None:
            leave_behind(before, now=now)
    return seen(attempt)
