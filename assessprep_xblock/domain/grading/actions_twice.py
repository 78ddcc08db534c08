"""Marking by two people: one of two marks, what comes of both, and settling what they disagree about.

Whoever changes one of the two marks holds the attempt's row and reads both behind that lock, so what comes of them is
decided once, however many people mark at the same moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ... import conf
from ..attempts import actions_results
from ..attempts.models import Attempt, ItemResult
from ..sessions.queries import settings_of
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import actions_writing, queries_marking, queries_twice, rules, rules_twice
from .models import RoundMark

Place = queries_marking.Place


def give(
    place: Place, given: rules.Given, *, version: str, asked: int | None, by: int, now: datetime, undoes: bool = False
) -> ItemResult:
    """Give, change or take back (points None) one of the two marks of an answer; returns the result as it stands then.

    For ``actions.mark``, which has asked whether this may be marked at all and tries again what is lost here.
    """
    result = place.scored_result()
    marks = queries_twice.marks_of(result)
    own = next((one for one in marks if one.by_id == by), None)
    if own is not None and asked not in (None, own.round):
        raise Refusal("marked_by_you")
    if own is not None and not undoes and _is_repeat(own, given, version, place):
        return result
    if len(marks) == len(rules_twice.ROUNDS):
        raise Refusal("both_marks_in")
    if own is None and given.points is None:
        raise Refusal("nothing_to_undo")
    seat = queries_twice.seat_of(place.attempt, by=by, now=now)
    round_no = own.round if own else rules_twice.free_round({one.round for one in marks}, seat=seat, asked=asked)
    check_version(place, version, own)
    _check(place, given)
    with transaction.atomic(durable=True):
        _write(place, marks, own, round_no, given, undoes=undoes, by=by, now=now)
    result.refresh_from_db()
    return result


def check_version(place: Place, version: str, own: RoundMark | None) -> None:
    """Refuse what was decided on a page that is out of date."""
    standing = queries_marking.version_of(place.attempt, place.scored_result(), own)
    if version != standing:
        raise Refusal("stale_version", version=standing)


def _is_repeat(own: RoundMark, given: rules.Given, version: str, place: Place) -> bool:
    """Whether this very mark was given a moment ago, and only its answer was lost. Both may be in since."""
    held = (own.points, dict(own.criteria), own.comment)
    # Of a version, what the mark's own last part counts: the one before, or this one.
    known = version.rpartition("-")[2] in (str(own.no - 1), str(own.no))
    return known and held == (given.points, dict(given.criteria), given.comment)


def _check(place: Place, given: rules.Given, *, steps: int = 1) -> None:
    result = place.scored_result()
    rules.check_mark(
        given,
        most=result.possible,
        rubric=place.rubric,
        machine=None,
        answered=result.answered,
        step=conf.get_float("ASSESSPREP_MARK_STEP") / steps,
    )


def _about(attempt: Attempt) -> dict[str, Any]:
    return {"session_id": attempt.session_id, "attempt_id": attempt.pk}


def _write(
    place: Place,
    read: list[RoundMark],
    own: RoundMark | None,
    round_no: int,
    given: rules.Given,
    *,
    undoes: bool,
    by: int,
    now: datetime,
) -> None:
    attempt, result = place.attempt, place.scored_result()
    completes = own is None and len(read) == 1
    # Without the points: a colleague who is to give the other mark may read what happened to this submission.
    facts = {"item": place.question.item, "round": round_no, "back": given.points is None, "undo": undoes}
    audit.record(action="mark_round", by=by, now=now, facts=facts, **_about(attempt))
    actions_writing.hold(attempt, now=now)
    marks = queries_twice.marks_of(result)
    if [(one.pk, one.no) for one in marks] != [(one.pk, one.no) for one in read]:
        # A colleague was faster: read again, and let the rule say which mark is left to give.
        raise Lost
    _write_round(result, own, round_no, given, by=by, now=now)
    actions_writing.add_step(
        attempt, place.question.pk, given, undoes=undoes, by=by, now=now, way=rules_twice.WAYS[round_no]
    )
    marks = queries_twice.marks_of(result)
    if not ItemResult.objects.filter(pk=result.pk, mark_no=result.mark_no).update(marks_in=len(marks)):
        raise Lost
    if completes:
        _agree(place, marks, by=by, now=now)
    actions_results.recount(attempt.pk, now=now)


def _write_round(
    result: ItemResult, own: RoundMark | None, round_no: int, given: rules.Given, *, by: int, now: datetime
) -> None:
    if given.points is None:
        RoundMark.objects.filter(result=result, by_id=by).delete()
        return
    values: dict[str, Any] = {"points": given.points, "criteria": dict(given.criteria), "comment": given.comment, "at": now}
    if own is None:
        RoundMark.objects.create(result=result, round=round_no, by_id=by, **values)
    else:
        RoundMark.objects.filter(pk=own.pk).update(no=own.no + 1, **values)


def _agree(place: Place, marks: list[RoundMark], *, by: int | None, now: datetime) -> None:
    """Let the mean of two marks count where they are close enough; else it is a conflict, which is what no mark means."""
    attempt, result = place.attempt, place.scored_result()
    given = rules_twice.agreed(marks, settings_of(attempt.session)["mark_tolerance"])
    if given is None:
        return
    facts = {"item": place.question.item, "points": given.points, "of": [one.points for one in marks]}
    audit.record(action="agree_marks", by=by, now=now, facts=facts, **_about(attempt))
    actions_writing.write_mark(attempt, result, given, way="agreed", by=None, now=now)
    actions_writing.add_step(attempt, place.question.pk, given, undoes=False, by=None, now=now, way="agreed")


@one_winner
def settle_marks(*, attempt_uuid: UUID, item: str, version: str, given: rules.Given, by: int, now: datetime) -> ItemResult:
    """Say what counts where two marks are in, with a reason; one of the two markers may, or anybody else who grades.

    Of two people who settle at once one wins. The same again changes nothing.
    """
    place = queries_marking.place(attempt_uuid=attempt_uuid, item=item, user_id=by)
    rules.check_markable(status=place.attempt.status, voided=place.attempt.voided)
    queries_twice.check_lease(place.attempt, by=by, now=now)
    result = place.scored_result()
    if result.dropped:
        raise Refusal("question_dropped")
    rules_twice.check_settling(given, marks_in=result.marks_in)
    own = RoundMark.objects.filter(result=result, by_id=by).first()
    if _settled_already(place, given, version, own, by):
        return result
    check_version(place, version, own)
    _check(place, given, steps=rules_twice.STEPS_OF_SETTLING)
    return _settle(place, given, undoes=False, by=by, now=now)


def _settled_already(place: Place, given: rules.Given, version: str, own: RoundMark | None, by: int) -> bool:
    result = place.scored_result()
    before = ItemResult(mark_no=max(0, result.mark_no - 1), marks_in=result.marks_in, scored_at=result.scored_at)
    held = (result.way, result.mark, result.criteria, result.comment, result.marked_by_id)
    wanted = ("settled", given.points, dict(given.criteria), given.comment, by)
    return held == wanted and version == queries_marking.version_of(place.attempt, before, own)


def _settle(place: Place, given: rules.Given, *, undoes: bool, by: int, now: datetime) -> ItemResult:
    attempt, result = place.attempt, place.scored_result()
    with transaction.atomic(durable=True):
        marks = queries_twice.marks_of(result)
        facts: dict[str, Any] = {"item": place.question.item, "points": given.points, "before": result.earned}
        facts |= {"undo": undoes, "of": [one.points for one in marks]}
        audit.record(action="settle_marks", by=by, now=now, facts=facts, reason=given.reason, **_about(attempt))
        actions_writing.hold(attempt, now=now)
        way = "settled"
        counts = given
        if given.points is None:
            # What stood before anybody settled it: the mean where both are close enough, else the conflict.
            found = rules_twice.agreed(marks, settings_of(attempt.session)["mark_tolerance"])
            way, counts = ("agreed", found) if found is not None else ("", given)
        actions_writing.write_mark(attempt, result, counts, way=way, by=by if way == "settled" else None, now=now)
        actions_writing.add_step(attempt, place.question.pk, given, undoes=undoes, by=by, now=now, way="settled")
    result.refresh_from_db()
    return result


def undo(place: Place, *, version: str, by: int, now: datetime) -> ItemResult:
    """Take back the last change of one's own mark, or once both are in the last settling; undone again, it is back.

    Marks that both are in stay: who has seen the other's would no longer give an own one.
    """
    result = place.scored_result()
    own = RoundMark.objects.filter(result=result, by_id=by).first()
    steps = queries_marking.steps_of(place.attempt, place.question.pk)
    if result.marks_in == len(rules_twice.ROUNDS):
        settled = [step for step in steps if step.way == "settled"]
        if not settled:
            raise Refusal("both_marks_in")
        check_version(place, version, own)
        return _settle(place, _before(settled), undoes=True, by=by, now=now)
    mine = [step for step in steps if step.by_id == by and step.way in rules_twice.WAYS.values()]
    if not mine:
        raise Refusal("nothing_to_undo")
    return give(place, _before(mine), version=version, asked=None, by=by, now=now, undoes=True)


def _before(steps: list[Any]) -> rules.Given:
    if len(steps) < 2:
        return rules.Given(None)
    return rules.Given(steps[-2].points, steps[-2].criteria, steps[-2].comment, steps[-2].reason)
