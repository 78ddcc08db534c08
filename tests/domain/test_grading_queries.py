"""The results of a session: the platform's own scores where they were handed in, ours where they are not released yet."""

from __future__ import annotations

import csv
import gc
import io
import tracemalloc
import zipfile

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from assessprep_xblock.domain.attempts import actions_answers, actions_entry, actions_release, actions_running
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.attempts.queries import full_state, own_attempt
from assessprep_xblock.domain.grading import exports, queries, queries_submission
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.sessions.queries import session_for_staff
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.domain.shared.spreadsheets import Table, content
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import Enrolment
from tests import bare
from tests.world import World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(now) -> World:
    cache.clear()
    return delivered(now, learners=4)


@pytest.fixture
def manual(now) -> World:
    cache.clear()
    return delivered(now, learners=4, release="manual")


def hand_in(world, learner, right, wrong=()):
    """Join, start, answer these positions right and those wrong, submit."""
    code = world.reload().live_code
    attempt = actions_entry.verify_code(usage_key=world.usage_key, learner_id=learner.pk, code=code, now=world.now).attempt
    actions_running.start(attempt_uuid=attempt.uuid, by=learner.pk, now=world.now)
    for position in (*right, *wrong):
        values = (
            world.answers(position) if position in right else world.answers(position, ("choice_1", "1", "joule")[position])
        )
        actions_answers.save_answer(
            attempt_uuid=attempt.uuid,
            by=learner.pk,
            item=world.questions[position].item,
            values=values,
            revision=1,
            written_at=None,
            now=world.now,
        )
    actions_running.submit(attempt_uuid=attempt.uuid, by=learner.pk, now=world.now)
    return Attempt.objects.get(pk=attempt.pk)


def session_of(world):
    return AssessmentSession.objects.select_related("placement__version").get(pk=world.session.pk)


def look(world, **filters):
    return queries.grades(session_of(world), queries.Filters.read(filters))


def by_learner(found):
    return {one.learner: one for one in found.found}


def platform_total(world, learner):
    scores = get_lms().scores([one.usage_key for one in world.questions], [learner.pk])
    return sum(score.earned or 0 for score in scores.values())


def test_scores_are_the_platform_s_own_and_each_learner_has_one_status(world):
    one, two, three, _four = world.learners
    hand_in(world, one, right=(0, 1, 2))
    hand_in(world, two, right=(0,), wrong=(1,))
    hand_in(world, three, right=())
    found = look(world)
    rows = by_learner(found)
    assert (rows[one.pk].earned, rows[one.pk].possible, rows[one.pk].band.name) == (3, 3, "75-100")
    assert rows[one.pk].earned == platform_total(world, one)
    assert (rows[two.pk].earned, rows[two.pk].band.name) == (1, "25-50")
    assert rows[two.pk].earned == platform_total(world, two)
    assert rows[three.pk].status == "unattempted" and rows[three.pk].band is None
    assert found.statuses == {"unattempted": 2, "working": 0, "ungraded": 0, "partly": 0, "scored": 2}
    assert found.everybody == 4
    assert found.bands == {"0-25": 0, "25-50": 1, "50-75": 0, "75-100": 1}
    assert round(found.summary.mean, 3) == 66.667


def test_a_failed_hand_in_is_ungraded_and_grade_pending(world):
    attempt = hand_in(world, world.learners[0], right=(0, 1))
    Attempt.objects.filter(pk=attempt.pk).update(handin="failed")
    row = by_learner(look(world))[world.learners[0].pk]
    assert (row.status, row.pending, row.earned, row.band) == ("ungraded", True, None, None)


def test_a_void_attempt_stays_visible_and_counts_in_no_band(world):
    attempt = hand_in(world, world.learners[0], right=(0, 1, 2))
    Attempt.objects.filter(pk=attempt.pk).update(voided=True)
    found = look(world)
    assert by_learner(found)[world.learners[0].pk].voided is True
    assert sum(found.bands.values()) == 0 and found.summary.mean is None


def test_results_that_are_not_released_are_known_to_staff_and_appear_nowhere_for_students(manual):
    learner = manual.learners[0]
    attempt = hand_in(manual, learner, right=(0, 2), wrong=(1,))
    found = look(manual)
    row = by_learner(found)[learner.pk]
    assert (row.status, row.earned, row.possible) == ("scored", 2, 3)
    assert found.released is False and found.unreleased == 1
    # Neither the platform's scores and so its gradebook and progress pages, nor the student's own state.
    assert get_lms().scores([one.usage_key for one in manual.questions], [learner.pk]) == {}
    state = full_state(own_attempt(attempt_uuid=attempt.uuid, learner_id=learner.pk), manual.now)
    assert state["receipt"]["score"] is None and state["receipt"]["released"] is False
    assert "earned" not in str({**state, "receipt": None})


def test_releasing_brings_the_same_scores_to_the_platform(manual):
    learner = manual.learners[0]
    hand_in(manual, learner, right=(0, 2), wrong=(1,))
    before = by_learner(look(manual))[learner.pk]
    assert actions_release.release(session_id=manual.session.pk, by=manual.staff.pk, now=manual.now) == 1
    found = look(manual)
    after = by_learner(found)[learner.pk]
    assert (after.earned, after.possible) == (before.earned, before.possible)
    assert after.earned == platform_total(manual, learner)
    assert found.released is True and found.unreleased == 0


def test_filters_by_status_band_class_and_name(world):
    one, two, _three, four = world.learners
    school_class = factories.make_class(world.school, "7A", [one, four])
    hand_in(world, one, right=(0, 1, 2))
    hand_in(world, two, right=(0,))
    assert [row.learner for row in look(world, band="75-100").found] == [one.pk]
    assert [row.learner for row in look(world, status="scored").found] == [one.pk, two.pk]
    assert {row.learner for row in look(world, **{"class": str(school_class.pk)}).found} == {one.pk, four.pk}
    assert [row.learner for row in look(world, search="STUDENT 2").found] == [two.pk]
    assert look(world, search="nobody").found == []
    assert len(look(world, status="nonsense", band="1-2", **{"class": "x"}, sort="evil").found) == 4


def test_the_numbers_over_a_session_do_not_change_with_the_filters(world):
    hand_in(world, world.learners[0], right=(0, 1, 2))
    assert look(world, search="nobody").bands["75-100"] == 1


def test_whoever_has_no_score_comes_last_whichever_way_it_is_sorted(world):
    one, two, *_others = world.learners
    hand_in(world, one, right=(0,))
    hand_in(world, two, right=(0, 1, 2))
    assert [row.learner for row in look(world, sort="score").found][:2] == [one.pk, two.pk]
    assert [row.learner for row in look(world, sort="-score").found][:2] == [two.pk, one.pk]
    assert look(world, sort="-score").found[-1].percent is None


def test_another_session_of_the_placement_shows_its_own_submissions_only(world):
    hand_in(world, world.learners[0], right=(0, 1, 2))
    world.session = world.add_session("Tuesday, room 3")
    found = look(world)
    assert sum(found.bands.values()) == 0
    assert world.learners[0].pk not in by_learner(found)


def test_one_submission_tells_each_answer_in_words_with_its_points(world):
    attempt = hand_in(world, world.learners[0], right=(0, 2))
    found = queries_submission.submission(attempt_uuid=attempt.uuid, user_id=world.staff.pk, now=world.now)
    questions = found.questions
    assert found.session.pk == world.session.pk and found.one.earned == 2
    assert questions[0].answers[0].texts == ("A push or a pull",)
    assert [question.state for question in questions] == ["scored", "empty", "scored"]
    assert questions[2].answers[0].texts == ("newton",)


def test_a_question_that_is_not_scored_yet_is_pending_and_says_why(world):
    attempt = hand_in(world, world.learners[0], right=(0,))
    Attempt.objects.filter(pk=attempt.pk).update(handin="failed")
    ItemResult.objects.filter(attempt=attempt, question=world.questions[0]).update(
        state="failed", earned=None, scored_at=None, message="The platform was away."
    )
    found = queries_submission.submission(attempt_uuid=attempt.uuid, user_id=world.staff.pk, now=world.now)
    questions = found.questions
    assert found.one.pending and questions[0].state == "pending"
    assert questions[0].message == "The platform was away."


@pytest.mark.parametrize("who", ["student", "stranger"])
def test_a_submission_is_not_there_for_anybody_but_course_staff_of_its_run(world, who):
    attempt = hand_in(world, world.learners[0], right=(0,))
    stranger = factories.make_staff(factories.make_course_run("course-v1:Lakeside+SCI7+2026"), "staff-b")
    user = world.learners[0] if who == "student" else stranger
    with pytest.raises(Refusal) as refused:
        queries_submission.submission(attempt_uuid=attempt.uuid, user_id=user.pk, now=world.now)
    assert refused.value.code == "not_found"


# -- the spreadsheet ----------------------------------------------------------------------------------------------------
def table(world):
    text = "".join(content("csv", [exports.grades_table(session_of(world), queries.Filters())]))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_the_spreadsheet_has_a_row_per_learner_and_a_column_per_question(world):
    hand_in(world, world.learners[0], right=(0, 2))
    head, first, *others = table(world)
    assert len(others) == 3 and len(head) == len(first) == 8 + 3 + 5 + 3
    assert head[8] == "1. Push and pull (1)"
    assert first[:2] == ["Student 1", "student-a-01"]
    assert first[8:] == ["1.0", "0.0", "1.0", "2.0", "3.0", "66.666667", "50-75", *[""] * 4]


def test_the_spreadsheet_runs_no_formula_whatever_a_learner_is_called(world):
    factories.make_learner(world.school, "evil", '=HYPERLINK("http://example.com","x")')
    cells = [cell for row in table(world) for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not any(cell[:1] in ("=", "@", "+", "-") for cell in cells)


# -- cost ---------------------------------------------------------------------------------------------------------------
def handed_in_room(now, size):
    """A session in which everybody has handed in, as rows alone."""
    cache.clear()
    place = bare.room(now, learners=size, questions=3)
    all_hand_in(place, place.learners, now)
    return place


def all_hand_in(place, learners, now):
    attempts = Attempt.objects.bulk_create(
        Attempt(
            session=place.session,
            placement=place.session.placement,
            learner_id=learner,
            joined_at=now,
            status="submitted",
            answered=3,
            handin="done",
            scoring="scored",
            earned=number % 4,
            possible=3,
            graded=3,
            submitted_at=now,
        )
        for number, learner in enumerate(learners)
    )
    ItemResult.objects.bulk_create(
        ItemResult(attempt=attempt, question=question, earned=1, machine=1, possible=1, scored_at=now, state="done")
        for attempt in attempts
        for question in place.questions
    )


def opened(place):
    return session_for_staff(session_uuid=place.session.uuid, user_id=place.staff)


@pytest.mark.parametrize("size", [100, 1_500])
def test_a_page_of_results_costs_six_queries_and_a_spreadsheet_four_more_however_many_there_are(now, size):
    place = handed_in_room(now, size)
    with CaptureQueriesContext(connection) as page:
        found = queries.grades(opened(place), queries.Filters(sort="-score"))
    assert (len(found.found), sum(found.bands.values())) == (size, size)
    assert len(page) <= 6, [query["sql"] for query in page.captured_queries]
    with CaptureQueriesContext(connection) as sheet:
        lines = sum(1 for _line in content("csv", [exports.grades_table(opened(place), queries.Filters())]))
    assert lines == size + 1
    assert len(sheet) <= 10, [query["sql"] for query in sheet.captured_queries]


def peak_of(session, kind):
    """The most memory that a spreadsheet takes while it is made, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        for _piece in content(kind, [exports.grades_table(session, queries.Filters(sort="-score"))]):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_spreadsheet_of_ten_thousand_takes_no_more_memory_than_one_of_a_thousand(now):
    place = handed_in_room(now, 1_000)
    session = opened(place)
    # What is loaded once, and the sentences of this language, are no part of what grows with students.
    peak_of(session, "csv"), peak_of(session, "xlsx")
    small = {kind: peak_of(session, kind) for kind in ("csv", "xlsx")}
    # Lines, people and points come and go by the hundred. What is read at once is read in full from some thousand on, and a
    # workbook has buffers of its own; it is slow to watch, so it is watched on the way.
    for kind, size, grows in (("xlsx", 3_000, 1_500_000), ("csv", 10_000, 900_000)):
        grow(place, size, now)
        most = peak_of(session, kind)
        assert most - small[kind] < grows, f"{kind}: {small[kind]:,} bytes for 1,000 students, {most:,} for {size:,}"
    with CaptureQueriesContext(connection) as sheet:
        lines = sum(1 for _line in content("csv", [exports.grades_table(session, queries.Filters())]))
    assert (lines, len(sheet) <= 10) == (10_001, True)
    with CaptureQueriesContext(connection) as page:
        found = queries.grades(opened(place), queries.Filters())
    assert (len(found.found), len(page) <= 6) == (10_000, True)


def grow(place, size, now):
    """Learners are added, who have handed in, until there are so many."""
    accounts = get_user_model().objects
    number = Attempt.objects.count()
    accounts.bulk_create(
        get_user_model()(username=f"more{size}-{n}", email=f"more{size}-{n}@example.com") for n in range(size - number)
    )
    more = list(accounts.filter(username__startswith=f"more{size}-").values_list("pk", flat=True))
    Enrolment.objects.bulk_create(Enrolment(user_id=pk, course_key=place.session.course_key) for pk in more)
    all_hand_in(place, more, now)


@pytest.mark.parametrize("sort", queries.SORTS)
def test_the_spreadsheet_has_the_lines_of_the_list_in_its_order(world, sort):
    """Somebody of each sort: on the roster or no longer, here or elsewhere, scored or absent, and names in two scripts."""
    hand_in(world, world.learners[0], right=(0, 2)), hand_in(world, world.learners[1], right=(0,))
    hand_in(world, world.learners[2], right=(0, 2))
    Enrolment.objects.filter(user=world.learners[1]).delete()
    for name, shown in (("zoe", "Ωmega"), ("ali", "علي"), ("eve", "éve"), ("adam", "ADAM")):
        factories.make_learner(world.school, name, shown)
    found = queries.grades(session_of(world), queries.Filters(sort=sort)).found
    text = "".join(content("csv", [exports.grades_table(session_of(world), queries.Filters(sort=sort))]))
    rows = list(csv.reader(io.StringIO(text[1:])))[1:]
    assert [row[0] for row in rows] == [one.name for one in found] and len(found) >= 7
    assert [row[1] for row in rows] == [one.username for one in found]
    assert [row[11:14] for row in rows] == [
        ["" if cell is None else str(cell) for cell in (one.earned, one.possible, one.percent)] for one in found
    ]


def test_a_workbook_holds_the_same_as_text_that_nothing_runs_and_numbers_that_count(world):
    factories.make_learner(world.school, "evil", '=HYPERLINK("http://x")')
    table = exports.grades_table(session_of(world), queries.Filters())
    rows = list(table.rows)
    (sheet,) = workbook(b"".join(content("xlsx", [Table(table.name, table.head, rows)])))
    padded = [row + [None] * (len(table.head) - len(row)) for row in sheet]
    assert padded == [list(table.head), *([None if cell == "" else cell for cell in row] for row in rows)]
    assert any(isinstance(cell, float) for row in padded for cell in row)


def test_a_workbook_takes_whatever_a_cell_may_hold():
    odd = ["=1+1", "x" * 40_000, "a\x00\x0bb", "http://example.com", float("inf"), None, "", True, -0.5, "٣", "{=SUM(A1)}"]
    tables = [Table("a/b:c*?[]\\" * 9, ["Title"], [[one] for one in odd]), Table("A B C" * 9, ["Title"], [])]
    first, second = workbook(b"".join(content("xlsx", tables)))
    assert second == [["Title"]]
    cells = [row[0] for row in first[1:] if row]
    assert cells[0] == "=1+1" and len(cells[1]) == 32_767 and cells[3:5] == ["http://example.com", "inf"]
    assert cells[-4:] == ["True", -0.5, "٣", "{=SUM(A1)}"]


def workbook(data: bytes) -> list[list[list]]:
    """The cells of every sheet; fails where one holds a formula."""
    kept = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("xl/worksheets/sheet"))
        sheets = [etree.fromstring(archive.read(name)) for name in names]
    assert not any(list(sheet.iter(f"{kept}f")) for sheet in sheets)
    return [[_cells(row, kept) for row in sheet.iter(f"{kept}row")] for sheet in sheets]


def _cells(row, kept) -> list:
    """A row's cells in their columns: an empty one is not in the file."""
    found = {}
    for cell in row:
        place = 0
        for letter in cell.get("r").rstrip("0123456789"):
            place = 26 * place + ord(letter) - 64
        is_number = cell.get("t") is None
        found[place - 1] = float(cell.findtext(f"{kept}v")) if is_number else "".join(cell.itertext())
    return [found.get(place) for place in range(max(found, default=-1) + 1)]
