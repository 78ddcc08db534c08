"""Why can't she start? Every gate between a student and the test, open or closed, and what opens it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms

from ..attempts.models import AbsentMark, Attempt
from ..attempts.standing import Seen, seen
from ..sessions import rules as session_rules
from ..sessions.clock import to_datetime, to_us
from ..sessions.models import AssessmentSession, WrongTries
from ..shared.refusals import Refusal
from .queries_opening import tries_since
from .queries_rows import iso


@dataclass(frozen=True)
class Gate:
    """One gate: its name, whether it is open, what opens it (a deed of the Monitor, or ""), and facts for the sentence."""

    name: str
    open: bool
    fix: str = ""
    facts: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """In plain values; the sentence is written at the door."""
        return {"gate": self.name, "open": self.open, "fix": "" if self.open else self.fix, "facts": dict(self.facts)}


def gates(session: AssessmentSession, *, learner_id: int, now: datetime) -> dict[str, Any]:
    """``{"learner", "name", "attempt", "gates": [{"gate", "open", "fix", "facts"}]}`` for one student of a session."""
    person = get_lms().people([learner_id]).get(learner_id)
    if person is None:
        raise Refusal("not_found")
    membership = get_lms().membership(learner_id, session.course_key)
    mine = Attempt.objects.select_related("session__placement__version").filter(
        placement_id=session.placement_id, learner_id=learner_id
    )
    newest = mine.order_by("-number").first()
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    enrolled, classes = membership.enrolled, membership.classes
    if not enrolled and newest is None:
        # Who has nothing to do with this course run is nobody's business here.
        raise Refusal("not_found")
    here = newest is not None and newest.session_id == session.pk
    may_enter = session_rules.may_enter(
        session.roster, learner_id, enrolled=enrolled, classes=classes, guests=settings.guests
    )
    found = [
        Gate("enrolled", enrolled),
        Gate("assigned", may_enter or here, "roster"),
        *_session_gates(session, settings, now),
        Gate("absent", not AbsentMark.objects.filter(session=session, learner_id=learner_id).exists(), "unmark-absent"),
        *_tries_gate(session, learner_id, here, now),
        *(_attempt_gates(seen(newest), session, now) if newest is not None else ()),
    ]
    return {
        "learner": learner_id,
        "name": person.full_name or person.username,
        "attempt": str(newest.uuid) if here and newest else None,
        "gates": [gate.as_json() for gate in found],
    }


def _session_gates(session: AssessmentSession, settings: session_rules.Delivery, now: datetime) -> list[Gate]:
    clock = session_rules.clock(session, settings)
    opens = settings.opens_us
    opened = opens is None or to_us(now) >= opens
    facts = () if opens is None else (("at", iso(to_datetime(opens))),)
    closes = () if clock.closes_us is None else (("at", iso(clock.wall(clock.closes_us, now))),)
    return [
        Gate("published", session.lifecycle == "published", "session"),
        Gate("opened", opened, "session", facts),
        Gate("not_closed", not clock.closed(now), "session", closes),
        Gate("not_paused", session.held_since is None, "resume"),
    ]


def _tries_gate(session: AssessmentSession, learner_id: int, here: bool, now: datetime) -> list[Gate]:
    if here:
        return []
    since = tries_since(now)
    tries = WrongTries.objects.filter(course_key=session.course_key, learner_id=learner_id, since__gt=since).first()
    wrong = tries.wrong if tries else 0
    locked = wrong >= conf.get_int("ASSESSPREP_WRONG_TRIES")
    return [Gate("tries", not locked, "clear-tries", (("n", wrong),)), Gate("joined", False, "code")]


def _attempt_gates(view: Seen, session: AssessmentSession, now: datetime) -> list[Gate]:
    attempt, standing = view.attempt, view.standing
    if attempt.session_id != session.pk:
        # Another school's session never shares a placement, so its name is the reader's own.
        return [Gate("here", attempt.voided, "move", (("session", attempt.session.name),))]
    status = standing.shown_status(now)
    return [
        Gate("not_void", not attempt.voided, "renew"),
        Gate("not_submitted", status != "submitted", "reopen"),
        Gate("time_left", status != "ended", "reopen"),
        Gate("admitted", standing.admitted or status != "joined", "admit", (("denied", attempt.denied_at is not None),)),
        Gate("begun", standing.begun or status != "joined", "begin"),
        Gate("not_held", attempt.hold_us is None, "resume"),
        Gate("inside", status != "in_progress" or attempt.outside != "waits", "let-back"),
        Gate("not_away", status != "in_progress" or not (standing.waits(now) or attempt.other_device_at), "let-back"),
    ]
