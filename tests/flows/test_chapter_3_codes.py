"""Chapter 3, "Session Code": shown to a room, printed, and changed without hurting who is inside."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.sessions.actions_accommodations import set_accommodation
from assessprep_xblock.web.session_code import qr_drawing
from tests.spelled import spells
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return delivered(timezone.now(), instructions="Bring a pencil.\nNo calculator.")


def shown(world, view: str) -> str:
    answer = Page(world.staff).client.get(reverse(f"assessprep:{view}", args=[world.session.uuid]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_code_fills_a_screen_with_the_way_to_the_start_screen(world):
    page = shown(world, "session_display")
    assert world.session.live_code in page and "QR code with the address of the start screen" in page
    address = re.search(r'<a href="(http://testserver[^"]+)" dir="ltr">', page)[1]
    assert not spells(address, world.session.live_code)
    # What is drawn is that address and nothing else.
    assert qr_drawing(address)["path"] in page


def test_the_sheet_has_the_code_the_instructions_and_an_attendance_list_with_extra_time(world):
    set_accommodation(
        course_key=world.school,
        learner_id=world.learners[1].pk,
        extra_s=600,
        percent=100,
        by=world.staff.pk,
        now=world.now,
    )
    page = shown(world, "session_sheet")
    assert world.session.live_code in page and "Bring a pencil.<br>No calculator." in page
    assert "Attendance: 3 students" in page and "10 minutes" in page
    positions = [page.index(f"Student {n}<") for n in (1, 2, 3)]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "Who is not assigned cannot use it."),
        ({"guests": True}, "Who is not assigned can use it, too, and comes as a guest."),
        ({"code_required": False}, "Students who are assigned come in without it."),
        ({"code_required": False, "guests": True}, "Guests type it."),
    ],
)
def test_whom_the_code_is_for_is_told_as_the_session_is_set(settings, told):
    world = delivered(timezone.now(), **settings)
    assert told in shown(world, "session")
    for view in ("session_sheet", "session_display"):
        assert ("No code is needed" in shown(world, view)) == ("code_required" in settings)


def test_a_draft_has_a_sheet_without_a_code_and_no_screen(world):
    staff = Page(world.staff)
    staff.call("POST", f"sessions/{world.session.uuid}/unpublish", {})
    assert "gets one when it is published" in shown(world, "session_sheet")
    assert staff.client.get(reverse("assessprep:session_display", args=[world.session.uuid])).status_code == 409


def test_a_new_code_hurts_nobody_inside_and_the_old_one_opens_nothing(world):
    inside, outside = Page(world.learners[0]), Page(world.learners[1])
    old = world.session.live_code
    assert inside.verify(world).status_code == 200 and inside.start().status_code == 200
    new = Page(world.staff).call("POST", f"sessions/{world.session.uuid}/rotate-code", {}).json()["code"]
    assert new != old
    item = world.questions[0].item
    assert inside.save(item, world.answers(0)).status_code == 200
    assert inside.submit().json()["status"] == "submitted"
    assert outside.verify(world, old).json()["code"] == "code_wrong"
    assert outside.verify(world, new).status_code == 200
