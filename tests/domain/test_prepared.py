"""A read that is written once gives the rows of its queryset, for the values of each call, on whichever connection."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Exists, F, OuterRef
from django.test.utils import CaptureQueriesContext

from assessprep_xblock.domain.attempts.models import AbsentMark, Attempt
from assessprep_xblock.domain.sessions.changes import take_change
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.prepared import Given, PreparedRead, PreparedUpdate, Unless, _updates, update
from assessprep_xblock.domain.shared.winning import Lost
from tests.bare import CODE, add_session, room

SESSION = AssessmentSession._meta.get_field
CODE_GIVEN, RUN_GIVEN = Given("code", SESSION("live_code")), Given("run", SESSION("course_key"))


def by_code():
    marks = AbsentMark.objects.filter(
        session=OuterRef("pk"), learner_id=Given("learner", Attempt._meta.get_field("learner"))
    )
    return (
        AssessmentSession.objects.select_related("placement__version")
        .defer("roster")
        .filter(live_code=CODE_GIVEN, course_key=RUN_GIVEN, lifecycle="published")
        .annotate(marked=Exists(marks))
    )


@pytest.fixture
def place(db, now):
    place = room(now)
    add_session(place.session.placement, place.staff, now, name="Tuesday", code="9001", duration_s=600)
    return place


def test_each_call_gets_the_rows_of_its_own_values(place, now):
    read, run = PreparedRead(by_code), place.session.course_key
    AbsentMark.objects.create(session=place.session, learner_id=place.learners[0], at=now)
    marked, unmarked = place.learners
    (monday,) = read(code=CODE, run=run, learner=marked)
    (tuesday,) = read(code="9001", run=run, learner=marked)
    assert (monday.name, monday.marked, monday.overrides) == ("Monday", True, {})
    assert (tuesday.name, tuesday.marked, tuesday.overrides) == ("Tuesday", False, {"duration_s": 600})
    assert read(code=CODE, run=run, learner=unmarked)[0].marked is False
    assert read(code="0000", run=run, learner=marked) == []
    assert monday.placement.version.settings == place.session.placement.version.settings
    assert monday.uuid == place.session.uuid and monday.created_at == place.session.created_at
    assert monday.get_deferred_fields() == {"roster"}


def test_it_is_one_query_and_its_sql_is_written_once(place):
    made = []
    read = PreparedRead(lambda: made.append(1) or by_code())
    with CaptureQueriesContext(connection) as seen:
        for _ in range(3):
            read(code=CODE, run=place.session.course_key, learner=place.learners[0])
    assert (len(seen.captured_queries), len(made)) == (3, 1)


def test_a_value_that_is_not_told_is_an_error_and_no_query(place, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(KeyError):
        PreparedRead(by_code)(code=CODE, run=place.session.course_key)


def test_plain_values_can_be_read_as_well(place):
    pk = Given("pk", SESSION("id"))
    read = PreparedRead(lambda: AssessmentSession.objects.filter(pk=pk).values_list("name", flat=True))
    assert read(pk=place.session.pk) == ["Monday"]


def test_a_key_that_no_row_has_finds_none(db):
    read = PreparedRead(lambda: Attempt.objects.filter(uuid=Given("uuid", Attempt._meta.get_field("uuid"))))
    assert read(uuid=uuid4()) == []


@pytest.mark.django_db(transaction=True)
def test_every_thread_reads_on_its_own_connection(now):
    place = room(now)
    read, found = PreparedRead(by_code), []

    def look():
        found.append(read(code=CODE, run=place.session.course_key, learner=place.learners[0])[0].name)
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Monday"] * 4


def test_columns_are_the_same_rows_turned_over(place):
    read = PreparedRead(lambda: by_code().values_list("uuid", "created_at", "held_since", "marked"))
    asked = {"code": CODE, "run": place.session.course_key, "learner": place.learners[0]}
    assert [list(row) for row in zip(*read.columns(**asked), strict=True)] == [list(row) for row in read(**asked)]
    assert [len(column) for column in read.columns(**{**asked, "code": "0000"})] == [0, 0, 0, 0]


# -- changes --------------------------------------------------------------------------------------------------------------
def marked() -> Exists:
    return Exists(AbsentMark.objects.filter(session=OuterRef("pk"), learner_id=Given("learner", LEARNER)))


LEARNER = Attempt._meta.get_field("learner")


def test_a_change_meets_the_rows_on_which_its_conditions_hold_and_no_others(place, now):
    monday, tuesday = AssessmentSession.objects.order_by("pk")
    where = {"pk": monday.pk, "held_since": None, "lifecycle": "published"}
    assert update(AssessmentSession, where=where, values={"held_since": now, "overrides": {"duration_s": 1}}).rows == 1
    assert update(AssessmentSession, where=where, values={"held_since": now, "overrides": {}}).rows == 0
    assert update(AssessmentSession, where={**where, "held_since": now}, values={"held_since": None}).rows == 1
    monday.refresh_from_db()
    assert (monday.held_since, monday.overrides) == (None, {"duration_s": 1})
    before = (tuesday.held_since, tuesday.overrides, tuesday.change_no)
    tuesday.refresh_from_db()
    assert (tuesday.held_since, tuesday.overrides, tuesday.change_no) == before


def test_what_forbids_a_change_is_asked_with_the_change_itself(place, now):
    session, (absent, there) = place.session, place.learners
    AbsentMark.objects.create(session=session, learner_id=absent, at=now)
    for learner, rows in ((absent, 0), (there, 1), (absent, 0)):
        told = update(
            AssessmentSession,
            where={"pk": session.pk},
            plus={"n_joined": 1, "n_ended": -1},
            number="change_no",
            unless=Unless(marked, {"learner": learner}),
        )
        assert told.rows == rows
    row = AssessmentSession.objects.get(pk=session.pk)
    assert (row.n_joined, row.n_ended, row.change_no) == (1, -1, session.change_no + 1)
    assert told.number is None or connection.vendor == "mysql"


@pytest.mark.parametrize("counters", [{"joined": 1}, {"joined": 37, "ended": -2}])
def test_each_change_of_a_session_gets_the_next_number(place, counters):
    first = place.session.change_no
    assert [take_change(place.session.pk, counters=counters, notice=True) for _ in range(3)] == [
        first + n for n in (1, 2, 3)
    ]
    row = AssessmentSession.objects.get(pk=place.session.pk)
    assert (row.n_joined, row.n_ended) == (3 * counters["joined"], 3 * counters.get("ended", 0))
    assert (row.change_no, row.notice_no) == (first + 3, place.session.notice_no + 3)
    with pytest.raises(Lost):
        take_change(place.session.pk, where={"lifecycle": "archived"}, counters=counters)


def test_the_sql_of_a_change_is_written_once_for_each_shape(place):
    made = []
    change = PreparedUpdate(
        lambda: (made.append(1), (AssessmentSession.objects.filter(live_code=CODE_GIVEN), {"n_ended": F("n_ended") + 1}))[1]
    )
    assert [change({"code": code}).rows for code in (CODE, "9001", "0000")] == [1, 1, 0]
    assert made == [1]


def test_what_a_caller_does_with_its_values_afterwards_changes_no_other_call(place, now):
    values = {"held_since": now, "paused_us": 5}
    where = {"pk": place.session.pk, "lifecycle": "published"}
    assert update(AssessmentSession, where=where, values=values).rows == 1
    values["n_ended"] = 7
    # Another thread writes the SQL of this shape for itself.
    for known in _updates.values():
        known._written = threading.local()
    assert update(AssessmentSession, where=where, values={"held_since": None, "paused_us": 0}).rows == 1
    assert AssessmentSession.objects.values_list("held_since", "paused_us", "n_ended").get(pk=place.session.pk) == (
        None,
        0,
        0,
    )
