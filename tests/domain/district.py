"""A small district for tests: a bank with one published assessment, and two schools that may use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.library.models import PlacedQuestion
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.lms.base import LmsError
from devlms import factories
from devlms.gateway import DevLms

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


class WatchingLms(DevLms):
    """The embedded LMS, noting how many questions of the run were guarded whenever something was published."""

    guards_at_publish: list[int] = []

    def publish(self, container_key: UsageKey, *, by: int) -> None:
        """Note, and publish."""
        self.guards_at_publish.append(PlacedQuestion.objects.filter(course_key=container_key.course_key).count())
        super().publish(container_key, by=by)


class ReadOnlyLms(DevLms):
    """The embedded LMS where no course can be changed, like an LMS without a Studio worker."""

    def place(self, course_key: CourseKey, *, title: str, by: int) -> UsageKey:
        """Refuse, as the contract says."""
        raise LmsError("this process writes no content")


@dataclass
class School:
    """One school: its run, its staff and its learners in two classes."""

    course_key: CourseKey
    staff: Any
    learners: list[Any]
    class_a: Any
    class_b: Any


@dataclass
class District:
    """A bank of the district with one assessment, and schools A and B."""

    author: Any
    bank_key: CourseKey
    block: UsageKey
    bank: Any
    assessment: Any
    a: School
    b: School


def make_school(letter: str, learners: int = 4) -> School:
    """A school with ``learners`` learners, the first half in class A."""
    key = factories.make_course_run(f"course-v1:School{letter}+SCI7+2026", f"Science 7 at School {letter}")
    people = [factories.make_learner(key, f"student-{letter.lower()}-{n:02d}") for n in range(1, learners + 1)]
    half = learners // 2
    return School(
        course_key=key,
        staff=factories.make_staff(key, f"staff-{letter.lower()}"),
        learners=people,
        class_a=factories.make_class(key, "7A", people[:half]),
        class_b=factories.make_class(key, "7B", people[half:]),
    )


def make_district(*, publish: bool = True, olx: list[str] | None = None, shared_with_all: bool = True) -> District:
    """The district, with the assessment published as version 1 unless told otherwise."""
    bank_key = factories.make_course_run("course-v1:District+BANK+2026", "District question bank")
    author = factories.make_staff(bank_key, "author")
    block = factories.make_assessment_block(bank_key, olx)
    bank = library.create_bank(
        course_key=bank_key, title="Science bank", shared_with_all=shared_with_all, shared_with=[], by=author.pk, now=NOW
    )
    assessment = library.add_assessment(bank_uuid=bank.uuid, usage_key=block, by=author.pk, now=NOW)
    district = District(author, bank_key, block, bank, assessment, make_school("A"), make_school("B"))
    if publish:
        publish_version(district)
    return district


def publish_version(district: District, note: str = "") -> Any:
    """The next version of the district's assessment."""
    version = library.publish_version(
        assessment_uuid=district.assessment.uuid, release_note=note, by=district.author.pk, now=NOW
    )
    district.assessment.refresh_from_db()
    return version


def place(district: District, school: School) -> Any:
    """The assessment in a school's course, ready."""
    by = school.staff.pk
    placement = placing.want_placement(
        course_key=school.course_key, assessment_uuid=district.assessment.uuid, by=by, now=NOW
    )
    return placing.add_to_course(placement_uuid=placement.uuid, by=by, now=NOW)


def draft(district: District, school: School, *, placement: Any = None, period: int = 0, **changes: Any) -> Any:
    """A session that is not published: everyone, for an hour from now (or ``period`` hours later), unless told otherwise."""
    opens = NOW + timedelta(hours=period)
    window = {"opens_at": opens.isoformat(), "closes_at": (opens + timedelta(hours=1)).isoformat()}
    given = {"name": "Period 1", "settings": window, "roster": {"everyone": True}, "request_id": uuid4(), **changes}
    placement = placement or place(district, school)
    return sessions.create_session(placement_uuid=placement.uuid, by=school.staff.pk, now=NOW, **given)


def published(district: District, school: School, **changes: Any) -> Any:
    """A published session with a code."""
    session = draft(district, school, **changes)
    return sessions.publish_session(session_uuid=session.uuid, by=school.staff.pk, now=NOW)
