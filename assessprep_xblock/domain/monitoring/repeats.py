"""Requests that add something carry a UUID: a repeat gets the first answer and adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from .models import DoneRequest


class Repeated(Exception):
    """The same request came twice at the same moment, and the other one does the work."""


def first_answer(*, by: int, request_id: UUID) -> dict[str, Any] | None:
    """What this request was answered the first time, or None."""
    return DoneRequest.objects.filter(by_id=by, request_id=request_id).values_list("answer", flat=True).first()


def remember(*, by: int, request_id: UUID, action: str, answer: dict[str, Any], now: datetime) -> None:
    """Keep the answer, in the transaction that did the work; the same request at the same moment is told so."""
    try:
        with transaction.atomic():
            DoneRequest.objects.create(by_id=by, request_id=request_id, action=action, answer=answer, at=now)
    except IntegrityError as twice:
        raise Repeated from twice


def once(deed: Callable[[], dict[str, Any]], *, by: int, request_id: UUID, action: str, now: datetime) -> dict[str, Any]:
    """Do what changes nothing when it is done again, and answer a repeat as the first time."""
    if (before := first_answer(by=by, request_id=request_id)) is not None:
        return before
    result = deed()
    try:
        remember(by=by, request_id=request_id, action=action, answer=result, now=now)
    except Repeated:
        return first_answer(by=by, request_id=request_id) or result
    return result


def complete(*, by: int, request_id: UUID, answer: dict[str, Any]) -> None:
    """Keep the answer of a request whose work is committed; nothing to do where nobody was changed."""
    DoneRequest.objects.filter(by_id=by, request_id=request_id).update(answer=answer)
