"""Keeping a submission to oneself while marking it, and lifting made-up names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from ... import conf
from ..attempts.models import Attempt
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_staff
from ..shared import audit
from ..shared.winning import Lost, one_winner
from . import queries_marking, queries_twice
from .models import MarkingLease, NamesRevealed


@one_winner
def take_lease(*, attempt_uuid: UUID, take_over: bool, by: int, now: datetime) -> datetime:
    """Keep a submission for this grader for a short while, or renew that; returns until when.

    Where two people mark there are two seats, else one. ``take_over``: also from a colleague, which is noted. Else a
    colleague's is refused, naming them.
    """
    attempt = queries_marking.attempt_for_grader(attempt_uuid=attempt_uuid, user_id=by)
    blocked = queries_twice.in_the_way(attempt, by=by, now=now)
    if not take_over:
        queries_twice.check_lease(attempt, by=by, now=now)
    until = now + timedelta(seconds=conf.get_int("ASSESSPREP_MARKING_LEASE"))
    seat = _seat(attempt, blocked, by=by, now=now)
    with transaction.atomic(durable=True):
        _take(attempt, seat, blocked, until, by=by, now=now)
    return until


def _seat(attempt: Attempt, blocked: queries_twice.Lease | None, *, by: int, now: datetime) -> int:
    """The seat to take: one's own, the colleague's that is in the way, or the first that is free."""
    own = queries_twice.seat_of(attempt, by=by, now=now)
    if own is not None:
        return own
    if blocked is not None:
        return blocked.seat
    held = set(MarkingLease.objects.filter(attempt=attempt, until__gt=now).values_list("seat", flat=True))
    free = [seat for seat in queries_twice.open_seats([attempt], by=by)[attempt.pk] if seat not in held]
    if not free:
        raise Lost
    return free[0]


def _take(
    attempt: Attempt, seat: int, blocked: queries_twice.Lease | None, until: datetime, *, by: int, now: datetime
) -> None:
    known = MarkingLease.objects.filter(attempt=attempt, seat=seat).first()
    if known is None:
        try:
            MarkingLease.objects.create(attempt=attempt, seat=seat, holder_id=by, until=until)
        except IntegrityError as other:
            raise Lost from other
        return
    rows = MarkingLease.objects.filter(pk=known.pk, holder_id=known.holder_id)
    if blocked is None:
        rows = rows.filter(Q(holder_id=by) | Q(until__lte=now))
    if not rows.update(holder_id=by, until=until):
        raise Lost
    if known.holder_id != by and known.until > now:
        about: dict[str, Any] = {"session_id": attempt.session_id, "attempt_id": attempt.pk}
        audit.record(action="take_over_marking", by=by, now=now, facts={"from": known.holder_id}, **about)


def drop_lease(*, attempt_uuid: UUID, by: int) -> None:
    """Let a submission go, so that a colleague can open it at once. Nothing to do where somebody else has it."""
    attempt = queries_marking.attempt_for_grader(attempt_uuid=attempt_uuid, user_id=by)
    MarkingLease.objects.filter(attempt=attempt, holder_id=by).delete()


def reveal_names(*, session_uuid: UUID, reason: str, by: int, now: datetime) -> AssessmentSession:
    """Let every grader of a session see names again. Noted, and final; a repeat changes nothing."""
    session = session_for_staff(session_uuid=session_uuid, user_id=by)
    with transaction.atomic(durable=True):
        _row, is_new = NamesRevealed.objects.get_or_create(
            session=session, defaults={"by_id": by, "at": now, "reason": reason}
        )
        if is_new:
            audit.record(action="reveal_names", by=by, now=now, session_id=session.pk, reason=reason)
    return session
