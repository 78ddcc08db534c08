"""A read that is written once gives the rows of its queryset, for the values of each call, on whichever connection."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext

from assessprep_xblock.domain.attempts.models import AbsentMark, Attempt
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.prepared import Given, PreparedRead
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
