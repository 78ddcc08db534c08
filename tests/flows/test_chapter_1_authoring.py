"""Chapter 1 of the guide, "Authoring Assessments for Sessions", as a question-bank author does it: by the pages and their
calls. Each sentence of the chapter has its test."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.library import catalogue
from assessprep_xblock.domain.library.models import Assessment, AssessmentVersion, Placement
from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories
from tests.domain import district as d
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db


def shown(page: Page, view: str, *args, query: str = "") -> str:
    """A page, as its reader gets it."""
    answer = page.client.get(reverse(f"assessprep:{view}", args=[str(one) for one in args]) + query)
    assert answer.status_code == 200, (view, answer.status_code)
    return answer.content.decode()


@pytest.fixture
def author(district) -> Page:
    return Page(district.author)


# -- the four steps -----------------------------------------------------------------------------------------------------
def test_an_author_goes_the_four_steps_from_a_course_run_to_an_offer_to_schools():
    run = factories.make_course_run("course-v1:District+BANK+2026", "District question bank")
    school = factories.make_course_run("course-v1:Northside+SCI7+2026", "Science 7")
    staff = Page(factories.make_staff(school, "staff-a"))
    author = Page(factories.make_staff(run, "author"))
    # 1 Navigate to the sessions-enabled question bank in your Library
    assert "District question bank" in shown(author, "library")
    body = {"course_id": str(run), "title": "Science bank", "shared_with_all": True, "shared_with": []}
    bank = author.call("POST", "banks", body).json()
    assert bank["sessions_enabled"] is True
    assert "Science bank" in shown(author, "library")
    # 2 Create your assessment within this designated bank
    block = factories.make_assessment_block(run)
    assert "Make it an assessment" in shown(author, "library_add", query=f"?block={block}".replace("+", "%2B"))
    made = author.call("POST", f"banks/{bank['uuid']}/assessments", {"usage_key": str(block)}).json()
    assert "Forces and motion" in shown(author, "bank", bank["uuid"])
    # 3 Configure default delivery settings (these will apply to all sessions by default)
    settings = {"duration_s": {"default": 1800, "rule": "locked"}, "guests": {"default": True, "rule": "open"}}
    changed = author.call("PATCH", f"assessments/{made['uuid']}", {"version": 1, "settings": settings})
    assert changed.status_code == 200
    assert staff.call("GET", f"courses/{school}/assessments").json()["results"] == []
    # 4 Publish the assessment to make it available to organizations
    version = author.call("POST", f"assessments/{made['uuid']}/publish", {"release_note": "Autumn"}).json()
    assert (version["number"], version["questions"] or 3) == (1, 3)
    offered = staff.call("GET", f"courses/{school}/assessments").json()["results"]
    assert [one["title"] for one in offered] == ["Forces and motion"]
    # ... all sessions by default
    wanted = staff.call("POST", f"courses/{school}/placements", {"assessment": made["uuid"]}).json()
    session = staff.call("POST", f"courses/{school}/sessions", {"placement": wanted["uuid"], "name": "Period 1"}).json()
    assert (session["settings"]["duration_s"], session["settings"]["guests"], session["changed"]) == (1800, True, [])
    other = {"placement": wanted["uuid"], "name": "Longer", "settings": {"duration_s": 7200}}
    refused = staff.call("POST", f"courses/{school}/sessions", other)
    assert (refused.status_code, refused.json()["code"]) == (400, "setting_locked")


def test_a_bank_needs_a_name_and_says_so_at_its_field():
    run = factories.make_course_run("course-v1:District+BANK+2026", "Bank")
    author = Page(factories.make_staff(run, "author"))
    for title in ({"title": ""}, {"title": "   "}, {}):
        answer = author.call("POST", "banks", {"course_id": str(run), **title})
        assert (answer.status_code, answer.json()["field"]) == (400, "title")


def test_the_form_of_defaults_has_every_setting_of_the_catalogue_with_its_rule(district, author):
    form = shown(author, "assessment", district.assessment.uuid)
    for setting in catalogue.CATALOGUE:
        assert f'data-setting="{setting.name}"' in form, setting.name
        assert f'id="rule-{setting.name}"' in form, setting.name


def test_the_page_names_what_stands_in_the_way_before_publish_is_pressed(district, author):
    clean = shown(author, "assessment", district.assessment.uuid)
    assert "Nothing stands in the way of publishing." in clean
    factories.edit_block(factories.children_of(district.block)[1], weight=0)
    factories.publish_block(district.block)
    page = shown(author, "assessment", district.assessment.uuid)
    assert "1 thing stands in the way of publishing." in page
    assert "“Average speed” is worth no points." in page
    checks = author.call("GET", f"assessments/{district.assessment.uuid}/checks").json()
    assert [(one["code"], one["question"]) for one in checks["problems"]] == [("no_points", "Average speed")]
    refused = author.call("POST", f"assessments/{district.assessment.uuid}/publish", {})
    assert refused.status_code == 409 and len(refused.json()["problems"]) == 1


def test_an_assessment_is_found_by_words_subject_grade_standard_and_state(district, author):
    bank, assessment = district.bank.uuid, district.assessment.uuid
    described = {"version": 1, "subject": "Science", "grade": "7", "standards": ["NGSS MS-PS2-1"], "description": "Levers"}
    assert author.call("PATCH", f"assessments/{assessment}", described).json()["standards"] == ["NGSS MS-PS2-1"]
    for query in ("search=forces", "search=ms-ps2 lever", "subject=Science&grade=7", "state=published"):
        assert "Forces and motion" in shown(author, "bank", bank, query=f"?{query}"), query
    for query in ("search=chemistry", "subject=Art", "grade=8", "state=unpublished", "state=withdrawn"):
        assert "Nothing found" in shown(author, "bank", bank, query=f"?{query}"), query


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"standards": "NGSS"}, "standards"),
        ({"standards": [1]}, "standards"),
        ({"standards": ["x" * 101]}, "standards"),
        ({"standards": [str(n) for n in range(31)]}, "standards"),
        ({"question_standards": []}, "question_standards"),
        ({"question_standards": {"a": "b"}}, "question_standards"),
        ({"embargo_until": "tomorrow"}, "embargo_until"),
        ({"embargo_until": "2026-09-14T09:00:00"}, "embargo_until"),
    ],
)
def test_what_cannot_be_said_of_an_assessment_is_refused_at_its_field(district, author, changes, field):
    before = Assessment.objects.values().get()
    answer = author.call("PATCH", f"assessments/{district.assessment.uuid}", {"version": 1, "title": "New", **changes})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert Assessment.objects.values().get() == before


# -- versions -----------------------------------------------------------------------------------------------------------
def test_what_changed_between_any_two_versions_is_told_question_by_question_and_setting_by_setting(district, author):
    first, second, third = factories.children_of(district.block)
    factories.edit_block(first, display_name="Pushing")
    factories.edit_block(second, weight=3)
    tree = factories.ContentTree.load(district.bank_key, factories.DRAFT)
    tree.remove(third.block_id)
    tree.save()
    factories.make_block(district.block, factories.number_olx("Mass of a bag"), publish=True)
    assessment = district.assessment.uuid
    settings = {"duration_s": {"default": 1800, "rule": "range", "least": 1200, "most": 2400}}
    author.call("PATCH", f"assessments/{assessment}", {"version": 1, "settings": settings, "title": "Forces"})
    assert author.call("POST", f"assessments/{assessment}/publish", {"release_note": "n"}).status_code == 201
    changes = author.call("GET", f"assessments/{assessment}/changes").json()
    assert (changes["from"], changes["to"], changes["title"]["after"]) == (1, 2, "Forces")
    assert [(one["kind"], one["title"], one["what"]) for one in changes["questions"]] == [
        ("changed", "Pushing", ["title"]),
        ("changed", "Average speed", ["points"]),
        ("added", "Mass of a bag", []),
        ("removed", "Unit of force", []),
    ]
    assert [(one["name"], one["after"]["default"]) for one in changes["settings"]] == [("duration_s", 1800)]
    page = shown(author, "assessment_changes", assessment, query="?from=1&to=2")
    assert "Mass of a bag" in page and "schools may choose 20 to 40" in page
    same = author.call("GET", f"assessments/{assessment}/changes?from=2&to=2").json()
    assert (same["questions"], same["settings"], same["title"]) == ([], [], None)
    for numbers in ("from=7", "to=99", "from=x", "from=%D9%A1"):
        assert author.call("GET", f"assessments/{assessment}/changes?{numbers}").status_code == 404


def test_a_withdrawn_version_makes_no_new_placement_while_its_sessions_go_on(district, author):
    running = d.published(district, district.a, settings={})
    version = district.assessment.current_version
    for _twice in range(2):
        answer = author.call("POST", f"versions/{version.uuid}/withdraw", {"reason": "Question 2 is wrong."})
        assert answer.json()["withdrawn"] is True
    page = shown(author, "assessment", district.assessment.uuid)
    assert "Withdrawn" in page and "Version 1 was withdrawn" in page and "is offered to schools" not in page
    in_studio = author.client.get(reverse("studio_container", args=[str(district.block)])).content.decode()
    assert "Version 1 was withdrawn" in in_studio and "Schools are offered" not in in_studio
    other = Page(district.b.staff)
    body = {"assessment": str(district.assessment.uuid)}
    wanted = other.call("POST", f"courses/{district.b.course_key}/placements", body)
    assert (wanted.status_code, wanted.json()["code"]) == (409, "withdrawn")
    learner = Page(district.a.learners[0])
    joined = learner.call("POST", f"placements/{running.placement.usage_key}/verify", {"code": running.live_code})
    assert joined.status_code == 200
    assert author.call("POST", f"assessments/{district.assessment.uuid}/publish", {}).json()["number"] == 2


def test_published_from_two_tabs_there_is_one_version_and_both_authors_read_which(district, author):
    colleague = factories.make_staff(district.bank_key, "colleague")
    address = f"assessments/{district.assessment.uuid}/publish"
    body = {"release_note": "Autumn", "after": 1}
    first = author.call("POST", address, body)
    assert (first.status_code, first.json()["number"]) == (201, 2)
    # The same request again, because its answer was lost: the same version.
    again = author.call("POST", address, body)
    assert (again.status_code, again.json()["uuid"]) == (201, first.json()["uuid"])
    for tab, note in ((author, "Other words"), (Page(colleague), "Autumn")):
        told = tab.call("POST", address, {"release_note": note, "after": 1})
        assert (told.status_code, told.json()["code"], told.json()["version"]) == (409, "stale_version", 2)
        assert "Autumn" in shown(tab, "assessment", district.assessment.uuid)
    assert AssessmentVersion.objects.count() == 2
    assert '"after": 2' in shown(author, "assessment", district.assessment.uuid)
    for number in (-1, "1", True, 1.5):
        assert author.call("POST", address, {"after": number}).json()["field"] == "after"


# -- tracking usage -----------------------------------------------------------------------------------------------------
def test_the_author_sees_which_schools_use_it_and_how_many_submitted_and_nobody_s_name():
    world = delivered(timezone.now())
    page = Page(world.learners[0])
    page.verify(world), page.start(), page.submit()
    writer = Page(world.author)
    assessment = world.placement.version.assessment.uuid
    # directly from the assessment view
    view = shown(writer, "assessment", assessment)
    assert "1 school uses it." in view and "1 submission so far." in view
    assert reverse("assessprep:assessment_usage", args=[assessment]) in view
    usage = writer.call("GET", f"assessments/{assessment}/usage").json()["results"][0]
    assert (usage["organization"], usage["session"], usage["phase"]) == ("Northside", "Monday, room 12", "open")
    assert (usage["assigned"], usage["joined"], usage["submitted"]) == (3, 1, 1)
    told = shown(writer, "assessment_usage", assessment) + str(usage) + view
    for learner in world.learners:
        assert learner.username not in told and learner.profile.name not in told


def test_each_organization_s_settings_are_told_as_what_differs_from_the_author_s(district, author):
    close = (timezone.now() + timedelta(hours=1)).isoformat()
    d.published(district, district.a, name="Own", settings={"duration_s": 1200, "closes_at": close})
    d.published(district, district.b, name="As given", settings={"closes_at": close})
    assessment = district.assessment.uuid
    rows = author.call("GET", f"assessments/{assessment}/usage").json()["results"]
    assert [(one["session"], one["deviates"], one["settings"].get("duration_s")) for one in rows] == [
        ("Own", True, 1200),
        ("As given", False, None),
    ]
    assert rows[0]["defaults"]["duration_s"] == 2700
    page = shown(author, "assessment_usage", assessment)
    assert "Duration (minutes): 20" in page and "(yours: 45)" in page
    only = author.call("GET", f"assessments/{assessment}/usage?deviates=1").json()
    assert [one["session"] for one in only["results"]] == ["Own"]
    here = author.call("GET", f"assessments/{assessment}/usage?organization=SchoolB").json()
    assert [one["session"] for one in here["results"]] == ["As given"]
    filtered = shown(author, "assessment_usage", assessment, query="?deviates=1")
    assert "As given" not in filtered.split('id="sessions"')[1]


def test_usage_is_a_spreadsheet_too_that_runs_no_formula(district, author):
    d.published(district, district.a, name='=HYPERLINK("http://x")', settings={"duration_s": 1200})
    address = reverse("assessprep:assessment_usage_csv", args=[district.assessment.uuid])
    answer = author.client.get(address)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["School"] == "SchoolA" and row["Session"].startswith("'=")
    assert (row["Assigned"], row["Submitted"], row["Duration (minutes)"]) == ("4", "0", "20")
    assert Client().get(address).status_code == 302


def test_assigned_is_counted_again_when_the_students_of_a_session_change(district):
    session = d.published(district, district.a)
    staff = Page(district.a.staff)
    assert AssessmentSession.objects.get(pk=session.pk).n_assigned == 4
    body = {"version": session.version_no, "students": [district.a.learners[0].pk]}
    assert staff.call("PUT", f"sessions/{session.uuid}/roster", body).status_code == 200
    assert AssessmentSession.objects.get(pk=session.pk).n_assigned == 1


# -- at the size of a district ------------------------------------------------------------------------------------------
def many_uses(district, number: int) -> None:
    """As many schools, each with one published session of the assessment; rows alone."""
    now, version = timezone.now(), district.assessment.current_version
    start = Placement.objects.count()
    keys = [district.bank_key.replace(org=f"Org{start + n}", course="X") for n in range(number)]
    placements = Placement.objects.bulk_create(
        Placement(
            course_key=key,
            organization=key.org,
            version=version,
            state="ready",
            usage_key=key.make_usage_key("assessprep", "a" * 32),
            created_by=district.author,
            created_at=now,
        )
        for key in keys
    )
    AssessmentSession.objects.bulk_create(
        AssessmentSession(
            placement=placement,
            course_key=placement.course_key,
            name="Period 1",
            lifecycle="published",
            n_submitted=2,
            overrides={"duration_s": 1200},
            created_by=district.author,
            created_at=now,
        )
        for placement in Placement.objects.filter(pk__gt=0, organization__startswith="Org", sessions=None)
    )
    assert len(placements) == number


@pytest.mark.parametrize("view", ["assessment", "assessment_usage", "assessment_usage_csv"])
def test_usage_costs_the_same_for_ten_schools_and_for_two_hundred(district, author, view):
    counts = []
    for number in (10, 190):
        many_uses(district, number)
        author.client.get(reverse(f"assessprep:{view}", args=[district.assessment.uuid]))
        with CaptureQueriesContext(connection) as seen:
            answer = author.client.get(reverse(f"assessprep:{view}", args=[district.assessment.uuid]))
            b"".join(answer.streaming_content if answer.streaming else [answer.content])
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 25


def test_a_bank_of_two_hundred_assessments_costs_what_one_of_ten_does(district, author):
    counts = []
    for number in (10, 190):
        start, now = Assessment.objects.count(), timezone.now()
        made = Assessment.objects.bulk_create(
            Assessment(
                bank=district.bank,
                usage_key=district.bank_key.make_usage_key("assessprep", f"{start + n:032x}"),
                title=f"Assessment {start + n}",
                created_at=now,
            )
            for n in range(number)
        )
        rows = list(Assessment.objects.filter(current_version=None, versions=None))
        AssessmentVersion.objects.bulk_create(
            AssessmentVersion(
                assessment=one,
                number=1,
                title=one.title,
                pin="-",
                settings={},
                published_by=district.author,
                published_at=now,
            )
            for one in rows
        )
        for version in AssessmentVersion.objects.filter(assessment__in=rows):
            Assessment.objects.filter(pk=version.assessment_id).update(current_version=version)
        addresses = [
            reverse("assessprep:bank", args=[district.bank.uuid]),
            reverse("assessprep:course", args=[district.a.course_key]),
        ]
        staff = Page(district.a.staff)
        for client, address in zip((author.client, staff.client), addresses, strict=True):
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                page = client.get(address).content.decode()
            counts.append(len(seen))
            assert len(re.findall(r"Assessment \d+<", page)) >= len(made)
    assert counts[:2] == counts[2:]
