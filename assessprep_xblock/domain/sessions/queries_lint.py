"""Which sessions an operator's lint looks at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from opaque_keys.edx.keys import CourseKey

from .models import AssessmentSession
from .queries import all_sessions, phase_of


def sessions_to_lint(
    now: datetime, *, course_key: CourseKey | None = None, drafts: bool = False
) -> Iterator[AssessmentSession]:
    """Published sessions that are not over, and drafts where asked for; one at a time, oldest first."""
    rows = all_sessions().filter(lifecycle__in=["published", "draft"] if drafts else ["published"]).order_by("pk")
    if course_key is not None:
        rows = rows.filter(course_key=course_key)
    return (session for session in rows.iterator(chunk_size=200) if phase_of(session, now) != "closed")
