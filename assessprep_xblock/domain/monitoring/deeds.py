"""What an undo puts back: an attempt's own values, as JSON and out of it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..attempts.models import Attempt

MOMENTS = ("ended_at", "submitted_at", "admitted_at", "denied_at")
PLAIN = ("status", "end_reason", "ended_us", "hold_us", "handin", "scoring", "earned", "possible", "voided")


def kept(attempt: Attempt) -> dict[str, Any]:
    """How an attempt was before a deed."""
    moments = {name: getattr(attempt, name) for name in MOMENTS}
    return {name: getattr(attempt, name) for name in PLAIN} | {
        name: None if moment is None else moment.isoformat() for name, moment in moments.items()
    }


def restored(before: dict[str, Any]) -> dict[str, Any]:
    """The values to write back."""
    moments = {name: before[name] for name in MOMENTS}
    return {name: before[name] for name in PLAIN} | {
        name: None if moment is None else datetime.fromisoformat(moment) for name, moment in moments.items()
    }
