"""The platform's cache, as a help that may be missing: what it does not know costs a query, and so does one that is down.

One that failed is left alone for some seconds, by each thread on its own: else every heartbeat of every student would knock
at a server that is gone, or wait for one that hangs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from django.core.cache import cache

log = logging.getLogger(__name__)

LEFT_ALONE_S = 5.0


def get(name: str) -> Any:
    """What the cache knows under this name; None where it knows nothing, or is down."""
    if _is_left_alone():
        return None
    try:
        return cache.get(name)
    except Exception:  # noqa: BLE001  a cache backend may raise anything; it must cost one query, not a heartbeat
        _leave_alone("answer")
        return None


def get_many(names: Iterable[str]) -> dict[str, Any]:
    """What the cache knows under these names, in one look-up; what it does not know is left out."""
    if _is_left_alone():
        return {}
    try:
        return dict(cache.get_many(names))
    except Exception:  # noqa: BLE001
        _leave_alone("answer")
        return {}


def put(name: str, value: Any, seconds: int) -> None:
    """Have the cache know this for so long; nothing happens where it is down."""
    if _is_left_alone():
        return
    try:
        cache.set(name, value, seconds)
    except Exception:  # noqa: BLE001
        _leave_alone("take")


def _is_left_alone() -> bool:
    return time.monotonic() < getattr(cache, "assessprep_until", 0.0)


def _leave_alone(deed: str) -> None:
    log.warning("the cache did not %s, and is left alone for %s seconds", deed, LEFT_ALONE_S)
    # Kept at this thread's connection to the cache, so that another cache starts afresh.
    cache.assessprep_until = time.monotonic() + LEFT_ALONE_S  # type: ignore[attr-defined]
