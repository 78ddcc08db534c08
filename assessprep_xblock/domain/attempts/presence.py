"""Who is there: kept in the cache, written to the attempt at most once a minute. It may be lost and changes no result."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Q

from .models import Attempt

log = logging.getLogger(__name__)

KEPT_S = 900
WRITTEN_EVERY = timedelta(seconds=60)


def _name(attempt_id: int) -> str:
    return f"assessprep:present:{attempt_id}"


def note(*, attempt_id: int, seen_announcement: int, now: datetime) -> None:
    """Note a sign of life and the newest announcement this learner has seen."""
    try:
        before = cache.get(_name(attempt_id))
    except Exception:  # noqa: BLE001  without a cache presence is written to the table, once a minute
        before = None
    written_at, known = (before["written_at"], before["announcement"]) if before else (None, -1)
    if written_at is None or now - written_at >= WRITTEN_EVERY or seen_announcement > known:
        _write(attempt_id, seen_announcement, now, forced=seen_announcement > known)
        written_at = now
    try:
        entry = {"at": now, "written_at": written_at, "announcement": max(known, seen_announcement)}
        cache.set(_name(attempt_id), entry, KEPT_S)
    except Exception:  # noqa: BLE001
        log.warning("the cache did not take a sign of life")


def _write(attempt_id: int, seen_announcement: int, now: datetime, *, forced: bool) -> None:
    old = Q(last_seen_at=None) | Q(last_seen_at__lte=now - WRITTEN_EVERY)
    if forced:
        old |= Q(seen_announcement__lt=seen_announcement)
    Attempt.objects.filter(old, pk=attempt_id).update(last_seen_at=now, seen_announcement=seen_announcement, progress_at=now)


def last_seen(attempt_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these attempts gave its last sign of life, as far as the cache knows; one look-up, no query."""
    names = {_name(pk): pk for pk in attempt_ids}
    try:
        found = cache.get_many(names)
    except Exception:  # noqa: BLE001
        return {}
    return {names[name]: entry["at"] for name, entry in found.items()}
