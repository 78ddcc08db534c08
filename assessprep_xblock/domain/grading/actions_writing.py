"""Writing a mark that counts, and a step of a mark's history: for whatever action decided it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Value

from ..attempts import actions_results
from ..attempts.actions_handin import after_commit
from ..attempts.models import Attempt, ItemResult
from ..shared.winning import Lost
from . import rules
from .models import MarkStep


def hold(attempt: Attempt, *, now: datetime) -> None:
    """Lock a submission's row before anything of it is written: a reopening, a void, a hand-in wait, or have won (Lost)."""
    rows = Attempt.objects.filter(pk=attempt.pk, status="submitted", voided=False, submitted_at=attempt.submitted_at)
    if not rows.update(progress_at=now):
        raise Lost


def write_mark(
    attempt: Attempt, result: ItemResult, given: rules.Given, *, way: str, by: int | None, now: datetime, **also: Any
) -> None:
    """Write the mark that counts, behind :func:`hold`; Lost where it was changed since it was read."""
    mine = ItemResult.objects.filter(pk=result.pk, mark_no=result.mark_no)
    if not mine.update(
        mark=given.points,
        mark_no=F("mark_no") + 1,
        way=way,
        criteria=dict(given.criteria),
        comment=given.comment,
        marked_by_id=by,
        marked_at=now,
        earned=Value(given.points) if given.points is not None else F("machine"),
        **also,
    ):
        raise Lost
    actions_results.recount(attempt.pk, now=now)
    # The platform's gradebook follows where it has the results already.
    if Attempt.objects.filter(pk=attempt.pk).exclude(handin="none").update(handin="pending"):
        after_commit([attempt.pk])


def add_step(
    attempt: Attempt,
    question_id: int,
    given: rules.Given,
    *,
    undoes: bool,
    by: int | None,
    now: datetime,
    way: str = "",
) -> None:
    """Add a step to the history of a question's mark, behind the attempt's lock: no two of them are counted at once."""
    number = MarkStep.objects.filter(attempt=attempt, question_id=question_id).count() + 1
    MarkStep.objects.create(
        attempt=attempt,
        question_id=question_id,
        number=number,
        points=given.points,
        criteria=dict(given.criteria),
        comment=given.comment,
        reason=given.reason,
        undoes=undoes,
        way=way,
        by_id=by,
        at=now,
    )
