"""What stands between a learner and the test, gate by gate, in polite words. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from opaque_keys.edx.keys import UsageKey

from assessprep_xblock.lms import get_lms

from ..sessions import rules as session_rules
from ..sessions.guests import is_guest
from ..sessions.models import AssessmentSession
from ..shared.refusals import Refusal
from . import rules
from .queries import newest_attempt
from .standing import Seen

#: The gates in the order in which a learner passes them, and what each is called once it is passed.
GATES: dict[str, Promise] = {
    "enrolled": gettext_lazy("You are enrolled in this course."),
    "assigned": gettext_lazy("You are on the list of a session, or you have joined with its code."),
    "network": gettext_lazy("You are in a room from which the test can be taken."),
    "window": gettext_lazy("The session is open."),
    "last_entry": gettext_lazy("It is not too late to start."),
    "attempt": gettext_lazy("You have not handed in yet."),
    "joined": gettext_lazy("The session code is checked."),
    "admitted": gettext_lazy("Your teacher has let you in."),
    "pause": gettext_lazy("The session is not paused."),
    "begun": gettext_lazy("The test has begun."),
}


@dataclass(frozen=True)
class Gate:
    """One gate: passed, or with the refusal that says why not."""

    name: str
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Entry:
    """The way into one placement: whether a code has to be typed, and every gate up to the first closed one."""

    code_needed: bool
    gates: tuple[Gate, ...]


def published_in(usage_key: UsageKey) -> list[AssessmentSession]:
    """The published sessions of one placement; one query."""
    rows = AssessmentSession.objects.select_related("placement__version")
    return list(rows.filter(placement__usage_key=usage_key, lifecycle="published").order_by("pk"))


def without_code(usage_key: UsageKey) -> list[AssessmentSession]:
    """Those of them that ask for no code."""
    return [one for one in published_in(usage_key) if not _delivery(one).code_required]


def is_open(session: AssessmentSession, now: datetime) -> bool:
    """Whether somebody may join this session now."""
    return _refused(_check_window, session, now) is None


def entry_of(*, usage_key: UsageKey, learner_id: int, address: str, now: datetime) -> Entry:
    """Why this learner can or cannot start now; four queries at most.

    It tells only of sessions that name the learner, or that were joined already: others are not theirs to know of.
    """
    membership = get_lms().membership(learner_id, usage_key.course_key)
    if not membership.enrolled:
        return Entry(True, (Gate("enrolled", Refusal("not_enrolled")),))
    passed = [Gate("enrolled")]
    own = newest_attempt(usage_key=usage_key, learner_id=learner_id)
    if own is not None:
        return Entry(False, (*passed, Gate("assigned"), *_of_attempt(own, address, now)))
    offered = [] if is_guest(learner_id, usage_key.course_key) else published_in(usage_key)
    mine = [
        one for one in offered if session_rules.on_roster(one.roster, learner_id, enrolled=True, classes=membership.classes)
    ]
    if not mine:
        return Entry(True, (*passed, Gate("assigned", Refusal("not_assigned"))))
    session = next((one for one in mine if is_open(one, now)), mine[0])
    free = [one for one in mine if not _delivery(one).code_required]
    code_needed = len([one for one in free if is_open(one, now)] or free) != 1
    joined = Gate("joined", Refusal("code_needed") if code_needed else None)
    return Entry(code_needed, _until_closed([*passed, Gate("assigned"), *_of_session(session, address, now), joined]))


def _of_attempt(view: Seen, address: str, now: datetime) -> tuple[Gate, ...]:
    """The gates of somebody who has joined."""
    standing, session = view.standing, view.attempt.session
    if view.attempt.status != "joined" or view.attempt.voided:
        code = "voided" if view.attempt.voided else "already_submitted" if view.attempt.status == "submitted" else None
        return (Gate("attempt", Refusal(code) if code else None),)
    gates = [
        Gate("attempt"),
        Gate("joined"),
        *_of_session(session, address, now, to_start=True),
        Gate("admitted", None if standing.admitted else Refusal("not_admitted")),
        Gate("pause", Refusal("held") if standing.session_held else None),
        Gate("begun", None if standing.begun else Refusal("not_begun")),
    ]
    return _until_closed(gates)


def _of_session(session: AssessmentSession, address: str, now: datetime, *, to_start: bool = False) -> list[Gate]:
    inside = session_rules.inside(_delivery(session).networks, address)
    return [
        Gate("network", None if inside else Refusal("wrong_network")),
        Gate("window", _refused(_check_opening if to_start else _check_window, session, now)),
        Gate("last_entry", _refused(_check_last_entry, session, now)),
    ]


def _until_closed(gates: list[Gate]) -> tuple[Gate, ...]:
    """Up to the first closed gate: what lies behind it cannot be known yet, and would only worry."""
    for place, gate in enumerate(gates):
        if gate.refusal is not None:
            return tuple(gates[: place + 1])
    return tuple(gates)


def _delivery(session: AssessmentSession) -> session_rules.Delivery:
    return session_rules.delivery(session.placement.version.settings, session.overrides)


def _check_window(session: AssessmentSession, now: datetime) -> None:
    settings = _delivery(session)
    rules.check_window(session_rules.clock(session, settings), settings.opens_us, now, lead_s=settings.lead_time_s)


def _check_opening(session: AssessmentSession, now: datetime) -> None:
    settings = _delivery(session)
    rules.check_window(session_rules.clock(session, settings), settings.opens_us, now, lead_s=0)


def _check_last_entry(session: AssessmentSession, now: datetime) -> None:
    settings = _delivery(session)
    limit = session_rules.last_entry_us(settings, session.begun_us)
    rules.check_last_entry(session_rules.clock(session, settings), limit, now)


def _refused(
    check: Callable[[AssessmentSession, datetime], None], session: AssessmentSession, now: datetime
) -> Refusal | None:
    try:
        check(session, now)
    except Refusal as refusal:
        return refusal
    return None
