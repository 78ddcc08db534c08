"""What became of each question of a handed-in attempt, written down: the machine's score, and the attempt's totals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from ...lms import get_lms
from ...lms.base import Score
from ..library.models import PlacedQuestion
from . import rules
from .actions_counting import count_graded
from .models import AnswerDraft, Attempt, ItemResult


def open_results(attempt: Attempt, questions: dict[int, PlacedQuestion], drafts: dict[int, AnswerDraft]) -> None:
    """A row for each question that has none yet."""
    known = set(ItemResult.objects.filter(attempt=attempt).values_list("question_id", flat=True))
    ItemResult.objects.bulk_create(
        [
            ItemResult(
                attempt=attempt,
                question_id=pk,
                possible=question.max_points,
                answered=pk in drafts and drafts[pk].answered,
            )
            for pk, question in questions.items()
            if pk not in known
        ],
        ignore_conflicts=True,
    )


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
        "graded": sum(result.answered and result.earned is not None for result in results),
    }
