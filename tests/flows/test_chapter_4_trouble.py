"""Chapter 4 while things go wrong: clocks that are wrong, codes and enrolments that change in mid-test, requests that come
twice, late or in another order, and words that are markup."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.monitoring.rules import LONGEST_ANNOUNCEMENT
from assessprep_xblock.domain.sessions import actions_life
from assessprep_xblock.lms import get_lms
from devlms.models import Enrolment
from tests.world import Page, begun, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


def code_of(answer) -> str:
    return answer.json()["code"]


def answers_of(page: Page) -> str:
    return f"attempts/{page.state['attempt']}/answers"


@pytest.mark.parametrize("hours", [-7, 7])
def test_a_student_s_clock_that_is_wrong_by_hours_moves_no_deadline_and_costs_no_answer(hours):
    world = delivered(timezone.now(), learners=1)
    page = begun(world)
    ends_at = page.state["ends_at"]
    item = world.questions[0].item
    wrong = (timezone.now() + timedelta(hours=hours)).isoformat()
    body = {"values": world.answers(0), "revision": 1, "written_at": wrong}
    assert page.call("PUT", f"{answers_of(page)}/{item}", body).status_code == 200
    told = page.call("GET", f"attempts/{page.state['attempt']}").json()
    assert told["ends_at"] == ends_at
    # The log has both clocks.
    events = Page(world.staff).call("GET", f"attempts/{page.state['attempt']}/log").json()["events"]
    (saved,) = [one for one in events if one["action"] == "saved"]
    assert saved["facts"]["written"] != saved["at"]
    assert page.submit().json()["receipt"]["answered"] == 1
    assert page.call("GET", f"attempts/{page.state['attempt']}").json()["receipt"]["score"]["earned"] == 1.0


def test_requests_that_come_twice_late_and_in_another_order_change_what_they_said_once():
    world = delivered(timezone.now(), learners=1)
    page = begun(world)
    item, right = world.questions[2].item, world.answers(2)
    # The second revision overtakes the first, and comes twice.
    for _again in range(2):
        assert page.save(item, right, revision=2).json()["revision"] == 2
    late = page.save(item, world.answers(2, "joule"), revision=1)
    assert (late.status_code, code_of(late), late.json()["values"]) == (409, "stale_draft", right)
    # Two Starts on their way since before change nothing.
    began = Attempt.objects.get().started_at
    assert [page.start().status_code for _again in range(2)] == [200, 200]
    assert Attempt.objects.get().started_at == began
    first = page.submit().json()["receipt"]["submitted_at"]
    # What arrives behind the submit: an answer, a heartbeat, another submit.
    assert page.save(item, world.answers(2, "joule"), revision=3).status_code == 409
    assert page.beat(notice_no=0).json()["status"] == "submitted"
    assert page.submit().json()["receipt"]["submitted_at"] == first
    assert AnswerDraft.objects.get().values == right
    assert world.reload().n_submitted == 1


def test_a_code_that_is_rotated_under_students_who_work_shuts_out_nobody_but_the_old_code():
    world = delivered(timezone.now(), learners=2)
    page, late = begun(world), Page(world.learners[1])
    old = world.reload().live_code
    actions_life.rotate_code(session_uuid=world.session.uuid, by=world.staff.pk, now=timezone.now())
    assert page.save(world.questions[0].item, world.answers(0)).status_code == 200
    assert page.beat().status_code in (200, 204)
    assert code_of(late.verify(world, old)) == "code_wrong"
    assert late.verify(world).status_code == 200
    assert page.submit().status_code == 200


def test_who_is_unenrolled_in_mid_test_sees_no_question_and_comes_back_to_every_answer():
    world = delivered(timezone.now(), learners=1)
    page = begun(world)
    unit = get_lms().unit_urls([world.usage_key])[world.usage_key]
    assert page.save(world.questions[2].item, world.answers(2)).status_code == 200
    place = Enrolment.objects.filter(user=world.learners[0], course_key=world.school)
    assert place.update(is_active=False) == 1
    assert "What is the unit of force" not in page.client.get(unit).content.decode()
    place.update(is_active=True)
    assert "What is the unit of force" in page.client.get(unit).content.decode()
    drafts = page.call("GET", f"attempts/{page.state['attempt']}").json()["drafts"]
    assert drafts[world.questions[2].item]["values"] == world.answers(2)
    assert page.submit().json()["receipt"]["answered"] == 1


def test_an_announcement_of_markup_and_emoji_arrives_as_it_was_written_and_a_longer_one_is_refused():
    world = delivered(timezone.now(), learners=1)
    page, staff = begun(world), Page(world.staff)
    text = "<script>alert(1)</script>\n<b>Ruhe & Mut</b> 🎉👩🏽‍🏫 العربية "
    longest = text + "ä" * (LONGEST_ANNOUNCEMENT - len(text))
    path = f"sessions/{world.session.uuid}/announce"
    body = {"attempts": "all", "text": longest, "request_id": str(uuid4())}
    assert staff.call("POST", path, body).status_code == 200
    (heard,) = page.beat(notice_no=0).json()["announcements"]
    assert heard["text"] == longest
    (said,) = staff.call("GET", f"sessions/{world.session.uuid}/monitor").json()["announcements"]
    assert said["text"] == longest
    screen = staff.client.get(f"/assessprep/sessions/{world.session.uuid}/monitor/").content.decode()
    assert "<script>alert(1)" not in screen and "<b>Ruhe" not in screen
    for wrong, code in (("", "invalid"), (longest + "ä", "too_large"), ("x" * 5000, "too_large")):
        refused = staff.call("POST", path, {"attempts": "all", "text": wrong, "request_id": str(uuid4())})
        assert (refused.status_code, code_of(refused), refused.json()["field"]) == (400, code, "text")
