"""The block's faces over HTTP: what a page holds for whom, what it costs, and what Studio lets whom do."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library.models import PlacedQuestion, Placement
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import StudentModule
from devlms.runtime import DevRuntime
from tests.world import Page, World, begun, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now())


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def unit_page(world: World, user: Any) -> str:
    """The unit as this person's browser gets it."""
    answer = browser(user).get(get_lms().unit_urls([world.usage_key])[world.usage_key])
    assert answer.status_code == 200
    return answer.content.decode()


def holds_a_question(world: World, page: str) -> bool:
    """Whether a page gives away anything of the questions: a text, an answer, or an id to call them by."""
    texts = ("What is a force", "How fast is it", "unit of force", "newton")
    return any(text in page for text in texts) or any(question.item in page for question in world.questions)


# -- what a page holds -----------------------------------------------------------------------------------------------------
def test_a_student_without_an_attempt_gets_the_start_screen_and_nothing_of_a_question(world):
    page = unit_page(world, world.learners[0])
    assert 'data-init="AssessPrepXBlock"' in page
    assert not holds_a_question(world, page)


def test_a_student_who_joined_gets_nothing_of_a_question_before_start(world):
    Page(world.learners[0]).verify(world)
    assert not holds_a_question(world, unit_page(world, world.learners[0]))


def test_the_questions_come_while_the_test_runs_and_only_then(world):
    student = begun(world)
    page = unit_page(world, world.learners[0])
    assert all(f'data-item="{question.item}"' in page for question in world.questions)
    assert not holds_a_question(world, unit_page(world, world.learners[1]))

    monitoring.pause(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    assert not holds_a_question(world, unit_page(world, world.learners[0]))
    monitoring.resume(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    assert holds_a_question(world, unit_page(world, world.learners[0]))

    student.submit()
    assert not holds_a_question(world, unit_page(world, world.learners[0]))


def test_after_the_end_the_page_holds_no_question(world):
    begun(world)
    monitoring.end(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    assert not holds_a_question(world, unit_page(world, world.learners[0]))


def test_with_released_answers_the_questions_come_back_to_be_read():
    cache.clear()
    world = delivered(timezone.now(), release="on_submit", show_answers=True)
    student = begun(world)
    student.save(world.questions[0].item, world.answers(0))
    student.submit()
    page = unit_page(world, world.learners[0])
    assert holds_a_question(world, page)
    assert '"read_only": true' in page


def test_course_staff_see_the_questions_and_no_start_screen_unless_they_view_as_a_student(world):
    client = browser(world.staff)
    url = get_lms().unit_urls([world.usage_key])[world.usage_key]
    page = client.get(url).content.decode()
    assert holds_a_question(world, page)
    assert "You see the questions because you are course staff." in page
    client.post(f"/courses/{world.school}/masquerade", {"role": "student"})
    page = client.get(url).content.decode()
    assert not holds_a_question(world, page)
    assert 'data-init="AssessPrepXBlock"' in page


def test_a_block_with_no_assessment_says_so_to_staff_and_nothing_to_students(world):
    empty = factories.make_block(factories.make_unit(world.school), '<assessprep display_name="Empty"/>', publish=True)
    url = f"/xblock/{empty}"
    assert "No assessment is chosen yet." in browser(world.staff).get(url).content.decode()
    page = browser(world.learners[0]).get(url).content.decode()
    assert "There is nothing here yet." in page
    assert 'data-init="AssessPrepXBlock"' not in page


def test_a_learner_of_a_bank_s_run_sees_nothing_of_it(world):
    source = world.placement.version.assessment.usage_key
    eve = factories.make_learner(source.course_key, "eve")
    page = browser(eve).get(f"/xblock/{source}").content.decode()
    assert "What is a force" not in page
    assert "There is nothing here yet." in page


def test_looking_at_the_page_writes_nothing_of_ours_and_no_state(world):
    before = StudentModule.objects.count()
    unit_page(world, world.learners[0])
    assert StudentModule.objects.count() == before


@pytest.mark.parametrize("where", ["before", "running", "after"])
def test_a_page_costs_at_most_three_queries_of_ours(world, where):
    if where != "before":
        student = begun(world)
        if where == "after":
            student.submit()
    client = browser(world.learners[0])
    url = f"/xblock/{world.usage_key}"
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    ours = [query for query in captured.captured_queries if "assessprep_" in query["sql"]]
    assert len(ours) <= 2  # the third and fourth are the platform's: is it staff, is it enrolled
    assert not [query for query in ours if not query["sql"].startswith("SELECT")]


def test_the_title_of_a_block_cannot_break_out_of_the_page(world):
    nasty = "</script><script>alert(1)</script>"
    factories.edit_block(world.usage_key, display_name=nasty)
    factories.publish_block(world.usage_key)
    assert nasty not in unit_page(world, world.learners[0])


# -- Studio ----------------------------------------------------------------------------------------------------------------
def in_studio(user: Any, key: Any, handler: str, body: Any, route: str = "xblock"):
    data = body if isinstance(body, str) else json.dumps(body)
    return browser(user).post(f"/studio/{route}/{key}/handler/{handler}", data, content_type="application/json")


@pytest.fixture
def fresh(world):
    """A new block of ours in the school's run, in which nothing is chosen."""
    return factories.make_block(factories.make_unit(world.school, "Another unit"), "<assessprep/>")


def choose(world, user, usage_key, body):
    """What the editor's dialog sends when somebody chooses a version."""
    given = {"usage_key": str(usage_key), **body} if isinstance(body, dict) else body
    data = given if isinstance(given, str) else json.dumps(given)
    return browser(user).post(f"/assessprep/api/v1/courses/{world.school}/placements", data, content_type="application/json")


def test_school_staff_choose_an_assessment_and_it_is_ready_guarded_and_published(world, fresh):
    version = world.placement.version
    answer = choose(world, world.staff, fresh, {"version": str(version.uuid)})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["state"], answer.json()["problem"]) == ("ready", "")
    placement = Placement.objects.get(usage_key=fresh)
    assert placement.version_id == version.pk
    assert set(placement.questions.values_list("usage_key", flat=True)) == set(factories.children_of(fresh))
    assert len(factories.children_of(fresh, "published")) == 3
    place = get_lms().unit_place(fresh)
    assert place is not None
    assert place.published
    question = PlacedQuestion.objects.filter(placement=placement).first()
    assert browser(world.learners[0]).get(f"/xblock/{question.usage_key}").status_code == 403


@pytest.mark.parametrize("route", ["xblock", "preview/xblock"])
def test_nobody_but_course_staff_chooses(world, fresh, route):
    other = factories.make_staff(factories.make_course_run("course-v1:Southside+SCI7+2026", "Science 7"), "staff-b")
    body = {"version": str(world.placement.version.uuid)}
    for user in (world.learners[0], other, world.author):
        assert choose(world, user, fresh, body).status_code in (403, 404)
        assert in_studio(user, fresh, "rename", {"display_name": "Mine"}, route).status_code in (403, 404)
    assert not Placement.objects.filter(usage_key=fresh).exists()


@pytest.mark.parametrize(
    "body",
    ["not json", "[]", "{}", {"version": 7}, {"version": None}, {"version": "block-v1:District+B+1+type@problem+block@x"}],
)
def test_choosing_takes_a_version_s_uuid_and_nothing_else(world, fresh, body):
    answer = choose(world, world.staff, fresh, body)
    assert answer.status_code == 400
    assert set(answer.json()) >= {"code", "message"}


def test_a_version_that_students_have_begun_stays(world):
    begun(world)
    assessment = world.placement.version.assessment
    now = timezone.now()
    second = library.publish_version(assessment_uuid=assessment.uuid, release_note="", by=world.author.pk, now=now)
    answer = choose(world, world.staff, world.usage_key, {"version": str(second.uuid)})
    assert answer.status_code == 409
    assert answer.json()["code"] == "placement_in_use"


def test_the_editor_offers_only_what_is_open_to_the_organization(world, fresh):
    page = browser(world.staff).get(f"/studio/xblock/{fresh}/edit").content.decode()
    assert "Forces and motion" in page
    assert str(world.placement.version.uuid) in page
    bank = world.placement.version.assessment.bank
    library.change_bank(bank_uuid=bank.uuid, changes={"shared_with_all": False}, by=world.author.pk, now=timezone.now())
    page = browser(world.staff).get(f"/studio/xblock/{fresh}/edit").content.decode()
    assert str(world.placement.version.uuid) not in page
    assert "No question bank has offered an assessment" in page


def test_the_author_s_page_leads_to_settings_and_publish(world):
    source = world.placement.version.assessment.usage_key
    page = browser(world.author).get(f"/studio/container/{source}").content.decode()
    assert re.search(r'href="/assessprep/library/add\?block=block-v1%3ARiverside', page)
    assert "What is a force" in page


def test_the_school_s_page_names_the_version_and_offers_a_newer_one(world):
    page = browser(world.staff).get(f"/studio/container/{world.usage_key}").content.decode()
    assert "version 1" in page
    assert "ready for sessions" in page
    assessment = world.placement.version.assessment
    by = {"by": world.author.pk, "now": timezone.now()}
    newer = library.publish_version(assessment_uuid=assessment.uuid, release_note="", **by)
    page = browser(world.staff).get(f"/studio/container/{world.usage_key}").content.decode()
    assert "The author has published version 2." in page
    library.withdraw_version(version_uuid=newer.uuid, reason="A wrong key.", **by)
    page = browser(world.staff).get(f"/studio/container/{world.usage_key}").content.decode()
    assert "The author has published version 2." not in page


def test_the_title_is_changed_by_staff_with_a_limit(world, fresh):
    answer = in_studio(world.staff, fresh, "rename", {"display_name": "  Unit test 3 "})
    assert answer.json() == {"display_name": "Unit test 3"}
    for wrong in ("", "  ", "x" * 256, 7, None):
        assert in_studio(world.staff, fresh, "rename", {"display_name": wrong}).status_code == 400


# -- what the platform tells us ------------------------------------------------------------------------------------------
def test_a_question_that_keeps_its_own_state_is_counted_when_the_platform_scored_it():
    cache.clear()
    world = delivered(timezone.now(), olx=[factories.choice_olx(), '<drag-and-drop-v2 display_name="Sort it"/>'])
    student = begun(world)
    url = f"/courses/{world.school}/xblock/{world.questions[1].usage_key}/handler/drop_item"
    body = {"val": 0, "zone": "top", "y_percent": 0, "x_percent": 0}
    assert student.client.post(url, json.dumps(body), content_type="application/json").status_code == 200
    student.call("GET", f"attempts/{student.state['attempt']}")
    assert student.state["answered"] == 1
    assert [question["answered"] for question in student.state["questions"]] == [False, True]


def test_a_question_written_later_in_a_bank_is_guarded_when_it_is_published(world):
    source = world.placement.version.assessment.usage_key
    fresh = factories.make_block(source, factories.choice_olx("New"), publish=True)
    eve = factories.make_learner(source.course_key, "eve")
    assert browser(eve).get(f"/xblock/{fresh}").status_code == 403


def test_the_platform_s_report_of_answers_has_a_row_for_each_attempt(world, django_assert_num_queries):
    ada, ben = world.learners[0], world.learners[1]
    page = Page(ada)
    page.verify(world)
    page.start()
    page.save(world.questions[0].item, world.answers(0))
    page.submit()
    Page(ben).verify(world)
    block = DevRuntime(world.school, world.staff).get_block(world.usage_key)
    states = [SimpleNamespace(username=one.username, state={}) for one in (ada, ben)]
    with django_assert_num_queries(1):
        rows = list(block.generate_report_data(iter(states), None))
    assert [name for name, _columns in rows] == [ada.username, ben.username]
    (_name, first), (_other, second) = rows
    assert (first["Session"], first["Status"], first["Answered"]) == ("Monday, room 12", "Submitted", 1)
    assert (first["Points"], first["Points possible"]) == (1.0, 3.0)
    assert (second["Status"], second["Points"], second["Started"]) == ("Joined", "", "")
    assert len(list(block.generate_report_data(iter(states), 1))) == 1
    assert list(block.generate_report_data(iter([]), None)) == []
