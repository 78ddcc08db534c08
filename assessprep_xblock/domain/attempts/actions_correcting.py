"""Marking what was handed in by a corrected key: answers stay, points follow, and what they were before is kept.

Which correction is in force stands in one row, the placement's. Each result says by which one it is marked; where the two
differ the result is *behind*. Whoever puts a correction in force, takes it back or scores a hand-in brings what is behind up
to date, in whichever order they come: so a hand-in that races a correction needs no lock on the placement.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ...lms import get_lms
from ...lms.base import LmsError
from ..library.corrections import Key, key_of
from ..library.models import PlacedQuestion
from ..shared import audit
from ..shared.winning import Lost, one_winner
from . import actions_results, rules
from .models import AnswerDraft, Attempt, ItemResult

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Marked:
    """What one result is by one key: ``machine`` by it, ``first`` by the delivered key where that one differs, and what
    counts."""

    machine: float | None
    first: float | None
    dropped: str
    earned: float | None
    possible: float

    @classmethod
    def now(cls, result: ItemResult) -> Marked:
        """As it stands."""
        return cls(result.machine, result.first_machine, result.dropped, result.earned, result.possible)


def behind(correction_id: int | None) -> QuerySet[ItemResult]:
    """Scored results that are not marked by this correction (None: by what was delivered)."""
    scored = ItemResult.objects.filter(scored_at__isnull=False, attempt__status="submitted", attempt__voided=False)
    if correction_id is None:
        return scored.filter(correction__isnull=False)
    return scored.filter(~Q(correction_id=correction_id) | Q(correction__isnull=True))


def marked_by(
    key: Key, result: ItemResult, question: PlacedQuestion, *, learner_id: int, values: Mapping[str, Any]
) -> Marked:
    """One result by a key: the platform is asked where the key changes the question. Raises :class:`LmsError`."""
    base = result.machine if result.first_machine is None else result.first_machine
    machine, first = base, None
    if question.pk in key.changed and base is not None and result.answered:
        score = get_lms().score_item(question.usage_key, learner_id, values, olx=key.changed[question.pk])
        machine, first = score.earned or 0.0, base
    dropped = key.dropped.get(question.pk, "")
    counts = rules.counted(mark=result.mark, machine=machine, most=question.max_points, dropped=dropped)
    return Marked(machine, first, dropped, *counts)


@one_winner
def bring_up_to_date(attempt: Attempt, *, now: datetime, by: int | None = None, resend: bool = False) -> bool:
    """Mark one submission by the key in force; True where anything counts otherwise now. Safe to repeat at any moment.

    ``resend``: have the platform's gradebook follow; a hand-in that asks for it sends by itself.
    """
    key = key_of(attempt.placement_id)
    results = list(behind(key.correction).filter(attempt_id=attempt.pk).select_related("question").order_by("pk"))
    if not results:
        return False
    drafts = dict(AnswerDraft.objects.filter(attempt_id=attempt.pk).values_list("question_id", "values"))
    found = {}
    for result in results:
        values = drafts.get(result.question_id, {})
        try:
            found[result.pk] = marked_by(key, result, result.question, learner_id=attempt.learner_id, values=values)
        except LmsError as problem:
            log.warning("question %s of attempt %s could not be marked again: %s", result.question_id, attempt.pk, problem)
            ItemResult.objects.filter(pk=result.pk).update(message=str(problem)[:500])
    return _write(attempt, results, found, key, now=now, by=by, resend=resend)


def _write(
    attempt: Attempt,
    results: list[ItemResult],
    found: Mapping[int, Marked],
    key: Key,
    *,
    now: datetime,
    by: int | None,
    resend: bool,
) -> bool:
    changed = [one for one in results if one.pk in found and found[one.pk] != Marked.now(one)]
    with transaction.atomic():
        # The attempt's row first: a mark, a reopening, a void and a hand-in wait here, or have won already.
        mine = Attempt.objects.filter(pk=attempt.pk, status="submitted", voided=False, submitted_at=attempt.submitted_at)
        if not mine.update(progress_at=now):
            return False
        if resend and changed:
            mine.exclude(handin="none").update(handin="pending")
        for one in results:
            if one.pk in found:
                _write_one(one, found[one.pk], key, is_changed=one in changed)
        if changed:
            _note(attempt, {one.question.item: [one.earned, found[one.pk].earned] for one in changed}, now=now, by=by)
            actions_results.recount(attempt.pk, now=now)
    return bool(changed)


def _note(attempt: Attempt, items: dict[str, list[float | None]], *, now: datetime, by: int | None) -> None:
    """Keep what each question counted before, beside what it counts now."""
    about: dict[str, Any] = {"session_id": attempt.session_id, "attempt_id": attempt.pk}
    audit.record(action="correct_marking", by=by, now=now, facts={"items": items}, **about)


def _write_one(result: ItemResult, marked: Marked, key: Key, *, is_changed: bool) -> None:
    """Whoever gave a mark or scored anew since it was read has won: then it is read again."""
    values: dict[str, Any] = {"correction_id": key.correction, "message": ""}
    if is_changed:
        values |= {"machine": marked.machine, "first_machine": marked.first, "dropped": marked.dropped}
        values |= {"earned": marked.earned, "possible": marked.possible, "mark_no": F("mark_no") + 1}
    same = ItemResult.objects.filter(pk=result.pk, mark_no=result.mark_no, correction_id=result.correction_id)
    if not same.filter(scored_at=result.scored_at).update(**values):
        raise Lost
