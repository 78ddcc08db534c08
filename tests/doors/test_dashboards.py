"""The way to our pages from the platform's two instructor dashboards, asked through the platform's own filters."""

from __future__ import annotations

from types import SimpleNamespace

import crum
import pytest
from django.test import RequestFactory
from openedx_filters.learning import filters

from assessprep_xblock.settings import lms as lms_settings
from tests.domain import district as d

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return d.make_school("A")


@pytest.fixture
def signed_in():
    """Let this person's request be under way."""

    def sign_in(user):
        under_way = RequestFactory().get("/", headers={"host": "lms.example.com"})
        under_way.user = user
        crum.set_current_request(under_way)

    yield sign_in
    crum.set_current_request(None)


def sections(school, *before):
    context = {"course": SimpleNamespace(id=school.course_key), "sections": list(before)}
    context, template = filters.InstructorDashboardRenderStarted.run_filter(context=context, template_name="page.html")
    assert template == "page.html"
    return context["sections"]


def tabs(school, user, *before):
    return filters.InstructorDashboardTabsRequested.run_filter(tabs=list(before), user=user, course_key=school.course_key)[0]


def test_the_old_dashboard_gets_a_section_that_leads_to_our_page(school, signed_in):
    signed_in(school.staff)
    other = {"section_key": "course_info"}
    first, ours = sections(school, other)
    assert first == other
    assert ours["section_display_name"] == "Common Assessments"
    assert ours["url"] == f"http://lms.example.com/assessprep/courses/{school.course_key}/"


def test_the_new_dashboard_gets_an_absolute_address_because_it_takes_a_path_for_one_of_its_own_pages(school, signed_in):
    signed_in(school.staff)
    other = {"tab_id": "course_info", "title": "Course Info", "url": "/x", "sort_order": 120}
    first, ours = tabs(school, school.staff, other)
    assert first == other
    assert ours == {
        "tab_id": "assessprep",
        "title": "Common Assessments",
        "url": f"http://lms.example.com/assessprep/courses/{school.course_key}/",
        "sort_order": 130,
    }


def test_who_is_no_staff_of_the_run_is_shown_no_way(school, signed_in):
    other = d.make_school("B")
    for stranger in (other.staff, school.learners[0]):
        signed_in(stranger)
        assert sections(school) == []
        assert tabs(school, stranger) == []


def test_asked_twice_each_dashboard_has_one(school, signed_in):
    signed_in(school.staff)
    assert len(sections(school, *sections(school))) == 1
    assert len(tabs(school, school.staff, *tabs(school, school.staff))) == 1


def test_an_operator_s_own_steps_stay_in_their_order_whatever_form_they_are_configured_in():
    old, new = lms_settings.STEPS
    for theirs in ("their.Step", ["their.Step"], {"fail_silently": False, "pipeline": ["their.Step"], "log_level": "debug"}):
        given = SimpleNamespace(MIDDLEWARE=[], OPEN_EDX_FILTERS_CONFIG={old: theirs, "another.filter": {"pipeline": []}})
        for _time in range(2):
            lms_settings.plugin_settings(given)
        found = given.OPEN_EDX_FILTERS_CONFIG
        assert found[old]["pipeline"] == ["their.Step", lms_settings.STEPS[old]]
        assert found[new]["pipeline"] == [lms_settings.STEPS[new]]
        assert found["another.filter"] == {"pipeline": []}
    assert (found[old]["fail_silently"], found[old]["log_level"]) == (False, "debug")
