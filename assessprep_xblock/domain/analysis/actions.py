"""Packing answers as they come in, and preparing reports over more submissions than a page may wait for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..attempts.models import Attempt
from . import queries
from .models import AnswerVector, PreparedReport
from .reading import BATCH, packed_of, questions_of
from .scopes import Asked, Scope, scope_of

log = logging.getLogger(__name__)


@shared_task(name="assessprep.keep_answers", ignore_result=True)
def keep_answers_task(attempt_ids: list[int]) -> None:
    """Pack these attempts' answers. May run any number of times."""
    keep_answers(attempt_ids=attempt_ids, now=timezone.now())


def keep_answers(*, attempt_ids: Sequence[int], now: datetime) -> int:
    """Pack the answers of these attempts, as far as they are scored; returns how many. What changes while it reads is read
    again later, because the time kept is that of the attempt's own last change."""
    rows = Attempt.objects.filter(pk__in=list(attempt_ids), status="submitted", scoring="scored").order_by("pk")
    by_version: dict[int, dict[int, datetime]] = {}
    by_key = Coalesce("placement__correction__version_id", "placement__version_id")
    for pk, version, changed in rows.values_list("pk", by_key, "progress_at"):
        by_version.setdefault(version, {})[pk] = changed or now
    for version, changes in by_version.items():
        packed = packed_of(list(changes), questions_of(version))
        AnswerVector.objects.bulk_create(
            [AnswerVector(attempt_id=pk, packed=packed[pk], read_at=changes[pk]) for pk in changes],
            update_conflicts=True,
            update_fields=["packed", "read_at"],
            unique_fields=_conflict_target(),
            batch_size=BATCH,
        )
    return sum(map(len, by_version.values()))


def _conflict_target() -> list[str] | None:
    """MySQL and MariaDB take whichever unique key was hit, and Django refuses to be told one."""
    return ["attempt"] if connection.features.supports_update_conflicts_with_target else None


def prepare(*, assessment_uuid: UUID, asked: Asked, by: int, now: datetime) -> dict[str, Any]:
    """Have a large report made; safe to repeat: while it is being made, and while it is fresh, nothing is begun again."""
    scope = scope_of(assessment_uuid=assessment_uuid, user_id=by, asked=asked)
    told = queries.analysis(scope, now=now)
    if not told["prepared"] or (told["state"] == "ready" and not told["stale"]):
        return {"state": "ready"}
    digest = scope.digest()
    _ensure(scope, digest, by=by, now=now)
    # One winner: whoever turns it from resting to waiting queues the task. A task that died holds nobody up for long.
    resting = Q(state__in=("done", "failed")) | Q(asked_at__lt=now - queries.TASK_LASTS) | Q(state="waiting", total=0)
    won = PreparedReport.objects.filter(resting, scope=digest).update(
        state="waiting", done=0, total=scope.size, asked_at=now, asked_by_id=by
    )
    if won:
        transaction.on_commit(partial(_enqueue, digest), robust=True)
    row = PreparedReport.objects.get(scope=digest)
    return {"state": row.state, "done": row.done, "total": row.total}


def _ensure(scope: Scope, digest: str, *, by: int, now: datetime) -> None:
    asked = {**scope.asked.query(), "view": scope.view, "version": str(scope.version)}
    row = PreparedReport(scope=digest, assessment=scope.assessment, asked=asked, asked_by_id=by, asked_at=now)
    try:
        with transaction.atomic():
            if not PreparedReport.objects.filter(scope=digest).exists():
                row.save(force_insert=True)
    except IntegrityError:
        log.info("the report %s was asked for by somebody else at the same moment", digest)


def _enqueue(digest: str) -> None:
    try:
        prepare_task.delay(digest)
    except Exception:  # noqa: BLE001  a broker may fail in any way; the page says so and may ask again
        log.warning("the report %s could not be queued", digest)
        PreparedReport.objects.filter(scope=digest).update(state="failed")


@shared_task(name="assessprep.prepare_report", ignore_result=True)
def prepare_task(digest: str) -> None:
    """Make one report. May run any number of times."""
    make_report(digest=digest, now=timezone.now())


def make_report(*, digest: str, now: datetime) -> None:
    """Make the report that was asked for and keep it with the time it was begun; progress is written as it goes."""
    mine = PreparedReport.objects.filter(scope=digest)
    row = mine.select_related("assessment").first()
    if row is None:
        return
    mine.update(state="working", done=0)
    try:
        asked = Asked.read(row.asked)
        scope = scope_of(assessment_uuid=row.assessment.uuid, user_id=row.asked_by_id, asked=asked)
        # Before the submissions are read: what comes in between makes the report stale, not wrong.
        stamp = queries.stamp_of(scope)
        _pack_missing(scope, now=now)
        result = queries.build(scope, progress=lambda seen: _progress(digest, seen))
    except Exception:
        mine.update(state="failed")
        raise
    mine.update(state="done", done=scope.size, total=scope.size, stamp=stamp, as_of=now, result=result)


def _progress(digest: str, seen: int) -> None:
    PreparedReport.objects.filter(scope=digest).update(done=seen)


def _pack_missing(scope: Scope, *, now: datetime) -> None:
    """Pack what was never packed, or changed since, in batches; whatever cannot be is read one by one after."""
    rows = Attempt.objects.filter(session_id__in=[one.pk for one in scope.sessions], status="submitted", scoring="scored")
    missing = list(rows.filter(Q(vector=None) | Q(vector__read_at__lt=F("progress_at"))).values_list("pk", flat=True))
    for start in range(0, len(missing), BATCH):
        keep_answers(attempt_ids=missing[start : start + BATCH], now=now)
