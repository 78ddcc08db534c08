"""At the door of the room: letting in, turning away, and who is marked as absent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from ..attempts import rules
from ..attempts.models import AbsentMark, Attempt
from ..attempts.standing import Seen
from ..sessions import rosters
from ..sessions.changes import take_change
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.sentences import sentence
from ..shared.winning import Lost, one_winner
from .bulk import Act, Attempts, Change, act_on, answer, read_session


def admit(*, session_id: int, by: int, attempts: Attempts, now: datetime) -> dict[str, Any]:
    """Let students in from the waiting room. "All" means whoever waits; who was turned away is let in by name alone."""
    check = partial(_check_admit, everybody=attempts == "all", now=now)
    act = Act(name="admit", by=by, now=now, reason="", check=check)
    return answer(session_id, act_on(session_id, attempts, act))


def _check_admit(view: Seen, *, everybody: bool, now: datetime) -> Change:
    rules.after(view.attempt.status, "admit")
    if everybody and view.attempt.denied_at is not None:
        raise Refusal("denied")
    if view.attempt.admitted_at is not None:
        raise Refusal("move_refused", status="admitted", move="admit")
    return Change({"admitted_at": now, "denied_at": None})


def deny(*, session_id: int, by: int, attempts: Attempts, reason: str, now: datetime) -> dict[str, Any]:
    """Turn students away who have not begun; letting them in stays possible. "All" means whoever waits."""
    check = partial(_check_deny, everybody=attempts == "all", now=now)
    return answer(session_id, act_on(session_id, attempts, Act(name="deny", by=by, now=now, reason=reason, check=check)))


def _check_deny(view: Seen, *, everybody: bool, now: datetime) -> Change:
    rules.after(view.attempt.status, "deny")
    if view.attempt.denied_at is not None or (everybody and view.attempt.admitted_at is not None):
        raise Refusal("denied")
    return Change({"admitted_at": None, "denied_at": now})


@one_winner
def mark_absent(*, session_id: int, by: int, learner_ids: Collection[int], reason: str, now: datetime) -> dict[str, Any]:
    """Say that students are not in the room: the code lets them in no more, until the mark is taken away.

    Whoever has joined and not begun is turned away as well; whoever has begun is refused.
    """
    session = read_session(session_id)
    # A later attempt comes later, so the newest of each learner stays.
    mine = Attempt.objects.filter(session=session, learner_id__in=learner_ids).order_by("number")
    attempts = {one.learner_id: one for one in mine}
    marked = set(AbsentMark.objects.filter(session=session).values_list("learner_id", flat=True))
    known = rosters.assigned(session).keys() | attempts.keys()
    rows = {learner: _refusal(attempts.get(learner), known=learner in known) for learner in sorted(learner_ids)}
    fresh = [learner for learner, refused in rows.items() if refused is None and learner not in marked]
    if fresh:
        joined = sorted(attempts[learner].pk for learner in fresh if learner in attempts)
        with transaction.atomic(durable=True):
            change = take_change(session_id, where={"lifecycle": "published"}, notice=True)
            there = Attempt.objects.filter(pk__in=joined, status="joined", voided=False)
            if there.update(admitted_at=None, denied_at=now, change_no=change, progress_at=now) != len(joined):
                raise Lost
            # Who joins at this moment does so before or after this row: the session's row decides, and both look there.
            others = Attempt.objects.filter(session_id=session_id, learner_id__in=fresh, voided=False)
            if others.exclude(pk__in=joined).exists():
                raise Lost
            AbsentMark.objects.bulk_create(
                [AbsentMark(session_id=session_id, learner_id=pk, by_id=by, at=now, reason=reason) for pk in fresh],
                ignore_conflicts=True,
            )
            facts = {"accounts": fresh}
            audit.record(
                action="mark_absent", by=by, now=now, session_id=session_id, change_no=change, reason=reason, facts=facts
            )
    return _told(session_id, rows)


def _refusal(attempt: Attempt | None, *, known: bool) -> Refusal | None:
    if not known:
        return Refusal("not_found")
    if attempt is not None and (attempt.status != "joined" or attempt.voided):
        return Refusal("move_refused", status=attempt.status, move="absent")
    return None


def _told(session_id: int, rows: dict[int, Refusal | None]) -> dict[str, Any]:
    told = [
        {"learner": learner, "done": refused is None}
        | ({} if refused is None else {"code": refused.code, "message": sentence(refused)})
        for learner, refused in rows.items()
    ]
    return {**answer(session_id, []), "rows": told}


@one_winner
def unmark_absent(*, session_id: int, by: int, learner_ids: Collection[int], now: datetime) -> dict[str, Any]:
    """Take the mark away: the code works again, and whoever was turned away by it waits to be let in."""
    read_session(session_id)
    marks = AbsentMark.objects.filter(session_id=session_id, learner_id__in=learner_ids)
    found = sorted(marks.values_list("learner_id", flat=True))
    if found:
        with transaction.atomic(durable=True):
            change = take_change(session_id, where={"lifecycle": "published"}, notice=True)
            Attempt.objects.filter(
                session_id=session_id, learner_id__in=found, status="joined", denied_at__isnull=False
            ).update(denied_at=None, change_no=change, progress_at=now)
            marks.delete()
            facts = {"accounts": found}
            audit.record(action="unmark_absent", by=by, now=now, session_id=session_id, change_no=change, facts=facts)
    return _told(session_id, dict.fromkeys(sorted(learner_ids)))
