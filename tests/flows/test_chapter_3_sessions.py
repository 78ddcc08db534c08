"""Chapter 3 of the guide, "Creating and Managing Sessions", as a school's staff do it: by the pages and their calls."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from assessprep_xblock.domain.library.delivery import CATALOGUE
from assessprep_xblock.domain.sessions import changing
from assessprep_xblock.domain.sessions.models import AssessmentSession, Invigilator
from devlms import factories
from tests.domain import district as d
from tests.world import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(district):
    """School A's session, published now and open."""
    return d.published(district, district.a, settings={})


def shown(staff: Page, view: str, *args, query: str = "") -> str:
    """A page, as its reader gets it."""
    answer = staff.client.get(reverse(f"assessprep:{view}", args=[str(one) for one in args]) + query)
    assert answer.status_code == 200, (view, answer.status_code)
    return answer.content.decode()


def soon(**later) -> str:
    return (timezone.now() + timedelta(**later)).isoformat()


# -- creating a new session: steps 1 to 6 ---------------------------------------------------------------------------------
def test_a_session_is_made_in_the_six_steps_of_the_guide(district, staff):
    school, assessment = district.a, district.assessment
    # 1 Open the assessment from the Common Assessments section
    tab = shown(staff, "course", school.course_key)
    opened = reverse("assessprep:course_assessment", args=[school.course_key, assessment.uuid])
    assert opened in tab
    # 2 Click 'Add Session'
    form_address = reverse("assessprep:session_new", args=[school.course_key, assessment.uuid])
    assert form_address in staff.client.get(opened).content.decode()
    form = staff.client.get(form_address).content.decode()
    # 3 Configure delivery settings: every one of the catalogue has its field, with its group and who decides
    for setting in CATALOGUE:
        assert f'data-setting="{setting.name}"' in form, setting.name
    # 4 Assign students by selecting classes or individual students
    assert "7A" in form and "7B" in form and 'id="session-search"' in form
    placed = staff.call("POST", f"courses/{school.course_key}/placements", {"assessment": str(assessment.uuid)}).json()
    assert staff.call("POST", f"placements/{placed['uuid']}/add", {}).json()["state"] == "ready"
    body = {
        "placement": placed["uuid"],
        "name": "Period 3",
        "settings": {"duration_s": 1800, "closes_at": soon(hours=2), "guests": True},  # 5 Allow guests
        "roster": {"classes": [school.class_a.pk], "students": [school.learners[3].pk]},
        "request_id": str(uuid4()),
    }
    made = staff.call("POST", f"courses/{school.course_key}/sessions", body)
    assert made.status_code == 201
    session = made.json()
    assert (session["lifecycle"], session["code"], session["settings"]["guests"]) == ("draft", None, True)
    learner = Page(school.learners[0])
    assert learner.call("GET", "me/sessions").json()["results"] == []
    # 6 Publish the session to make it visible to students
    published = staff.call("POST", f"sessions/{session['uuid']}/publish", {})
    assert published.status_code == 200 and len(published.json()["code"]) == 4
    for number, sees in ((0, True), (1, True), (2, False), (3, True)):
        own = Page(school.learners[number]).call("GET", "me/sessions").json()["results"]
        assert [one["name"] for one in own] == (["Period 3"] if sees else []), number


# -- each session can be managed independently ----------------------------------------------------------------------------
def test_each_session_is_managed_independently(district, staff, session):
    other = d.draft(district, district.a, placement=session.placement, name="Other")
    before = AssessmentSession.objects.values().get(pk=other.pk)
    staff.call("PATCH", f"sessions/{session.uuid}", {"version": session.version_no, "name": "Renamed"})
    staff.call("POST", f"sessions/{session.uuid}/rotate-code", {})
    staff.call("POST", f"sessions/{session.uuid}/archive", {})
    assert AssessmentSession.objects.values().get(pk=other.pk) == before


def test_whoever_adds_the_assessment_from_a_session_s_page_reads_how_far_the_copy_is(staff, session):
    page = shown(staff, "session", session.uuid)
    words = json.loads(re.search(r'<script id="session-setup"[^>]*>(.*?)</script>', page)[1])["words"]
    assert "{done} of {of} are there" in words["copied"] and "code" in words["code_copied"]


def test_the_page_of_a_session_tells_every_delivery_setting_and_who_decides_it(staff, session):
    table = shown(staff, "session", session.uuid).split("All delivery settings")[1].split("</table>")[0]
    assert [one.label for one in CATALOGUE if escape(one.label) not in table] == []
    assert table.count("Default; your school may change it") == len(CATALOGUE)


def test_edit_modifies_settings_students_and_delivery_options(district, staff, session):
    change = {
        "version": session.version_no,
        "name": "Room 14",
        "settings": {"duration_s": 600},
        "roster": {"classes": [district.a.class_b.pk]},
    }
    after = staff.call("PATCH", f"sessions/{session.uuid}", change).json()
    assert (after["name"], after["settings"]["duration_s"]) == ("Room 14", 600)
    assert after["roster"]["classes"] == [district.a.class_b.pk] and not after["roster"]["everyone"]


def test_a_name_that_is_too_long_is_refused_at_its_field_and_never_cut(staff, session):
    for name, code in (("x" * 121, "too_large"), ("", "invalid"), ("two\nlines", "invalid")):
        refused = staff.call("PATCH", f"sessions/{session.uuid}", {"version": session.version_no, "name": name})
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, code, "name")
    assert "maxlength" not in shown(staff, "session_edit", session.uuid).split('id="session-name"')[1].split(">")[0]
    session.refresh_from_db()
    assert session.name == "Period 1"


@pytest.mark.parametrize("setting", [one.name for one in CATALOGUE])
def test_the_table_of_changes_is_what_the_action_does_and_the_form_shows(district, staff, session, setting):
    """One table: asked for every setting of the catalogue, before and after somebody joined."""
    one = next(known for known in CATALOGUE if known.name == setting)
    other = {
        "flag": lambda v: not v,
        "seconds": lambda v: one.most if v is None else v + (one.unit if v + one.unit <= one.most else -one.unit),
        "text": lambda v: "Other words",
    }
    value = session.placement.version.settings[setting]["default"]
    if one.kind == "choice":
        value = next(key for key, _label in one.choices if key != value)
    elif one.kind == "datetime":
        value = soon(hours=-2 if setting == "opens_at" else 5)
    elif one.kind in other:
        value = other[one.kind](value)
    else:
        pytest.skip(f"{one.kind} has its own tests")
    AssessmentSession.objects.filter(pk=session.pk).update(n_joined=1)
    answer = staff.call("PATCH", f"sessions/{session.uuid}", {"version": session.version_no, "settings": {setting: value}})
    if answer.status_code == 400 and answer.json()["code"] == "settings_contradict":
        pytest.skip("makes sense only together with another one")
    may = changing.may_change(setting, lifecycle="published", joined=True)
    assert answer.status_code == (200 if may else 409), answer.content
    if not may:
        assert (answer.json()["code"], answer.json()["field"]) == ("has_attempts", setting)
    field = shown(staff, "session_edit", session.uuid).split(f'data-setting="{setting}"')[1].split('class="ap-wrong"')[0]
    assert ("Fixed, because students have joined." in field) is not may


def test_a_close_in_the_past_does_not_end_a_published_session_by_mistake(staff, session):
    change = {"version": session.version_no, "settings": {"closes_at": soon(minutes=-1)}}
    refused = staff.call("PATCH", f"sessions/{session.uuid}", change)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (409, "close_in_the_past", "closes_at")
    assert "End in the Monitor" in refused.json()["message"]


def test_duplicate_copies_the_settings_and_what_else_was_chosen(district, staff, session):
    watcher = factories.make_user("watcher")
    Invigilator.objects.create(session=session, user=watcher, level="chief")
    changes = {"version": session.version_no, "settings": {"duration_s": 900, "closes_at": soon(hours=1)}}
    assert staff.call("PATCH", f"sessions/{session.uuid}", changes).status_code == 200
    plain = staff.call("POST", f"sessions/{session.uuid}/duplicate", {"name": "Again", "request_id": str(uuid4())}).json()
    assert (plain["lifecycle"], plain["code"], plain["settings"]["duration_s"]) == ("draft", None, 900)
    assert plain["settings"]["closes_at"] is None and plain["roster"]["everyone"]
    assert not Invigilator.objects.filter(session__uuid=plain["uuid"]).exists()
    opens, closes = soon(days=1), soon(days=1, hours=1)
    chosen = {
        "name": "With dates",
        "roster": "none",
        "settings": False,
        "invigilators": True,
        "opens_at": opens,
        "closes_at": closes,
        "request_id": str(uuid4()),
    }
    copy = staff.call("POST", f"sessions/{session.uuid}/duplicate", chosen).json()
    assert copy["changed"] == ["closes_at", "opens_at"] and not copy["roster"]["everyone"]
    assert list(Invigilator.objects.filter(session__uuid=copy["uuid"]).values_list("user", "level")) == [
        (watcher.pk, "chief")
    ]


def test_duplicate_refuses_dates_that_contradict_and_names_the_field(staff, session):
    wrong = {"name": "Again", "opens_at": soon(hours=2), "closes_at": soon(hours=1)}
    refused = staff.call("POST", f"sessions/{session.uuid}/duplicate", wrong)
    assert (refused.status_code, refused.json()["field"]) == (400, "closes_at")
    refused = staff.call("POST", f"sessions/{session.uuid}/duplicate", {"name": "Again", "settings": "yes"})
    assert (refused.status_code, refused.json()["field"]) == (400, "settings")
    assert AssessmentSession.objects.count() == 1


def test_the_copy_dialog_says_what_is_never_copied(staff, session):
    dialog = shown(staff, "session", session.uuid).split('id="session-duplicate-dialog"')[1].split("</dialog>")[0]
    assert "never takes along the code, the dates, attempts or results" in dialog
    for name in ("opens_at", "closes_at", "roster", "settings", "invigilators"):
        assert f'name="{name}"' in dialog


def test_archive_removes_from_view_and_preserves_everything(district, staff, session):
    session.refresh_from_db()
    code = session.live_code
    assert staff.call("POST", f"sessions/{session.uuid}/archive", {}).json()["lifecycle"] == "archived"
    assert "Period 1" not in shown(staff, "sessions", district.a.course_key)
    assert "Period 1" in shown(staff, "sessions", district.a.course_key, query="?archived=true")
    assert Page(district.a.learners[0]).call("GET", "me/sessions").json()["results"] == []
    back = staff.call("POST", f"sessions/{session.uuid}/unarchive", {}).json()
    assert (back["lifecycle"], back["code"], back["name"]) == ("draft", None, "Period 1")
    again = staff.call("POST", f"sessions/{session.uuid}/publish", {}).json()
    assert again["code"] not in (None, code)


def test_nobody_archives_a_session_in_which_students_work_and_the_page_says_so_first(staff, session):
    AssessmentSession.objects.filter(pk=session.pk).update(n_in_progress=3)
    dialog = shown(staff, "session", session.uuid).split('id="session-archive-dialog"')[1].split("</dialog>")[0]
    assert "3 students are still working" in dialog and 'data-yes="archive"' not in dialog
    refused = staff.call("POST", f"sessions/{session.uuid}/archive", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "students_working")
    AssessmentSession.objects.filter(pk=session.pk).update(n_in_progress=0, n_joined=1)
    dialog = shown(staff, "session", session.uuid).split('id="session-archive-dialog"')[1].split("</dialog>")[0]
    assert "1 student has joined and waits" in dialog and 'data-yes="archive"' in dialog


def test_a_session_is_published_and_made_a_draft_again(district, staff, session):
    assert staff.call("POST", f"sessions/{session.uuid}/unpublish", {}).json()["lifecycle"] == "draft"
    assert Page(district.a.learners[0]).call("GET", "me/sessions").json()["results"] == []
    assert staff.call("POST", f"sessions/{session.uuid}/publish", {}).json()["lifecycle"] == "published"


def test_publishing_twice_from_two_tabs_has_one_winner_and_both_see_the_result(district, staff):
    draft = d.draft(district, district.a, settings={})
    first = staff.call("POST", f"sessions/{draft.uuid}/publish", {})
    second = staff.call("POST", f"sessions/{draft.uuid}/publish", {})
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 409, "already_published")
    assert first.json()["code"] in shown(staff, "session", draft.uuid)


def test_only_a_session_without_attempts_can_be_deleted(staff, session):
    AssessmentSession.objects.filter(pk=session.pk).update(n_submitted=1)
    assert 'data-ask="delete"' not in shown(staff, "session", session.uuid)
    assert staff.call("DELETE", f"sessions/{session.uuid}").status_code == 409
    AssessmentSession.objects.filter(pk=session.pk).update(n_submitted=0)
    assert staff.call("DELETE", f"sessions/{session.uuid}").status_code == 204
    assert staff.call("GET", f"sessions/{session.uuid}").status_code == 404


# -- the list -------------------------------------------------------------------------------------------------------------
def _many(district, session, number: int) -> None:
    AssessmentSession.objects.bulk_create(
        AssessmentSession(
            placement=session.placement,
            course_key=session.course_key,
            name=f"Row {n:03}",
            created_by=district.a.staff,
            created_at=d.NOW + timedelta(minutes=n),
        )
        for n in range(number)
    )


def test_every_session_can_be_reached_however_many_there_are(district, staff, session):
    _many(district, session, 620)
    key = district.a.course_key
    first = shown(staff, "sessions", key)
    assert "1 to 50 of 621" in first and "Row 619" in first and "Row 000" not in first
    assert "Row 000" in shown(staff, "sessions", key, query="?page=13")
    # A page that is not there is the nearest that is.
    for page in ("99", "0", "x", "²", "9" * 30):
        assert "of 621" in shown(staff, "sessions", key, query=f"?page={page}")
    found = shown(staff, "sessions", key, query="?search=row+007")
    assert "Row 007" in found and "Row 008" not in found
    assert "Nothing found" in shown(staff, "sessions", key, query="?search=nothing+like+it")
    assert "Row 619" not in shown(staff, "sessions", key, query="?state=published")


def test_the_list_costs_the_same_for_ten_and_for_two_hundred(district, staff, session):
    counts = []
    for number in (9, 190):
        _many(district, session, number)
        with CaptureQueriesContext(connection) as asked:
            shown(staff, "sessions", district.a.course_key)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12, counts
