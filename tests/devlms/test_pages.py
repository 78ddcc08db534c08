"""Every page of the embedded LMS answers whom it should, and nobody else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import Block, StudentModule

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    """A run with one unit of ordinary questions, a learner, staff, and somebody of elsewhere."""
    course = factories.make_course_run()
    unit = factories.make_unit(course, "Practice", publish=False)
    factories.make_block(unit, '<html display_name="Intro"><p>Welcome, everybody.</p></html>')
    question = factories.make_block(unit, factories.choice_olx(weight=2))
    factories.publish_block(unit)
    return SimpleNamespace(
        course=course,
        unit=unit,
        question=question,
        learner=factories.make_learner(course, "ada", "Ada Lovelace"),
        staff=factories.make_staff(course, "staff"),
        outsider=factories.make_user("outsider"),
    )


def signed_in(user) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def address(name: str, school, **kwargs) -> str:
    """The address of a page of the school's run."""
    return reverse(name, kwargs={"course_id": str(school.course), **kwargs})


LMS_PAGES = ["course_home", "progress"]
STAFF_PAGES = ["gradebook", "tracking_log", "studio_course"]


@pytest.mark.parametrize("name", [*LMS_PAGES, *STAFF_PAGES])
def test_pages_ask_for_a_login(school, name):
    response = Client().get(address(name, school))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login")


@pytest.mark.parametrize("name", [*LMS_PAGES, *STAFF_PAGES])
def test_a_page_has_one_main_part_and_the_skip_link_leads_there(school, name):
    page = signed_in(school.staff).get(address(name, school)).content.decode()
    assert (page.count("<main"), page.count('id="main"'), page.count('href="#main"')) == (1, 1, 1)


@pytest.mark.parametrize("name", LMS_PAGES)
def test_pages_of_a_run_are_for_learners_and_staff(school, name):
    assert signed_in(school.learner).get(address(name, school)).status_code == 200
    assert signed_in(school.staff).get(address(name, school)).status_code == 200
    assert signed_in(school.outsider).get(address(name, school)).status_code == 403


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_staff_pages_are_for_staff(school, name):
    assert signed_in(school.staff).get(address(name, school)).status_code == 200
    assert signed_in(school.learner).get(address(name, school)).status_code == 403


def test_signing_in_with_the_demo_password_leads_to_my_courses(school, settings):
    response = Client().post("/login", {"username": "ada", "password": settings.DEMO_PASSWORD}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "Science 7" in response.content.decode()


def test_a_unit_shows_its_blocks_as_the_platform_does(school):
    client = signed_in(school.learner)
    page = client.get(get_lms().unit_urls([school.question])[school.question]).content.decode()
    assert "Welcome, everybody." in page
    assert f'data-usage-id="{school.question}"' in page
    assert "xmodule_display xmodule_ProblemBlock" in page
    assert 'data-init="Problem"' in page
    assert "googleapis" not in page


def test_a_hidden_unit_is_for_staff_only(school):
    factories.edit_block(school.unit, visible_to_staff_only=True)
    factories.publish_block(school.unit)
    url = address("courseware_unit", school, unit_id=school.unit.block_id)
    assert signed_in(school.learner).get(url).status_code == 404
    staff = signed_in(school.staff)
    assert staff.get(url).status_code == 200
    staff.post(address("masquerade", school), {"role": "student"})
    assert staff.get(url).status_code == 404


def test_an_answer_through_the_handler_is_graded_and_shown_in_the_gradebook(school):
    url = address("xblock_handler", school, usage_id=str(school.question), handler="xmodule_handler", suffix="problem_check")
    response = signed_in(school.learner).post(url, {factories.input_name(school.question): "choice_0"})
    assert response.json()["success"] == "correct"
    row = StudentModule.objects.get(student=school.learner)
    assert (row.grade, row.max_grade, row.earned, row.possible) == (1, 1, 2, 2)
    page = signed_in(school.staff).get(address("gradebook", school)).content.decode()
    assert f'data-block-id="{school.question.block_id}" data-earned="2"' in page
    progress = signed_in(school.learner).get(address("progress", school)).content.decode()
    assert "2 of 2 points" in progress


def test_a_write_handler_needs_a_login_and_a_csrf_token(school):
    url = address("xblock_handler", school, usage_id=str(school.question), handler="xmodule_handler", suffix="problem_check")
    assert Client().post(url).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(school.learner)
    assert strict.post(url).status_code == 403


def test_the_noauth_route_checks_nothing_which_is_what_a_gate_is_for(school):
    names = {"usage_id": str(school.question), "handler": "xmodule_handler", "suffix": "problem_get"}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(school.outsider)
    assert strict.post(address("xblock_handler_noauth", school, **names)).status_code == 200


def test_unknown_blocks_and_handlers_are_not_found(school):
    client = signed_in(school.learner)
    gone = school.course.make_usage_key("problem", "0" * 32)
    for usage_id, handler in ((gone, "xmodule_handler"), (school.question, "no_such_handler"), ("nonsense", "x")):
        url = address("xblock_handler", school, usage_id=str(usage_id), handler=handler, suffix="x")
        assert client.post(url).status_code == 404
    assert client.get(reverse("render_xblock", kwargs={"usage_key_string": str(gone)})).status_code == 404


def test_one_block_as_a_page_is_for_who_is_enrolled(school):
    url = reverse("render_xblock", kwargs={"usage_key_string": str(school.question)})
    assert signed_in(school.learner).get(url).status_code == 200
    assert signed_in(school.outsider).get(url).status_code == 404


def test_ones_own_submission_history_is_open_and_others_closed(school):
    client = signed_in(school.learner)
    client.get(address("courseware_unit", school, unit_id=school.unit.block_id))
    own = {"learner_identifier": "ada", "location": str(school.question)}
    assert client.get(address("submission_history", school, **own)).status_code == 200
    assert client.get(address("submission_history", school, **{**own, "learner_identifier": "staff"})).status_code == 403


def test_the_graders_callback_reaches_a_learners_state_without_a_login(school):
    url = address(
        "xqueue_callback", school, userid=str(school.learner.pk), mod_id=str(school.question), dispatch="problem_get"
    )
    assert Client().post(url, {"xqueue_header": '{"lms_key": "a_b"}', "xqueue_body": "{}"}).status_code == 200
    assert Client().post(url).status_code == 404


def test_files_of_a_block_name_no_other_site(school):
    url = reverse("xblock_resource_url", kwargs={"block_type": "problem", "uri": "public/css/ProblemBlockDisplay.css"})
    response = Client().get(url)
    assert response.status_code == 200
    assert b"googleapis" not in response.content
    missing = reverse("xblock_resource_url", kwargs={"block_type": "problem", "uri": "public/../capa_block.py"})
    assert Client().get(missing).status_code == 404


def test_pages_are_written_from_right_to_left_where_the_language_is(school):
    client = signed_in(school.learner)
    client.post(reverse("choose_language"), {"language": "ar"})
    assert '<html lang="ar" dir="rtl">' in client.get("/").content.decode()


# -- Studio --------------------------------------------------------------------------------------------------------
def studio(name: str, key) -> str:
    """The address of a Studio page of one block."""
    return reverse(name, kwargs={"usage_key_string": str(key)})


def test_studio_pages_are_for_course_authors(school):
    for name in ("studio_container", "studio_edit"):
        assert signed_in(school.staff).get(studio(name, school.unit)).status_code == 200
        assert signed_in(school.learner).get(studio(name, school.unit)).status_code == 403
    assert signed_in(school.learner).post(studio("studio_publish", school.unit)).status_code == 403


def test_an_author_writes_a_unit_and_publishes_it(school):
    client = signed_in(school.staff)
    for title in ("Term 2", "Week 1", "Tests"):
        parent = Block.objects.filter(course_key=school.course, branch="draft").order_by("-pk").first()
        parent_id = "course" if title == "Term 2" else parent.block_id
        client.post(address("studio_add_structure", school), {"parent": parent_id, "title": title})
    unit = Block.objects.get(course_key=school.course, block_type="vertical", fields__display_name="Tests")
    key = school.course.make_usage_key("vertical", unit.block_id)
    client.post(studio("studio_add_block", key), {"olx": factories.number_olx("How fast?")})
    assert "unpublished changes" in client.get(studio("studio_container", key)).content.decode()
    client.post(studio("studio_publish", key))
    assert "unpublished changes" not in client.get(studio("studio_container", key)).content.decode()
    assert (
        "How fast?"
        in signed_in(school.learner).get(address("courseware_unit", school, unit_id=unit.block_id)).content.decode()
    )


def test_olx_that_cannot_be_read_is_said_and_changes_nothing(school):
    client = signed_in(school.staff)
    before = list(Block.objects.values())
    for olx in ("<problem", "<nosuchblock/>", ""):
        response = client.post(studio("studio_add_block", school.unit), {"olx": olx, "type": "nothing"}, follow=True)
        assert "cannot be read" in response.content.decode()
        assert client.post(studio("studio_edit", school.question), {"olx": olx}).status_code == 400
    assert list(Block.objects.values()) == before


def test_editing_keeps_the_blocks_id_and_place(school):
    client = signed_in(school.staff)
    client.post(studio("studio_edit", school.question), {"olx": factories.text_olx("Another question")})
    assert factories.children_of(school.unit)[1] == school.question
    row = Block.objects.get(branch="draft", block_id=school.question.block_id)
    assert row.fields["display_name"] == "Another question"
    assert "weight" not in row.fields


def test_an_editors_save_is_kept_in_the_draft(school):
    key = factories.make_block(school.unit, '<drag-and-drop-v2 display_name="Layers"/>')
    client = signed_in(school.staff)
    assert "DragAndDropEditBlock" in client.get(studio("studio_edit", key)).content.decode()
    body = {
        "display_name": "New name",
        "mode": "standard",
        "max_attempts": None,
        "show_title": True,
        "problem_text": "Sort",
        "show_problem_header": True,
        "weight": 3,
        "item_background_color": "",
        "item_text_color": "",
        "max_items_per_zone": None,
        "data": {"items": [], "zones": []},
        "showanswer": "finished",
    }
    url = reverse("component_handler", kwargs={"usage_key_string": str(key), "handler": "studio_submit", "suffix": ""})
    response = client.post(url.rstrip("/"), body, content_type="application/json")
    assert response.json()["result"] == "success"
    assert Block.objects.get(branch="draft", block_id=key.block_id).fields["weight"] == 3


def test_studios_handlers_ask_for_nothing_but_a_login(school):
    kwargs = {"usage_key_string": str(school.question), "handler": "xmodule_handler", "suffix": "problem_get"}
    for name in ("preview_handler", "component_handler"):
        url = reverse(name, kwargs=kwargs)
        assert Client().post(url).status_code == 302
        assert signed_in(school.outsider).post(url).status_code == 200
    assert StudentModule.objects.count() == 0
