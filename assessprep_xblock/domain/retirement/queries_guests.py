"""Which guests without an account are still kept, and which of them can go. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from opaque_keys.edx.keys import CourseKey

from ..attempts.models import Attempt
from ..sessions.models import GuestPass

#: Why a guest has to stay for now.
WORKING, UNMARKED, ON_ITS_WAY = "working", "unmarked", "on its way"


@dataclass(frozen=True)
class Guest:
    """One guest who came before the day asked for. ``stays``: why it cannot go yet, "" where it can."""

    pass_id: int
    course_key: CourseKey
    session: str
    made_at: datetime
    stays: str


def guests_before(day: datetime, *, course_key: CourseKey | None = None) -> Iterator[Guest]:
    """Guests who came in before this moment and are not retired, the oldest first; one query, read in pieces."""
    newest = Attempt.objects.filter(learner_id=OuterRef("account_id")).order_by("-pk")
    about = ("status", "voided", "handin", "scoring")
    rows = GuestPass.objects.filter(made_at__lt=day, retired_at=None).annotate(
        **{f"attempt_{name}": Subquery(newest.values(name)[:1]) for name in about}
    )
    if course_key is not None:
        rows = rows.filter(course_key=course_key)
    wanted = ("pk", "course_key", "session__uuid", "made_at", *(f"attempt_{name}" for name in about))
    for pk, key, session, made_at, *attempt in rows.order_by("pk").values_list(*wanted).iterator(chunk_size=500):
        yield Guest(pk, key, str(session), made_at, _stays(*attempt))


def _stays(status: str | None, voided: bool | None, handin: str | None, scoring: str | None) -> str:
    """What would be lost: retiring takes away what was written."""
    if voided or status in (None, "joined"):
        return ""
    if status != "submitted":
        return WORKING
    if handin in ("pending", "failed") or scoring == "pending":
        return ON_ITS_WAY
    return UNMARKED if scoring == "needs_marking" else ""


def kept_since(day: datetime) -> int:
    """How many guests came before this moment and are still kept."""
    return GuestPass.objects.filter(made_at__lt=day, retired_at=None).count()
