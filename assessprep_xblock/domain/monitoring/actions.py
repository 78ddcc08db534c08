"""What an invigilator does to a session or to the students in it. Nothing here touches another session.

``attempts`` is ``"all"`` or a list of the attempts' UUIDs. "All" in pause, resume and announce is a fact of the session and
so holds for late comers too; elsewhere it means those who may now. Ids of other sessions are answered as not found.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from assessprep_xblock.lms import get_lms

from ..attempts import rules
from ..attempts.models import Attempt, LedgerEntry
from ..attempts.standing import Seen
from ..sessions.changes import take_change
from ..sessions.guests import admits
from ..sessions.models import AssessmentSession, GuestTries, WrongTries
from ..sessions.rules import delivery, may_enter, pause_length_us
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from . import repeats
from .actions_ending import end, reopen, submit, void
from .actions_entry import admit, deny, mark_absent, unmark_absent
from .actions_moves import move
from .actions_outages import make_up
from .actions_renewing import renew
from .actions_time import extend, reverse
from .actions_undoing import undo
from .bulk import Act, Attempts, Change, Entry, act_on, answer, choose, read_session
from .models import Announcement

__all__ = [
    "admit",
    "announce",
    "clear_tries",
    "deny",
    "end",
    "extend",
    "make_up",
    "mark_absent",
    "move",
    "pause",
    "renew",
    "reopen",
    "resume",
    "reverse",
    "submit",
    "undo",
    "unmark_absent",
    "void",
]


def pause(*, session_id: int, by: int, attempts: Attempts, reason: str, now: datetime) -> dict[str, Any]:
    """Stop the clock of a whole session (one row, however many students) or of some students in it."""
    if attempts == "all":
        _pause_session(session_id, by=by, reason=reason, now=now)
        return answer(session_id, [])
    act = Act(name="hold", by=by, now=now, reason=reason, check=partial(_check_hold, now=now))
    return answer(session_id, act_on(session_id, attempts, act))


def resume(*, session_id: int, by: int, attempts: Attempts, reason: str, now: datetime) -> dict[str, Any]:
    """Let the clock of a whole session, or of some students in it, run on; nobody lost a second."""
    if attempts == "all":
        _resume_session(session_id, by=by, reason=reason, now=now)
        return answer(session_id, [])
    act = Act(name="release_hold", by=by, now=now, reason=reason, check=partial(_check_release, now=now))
    return answer(session_id, act_on(session_id, attempts, act))


@one_winner
def _pause_session(session_id: int, *, by: int, reason: str, now: datetime) -> None:
    session = read_session(session_id)
    if session.held_since is not None:
        raise Refusal("already_held")
    with transaction.atomic(durable=True):
        where = {"lifecycle": "published", "held_since": None}
        change = take_change(session_id, where=where, notice=True, values={"held_since": now})
        audit.record(action="pause", by=by, now=now, session_id=session_id, change_no=change, reason=reason)


@one_winner
def _resume_session(session_id: int, *, by: int, reason: str, now: datetime) -> None:
    session = read_session(session_id)
    if session.held_since is None:
        raise Refusal("not_held")
    settings = delivery(session.placement.version.settings, session.overrides)
    length = pause_length_us(session.held_since, now, opens_us=settings.opens_us)
    with transaction.atomic(durable=True):
        where = {"held_since": session.held_since, "paused_us": session.paused_us}
        values = {"held_since": None, "paused_us": session.paused_us + length}
        change = take_change(session_id, where=where, notice=True, values=values)
        LedgerEntry.objects.create(session_id=session_id, kind="pause", us=length, at=now, by_id=by, reason=reason)
        audit.record(
            action="resume",
            by=by,
            now=now,
            session_id=session_id,
            change_no=change,
            reason=reason,
            facts={"paused_us": length},
        )


def _check_hold(view: Seen, *, now: datetime) -> Change:
    rules.after(view.attempt.status, "hold")
    if view.attempt.hold_us is not None:
        raise Refusal("already_held")
    if view.standing.shown_status(now) != "in_progress":
        raise Refusal("time_over")
    return Change({"hold_us": view.standing.clock.time(now)})


def _check_release(view: Seen, *, now: datetime) -> Change:
    rules.after(view.attempt.status, "release")
    clock = view.standing.attempt_clock
    if clock is None or clock.hold_us is None:
        raise Refusal("not_held")
    held = clock.own_hold(now)
    values = {"hold_us": None, "due_us": clock.due_us + held, "granted_us": clock.granted_us + held}
    return Change(values, ledger=(Entry("pause", held),))


def announce(
    *,
    session_id: int,
    by: int,
    attempts: Attempts,
    text: str,
    request_id: UUID,
    now: datetime,
    acknowledge: bool = False,
) -> dict[str, Any]:
    """Say something to everybody in a session, late comers included, or to some students in it.

    ``acknowledge``: the student is asked to say that it was read.
    """
    if (before := repeats.first_answer(by=by, request_id=request_id)) is not None:
        return before
    try:
        return _announce(session_id, by, attempts, {"text": text, "acknowledge": acknowledge}, request_id, now)
    except repeats.Repeated:
        return repeats.first_answer(by=by, request_id=request_id) or answer(session_id, [])


@one_winner
def _announce(
    session_id: int, by: int, attempts: Attempts, said: dict[str, Any], request_id: UUID, now: datetime
) -> dict[str, Any]:
    session = read_session(session_id)
    rows = [] if attempts == "all" else choose(session, list(attempts), lambda _view: Change())
    to = [None] if attempts == "all" else [row.view.attempt.pk for row in rows if row.view and not row.refused]
    with transaction.atomic(durable=True):
        change = take_change(session_id, where={"lifecycle": "published"}, notice=True)
        number = AssessmentSession.objects.values_list("notice_no", flat=True).get(pk=session_id)
        Announcement.objects.bulk_create(
            Announcement(session_id=session_id, attempt_id=pk, number=number, by_id=by, at=now, **said) for pk in to
        )
        facts = {"number": number, "to": "all" if attempts == "all" else len(to)}
        audit.record(action="announce", by=by, now=now, session_id=session_id, change_no=change, facts=facts)
        result = {**answer(session_id, rows), "number": number}
        repeats.remember(by=by, request_id=request_id, action="announce", answer=result, now=now)
    return result


def clear_tries(*, session_id: int, by: int, learner_ids: Collection[int], now: datetime) -> int:
    """Let these accounts try codes again in this session's course run; returns how many had tries.

    Only whom the code of this session may let in, or who is in it: who else types codes is not this room's to decide.
    """
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    theirs = sorted(_may_enter(session, learner_ids))
    if not theirs:
        return 0
    with transaction.atomic(durable=True):
        rows = WrongTries.objects.filter(course_key=session.course_key, learner_id__in=theirs, wrong__gt=0)
        cleared = rows.update(wrong=0)
        audit.record(action="clear_tries", by=by, now=now, session_id=session_id, facts={"accounts": theirs})
    return cleared


def clear_guest_tries(*, session_id: int, by: int, now: datetime) -> int:
    """Let people without an account try codes again in this session's course run; returns how many networks had tries."""
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    if not admits(session.course_key, delivery(session.placement.version.settings, session.overrides)):
        return 0
    with transaction.atomic(durable=True):
        cleared = GuestTries.objects.filter(course_key=session.course_key, wrong__gt=0).update(wrong=0)
        audit.record(action="clear_tries", by=by, now=now, session_id=session_id, facts={"networks": cleared})
    return cleared


def _may_enter(session: AssessmentSession, learner_ids: Collection[int]) -> set[int]:
    guests = delivery(session.placement.version.settings, session.overrides).guests
    people = get_lms().learners(session.course_key, user_ids=learner_ids)
    inside = Attempt.objects.filter(session=session, learner_id__in=learner_ids).values_list("learner_id", flat=True)
    return set(inside) | {
        pk
        for pk, person in people.items()
        if may_enter(session.roster, pk, enrolled=True, classes=person.classes, guests=guests)
    }
