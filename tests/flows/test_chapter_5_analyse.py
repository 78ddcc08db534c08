"""Chapter 5 of the guide, "access detailed analysis tools for performance insights": what staff and authors see."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessprep_xblock.domain.analysis import actions, exports, queries, suppression
from assessprep_xblock.domain.analysis.models import AnswerVector, PreparedReport
from assessprep_xblock.domain.analysis.scopes import Asked, scope_of
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.library.models import VersionItem
from assessprep_xblock.domain.shared.spreadsheets import csv_lines
from devlms import factories
from tests import oracle
from tests.analysed import district
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def client(user) -> Client:
    signed_in = Client()
    signed_in.force_login(user)
    return signed_in


def analysis(user, found, **asked):
    answer = client(user).get(f"/assessprep/api/v1/assessments/{found.assessment.uuid}/analysis", asked)
    return answer.status_code, answer.json()


def points_of(attempts) -> list[list[float]]:
    rows = {attempt.pk: {} for attempt in attempts}
    for attempt, position, earned in ItemResult.objects.filter(attempt__in=rows).values_list(
        "attempt_id", "question__position", "earned"
    ):
        rows[attempt][position] = earned
    return [[row[place] for place in sorted(row)] for row in rows.values()]


# -- a school ---------------------------------------------------------------------------------------------------------


def test_a_session_is_analysed_as_soon_as_it_is_submitted_with_the_time_it_is_of(django_capture_on_commit_callbacks):
    """Real questions, real students, the real way in: what the last one handed in is in the figures at once."""
    world = delivered(timezone.now(), learners=3, release="on_submit")
    for number, learner in enumerate(world.learners):
        page = Page(learner)
        assert page.verify(world).status_code == 200
        assert page.start().status_code == 200
        for position in range(number + 1):
            page.save(world.questions[position].item, world.answers(position))
        if number == 0:
            page.save(world.questions[1].item, world.answers(1, "13"))
        with django_capture_on_commit_callbacks(execute=True):
            assert page.submit().status_code == 200
        told = client(world.staff).get(f"/assessprep/sessions/{world.session.uuid}/analyse/")
        assert told.status_code == 200
        text = " ".join(BeautifulSoup(told.content, "html.parser").get_text(" ").split())
        assert f"{number + 1} student" in text
        assert "as of" in text
    assert AnswerVector.objects.count() == 3
    assessment = world.placement.version.assessment
    address = f"/assessprep/api/v1/assessments/{assessment.uuid}/analysis"
    made = client(world.staff).get(address, {"session": str(world.session.uuid)}).json()
    assert made["students"] == 3
    assert made["test"]["mean"]["value"] == pytest.approx(2)
    assert [one["facility"]["value"] for one in made["questions"]] == pytest.approx([1, 2 / 3, 1 / 3])
    assert [one["omitted"]["value"] for one in made["questions"]] == pytest.approx([0, 0, 2 / 3])
    (part,) = made["questions"][0]["parts"]
    assert [(one["text"], one["right"], one["count"]) for one in part["options"]] == [
        ("A push or a pull", True, 3),
        ("A kind of energy", False, 0),
        ("", False, 0),
    ]


def test_the_figures_of_a_session_are_those_of_its_students_whether_packed_or_not():
    found = district(NOW, {"North": 40}, sessions=2)
    school = found.schools["North"]
    others = found.add("North", 9, session=1)
    rows = points_of(Attempt.objects.filter(session=school.sessions[0]))
    asked = {"session": str(school.sessions[0].uuid)}
    _status, loose = analysis(school.staff, found, **asked)
    assert actions.keep_answers(attempt_ids=[one.pk for one in Attempt.objects.all()], now=NOW) == 49
    _status, packed = analysis(school.staff, found, **asked)
    assert {**loose, "as_of": None} == {**packed, "as_of": None}
    assert packed["students"] == 40
    assert packed["test"]["mean"]["value"] == pytest.approx(oracle.mean(oracle.totals(rows)), rel=1e-12)
    assert packed["test"]["alpha"]["value"] == pytest.approx(oracle.alpha(rows), rel=1e-9)
    for one in packed["questions"]:
        place = one["number"] - 1
        assert one["facility"]["value"] == pytest.approx(oracle.mean(oracle.column(rows, place)), rel=1e-12)
        assert one["rest"]["value"] == pytest.approx(oracle.item_rest(rows, place), rel=1e-9)
    _status, both = analysis(school.staff, found)
    assert both["students"] == 49
    (by_session,) = [one for one in both["comparisons"] if one["by"] == "session"]
    assert [group["students"] for group in by_session["groups"]] == [40, 9]
    theirs, ours = ([100 * total / 6 for total in oracle.totals(points)] for points in (points_of(others), rows))
    assert by_session["groups"][1]["difference"]["value"] == pytest.approx(oracle.mean(theirs) - oracle.mean(ours))


def test_what_was_chosen_is_told_with_how_well_those_students_do_elsewhere():
    found = district(NOW, {"North": 40})
    _status, made = analysis(found.schools["North"].staff, found)
    rows = points_of(Attempt.objects.all())
    (part,) = made["questions"][0]["parts"]
    right = part["options"][0]
    assert right["count"] == sum(row[0] > 0 for row in rows)
    chose, rest = [row[0] for row in rows], oracle.rests(rows, 0)
    below = math.sqrt(oracle.variance(chose) * oracle.variance(rest))
    assert right["biserial"]["value"] == pytest.approx(oracle.covariance(chose, rest) / below, rel=1e-9)
    assert sum(option["count"] for option in part["options"]) == 40


def test_a_question_whose_key_is_wrong_is_named():
    """The best students all chose an answer that is marked wrong, the weakest the one that is marked right."""
    found = district(NOW, {"North": 0})
    rows = [[float(number < 10), *(float(number > 5 * place) for place in range(1, 6))] for number in range(30)]
    found.add("North", 30, scores=rows)
    _status, made = analysis(found.schools["North"].staff, found)
    assert made["questions"][0]["check"] == ["strong_choose_other", "goes_with_low_scores"]
    assert [one["check"] for one in made["questions"][1:]] == [[]] * 5
    page = client(found.schools["North"].staff).get(f"/assessprep/assessments/{found.assessment.uuid}/analyse/")
    text = BeautifulSoup(page.content, "html.parser").get_text(" ")
    assert "Check the key of this question" in text
    assert "another answer is chosen more often" in text


def test_classes_are_compared_as_they_are_now():
    found = district(NOW, {"North": 30})
    school = found.schools["North"]
    accounts = type(school.staff).objects
    factories.make_class(school.key, "7A", accounts.filter(pk__in=school.learners[:12]))
    factories.make_class(school.key, "7B", accounts.filter(pk__in=school.learners[12:25]))
    factories.make_class(school.key, "7C", [])
    _status, made = analysis(school.staff, found)
    (by_class,) = [one for one in made["comparisons"] if one["by"] == "class"]
    assert [(group["name"], group["students"]) for group in by_class["groups"]] == [("7A", 12), ("7B", 13)]


def test_only_the_first_attempt_of_a_student_counts_and_void_or_unscored_ones_never():
    found = district(NOW, {"North": 10}, sessions=2)
    school = found.schools["North"]
    found.submit("North", school.learners[:2], [[0.0] * 6] * 2, session=1, number=2)
    attempts = list(Attempt.objects.filter(number=1).order_by("pk"))
    Attempt.objects.filter(pk=attempts[4].pk).update(voided=True)
    Attempt.objects.filter(pk=attempts[5].pk).update(scoring="needs_marking")
    _status, made = analysis(school.staff, found)
    assert (made["students"], made["waiting"], made["repeats"]) == (8, 1, 2)


def test_a_mark_that_changed_counts_though_the_answers_were_packed_before():
    found = district(NOW, {"North": 6})
    actions.keep_answers(attempt_ids=list(Attempt.objects.values_list("pk", flat=True)), now=NOW)
    attempt = Attempt.objects.order_by("pk").first()
    ItemResult.objects.filter(attempt=attempt).update(earned=0.5)
    Attempt.objects.filter(pk=attempt.pk).update(progress_at=NOW + timedelta(hours=1))
    _status, made = analysis(found.schools["North"].staff, found)
    rows = points_of(Attempt.objects.all())
    assert made["test"]["mean"]["value"] == pytest.approx(oracle.mean(oracle.totals(rows)))


def test_standards_are_summed_up_over_their_questions():
    found = district(NOW, {"North": 20})
    fields = {field.name for field in VersionItem._meta.get_fields()}
    if "standards" not in fields:
        pytest.skip("questions carry no standards yet")
    VersionItem.objects.filter(position__in=(0, 1)).update(standards=["PS2.A"])
    VersionItem.objects.filter(position=5).update(standards=["PS2.A", "PS3.C"])
    _status, made = analysis(found.schools["North"].staff, found)
    rows = points_of(Attempt.objects.all())
    assert [(one["name"], one["questions"]) for one in made["standards"]] == [("PS2.A", [1, 2, 6]), ("PS3.C", [6])]
    assert made["standards"][0]["mean"]["value"] == pytest.approx(
        oracle.mean([100 * (row[0] + row[1] + row[5]) / 3 for row in rows])
    )


@pytest.mark.parametrize("students", [0, 1, 2, 4, 9])
def test_few_students_are_told_so_and_no_page_breaks(students):
    found = district(NOW, {"North": students})
    school = found.schools["North"]
    for user, view in ((school.staff, "school"), (found.author, "author")):
        page = client(user).get(f"/assessprep/assessments/{found.assessment.uuid}/analyse/", {"view": view})
        assert page.status_code == 200
        assert "nan" not in page.content.decode().lower().replace("analysen", "").split("<body")[0]
    text = BeautifulSoup(
        client(school.staff).get(f"/assessprep/sessions/{school.sessions[0].uuid}/analyse/").content, "html.parser"
    ).get_text(" ")
    assert ("Nothing to analyse yet" in text) == (students == 0)
    assert ("too few students" in text) == (students > 0)
    _status, made = analysis(school.staff, found)
    json.dumps(made, allow_nan=False)
    assert made["test"]["alpha"]["value"] is None


def test_questions_worth_nothing_negative_and_huge_marks_break_no_page():
    found = district(NOW, {"North": 0})
    VersionItem.objects.filter(position=0).update(max_points=0)
    rows = [[1.0, -5.0, 1e300, 0.5, float(number % 2), 0.0] for number in range(12)]
    found.add("North", 12, scores=rows)
    staff = found.schools["North"].staff
    status, made = analysis(staff, found)
    assert status == 200
    json.dumps(made, allow_nan=False)
    assert made["questions"][0]["facility"]["value"] is None
    page = client(staff).get(f"/assessprep/sessions/{found.schools['North'].sessions[0].uuid}/analyse/")
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("questions", "rows", "facility"),
    [
        (6, [[1.0] * 6] * 12, 1),
        (6, [[0.0] * 6] * 12, 0),
        (1, [[float(number % 2)] for number in range(12)], 0.5),
        (2, [[1.0, 0.0]] * 12, 1),
    ],
    ids=["all right", "all wrong", "one question", "no variance"],
)
def test_tests_that_tell_nobody_apart_have_a_mean_and_no_correlation_and_break_no_page(questions, rows, facility):
    found = district(NOW, {"North": 0}, questions=questions)
    found.add("North", 12, scores=rows)
    school = found.schools["North"]
    status, made = analysis(school.staff, found)
    assert status == 200 and made["questions"][0]["facility"]["value"] == facility
    json.dumps(made, allow_nan=False)
    for one in made["questions"]:
        # Where nobody at all is right the key may be wrong; where everybody is, nothing is.
        nobody = one["facility"]["value"] == 0
        assert one["rest"]["value"] is None and bool(one["check"]) == nobody
    assert made["test"]["alpha"]["value"] is None
    page = client(school.staff).get(f"/assessprep/sessions/{school.sessions[0].uuid}/analyse/")
    assert page.status_code == 200
    for table in exports.TABLES:
        list(csv_lines(exports.analysis_table(made, table).head, exports.analysis_table(made, table).rows))


def test_answers_that_are_missing_count_nothing_and_are_told_as_omitted():
    found = district(NOW, {"North": 0})
    attempts = found.add("North", 12, scores=[[1.0] * 6] * 12)
    missing = ItemResult.objects.filter(attempt__in=attempts[:6], question__position=0)
    missing.delete()
    _status, made = analysis(found.schools["North"].staff, found)
    first, second = made["questions"][:2]
    assert (first["facility"]["value"], first["omitted"]["value"]) == (0.5, 0.5)
    assert (second["facility"]["value"], second["omitted"]["value"]) == (1, 0)


# -- who may see what -------------------------------------------------------------------------------------------------


def test_nobody_sees_another_schools_figures():
    found = district(NOW, {"North": 12, "South": 12})
    north, south = found.schools["North"], found.schools["South"]
    _status, made = analysis(north.staff, found)
    assert made["students"] == 12
    assert made["dif"] == []
    assert "South" not in json.dumps(made)
    asked = [{"session": str(south.sessions[0].uuid)}, {"organization": "South"}, {"view": "author"}, {"version": "2"}]
    for one in asked:
        status, refused = analysis(north.staff, found, **one)
        assert (status, refused["code"]) == (404, "not_found"), one
    assert client(north.staff).get(f"/assessprep/sessions/{south.sessions[0].uuid}/analyse/").status_code == 404
    page = client(north.staff).get(f"/assessprep/assessments/{found.assessment.uuid}/analyse/")
    assert "South" not in page.content.decode()
    stranger = factories.make_user("stranger")
    assert analysis(stranger, found)[0] == 404


def test_an_author_sees_all_schools_together_and_no_session_name_or_single_score():
    found = district(NOW, {"North": 30, "South": 25, "West": 3})
    status, made = analysis(found.author, found)
    assert status == 200
    assert (made["students"], made["kept_back"]) == (55, ["West"])
    (by_school,) = made["comparisons"]
    assert [(group["name"], group["students"]) for group in by_school["groups"]] == [("North", 30), ("South", 25)]
    assert (made["test"]["lowest"], made["test"]["highest"], made["distribution"]) == (None, None, [])
    text = json.dumps(made)
    assert "North 1" not in text
    assert "north-0" not in text
    for one in ({"session": str(found.schools["North"].sessions[0].uuid)}, {"view": "school"}):
        assert analysis(found.author, found, **one)[0] == 404
    _status, one_school = analysis(found.author, found, organization="North")
    assert (one_school["students"], one_school["bands"], one_school["comparisons"]) == (30, [], [])
    assert all(question["parts"] == [] for question in one_school["questions"])
    _status, small = analysis(found.author, found, organization="West")
    assert (small["students"], small["test"]["mean"]["value"]) == (0, None)


def test_counts_below_five_are_kept_back_from_an_author():
    found = district(NOW, {"North": 0, "South": 20})
    found.add("North", 30, scores=[[1.0] * 6] * 28 + [[0.0] * 6] * 2)
    _status, made = analysis(found.author, found)
    shown = [option["count"] for one in made["questions"] for part in one["parts"] for option in part["options"]]
    assert not {1, 2, 3, 4} & set(shown)
    assert not {1, 2, 3, 4} & {one["count"] for one in made["bands"]}


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=18, max_size=18), st.integers(0, 4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_an_author_is_told_depends_on_the_scores_of_a_school_that_is_kept_back(small_west, marks, students):
    """Whatever the few students of a small school answered, every byte is the same: so nothing can be worked out from it."""
    found = small_west
    school = found.schools["West"]
    attempts = list(Attempt.objects.filter(placement=school.placement).order_by("pk"))
    Attempt.objects.filter(placement=school.placement).update(voided=True)
    Attempt.objects.filter(pk__in=[one.pk for one in attempts[:students]]).update(voided=False)
    for place, attempt in enumerate(attempts):
        for result in ItemResult.objects.filter(attempt=attempt).select_related("question"):
            earned = marks[(place * 6 + result.question.position) % len(marks)]
            ItemResult.objects.filter(pk=result.pk).update(earned=earned)
    scope = scope_of(assessment_uuid=found.assessment.uuid, user_id=found.author.pk, asked=Asked())
    told = json.dumps(queries.build(scope), sort_keys=True)
    seen = found.__dict__.setdefault("told", told)
    assert told == seen


@pytest.fixture
def small_west():
    return district(NOW, {"North": 11, "South": 14, "West": 4})


def test_an_author_who_looks_after_every_single_submission_learns_nothing_of_it():
    """The figures change by five students at a time, so no difference of two of them is one student's."""
    found = district(NOW, {"North": 0, "South": 10})
    told = []
    for number in range(11):
        scope = scope_of(assessment_uuid=found.assessment.uuid, user_id=found.author.pk, asked=Asked())
        made = queries.build(scope)
        told.append((made["students"], json.dumps({**made, "waiting": 0}, sort_keys=True)))
        found.add("North", 1, scores=[[float((number + one) % 3 > 0) for one in range(6)]])
    assert [students for students, _bytes in told] == [10] * 5 + [15] * 5 + [20]
    assert len({one for _students, one in told[:5]}) == len({one for _students, one in told[5:10]}) == 1


@given(st.lists(st.integers(0, 99), max_size=80))
@settings(max_examples=80, deadline=None)
def test_what_is_told_grows_by_whole_fives_in_whatever_order_submissions_come_and_are_scored(events):
    scored: list[bool] = []
    told: set[int] = set()
    for event in events:
        if event % 2 or not scored:
            scored.append(event % 4 == 1)
        else:
            scored[event % len(scored)] = True
        entries = [("North", number, number if is_scored else None) for number, is_scored in enumerate(scored)]
        now = set(suppression.in_steps(entries[::-1]))
        assert told <= now and len(now - told) % 5 == 0 and all(scored[one] for one in now)
        told = now


def test_a_time_that_is_known_of_fewer_than_five_students_is_not_told_to_an_author():
    found = district(NOW, {"North": 10})
    item = found.schools["North"].questions[0].item
    for known in (4, 5):
        timed = Attempt.objects.order_by("submitted_at", "pk").values_list("pk", flat=True)[:known]
        Attempt.objects.filter(pk__in=list(timed)).update(spent={item: 77})
        told = analysis(found.author, found)[1]["questions"][0]["spent"]
        assert (told["value"], told["students"]) == ((77, 5) if known == 5 else (None, 0))


def test_an_essay_that_is_marked_late_does_not_stand_out_in_an_authors_figures():
    found = district(NOW, {"North": 12})
    scope = {"assessment_uuid": found.assessment.uuid, "user_id": found.author.pk, "asked": Asked()}
    late = Attempt.objects.order_by("submitted_at", "pk")[2]
    Attempt.objects.filter(pk=late.pk).update(scoring="needs_marking")
    made = queries.build(scope_of(**scope))
    # Its whole step waits for it: the second step is told.
    assert (made["students"], made["waiting"]) == (5, 7)
    Attempt.objects.filter(pk=late.pk).update(scoring="scored")
    assert queries.build(scope_of(**scope))["students"] == 10


def test_a_question_that_is_harder_for_one_school_than_for_others_as_able_stands_out():
    found = district(NOW, {"North": 0, "South": 0}, questions=10, seed=4)
    for name in ("North", "South"):
        rows = [found._drawn(10) for _ in range(120)]
        if name == "South":
            rows = [[row[0] * float(number % 5 == 0), *row[1:]] for number, row in enumerate(rows)]
        found.add(name, 120, scores=rows)
    _status, made = analysis(found.author, found)
    south = next(one for one in made["dif"] if one["name"] == "South")
    assert south["guard"] == "ok"
    assert {row["number"]: row["category"] for row in south["questions"]}[1] == "C"
    assert next(row["delta"] for row in south["questions"] if row["number"] == 1) < 0


# -- how much it costs ------------------------------------------------------------------------------------------------


def asked_of_the_database(call) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert call().status_code == 200
    return len(captured)


def test_an_analysis_costs_as_many_queries_for_two_hundred_students_as_for_ten():
    found = district(NOW, {"North": 10, "South": 10})
    school = found.schools["North"]
    pages = [
        (client(school.staff), f"/assessprep/sessions/{school.sessions[0].uuid}/analyse/"),
        (client(found.author), f"/assessprep/assessments/{found.assessment.uuid}/analyse/"),
        (client(school.staff), f"/assessprep/api/v1/assessments/{found.assessment.uuid}/analysis"),
        (client(found.author), f"/assessprep/api/v1/assessments/{found.assessment.uuid}/analysis.csv?table=answers"),
    ]
    before = [asked_of_the_database(lambda one=one: one[0].get(one[1])) for one in pages]
    found.add("North", 190)
    found.add("South", 50)
    assert [asked_of_the_database(lambda one=one: one[0].get(one[1])) for one in pages] == before
    assert max(before) <= 22, before


# -- large reports ----------------------------------------------------------------------------------------------------


@override_settings(ASSESSPREP_ANALYSIS_AT_ONCE=10)
def test_a_large_report_is_prepared_with_progress_told_with_its_time_and_made_again_when_it_is_old():
    found = district(NOW, {"North": 30})
    staff = found.schools["North"].staff
    status, made = analysis(staff, found)
    assert (status, made["state"]) == (202, "missing")
    page = client(staff).get(f"/assessprep/assessments/{found.assessment.uuid}/analyse/")
    assert "being prepared" in page.content.decode()
    prepare = f"/assessprep/api/v1/assessments/{found.assessment.uuid}/analysis/prepare"
    answer = client(staff).post(prepare, content_type="application/json")
    assert answer.status_code == 200
    PreparedReport.objects.get()
    actions.make_report(digest=PreparedReport.objects.get().scope, now=NOW)
    status, made = analysis(staff, found)
    assert (status, made["state"], made["stale"], made["students"]) == (200, "ready", False, 30)
    assert AnswerVector.objects.count() == 30
    assert client(staff).post(prepare, content_type="application/json").json() == {"state": "ready"}
    found.add("North", 3)
    _status, made = analysis(staff, found)
    assert (made["stale"], made["students"]) == (True, 30)
    assert client(staff).post(prepare, content_type="application/json").json()["state"] in ("waiting", "working", "done")
    actions.make_report(digest=PreparedReport.objects.get().scope, now=NOW)
    actions.make_report(digest=PreparedReport.objects.get().scope, now=NOW)
    _status, made = analysis(staff, found)
    assert (made["stale"], made["students"]) == (False, 33)


@override_settings(ASSESSPREP_ANALYSIS_AT_ONCE=0)
def test_a_prepared_report_is_told_only_to_whoever_may_have_it():
    found = district(NOW, {"North": 12, "South": 12})
    address = f"/assessprep/api/v1/assessments/{found.assessment.uuid}/analysis"
    client(found.author).post(f"{address}/prepare", content_type="application/json")
    actions.make_report(digest=PreparedReport.objects.get().scope, now=NOW)
    assert analysis(found.author, found)[1]["students"] == 20
    assert analysis(found.schools["North"].staff, found)[1]["state"] == "missing"
    refused = client(found.schools["North"].staff).get(f"{address}.csv")
    assert (refused.status_code, refused.json()["code"]) == (409, "report_not_ready")


# -- the spreadsheet --------------------------------------------------------------------------------------------------


def test_every_table_can_be_had_as_a_spreadsheet_that_runs_no_formula():
    found = district(NOW, {"North": 40, "South": 40})
    VersionItem.objects.filter(position=0).update(title="=1+1", olx=factories.choice_olx("x", right="@SUM(A1)"))
    address = f"/assessprep/api/v1/assessments/{found.assessment.uuid}/analysis.csv"
    tables = {}
    for table in ("questions", "answers", "test", "groups", "scores", "standards", "dif"):
        answer = client(found.author).get(address, {"table": table}, headers={"Accept": "text/csv"})
        assert answer["Content-Type"].startswith("text/csv")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        tables[table] = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in tables[table]}) == 1, table
    assert len(tables["questions"]) == 7
    assert tables["questions"][1][1] == "'=1+1"
    assert tables["answers"][1][2] == "'@SUM(A1)"
    assert [row[1] for row in tables["groups"][1:]] == ["North", "South"]
    assert client(found.author).get(address, {"table": "names"}).status_code == 400
