"""Counts that are kept because reading them anew for every session of a district would take too long."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from . import rosters
from .models import AssessmentSession


def count_assigned(*, session_ids: Iterable[int]) -> dict[int, tuple[int | None, int]]:
    """Count anew who is assigned to each of these sessions; returns id -> (kept before, counted now) where they differ.

    Classes change while nothing of ours does, so what is kept is true of the moment it was counted: when a session is
    published, when its roster is saved, and when an operator recounts.
    """
    drift: dict[int, tuple[int | None, int]] = {}
    for session in AssessmentSession.objects.filter(pk__in=list(session_ids)).order_by("pk"):
        counted = len(rosters.assigned(session))
        if counted == session.n_assigned:
            continue
        with transaction.atomic():
            AssessmentSession.objects.filter(pk=session.pk).update(n_assigned=counted)
        drift[session.pk] = (session.n_assigned, counted)
    return drift
