"""The embedded LMS is put together as the platform is: plugins, mixins, tabs, tracking, the demo, the spoil switches."""

from __future__ import annotations

import io
import json
import logging
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import resolve, reverse
from opaque_keys.edx.keys import CourseKey
from xblock.core import XBlock

from assessprep_xblock.lms import get_lms
from devlms import factories, spoil
from devlms.demo import district, open_evening
from devlms.models import DRAFT, Block, Cohort, Enrolment
from devlms.runtime import DevRuntime, StudioRuntime
from tests.world import Page


def test_our_plugin_is_really_loaded():
    """A plugin that cannot be imported is dropped with no more than a line in a log."""
    assert apps.is_installed("assessprep_xblock")
    assert apps.get_app_config("assessprep").verbose_name == "Common Assessments"
    assert XBlock.load_class("assessprep").__module__ == "assessprep_xblock.block"


def test_our_addresses_are_served():
    assert resolve("/assessprep/api/v1/schema/").namespace.startswith("assessprep")


def test_the_gate_stands_in_the_settings_where_the_plugin_put_it():
    assert "assessprep_xblock.gate.GateMixin" in django_settings.XBLOCK_MIXINS
    assert "assessprep_xblock.gate.GateMiddleware" in django_settings.MIDDLEWARE
    assert "assessprep_xblock.gate.StudioGateMiddleware" in django_settings.MIDDLEWARE


@pytest.mark.django_db
def test_the_gate_has_the_last_word_on_every_block_of_the_lms_and_stays_out_of_studio():
    from assessprep_xblock.gate import GateMixin

    course = factories.make_course_run()
    container = factories.make_assessment_block(course, [factories.choice_olx(), "<drag-and-drop-v2/>"])
    for key in [container, *factories.children_of(container)]:
        in_lms = DevRuntime(course, None).get_block(key)
        assert type(in_lms).handle is GateMixin.handle
        assert not isinstance(StudioRuntime(course, None).get_block(key), GateMixin)


@pytest.mark.django_db
def test_our_tab_stands_in_the_runs_navigation():
    course = factories.make_course_run()
    staff = factories.make_staff(course)
    titles = [title for title, _url in get_lms().course_tabs(staff.pk, course)]
    assert titles[:2] == ["Course", "Progress"]
    assert "Common Assessments" in titles
    assert "Gradebook" in titles
    outsider = factories.make_user("outsider")
    assert "Gradebook" not in [title for title, _url in get_lms().course_tabs(outsider.pk, course)]


@pytest.mark.django_db
def test_a_tracked_event_reaches_the_tracking_log(tmp_path, settings, client):
    course = factories.make_course_run()
    staff = factories.make_staff(course)
    settings.TRACKING_LOG = str(tmp_path / "tracking.log")
    handler = logging.FileHandler(settings.TRACKING_LOG)
    logger = logging.getLogger("tracking")
    logger.addHandler(handler)
    try:
        get_lms().track("session.published", {"name": "7A"}, user_id=staff.pk, course_key=course)
        get_lms().track("unspeakable", {"what": object()}, user_id=None, course_key=course)
    finally:
        logger.removeHandler(handler)
        handler.close()
    event = json.loads((tmp_path / "tracking.log").read_text().splitlines()[0])
    assert event["name"] == "edx.assessprep.session.published"
    assert event["context"] == {"course_id": str(course), "org_id": "Northside", "user_id": staff.pk}
    client.force_login(staff)
    assert "edx.assessprep.session.published" in client.get(reverse("tracking_log", args=[str(course)])).content.decode()


@pytest.mark.django_db
def test_the_demo_district_is_made_once_and_is_complete():
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    before = (get_user_model().objects.count(), Block.objects.count())
    call_command("seed_demo", stdout=out)
    assert (get_user_model().objects.count(), Block.objects.count()) == before
    lms = get_lms()
    for school in district.SCHOOLS:
        course = CourseKey.from_string(school.course)
        assert Cohort.objects.filter(course_key=course).count() == 3
        assert Enrolment.objects.filter(course_key=course).count() >= 60
        staff = get_user_model().objects.get(username=f"staff-{school.letter}")
        assert [run.key for run in lms.staff_course_runs(staff.pk)] == [course]
        assert lms.course_run(course).organization.name == school.name
    assert lms.staff_course_runs(get_user_model().objects.get(username="invigilator").pk) == []
    row = Block.objects.get(branch=DRAFT, block_type="assessprep")
    snapshot = lms.snapshot(row.course_key.make_usage_key("assessprep", row.block_id))
    assert len(snapshot.questions) >= 12
    assert all(question.gradable for question in snapshot.questions)
    assert not snapshot.unpublished_changes


@pytest.mark.django_db
def test_a_demo_database_of_other_code_is_refused_with_what_to_do():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assessprep_placement RENAME COLUMN n_copied TO n_elsewhere")
    with pytest.raises(CommandError, match=r"assessprep_placement has no n_copied\. .* start the demo again: rm "):
        call_command("demo", "--no-serve")


@pytest.mark.django_db
def test_the_demo_s_open_evening_is_made_once_and_lets_somebody_without_an_account_in(settings):
    session = open_evening.seed()
    assert open_evening.seed() == session
    client, body = Client(), {"name": "Ann Guest", "code": session.live_code, "request_id": str(uuid4())}
    door = f"/assessprep/api/v1/courses/{open_evening.RUN}/guests/enter"
    # The setting is the operator's, and the demo's command makes it; tests begin without.
    assert client.post(door, body, content_type="application/json").status_code == 404
    settings.ASSESSPREP_GUEST_RUNS = [open_evening.RUN]
    assert client.get(open_evening.DOOR).status_code == 200
    came = client.post(door, body, content_type="application/json")
    assert came.status_code == 200
    assert client.get(came.json()["address"]).status_code == 200
    # No school meets the open evening's bank in its tab.
    school = factories.make_course_run("course-v1:Northside+SCI7+2026")
    staff = factories.make_staff(school, "staff-a")
    offered = Page(staff).call("GET", f"courses/{school}/assessments").json()
    assert offered["results"] == []


def test_every_demo_questions_key_stands_in_its_olx():
    """The keys are never inside what is shipped; the checks of the main job read them here."""
    from lxml import etree

    from devlms.management.commands.seed_demo import OLX

    root = etree.parse(OLX / "assessment.xml").getroot()
    responses = root.xpath("//*[substring(name(), string-length(name()) - 7) = 'response']")
    assert {one.tag for one in responses} >= {
        "multiplechoiceresponse",
        "choiceresponse",
        "optionresponse",
        "numericalresponse",
        "stringresponse",
    }
    assert not root.xpath("//script")
    for one in responses:
        assert one.get("answer") or one.xpath(".//*[@correct='true' or @correct='True']")


# -- spoil switches ----------------------------------------------------------------------------------------------------
def test_the_gate_can_be_spoiled_for_a_control(monkeypatch):
    for name in ("DEVLMS_WITHOUT_GATE_MIXIN", "DEVLMS_WITHOUT_GATE_MIDDLEWARE", "DEVLMS_WRONG_TRIES"):
        monkeypatch.delenv(name, raising=False)
    fresh = lambda: SimpleNamespace(XBLOCK_MIXINS=("a.B", spoil.GATE + "GateMixin"), MIDDLEWARE=[spoil.GATE + "X", "c.D"])  # noqa: E731
    untouched = fresh()
    spoil.spoil_settings(untouched)
    assert untouched == fresh()
    monkeypatch.setenv("DEVLMS_WITHOUT_GATE_MIXIN", "1")
    without_mixin = fresh()
    spoil.spoil_settings(without_mixin)
    assert without_mixin.XBLOCK_MIXINS == ("a.B",)
    assert without_mixin.MIDDLEWARE == fresh().MIDDLEWARE
    monkeypatch.setenv("DEVLMS_WITHOUT_GATE_MIDDLEWARE", "1")
    monkeypatch.setenv("DEVLMS_WRONG_TRIES", "1000")
    both = fresh()
    spoil.spoil_settings(both)
    assert (both.MIDDLEWARE, both.ASSESSPREP_WRONG_TRIES) == (["c.D"], 1000)


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["1", "by id"])
def test_one_answer_key_can_be_changed_for_a_control(monkeypatch, which):
    course = factories.make_course_run()
    assessment = factories.make_assessment_block(course, [factories.choice_olx(), factories.choice_olx()])
    learner = factories.make_learner(course)
    keys = factories.children_of(assessment)
    right = {key: {factories.input_name(key): "choice_0"} for key in keys}
    assert [graded.score.earned for graded in get_lms().hand_in(assessment, learner.pk, right).values()] == [1, 1]
    monkeypatch.setenv("DEVLMS_CHANGE_ONE_KEY", "1" if which == "1" else keys[0].block_id)
    assert [graded.score.earned for graded in get_lms().hand_in(assessment, learner.pk, right).values()] == [0, 1]


@pytest.mark.django_db
def test_a_hand_in_can_be_made_to_drop_the_drafts_for_a_control(monkeypatch):
    course = factories.make_course_run()
    assessment = factories.make_assessment_block(course, [factories.choice_olx()])
    learner = factories.make_learner(course)
    key = factories.children_of(assessment)[0]
    monkeypatch.setenv("DEVLMS_HAND_IN_DROPS_DRAFTS", "1")
    result = get_lms().hand_in(assessment, learner.pk, {key: {factories.input_name(key): "choice_0"}})
    assert result[key].accepted
    assert result[key].score.earned == 0


def test_symbolic_and_chemical_questions_are_the_real_ones_though_they_are_loaded_when_they_are_asked():
    from xblocks_contrib.problem.capa import inputtypes, responsetypes

    assert responsetypes.symmath_check("x", "x")["ok"]
    assert inputtypes.chemcalc.render_to_html("H2O") == '<span class="math">H<sub>2</sub>O</span>'
