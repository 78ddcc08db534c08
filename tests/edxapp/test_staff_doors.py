"""What course staff do in the LMS's own pages, and what learners find in its search, on a real edx-platform."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from types import ModuleType, SimpleNamespace

from django.urls import path, reverse
from openedx_filters.learning import filters
from search.search_engine_base import SearchEngine

from assessprep_xblock.lms import get_lms
from assessprep_xblock.tabs import NewDashboardTab
from tests.edxapp.district import Browser
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


# -- the instructor dashboard ------------------------------------------------------------------------------------------
def test_the_instructor_dashboard_has_a_section_that_leads_to_our_page(district):
    page = Browser(district.staff).client.get(reverse("instructor_dashboard", args=[district.school]))
    assert page.status_code == 200
    html = page.content.decode()
    assert 'data-section="assessprep"' in html
    assert f'href="http://testserver/assessprep/courses/{district.school}/"' in html
    assert Browser(district.staff).client.get(f"/assessprep/courses/{district.school}/").status_code == 200


def test_the_new_dashboard_is_offered_a_link(district, ada):
    tabs = [{"tab_id": "course_info", "title": "Course Info", "url": "/x", "sort_order": 10}]
    asked = getattr(filters, "InstructorDashboardTabsRequested", None)
    if asked is not None:  # from Verawood on; before, our step is asked by itself
        offered = asked.run_filter(tabs=tabs, user=district.staff, course_key=district.school)[0]
    else:
        step = NewDashboardTab(filter_type="", running_pipeline=[])
        offered = step.run_filter(tabs=tabs, user=district.staff, course_key=district.school)["tabs"]
        assert step.run_filter(tabs=tabs, user=ada, course_key=district.school)["tabs"] == tabs
    assert [tab["tab_id"] for tab in offered] == ["course_info", "assessprep"]


def test_the_gradebook_is_where_we_say_and_without_one_the_dashboard_is(district, ada, settings):
    address = get_lms().gradebook_url(district.school)
    assert Browser(district.staff).client.get(address).status_code == 200
    assert Browser(ada).client.get(address).status_code in (403, 404)
    later = ModuleType("urls_of_a_release_without_the_old_dashboard")
    later.urlpatterns = [path("courses/<str:course_id>/instructor", str, name="instructor_dashboard")]
    settings.ROOT_URLCONF = later
    assert get_lms().gradebook_url(district.school) == f"/courses/{district.school}/instructor"


# -- courseware search -------------------------------------------------------------------------------------------------
@pytest.fixture
def searched(district):
    """The index that Studio makes when the run is published."""
    from xmodule.modulestore.django import modulestore

    engine = SearchEngine.get_search_engine("courseware_content")
    engine.destroy()
    ordinary = edx.make_unit(district.school, "A push on the ordinary page")
    for key in (*district.keys(), ordinary.location):
        block = modulestore().get_item(key)
        document = {**block.index_dictionary(), "id": str(key), "course": str(district.school), "org": district.school.org}
        engine.index([{**document, "content_groups": None}])
    yield SimpleNamespace(ordinary=str(ordinary.location))
    engine.destroy()


def results(user, district, text) -> list[str]:
    url = reverse("do_search", args=[district.school])
    answer = edx.signed_in(user).post(url, {"search_string": text})
    assert answer.status_code == 200, answer.content
    return [one["data"]["id"] for one in answer.json()["results"]]


def test_courseware_search_finds_no_question_for_a_learner_at_any_time(district, ada, searched):
    session = district.session("Monday, room 12")
    found = {"before": results(ada, district, "push")}
    browser = Browser(ada)
    browser.verify(district.block, session.live_code)
    browser.start()
    found["during"] = results(ada, district, "push")
    browser.submit()
    found["after"] = results(ada, district, "push")
    assert found == dict.fromkeys(found, [searched.ordinary])
    # The text is in the index: course staff find it.
    assert set(results(district.staff, district, "push")) == {searched.ordinary, str(district.keys()[0])}
