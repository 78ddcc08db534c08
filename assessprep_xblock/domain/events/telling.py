"""Telling: what happened goes into the platform's tracking log and out by public signals, after the commit.

A student's request tells of its own change at once. A change of a whole room is told by a task, because some operators have
each tracking event cost a message to a queue of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from celery import shared_task
from opaque_keys.edx.keys import CourseKey

from ...lms import get_lms
from ..attempts.models import Attempt
from ..shared.models import AuditRow
from . import queries
from .catalogue import EVENTS, TOLD, Event, event_of
from .data import AttemptData, SessionData, VersionData
from .signals import SIGNALS

log = logging.getLogger(__name__)

#: Rows of one change that are told inside the request.
AT_ONCE = 20
#: Rows read together by the task.
CHUNK = 500


def tell(rows: Sequence[AuditRow]) -> None:
    """Tell of one change: at once where it is small, else by a task; never raises."""
    if not rows or rows[0].action not in TOLD:
        return
    try:
        if len(rows) <= AT_ONCE:
            _tell_now(rows)
            return
        # Rows made in bulk carry no key on MySQL; what names them together is the change they belong to.
        tell_change_task.delay(rows[0].session_id, rows[0].change_no, rows[0].action)
    except Exception:
        log.exception("%s of session %s is not in the tracking log", rows[0].action, rows[0].session_id)


@shared_task(name="assessprep.tell_change", ignore_result=True)
def tell_change_task(session_id: int, change_no: int, action: str) -> None:
    """Tell of a change of many attempts."""
    tell_change(session_id=session_id, change_no=change_no, action=action)


def tell_change(*, session_id: int, change_no: int, action: str) -> int:
    """Tell of every attempt that one change of a session touched; returns how many."""
    mine = AuditRow.objects.filter(session_id=session_id, change_no=change_no, action=action).order_by("pk")
    told, after = 0, 0
    while rows := list(mine.filter(pk__gt=after)[:CHUNK]):
        _tell_now(rows)
        told, after = told + len(rows), rows[-1].pk
    return told


def _tell_now(rows: Sequence[AuditRow]) -> None:
    """Each row becomes one event; at most one query for all of them."""
    by_event: dict[str, list[AuditRow]] = {}
    for row in rows:
        event = event_of(row.action, of_attempt=row.attempt_id is not None, facts=row.facts)
        if event is not None:
            by_event.setdefault(event.name, []).append(row)
    for name, alike in by_event.items():
        _tell_alike(EVENTS[name], alike)


def _tell_alike(event: Event, rows: Sequence[AuditRow]) -> None:
    for row, known in _known(event, rows):
        course_key = known.pop("course_key", None)
        if course_key is None:
            # What it tells of was deleted since: there is no course run to tell it in.
            continue
        data = _data(event, row, known, course_key)
        get_lms().track(event.name, data, user_id=row.by_id, course_key=course_key)
        if event.name in SIGNALS:
            try:
                _send(event, data, course_key, row)
            except Exception:  # with DEBUG a receiver's own error arrives here
                log.exception("the signal of %s was not sent", event.name)


def _known(event: Event, rows: Sequence[AuditRow]) -> Iterator[tuple[AuditRow, dict[str, Any]]]:
    if event.about == "attempt":
        held = {row.of.pk: queries.attempt_told_of(row.of) for row in rows if isinstance(row.of, Attempt)}
        asked = [row.attempt_id for row in rows if row.attempt_id and row.attempt_id not in held]
        attempts = held | (queries.attempts_told_of(asked) if asked else {})
        yield from ((row, dict(attempts.get(row.attempt_id or 0, {}))) for row in rows)
    elif event.about == "session":
        sessions = queries.sessions_told_of({row.session_id for row in rows if row.session_id})
        yield from ((row, dict(sessions.get(row.session_id or 0, {}))) for row in rows)
    else:
        yield from ((row, queries.content_told_of(row.facts)) for row in rows)


def _data(event: Event, row: AuditRow, known: dict[str, Any], course_key: CourseKey) -> dict[str, Any]:
    learner = known.get("user_id")
    data = {
        **known,
        **row.facts,
        "event_version": event.version,
        "occurred_at": row.at.isoformat(),
        "user_id": learner or row.by_id,
        "done_by": "server" if row.by_id is None else "learner" if row.by_id == learner else "staff",
        "course_id": str(course_key),
        "change_no": row.change_no,
    }
    return {name: data[name] for name in event.fields if data.get(name) not in (None, "")}


def _send(event: Event, data: dict[str, Any], course_key: CourseKey, row: AuditRow) -> None:
    if event.about == "content":
        version = VersionData(
            uuid=data["version_uuid"],
            number=data["version_number"],
            assessment_uuid=data["assessment_uuid"],
            course_key=course_key,
            occurred_at=row.at,
        )
        SIGNALS[event.name].send_event(time=row.at, version=version)
        return
    session = SessionData(
        uuid=data["session_uuid"],
        course_key=course_key,
        organization=data.get("organization", ""),
        block_id=data.get("block_id", ""),
        assessment_uuid=data["assessment_uuid"],
        version_uuid=data["version_uuid"],
        version_number=data["version_number"],
        occurred_at=row.at,
    )
    if event.about == "session":
        SIGNALS[event.name].send_event(time=row.at, session=session)
        return
    attempt = AttemptData(
        uuid=data["attempt_uuid"],
        number=data["attempt_number"],
        learner_id=data["user_id"],
        is_guest=data["is_guest"],
        done_by=data["done_by"],
        end_reason=data.get("end_reason", ""),
        session=session,
    )
    SIGNALS[event.name].send_event(time=row.at, attempt=attempt)
