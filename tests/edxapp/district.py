"""A bank, a school and published sessions on a real edx-platform, made by the product's own public actions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from lms.djangoapps.courseware.models import StudentModule
from lms.djangoapps.grades.subsection_grade_factory import SubsectionGradeFactory
from opaque_keys.edx.keys import CourseKey, UsageKey
from xmodule.modulestore.django import modulestore

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.library.models import PlacedQuestion, Placement
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions import actions_life
from assessprep_xblock.domain.sessions.models import AssessmentSession
from tests.lms import edxapp_world as edx

STUDIO_HERE = "tests.lms.edxapp_world.StudioHere"
#: The right answers of the three questions, by position.
RIGHT = ("choice_0", "12", "newton")
#: A text of each question that nobody may see who may not see the question.
TEXTS = ("A push or a pull", "How fast is it?", "What is the unit of force?")


@dataclass
class District:
    """A school with a published session, and everybody in it."""

    bank: CourseKey
    school: CourseKey
    author: Any
    staff: Any
    placement: Placement
    questions: list[PlacedQuestion]

    @property
    def block(self) -> UsageKey:
        """The placement's block."""
        assert self.placement.usage_key is not None
        return self.placement.usage_key

    def keys(self) -> list[UsageKey]:
        """The questions in the school's run."""
        return [question.usage_key for question in self.questions]

    def answers(self, position: int, value: str | None = None) -> dict[str, str]:
        """What a question's form posts."""
        return {edx.input_name(self.keys()[position]): RIGHT[position] if value is None else value}

    def session(self, name: str, *, roster: dict[str, Any] | None = None, **settings: Any) -> AssessmentSession:
        """A published session."""
        now = timezone.now()
        made = sessions.create_session(
            placement_uuid=self.placement.uuid,
            name=name,
            settings=settings,
            roster=roster or {"everyone": True},
            request_id=None,
            by=self.staff.pk,
            now=now,
        )
        return actions_life.publish_session(session_uuid=made.uuid, by=self.staff.pk, now=now)

    def working(self, learner: Any, session: AssessmentSession) -> Browser:
        """A learner in the middle of the test, with one right answer saved."""
        browser = Browser(learner)
        assert browser.verify(self.block, session.live_code).status_code == 200
        assert browser.start().status_code == 200
        assert browser.save(self.keys()[0].block_id, self.answers(0)).status_code == 200
        return browser

    def subsection(self, learner: Any) -> tuple[float, float]:
        """The learner's points in the subsection of the assessment, as the gradebook has them."""
        store = modulestore()
        above = store.get_item(self.block)
        while above.location.block_type != "sequential":
            above = above.get_parent()
        total = SubsectionGradeFactory(learner, course=store.get_course(self.school)).create(above).graded_total
        return total.earned, total.possible

    def stored(self, learner: Any) -> dict[str, float]:
        """The scores that the LMS keeps of this learner's questions."""
        rows = StudentModule.objects.filter(student=learner, module_state_key__in=self.keys(), grade__isnull=False)
        return {row.module_state_key.block_id: row.grade for row in rows}


def make_district(now: datetime, *, essay: bool = False) -> District:
    """What an author and Studio do: a bank with one version, placed in a school's run."""
    bank_run = edx.make_run("course-v1:Riverside+BANK+2026", "Question bank")
    author = edx.make_staff(bank_run, "author")
    school = edx.make_run("course-v1:Northside+SCI7+2026", "Science 7")
    staff = edx.make_staff(school, "staff-a")
    source = edx.make_assessment(bank_run, own_state=False, essay=essay)
    by = author.pk
    with override_settings(ASSESSPREP_LMS=STUDIO_HERE):
        bank = library.create_bank(course_key=bank_run, title="Bank", shared_with_all=True, shared_with=[], by=by, now=now)
        assessment = library.add_assessment(bank_uuid=bank.uuid, usage_key=source, by=by, now=now)
        library.publish_version(assessment_uuid=assessment.uuid, release_note="", by=by, now=now)
        placement = placing.want_placement(course_key=school, assessment_uuid=assessment.uuid, by=staff.pk, now=now)
        placement = placing.add_to_course(placement_uuid=placement.uuid, by=staff.pk, now=now)
    assert placement.state == "ready", placement.problem
    questions = list(placement.questions.order_by("position"))
    return District(bank_run, school, author, staff, placement, questions)


class Browser:
    """A signed-in person at the LMS's own addresses and at ours."""

    def __init__(self, user: Any) -> None:
        self.user, self.client = user, edx.signed_in(user)
        self.state: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of REST v1; a 200 with a state is remembered."""
        data = "" if body is None else json.dumps(body)
        answer = self.client.generic(method, f"/assessprep/api/v1/{path}", data, content_type="application/json")
        if answer.status_code == 200 and "attempt" in (parsed := answer.json()) and "status" in parsed:
            self.state = {**self.state, **parsed}
        return answer

    def verify(self, block: UsageKey, code: str | None) -> Any:
        """Verify Session Code."""
        return self.call("POST", f"placements/{block}/verify", {"code": code})

    def start(self) -> Any:
        """Start."""
        return self.call("POST", f"attempts/{self.state['attempt']}/start", {})

    def save(self, item: str, values: dict[str, Any], revision: int = 1) -> Any:
        """Save one answer."""
        body = {"values": values, "revision": revision}
        return self.call("PUT", f"attempts/{self.state['attempt']}/answers/{item}", body)

    def submit(self) -> Any:
        """Submit."""
        return self.call("POST", f"attempts/{self.state['attempt']}/submit", {})

    # -- the LMS's own addresses ---------------------------------------------------------------------------------------
    def page(self, key: UsageKey) -> Any:
        """A block as the Learning MFE's frame loads it."""
        return self.client.get(reverse("render_xblock", kwargs={"usage_key_string": str(key)}))

    def handler(self, key: UsageKey, suffix: str, answers: dict[str, str] | None = None, *, noauth: bool = False) -> Any:
        """A question's own handler."""
        return self.client.post(edx.handler_url(key, "xmodule_handler", suffix, noauth=noauth), answers or {})
