"""Reopen, void, undo, deny, absent, move, reversal: what they do to attempts, clocks, ledgers and counters; rows alone."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from assessprep_xblock.domain.attempts import actions_answers, actions_running, actions_settle
from assessprep_xblock.domain.attempts.models import AnswerDraft, ItemResult, LedgerEntry
from assessprep_xblock.domain.attempts.queries import own_attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import queries
from assessprep_xblock.domain.sessions.clock import SECOND
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.bare import add_session, room
from tests.domain.test_invigilating import act, begin, check_ledger, join, minutes, of, outcome

pytestmark = pytest.mark.django_db

REASON = {"reason": "fire drill"}


def reopen(place, now, attempts, seconds=0):
    return act(monitoring.reopen, place, now, attempts, seconds=seconds, **REASON)


def undo(place, now, done):
    return monitoring.undo(session_id=place.session.pk, by=place.staff, deed=uuid.UUID(done["undo"]), reason="", now=now)


def left(attempt_uuid, now) -> int:
    row = of(attempt_uuid)
    clock = own_attempt(attempt_uuid=attempt_uuid, learner_id=row.learner_id).standing.attempt_clock
    return clock.left_us(now) // SECOND


def save(place, attempt_uuid, now, revision=1):
    item = place.questions[0].item
    values = {f"input_{item}_2_1": "B"}
    actions_answers.save_answer(
        attempt_uuid=attempt_uuid,
        by=of(attempt_uuid).learner_id,
        item=item,
        values=values,
        revision=revision,
        written_at=None,
        now=now,
    )


def check(place, *attempts) -> None:
    """Counters are the rows, and every second is in the ledger."""
    assert place.counters() == place.counted()
    for attempt in attempts:
        check_ledger(attempt)


# -- reopen -------------------------------------------------------------------------------------------------------------
def test_a_submitted_test_is_reopened_with_its_answers_and_the_time_that_was_left(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    save(place, attempt, now + minutes(1))
    actions_running.submit(attempt_uuid=attempt, by=place.learners[0], now=now + minutes(10))
    assert outcome(reopen(place, now + minutes(25), [attempt])) == {str(attempt): "done"}
    row = of(attempt)
    assert (row.status, row.submitted_at, row.handin, row.scoring) == ("in_progress", None, "none", "none")
    assert left(attempt, now + minutes(25)) == 35 * 60
    assert AnswerDraft.objects.filter(attempt=row).count() == 1
    save(place, attempt, now + minutes(26), revision=2)
    check(place, attempt)


def test_after_a_time_out_the_extra_time_is_what_is_left_and_none_is_refused(now):
    place = room(now, duration_s=600)
    attempt = begin(place, place.learners[0], now)
    actions_settle.settle(session_id=place.session.pk, now=now + minutes(11))
    assert of(attempt).status == "submitted"
    assert outcome(reopen(place, now + minutes(20), [attempt])) == {str(attempt): "nothing_left"}
    assert outcome(reopen(place, now + minutes(20), [attempt], 300)) == {str(attempt): "done"}
    assert left(attempt, now + minutes(20)) == 300
    check(place, attempt)
    assert actions_settle.settle(session_id=place.session.pk, now=now + minutes(26)).submitted == 1


def test_a_reopened_test_outlives_the_close_of_the_session(now):
    place = room(now, closes_at=(now + minutes(20)).isoformat())
    attempt = begin(place, place.learners[0], now)
    actions_settle.settle(session_id=place.session.pk, now=now + minutes(21))
    assert of(attempt).end_reason == "close"
    reopen(place, now + minutes(40), [attempt], 300)
    assert left(attempt, now + minutes(40)) == 300
    check(place, attempt)


def test_a_time_out_that_nobody_has_settled_yet_is_reopened_too(now):
    place = room(now, duration_s=600)
    attempt = begin(place, place.learners[0], now)
    assert outcome(reopen(place, now + minutes(5), [attempt], 60)) == {str(attempt): "move_refused"}
    assert outcome(reopen(place, now + minutes(15), [attempt], 300)) == {str(attempt): "done"}
    assert left(attempt, now + minutes(15)) == 300
    check(place, attempt)


def test_pauses_of_the_room_while_a_test_was_over_cost_the_reopened_student_nothing(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    act(monitoring.end, place, now + minutes(5), [attempt], **REASON)
    act(monitoring.pause, place, now + minutes(6), **REASON)
    act(monitoring.resume, place, now + minutes(16), **REASON)
    reopen(place, now + minutes(30), [attempt])
    assert left(attempt, now + minutes(30)) == 40 * 60
    check(place, attempt)


def test_what_was_scored_before_the_reopening_is_scored_again_after_it(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    actions_running.submit(attempt_uuid=attempt, by=place.learners[0], now=now + minutes(1))
    ItemResult.objects.create(attempt=of(attempt), question=place.questions[0], possible=1, earned=1, state="done")
    reopen(place, now + minutes(2), [attempt])
    assert not ItemResult.objects.filter(attempt=of(attempt)).exists()


def test_time_given_to_somebody_whose_time_is_just_over_counts_from_now(now):
    place = room(now, duration_s=600)
    attempt = begin(place, place.learners[0], now)
    call = {"seconds": 120, "reason": "", "request_id": uuid.uuid4()}
    act(monitoring.extend, place, now + minutes(13), [attempt], **call)
    assert left(attempt, now + minutes(13)) == 120
    check(place, attempt)


# -- undo ---------------------------------------------------------------------------------------------------------------
def test_an_end_is_undone_and_nobody_lost_a_second(now):
    place = room(now, learners=3)
    one, two = (begin(place, learner, now) for learner in place.learners[:2])
    act(monitoring.pause, place, now + minutes(1), [two], **REASON)
    done = act(monitoring.end, place, now + minutes(5), **REASON)
    answer = undo(place, now + minutes(9), done)
    assert outcome(answer) == {str(one): "done", str(two): "done"}
    assert left(one, now + minutes(9)) == 40 * 60
    # A student's own pause goes on where it was.
    assert of(two).hold_us is not None and left(two, now + minutes(9)) == 44 * 60
    act(monitoring.resume, place, now + minutes(10), [two], **REASON)
    assert left(two, now + minutes(10)) == 44 * 60
    check(place, one, two)
    assert undo(place, now + minutes(9), done)["rows"] == []


def test_an_end_is_undone_after_the_server_handed_in(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    done = act(monitoring.end, place, now + minutes(5), **REASON)
    assert actions_settle.settle(session_id=place.session.pk, now=now + minutes(8)).submitted == 1
    undo(place, now + minutes(9), done)
    assert of(attempt).status == "in_progress"
    assert left(attempt, now + minutes(9)) == 40 * 60
    check(place, attempt)


def test_what_a_student_did_since_stands(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    done = act(monitoring.end, place, now + minutes(5), **REASON)
    actions_running.submit(attempt_uuid=attempt, by=place.learners[0], now=now + minutes(6))
    assert outcome(undo(place, now + minutes(7), done)) == {str(attempt): "changed_since"}
    assert of(attempt).status == "submitted"


def test_a_submit_is_undone_for_ten_minutes_and_not_longer(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    done = act(monitoring.submit, place, now + minutes(5), [attempt], **REASON)
    with pytest.raises(Refusal, match="too_late_to_undo"):
        undo(place, now + minutes(15.1), done)
    undo(place, now + minutes(15), done)
    assert of(attempt).status == "in_progress" and left(attempt, now + minutes(15)) == 40 * 60
    check(place, attempt)


def test_a_deed_of_another_session_is_not_there(now):
    place = room(now)
    other = add_session(place.session.placement, place.staff, now)
    begin(place, place.learners[0], now)
    done = act(monitoring.end, place, now, **REASON)
    with pytest.raises(Refusal, match="not_found"):
        monitoring.undo(session_id=other.pk, by=place.staff, deed=uuid.UUID(done["undo"]), reason="", now=now)


# -- void ---------------------------------------------------------------------------------------------------------------
def test_a_void_attempt_is_kept_counts_no_more_and_its_student_works_no_longer(now):
    place = room(now, learners=3)
    working, handed_in = (begin(place, learner, now) for learner in place.learners[:2])
    joined = join(place, place.learners[2], now)
    actions_running.submit(attempt_uuid=handed_in, by=place.learners[1], now=now)
    done = act(monitoring.void, place, now + minutes(5), [working, handed_in, joined], **REASON)
    assert set(outcome(done).values()) == {"done"}
    with pytest.raises(Refusal, match="voided"):
        save(place, working, now + minutes(5))
    assert (of(working).status, of(handed_in).status, of(joined).status) == ("ended", "submitted", "joined")
    assert AuditRow.objects.filter(action="void", reason="fire drill").count() == 3
    assert actions_settle.settle(session_id=place.session.pk, now=now + timedelta(days=1)).submitted == 0
    check(place)


def test_a_void_submission_stays_counted_as_received_so_that_the_counters_sum_to_who_is_assigned(now):
    """A status is one of five, and void is a flag beside it: docs/decisions/0033-a-void-attempt-is-not-attempted.rst."""
    place = room(now, learners=4)
    handed_in, working = (begin(place, learner, now) for learner in place.learners[:2])
    actions_running.submit(attempt_uuid=handed_in, by=place.learners[0], now=now)
    done = act(monitoring.void, place, now + minutes(5), [handed_in, working], **REASON)

    def told() -> dict[str, int]:
        picture = queries.monitor(place.reload(), since="", now=now + minutes(5))
        assert picture is not None
        return picture["counters"]

    # Who was at work answers no more: her test has ended, and is never handed in.
    expected = {"absent": 2, "joined": 0, "in_progress": 0, "ended": 1, "submitted": 1}
    assert {name: told()[name] for name in expected} == expected
    assert sum(expected.values()) == told()["assigned"] == 4
    assert place.reload().n_submitted == 1, "what an author reads as received"
    undo(place, now + minutes(6), done)
    assert (told()["submitted"], told()["in_progress"], told()["ended"]) == (1, 1, 0)


def test_a_void_is_undone(now):
    place = room(now)
    working, joined = begin(place, place.learners[0], now), join(place, place.learners[1], now)
    done = act(monitoring.void, place, now + minutes(5), [working, joined], **REASON)
    assert set(outcome(undo(place, now + minutes(8), done)).values()) == {"done"}
    assert not of(working).voided and not of(joined).voided
    assert left(working, now + minutes(8)) == 40 * 60
    check(place, working)


# -- the door -----------------------------------------------------------------------------------------------------------
def test_who_is_turned_away_cannot_start_and_can_be_let_in_after_all(now):
    place = room(now, waiting_room=True)
    attempt = join(place, place.learners[0], now)
    assert outcome(act(monitoring.deny, place, now, [attempt], **REASON)) == {str(attempt): "done"}
    assert outcome(act(monitoring.deny, place, now, [attempt], **REASON)) == {str(attempt): "denied"}
    with pytest.raises(Refusal, match="denied"):
        actions_running.start(attempt_uuid=attempt, by=place.learners[0], now=now)
    # Letting in whoever waits is no pardon for who was turned away.
    assert outcome(act(monitoring.admit, place, now)) == {}
    act(monitoring.admit, place, now, [attempt])
    actions_running.start(attempt_uuid=attempt, by=place.learners[0], now=now)


def absent(place, learner_ids, now, **more):
    return monitoring.mark_absent(
        session_id=place.session.pk, by=place.staff, learner_ids=learner_ids, reason="at home", now=now
    )


def test_who_is_marked_absent_gets_in_only_after_the_mark_is_taken_away(now):
    place = room(now, learners=3)
    home, joined, working = place.learners
    waiting, _running = join(place, joined, now), begin(place, working, now)
    rows = absent(place, [home, joined, working, 10**6], now)["rows"]
    assert [row.get("code", "done") for row in rows] == ["done", "done", "move_refused", "not_found"]
    with pytest.raises(Refusal, match="marked_absent"):
        join(place, home, now)
    with pytest.raises(Refusal, match="denied"):
        actions_running.start(attempt_uuid=waiting, by=joined, now=now)
    assert absent(place, [home], now)["rows"] == [{"learner": home, "done": True}]
    monitoring.unmark_absent(session_id=place.session.pk, by=place.staff, learner_ids=[home, joined], now=now)
    join(place, home, now)
    act(monitoring.admit, place, now, [waiting])
    actions_running.start(attempt_uuid=waiting, by=joined, now=now)
    check(place)


# -- move ---------------------------------------------------------------------------------------------------------------
def test_a_moved_student_keeps_answers_and_time_whatever_the_two_clocks_show(now):
    place = room(now)
    other = add_session(place.session.placement, place.staff, now)
    attempt = begin(place, place.learners[0], now)
    save(place, attempt, now)
    act(monitoring.pause, place, now + minutes(5), **REASON)
    act(monitoring.resume, place, now + minutes(15), **REASON)
    call = {"session_id": place.session.pk, "by": place.staff, "attempts": [attempt], "reason": "other room"}
    assert outcome(monitoring.move(**call, target=other.uuid, now=now + minutes(20))) == {str(attempt): "done"}
    row = of(attempt)
    assert row.session_id == other.pk and AnswerDraft.objects.filter(attempt=row).exists()
    assert left(attempt, now + minutes(20)) == 35 * 60
    other.refresh_from_db()
    assert (other.n_in_progress, place.reload().n_in_progress) == (1, 0)
    check(place, attempt)
    assert {one.action for one in AuditRow.objects.filter(attempt_id=row.pk)} >= {"move_out", "move_in"}
    # Sent twice it is simply not here any more.
    assert outcome(monitoring.move(**call, target=other.uuid, now=now + minutes(20))) == {str(attempt): "not_found"}


def test_nobody_is_moved_into_another_assessment_or_after_the_end(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    other = add_session(place.session.placement, place.staff, now)
    call = {"session_id": place.session.pk, "by": place.staff, "reason": "", "now": now}
    with pytest.raises(Refusal, match="not_found"):
        monitoring.move(**call, attempts=[attempt], target=place.session.uuid)
    actions_running.submit(attempt_uuid=attempt, by=place.learners[0], now=now)
    assert outcome(monitoring.move(**call, attempts=[attempt], target=other.uuid)) == {str(attempt): "move_refused"}


# -- the ledger ---------------------------------------------------------------------------------------------------------
def reverse(place, entry, now):
    return monitoring.reverse(session_id=place.session.pk, by=place.staff, entry=entry.pk, reason="by mistake", now=now)


def test_a_grant_is_reversed_once_and_names_what_it_reverses(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    act(monitoring.extend, place, now, [attempt], seconds=600, reason="", request_id=uuid.uuid4())
    grant = LedgerEntry.objects.get(kind="grant")
    assert outcome(reverse(place, grant, now + minutes(1))) == {str(attempt): "done"}
    assert left(attempt, now + minutes(1)) == 44 * 60
    correction = LedgerEntry.objects.get(reverses=grant)
    assert (correction.us, correction.reason, correction.by_id) == (-grant.us, "by mistake", place.staff)
    check(place, attempt)
    for entry in (grant, correction, LedgerEntry.objects.get(kind="duration")):
        with pytest.raises(Refusal, match="not_reversible"):
            reverse(place, entry, now + minutes(2))


def test_a_grant_that_is_used_up_cannot_be_taken_back(now):
    place = room(now, duration_s=600)
    attempt = begin(place, place.learners[0], now)
    act(monitoring.extend, place, now, [attempt], seconds=600, reason="", request_id=uuid.uuid4())
    grant = LedgerEntry.objects.get(kind="grant")
    assert outcome(reverse(place, grant, now + minutes(12))) == {str(attempt): "nothing_left"}
    check(place, attempt)


def test_a_pause_of_the_room_is_taken_back_for_everybody(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    act(monitoring.pause, place, now + minutes(1), **REASON)
    act(monitoring.resume, place, now + minutes(6), **REASON)
    reverse(place, LedgerEntry.objects.get(attempt=None), now + minutes(7))
    assert left(attempt, now + minutes(7)) == 38 * 60
    assert place.reload().paused_us == 0
    with pytest.raises(Refusal, match="not_found"):
        monitoring.reverse(session_id=place.session.pk, by=place.staff, entry=10**6, reason="", now=now)


def test_every_accepted_move_leaves_one_audit_row_for_each_student(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    done = act(monitoring.end, place, now + minutes(1), [attempt], **REASON)
    undo(place, now + minutes(2), done)
    act(monitoring.submit, place, now + minutes(3), [attempt], **REASON)
    reopen(place, now + minutes(4), [attempt])
    rows = AuditRow.objects.filter(attempt_id=of(attempt).pk).order_by("pk").values_list("action", flat=True)
    assert list(rows) == ["join", "start", "end", "undo_end", "submit", "reopen"]
