"""People without an account come in by name and code, and come back by code and PIN."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from opaque_keys.edx.keys import CourseKey, UsageKey

from ... import conf
from ...lms import get_lms
from ...lms.base import LmsError
from ..sessions import rules as session_rules
from ..sessions.guests import admits, is_guest_run
from ..sessions.models import AssessmentSession, GuestPass
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import actions_tries as tries
from .actions_joining import check_guests, check_join, write_join
from .guest_names import read_guest_name
from .models import Attempt
from .queries_guests import stay_of

PIN_DIGITS = 8
SALT = "assessprep.guest.pin"
#: How long a call may be repeated. It leads back into the same browser, and whoever knows its name is that browser.
REPEATED = timedelta(minutes=10)


@dataclass(frozen=True)
class GuestIn:
    """A guest who may be signed in now. ``pin`` is told once, and "" to somebody who came back with it."""

    account_id: int
    pass_id: int
    usage_key: UsageKey
    pin: str


@one_winner
def enter_as_guest(
    *,
    course_key: CourseKey,
    name: str,
    code: str,
    request_id: UUID,
    address: str,
    now: datetime,
    signed_in: int | None = None,
) -> GuestIn:
    """Make an account for somebody without one and join the session that this code opens; a repeat gives the same guest.

    "No such code" and "a session that such guests may not enter" are one refusal, one wrong try and the same work. All or
    nothing: an account is only ever there together with its attempt. ``signed_in``: whose browser it is already.
    """
    _check_door(course_key, signed_in, request_id=request_id)
    name = read_guest_name(name)
    budget = tries.of_network(address, course_key)
    counted = budget.read()
    budget.check(counted, now)
    session = _session_behind(course_key, code)
    if session is None:
        budget.count(counted, now)
        raise Refusal("code_wrong")
    try:
        if (known := _made_by(request_id)) is not None:
            return _repeated(known, session, now)
        delivery = check_join(session, address=address, now=now)
        try:
            check_guests(session.pk, delivery.guest_limit)
            return _make(session, delivery, name=name, request_id=request_id, budget=budget, now=now)
        except Refusal:
            # The same call twice at once, for the last place: it is the guest itself that the other finds in it.
            if (known := _made_by(request_id)) is None:
                raise
            return _repeated(known, session, now)
    except Refusal:
        # The truth about a right code is worth as much to a guesser as being let in.
        budget.check_again(now)
        raise


def _made_by(request_id: UUID) -> GuestPass | None:
    return GuestPass.objects.filter(request_id=request_id).first()


def _check_door(course_key: CourseKey, signed_in: int | None, *, request_id: UUID | None = None) -> None:
    """Refuse where guests never come, and whoever is signed in; but for the guest whom this very call signed in."""
    if not is_guest_run(course_key):
        raise Refusal("not_found")
    if signed_in is not None:
        own = GuestPass.objects.filter(account_id=signed_in, request_id=request_id) if request_id else None
        if own is None or not own.exists():
            raise Refusal("signed_in_already")


def _session_behind(course_key: CourseKey, code: str) -> AssessmentSession | None:
    rows = AssessmentSession.objects.select_related("placement__version__assessment")
    session = rows.filter(course_key=course_key, live_code=code, lifecycle="published").first()
    if session is None or session.placement.usage_key is None:
        return None
    delivery = session_rules.delivery(session.placement.version.settings, session.overrides)
    return session if admits(course_key, delivery) else None


def _make(
    session: AssessmentSession,
    delivery: session_rules.Delivery,
    *,
    name: str,
    request_id: UUID,
    budget: tries.Budget,
    now: datetime,
) -> GuestIn:
    pin = pin_of(request_id, session.course_key)
    domain = conf.get_str("ASSESSPREP_GUEST_EMAIL_DOMAIN")
    try:
        with transaction.atomic(durable=True):
            # Inside the transaction, against the rule: an account without its attempt would be nobody's to take away.
            account_id = get_lms().make_guest(session.course_key, name=name, domain=domain)
            # Before the pass: its foreign key takes a shared lock on the session's row, which a join locks for itself.
            write_join(
                session, delivery, learner_id=account_id, guest=True, no_account=True, barred=budget.spent(now), now=now
            )
            given = GuestPass.objects.create(
                account_id=account_id,
                session=session,
                course_key=session.course_key,
                request_id=request_id,
                pin_digest=digest_of(pin, session.course_key),
                made_at=now,
            )
    except IntegrityError as twice:
        # The same call twice at once: one made the guest, the other reads it.
        raise Lost from twice
    except LmsError as problem:
        raise Refusal("platform_unavailable") from problem
    return GuestIn(account_id, given.pk, session.placement.usage_key, pin)


def _repeated(known: GuestPass, session: AssessmentSession, now: datetime) -> GuestIn:
    if known.session_id != session.pk or known.retired_at is not None or now - known.made_at > REPEATED:
        raise Refusal("invalid", field="request_id", why="load the page again")
    pin = pin_of(known.request_id, session.course_key)
    return GuestIn(known.account_id, known.pk, session.placement.usage_key, pin)


def resume_as_guest(
    *, course_key: CourseKey, code: str, pin: str, address: str, now: datetime, signed_in: int | None = None
) -> GuestIn:
    """Lead a guest whose browser lost its way back in: by the code of the session and the PIN told at the beginning.

    A wrong code and a wrong PIN are one refusal and one wrong try, from the same budget as those of who comes in. Every
    other browser of this guest is signed out.
    """
    _check_door(course_key, signed_in)
    found = _pass_behind(course_key=course_key, code=code, pin=pin, address=address, now=now)
    stay = stay_of(pass_id=found.pk, account_id=found.account_id, now=now)
    if stay is None or not stay.in_force:
        raise Refusal("session_closed")
    try:
        get_lms().sign_out_guest(found.account_id)
    except LmsError as problem:
        raise Refusal("platform_unavailable") from problem
    with transaction.atomic(durable=True):
        mine = Attempt.objects.filter(learner_id=found.account_id).order_by("-pk").values_list("pk", flat=True)
        by, session_id = found.account_id, found.session_id
        audit.record(action="guest_came_back", by=by, now=now, session_id=session_id, attempt_id=mine.first())
    return GuestIn(found.account_id, found.pk, found.session.placement.usage_key, "")


@one_winner
def _pass_behind(*, course_key: CourseKey, code: str, pin: str, address: str, now: datetime) -> GuestPass:
    budget = tries.of_network(address, course_key)
    counted = budget.read()
    budget.check(counted, now)
    found = (
        GuestPass.objects.select_related("session__placement")
        .filter(course_key=course_key, session__live_code=code, session__lifecycle="published")
        .filter(pin_digest=digest_of(pin, course_key), retired_at=None)
        .first()
    )
    if found is None:
        budget.count(counted, now)
        raise Refusal("pin_wrong")
    budget.check_again(now)
    return found


def pin_of(request_id: UUID, course_key: CourseKey) -> str:
    """The PIN of the guest whom this call made: the same for a repeat, and kept nowhere."""
    number = int(salted_hmac(SALT, f"{course_key} {request_id}", algorithm="sha256").hexdigest(), 16)
    return f"{number % 10**PIN_DIGITS:0{PIN_DIGITS}d}"


def digest_of(pin: str, course_key: CourseKey) -> str:
    """A PIN as it is kept: keyed by the site's secret, because eight digits are soon tried."""
    return salted_hmac(SALT, f"{course_key} is {pin}", algorithm="sha256").hexdigest()
