"""A school that delivers a real assessment: real problem blocks, published, placed and opened by the public actions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.test import Client
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.library.models import PlacedQuestion, Placement
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions import actions_life, codes
from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories

#: What the sessions of a world are opened with, in the order in which they are made. Drawn ones are another four digits in
#: every run: one in ten thousand of them is the wrong code somebody types here, or stands somewhere as a number of its own.
#: How codes are drawn is told by ``tests/domain/test_codes.py``.
CODES = ("7294", "6183", "8351", "5927")

#: The right answers of the three questions of ``devlms.factories.make_assessment_block``, by position.
RIGHT = ("choice_0", "12", "newton")


@dataclass
class World:
    """A published session and everybody in it."""

    now: datetime
    school: CourseKey
    author: Any
    staff: Any
    learners: list[Any]
    placement: Placement
    session: AssessmentSession
    questions: list[PlacedQuestion]

    @property
    def usage_key(self) -> UsageKey:
        """The placement's block."""
        assert self.placement.usage_key is not None
        return self.placement.usage_key

    def reload(self) -> AssessmentSession:
        """The session as it stands."""
        return AssessmentSession.objects.get(pk=self.session.pk)

    def answers(self, position: int, value: str | None = None) -> dict[str, str]:
        """What the form of a question posts; the right answer unless another is given."""
        name = factories.input_name(self.questions[position].usage_key)
        return {name: RIGHT[position] if value is None else value}

    def add_session(self, name: str, **settings: Any) -> AssessmentSession:
        """Another published session of the same placement, for everybody: as if they came to its class afterwards."""
        nobody = sessions.create_session(
            placement_uuid=self.placement.uuid,
            name=name,
            settings=settings,
            roster={},
            request_id=None,
            by=self.staff.pk,
            now=self.now,
        )
        made = AssessmentSession.objects.filter(course_key=self.school).count() - 1
        code = CODES[made] if made < len(CODES) else codes.draw(self.school, self.now)
        everybody = {"everyone": True, "classes": [], "students": [], "excluded": []}
        rows = AssessmentSession.objects.filter(pk=nobody.pk)
        rows.update(lifecycle="published", live_code=code, roster=everybody, n_assigned=len(self.learners))
        return actions_life.queries.session_for_staff(session_uuid=nobody.uuid, user_id=self.staff.pk)


def delivered(now: datetime, *, learners: int = 3, olx: list[str] | None = None, **settings: Any) -> World:
    """A school with ``learners``, and a published session of a three-question assessment for everybody."""
    bank_run = factories.make_course_run("course-v1:Riverside+BANK+2026", "Bank")
    author = factories.make_staff(bank_run, "author")
    source = factories.make_assessment_block(bank_run, olx)
    school = factories.make_course_run("course-v1:Northside+SCI7+2026", "Science 7")
    staff = factories.make_staff(school, "staff-a")
    people = [factories.make_learner(school, f"student-a-{n:02}", f"Student {n}") for n in range(1, learners + 1)]

    bank = library.create_bank(
        course_key=bank_run, title="Bank", shared_with_all=True, shared_with=[], by=author.pk, now=now
    )
    assessment = library.add_assessment(bank_uuid=bank.uuid, usage_key=source, by=author.pk, now=now)
    library.publish_version(assessment_uuid=assessment.uuid, release_note="", by=author.pk, now=now)
    placement = placing.want_placement(course_key=school, assessment_uuid=assessment.uuid, by=staff.pk, now=now)
    placement = placing.add_to_course(placement_uuid=placement.uuid, by=staff.pk, now=now)
    assert placement.state == "ready", placement.problem
    session = published_session(placement, staff, now, name="Monday, room 12", **settings)
    session.live_code = CODES[0]
    session.save(update_fields=["live_code"])
    questions = list(placement.questions.order_by("position"))
    return World(now, school, author, staff, people, placement, session, questions)


def published_session(placement: Placement, staff: Any, now: datetime, *, name: str, **settings: Any) -> AssessmentSession:
    """Add Session for everybody, and Publish."""
    session = sessions.create_session(
        placement_uuid=placement.uuid,
        name=name,
        settings=settings,
        roster={"everyone": True},
        request_id=None,
        by=staff.pk,
        now=now,
    )
    return actions_life.publish_session(session_uuid=session.uuid, by=staff.pk, now=now)


class Page:
    """A signed-in browser's calls to REST v1, as the student's script makes them."""

    def __init__(self, user: Any) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.state: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Any = None):
        """One call; a 200 with a state is remembered."""
        data = None if body is None else json.dumps(body)
        answer = self.client.generic(method, f"/assessprep/api/v1/{path}", data or "", content_type="application/json")
        if answer.status_code == 200 and "attempt" in (parsed := answer.json()) and "status" in parsed:
            self.state = {**self.state, **parsed}
        return answer

    def verify(self, world: World, code: str | None = None):
        """Verify Session Code."""
        code = world.reload().live_code if code is None else code
        return self.call("POST", f"placements/{world.usage_key}/verify", {"code": code})

    def start(self):
        """Start."""
        return self.call("POST", f"attempts/{self.state['attempt']}/start", {})

    def save(self, item: str, values: dict[str, Any], revision: int = 1):
        """Save one answer."""
        return self.call("PUT", f"attempts/{self.state['attempt']}/answers/{item}", {"values": values, "revision": revision})

    def submit(self):
        """Submit."""
        return self.call("POST", f"attempts/{self.state['attempt']}/submit", {})

    def beat(self, **more: Any):
        """One heartbeat."""
        body = {"token": self.state["token"], "notice_no": self.state["notice_no"], **more}
        return self.call("POST", f"attempts/{self.state['attempt']}/beat", body)


def entered(world: World, learner: int = 0) -> Page:
    """A learner who has typed the code."""
    page = Page(world.learners[learner])
    answer = page.verify(world)
    assert answer.status_code == 200, answer.content
    return page


def begun(world: World, learner: int = 0) -> Page:
    """A learner who has pressed Start."""
    page = entered(world, learner)
    answer = page.start()
    assert answer.status_code == 200, answer.content
    return page


class GuestBrowser:
    """The browser of somebody without an account."""

    def __init__(self, world: World, address: str = "192.0.2.7") -> None:
        self.world, self.client = world, Client(REMOTE_ADDR=address)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(f"/assessprep/api/v1/{path}", json.dumps(body), content_type="application/json")

    def enter(self, name: str = "Ann Guest", code: str | None = None, request_id: Any = None) -> Any:
        code = self.world.reload().live_code if code is None else code
        body = {"name": name, "code": code, "request_id": str(request_id or uuid4())}
        return self.post(f"courses/{self.world.school}/guests/enter", body)

    def resume(self, pin: str, code: str | None = None) -> Any:
        code = self.world.reload().live_code if code is None else code
        return self.post(f"courses/{self.world.school}/guests/resume", {"code": code, "pin": pin})

    def page(self) -> Any:
        return self.client.get(f"/assessprep/guests/{self.world.school}/", headers={"accept": "text/html"})

    def state(self) -> Any:
        return self.client.get(f"/assessprep/api/v1/me/attempt?placement={self.world.usage_key}".replace("+", "%2B"))

    @property
    def account(self) -> Any:
        return get_user_model().objects.get(pk=self.client.session["_auth_user_id"])
