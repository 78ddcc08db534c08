"""What an invigilator's actions do to attempts, their clocks and their ledgers; rows alone, no content."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from assessprep_xblock.domain.attempts import actions_entry, actions_running, actions_settle
from assessprep_xblock.domain.attempts.models import Attempt, LedgerEntry
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring.models import Announcement
from assessprep_xblock.domain.sessions.clock import SECOND
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.bare import CODE, add_session, room

pytestmark = pytest.mark.django_db


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def join(place, learner, now, code=CODE) -> uuid.UUID:
    return actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=code, now=now).attempt.uuid


def begin(place, learner, now) -> uuid.UUID:
    attempt_uuid = join(place, learner, now)
    actions_running.start(attempt_uuid=attempt_uuid, by=learner, now=now)
    return attempt_uuid


def act(action, place, now, attempts="all", **more):
    return action(session_id=place.session.pk, by=place.staff, attempts=attempts, now=now, **more)


def extend(place, now, attempts, seconds, request_id=None):
    return act(monitoring.extend, place, now, attempts, seconds=seconds, reason="", request_id=request_id or uuid.uuid4())


def of(attempt_uuid) -> Attempt:
    return Attempt.objects.get(uuid=attempt_uuid)


def outcome(answer) -> dict[str, str]:
    """Attempt -> "done" or the refusal's code."""
    return {row["attempt"]: "done" if row["done"] else row["code"] for row in answer["rows"]}


def check_ledger(attempt_uuid) -> None:
    """Every second of the deadline is in the ledger."""
    row = of(attempt_uuid)
    entries = LedgerEntry.objects.filter(attempt=row).values_list("kind", "us")
    assert row.due_us - row.started_us == sum(us for _kind, us in entries)
    assert row.granted_us == sum(us for kind, us in entries if kind != "duration")


def test_pausing_a_session_writes_one_row_however_many_students_and_touches_no_other_session(now):
    place = room(now, learners=10)
    other = add_session(place.session.placement, place.staff, now)
    uuids = [begin(place, learner, now) for learner in place.learners]
    before = [of(attempt_uuid).change_no for attempt_uuid in uuids]
    act(monitoring.pause, place, now + minutes(1), reason="fire alarm")
    assert [of(attempt_uuid).change_no for attempt_uuid in uuids] == before
    other.refresh_from_db()
    assert other.held_since is None
    assert AuditRow.objects.get(action="pause").reason == "fire alarm"


def test_a_pause_that_is_there_already_and_one_that_is_not_are_told_apart(now):
    place = room(now)
    with pytest.raises(Refusal, match="not_held"):
        act(monitoring.resume, place, now, reason="")
    act(monitoring.pause, place, now, reason="")
    with pytest.raises(Refusal, match="already_held"):
        act(monitoring.pause, place, now, reason="")


def test_who_joins_during_a_pause_is_paused_too_and_begins_after_it(now):
    place = room(now)
    act(monitoring.pause, place, now, reason="")
    attempt_uuid = join(place, place.learners[0], now + minutes(1))
    with pytest.raises(Refusal, match="held"):
        actions_running.start(attempt_uuid=attempt_uuid, by=place.learners[0], now=now + minutes(1))
    act(monitoring.resume, place, now + minutes(5), reason="")
    view = actions_running.start(attempt_uuid=attempt_uuid, by=place.learners[0], now=now + minutes(5))
    assert view.standing.attempt_clock.left_us(now + minutes(5)) == 2700 * SECOND


def test_one_student_s_hold_leaves_the_others_running_and_costs_that_student_nothing(now):
    place = room(now)
    held, running = (begin(place, learner, now) for learner in place.learners)
    assert outcome(act(monitoring.pause, place, now + minutes(1), [held], reason="nurse")) == {str(held): "done"}
    assert outcome(act(monitoring.pause, place, now + minutes(2), [held], reason="")) == {str(held): "already_held"}
    act(monitoring.resume, place, now + minutes(11), [held], reason="")
    assert of(held).due_us - of(running).due_us == 600 * SECOND
    check_ledger(held)
    check_ledger(running)


def test_time_is_given_to_those_who_are_working_and_the_others_are_told_why_not(now):
    place = room(now, learners=3)
    working, joined = begin(place, place.learners[0], now), join(place, place.learners[1], now)
    stranger = uuid.uuid4()
    answer = extend(place, now + minutes(1), [working, joined, stranger], 300)
    assert outcome(answer) == {str(working): "done", str(joined): "move_refused", str(stranger): "not_found"}
    check_ledger(working)


def test_attempts_of_another_session_are_not_there(now):
    place = room(now)
    other = add_session(place.session.placement, place.staff, now)
    theirs = begin(place, place.learners[0], now)
    answer = monitoring.end(session_id=other.pk, by=place.staff, attempts=[theirs], reason="", now=now)
    assert outcome(answer) == {str(theirs): "not_found"}
    assert of(theirs).status == "in_progress"


def test_the_same_request_gives_time_once_and_gets_the_same_answer(now):
    place = room(now)
    attempt_uuid, request_id = begin(place, place.learners[0], now), uuid.uuid4()
    first = extend(place, now, [attempt_uuid], 300, request_id)
    assert extend(place, now + minutes(1), [attempt_uuid], 300, request_id) == first
    check_ledger(attempt_uuid)
    assert of(attempt_uuid).granted_us == 300 * SECOND


def test_taking_back_more_time_than_is_left_is_refused(now):
    place = room(now)
    attempt_uuid = begin(place, place.learners[0], now)
    assert outcome(extend(place, now, [attempt_uuid], -2700)) == {str(attempt_uuid): "nothing_left"}
    assert outcome(extend(place, now, [attempt_uuid], -2699)) == {str(attempt_uuid): "done"}
    check_ledger(attempt_uuid)


def test_end_closes_answering_and_the_test_is_handed_in_by_itself_after_the_grace(now):
    place = room(now, learners=3)
    uuids = [begin(place, learner, now) for learner in place.learners[:2]]
    answer = act(monitoring.end, place, now + minutes(1), reason="")
    assert outcome(answer) == {str(attempt_uuid): "done" for attempt_uuid in uuids}
    assert place.counters() == {"joined": 0, "in_progress": 0, "ended": 2, "submitted": 0}
    session_id = place.session.pk
    assert actions_settle.settle(session_id=session_id, now=now + minutes(3) - timedelta(microseconds=1)).submitted == 0
    assert actions_settle.settle(session_id=session_id, now=now + minutes(3)).submitted == 2
    assert place.counters() == place.counted() == {"joined": 0, "in_progress": 0, "ended": 0, "submitted": 2}
    assert {of(attempt_uuid).end_reason for attempt_uuid in uuids} == {"staff"}


def test_submit_for_students_takes_those_who_work_or_have_ended(now):
    place = room(now, learners=3)
    working, ended = (begin(place, learner, now) for learner in place.learners[:2])
    joined = join(place, place.learners[2], now)
    act(monitoring.end, place, now, [ended], reason="")
    assert outcome(act(monitoring.submit, place, now, "all", reason="")) == {str(working): "done", str(ended): "done"}
    assert outcome(act(monitoring.submit, place, now, [joined, working], reason="")) == {
        str(joined): "move_refused",
        str(working): "already_submitted",
    }
    assert place.counters() == place.counted()


def test_a_held_student_can_be_handed_in_by_staff(now):
    place = room(now)
    attempt_uuid = begin(place, place.learners[0], now)
    act(monitoring.pause, place, now, [attempt_uuid], reason="went home")
    assert outcome(act(monitoring.submit, place, now + minutes(5), [attempt_uuid], reason="went home")) == {
        str(attempt_uuid): "done"
    }


def test_an_announcement_to_all_is_a_fact_of_the_session_and_one_to_a_student_is_hers(now):
    place = room(now)
    attempt_uuid = begin(place, place.learners[0], now)
    request_id = uuid.uuid4()
    call = {"text": "Ten minutes left.", "request_id": request_id}
    first = act(monitoring.announce, place, now, **call)
    assert act(monitoring.announce, place, now, **call)["number"] == first["number"]
    act(monitoring.announce, place, now, [attempt_uuid], text="Your charger is at the desk.", request_id=uuid.uuid4())
    assert list(Announcement.objects.values_list("text", "attempt__uuid")) == [
        ("Ten minutes left.", None),
        ("Your charger is at the desk.", attempt_uuid),
    ]


def test_the_close_submits_who_still_works_and_says_that_it_was_the_close(now):
    closes = (now + minutes(20)).isoformat()
    place = room(now, closes_at=closes)
    cut, given = (begin(place, learner, now) for learner in place.learners)
    extend(place, now, [given], 600)
    settled = actions_settle.settle(session_id=place.session.pk, now=now + minutes(20) + timedelta(seconds=10))
    assert settled.submitted == 1
    assert (of(cut).status, of(cut).end_reason, of(cut).ended_at) == ("submitted", "close", now + minutes(20))
    assert of(given).status == "in_progress"


def test_nobody_is_settled_during_a_pause(now):
    place = room(now, duration_s=600)
    begin(place, place.learners[0], now)
    act(monitoring.pause, place, now + minutes(5), reason="")
    assert actions_settle.settle(session_id=place.session.pk, now=now + minutes(500)).submitted == 0
    act(monitoring.resume, place, now + minutes(500), reason="")
    assert actions_settle.settle(session_id=place.session.pk, now=now + minutes(504)).submitted == 0
    assert actions_settle.settle(session_id=place.session.pk, now=now + minutes(506)).submitted == 1


def test_ending_eighty_costs_as_many_queries_as_ending_ten(now):
    def cost(learners: int) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        place = room(now, learners=learners)
        for learner in place.learners:
            begin(place, learner, now)
        with CaptureQueriesContext(connection) as captured:
            assert len(act(monitoring.end, place, now, reason="")["rows"]) == learners
        return len(captured)

    from django.db import transaction

    costs = []
    # SQLite takes 999 values in one statement: of more than 80 learners it would write the audit trail in two.
    for learners in (10, 80):
        point = transaction.savepoint()
        costs.append(cost(learners))
        transaction.savepoint_rollback(point)
    assert costs[0] == costs[1] <= 12


@pytest.mark.parametrize("lifecycle", ["draft", "archived"])
def test_nothing_can_be_done_to_a_session_that_is_not_published(now, lifecycle):
    place = room(now)
    place.session.lifecycle = lifecycle
    place.session.save()
    for call in (
        lambda: act(monitoring.pause, place, now, reason=""),
        lambda: act(monitoring.end, place, now, reason=""),
        lambda: act(monitoring.announce, place, now, text="x", request_id=uuid.uuid4()),
    ):
        with pytest.raises(Refusal):
            call()
