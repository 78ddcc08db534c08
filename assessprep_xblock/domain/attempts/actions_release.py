"""Releasing results: to everybody in a session or to single students, by staff or because the date has come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from ..sessions import rules as session_rules
from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from .actions_handin import after_commit
from .models import Attempt

#: Ids of one request.
MOST = 500


@one_winner
def release(*, session_id: int, by: int | None, now: datetime, attempts: Collection[UUID] | None = None) -> int:
    """Let students know their results, and hand them to the platform's gradebook where points are shown; returns how many
    are handed in by this call. Safe to repeat.

    ``attempts``: these students alone; None: the whole session, late comers included. ``by`` None: the date has come.
    """
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    if settings.release == "never":
        raise Refusal("never_released")
    chosen = Attempt.objects.filter(session_id=session_id, status="submitted", voided=False)
    if attempts is not None:
        chosen = chosen.filter(uuid__in=list(attempts)[:MOST])
    with transaction.atomic(durable=True):
        _note(session, chosen, attempts, by=by, now=now)
        waiting: list[int] = []
        if settings.show_score:
            # Without points nothing goes to the gradebook: the platform's own pages would show them.
            waiting = list(chosen.filter(handin="none").order_by("pk").values_list("pk", flat=True))
            Attempt.objects.filter(pk__in=waiting, handin="none").update(handin="pending", progress_at=now)
        after_commit(waiting)
    return len(waiting)


def _note(
    session: AssessmentSession,
    chosen: QuerySet[Attempt],
    attempts: Collection[UUID] | None,
    *,
    by: int | None,
    now: datetime,
) -> None:
    """Write down that results are released, once."""
    if session.released_at is not None:
        return
    if attempts is None:
        change = take_change(session.pk, where={"released_at": None}, notice=True, values={"released_at": now})
        audit.record(action="release", by=by, now=now, session_id=session.pk, change_no=change)
        return
    new = list(chosen.filter(released_at=None).order_by("pk").values_list("pk", flat=True))
    if not new:
        return
    change = take_change(session.pk, where={"released_at": None}, notice=True)
    Attempt.objects.filter(pk__in=new, released_at=None).update(released_at=now, change_no=change)
    for pk in new:
        audit.record(action="release", by=by, now=now, session_id=session.pk, attempt_id=pk, change_no=change)


def release_due(*, session_id: int, now: datetime) -> int:
    """Release a session's results if its date has come, and hand in what its settings release since they were changed;
    returns how many were handed in by this call. Safe to repeat."""
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    if is_due(session, settings, now):
        return release(session_id=session_id, by=None, now=now)
    waiting = _shown_by_now(session, settings)
    with transaction.atomic(durable=True):
        chosen = list(waiting.order_by("pk").values_list("pk", flat=True))
        Attempt.objects.filter(pk__in=chosen, handin="none").update(handin="pending", progress_at=now)
        after_commit(chosen)
    return len(chosen)


def would_release(*, session_id: int, now: datetime) -> int:
    """How many :func:`release_due` would hand in now; nothing is written."""
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    if is_due(session, settings, now):
        return _held_back(session).count() if settings.show_score else 0
    return _shown_by_now(session, settings).count()


def _held_back(session: AssessmentSession) -> QuerySet[Attempt]:
    return Attempt.objects.filter(session=session, status="submitted", voided=False, handin="none")


def _shown_by_now(session: AssessmentSession, settings: session_rules.Delivery) -> QuerySet[Attempt]:
    """Of those held back, whose results the settings and what was released before show already."""
    if settings.release == "never" or not settings.show_score:
        return Attempt.objects.none()
    if settings.release == "on_submit" or session.released_at is not None:
        return _held_back(session)
    return _held_back(session).filter(released_at__isnull=False)


def is_due(session: AssessmentSession, settings: session_rules.Delivery, now: datetime) -> bool:
    """Whether the date of release has come and nobody has released yet."""
    return (
        settings.release == "on_date"
        and settings.release_at is not None
        and session.released_at is None
        and session.lifecycle != "draft"
        and settings.release_at <= now
    )


def sessions_waiting_for_a_date() -> list[int]:
    """Ids of the sessions whose results a date will release, come or not."""
    own, default = Q(overrides__release="on_date"), Q(placement__version__settings__release__default="on_date")
    rows = AssessmentSession.objects.filter(own | (default & ~Q(overrides__has_key="release")), released_at=None)
    return list(rows.exclude(lifecycle="draft").order_by("pk").values_list("pk", flat=True))
