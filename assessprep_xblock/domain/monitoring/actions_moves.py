"""Moving a student to another session of the assessment, and letting one begin anew."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from ..attempts.models import Attempt
from ..attempts.standing import Seen
from ..sessions.changes import take_change
from ..sessions.clock import SessionClock
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_monitor
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from .bulk import Change, Row, answer, choose, read_session

#: Points on a session's clock that go with an attempt into another session, whose clock may have stood still for longer.
POINTS = ("started_us", "due_us", "hold_us", "ended_us")


def move(
    *, session_id: int, by: int, attempts: Collection[UUID], target: UUID, reason: str, now: datetime
) -> dict[str, Any]:
    """Put students into another session of the same assessment: answers, progress and time left go with them.

    For who has joined or is working. The mover has to be a chief of both sessions.
    """
    there, level = session_for_monitor(session_uuid=target, user_id=by)
    here = read_session(session_id)
    if there.placement_id != here.placement_id or there.pk == here.pk:
        raise Refusal("not_found")
    if level != "chief":
        raise Refusal("forbidden")
    return answer(session_id, _move(session_id, there.pk, list(attempts), by=by, reason=reason, now=now))


@one_winner
def _move(here_id: int, there_id: int, uuids: list[UUID], *, by: int, reason: str, now: datetime) -> list[Row]:
    here, there = read_session(here_id), read_session(there_id)
    rows = choose(here, uuids, partial(_check_move, there=there, now=now))
    moving = [row.view for row in rows if row.view and row.refused is None]
    if not moving:
        return rows
    with transaction.atomic(durable=True):
        numbers = _take_both(here, there, moving)
        for view in moving:
            _move_one(view, there_id, numbers[there_id], before=here.change_no, shift=_shift(here, there, now), now=now)
        for view in moving:
            for session_id, action in ((here_id, "move_out"), (there_id, "move_in")):
                audit.record(
                    action=action,
                    by=by,
                    now=now,
                    session_id=session_id,
                    attempt_id=view.attempt.pk,
                    change_no=numbers[session_id],
                    reason=reason,
                    facts={"from": here.name, "to": there.name},
                )
    return rows


def _check_move(view: Seen, *, there: AssessmentSession, now: datetime) -> Change:
    status = view.standing.shown_status(now)
    if status not in ("joined", "in_progress"):
        raise Refusal("move_refused", status=status, move="move")
    return Change()


def _take_both(here: AssessmentSession, there: AssessmentSession, moving: list[Seen]) -> dict[int, int]:
    """Both sessions' change numbers; the rows are locked by ascending id, or two moves could wait for each other."""
    statuses = [view.attempt.status for view in moving]
    numbers = {}
    for session in sorted((here, there), key=lambda one: one.pk):
        sign = -1 if session is here else 1
        where = {"lifecycle": "published", "held_since": session.held_since, "paused_us": session.paused_us}
        counters = {status: sign * statuses.count(status) for status in set(statuses)}
        numbers[session.pk] = take_change(session.pk, where=where, counters=counters, notice=True)
    return numbers


def _shift(here: AssessmentSession, there: AssessmentSession, now: datetime) -> int:
    """What the other session's clock shows more at this moment."""

    def shown(one: AssessmentSession) -> int:
        return SessionClock(one.held_since, one.paused_us, closes_us=None, let_finish=True).time(now)

    return shown(there) - shown(here)


def _move_one(view: Seen, there_id: int, number: int, *, before: int, shift: int, now: datetime) -> None:
    attempt = view.attempt
    points = {name: F(name) + shift for name in POINTS if getattr(attempt, name) is not None}
    unchanged = Attempt.objects.filter(
        pk=attempt.pk, session_id=attempt.session_id, status=attempt.status, change_no__lte=before, voided=False
    )
    # What was announced there before is news to somebody who comes in, as to any late comer.
    news = {"seen_announcement": 0, "heard_announcement": 0}
    if not unchanged.update(session_id=there_id, change_no=number, progress_at=now, **news, **points):
        raise Lost
