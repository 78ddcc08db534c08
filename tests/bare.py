"""A published session as rows alone, without course content: for what happens before any question is rendered or graded.

Learners are real accounts, enrolled in a real run of the embedded LMS. Use ``devlms.factories`` where questions matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library import delivery
from assessprep_xblock.domain.library.models import Assessment, AssessmentVersion, Bank, PlacedQuestion, Placement
from assessprep_xblock.domain.sessions.models import AssessmentSession, GradedCount
from devlms.models import CourseRun, Enrolment

CODE = "0427"


@dataclass(frozen=True)
class Room:
    """A session, its learners and who watches it."""

    session: AssessmentSession
    learners: list[int]
    staff: int
    usage_key: UsageKey
    questions: list[PlacedQuestion]

    def reload(self) -> AssessmentSession:
        """The session as it stands in the table."""
        return AssessmentSession.objects.get(pk=self.session.pk)

    def counters(self) -> dict[str, int]:
        """The session's own counters."""
        row = self.reload()
        return {status: getattr(row, f"n_{status}") for status in ("joined", "in_progress", "ended", "submitted")}

    def counted(self) -> dict[str, int]:
        """The same, counted from the attempts."""
        rows = list(Attempt.objects.filter(session=self.session).values_list("status", flat=True))
        return {status: rows.count(status) for status in ("joined", "in_progress", "ended", "submitted")}


def room(now: datetime, *, learners: int = 2, name: str = "Monday", questions: int = 2, **settings: Any) -> Room:
    """A published session with everybody enrolled assigned; ``settings`` are its own delivery settings."""
    accounts = get_user_model()
    staff = accounts.objects.create(username="watcher", email="watcher@example.com", is_staff=True)
    people = accounts.objects.bulk_create(
        accounts(username=f"learner{n}", email=f"learner{n}@example.com") for n in range(learners)
    )
    ids = list(accounts.objects.filter(username__startswith="learner").order_by("pk").values_list("pk", flat=True))
    assert len(ids) == len(people)
    run = CourseKey.from_string("course-v1:School+SCI+2026")
    CourseRun.objects.create(key=run, name="Science")
    Enrolment.objects.bulk_create(Enrolment(user_id=pk, course_key=run) for pk in ids)
    version = add_version(CourseKey.from_string("course-v1:District+BANK+2026"), title="Cells", by=staff.pk, now=now)
    placement = add_placement(run, version, titles="Question", questions=questions, by=staff.pk, now=now)
    session = add_session(placement, staff.pk, now, name=name, code=CODE, **settings)
    return Room(
        session=session,
        learners=ids,
        staff=staff.pk,
        usage_key=placement.usage_key,
        questions=list(placement.questions.order_by("position")),
    )


def add_version(bank_run: CourseKey, *, title: str, by: int, now: datetime) -> AssessmentVersion:
    """A bank that everybody may use, with one assessment and its first version."""
    bank = Bank.objects.create(
        course_key=bank_run, organization=bank_run.org, title="Bank", shared_with_all=True, created_at=now
    )
    assessment = Assessment.objects.create(
        bank=bank, usage_key=bank_run.make_usage_key("assessprep", "a" * 32), title=title, created_at=now
    )
    return AssessmentVersion.objects.create(
        assessment=assessment,
        number=1,
        title=title,
        pin="-",
        settings=delivery.default_envelope(),
        published_by_id=by,
        published_at=now,
    )


def add_placement(
    run: CourseKey, version: AssessmentVersion, *, titles: str, questions: int, by: int, now: datetime
) -> Placement:
    """A run that delivers this version: so many questions of a point each."""
    placement = Placement.objects.create(
        course_key=run,
        organization=run.org,
        usage_key=run.make_usage_key("assessprep", "b" * 32),
        version=version,
        state="ready",
        created_by_id=by,
        created_at=now,
    )
    PlacedQuestion.objects.bulk_create(
        PlacedQuestion(
            placement=placement,
            usage_key=run.make_usage_key("problem", f"{n:032x}"),
            course_key=run,
            item=f"{n:032x}",
            source_block_id=f"{n:032x}",
            position=n,
            block_type="problem",
            title=f"{titles} {n + 1}",
            max_points=1,
            drafts=True,
        )
        for n in range(questions)
    )
    return placement


def add_session(
    placement: Placement, staff: int, now: datetime, *, name: str = "Tuesday", code: str | None = "9001", **settings: Any
) -> AssessmentSession:
    """Another published session of a placement, with the row of its count, as the action makes it."""
    session = AssessmentSession.objects.create(
        placement=placement,
        course_key=placement.course_key,
        name=name,
        lifecycle="published",
        overrides=settings,
        roster={"everyone": True, "classes": [], "students": [], "excluded": []},
        live_code=code,
        created_by_id=staff,
        created_at=now,
    )
    GradedCount.objects.create(session=session)
    return session
