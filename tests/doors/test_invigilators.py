"""Inviting somebody to watch one session: who may, whom, and what that person then sees."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from devlms import factories
from tests.world import World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return delivered(timezone.now())


def call(user, method: str, path: str, body=None):
    client = Client()
    client.force_login(user)
    data = json.dumps(body) if body is not None else ""
    return client.generic(method, f"/assessprep/{path}", data, content_type="application/json")


def invite(world, who: str, level: str = "invigilator", by=None):
    path = f"api/v1/sessions/{world.session.uuid}/invigilators"
    return call(by or world.staff, "POST", path, {"who": who, "level": level})


def test_who_is_invited_watches_that_session_and_no_other(world):
    watcher = factories.make_user("invigilator")
    other = world.add_session("Tuesday")
    assert call(watcher, "GET", f"sessions/{world.session.uuid}/monitor/").status_code == 404
    assert invite(world, "invigilator").status_code == 201
    assert call(watcher, "GET", f"sessions/{world.session.uuid}/monitor/").status_code == 200
    assert call(watcher, "GET", f"api/v1/sessions/{world.session.uuid}/monitor").status_code == 200
    assert call(watcher, "GET", f"sessions/{other.uuid}/monitor/").status_code == 404
    for page in (f"sessions/{world.session.uuid}/", f"sessions/{world.session.uuid}/grade/"):
        assert call(watcher, "GET", page).status_code == 404


def test_inviting_again_changes_the_level_and_removing_ends_it(world):
    watcher = factories.make_user("invigilator")
    invite(world, "invigilator@example.com")
    invite(world, "invigilator", "chief")
    path = f"api/v1/sessions/{world.session.uuid}/invigilators"
    assert [row["level"] for row in call(world.staff, "GET", path).json()["results"]] == ["chief"]
    assert "Invigilator" in call(world.staff, "GET", f"sessions/{world.session.uuid}/").content.decode()
    for _ in range(2):
        assert call(world.staff, "DELETE", f"{path}/{watcher.pk}").status_code == 204
    assert call(watcher, "GET", f"sessions/{world.session.uuid}/monitor/").status_code == 404


@pytest.mark.parametrize("who", ["nobody-of-that-name", "student-a-01", "", "x" * 300, None, 7])
def test_somebody_unknown_or_a_learner_of_the_run_cannot_be_invited(world, who):
    answer = invite(world, who)
    assert (answer.status_code, answer.json()["field"]) == (400, "who")


def test_nobody_else_may_invite(world):
    watcher = factories.make_user("invigilator")
    stranger = factories.make_staff(factories.make_course_run("course-v1:Lakeside+SCI7+2026"), "staff-b")
    invite(world, "invigilator", "chief")
    for person in (stranger, watcher, world.learners[0], world.author):
        assert invite(world, "invigilator", by=person).status_code == 404
        path = f"api/v1/sessions/{world.session.uuid}/invigilators"
        assert call(person, "GET", path).status_code == 404
        assert call(person, "DELETE", f"{path}/{watcher.pk}").status_code == 404
