"""Marking anew by a corrected version: looked at first, put in force for a placement, taken back where it was wrong."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assessprep_xblock.lms.base import LmsError

from ..attempts import actions_catching_up, actions_correcting
from ..attempts.models import AnswerDraft, Attempt, ItemResult
from ..library import corrections
from ..library.models import AssessmentVersion, MarkingCorrection, Placement
from ..library.queries import assessment_for_author, check_not_withdrawn
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_staff
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import impact, queries_regrading

log = logging.getLogger(__name__)

#: A task that has not said anything for so long has died with its worker.
TASK_LASTS = timedelta(minutes=10)
#: Submissions read at once, and between two words of progress.
BATCH = 100


# -- looking ------------------------------------------------------------------------------------------------------------
def preview(*, session_uuid: UUID, version: int, dropped: str, by: int, now: datetime) -> MarkingCorrection:
    """Find out what marking a session's placement by a later version would change, and change nothing; a task does it.

    Safe to repeat: while it is at it, and while nothing changed since, nothing is begun again.
    """
    session = session_for_staff(session_uuid=session_uuid, user_id=by)
    later = _version(session.placement, version)
    return _look(session.placement, later, dropped, by=by, now=now)


def preview_everywhere(*, assessment_uuid: UUID, version: int, dropped: str, by: int, now: datetime) -> int:
    """The same for every placement of an assessment that has submissions, for its author; returns how many are looked at.

    A school that was looked at before is looked at again only when at least five more students handed in.
    """
    assessment = assessment_for_author(assessment_uuid=assessment_uuid, user_id=by)
    later = AssessmentVersion.objects.filter(assessment=assessment, number=version).first()
    if later is None:
        raise Refusal("not_found")
    check_not_withdrawn(later)
    found = queries_regrading.placements_behind(later)
    for placement in found:
        known = MarkingCorrection.objects.filter(placement=placement, version=later, dropped=dropped).first()
        if known is None or queries_regrading.is_due_for_author(known):
            _look(placement, later, dropped, by=by, now=now)
    return len(found)


def _version(placement: Placement, number: int) -> AssessmentVersion:
    delivered = placement.version
    later = AssessmentVersion.objects.filter(assessment_id=delivered.assessment_id, number=number).first()
    if later is None:
        raise Refusal("not_found")
    check_not_withdrawn(later)
    corrections.check_corrects(delivered, later)
    return later


def _look(placement: Placement, later: AssessmentVersion, dropped: str, *, by: int, now: datetime) -> MarkingCorrection:
    correction, _new = MarkingCorrection.objects.get_or_create(
        placement=placement,
        version=later,
        dropped=dropped,
        defaults={"asked_at": now, "created_by_id": by, "state": "failed"},
    )
    if correction.state == "done" and placement.correction_id == correction.pk:
        # In force: what it changed stays told; looked at now, it would change nothing any more.
        return correction
    if correction.state == "done" and correction.numbers.get("stamp") == queries_regrading.stamp_of(placement.pk):
        return correction
    # One winner: whoever turns it from resting to waiting queues the task. A task that died holds nobody up for long.
    resting = Q(state__in=("done", "failed")) | Q(asked_at__lt=now - TASK_LASTS)
    mine = MarkingCorrection.objects.filter(resting, pk=correction.pk)
    if mine.update(state="waiting", done=0, total=queries_regrading.handed_in(placement.pk).count(), asked_at=now):
        transaction.on_commit(partial(_enqueue, preview_task, correction.pk), robust=True)
    correction.refresh_from_db()
    return correction


def _enqueue(task: Any, pk: int) -> None:
    try:
        task.delay(pk)
    except Exception:  # noqa: BLE001  a broker may fail in any way; the page says so and may ask again
        log.warning("%s of %s could not be queued", task.name, pk)
        MarkingCorrection.objects.filter(pk=pk, state="waiting").update(state="failed")


@shared_task(name="assessprep.preview_correction", acks_late=True, ignore_result=True)
def preview_task(correction_id: int) -> None:
    """Find out what a correction would change. May run any number of times."""
    make_preview(correction_id=correction_id, now=timezone.now())


def make_preview(*, correction_id: int, now: datetime) -> None:
    """Mark every submission of a placement by the corrected key without writing any of it, and keep what differs."""
    row = MarkingCorrection.objects.select_related("version", "placement__version").get(pk=correction_id)
    mine = MarkingCorrection.objects.filter(pk=correction_id)
    mine.update(state="working", done=0)
    # Before the submissions are read: what comes in between makes the preview old, not wrong.
    stamp = queries_regrading.stamp_of(row.placement_id)
    key, numbers, changes, seen = corrections.key_by(row, row.placement), impact.Numbers(), [], 0
    try:
        attempts = queries_regrading.handed_in(row.placement_id).iterator(chunk_size=BATCH)
        while batch := tuple(islice(attempts, BATCH)):
            for change in _changes(batch, key, numbers):
                numbers.take(change)
                if change.changes:
                    changes.append(change.row())
            seen += len(batch)
            mine.update(done=seen)
    except Exception:
        mine.update(state="failed")
        raise
    told = numbers.told()
    author = impact.kept_for_author(row.numbers.get("author"), told)
    kept = {"staff": told, "author": author, "stamp": stamp}
    mine.update(state="done", done=seen, total=seen, changes=changes, numbers=kept, as_of=now)


def _changes(batch: tuple[Attempt, ...], key: corrections.Key, numbers: impact.Numbers) -> list[impact.Change]:
    """These submissions by the key. Two queries, and the platform's grading of each answer whose question is corrected."""
    ids = [attempt.pk for attempt in batch]
    results: dict[int, list[ItemResult]] = {}
    rows = ItemResult.objects.filter(attempt_id__in=ids, scored_at__isnull=False).select_related("question")
    for result in rows.order_by("question__position", "question_id"):
        results.setdefault(result.attempt_id, []).append(result)
    drafts = AnswerDraft.objects.filter(attempt_id__in=ids, question_id__in=list(key.changed))
    given = {(draft.attempt_id, draft.question_id): draft.values for draft in drafts}
    found = []
    for attempt in batch:
        before = [(one.earned, one.possible) for one in results.get(attempt.pk, [])]
        try:
            after = []
            for one in results.get(attempt.pk, []):
                values = given.get((attempt.pk, one.question_id), {})
                marked = actions_correcting.marked_by(key, one, one.question, learner_id=attempt.learner_id, values=values)
                after.append((marked.earned, marked.possible))
        except LmsError as problem:
            log.warning("attempt %s could not be marked by correction %s: %s", attempt.pk, key.correction, problem)
            numbers.failed += 1
            continue
        found.append(impact.Change(attempt.pk, *_total(before), *_total(after)))
    return found


def _total(scores: list[tuple[float | None, float]]) -> tuple[float | None, float]:
    """The sum in the order of the page, as an attempt's own totals are."""
    earned = [points for points, _most in scores]
    known = None if None in earned else sum(one or 0.0 for one in earned)
    return known, sum(most for _points, most in scores)


# -- putting in force, and taking back -------------------------------------------------------------------------------------
@one_winner
def apply(*, session_uuid: UUID, correction_uuid: UUID, by: int, now: datetime) -> Placement:
    """*Apply corrected marking*: from now on the placement is marked by the corrected key, with all its sessions.

    What was handed in is marked anew by a task, what is handed in meanwhile by its own hand-in, and the platform's
    gradebook follows where results are released. Safe to repeat.
    """
    session, correction = _of(session_uuid, correction_uuid, by)
    placement = session.placement
    if placement.correction_id == correction.pk:
        return placement
    if correction.state != "done":
        raise Refusal("preview_first")
    check_not_withdrawn(correction.version)
    facts = {"version": correction.version.number, "dropped": correction.dropped}
    with transaction.atomic(durable=True):
        _put_in_force(placement, correction.pk, now=now)
        MarkingCorrection.objects.filter(pk=correction.pk).update(replaces_id=placement.correction_id, applied_at=now)
        audit.record(action="apply_correction", by=by, now=now, session_id=session.pk, facts=facts)
        transaction.on_commit(partial(_enqueue, correct_task, placement.pk), robust=True)
    return session_for_staff(session_uuid=session_uuid, user_id=by).placement


@one_winner
def undo(*, session_uuid: UUID, correction_uuid: UUID, by: int, now: datetime) -> Placement:
    """Take a correction back: what was in force before it is again, and everybody's points with it. Safe to repeat."""
    session, correction = _of(session_uuid, correction_uuid, by)
    placement = session.placement
    if correction.applied_at is None:
        raise Refusal("not_found")
    if placement.correction_id != correction.pk:
        if placement.correction_id == correction.replaces_id:
            return placement
        raise Refusal("state_changed")
    with transaction.atomic(durable=True):
        _put_in_force(placement, correction.replaces_id, now=now)
        facts = {"version": correction.version.number, "dropped": correction.dropped}
        audit.record(action="undo_correction", by=by, now=now, session_id=session.pk, facts=facts)
        transaction.on_commit(partial(_enqueue, correct_task, placement.pk), robust=True)
    return session_for_staff(session_uuid=session_uuid, user_id=by).placement


def _of(session_uuid: UUID, correction_uuid: UUID, by: int) -> tuple[AssessmentSession, MarkingCorrection]:
    session = session_for_staff(session_uuid=session_uuid, user_id=by)
    found = MarkingCorrection.objects.select_related("version").filter(uuid=correction_uuid, placement=session.placement_id)
    correction = found.first()
    if correction is None:
        raise Refusal("not_found")
    return session, correction


def _put_in_force(placement: Placement, correction_id: int | None, *, now: datetime) -> None:
    # Of two colleagues one wins: the other reads again what is in force.
    same = Placement.objects.filter(pk=placement.pk, correction_id=placement.correction_id)
    if not same.update(correction_id=correction_id, correcting=True):
        raise Lost
    # Whatever was packed or prepared out of these submissions is of the other key.
    Attempt.objects.filter(placement=placement, status="submitted").update(progress_at=now)


@shared_task(name="assessprep.correct_marking", acks_late=True, ignore_result=True)
def correct_task(placement_id: int) -> None:
    """Mark a placement's submissions by what is in force now. May run any number of times."""
    actions_catching_up.correct_placement(placement_id=placement_id, now=timezone.now())
