"""Every page of the Library and of sessions: who sees it, and that it shows what it should."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from assessprep_xblock.domain.sessions import actions as sessions
from tests.domain import district as d

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    district = d.make_district()
    session = d.published(district, district.a)
    return SimpleNamespace(district=district, session=session)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def author_pages(world) -> list[str]:
    return [
        reverse("assessprep:bank", args=[world.district.bank.uuid]),
        reverse("assessprep:assessment", args=[world.district.assessment.uuid]),
        reverse("assessprep:library_add") + f"?block={world.district.block}".replace("+", "%2B"),
    ]


def school_pages(world) -> list[str]:
    run, assessment, session = world.district.a.course_key, world.district.assessment, world.session
    return [
        reverse("assessprep:sessions", args=[run]),
        reverse("assessprep:course_assessment", args=[run, assessment.uuid]),
        reverse("assessprep:session_new", args=[run, assessment.uuid]),
        reverse("assessprep:session", args=[session.uuid]),
        reverse("assessprep:session_edit", args=[session.uuid]),
    ]


def test_an_author_opens_every_page_of_the_library(world):
    client = signed_in(world.district.author)
    for address in [reverse("assessprep:library"), *author_pages(world)]:
        assert client.get(address).status_code == 200, address


def test_school_staff_open_every_page_of_their_sessions(world):
    client = signed_in(world.district.a.staff)
    for address in [reverse("assessprep:course", args=[world.district.a.course_key]), *school_pages(world)]:
        assert client.get(address).status_code == 200, address


def test_every_page_has_one_main_part_and_the_platform_s_skip_link_leads_there(world):
    district = world.district
    for user, addresses in ((district.author, author_pages(world)), (district.a.staff, school_pages(world))):
        for address in addresses:
            page = signed_in(user).get(address).content.decode()
            assert (page.count("<main"), page.count('id="main"'), page.count('href="#main"')) == (1, 1, 1), address


def test_every_page_where_settings_are_typed_brings_the_sentences_for_what_is_no_value(world):
    district, forms = world.district, 0
    for user, addresses in ((district.author, author_pages(world)), (district.a.staff, school_pages(world))):
        for address in addresses:
            page = signed_in(user).get(address).content.decode()
            if "data-setting=" not in page:
                continue
            forms += 1
            for said in ("not_a_date", "no_such_time", "not_a_number"):
                assert f'"{said}": ' in page, (address, said)
    assert forms >= 3


def test_nobody_else_opens_any_of_them(world):
    district = world.district
    for user in (district.b.staff, district.a.learners[0]):
        for address in [*author_pages(world), *school_pages(world)]:
            assert signed_in(user).get(address).status_code == 404, address
    for address in author_pages(world):
        assert signed_in(district.a.staff).get(address).status_code == 404, address
    for address in school_pages(world):
        assert signed_in(district.author).get(address).status_code == 404, address
        assert Client().get(address).status_code == 302


def test_the_session_page_shows_the_code_and_the_students_page_never_does(world):
    session, school = world.session, world.district.a
    staff = signed_in(school.staff).get(reverse("assessprep:session", args=[session.uuid])).content.decode()
    assert f'id="session-code">{session.live_code}<' in staff
    own = signed_in(school.learners[0]).get(reverse("assessprep:course", args=[school.course_key])).content.decode()
    assert "Period 1" in own
    assert f">{session.live_code}<" not in own


def test_a_student_sees_only_sessions_she_is_assigned_to_and_no_draft(world):
    school = world.district.a
    others = [learner.pk for learner in school.learners[1:]]
    later = {"opens_at": "2026-09-20T09:00:00Z", "closes_at": "2026-09-20T10:00:00Z"}
    d.published(world.district, school, name="Not for her", roster={"students": others}, settings=later)
    d.draft(world.district, school, name="Still a draft")
    own = signed_in(school.learners[0]).get(reverse("assessprep:course", args=[school.course_key])).content.decode()
    assert "Period 1" in own
    assert "Not for her" not in own
    assert "Still a draft" not in own


def test_empty_states_say_what_comes_next(world):
    school = world.district.b
    staff = signed_in(school.staff)
    assert "No session yet" in staff.get(reverse("assessprep:sessions", args=[school.course_key])).content.decode()
    course = reverse("assessprep:course", args=[school.course_key])
    assert "Nothing found" in staff.get(course, {"search": "no such title"}).content.decode()
    assert "No session for you yet" in signed_in(school.learners[0]).get(course).content.decode()
    assert staff.get(reverse("assessprep:library")).status_code == 200


def test_the_tab_tells_how_the_run_uses_an_assessment(world):
    pages = {}
    for school in (world.district.a, world.district.b):
        address = reverse("assessprep:course", args=[school.course_key])
        pages[school.course_key] = signed_in(school.staff).get(address, {"state": "available"}).content.decode()
    assert "Forces and motion" in pages[world.district.b.course_key]
    assert "No assessment fits" in pages[world.district.a.course_key]


def test_a_page_changes_nothing_even_when_it_is_posted_to(world):
    client = signed_in(world.district.a.staff)
    for address in school_pages(world):
        assert client.post(address).status_code == 405


def test_a_page_of_nothing_is_not_found(world):
    client = signed_in(world.district.a.staff)
    for address in (
        reverse("assessprep:session", args=[uuid4()]),
        reverse("assessprep:course", args=["no-course"]),
        reverse("assessprep:library_add") + "?block=rubbish",
    ):
        assert client.get(address).status_code == 404


def test_an_archived_session_is_shown_but_not_edited(world):
    staff = world.district.a.staff
    sessions.archive_session(session_uuid=world.session.uuid, by=staff.pk, now=d.NOW)
    client = signed_in(staff)
    assert "Archived" in client.get(reverse("assessprep:session", args=[world.session.uuid])).content.decode()
    assert client.get(reverse("assessprep:session_edit", args=[world.session.uuid])).status_code == 409
    listed = client.get(reverse("assessprep:sessions", args=[world.district.a.course_key]) + "?archived=true")
    assert "Period 1" in listed.content.decode()


def test_what_somebody_typed_is_never_read_as_markup(world):
    name = "<script>alert(1)</script>"
    session = d.draft(world.district, world.district.a, name=name)
    for view in ("session", "session_edit"):
        page = signed_in(world.district.a.staff).get(reverse(f"assessprep:{view}", args=[session.uuid])).content.decode()
        assert name not in page
