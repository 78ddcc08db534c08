"""Chapter 2 of the guide, "Using Assessments for Sessions", as an organization's staff do it. Each sentence has its test."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from assessprep_xblock.domain.library import actions
from assessprep_xblock.domain.library.delivery import CATALOGUE
from assessprep_xblock.domain.sessions import actions_life
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import Block
from tests.domain import district as d
from tests.world import Page

pytestmark = pytest.mark.django_db

PASSAGE = '<html display_name="The lever"><![CDATA[<p>Give me a place to stand.</p>]]></html>'


@pytest.fixture
def district():
    return d.make_district(olx=[PASSAGE, factories.choice_olx(), factories.number_olx(answer="12.5"), factories.text_olx()])


def shown(page: Page, view: str, *args, query: str = "") -> str:
    """A page, as its reader gets it."""
    answer = page.client.get(reverse(f"assessprep:{view}", args=[str(one) for one in args]) + query)
    assert answer.status_code == 200, (view, answer.status_code)
    return answer.content.decode()


def everything() -> dict:
    """Every row of ours and of the embedded LMS."""
    models = [*apps.get_app_config("assessprep").get_models(), *apps.get_app_config("devlms").get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


# -- accessing assessments ----------------------------------------------------------------------------------------------
def test_the_tab_stands_in_the_course_s_navigation_and_leads_to_the_banks(district, staff):
    course = staff.client.get(reverse("course_home", args=[str(district.a.course_key)]))
    tab = reverse("assessprep:course", args=[district.a.course_key])
    assert "Common Assessments" in course.content.decode() and tab in course.content.decode()
    assert "Science bank" in staff.client.get(tab).content.decode()


def test_assessments_stand_under_active_scheduled_ended_and_available_with_their_numbers(district, staff):
    run, hour = district.a.course_key, timedelta(hours=1)
    now = timezone.now()

    def sections() -> list[str]:
        page = shown(staff, "course", run)
        return [name for name in ("active", "scheduled", "ended", "available") if f'id="state-{name}"' in page]

    assert sections() == ["available"]
    later = {"opens_at": (now + hour).isoformat(), "closes_at": (now + 2 * hour).isoformat()}
    one, other = ({"students": [learner.pk]} for learner in district.a.learners[:2])
    session = d.published(district, district.a, settings=later, roster=one)
    assert sections() == ["scheduled"]
    d.published(district, district.a, placement=session.placement, settings={}, roster=other)
    assert sections() == ["active"]
    assert "<b>1</b> <span>Active</span>" in shown(staff, "course", run)
    assert "No assessment fits" in shown(staff, "course", run, query="?state=ended")
    next_door = Page(district.b.staff)
    assert 'id="state-available"' in shown(next_door, "course", district.b.course_key)


def test_an_assessment_is_found_by_words_bank_subject_and_grade(district, staff):
    changes = {"subject": "Science", "grade": "7", "standards": ["NGSS MS-PS2-1"]}
    given = {"assessment_uuid": district.assessment.uuid, "version": 1, "by": district.author.pk, "now": d.NOW}
    actions.change_assessment(changes=changes, **given)
    run = district.a.course_key
    for query in ("search=forces", "search=MS-PS2 science", "subject=Science&grade=7", f"bank={district.bank.uuid}"):
        assert "Forces and motion" in shown(staff, "course", run, query=f"?{query}"), query
    for query in ("search=art", "subject=Art", "grade=8", "bank=x"):
        assert "Nothing found" in shown(staff, "course", run, query=f"?{query}"), query


def test_opening_an_assessment_shows_its_details_and_who_decides_each_setting(district, staff):
    run, assessment = district.a.course_key, district.assessment
    page = shown(staff, "course_assessment", run, assessment.uuid)
    for words in ("Push and pull", "Duration (minutes)", "Default; your school may change it", "Versions", "Add Session"):
        assert words in page, words
    # All of them: what the form folds away at first decides no less how the test goes.
    table = page[page.index("Default delivery settings") :]
    assert [one.label for one in CATALOGUE if escape(one.label) not in table] == []
    settings = {"duration_s": {"default": 1800, "rule": "locked"}}
    given = {"assessment_uuid": assessment.uuid, "version": 1, "by": district.author.pk, "now": d.NOW}
    actions.change_assessment(changes={"settings": settings}, **given)
    d.publish_version(district)
    assert "Decided by the author" in shown(staff, "course_assessment", run, assessment.uuid)


def test_only_sessions_enabled_banks_that_are_shared_are_there(district, staff):
    run = district.a.course_key
    by = {"bank_uuid": district.bank.uuid, "by": district.author.pk, "now": d.NOW}
    for changes in ({"sessions_enabled": False}, {"sessions_enabled": True, "shared_with_all": False}):
        actions.change_bank(changes=changes, **by)
        assert "No common assessment yet" in shown(staff, "course", run)
        address = reverse("assessprep:course_assessment", args=[run, district.assessment.uuid])
        assert staff.client.get(address).status_code == 404
    actions.change_bank(changes={"shared_with": ["SchoolA"]}, **by)
    assert "Forces and motion" in shown(staff, "course", run)
    assert "No common assessment yet" in shown(Page(district.b.staff), "course", district.b.course_key)


def test_a_school_that_is_stopped_keeps_what_it_has_and_adds_nothing(district, staff):
    session = d.published(district, district.a, settings={})
    run, assessment = district.a.course_key, district.assessment.uuid
    author = Page(district.author)
    body = {"organization": "SchoolA", "stopped": True}
    assert author.call("PUT", f"banks/{district.bank.uuid}/availability", body).status_code == 200
    assert "Stopped" in shown(author, "bank", district.bank.uuid)
    tab, details = shown(staff, "course", run), shown(staff, "course_assessment", run, assessment)
    assert "No new session" in tab and "Period 1" in details
    new = reverse("assessprep:session_new", args=[run, assessment])
    assert new not in tab + details
    refused = staff.client.get(new)
    assert (refused.status_code, "may not start sessions" in refused.content.decode()) == (409, True)
    assert "No common assessment yet" not in tab
    body = {"placement": str(session.placement.uuid), "name": "Another"}
    assert staff.call("POST", f"courses/{run}/sessions", body).json()["code"] == "bank_closed"
    again = author.call("PUT", f"banks/{district.bank.uuid}/availability", {"organization": "SchoolA"})
    assert again.json()["availability"] == []
    assert staff.call("POST", f"courses/{run}/sessions", body).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "organization"),
        ({"organization": "Nowhere"}, "shared_with"),
        ({"organization": "SchoolA", "stopped": "yes"}, "stopped"),
        ({"organization": "SchoolA", "opens_at": "soon"}, "opens_at"),
        ({"organization": "SchoolA", "opens_at": "2026-09-14T09:00Z", "closes_at": "2026-09-14T08:00Z"}, "closes_at"),
    ],
)
def test_a_window_that_cannot_be_is_refused_at_its_field(district, body, field):
    answer = Page(district.author).call("PUT", f"banks/{district.bank.uuid}/availability", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


# -- the questions, read beforehand -------------------------------------------------------------------------------------
def test_the_questions_are_read_as_a_student_reads_them_and_nothing_is_stored(district, staff):
    before = everything()
    page = shown(staff, "course_preview", district.a.course_key, district.assessment.uuid)
    for words in ("Give me a place to stand.", "What is a force?", "A push or a pull", "The student types an answer here"):
        assert words in page, words
    assert "12.5" not in page and "newton" not in page
    assert everything() == before


def test_before_its_time_no_school_reads_the_questions(district, staff):
    author, run, assessment = Page(district.author), district.a.course_key, district.assessment.uuid
    until = (timezone.now() + timedelta(days=1)).isoformat()
    assert author.call("PATCH", f"assessments/{assessment}", {"version": 1, "embargo_until": until}).status_code == 200
    for view in ("course_preview", "course_assessment"):
        page = shown(staff, view, run, assessment)
        assert "The author shows the questions to schools from" in page, view
        assert "Push and pull" not in page and "What is a force?" not in page, view
    past = (timezone.now() - timedelta(minutes=1)).isoformat()
    author.call("PATCH", f"assessments/{assessment}", {"version": 2, "embargo_until": past})
    assert "What is a force?" in shown(staff, "course_preview", run, assessment)


# -- important: organizations cannot edit the content -------------------------------------------------------------------
def test_no_call_of_a_school_changes_the_content_and_the_bank_is_not_there_for_it(district, staff):
    assessment, bank = district.assessment.uuid, district.bank.uuid
    session = d.published(district, district.a, settings={})
    content = list(Block.objects.order_by("pk").values())
    for method, path, body in (
        ("PATCH", f"assessments/{assessment}", {"version": 1, "title": "Ours"}),
        ("POST", f"assessments/{assessment}/publish", {}),
        ("PATCH", f"banks/{bank}", {"title": "Ours"}),
        ("PUT", f"banks/{bank}/availability", {"organization": "SchoolA"}),
        ("POST", f"versions/{session.placement.version.uuid}/withdraw", {}),
    ):
        assert staff.call(method, path, body).status_code == 404, path
    settings = {"version": session.version_no, "settings": {"duration_s": 1200}, "name": "Renamed"}
    assert staff.call("PATCH", f"sessions/{session.uuid}", settings).status_code == 200
    assert list(Block.objects.order_by("pk").values()) == content


def test_what_a_school_changes_in_studio_is_named_and_taken_back(district, staff):
    session = d.draft(district, district.a)
    placement = session.placement
    question = factories.children_of(placement.usage_key)[1]
    factories.edit_block(question, display_name="Easier")
    factories.edit_block(factories.children_of(placement.usage_key)[2], max_attempts=9)
    factories.publish_block(placement.usage_key)
    checked = staff.call("POST", f"placements/{placement.uuid}/check", {}).json()
    assert checked["state"] == "drifted"
    assert {one["question"] for one in checked["drift"]} == {"Average speed"}
    details = shown(staff, "course_assessment", district.a.course_key, district.assessment.uuid)
    assert "<strong>Average speed</strong>: how often it may be answered" in details and "Restore" in details
    refused = staff.call("POST", f"sessions/{session.uuid}/publish", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "lint_errors")
    assert staff.call("POST", f"placements/{placement.uuid}/add", {}).json()["state"] == "ready"
    assert staff.call("GET", f"placements/{placement.uuid}").json()["drift"] == []


def test_a_newer_version_is_shown_with_its_changes_and_taken_only_by_hand(district, staff):
    session = d.draft(district, district.a)
    placement, run = session.placement, district.a.course_key
    factories.edit_block(factories.children_of(district.block)[1], display_name="Pushing and pulling")
    factories.publish_block(district.block)
    newer = d.publish_version(district, note="Clearer words")
    details = shown(staff, "course_assessment", run, district.assessment.uuid)
    for words in ("Version 2 is there", "Clearer words", "Pushing and pulling", "Take version 2"):
        assert words in details, words
    assert staff.call("GET", f"placements/{placement.uuid}").json()["version"]["number"] == 1
    taken = staff.call("PUT", f"placements/{placement.uuid}/version", {"version": str(newer.uuid)}).json()
    assert (taken["state"], taken["version"]["number"]) == ("ready", 2)
    assert placement.questions.order_by("position").first().title == "Pushing and pulling"


# -- in Studio ----------------------------------------------------------------------------------------------------------
def test_studio_s_chooser_offers_what_is_open_with_what_is_in_it(district):
    block = factories.make_assessment_block(district.a.course_key, [])
    client = Client()
    client.force_login(district.a.staff)
    editor = client.get(reverse("studio_edit", kwargs={"usage_key_string": str(block)})).content.decode()
    for words in ("Science bank", "What is in it", "Push and pull", "Read the questions"):
        assert words in editor, words


def test_studio_warns_of_a_timed_exam_and_of_what_stands_beside_the_block(district):
    block = factories.make_assessment_block(district.a.course_key, [], is_time_limited=True)
    unit = factories.ContentTree.load(district.a.course_key, factories.DRAFT).unit_of(block.block_id)
    factories.make_block(block.course_key.make_usage_key("vertical", unit.block_id), factories.choice_olx(), publish=True)
    client = Client()
    client.force_login(district.a.staff)
    page = client.get(reverse("studio_container", kwargs={"usage_key_string": str(block)})).content.decode()
    assert "This subsection is a timed exam of the platform." in page
    assert "1 other block stands in this unit." in page


def test_students_find_their_sessions_now_and_next_with_the_way_to_the_start_screen_in_the_school_s_time(district):
    school, now = district.a, timezone.now()
    placement = d.place(district, school)

    def held(name: str, **settings) -> None:
        roster = {"students": [school.learners[0].pk]}
        settings["time_zone"] = "Europe/Berlin"
        session = d.draft(district, school, placement=placement, name=name, roster=roster, settings=settings)
        actions_life.publish_session(session_uuid=session.uuid, by=school.staff.pk, now=now)

    def at(hours: int) -> str:
        return (now + timedelta(hours=hours)).isoformat()

    held("Morning", opens_at=at(-1), closes_at=at(1))
    held("Evening", opens_at=at(3), closes_at=at(4))
    page = shown(Page(school.learners[0]), "course", school.course_key)
    current, following = page.split(">Now</h2>")[1].split(">Next</h2>")
    way = f'href="{get_lms().unit_place(placement.usage_key).student_url}"'
    for part, name, other in ((current, "Morning", "Evening"), (following, "Evening", "Morning")):
        assert name in part and other not in part
        assert way in part and part.count('data-zone-name="Europe/Berlin"') == 2
    assert "No session for you yet" in shown(Page(school.learners[1]), "course", school.course_key)
