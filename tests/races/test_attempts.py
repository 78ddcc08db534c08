"""Races on MariaDB: threads with connections of their own, released by one barrier, and what has to hold afterwards."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model

from assessprep_xblock.domain.attempts import (
    actions_answers,
    actions_entry,
    actions_release,
    actions_running,
    actions_settle,
)
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, LedgerEntry
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.models import WrongTries
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms.models import Enrolment
from tests.bare import CODE, add_session, room
from tests.races.campaign import deadlocks

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

ROUNDS = 12
LATER = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def no_deadlock():
    """The order in which rows are locked is the same everywhere, so no race may ever end in a deadlock, retried or not."""
    before = deadlocks()
    yield
    assert deadlocks() == before


def codes_of(outcomes) -> list[str]:
    """Refusal codes among outcomes; anything else that was raised fails the test."""
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, Refusal):
            raise outcome
    return sorted(outcome.code for outcome in outcomes if isinstance(outcome, Refusal))


def join(place, learner, now, code=CODE):
    return actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=code, now=now)


def begin(place, learner, now) -> uuid.UUID:
    attempt = join(place, learner, now).attempt
    actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
    return attempt.uuid


def check_books(place) -> None:
    """What has to hold after any race: the counters are the rows, and each change of state left one audit row."""
    assert place.counters() == place.counted()
    numbers = list(AuditRow.objects.filter(session_id=place.session.pk).values_list("change_no", flat=True))
    assert max(numbers) == place.reload().change_no


def test_one_learner_joining_in_four_tabs_gets_one_attempt(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        outcomes = threads(*[partial(join, place, learner, now)] * 4)
        assert codes_of(outcomes) == []
        assert len({outcome.attempt.uuid for outcome in outcomes}) == 1
    assert Attempt.objects.count() == ROUNDS
    check_books(place)


def test_one_learner_joining_two_sessions_of_one_placement_gets_into_one(now, threads):
    place = room(now, learners=ROUNDS)
    add_session(place.session.placement, place.staff, now, code="9001")
    for learner in place.learners:
        outcomes = threads(partial(join, place, learner, now), partial(join, place, learner, now, "9001"))
        assert codes_of(outcomes) == ["in_another_session"]
    assert Attempt.objects.count() == ROUNDS
    check_books(place)


def test_four_starts_begin_one_test_once(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt = join(place, learner, now).attempt
        outcomes = threads(*[partial(actions_running.start, attempt_uuid=attempt.uuid, by=learner, now=now)] * 4)
        assert codes_of(outcomes) == []
        assert len({outcome.attempt.due_us for outcome in outcomes}) == 1
        assert LedgerEntry.objects.filter(attempt=attempt).count() == 1
    assert place.counters()["in_progress"] == ROUNDS
    check_books(place)


def test_a_submit_against_a_pause_is_either_handed_in_or_paused_never_both(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt_uuid = begin(place, learner, now)
        submit, pause = threads(
            partial(actions_running.submit, attempt_uuid=attempt_uuid, by=learner, now=now + LATER),
            partial(
                monitoring.pause, session_id=place.session.pk, by=place.staff, attempts="all", reason="", now=now + LATER
            ),
        )
        assert codes_of([pause]) == []
        row = Attempt.objects.get(uuid=attempt_uuid)
        paused = AuditRow.objects.filter(action="pause").latest("pk").change_no
        if isinstance(submit, Refusal):
            assert (submit.code, row.status) == ("held", "in_progress")
        else:
            # An acknowledged submit is final, and it came before the pause.
            assert row.status == "submitted"
            assert row.change_no < paused
        monitoring.resume(session_id=place.session.pk, by=place.staff, attempts="all", reason="", now=now + LATER)
    check_books(place)


def test_a_submit_against_the_release_waits_for_no_second_release(now, threads):
    place = room(now, learners=1, release="manual")
    for number in range(ROUNDS):
        session = add_session(place.session.placement, place.staff, now, code=f"7{number:03}", release="manual")
        learner = get_user_model().objects.create(username=f"late{number}", email=f"late{number}@example.com").pk
        Enrolment.objects.create(user_id=learner, course_key=session.course_key)
        attempt = join(place, learner, now, session.live_code).attempt
        actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
        outcomes = threads(
            partial(actions_running.submit, attempt_uuid=attempt.uuid, by=learner, now=now + LATER),
            partial(actions_release.release, session_id=session.pk, by=place.staff, now=now + LATER),
        )
        assert codes_of(outcomes) == []
        # Whichever came first, what was submitted is on its way to the gradebook.
        assert Attempt.objects.get(pk=attempt.pk).handin != "none"


def test_an_answer_against_a_submit_is_handed_in_or_refused(now, threads):
    place = room(now, learners=ROUNDS)
    item = place.questions[0].item
    for learner in place.learners:
        attempt_uuid = begin(place, learner, now)
        answer, submit = threads(
            partial(
                actions_answers.save_answer,
                attempt_uuid=attempt_uuid,
                by=learner,
                item=item,
                values={f"input_{item}_2_1": "B"},
                revision=1,
                written_at=None,
                now=now + LATER,
            ),
            partial(actions_running.submit, attempt_uuid=attempt_uuid, by=learner, now=now + LATER),
        )
        assert codes_of([submit]) == []
        kept = AnswerDraft.objects.filter(attempt__uuid=attempt_uuid).count()
        if isinstance(answer, Exception):
            assert codes_of([answer]) == ["already_submitted"]
            assert kept == 0
        else:
            # Acknowledged before the submit took the row, so the submit counted it.
            assert kept == 1
            assert submit.attempt.answered == 1
    check_books(place)


def test_ending_a_whole_room_while_everybody_submits_costs_no_deadlock_and_no_answer(now, threads):
    place = room(now, learners=16)
    uuids = {learner: begin(place, learner, now) for learner in place.learners}
    end = partial(
        monitoring.end, session_id=place.session.pk, by=place.staff, attempts="all", reason="fire", now=now + LATER
    )
    submits = [
        partial(actions_running.submit, attempt_uuid=attempt_uuid, by=learner, now=now + LATER)
        for learner, attempt_uuid in uuids.items()
    ]
    outcomes = threads(end, *submits)
    assert codes_of(outcomes) == []
    # A submit that came after the End hands in all the same: everybody who pressed Submit is submitted.
    assert place.counters() == {"joined": 0, "in_progress": 0, "ended": 0, "submitted": 16}
    check_books(place)


def test_two_invigilators_who_resume_together_pay_the_pause_once(now, threads):
    place = room(now, learners=1)
    begin(place, place.learners[0], now)
    for n in range(ROUNDS):
        at = now + timedelta(minutes=2 * n)
        call = {"session_id": place.session.pk, "by": place.staff, "attempts": "all", "reason": ""}
        assert codes_of(threads(*[partial(monitoring.pause, **call, now=at)] * 2)) == ["already_held"]
        assert codes_of(threads(*[partial(monitoring.resume, **call, now=at + LATER)] * 2)) == ["not_held"]
        assert place.reload().paused_us == (n + 1) * 60_000_000
    check_books(place)


def test_time_added_against_the_sweep_never_ends_a_student_whose_end_is_ahead(now, threads):
    place = room(now, learners=ROUNDS, duration_s=600)
    over = now + timedelta(seconds=700)
    for learner in place.learners:
        attempt_uuid = begin(place, learner, now)
        extend, settled = threads(
            partial(
                monitoring.extend,
                session_id=place.session.pk,
                by=place.staff,
                attempts=[attempt_uuid],
                seconds=3600,
                reason="",
                request_id=uuid.uuid4(),
                now=over,
            ),
            partial(actions_settle.settle, session_id=place.session.pk, now=over),
        )
        assert codes_of([extend, settled]) == []
        row = Attempt.objects.get(uuid=attempt_uuid)
        assert (row.status == "in_progress") == extend["rows"][0]["done"]
    check_books(place)


def test_the_same_extension_sent_four_times_at_once_is_given_once(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt_uuid = begin(place, learner, now)
        due = Attempt.objects.get(uuid=attempt_uuid).due_us
        call = partial(
            monitoring.extend,
            session_id=place.session.pk,
            by=place.staff,
            attempts=[attempt_uuid],
            seconds=60,
            reason="",
            request_id=uuid.uuid4(),
            now=now + LATER,
        )
        assert codes_of(threads(call, call, call, call)) == []
        row = Attempt.objects.get(uuid=attempt_uuid)
        assert row.due_us - due == 60_000_000
        assert sum(entry.us for entry in LedgerEntry.objects.filter(attempt=row)) == row.due_us - row.started_us
    check_books(place)


def test_of_forty_wrong_codes_at_once_exactly_five_are_looked_at(now, threads):
    place = room(now, learners=1)
    for round_no in range(3):
        WrongTries.objects.all().delete()
        if round_no:
            WrongTries.objects.create(
                learner_id=place.learners[0], course_key=str(place.usage_key.course_key), wrong=0, since=now
            )
        codes = codes_of(threads(*[partial(join, place, place.learners[0], now, "1111")] * 40))
        looked_at = codes.count("code_wrong")
        assert WrongTries.objects.get().wrong == 5
        assert looked_at == 5
        assert codes.count("too_many_tries") == 35
