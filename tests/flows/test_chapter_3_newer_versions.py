"""Chapter 3, "Edit" and "Publish", after the assessment's author has published a newer version with other rules."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assessprep_xblock.domain.library import actions, actions_placing
from assessprep_xblock.domain.sessions import queries
from assessprep_xblock.domain.sessions.models import AssessmentSession
from tests.domain import district as d
from tests.world import Page

pytestmark = pytest.mark.django_db

OWN = {"duration_s": 5400, "navigation": "forward", "end_grace_s": 300}


def with_rules(district, **settings):
    """The next version of the district's assessment, with these rules."""
    district.assessment.refresh_from_db()
    given = {"changes": {"settings": settings}, "version": district.assessment.version_no}
    actions.change_assessment(assessment_uuid=district.assessment.uuid, by=district.author.pk, now=d.NOW, **given)
    return d.publish_version(district)


@pytest.fixture
def session(district):
    """A draft with three settings of its own, two of which the next version no longer allows, and the version taken."""
    session = d.draft(district, district.a, settings=OWN)
    newer = with_rules(
        district,
        duration_s={"default": 3600, "rule": "range", "least": 2700, "most": 3600},
        navigation={"default": "page", "rule": "locked"},
    )
    actions_placing.take_version(
        placement_uuid=session.placement.uuid, version_uuid=newer.uuid, by=district.a.staff.pk, now=d.NOW
    )
    return queries.session_for_staff(session_uuid=session.uuid, user_id=district.a.staff.pk)


def form(staff: Page, session) -> str:
    return staff.client.get(reverse("assessprep:session_edit", args=[session.uuid])).content.decode()


def test_before_a_newer_version_is_taken_the_page_names_what_it_takes_away(district, staff):
    d.draft(district, district.a, settings=OWN, name="Period 7")
    with_rules(district, navigation={"default": "page", "rule": "locked"})
    address = reverse("assessprep:course_assessment", args=[district.a.course_key, district.assessment.uuid])
    told = staff.client.get(address).content.decode().split('id="school-newer"')[1].split("</section>")[0]
    assert "<strong>Period 7</strong>: Questions are shown" in told


def test_what_the_newer_version_does_not_allow_is_not_in_force_and_is_named_with_its_fix(staff, session):
    shown = staff.call("GET", f"sessions/{session.uuid}").json()
    in_force = {name: shown["settings"][name] for name in OWN}
    assert in_force == {"duration_s": 3600, "navigation": "page", "end_grace_s": 300}
    assert (shown["changed"], shown["no_longer_allowed"]) == (["end_grace_s"], ["duration_s", "navigation"])
    refused = staff.call("POST", f"sessions/{session.uuid}/publish", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "lint_errors")
    found = {one["field"]: one for one in refused.json()["lint"]}
    assert {"duration_s", "navigation"} == found.keys()
    assert {one["code"] for one in found.values()} == {"setting_not_allowed"}
    assert "“Duration (minutes)”" in found["duration_s"]["sentence"] and "version 2" in found["duration_s"]["sentence"]
    page = staff.client.get(reverse("assessprep:session", args=[session.uuid])).content.decode()
    assert reverse("assessprep:session_edit", args=[session.uuid]) + "#set-duration_s" in page


def test_the_form_says_what_the_school_had_chosen_and_saving_settles_it(staff, session):
    before = form(staff, session)
    assert 'href="#set-duration_s"' in before and 'href="#set-navigation"' in before
    told = before.split('data-refused="duration_s"')[1].split("</p>")[0]
    assert "Your school had chosen “90”." in told
    assert 'data-refused="end_grace_s"' not in before
    body = {"version": session.version_no, "settings": {"duration_s": 3000}}
    assert staff.call("PATCH", f"sessions/{session.uuid}", body).status_code == 200
    session = AssessmentSession.objects.get(pk=session.pk)
    assert session.overrides == {"duration_s": 3000, "end_grace_s": 300}
    assert "data-refused" not in form(staff, session) and "session-refused" not in form(staff, session)
    assert staff.call("POST", f"sessions/{session.uuid}/publish", {}).json()["lifecycle"] == "published"


def test_saving_without_a_change_is_enough(staff, session):
    body = {"version": session.version_no, "settings": {}}
    assert staff.call("PATCH", f"sessions/{session.uuid}", body).status_code == 200
    assert staff.call("POST", f"sessions/{session.uuid}/publish", {}).status_code == 200


def test_a_published_session_keeps_the_author_s_lock_too_and_says_so(district, staff):
    session = d.published(district, district.a, settings={"navigation": "forward"})
    newer = with_rules(district, navigation={"default": "page", "rule": "locked"})
    taken = staff.call("PUT", f"placements/{session.placement.uuid}/version", {"version": str(newer.uuid)})
    assert taken.status_code == 200
    shown = staff.call("GET", f"sessions/{session.uuid}").json()
    assert (shown["lifecycle"], shown["settings"]["navigation"]) == ("published", "page")
    told = staff.call("POST", f"sessions/{session.uuid}/lint", {}).json()["problems"]
    assert [(one["code"], one["field"]) for one in told if one["severity"] == "error"] == [
        ("setting_not_allowed", "navigation")
    ]


def test_a_copy_of_such_a_session_is_named_the_same_and_usage_tells_only_what_is_in_force(district, staff, session):
    body = {"name": "Copy", "roster": "same", "settings": True, "invigilators": False, "request_id": None}
    body["request_id"] = str(session.uuid)
    copy = staff.call("POST", f"sessions/{session.uuid}/duplicate", body)
    assert copy.status_code == 201
    assert copy.json()["no_longer_allowed"] == ["duration_s", "navigation"]
    AssessmentSession.objects.filter(pk=session.pk).update(lifecycle="published")
    usage = Page(district.author).call("GET", f"assessments/{district.assessment.uuid}/usage").json()["results"]
    assert [one["settings"] for one in usage] == [{"end_grace_s": 300}]


def test_a_setting_that_contradicts_a_newer_default_is_named_before_publishing(district, staff):
    opens = {"opens_at": d.NOW.replace(hour=15).isoformat()}
    session = d.draft(district, district.a, settings=opens)
    newer = with_rules(district, closes_at={"default": d.NOW.replace(hour=12).isoformat()})
    body = {"version": str(newer.uuid)}
    assert staff.call("PUT", f"placements/{session.placement.uuid}/version", body).status_code == 200
    told = staff.call("POST", f"sessions/{session.uuid}/lint", {}).json()["problems"]
    against = next(one for one in told if one["code"] == "settings_contradict")
    assert (against["severity"], against["field"]) == ("error", "closes_at")
    assert "it closes before it opens" in against["sentence"]
