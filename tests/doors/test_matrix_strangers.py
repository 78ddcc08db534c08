"""The matrix of addresses for people who once had a right here, or have one next door: each may what a stranger may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assessprep_xblock.domain.sessions.models import Invigilator
from devlms import factories
from devlms.models import CourseRole, Enrolment
from tests.addresses import CODE, GUEST_RUN, ROWS
from tests.doors.test_matrix import NOBODY_S_BUSINESS, text_of
from tests.scene import Scene, everything, make_scene
from tests.spelled import spells
from tests.world import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(settings) -> Scene:
    """As the platform signs people in: whoever is not active may be signed in all the same."""
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 10_000
    return make_scene()


def _signed_in(scene: Scene, who: str, user: Any) -> None:
    scene.people[who] = Client(raise_request_exception=False)
    scene.people[who].force_login(user)


def neighbour(scene: Scene) -> Any:
    """Staff of another run of the same organization."""
    return factories.make_staff(factories.make_course_run("course-v1:Northside+HIST8+2026", "History 8"), "neighbour")


def former_staff(scene: Scene) -> Any:
    """Was staff of this run when the page was opened."""
    return factories.make_staff(scene.world.school, "former")


def former_author(scene: Scene) -> Any:
    """Was author of the bank."""
    return factories.make_staff(scene.facts["bank_run"], "former-author")


def other_author(scene: Scene) -> Any:
    """Writes another bank of the same organization."""
    return factories.make_staff(factories.make_course_run("course-v1:Riverside+BANK2+2026", "Bank 2"), "author-2")


def dismissed(scene: Scene) -> Any:
    """Was chief invigilator of the session."""
    return _watcher(scene, "dismissed")


def learner_now(scene: Scene) -> Any:
    """Chief invigilator of the session, and enrolled in the run since."""
    return _watcher(scene, "learner-now")


def _watcher(scene: Scene, name: str) -> Any:
    user = factories.make_user(name)
    Invigilator.objects.create(session=scene.world.session, user=user, level="chief")
    return user


def _leave(scene: Scene, who: str, user: Any) -> None:
    CourseRole.objects.filter(user=user, course_key__in=[scene.world.school, scene.facts["bank_run"]]).delete()
    if who == "dismissed":
        Invigilator.objects.filter(user=user).delete()
    if who == "learner_now":
        Enrolment.objects.create(user=user, course_key=scene.world.school, is_active=True)


#: Who -> how they came to be, and as whom of ``tests/addresses.py`` they are served.
STRANGERS = {
    "neighbour": (neighbour, "other_staff"),
    "former_staff": (former_staff, "other_learner"),
    "former_author": (former_author, "other_learner"),
    "other_author": (other_author, "other_staff"),
    "dismissed": (dismissed, "other_learner"),
    "learner_now": (learner_now, "classmate"),
}


def _wrong(scene: Scene, who: str, persona: str) -> list[Any]:
    """What is served although it is none of a persona's. Methods that an address has not are the matrix's business."""
    wrong = []
    for name, row in ROWS.items():
        for method in (one for one in row.may if persona not in row.may[one]):
            answer = scene.call(who, method, name)
            signed_out = persona == "anonymous" and answer.status_code == 302 and "login" in answer["Location"]
            if answer.status_code not in NOBODY_S_BUSINESS and not signed_out:
                wrong.append((who, method, name, answer.status_code))
            if spells(text_of(answer), CODE):
                wrong.append((who, method, name, "the code"))
    return wrong


def _state() -> dict[str, Any]:
    """Every row of ours but the count of wrong codes."""
    return {name: rows for name, rows in everything().items() if name != "WrongTries"}


@pytest.mark.parametrize("who", STRANGERS)
def test_who_has_no_right_here_any_more_or_has_one_next_door_gets_nothing(scene, who):
    make, persona = STRANGERS[who]
    user = make(scene)
    _signed_in(scene, who, user)
    if who.startswith("former") or who in ("dismissed", "learner_now"):
        # The page that is open now was theirs.
        name = "assessment" if who == "former_author" else "monitor"
        assert scene.call(who, "GET", name).status_code == 200
        _leave(scene, who, user)
    before = _state()
    assert _wrong(scene, who, persona) == []
    assert _state() == before
    told = text_of(scene.call(who, "GET", "rooms")) + text_of(scene.call(who, "GET", "api_my_rooms"))
    assert scene.world.session.name not in told


@pytest.mark.parametrize("who", ["staff", "author", "watcher", "chief", "learner"])
def test_an_account_that_is_not_active_any_more_is_signed_out_everywhere(scene, who):
    user_id = scene.people[who].session["_auth_user_id"]
    before = _state()
    type(scene.world.staff).objects.filter(pk=user_id).update(is_active=False)
    assert _wrong(scene, who, "anonymous") == []
    assert _state() == before


def test_who_watches_another_session_of_the_run_sees_that_one_alone(scene):
    user = factories.make_user("elsewhere")
    other = scene.world.add_session("Another room")
    Invigilator.objects.create(session=other, user=user, level="chief")
    _signed_in(scene, "elsewhere", user)
    theirs = {("api_course_rooms", "GET"), ("control_room", "GET")}
    wrong = _wrong(scene, "elsewhere", "other_learner")
    assert {(name, method) for _who, method, name, _status in wrong} == theirs
    told = text_of(scene.call("elsewhere", "GET", "api_course_rooms"))
    assert "Another room" in told and scene.world.session.name not in told
    assert scene.world.session.name not in text_of(scene.call("elsewhere", "GET", "control_room"))
    page = Page(user)
    for attempts in ([str(scene.facts["attempt"])], "all"):
        answer = page.call("POST", f"sessions/{other.uuid}/end", {"attempts": attempts, "reason": "r"})
        assert not [row for row in answer.json()["rows"] if row["done"]], answer.content
    body = {"attempts": [str(scene.facts["attempt"])], "target": str(scene.world.session.uuid)}
    assert page.call("POST", f"sessions/{other.uuid}/move", body).status_code == 404
