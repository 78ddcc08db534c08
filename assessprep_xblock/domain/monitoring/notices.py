"""What an invigilator said, as one student hears it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from .models import Announcement


def announcements_for(*, session_id: int, attempt_id: int, after: int = 0) -> list[dict[str, Any]]:
    """Announcements to this student or to everybody, oldest first, numbered above ``after``; one query."""
    mine = Q(attempt=None) | Q(attempt_id=attempt_id)
    rows = Announcement.objects.filter(mine, session_id=session_id, number__gt=after).order_by("number")
    return [
        {
            "number": row.number,
            "text": row.text,
            "acknowledge": row.acknowledge,
            "at": row.at.isoformat().replace("+00:00", "Z"),
        }
        for row in rows
    ]
