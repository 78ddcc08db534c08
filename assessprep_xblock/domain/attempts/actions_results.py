"""What became of each question of a handed-in attempt, written down: the machine's score, and the attempt's totals."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from ...lms import get_lms
from ...lms.base import Score
from ..library.models import PlacedQuestion
from . import rules
from .actions_counting import count_graded
from .models import AnswerDraft, Attempt, ItemResult


class Opened(NamedTuple):
    """One hand-in's answers by question id, and the ids of the results that belong to it."""

    drafts: dict[int, AnswerDraft]
    results: list[int]


@transaction.atomic
def open_results(attempt: Attempt, questions: dict[int, PlacedQuestion], now: datetime) -> Opened | None:
    """A row for each question that has none yet; None where the attempt was reopened, submitted again or void since it was
    read.

    The attempt's row is locked first: a reopening that drops the results waits here, or has won already. Without it a worker
    that was faster than the reopening would leave results behind, and the answers of the second submit would find them done.
    """
    same = Attempt.objects.filter(pk=attempt.pk, status="submitted", voided=False, submitted_at=attempt.submitted_at)
    if not same.update(progress_at=now):
        return None
    drafts = {draft.question_id: draft for draft in AnswerDraft.objects.filter(attempt=attempt)}
    known = dict(ItemResult.objects.filter(attempt=attempt).values_list("question_id", "pk"))
    missing = [pk for pk in questions if pk not in known]
    if missing:
        rows = [_open_result(attempt, questions[pk], drafts.get(pk)) for pk in missing]
        ItemResult.objects.bulk_create(rows)
        known = dict(ItemResult.objects.filter(attempt=attempt).values_list("question_id", "pk"))
    return Opened(drafts, list(known.values()))


def _open_result(attempt: Attempt, question: PlacedQuestion, draft: AnswerDraft | None) -> ItemResult:
    answered = draft is not None and draft.answered
    return ItemResult(attempt=attempt, question=question, possible=question.max_points, answered=answered)


def keep(result_pk: int, score: Score, now: datetime, **values: Any) -> None:
    """Write down the machine's score by the key that was delivered; what a person gave stays in force.

    Whatever corrects that key is to be asked again: see actions_correcting.py.
    """
    ItemResult.objects.filter(pk=result_pk).update(
        machine=score.earned,
        earned=Coalesce(F("mark"), score.earned),
        possible=score.possible,
        scored_at=now,
        message="",
        correction=None,
        first_machine=None,
        dropped="",
        **values,
    )


def stored_scores(attempt: Attempt, questions: dict[int, PlacedQuestion]) -> dict[int, Score]:
    """What questions that keep their own state have earned so far, by question id."""
    own_state = {question.usage_key: pk for pk, question in questions.items() if not question.drafts}
    if not own_state:
        return {}
    scores = get_lms().scores(list(own_state), [attempt.learner_id])
    return {own_state[key]: score for (_learner, key), score in scores.items()}


@transaction.atomic
def close(attempt: Attempt, now: datetime) -> str:
    """Write the attempt's hand-in state and its totals out of its questions' results; returns that state."""
    # The row is locked before the results are read: a mark given at this moment is counted here, or counts itself after.
    # Reopened meanwhile: then this was not the hand-in that counts.
    same = Attempt.objects.filter(pk=attempt.pk, status="submitted", submitted_at=attempt.submitted_at)
    if not same.filter(handin=attempt.handin).update(progress_at=now):
        return attempt.handin
    results = list(ItemResult.objects.filter(attempt=attempt).order_by("question__position", "question_id"))
    handin = attempt.handin
    if handin != "none":
        sent = all(result.mark_no == result.sent_no for result in results)
        handin = rules.handin_of([result.state for result in results], marks_sent=sent)
    Attempt.objects.filter(pk=attempt.pk).update(handin=handin, **totals(results))
    count_graded(attempt.session_id)
    return handin


def recount(attempt_id: int, *, now: datetime) -> None:
    """Write an attempt's totals anew, as the last step of the transaction that changed one of its results."""
    results = list(ItemResult.objects.filter(attempt_id=attempt_id).order_by("question__position", "question_id"))
    Attempt.objects.filter(pk=attempt_id).update(progress_at=now, **totals(results))
    count_graded(Attempt.objects.values_list("session_id", flat=True).get(pk=attempt_id))


def totals(results: list[ItemResult]) -> dict[str, Any]:
    """An attempt's numbers out of its results, in the order of the page: sums of fractions depend on it."""
    return {
        "scoring": rules.scoring_of([(result.scored_at is not None, result.earned) for result in results]),
        "earned": sum(result.earned or 0.0 for result in results),
        "possible": sum(result.possible for result in results),
        "to_mark": sum(result.scored_at is not None and result.earned is None for result in results),
        "to_second": sum(result.earned is None and result.marks_in == 1 for result in results),
        "conflicts": sum(result.earned is None and result.marks_in == 2 for result in results),
        "graded": sum(result.answered and result.earned is not None for result in results),
    }
