"""What an event says beside the change itself: public names of session, attempt and content, never a person's name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any

from opaque_keys.edx.keys import CourseKey

from ..attempts.models import Attempt
from ..library.models import Assessment, AssessmentVersion, Bank, Placement
from ..sessions.models import AssessmentSession

#: Column below a session -> field of the event.
_SESSION = {
    "course_key": "course_key",
    "uuid": "session_uuid",
    "placement__uuid": "placement_uuid",
    "placement__usage_key": "block_id",
    "placement__organization": "organization",
    "placement__version__uuid": "version_uuid",
    "placement__version__number": "version_number",
    "placement__version__assessment__uuid": "assessment_uuid",
}
_ATTEMPT = {
    "uuid": "attempt_uuid",
    "number": "attempt_number",
    "learner_id": "user_id",
    "is_guest": "is_guest",
    "end_reason": "end_reason",
    **{f"session__{column}": field for column, field in _SESSION.items()},
}


def attempts_told_of(attempt_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Attempt id -> the fields of events about it; one query."""
    rows = Attempt.objects.filter(pk__in=attempt_ids).values("pk", *_ATTEMPT)
    return {row["pk"]: _plain(row, _ATTEMPT) for row in rows}


def attempt_told_of(attempt: Attempt) -> dict[str, Any]:
    """The same of an attempt in hand, whose session, placement, version and assessment are loaded; no query."""
    return _plain({column: reduce(getattr, column.split("__"), attempt) for column in _ATTEMPT}, _ATTEMPT)


def sessions_told_of(session_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Session id -> the fields of events about it; one query."""
    rows = AssessmentSession.objects.filter(pk__in=session_ids).values("pk", *_SESSION)
    return {row["pk"]: _plain(row, _SESSION) for row in rows}


def content_told_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event about a bank, an assessment, a version or a placement, named by an audit row's facts."""
    if uuid := facts.get("placement"):
        course_key, version = Placement.objects.values_list("course_key", "version__uuid").get(uuid=uuid)
        return {"course_key": course_key, "placement_uuid": uuid, "version_uuid": _text(version)}
    if uuid := facts.get("version"):
        columns = ("assessment__bank__course_key", "assessment__uuid", "number")
        course_key, assessment, number = AssessmentVersion.objects.values_list(*columns).get(uuid=uuid)
        return {
            "course_key": course_key,
            "assessment_uuid": _text(assessment),
            "version_uuid": uuid,
            "version_number": number,
        }
    if uuid := facts.get("assessment"):
        course_key = Assessment.objects.values_list("bank__course_key", flat=True).get(uuid=uuid)
        return {"course_key": course_key, "assessment_uuid": uuid}
    if uuid := facts.get("bank"):
        return {"course_key": Bank.objects.values_list("course_key", flat=True).get(uuid=uuid), "bank_uuid": uuid}
    # A session that was deleted: its row can no longer be asked.
    return {"course_key": CourseKey.from_string(facts["course"]), "session_uuid": facts["session"]}


def _plain(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """Under the event's own names; only the course key stays a key."""
    return {
        field: value if field == "course_key" or isinstance(value, bool | int) else _text(value)
        for column, field in columns.items()
        if (value := row[column]) is not None
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
