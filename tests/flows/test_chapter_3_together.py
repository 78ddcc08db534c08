"""Chapter 3: many sessions at once, for each class or out of a file, and rosters out of a list: all, or nothing."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from devlms import factories
from tests.domain import district as d
from tests.world import Page

pytestmark = pytest.mark.django_db


class Office:
    """School A's staff at their desk."""

    def __init__(self) -> None:
        self.district = d.make_district()
        self.school = self.district.a
        self.placement = d.place(self.district, self.school)
        self.client = Client()
        self.client.force_login(self.school.staff)

    def call(self, name: str, **body):
        address = reverse(f"assessprep:{name}", args=[str(self.school.course_key)])
        return self.client.post(address, json.dumps(body), content_type="application/json")

    def check(self, **body):
        return self.call("api_sessions_check", assessment=str(self.district.assessment.uuid), **body)

    def make(self, **body):
        return self.call(
            "api_sessions_together", **{"placement": str(self.placement.uuid), "request_id": str(uuid4()), **body}
        )

    def row(self, name: str, of, **settings):
        return {"name": name, "classes": [of.pk], "settings": settings}

    @property
    def rows(self):
        return [self.row("7A", self.school.class_a), self.row("7B", self.school.class_b)]


@pytest.fixture
def office() -> Office:
    return Office()


def sent(text: str | bytes, encoding: str = "utf-8") -> str:
    return base64.b64encode(text.encode(encoding) if isinstance(text, str) else text).decode()


def test_one_session_for_each_class_is_checked_and_then_made_once_however_often_it_is_asked(office):
    plan = office.check(rows=office.rows, settings={"duration_s": 1800}).json()
    assert (plan["count"], plan["wrong"], [one["assigned"] for one in plan["rows"]]) == (2, 0, [2, 2])
    assert not AssessmentSession.objects.exists()
    asked = {"rows": office.rows, "settings": {"duration_s": 1800}, "request_id": str(uuid4())}
    first, again = office.make(**asked), office.make(**asked)
    assert (first.status_code, first.json()) == (201, again.json())
    made = list(AssessmentSession.objects.order_by("pk"))
    assert [(one.name, one.lifecycle, one.roster["classes"]) for one in made] == [
        ("7A", "draft", [office.school.class_a.pk]),
        ("7B", "draft", [office.school.class_b.pk]),
    ]
    assert all(one.overrides == {"duration_s": 1800} for one in made)
    assert AuditRow.objects.filter(action="create_session").count() == 2


def test_one_row_with_a_problem_and_nothing_is_made(office):
    rows = [*office.rows, {"name": "7a", "classes": [office.district.b.class_a.pk]}, {"name": "", "classes": []}]
    plan = office.check(rows=rows).json()
    assert plan["wrong"] == 2
    assert {one["line"]: len(one["problems"]) for one in plan["rows"]} == {3: 2, 4: 1, 1: 0, 2: 0}
    refused = office.make(rows=rows)
    assert (refused.status_code, refused.json()["code"], refused.json()["count"]) == (400, "rows_wrong", 2)
    assert [one["line"] for one in refused.json()["rows"]] == [3, 4]
    assert not AssessmentSession.objects.exists()


def test_what_is_wrong_with_the_settings_for_all_is_said_at_the_setting(office):
    answer = office.check(rows=office.rows, settings={"duration_s": 1})
    assert (answer.status_code, answer.json()["field"]) == (400, "duration_s")
    assert office.check(rows=[]).json()["field"] == "rows"


def test_who_would_sit_in_two_of_them_at_once_is_told_before_they_are_made(office):
    rows = [office.row("One", office.school.class_a), office.row("Two", office.school.class_a)]
    notes = {one["line"]: one["notes"] for one in office.check(rows=rows).json()["rows"]}
    assert notes[1] == [] and "line 1" in notes[2][0]
    times = [("2026-11-23T09:00Z", "2026-11-23T10:00Z"), ("2026-11-23T10:00Z", "2026-11-23T11:00Z")]
    for row, (opens, closes) in zip(rows, times, strict=True):
        row["settings"] = {"opens_at": opens, "closes_at": closes}
    assert [one["notes"] for one in office.check(rows=rows).json()["rows"]] == [[], []]


def test_who_sits_in_a_published_session_at_that_time_is_told_with_its_name(office):
    opens, closes, later = ((timezone.now() + timedelta(hours=n)).isoformat() for n in (1, 2, 3))
    window = {"opens_at": opens, "closes_at": closes}
    roster = {"classes": [office.school.class_a.pk]}
    d.published(office.district, office.school, placement=office.placement, name="Period 3", settings=window, roster=roster)
    rows = [
        office.row("At once", office.school.class_a, **window),
        office.row("Others", office.school.class_b, **window),
        office.row("Later", office.school.class_a, opens_at=closes, closes_at=later),
        {"name": "One of them", "classes": [], "students": [office.school.learners[-1].pk], "settings": window},
    ]
    notes = {one["name"]: one["notes"] for one in office.check(rows=rows).json()["rows"]}
    assert notes.pop("At once") == ["Some of the students are in the session “Period 3” too, open at the same time."]
    assert not any(notes.values())
    # They are drafts all the same; it is told when one of them is published, too.
    assert office.make(rows=rows).status_code == 201


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_read_as_spreadsheets_save_it(office, encoding, separator):
    factories.make_class(office.school.course_key, "Été 7C", office.school.learners[:1])
    lines = [["Name", "class", "students", "opens_at", "duration"]]
    lines += [["Salle é", "7a|Été 7C", "student-a-03", "2026-11-23 09:00", "45"]]
    text = "\r\n".join(separator.join(line) for line in lines)
    asked = {"file": sent(text, encoding), "zone": "Europe/Berlin"}
    plan = office.check(**asked).json()
    assert plan["rows"][0]["problems"] == [] and plan["rows"][0]["opens_at"] == "2026-11-23T08:00:00Z"
    assert plan["encoding"] == {"cp1252": "Windows-1252", "utf-16": "UTF-16"}.get(encoding, "UTF-8")
    assert office.make(**asked).status_code == 201
    made = AssessmentSession.objects.get()
    assert (made.name, made.overrides.get("duration_s", 2700)) == ("Salle é", 2700)
    assert made.roster["students"] == [office.school.learners[2].pk] and len(made.roster["classes"]) == 2


def test_each_row_s_problem_is_named_with_its_line_in_the_file(office):
    stranger = office.district.b.learners[0].username
    text = (
        "name,classes,students,opens_at,closes_at,duration\n"
        "\n"
        '"Two\nlines",7A,,,,\n'
        f"Good,7A,,,,\nNo class,9Z,,,,\nNobody,,nobody|{stranger},,,\nWhen,7B,,tomorrow,,soon\n"
        "Backwards,7B,,2026-11-23 10:00,2026-11-23 09:00,\n"
    )
    plan = office.check(file=sent(text)).json()
    problems = {one["line"]: " ".join(one["problems"]) for one in plan["rows"]}
    assert problems[5] == "" and "one line" in problems[3]
    assert "“9Z”" in problems[6]
    assert "address nobody." in problems[7] and f"Not enrolled: {stranger}" in problems[7]
    assert "“tomorrow”" in problems[8] and "“soon”" in problems[8]
    assert problems[9]
    assert office.make(file=sent(text)).json()["line"] == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing in it"),
        ("title,classes\nA,7A", "name"),
        ("name,name\nA,B", "each once"),
        ("name\n", "no row"),
        ("name,classes\nA,7A,extra", "line 2"),
        (b"\xff\xfe\x00", "CSV"),
        (b"PK\x03\x04\x00\x00name", "no text"),
        ('name\n"' + "x" * 140_000 + '"', "line 2"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_words(office, text, told):
    answer = office.check(file=sent(text))
    assert (answer.status_code, answer.json()["field"]) == (400, "file")
    assert told in answer.json()["message"]
    assert office.check(file="%%%").json()["field"] == "file"


def test_ten_thousand_rows_are_planned_in_a_few_queries_and_one_more_is_refused(office, django_assert_max_num_queries):
    text = "name,classes,opens_at\n" + "".join(f"Session {n},7A,2026-11-23 09:00\n" for n in range(10_000))
    with django_assert_max_num_queries(20):
        plan = office.check(file=sent(text)).json()
    assert (plan["count"], plan["wrong"], len(plan["rows"])) == (10_000, 0, 200)
    answer = office.check(file=sent(text + "One more,7A,\n"))
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")


def test_a_formula_is_text_and_comes_out_as_text(office):
    text = 'name,classes\n"=HYPERLINK(""http://x"")",7A\n\'=1+1,7B\n'
    assert office.make(file=sent(text)).status_code == 201
    assert set(AssessmentSession.objects.values_list("name", flat=True)) == {'=HYPERLINK("http://x")', "=1+1"}


def test_a_pasted_list_shows_who_is_found_unknown_not_enrolled_and_twice(office):
    one, two, *_rest = office.school.learners
    stranger = office.district.b.learners[0].username
    text = f"{one.username}\n{two.email.upper()}, nobody\n\n{one.email}\n{stranger};{office.school.staff.username}"
    found = office.call("api_learners_listed", text=text).json()
    assert [person["id"] for person in found["results"]] == [one.pk, two.pk]
    assert found["count"] == 6
    assert [(wrong["line"], wrong["what"]) for wrong in found["wrong"]] == [
        (2, "unknown"),
        (4, "twice"),
        (5, "not_enrolled"),
        (5, "not_enrolled"),
    ]
    # Of an account elsewhere nothing is told but what was typed.
    assert {wrong["text"] for wrong in found["wrong"]} == {"nobody", one.email, stranger, office.school.staff.username}


def test_a_list_is_read_out_of_a_file_with_or_without_a_heading(office):
    one, two, *_rest = office.school.learners
    texts = [
        f"{one.username}\n{two.username}\n",
        f"Last name;E-mail;Username\nX;{one.email};\nY;;{two.username}\n",
        f"\ufeffemail\n{one.email}\n{two.email}",
    ]
    for text in texts:
        found = office.call("api_learners_listed", file=sent(text)).json()
        assert [person["id"] for person in found["results"]] == [one.pk, two.pk], text
    refused = office.call("api_learners_listed", file=sent("Name,Points\nX,3\n")).json()
    assert refused["field"] == "file" and "username" in refused["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_of_students_is_read_as_spreadsheets_save_it_and_its_formulas_stay_text(office, encoding):
    one, two, *_rest = office.school.learners
    text = f'Élève;username\r\nZoé;{one.username}\r\n=1+1;=HYPERLINK("x")\r\nRené;{two.username}\r\n'
    found = office.call("api_learners_listed", file=sent(text, encoding)).json()
    assert [person["id"] for person in found["results"]] == [one.pk, two.pk]
    (wrong,) = found["wrong"]
    assert (wrong["line"], wrong["what"]) == (3, "unknown")
    assert wrong["text"].startswith("=HYPERLINK")


def test_ten_thousand_students_are_looked_up_in_a_few_queries_and_one_more_is_refused(office, django_assert_max_num_queries):
    one = office.school.learners[0]
    many = "username\n" + one.username + "\n" + "".join(f"nobody-{n}\n" for n in range(9_999))
    with django_assert_max_num_queries(40):
        found = office.call("api_learners_listed", file=sent(many)).json()
    assert ([person["id"] for person in found["results"]], found["count"]) == ([one.pk], 10_000)
    refused = office.call("api_learners_listed", file=sent(many + "one-more\n"))
    assert (refused.status_code, refused.json()["code"]) == (400, "too_large")


def test_a_roster_of_unknown_students_is_refused_at_its_field_and_nothing_is_saved(office):
    elsewhere = [office.district.b.learners[0].pk], [office.school.staff.pk]
    for students in ([2**31], [0], ["x"], *elsewhere):
        made = {"placement": str(office.placement.uuid), "name": "Room 12", "roster": {"students": students}}
        answer = Page(office.school.staff).call("POST", f"courses/{office.school.course_key}/sessions", made)
        assert (answer.status_code, answer.json()["field"]) == (400, "students"), students
    assert not AssessmentSession.objects.exists()


def test_looking_a_list_up_costs_the_same_for_few_and_for_many(office):
    names = [one.username for one in office.school.learners]
    office.call("api_learners_listed", text="\n".join(names))
    counts = []
    for many in (2, 200):
        names += [factories.make_learner(office.school.course_key, f"more-{many}-{n}").username for n in range(many)]

        with CaptureQueriesContext(connection) as caught:
            assert len(office.call("api_learners_listed", text="\n".join(names)).json()["results"]) == len(names)
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_a_roster_says_how_many_it_assigns_before_it_is_saved(office):
    one, _two, three, _four = (learner.pk for learner in office.school.learners)
    roster = {"classes": [office.school.class_a.pk], "students": [three], "excluded": [one]}
    assert office.call("api_roster_count", **roster).json() == {"assigned": 2}
    assert office.call("api_roster_count").json() == {"assigned": 0}


def test_the_page_is_found_from_the_list_and_offers_what_is_open(office):
    key = str(office.school.course_key)
    address = reverse("assessprep:sessions_together", args=[key])
    assert address in office.client.get(reverse("assessprep:sessions", args=[key])).content.decode()
    assert "7A" not in office.client.get(address).content.decode()
    assert "7A" in office.client.get(f"{address}?assessment={office.district.assessment.uuid}").content.decode()
    assert office.client.get(f"{address}?assessment={uuid4()}").status_code == 404
