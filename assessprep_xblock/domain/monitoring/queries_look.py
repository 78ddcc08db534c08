"""Attempts as the Monitor looks at them: some of their columns, without what a model's instance costs a thousand times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Coalesce

from ..attempts.models import Attempt
from ..sessions.models import AssessmentSession
from ..shared.prepared import Given, PreparedRead


class Look:
    """One attempt. ``questions``, ``current_no`` and ``left_us`` are put to it by who knows the assessment's questions and
    the session's clock; ``is_admitted`` and its like stand for moments of which nobody asks when."""

    pk: int
    uuid: UUID
    learner_id: int
    number: int
    status: str
    voided: bool
    is_guest: bool
    no_account: bool
    change_no: int
    due_us: int | None
    granted_us: int
    accommodation_us: int
    hold_us: int | None
    outside: str
    end_reason: str
    answered: int
    current_item: str
    last_saved_at: datetime | None
    progress_at: datetime | None
    seen_announcement: int
    heard_announcement: int
    handin: str
    scoring: str
    device_label: str
    other_device_label: str
    focus_lost: int
    seen_at: datetime
    is_admitted: bool
    is_denied: bool
    is_away: bool
    has_started: bool
    questions: int
    current_no: int | None
    left_us: int | None


#: Set by the Monitor, not read.
_PUT = ("questions", "current_no", "left_us")
COLUMNS = tuple(name for name in Look.__annotations__ if name not in _PUT)


def _is_set(name: str) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(Q(**{f"{name}__isnull": False}), output_field=BooleanField())


def _looked_at(rows: QuerySet[Attempt]) -> QuerySet[Any, Any]:
    """A moment takes a driver longer to read than all the rest of a row: most of them are only asked for."""
    return rows.annotate(
        # Whoever has just joined was there at that moment.
        seen_at=Coalesce("last_seen_at", "joined_at"),
        is_admitted=_is_set("admitted_at"),
        is_denied=_is_set("denied_at"),
        is_away=_is_set("waits_since"),
        has_started=_is_set("started_at"),
    ).values_list(*COLUMNS)


def _looks(columns: Iterable[Sequence[Any]]) -> list[Look]:
    looks = []
    for row in zip(*columns, strict=True):
        one = Look()
        one.__dict__ = dict(zip(COLUMNS, row, strict=True))
        looks.append(one)
    return looks


_SESSION = Given("session_id", Attempt._meta.get_field("session"))
_CHANGE_NO = Given("change_no", Attempt._meta.get_field("change_no"))
_PROGRESS = Given("progress_at", Attempt._meta.get_field("progress_at"))


@PreparedRead
def _all() -> QuerySet[Any, Any]:
    return _looked_at(Attempt.objects.filter(session_id=_SESSION).order_by("number"))


@PreparedRead
def _late() -> QuerySet[Any, Any]:
    late = Q(change_no__gt=_CHANGE_NO) | Q(progress_at__gte=_PROGRESS)
    return _looked_at(Attempt.objects.filter(late, session_id=_SESSION).order_by("number"))


def all_of(session: AssessmentSession) -> list[Look]:
    """Every attempt of a session, oldest of a learner first. One query."""
    return _looks(_all.columns(session_id=session.pk))


def changed(session: AssessmentSession, *, change_no: int, progress_at: datetime) -> list[Look]:
    """Those with a later change number, or that moved at this moment or since. One query."""
    return _looks(_late.columns(session_id=session.pk, change_no=change_no, progress_at=progress_at))
