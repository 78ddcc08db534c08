"""What happened to one attempt, and which sessions a person may watch."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms

from ..attempts import ledger
from ..attempts.models import AnswerDraft, Attempt, ContactGap
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_monitor, settings_of
from ..shared.models import AuditRow
from ..shared.refusals import Refusal
from .queries_rows import iso
from .rules import MARKING


def attempt_log(*, attempt_uuid: UUID, user_id: int) -> dict[str, Any]:
    """What happened to one attempt and where its seconds came from, for whoever may watch its session.

    ``{"attempt", "name", "events": [{"at", "action", "by", "reason", "facts"}], "ledger": [...]}`` (see attempts/ledger.py);
    the session's own pauses after the start are in both. Saved answers carry the student's own clock beside the server's.
    What was marked, and how, is told to course staff alone, and beside a name only where marking shows names.
    """
    attempt = Attempt.objects.select_related("session").filter(uuid=attempt_uuid).first()
    if attempt is None:
        raise Refusal("not_found")
    session, _level = session_for_monitor(session_uuid=attempt.session.uuid, user_id=user_id)
    mine = Q(attempt_id=attempt.pk) | Q(
        session_id=session.pk, attempt_id=None, at__gte=attempt.joined_at, action__in=("pause", "resume")
    )
    events = list(trail_for(user_id, session).filter(mine).order_by("pk"))
    saved = AnswerDraft.objects.filter(attempt=attempt).order_by("saved_at").values_list("saved_at", "written_at")
    silent = ContactGap.objects.filter(attempt=attempt).order_by("since")
    told = [_event(row.at, row.action, row.by_id, row.reason, row.facts) for row in events]
    told += [_event(at, "saved", None, "", {"written": iso(written)} if written else {}) for at, written in saved]
    told += [_event(gap.until, "silence", None, "", {"n": int((gap.until - gap.since).total_seconds())}) for gap in silent]
    entries = ledger.entries(attempt)
    accounts = {attempt.learner_id, *(one["by"] for one in (*told, *entries) if one["by"])}
    names = {pk: person.full_name or person.username for pk, person in get_lms().people(accounts).items()}
    return {
        "attempt": str(attempt.uuid),
        "name": names.get(attempt.learner_id, ""),
        "events": [{**one, "by": names.get(one["by"], "")} for one in sorted(told, key=lambda one: str(one["at"]))],
        "ledger": [{**one, "by": names.get(one["by"], "")} for one in entries],
    }


def trail_for(user_id: int, session: AssessmentSession) -> QuerySet[AuditRow]:
    """The audit rows that somebody who may watch this session may read: without marking, unless she is course staff.

    While graders mark without names not even she reads here, beside a name, what was marked: the history of a mark stands
    with the submission, under the made-up one.
    """
    if not get_lms().is_course_staff(user_id, session.course_key):
        return AuditRow.objects.exclude(action__in=MARKING)
    if _names_hidden(session):
        return AuditRow.objects.exclude(action__in=MARKING, attempt_id__isnull=False)
    return AuditRow.objects.all()


def _names_hidden(session: AssessmentSession) -> bool:
    """Whether graders of this session see made-up names: as grading/queries.py has it, read from the trail."""
    hidden = bool(settings_of(session)["anonymous"])
    return hidden and not AuditRow.objects.filter(session_id=session.pk, action="reveal_names").exists()


def _event(at: datetime, action: str, by: int | None, reason: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {"at": iso(at), "action": action, "by": by, "reason": reason, "facts": facts}


def sessions_to_watch(*, course_key: CourseKey, user_id: int) -> list[dict[str, Any]]:
    """The published sessions of a run that this person may monitor, by name: all for course staff, else what was given."""
    rows = AssessmentSession.objects.filter(course_key=course_key, lifecycle="published").order_by("name", "pk")
    if not get_lms().is_course_staff(user_id, course_key):
        rows = rows.filter(invigilators__user_id=user_id)
    return [
        {"uuid": uuid, "name": name, "assessment": title, "placement": placement}
        for uuid, name, title, placement in rows.values_list("uuid", "name", "placement__version__title", "placement_id")
    ]
