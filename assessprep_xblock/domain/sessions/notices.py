"""The one cache entry per session that lets a heartbeat answer "nothing new" without a query.

It may be wrong for as long as ``ASSESSPREP_NOTICE_CACHE_SECONDS``, which delays a screen and changes no result: every write
and the gate ask the table. A cache that is down is the same as an empty one.
"""

from __future__ import annotations

import logging

from django.core.cache import cache

from ... import conf
from .models import AssessmentSession

log = logging.getLogger(__name__)


def _name(session_id: int) -> str:
    return f"assessprep:notice:{session_id}"


def current(session_id: int) -> int:
    """The session's notice number, from the cache or by one SELECT."""
    try:
        known = cache.get(_name(session_id))
    except Exception:  # noqa: BLE001  a cache backend may raise anything; it must cost one query, not a heartbeat
        log.warning("the cache did not answer")
        known = None
    if known is not None:
        return int(known)
    number = AssessmentSession.objects.values_list("notice_no", flat=True).get(pk=session_id)
    try:
        cache.set(_name(session_id), number, conf.get_int("ASSESSPREP_NOTICE_CACHE_SECONDS"))
    except Exception:  # noqa: BLE001
        log.warning("the cache did not take the notice number")
    return int(number)


def forget(session_id: int) -> None:
    """Drop the entry after a commit, so that the very next heartbeat sees the change."""
    cache.delete(_name(session_id))
