"""Sealing the audit trail of a session: one hash over all its rows, kept apart, so that a change made later shows.

Nothing is chained inside a request: a seal is made after the commit of what ends a session, and again when more happened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from .audit import reason_digest
from .models import AuditRow, AuditSeal


@dataclass(frozen=True)
class Verdict:
    """What was found of one seal: ``ok``, or what differs."""

    seal: AuditSeal
    rows: int
    ok: bool


def seal(*, session_id: int, now: datetime) -> AuditSeal | None:
    """Seal what the audit trail of a session holds now; None where nothing came since its last seal."""
    newest = AuditSeal.objects.filter(session_id=session_id).order_by("-pk").first()
    mine = AuditRow.objects.filter(session_id=session_id)
    last = mine.order_by("-pk").values_list("pk", flat=True).first()
    if last is None or (newest is not None and newest.last_row == last):
        return None
    with transaction.atomic():
        digest, count = _digest(_covered(session_id, last))
        return AuditSeal.objects.create(session_id=session_id, at=now, last_row=last, rows=count, digest=digest)


def verify(session_ids: list[int] | None = None) -> Iterator[Verdict]:
    """Every seal, of these sessions or of all, with whether the rows under it are as they were."""
    seals = AuditSeal.objects.order_by("pk")
    if session_ids is not None:
        seals = seals.filter(session_id__in=session_ids)
    for one in seals.iterator():
        digest, count = _digest(_covered(one.session_id, one.last_row))
        yield Verdict(seal=one, rows=count, ok=digest == one.digest and count == one.rows)


def _covered(session_id: int, last: int) -> QuerySet[AuditRow]:
    """A seal's rows in the order of the changes they tell of; rows that change no attempt carry no number and come first."""
    rows = AuditRow.objects.filter(Q(session_id=session_id), pk__lte=last)
    return rows.order_by(Coalesce("change_no", 0), "pk")


def _digest(rows: QuerySet[AuditRow]) -> tuple[str, int]:
    whole, count = hashlib.sha256(), 0
    for row in rows.iterator(chunk_size=2000):
        told = [
            row.pk,
            row.action,
            row.by_id,
            row.at.isoformat(),
            row.session_id,
            row.attempt_id,
            row.change_no,
            reason_digest(row),
            row.facts,
        ]
        whole.update(json.dumps(told, sort_keys=True, separators=(",", ":")).encode())
        whole.update(b"\n")
        count += 1
    return whole.hexdigest(), count
