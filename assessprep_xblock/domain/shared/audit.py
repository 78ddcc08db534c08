"""The audit trail: who did what, when, to which session or attempt. Rows are added and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .models import AuditRow


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
) -> None:
    """Add one row, inside the transaction of the change it tells of. ``by`` None means the server itself.

    ``facts`` are JSON values; never a code, never an answer.
    """
    AuditRow.objects.create(
        action=action,
        by_id=by,
        at=now,
        session_id=session_id,
        attempt_id=attempt_id,
        change_no=change_no,
        reason=reason,
        facts=facts or {},
    )
