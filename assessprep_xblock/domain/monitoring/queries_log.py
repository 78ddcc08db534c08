"""What happened to one attempt, and which sessions a person may watch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt, LedgerEntry
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_monitor
from ..sessions.rules import whole_seconds
from ..shared.models import AuditRow
from ..shared.refusals import Refusal
from .queries_rows import iso


def attempt_log(*, attempt_uuid: UUID, user_id: int) -> dict[str, Any]:
    """What happened to one attempt and where its seconds came from, for whoever may watch its session.

    ``{"attempt", "name", "events": [{"at", "action", "by", "reason", "facts"}], "ledger": [{"at", "kind", "seconds",
    "whole_session", "reason"}]}``; the session's own pauses after the start are in both.
    """
    attempt = Attempt.objects.select_related("session").filter(uuid=attempt_uuid).first()
    if attempt is None:
        raise Refusal("not_found")
    session, _level = session_for_monitor(session_uuid=attempt.session.uuid, user_id=user_id)
    mine = Q(attempt_id=attempt.pk) | Q(
        session_id=session.pk, attempt_id=None, at__gte=attempt.joined_at, action__in=("pause", "resume")
    )
    events = list(AuditRow.objects.filter(mine).order_by("pk"))
    since = attempt.started_at or attempt.joined_at
    ledger = (
        LedgerEntry.objects.filter(session=session)
        .filter(Q(attempt=attempt) | Q(attempt=None, at__gte=since))
        .order_by("pk")
    )
    people = get_lms().people({attempt.learner_id, *(row.by_id for row in events if row.by_id)})
    return {
        "attempt": str(attempt.uuid),
        "name": people[attempt.learner_id].full_name if attempt.learner_id in people else "",
        "events": [
            {
                "at": iso(row.at),
                "action": row.action,
                "by": people[row.by_id].full_name if row.by_id in people else "",
                "reason": row.reason,
                "facts": row.facts,
            }
            for row in events
        ],
        "ledger": [
            {
                "at": iso(row.at),
                "kind": row.kind,
                "seconds": whole_seconds(row.us),
                "whole_session": row.attempt_id is None,
                "reason": row.reason,
            }
            for row in ledger
        ],
    }


def sessions_to_watch(*, course_key: CourseKey, user_id: int) -> list[dict[str, Any]]:
    """The published sessions of a run that this person may monitor, by name: all for course staff, else what was given."""
    rows = AssessmentSession.objects.filter(course_key=course_key, lifecycle="published").order_by("name", "pk")
    if not get_lms().is_course_staff(user_id, course_key):
        rows = rows.filter(invigilators__user_id=user_id)
    return [
        {"uuid": uuid, "name": name, "assessment": title}
        for uuid, name, title in rows.values_list("uuid", "name", "placement__version__title")
    ]
