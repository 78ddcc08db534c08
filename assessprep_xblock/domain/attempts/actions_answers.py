"""Saving answers. No state changes here, so the session's row is never touched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from opaque_keys.edx.keys import UsageKey

from ... import conf
from ..library.models import PlacedQuestion
from ..shared.prepared import Given, PreparedRead, PreparedUpdate, Unless, update
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import presence, queries, rules
from .devices import Device, is_other
from .models import AnswerDraft, Attempt
from .standing import Seen


@dataclass(frozen=True)
class Saved:
    """An answer that is kept: its revision, when it was saved, and how many questions are answered now."""

    item: str
    revision: int
    saved_at: datetime
    answered: int


@one_winner
def save_answer(
    *,
    attempt_uuid: UUID,
    by: int,
    item: str,
    values: Any,
    revision: int,
    written_at: datetime | None,
    now: datetime,
    device: Device | None = None,
    spent: Any = None,
) -> Saved:
    """Keep what the learner typed into one question. The same revision again is acknowledged; an older one is refused.

    ``spent``: seconds per question as the learner's page counted them, told along with the answer.

    Taken while the attempt is in progress and in time (network grace included), also during a pause: what was typed before
    the pause arrived is kept.
    """
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    rules.check_answer(view.standing, now, written_at=written_at)
    late = _is_late(view, device, written_at)
    _check_not_left(view, item)
    question = next(iter(_question(placement_id=view.attempt.placement_id, item=item)), None)
    if question is None:
        raise Refusal("not_found")
    size = len(json.dumps(values, ensure_ascii=False).encode())
    kept = rules.read_values(values, item=item, limit=conf.get_int("ASSESSPREP_DRAFT_MAX_BYTES"), size=size)
    with transaction.atomic(durable=True):
        _touch(view.attempt, now=now, item=item, spent=spent, late=late)
        _write(view.attempt.pk, question, kept, revision=revision, written_at=written_at, device=device, now=now)
        answered, arrived = _recount(view.attempt.pk)
        if late:
            transaction.on_commit(partial(presence.tell_late, attempt_id=view.attempt.pk, late=arrived))
    return Saved(item=item, revision=revision, saved_at=now, answered=answered)


_PLACEMENT = Given("placement_id", PlacedQuestion._meta.get_field("placement"))
_ITEM = Given("item", PlacedQuestion._meta.get_field("item"))
_ATTEMPT = Given("attempt", AnswerDraft._meta.get_field("attempt"))
_QUESTION = Given("question", AnswerDraft._meta.get_field("question"))
_DEVICE = Given("device", AnswerDraft._meta.get_field("device"))
_WRITTEN_AT = Given("written_at", AnswerDraft._meta.get_field("written_at"))
_PK = Given("pk", Attempt._meta.get_field("id"))


@PreparedRead
def _question() -> QuerySet[Any]:
    return PlacedQuestion.objects.filter(placement_id=_PLACEMENT, item=_ITEM, drafts=True).values_list("pk", flat=True)


@PreparedRead
def _draft() -> QuerySet[Any]:
    mine = AnswerDraft.objects.filter(attempt_id=_ATTEMPT, question_id=_QUESTION)
    return mine.values_list("revision", "values", "written_at")


@PreparedUpdate
def _count_answered() -> tuple[QuerySet[Any], dict[str, Any]]:
    drafts = AnswerDraft.objects.filter(attempt=OuterRef("pk")).values("attempt")
    counted = drafts.annotate(n=Count("pk", filter=Q(answered=True))).values("n")
    rows = Attempt.objects.filter(pk=_PK)
    return rows, {"answered": Coalesce(Subquery(counted, output_field=IntegerField()), 0)}


@PreparedRead
def _counted() -> QuerySet[Any]:
    return Attempt.objects.filter(pk=_PK).values_list("answered", "late_saves")


def _later_elsewhere() -> Q:
    """Written later on another device."""
    return ~Q(device=_DEVICE) & Q(written_at__gt=_WRITTEN_AT)


def _is_late(view: Seen, device: Device | None, written_at: datetime | None) -> bool:
    """Whether this was typed on another device than the one the test runs on, before it moved there; refused: after that."""
    attempt = view.attempt
    if device is None or view.delivery.second_device == "allow" or not is_other(device, attempt.device):
        return False
    if written_at is None or attempt.device_since is None or written_at > attempt.device_since:
        raise Refusal("other_device", device=attempt.device_label)
    return True


def _check_not_left(view: Seen, item: str) -> None:
    """Refuse a change of a question that was left for good."""
    if view.delivery.navigation != "forward" or not view.attempt.passed:
        return
    if item in [question.item for question in queries.questions_for_learner(view)[: view.attempt.passed]]:
        raise Refusal("question_left")


def go_on(*, attempt_uuid: UUID, by: int, passed: int, now: datetime) -> int:
    """Leave the first ``passed`` questions for good, where one can only go forward; returns how many are left behind.

    Less than before changes nothing. The last question is never left: there is nothing behind it.
    """
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    rules.check_answer(view.standing, now)
    if view.delivery.navigation != "forward":
        raise Refusal("invalid", field="passed", why="questions may be gone back to here")
    passed = min(passed, len(queries.questions_of(view.attempt)) - 1)
    row = Attempt.objects.filter(pk=view.attempt.pk, status=view.attempt.status, voided=False)
    row.filter(passed__lt=passed).update(passed=passed, progress_at=now)
    return int(row.values_list("passed", flat=True).first() or 0)


def flag(*, attempt_uuid: UUID, by: int, items: list[str], now: datetime) -> list[str]:
    """Mark questions to look at again; these and no others. Returns the ones that exist, in their order."""
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=by)
    rules.check_answer(view.standing, now)
    known = [question.item for question in queries.questions_of(view.attempt) if question.item in set(items)]
    Attempt.objects.filter(pk=view.attempt.pk).update(flagged=known, progress_at=now)
    return known


def _touch(attempt: Attempt, *, now: datetime, item: str, spent: Any = None, late: bool = False) -> None:
    """Lock the attempt's own row on the condition the rule relied on: what is acknowledged here will be handed in."""
    mine = {"pk": attempt.pk, "status": attempt.status, "voided": False}
    # Of two saves at once one's seconds may be lost here; each tells of all it counted again with the next.
    timed = {"spent": rules.spent_with(attempt.spent, spent, started_at=attempt.started_at, now=now)} if spent else {}
    values = {"last_saved_at": now, "progress_at": now, "current_item": item, **timed}
    if not update(Attempt, where=mine, values=values, plus={"late_saves": 1} if late else None).rows:
        raise Lost


def _write(
    attempt_id: int,
    question_id: int,
    values: dict[str, Any],
    *,
    revision: int,
    written_at: datetime | None,
    device: Device | None,
    now: datetime,
) -> None:
    key = device.key if device else ""
    fresh = {
        "values": values,
        "answered": rules.is_answered(values),
        "revision": revision,
        "written_at": written_at,
        "device": key,
        "saved_at": now,
    }
    mine = {"attempt": attempt_id, "question": question_id}
    # Revisions count the letters typed on one device; between two of them the later writing counts, however many it had.
    later = Unless(_later_elsewhere, {"device": key, "written_at": written_at}) if written_at else None
    if update(AnswerDraft, where={**mine, "revision__lt": revision}, values=fresh, unless=later).rows:
        return
    known = next(iter(_draft(**mine)), None)
    if known is None:
        try:
            AnswerDraft.objects.create(attempt_id=attempt_id, question_id=question_id, **fresh)
        except IntegrityError as other:
            raise Lost from other
    elif known[:2] != (revision, values):
        # Of two devices the later writing counts, by the learner's own clock: the page decides with what it is told here.
        kept_at = None if known[2] is None else known[2].isoformat().replace("+00:00", "Z")
        raise Refusal("stale_draft", revision=known[0], values=known[1], written_at=kept_at)


def _recount(attempt_id: int) -> tuple[int, int]:
    """How many questions are answered now, and how many answers came late from a device that was left."""
    _count_answered({"pk": attempt_id})
    ((answered, late),) = _counted(pk=attempt_id)
    return answered, late


@one_winner
def note_own_state_answer(*, learner_id: int, usage_key: UsageKey, now: datetime) -> None:
    """Count a question that keeps its own state (drag and drop, say) as answered, once the platform scored it."""
    attempt = Attempt.objects.filter(
        placement__questions__usage_key=usage_key, learner_id=learner_id, status="in_progress"
    ).first()
    question = PlacedQuestion.objects.filter(usage_key=usage_key, drafts=False).first()
    if attempt is None or question is None:
        return
    with transaction.atomic():
        _touch(attempt, now=now, item=question.item)
        AnswerDraft.objects.get_or_create(
            attempt=attempt, question=question, defaults={"answered": True, "revision": 1, "saved_at": now}
        )
        _recount(attempt.pk)
