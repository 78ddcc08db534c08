"""Attempts as the Monitor looks at them: some of their columns, without what a model's instance costs a thousand times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from ..attempts.models import Attempt
from ..sessions.models import AssessmentSession
from ..shared.prepared import Given, PreparedRead


class Look:
    """One attempt. ``questions`` and ``current_no`` are put to it by who knows the assessment's questions."""

    pk: int
    uuid: UUID
    learner_id: int
    number: int
    status: str
    voided: bool
    is_guest: bool
    no_account: bool
    change_no: int
    joined_at: datetime
    admitted_at: datetime | None
    denied_at: datetime | None
    started_at: datetime | None
    due_us: int | None
    granted_us: int
    hold_us: int | None
    waits_since: datetime | None
    outside: str
    end_reason: str
    answered: int
    current_item: str
    last_saved_at: datetime | None
    last_seen_at: datetime | None
    progress_at: datetime | None
    seen_announcement: int
    heard_announcement: int
    handin: str
    scoring: str
    device_label: str
    other_device_label: str
    focus_lost: int
    questions: int
    current_no: int | None


#: Set by the Monitor, not read.
_PUT = ("questions", "current_no")
COLUMNS = tuple(name for name in Look.__annotations__ if name not in _PUT)


def _looks(rows: Iterable[tuple[Any, ...]]) -> list[Look]:
    looks = []
    for row in rows:
        one = Look()
        one.__dict__.update(zip(COLUMNS, row, strict=True))
        looks.append(one)
    return looks


_SESSION = Given("session_id", Attempt._meta.get_field("session"))
_CHANGE_NO = Given("change_no", Attempt._meta.get_field("change_no"))
_PROGRESS = Given("progress_at", Attempt._meta.get_field("progress_at"))


@PreparedRead
def _all() -> QuerySet[Any, Any]:
    return Attempt.objects.filter(session_id=_SESSION).order_by("number").values_list(*COLUMNS)


@PreparedRead
def _late() -> QuerySet[Any, Any]:
    late = Q(change_no__gt=_CHANGE_NO) | Q(progress_at__gte=_PROGRESS)
    return Attempt.objects.filter(late, session_id=_SESSION).order_by("number").values_list(*COLUMNS)


def all_of(session: AssessmentSession) -> list[Look]:
    """Every attempt of a session, oldest of a learner first. One query."""
    return _looks(_all(session_id=session.pk))


def changed(session: AssessmentSession, *, change_no: int, progress_at: datetime) -> list[Look]:
    """Those with a later change number, or that moved at this moment or since. One query."""
    return _looks(_late(session_id=session.pk, change_no=change_no, progress_at=progress_at))
