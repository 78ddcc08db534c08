"""Marking: giving a question its points, taking them back, and hearing of scores that were changed in the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from opaque_keys.edx.keys import UsageKey

from ... import conf
from ...lms.base import Score
from ..attempts import actions_results
from ..attempts.models import Attempt, ItemResult
from ..attempts.queries import taken_again
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from . import actions_twice, actions_writing, queries_marking, queries_twice, rules
from .models import MarkStep


@one_winner
def mark(
    *,
    attempt_uuid: UUID,
    item: str,
    version: str,
    given: rules.Given,
    by: int,
    now: datetime,
    asked_round: int | None = None,
) -> ItemResult:
    """Give one question of a submission its points, with a comment; or take the mark back (points None).

    ``version`` is what the grader's page last read: of two graders one wins, and a mark for what was reopened, handed in
    again or declared void meanwhile is refused. The same mark again changes nothing.

    Where two people mark an answer this is one of the two marks (``asked_round``: this one of them and no other), and
    nothing counts before both are in: see actions_twice.py.
    """
    place = queries_marking.place(attempt_uuid=attempt_uuid, item=item, user_id=by)
    rules.check_markable(status=place.attempt.status, voided=place.attempt.voided)
    queries_twice.check_lease(place.attempt, by=by, now=now)
    result = place.scored_result()
    if result.dropped:
        raise Refusal("question_dropped")
    if queries_twice.is_by_two(place.attempt, result):
        return actions_twice.give(place, given, version=version, asked=asked_round, by=by, now=now)
    if _is_repeat(result, version, given, place.attempt, by):
        return result
    _check_version(place, version)
    rules.check_mark(
        given,
        most=result.possible,
        rubric=place.rubric,
        machine=result.machine,
        answered=result.answered,
        step=conf.get_float("ASSESSPREP_MARK_STEP"),
    )
    return _write(place, given, undoes=False, by=by, now=now)


@one_winner
def undo_mark(*, attempt_uuid: UUID, item: str, version: str, by: int, now: datetime) -> ItemResult:
    """Put back what was in force before the last change of this question's mark; undone again, the change is back."""
    place = queries_marking.place(attempt_uuid=attempt_uuid, item=item, user_id=by)
    rules.check_markable(status=place.attempt.status, voided=place.attempt.voided)
    queries_twice.check_lease(place.attempt, by=by, now=now)
    if place.scored_result().dropped:
        raise Refusal("question_dropped")
    if queries_twice.is_by_two(place.attempt, place.result):
        return actions_twice.undo(place, version=version, by=by, now=now)
    _check_version(place, version)
    steps = queries_marking.steps_of(place.attempt, place.question.pk)
    if not steps:
        raise Refusal("nothing_to_undo")
    before = steps[-2] if len(steps) > 1 else MarkStep(points=None)
    given = rules.Given(before.points, before.criteria, before.comment, before.reason)
    return _write(place, given, undoes=True, by=by, now=now)


def _check_version(place: queries_marking.Place, version: str) -> None:
    standing = queries_marking.version_of(place.attempt, place.scored_result())
    if version != standing:
        raise Refusal("stale_version", version=standing)


def _is_repeat(result: ItemResult, version: str, given: rules.Given, attempt: Attempt, by: int) -> bool:
    """Whether this very mark was given a moment ago, and only its answer was lost."""
    before = queries_marking.version_of(attempt, ItemResult(mark_no=max(0, result.mark_no - 1)))
    held = (result.mark, result.criteria, result.comment, result.marked_by_id)
    return bool(result.mark_no) and version == before and held == (given.points, dict(given.criteria), given.comment, by)


def _write(place: queries_marking.Place, given: rules.Given, *, undoes: bool, by: int, now: datetime) -> ItemResult:
    attempt, result = place.attempt, place.scored_result()
    with transaction.atomic(durable=True):
        facts = {"item": place.question.item, "points": given.points, "before": result.earned, "undo": undoes}
        about: dict[str, Any] = {"session_id": attempt.session_id, "attempt_id": attempt.pk, "reason": given.reason}
        audit.record(action="mark", by=by, now=now, facts=facts, **about)
        actions_writing.hold(attempt, now=now)
        actions_writing.write_mark(attempt, result, given, way="", by=by, now=now)
        actions_writing.add_step(attempt, place.question.pk, given, undoes=undoes, by=by, now=now)
    result.refresh_from_db()
    return result


def note_platform_score(*, learner_id: int, usage_key: UsageKey, score: Score, now: datetime) -> None:
    """Take over a score that staff changed in the platform itself (rescored, overridden), so that both agree."""
    result = (
        ItemResult.objects.select_related("attempt")
        .filter(question__usage_key=usage_key, attempt__learner_id=learner_id, attempt__status="submitted", state="done")
        .filter(attempt__voided=False)
        .order_by("-attempt__number")
        .first()
    )
    # A hand-in or a mark of ours on its way there: its own row tells the rest.
    if (
        result is None
        or result.mark_no != result.sent_no
        # What does not count, or counts for everybody, is so whatever it was scored.
        or result.dropped
        or (result.earned, result.possible) == (score.earned, score.possible)
        # The platform has one score of a learner: of one who began another attempt it is never the earlier one's.
        or taken_again([result.attempt_id])
    ):
        return
    with transaction.atomic():
        Attempt.objects.filter(pk=result.attempt_id).update(progress_at=now)
        fresh: dict[str, Any] = {"earned": score.earned, "possible": score.possible}
        # What two people disagree about is settled by it, and can be undone to their marks; else nobody's mark is replaced.
        is_mark = result.mark is not None or result.marks_in == 2
        if not is_mark:
            fresh["machine"] = score.earned
        else:
            fresh["way"] = way = "settled" if result.marks_in == 2 else ""
            fresh |= {"mark": score.earned, "mark_no": result.mark_no + 1, "sent_no": result.mark_no + 1, "criteria": {}}
        if not ItemResult.objects.filter(pk=result.pk, mark_no=result.mark_no, sent_no=result.sent_no).update(**fresh):
            return
        if is_mark:
            given = rules.Given(score.earned, comment=result.comment)
            actions_writing.add_step(result.attempt, result.question_id, given, undoes=False, by=None, now=now, way=way)
        facts = {"points": score.earned, "before": result.earned}
        about: dict[str, Any] = {"session_id": result.attempt.session_id, "attempt_id": result.attempt_id}
        audit.record(action="platform_score", by=None, now=now, facts=facts, **about)
        actions_results.recount(result.attempt_id, now=now)
