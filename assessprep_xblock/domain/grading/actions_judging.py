"""Judging two people's marks anew where a session's tolerance was changed while marking is under way."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from ..attempts.models import ItemResult
from ..sessions.queries import session_for_staff, settings_of
from ..shared import audit
from ..shared.winning import one_winner
from . import actions_writing, queries_twice, rules, rules_twice

log = logging.getLogger(__name__)


def judge_again(*, session_uuid: UUID, by: int, now: datetime) -> None:
    """Have what nobody settled follow the tolerance in force: conflicts that lie within it count their mean, means of marks
    that lie beyond it are conflicts again unless students know them. A task does it; safe to repeat."""
    session = session_for_staff(session_uuid=session_uuid, user_id=by)
    waiting = queries_twice.to_judge(session)
    if not waiting:
        return
    try:
        judge_task.delay(session.pk, by)
    except Exception:  # noqa: BLE001  a broker may fail in any way; a few answers are judged at once
        log.warning("the task that judges marks of session %s could not be queued", session.pk)
        _judge_each(waiting, by=by, now=now)


@shared_task(name="assessprep.judge_marks", acks_late=True, ignore_result=True)
def judge_task(session_id: int, by: int) -> None:
    """Judge a session's pairs of marks by its tolerance. May run any number of times."""
    _judge_each(queries_twice.to_judge(queries_twice.session_of(session_id)), by=by, now=timezone.now())


def _judge_each(results: list[int], *, by: int, now: datetime) -> None:
    for result_id in results:
        try:
            _judge(result_id=result_id, by=by, now=now)
        except Exception:  # whatever one answer meets, it must not cost the others theirs
            log.exception("the two marks of result %s could not be judged again", result_id)


@one_winner
def _judge(*, result_id: int, by: int, now: datetime) -> None:
    rows = ItemResult.objects.select_related("question", "attempt__session__placement__version")
    result = rows.filter(pk=result_id).first()
    # Reopened, void, dropped or settled meanwhile: then there is nothing to judge.
    if result is None or not queries_twice.is_open_to_judging(result):
        return
    attempt, marks = result.attempt, queries_twice.marks_of(result)
    tolerance = settings_of(attempt.session)["mark_tolerance"]
    told = queries_twice.is_told(attempt)
    if rules_twice.stands(marks, mark=result.mark, way=result.way, tolerance=tolerance, told=told):
        return
    found = rules_twice.agreed(marks, tolerance)
    given, way = (found, "agreed") if found is not None else (rules.Given(None), "")
    with transaction.atomic(durable=True):
        facts: dict[str, Any] = {"item": result.question.item, "points": given.points, "tolerance": tolerance}
        facts |= {"of": [one.points for one in marks]}
        about: dict[str, Any] = {"session_id": attempt.session_id, "attempt_id": attempt.pk}
        audit.record(action="judge_marks", by=by, now=now, facts=facts, **about)
        actions_writing.hold(attempt, now=now)
        actions_writing.write_mark(attempt, result, given, way=way, by=None, now=now)
        actions_writing.add_step(attempt, result.question_id, given, undoes=False, by=None, now=now, way="agreed")
