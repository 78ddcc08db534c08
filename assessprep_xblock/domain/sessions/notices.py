"""The one cache entry per session that lets a heartbeat answer "nothing new" without a query.

It may be wrong for as long as ``ASSESSPREP_NOTICE_CACHE_SECONDS``, which delays a screen and changes no result: every write
and the gate ask the table. A cache that is down is the same as an empty one.
"""

from __future__ import annotations

from django.core.cache import cache

from ... import conf
from ..shared import caching
from ..shared.prepared import Given, PreparedRead
from .models import AssessmentSession

_PK = Given("pk", AssessmentSession._meta.get_field("id"))
_notice_no = PreparedRead(lambda: AssessmentSession.objects.filter(pk=_PK).values_list("notice_no", flat=True))


def _name(session_id: int) -> str:
    return f"assessprep:notice:{session_id}"


def current(session_id: int) -> int:
    """The session's notice number, from the cache or by one SELECT."""
    known = caching.get(_name(session_id))
    if known is not None:
        return int(known)
    (number,) = _notice_no(pk=session_id)
    remember(session_id, number)
    return int(number)


def remember(session_id: int, number: int) -> None:
    """Keep a number that was just read from the table."""
    caching.put(_name(session_id), number, conf.get_int("ASSESSPREP_NOTICE_CACHE_SECONDS"))


def forget(session_id: int) -> None:
    """Drop the entry after a commit, so that the very next heartbeat sees the change."""
    cache.delete(_name(session_id))
