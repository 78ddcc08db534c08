"""Handing answers to the platform: scored at once, submitted for real when results are released.

The attempt's ``handin`` is the outbox: it is set with the submit, worked off after the commit, and whatever fails stays in
it, is shown to staff as "grade pending" and is tried again by every settle.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from celery import current_app, shared_task
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ...lms import get_lms
from ...lms.base import Graded, LmsError, Score
from ..library.models import PlacedQuestion
from . import actions_correcting, actions_results, actions_withdrawing, queries
from .actions_results import Opened
from .models import Attempt, ItemResult

log = logging.getLogger(__name__)

#: A claim this old belongs to a worker that died: the same answers are handed in again, with the same result.
CLAIM_LASTS = timedelta(minutes=10)


def after_commit(attempt_ids: Iterable[int]) -> None:
    """Have these attempts handed in once the transaction is committed; nothing that happens there fails the request."""
    for attempt_id in attempt_ids:
        transaction.on_commit(partial(_enqueue, attempt_id), robust=True)


def _enqueue(attempt_id: int) -> None:
    try:
        hand_in_task.delay(attempt_id)
    except Exception:  # noqa: BLE001  a broker may fail in any way; the outbox keeps the work for the next settle
        log.warning("attempt %s waits for the next settle: the task could not be queued", attempt_id)


@shared_task(name="assessprep.hand_in", acks_late=True, ignore_result=True)
def hand_in_task(attempt_id: int) -> None:
    """Score, and where results are released hand in, one submitted attempt. May run any number of times."""
    hand_in(attempt_id=attempt_id, now=timezone.now())
    _tell_analysis(attempt_id)


def _tell_analysis(attempt_id: int) -> None:
    """Have the answers packed for the Analyse view: by name, because analysis stands above. It reads on without it."""
    try:
        current_app.tasks["assessprep.keep_answers"].delay([attempt_id])
    except Exception:  # noqa: BLE001  a broker may fail in any way; what is not packed is read one by one
        log.warning("the answers of attempt %s are not packed: the task could not be queued", attempt_id)


def hand_in(*, attempt_id: int, now: datetime) -> str:
    """Bring one submitted attempt's questions to the platform; returns the attempt's hand-in state afterwards."""
    attempt = Attempt.objects.select_related("placement").get(pk=attempt_id)
    # First what was there before a void is put back: what is handed in now comes after it.
    if attempt.gradebook in ("leaving", "returning") and not actions_withdrawing.follow(attempt_id=attempt_id):
        return attempt.handin
    # What is void does not count: it may be another attempt's turn to write to the platform's one state.
    if attempt.status != "submitted" or attempt.voided:
        return attempt.handin
    questions = {question.pk: question for question in PlacedQuestion.objects.filter(placement_id=attempt.placement_id)}
    opened = actions_results.open_results(attempt, questions, now)
    if opened is None:
        # Reopened or void since it was read. Who submits then has the attempt handed in anew.
        return attempt.handin
    if attempt.handin == "none":
        _score_dry(attempt, questions, opened, now)
    else:
        _submit_for_real(attempt, questions, opened, now)
    # Behind the scoring: a correction that was put in force meanwhile is met here, or finds the scores that stand.
    actions_correcting.bring_up_to_date(attempt, now=now)
    if attempt.handin != "none":
        _send_marks(attempt, questions)
        actions_withdrawing.withdraw_again(attempt_id=attempt_id)
    return actions_results.close(attempt, now)


def forget_results(attempt_ids: Iterable[int]) -> None:
    """Drop what became of the questions of reopened attempts, inside the caller's transaction: they are handed in again.

    A worker that is at it right now then writes to rows that are gone; its claim is worth nothing any more. Marks go with
    them, their history stays.
    """
    ItemResult.objects.filter(attempt_id__in=list(attempt_ids)).delete()


def _score_dry(attempt: Attempt, questions: dict[int, PlacedQuestion], opened: Opened, now: datetime) -> None:
    """Fill in scores without a write to the platform, for results that are not released yet."""
    lms = get_lms()
    stored = actions_results.stored_scores(attempt, questions)
    for result in ItemResult.objects.filter(pk__in=opened.results, scored_at=None):
        question, draft = questions[result.question_id], opened.drafts.get(result.question_id)
        try:
            if not question.drafts:
                score = stored.get(question.pk) or Score(0.0, question.max_points)
            elif draft is None or not draft.answered:
                score = Score(0.0, question.max_points)
            else:
                score = lms.score_item(question.usage_key, attempt.learner_id, draft.values)
        except LmsError as problem:
            ItemResult.objects.filter(pk=result.pk).update(message=str(problem)[:500], tries=result.tries + 1)
            continue
        actions_results.keep(result.pk, score, now)


def _submit_for_real(attempt: Attempt, questions: dict[int, PlacedQuestion], opened: Opened, now: datetime) -> None:
    """Submit every answered draft through the platform's own grading, each question claimed first."""
    claimed, drafts = _claim(opened, now), opened.drafts
    stored = actions_results.stored_scores(attempt, {pk: questions[pk] for pk in claimed if not questions[pk].drafts})
    to_submit = {
        questions[pk].usage_key: drafts[pk].values
        for pk in claimed
        if questions[pk].drafts and pk in drafts and drafts[pk].answered
    }
    try:
        graded = get_lms().hand_in(attempt.placement.usage_key, attempt.learner_id, to_submit) if to_submit else {}
    except Exception as problem:
        log.exception("attempt %s could not be handed in", attempt.pk)
        graded = {key: Graded(False, message=str(problem)) for key in to_submit}
    for question_pk, result_pk in claimed.items():
        question = questions[question_pk]
        if question.usage_key in to_submit:
            _settle_result(result_pk, graded.get(question.usage_key, Graded(False, message="no answer")), question, now)
        else:
            score = stored.get(question_pk) or Score(0.0, question.max_points)
            actions_results.keep(result_pk, score, now, state="done", sent_no=0)


def _claim(opened: Opened, now: datetime) -> dict[int, int]:
    """Question id -> result id of what this run may hand in: each claimed by one conditional UPDATE."""
    free = Q(state__in=("pending", "failed")) | Q(state="claimed", claimed_at__lt=now - CLAIM_LASTS)
    claimed = {}
    for result in ItemResult.objects.filter(free, pk__in=opened.results).order_by("pk"):
        mine = ItemResult.objects.filter(free, pk=result.pk, tries=result.tries)
        if mine.update(state="claimed", claimed_at=now, tries=result.tries + 1):
            claimed[result.question_id] = result.pk
    return claimed


def _settle_result(result_pk: int, graded: Graded, question: PlacedQuestion, now: datetime) -> None:
    if graded.accepted:
        # The platform has the machine's score now, also where it had a person's before: that one is sent (again).
        score = graded.score or Score(None, question.max_points)
        actions_results.keep(result_pk, score, now, state="done", sent_no=0)
    else:
        ItemResult.objects.filter(pk=result_pk).update(state="failed", message=graded.message[:500])


def _send_marks(attempt: Attempt, questions: dict[int, PlacedQuestion]) -> None:
    """Have the platform hold what people gave, or a correction made of it. What changes while it is sent is sent again.

    What a learner's earlier attempt got stays with us: the platform's one score is the later attempt's.
    """
    if queries.taken_again([attempt.pk]):
        ItemResult.objects.filter(attempt=attempt, state="done").update(sent_no=F("mark_no"))
        return
    for result in ItemResult.objects.filter(attempt=attempt, state="done", mark_no__gt=F("sent_no")):
        while result.mark_no > result.sent_no:
            sent, counts = result.mark_no, result.dropped != "leave"
            try:
                usage_key = questions[result.question_id].usage_key
                get_lms().set_score(usage_key, attempt.learner_id, result.earned or 0.0, counts=counts)
            except LmsError as problem:
                ItemResult.objects.filter(pk=result.pk).update(message=str(problem)[:500])
                break
            ItemResult.objects.filter(pk=result.pk).update(sent_no=sent, message="")
            result.refresh_from_db(fields=["earned", "dropped", "mark_no", "sent_no"])
