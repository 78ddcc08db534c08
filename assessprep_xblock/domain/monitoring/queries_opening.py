"""The session that a Monitor looks at, and what stands beside its rows at all: one query in place of seven."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from assessprep_xblock import conf

from ..attempts.models import AbsentMark, Attempt
from ..sessions.models import AssessmentSession, WrongTries
from ..sessions.queries import level_in
from ..shared.prepared import Given, PreparedRead
from ..shared.refusals import Refusal
from .models import Announcement, Claim, Deed, Irregularity
from .queries_token import OVERLAP, Since


class There(NamedTuple):
    """Which of the small tables beside the rows have anything of a session: most of them have not, and are not read.

    ``tries``: somebody typed wrong codes lately. ``gone``: somebody moved lately in another session of the placement.
    """

    announcements: bool
    claims: bool
    absent: bool
    incidents: bool
    deeds: bool
    tries: bool
    gone: bool


_UUID = Given("uuid", AssessmentSession._meta.get_field("uuid"))
_TRIES = Given("tries", WrongTries._meta.get_field("since"))
_GONE = Given("gone", Attempt._meta.get_field("progress_at"))


@PreparedRead
def _opened() -> QuerySet[AssessmentSession]:
    tables = (Announcement, Claim, AbsentMark, Irregularity, Deed)
    asked: list[QuerySet[Any]] = [one.objects.filter(session=OuterRef("pk")) for one in tables]
    asked.append(WrongTries.objects.filter(course_key=OuterRef("course_key"), wrong__gt=0, since__gt=_TRIES))
    moved = Attempt.objects.filter(placement=OuterRef("placement"), voided=False, progress_at__gte=_GONE)
    asked.append(moved.exclude(session=OuterRef("pk")))
    there = {f"has_{name}": Exists(rows) for name, rows in zip(There._fields, asked, strict=True)}
    return AssessmentSession.objects.filter(uuid=_UUID).select_related("placement__version").annotate(**there)


def open_session(*, session_uuid: UUID, since: Since | None, now: datetime) -> tuple[AssessmentSession, There]:
    """A session, and what there is beside its rows for whoever was told so much. For callers who checked the role."""
    times = {"tries": tries_since(now), "gone": (since.at if since else now) - OVERLAP}
    for session in _opened(uuid=session_uuid, **times):
        return session, There(*(bool(getattr(session, f"has_{name}")) for name in There._fields))
    raise Refusal("not_found")


def session_to_watch(
    *, session_uuid: UUID, user_id: int, since: Since | None, now: datetime
) -> tuple[AssessmentSession, There, str]:
    """The same with what its watcher may do: ``chief`` (course staff are) or ``invigilator``; else ``not_found``."""
    session, there = open_session(session_uuid=session_uuid, since=since, now=now)
    return session, there, level_in(session, user_id)


def tries_since(now: datetime) -> datetime:
    """Wrong codes typed before that are no longer counted."""
    return now - timedelta(seconds=conf.get_int("ASSESSPREP_WRONG_TRIES_WINDOW"))
