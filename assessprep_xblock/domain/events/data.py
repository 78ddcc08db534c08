"""What our public signals carry: frozen attrs classes of plain values and course keys, as openedx-events asks for."""

from __future__ import annotations

from datetime import datetime

import attr
from opaque_keys.edx.keys import CourseKey


@attr.s(frozen=True)
class SessionData:
    """One session. ``uuid``, ``assessment_uuid`` and ``version_uuid`` are names in REST v1, no rights.

    ``block_id`` is the usage key of the block in its unit, "" while it is not in the course.
    """

    uuid = attr.ib(type=str)
    course_key = attr.ib(type=CourseKey)
    organization = attr.ib(type=str)
    block_id = attr.ib(type=str)
    assessment_uuid = attr.ib(type=str)
    version_uuid = attr.ib(type=str)
    version_number = attr.ib(type=int)
    occurred_at = attr.ib(type=datetime)


@attr.s(frozen=True)
class AttemptData:
    """One learner's attempt. ``done_by``: ``learner``, ``staff``, ``server``; ``end_reason`` is "" before the end."""

    uuid = attr.ib(type=str)
    number = attr.ib(type=int)
    learner_id = attr.ib(type=int)
    is_guest = attr.ib(type=bool)
    done_by = attr.ib(type=str)
    end_reason = attr.ib(type=str)
    session = attr.ib(type=SessionData)


@attr.s(frozen=True)
class VersionData:
    """One published version of an assessment."""

    uuid = attr.ib(type=str)
    number = attr.ib(type=int)
    assessment_uuid = attr.ib(type=str)
    course_key = attr.ib(type=CourseKey)
    occurred_at = attr.ib(type=datetime)
