"""The audit trail: who did what, when, to which session or attempt. Rows are added and never changed.

Because every accepted change leaves a row here, this is also where others hear of changes: :data:`recorded` is sent after
the commit, so whatever listens can neither fail nor undo the change itself.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.dispatch import Signal

from .models import AuditRow

#: ``rows``: the rows of one change, all of one action, after their transaction was committed.
recorded = Signal()


def record(
    *,
    action: str,
    by: int | None,
    now: datetime,
    session_id: int | None = None,
    attempt_id: int | None = None,
    change_no: int | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    of: Model | None = None,
) -> None:
    """Add one row, inside the transaction of the change it tells of. ``by`` None means the server itself.

    ``facts`` are JSON values; never a code, never an answer. ``of`` is the attempt, where the caller holds it with its
    session, placement, version and assessment: whoever is told then need not ask for them again.
    """
    row = AuditRow.objects.create(
        action=action,
        by_id=by,
        at=now,
        session_id=session_id,
        attempt_id=attempt_id,
        change_no=change_no,
        reason=reason,
        reason_salt=_salt(reason),
        facts=facts or {},
    )
    row.of = of
    _tell([row])


def record_each(
    *,
    action: str,
    by: int | None,
    now: datetime,
    session_id: int,
    facts_of: Mapping[int, dict[str, Any]],
    change_no: int,
    reason: str = "",
) -> None:
    """Add one row for each of these attempts (id -> its facts), in one statement, told of together."""
    rows = [
        AuditRow(
            action=action,
            by_id=by,
            at=now,
            session_id=session_id,
            attempt_id=attempt_id,
            change_no=change_no,
            reason=reason,
            reason_salt=_salt(reason),
            facts=facts,
        )
        for attempt_id, facts in facts_of.items()
    ]
    _tell(AuditRow.objects.bulk_create(rows))


def record_sessions(
    *, action: str, by: int | None, now: datetime, session_ids: Collection[int], facts: dict[str, Any] | None = None
) -> None:
    """Add one row for each of these sessions, all with the same facts, told of together."""
    rows = [AuditRow(action=action, by_id=by, at=now, session_id=one, facts=facts or {}) for one in session_ids]
    _tell(AuditRow.objects.bulk_create(rows, batch_size=500))


def _salt(reason: str) -> str:
    return secrets.token_hex(16) if reason else ""


def reason_digest(row: AuditRow) -> str:
    """What stands for a row's reason in a seal: SHA-256 of salt and reason, the same after the reason was taken away."""
    if row.reason_digest or not row.reason:
        return row.reason_digest
    return hashlib.sha256(f"{row.reason_salt}{row.reason}".encode()).hexdigest()


def _tell(rows: list[AuditRow]) -> None:
    transaction.on_commit(lambda: recorded.send_robust(sender=AuditRow, rows=rows), robust=True)
