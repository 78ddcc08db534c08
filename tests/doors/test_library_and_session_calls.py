"""REST v1 of the Library and of sessions over HTTP: the whole way, every door closed to strangers, every bad input told."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from assessprep_xblock.api import shapes
from assessprep_xblock.domain.shared import spreadsheets
from devlms import factories
from tests.domain import district as d

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, method: str, address: str, body: Any = None):
    """A call as the pages make it."""
    data = b"" if body is None else json.dumps(body)
    return client.generic(method, address, data, content_type="application/json")


def call(name: str, *args: Any) -> str:
    return reverse(f"assessprep:api_{name}", args=args)


@pytest.fixture
def world():
    district = d.make_district()
    session = d.published(district, district.a)
    return SimpleNamespace(district=district, session=session, version=district.assessment.current_version)


def staff_calls(world) -> list[tuple[str, str, Any]]:
    """Every call of school staff, on school A's things."""
    run, session = world.district.a.course_key, world.session.uuid
    life = ("publish", "unpublish", "archive", "unarchive", "rotate_code", "lint")
    return [
        ("GET", call("course_assessments", run), None),
        ("POST", call("placements", run), {"assessment": str(world.district.assessment.uuid)}),
        ("POST", call("placement_add", world.session.placement.uuid), {}),
        ("GET", call("course_sessions", run), None),
        ("POST", call("course_sessions", run), {"placement": str(world.session.placement.uuid), "name": "X"}),
        ("GET", call("learners", run) + "?search=student", None),
        ("GET", call("session", session), None),
        ("PATCH", call("session", session), {"version": 1, "name": "X"}),
        ("DELETE", call("session", session), None),
        ("PUT", call("session_roster", session), {"version": 1, "everyone": True}),
        ("POST", call("session_duplicate", session), {"name": "X", "roster": "absent"}),
        *(("POST", call(f"session_{name}", session), {}) for name in life),
    ]


def author_calls(world) -> list[tuple[str, str, Any]]:
    """Every call of authors, on the district's bank."""
    bank, assessment = world.district.bank.uuid, world.district.assessment.uuid
    return [
        ("PATCH", call("bank", bank), {"title": "Mine"}),
        ("GET", call("bank_assessments", bank), None),
        ("POST", call("bank_assessments", bank), {"usage_key": str(world.district.block)}),
        ("GET", call("assessment", assessment), None),
        ("PATCH", call("assessment", assessment), {"version": 1, "title": "Mine"}),
        ("POST", call("assessment_publish", assessment), {}),
        ("GET", call("assessment_versions", assessment), None),
        ("GET", call("assessment_usage", assessment), None),
        ("POST", call("version_withdraw", world.version.uuid), {}),
    ]


def test_staff_of_another_school_authors_and_learners_find_nothing_of_a_school(world):
    for stranger in (world.district.b.staff, world.district.author, world.district.a.learners[0]):
        for method, address, body in staff_calls(world):
            answer = send(signed_in(stranger), method, address, body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (stranger.username, method, address)


def test_nobody_but_its_authors_finds_anything_of_a_bank(world):
    for stranger in (world.district.a.staff, world.district.a.learners[0]):
        for method, address, body in author_calls(world):
            answer = send(signed_in(stranger), method, address, body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (stranger.username, method, address)


def test_who_is_not_signed_in_is_told_so(world):
    for method, address, body in [*staff_calls(world), *author_calls(world), ("GET", call("my_sessions"), None)]:
        answer = send(Client(), method, address, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out"), (method, address)


def test_a_write_without_the_pages_token_is_refused(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.district.a.staff)
    assert send(client, "POST", call("session_archive", world.session.uuid), {}).status_code == 403


def test_an_author_writes_publishes_and_watches(world):
    client = signed_in(world.district.author)
    assessment = world.district.assessment.uuid
    changes = {"version": 1, "subject": "Science", "settings": {"duration_s": {"default": 1800, "rule": "locked"}}}
    changed = send(client, "PATCH", call("assessment", assessment), changes).json()
    assert changed["settings"]["duration_s"] == {"default": 1800, "rule": "locked"} and changed["version"] == 2
    published = send(client, "POST", call("assessment_publish", assessment), {"release_note": "Shorter"})
    assert published.status_code == 201 and published.json()["number"] == 2
    versions = client.get(call("assessment_versions", assessment)).json()
    assert [one["number"] for one in versions["results"]] == [2, 1]
    usage = client.get(call("assessment_usage", assessment)).json()
    assert usage["count"] == 1 and usage["results"][0]["organization"] == "SchoolA"
    assert "code" not in usage["results"][0]


def test_school_staff_go_the_whole_way_from_bank_to_code():
    district = d.make_district()
    client, run = signed_in(district.a.staff), district.a.course_key
    offered = client.get(call("course_assessments", run)).json()["results"]
    assert [one["state"] for one in offered] == ["available"]
    wanted = send(client, "POST", call("placements", run), {"assessment": offered[0]["uuid"]}).json()
    assert wanted["state"] == "wanted"
    body = {"placement": wanted["uuid"], "name": "Period 3", "roster": {"everyone": True}, "request_id": str(uuid4())}
    first = send(client, "POST", call("course_sessions", run), body)
    assert first.status_code == 201 and first.json()["phase"] == "draft" and first.json()["code"] is None
    assert send(client, "POST", call("course_sessions", run), body).json()["uuid"] == first.json()["uuid"]
    session = first.json()["uuid"]
    refused = send(client, "POST", call("session_publish", session), {})
    assert (refused.status_code, refused.json()["code"]) == (409, "lint_errors")
    assert refused.json()["lint"][0]["code"] == "placement_not_ready"
    assert send(client, "POST", call("placement_add", wanted["uuid"]), {}).json()["state"] == "ready"
    published = send(client, "POST", call("session_publish", session), {}).json()
    assert published["phase"] == "open" and len(published["code"]) == 4
    again = send(client, "POST", call("session_publish", session), {})
    assert (again.status_code, again.json()["code"]) == (409, "already_published")
    own = signed_in(district.a.learners[0]).get(call("my_sessions")).json()["results"]
    assert [(one["name"], one["when"]) for one in own] == [("Period 3", "now")] and own[0]["address"]
    assert "code" not in own[0]


def test_a_version_is_delivered_through_a_block_that_staff_put_into_a_unit():
    district = d.make_district()
    client, run = signed_in(district.a.staff), district.a.course_key
    block = factories.make_assessment_block(run, [])
    body = {"usage_key": str(block), "version": str(district.assessment.current_version.uuid)}
    placed = send(client, "POST", call("placements", run), body)
    assert (placed.status_code, placed.json()["state"]) == (201, "ready")
    assert send(client, "POST", call("placements", district.b.course_key), body).status_code == 404


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"version": 1, "name": ""}, "invalid", "name"),
        ({"version": 1, "name": 5}, "invalid", "name"),
        ({"version": 1, "name": "two\nlines"}, "invalid", "name"),
        ({"version": 1, "name": "x" * 121}, "too_large", "name"),
        ({"name": "No version"}, "invalid", "version"),
        ({"version": "1"}, "invalid", "version"),
        ({"version": 1, "settings": {"duration_s": "45"}}, "invalid", "duration_s"),
        ({"version": 1, "settings": {"closes_at": "2026-09-14T08:00:00Z"}}, "settings_contradict", "closes_at"),
        ({"version": 1, "settings": []}, "invalid", "settings"),
        ({"version": 1, "roster": {"classes": [999999]}}, "invalid", "classes"),
    ],
)
def test_a_change_that_cannot_be_names_its_field_and_changes_nothing(world, body, code, field):
    client = signed_in(world.district.a.staff)
    answer = send(client, "PATCH", call("session", world.session.uuid), body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, field)
    assert answer.json()["message"]
    world.session.refresh_from_db()
    assert world.session.version_no == 1


def test_an_older_version_is_told_and_not_overwritten(world):
    client, address = signed_in(world.district.a.staff), call("session", world.session.uuid)
    assert send(client, "PATCH", address, {"version": 1, "name": "First"}).json()["version"] == 2
    answer = send(client, "PATCH", address, {"version": 1, "name": "Second"})
    assert (answer.status_code, answer.json()["code"], answer.json()["version"]) == (409, "stale_version", 2)


@pytest.mark.parametrize("raw", [b"{", b"[1]", b'"text"', b"\xff\xfe"])
def test_what_is_no_json_object_is_malformed(world, raw):
    client = signed_in(world.district.a.staff)
    answer = client.generic("POST", call("session_duplicate", world.session.uuid), raw, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=101", "page_size=-1", "page=99999999999999999999"])
def test_a_page_that_is_none_is_refused(world, query):
    answer = signed_in(world.district.a.staff).get(call("course_sessions", world.district.a.course_key) + "?" + query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_list_comes_in_pages_with_the_way_to_the_next(world):
    for number in range(3):
        d.draft(world.district, world.district.a, placement=world.session.placement, name=f"Period {number}")
    client = signed_in(world.district.a.staff)
    address, names = call("course_sessions", world.district.a.course_key) + "?page_size=2", []
    while address:
        answer = client.get(address).json()
        assert answer["count"] == 4
        names += [one["name"] for one in answer["results"]]
        address = answer["next"]
    assert names == ["Period 2", "Period 1", "Period 0", "Period 1"]


def test_learners_are_found_by_part_of_a_name_and_never_by_one_letter(world):
    client, address = signed_in(world.district.a.staff), call("learners", world.district.a.course_key)
    found = client.get(address, {"search": "a-01"}).json()["results"]
    assert [one["username"] for one in found] == ["student-a-01"]
    assert client.get(address, {"search": "s"}).json()["results"] == []
    assert client.get(address, {"search": "student-b"}).json()["results"] == []


def test_answers_have_exactly_the_fields_that_the_schema_tells(world):
    staff, author = signed_in(world.district.a.staff), signed_in(world.district.author)
    learner = signed_in(world.district.a.learners[0])
    placed = send(
        staff, "POST", call("placements", world.district.a.course_key), {"assessment": str(world.district.assessment.uuid)}
    )
    told = {
        shapes.SessionOut: staff.get(call("session", world.session.uuid)).json(),
        shapes.OfferedOut: staff.get(call("course_assessments", world.district.a.course_key)).json()["results"][0],
        shapes.PlacementOut: placed.json(),
        shapes.BankOut: author.get(call("banks")).json()["results"][0],
        shapes.AssessmentOut: author.get(call("assessment", world.district.assessment.uuid)).json(),
        shapes.VersionOut: author.get(call("assessment_versions", world.district.assessment.uuid)).json()["results"][0],
        shapes.UsageOut: author.get(call("assessment_usage", world.district.assessment.uuid)).json()["results"][0],
        shapes.OwnSessionOut: learner.get(call("my_sessions")).json()["results"][0],
    }
    for shape, answer in told.items():
        assert set(shape().fields) == set(answer), shape.__name__


def test_the_schema_names_every_call(world):
    text = Client().get(call("schema")).content.decode()
    for path in ("/banks:", "/assessments/{assessment_uuid}/publish:", "/sessions/{session_uuid}/rotate-code:", "/monitor:"):
        assert path in text
    assert "/assessprep/api/v1/banks:" in text


def test_the_schema_tells_of_every_table_as_what_it_is_downloaded():
    told = Client().get(call("schema"), HTTP_ACCEPT="application/vnd.oai.openapi+json").json()["paths"]
    files = {path: operations["get"] for path, operations in told.items() if path.endswith((".csv", ".xlsx"))}
    assert len(files) == 10
    for path, operation in files.items():
        kind = spreadsheets.KINDS[path.rpartition(".")[2]].partition(";")[0]
        assert list(operation["responses"]["200"]["content"]) == [kind], path


def test_lists_cost_the_same_for_few_and_for_many(world, django_assert_max_num_queries):
    client, run = signed_in(world.district.a.staff), world.district.a.course_key
    for _ in range(2):
        with django_assert_max_num_queries(9):
            client.get(call("course_sessions", run))
        with django_assert_max_num_queries(11):
            client.get(call("course_assessments", run))
        for number in range(8):
            d.draft(world.district, world.district.a, placement=world.session.placement, name=f"Period {number}")
