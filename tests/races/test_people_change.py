"""Races of a student at work with those who change what she is (enrolled, of which class, on the list or a guest), and with
those who copy her session or put it away."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from assessprep_xblock.domain.attempts import actions_answers, actions_running
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.monitoring import queries
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions import actions_life
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms.models import Cohort, CohortMembership, Enrolment
from tests.bare import CODE, Room, room
from tests.races.test_attempts import check_books, codes_of, join, no_deadlock  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
ROUNDS = 12
LATER = timedelta(minutes=1)


@pytest.fixture
def classes(now: datetime) -> tuple[Room, Cohort, Cohort]:
    """A room for class A, in which everybody is, and a class B beside it; whoever is on no list may come as a guest."""
    place = room(now, learners=ROUNDS, guests=True, guests_wait=False)
    run = place.session.course_key
    one, other = (Cohort.objects.create(course_key=run, name=name) for name in ("A", "B"))
    CohortMembership.objects.bulk_create(
        CohortMembership(user_id=learner, course_key=run, cohort=one) for learner in place.learners
    )
    listed = {"everyone": False, "classes": [one.pk], "students": [], "excluded": []}
    AssessmentSession.objects.filter(pk=place.session.pk).update(roster=listed)
    return place, one, other


def takes_the_test(place: Room, learner: int, now: datetime) -> Attempt:
    """From the code to the receipt. Nothing but the door may be shut: whoever is in is in."""
    attempt = join(place, learner, now).attempt
    try:
        actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
        for revision in (1, 2):
            actions_answers.save_answer(
                attempt_uuid=attempt.uuid,
                by=learner,
                item=place.questions[0].item,
                values={f"input_{place.questions[0].item}_2_1": str(revision)},
                revision=revision,
                written_at=None,
                now=now + LATER,
            )
        return actions_running.submit(attempt_uuid=attempt.uuid, by=learner, now=now + LATER).attempt
    except Refusal as refused:
        raise AssertionError(f"refused in the middle of the test: {refused.code}") from refused


def moves_to(learner: int, cohort: Cohort) -> None:
    CohortMembership.objects.filter(user_id=learner, course_key=cohort.course_key).update(cohort=cohort)


def is_enrolled(learner: int, place: Room, active: bool) -> None:
    Enrolment.objects.filter(user_id=learner, course_key=place.session.course_key).update(is_active=active)


def is_listed(place: Room, learner: int, now: datetime) -> Any:
    """Staff put her on the list by name."""
    session = place.reload()
    roster = {**session.roster, "students": [*session.roster["students"], learner]}
    return sessions.set_roster(session_uuid=session.uuid, roster=roster, version=session.version_no, by=place.staff, now=now)


def check_room(place: Room, now: datetime) -> None:
    """The counters are the rows, and what an invigilator reads sums to who is assigned and who came as a guest."""
    check_books(place)
    told = queries.monitor(place.reload(), since="", now=now + LATER)
    assert told is not None
    counters = told["counters"]
    sums = sum(counters[name] for name in ("absent", "joined", "in_progress", "ended", "submitted"))
    assert sums == counters["assigned"] + counters["guests"] == len(told["rows"])


def test_who_changes_class_and_is_put_on_the_list_meanwhile_takes_one_test_and_is_counted_once(now, threads, classes):
    place, one, other = classes
    for number, learner in enumerate(place.learners):
        moves_to(learner, one if number % 2 else other)
        handed_in, _moved, listed = threads(
            partial(takes_the_test, place, learner, now),
            partial(moves_to, learner, other if number % 2 else one),
            partial(is_listed, place, learner, now),
        )
        assert codes_of([handed_in]) == [], "on the list or a guest: the door is open to her"
        assert set(codes_of([listed])) <= {"stale_version"}
        attempt = Attempt.objects.get(learner_id=learner)
        assert (attempt.status, attempt.answered) == ("submitted", 1)
        assert AnswerDraft.objects.get(attempt=attempt).revision == 2
        assert AuditRow.objects.filter(action="join", attempt_id=attempt.pk).count() == 1
    check_room(place, now)


def test_who_is_unenrolled_meanwhile_was_at_the_door_in_time_or_not_and_loses_nothing_she_was_told_is_kept(
    now, threads, classes
):
    place, _one, _other = classes
    for learner in place.learners:
        handed_in, _gone = threads(partial(takes_the_test, place, learner, now), partial(is_enrolled, learner, place, False))
        came = Attempt.objects.filter(learner_id=learner)
        if isinstance(handed_in, Exception):
            assert codes_of([handed_in]) == ["code_wrong"]
            assert not came.exists()
        else:
            assert came.get().status == "submitted"
            assert AnswerDraft.objects.get(attempt=came.get()).revision == 2
        # Enrolled again she goes on where she was: nowhere, or after her test.
        is_enrolled(learner, place, True)
        again = threads(partial(join, place, learner, now + LATER))
        assert codes_of(again) == (["already_submitted"] if not isinstance(handed_in, Exception) else [])
        assert came.count() == 1
    check_room(place, now)


def test_a_session_that_is_copied_and_put_away_under_its_students_keeps_them_and_their_answers(now, threads, classes):
    place, _one, _other = classes
    about: dict[str, Any] = {"session_uuid": place.session.uuid, "by": place.staff, "now": now}
    for number, learner in enumerate(place.learners, start=1):
        copying = {"name": f"Copy {number}", "roster": "same", "request_id": uuid4()}
        handed_in, copied, archived = threads(
            partial(takes_the_test, place, learner, now),
            partial(sessions.duplicate_session, **about, **copying),
            partial(actions_life.archive_session, **about),
        )
        assert codes_of([copied]) == []
        assert (copied.lifecycle, copied.live_code, copied.roster) == ("draft", None, place.reload().roster)
        assert not Attempt.objects.filter(session=copied).exists()
        put_away = place.reload().lifecycle == "archived"
        came = Attempt.objects.filter(learner_id=learner)
        if isinstance(handed_in, Exception):
            # The code of a session that was put away opens nothing; whoever had joined by then cannot start.
            assert put_away and (came.first() is None or came.get().status == "joined"), handed_in
        else:
            assert came.get().status == "submitted"
            assert AnswerDraft.objects.get(attempt=came.get()).revision == 2
        assert put_away == (not isinstance(archived, Exception))
        assert set(codes_of([archived])) <= {"students_working", "state_changed"}
        assert place.counters() == place.counted()
        AssessmentSession.objects.filter(pk=place.session.pk).update(lifecycle="published", live_code=CODE)
