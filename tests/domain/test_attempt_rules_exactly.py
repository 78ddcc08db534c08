"""The rules of an attempt to the microsecond: each edge from both sides. These are what `make mutants` has to get past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from assessprep_xblock.domain.attempts import rules
from assessprep_xblock.domain.attempts.clock import AttemptClock
from assessprep_xblock.domain.sessions.clock import SECOND, to_us
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.domain.test_attempt_rules import ITEM, NINE, minutes, refusal_of, standing

MOMENT = timedelta(microseconds=1)
HALF_PAST = NINE + minutes(30)


def facts_of(call, *args, **kwargs) -> dict:
    with pytest.raises(Refusal) as refused:
        call(*args, **kwargs)
    return {"code": refused.value.code, **refused.value.facts}


def with_clock(status: str = "in_progress", **changes) -> rules.Standing:
    """A standing whose attempt clock has these changes."""
    one = standing(status)
    clock = AttemptClock(session=one.clock, due_us=to_us(HALF_PAST), granted_us=0, hold_us=None)
    return replace(one, attempt_clock=replace(clock, **changes))


def test_a_refused_move_says_which_from_where():
    assert facts_of(rules.after, "ended", "start") == {"code": "move_refused", "status": "ended", "move": "start"}


# -- starting ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False, "denied": True}, "denied"),
        ({"admitted": False}, "not_admitted"),
        ({"begun": False}, "not_begun"),
        ({"honesty_open": True}, "honesty_needed"),
        ({"last_entry_us": to_us(NINE) - 1}, "too_late_to_start"),
        ({"last_entry_us": to_us(NINE) - 1, "session_held": True}, "too_late_to_start"),
    ],
)
def test_each_reason_not_to_start_has_its_code(changes, code):
    assert refusal_of(rules.check_start, standing(**changes), NINE) == code


def test_a_start_that_was_made_is_made_again_whatever_came_since():
    closed = NINE + minutes(90)
    rules.check_start(standing("in_progress", session_held=True, session_published=False, begun=False), closed)


def test_nobody_starts_a_moment_before_the_opening_and_who_agrees_starts():
    assert refusal_of(rules.check_start, standing(), NINE - MOMENT) == "not_open_yet"
    rules.check_start(standing(honesty_open=True), NINE, agreed=True)


def test_the_last_entry_is_still_an_entry():
    limit = to_us(NINE + minutes(10))
    rules.check_start(standing(last_entry_us=limit), NINE + minutes(10))
    assert refusal_of(rules.check_start, standing(last_entry_us=limit), NINE + minutes(10) + MOMENT) == "too_late_to_start"
    rules.check_last_entry(standing().clock, None, NINE + minutes(50))


def test_the_lead_is_exact_and_the_opening_is_told_in_words_and_for_programs():
    clock, opens = standing().clock, to_us(NINE)
    rules.check_window(clock, opens, NINE - timedelta(seconds=900), lead_s=900)
    rules.check_window(clock, None, NINE - minutes(500), lead_s=0)
    early = facts_of(rules.check_window, clock, opens, NINE - timedelta(seconds=900) - MOMENT, lead_s=900)
    assert early == {"code": "not_open_yet", "opens": "2026-11-23 09:00 UTC", "opens_at": "2026-11-23T09:00:00Z"}


# -- answering and submitting ------------------------------------------------------------------------------------------
def test_void_takes_neither_answer_nor_submit():
    for call in (rules.check_answer, rules.check_submit):
        assert refusal_of(call, standing("in_progress", voided=True), NINE) == "voided"


def test_an_end_that_nobody_dated_takes_no_answer():
    assert refusal_of(rules.check_answer, standing("ended", ended_at=None), NINE) == "not_in_progress"


def test_a_submit_needs_a_start_and_an_end_under_a_pause_may_be_handed_in():
    assert refusal_of(rules.check_submit, standing("joined"), NINE) == "not_started"
    assert refusal_of(rules.check_submit, with_clock(hold_us=to_us(NINE)), NINE) == "held"
    rules.check_submit(standing("in_progress"), NINE + minutes(5))
    rules.check_submit(standing("ended", session_held=True), HALF_PAST)
    rules.check_submit(standing("in_progress"), NINE + minutes(50))


def test_who_waits_to_be_let_in_again_hands_nothing_in_before_the_time_is_over():
    waiting = standing("in_progress", waits_since=NINE)
    assert refusal_of(rules.check_submit, waiting, HALF_PAST - MOMENT) == "away_too_long"
    rules.check_submit(waiting, HALF_PAST)
    silent = standing("in_progress", last_seen_at=NINE)
    rules.check_submit(silent, NINE + minutes(3))
    assert refusal_of(rules.check_submit, silent, NINE + minutes(3) + MOMENT) == "away_too_long"
    rules.check_submit(standing("ended", waits_since=NINE), HALF_PAST)


def test_who_has_to_submit_may_until_the_last_moment_of_both_graces():
    late = {"must_submit": True, "end_grace_s": 120}
    last = HALF_PAST + timedelta(seconds=130)
    for status in ("in_progress", "ended"):
        rules.check_submit(standing(status, **late), last)
        assert refusal_of(rules.check_submit, standing(status, **late), last + MOMENT) == "grace_over"
    rules.check_submit(standing("in_progress", **late), NINE)


# -- how things stand --------------------------------------------------------------------------------------------------
def test_answering_is_over_since_it_ended_or_since_the_time_was_over():
    assert standing("in_progress").over_since(HALF_PAST - MOMENT) is None
    assert standing("in_progress").over_since(NINE + minutes(45)) == HALF_PAST
    assert standing("ended", ended_at=NINE + minutes(3)).over_since(NINE + minutes(45)) == NINE + minutes(3)
    assert standing("joined").over_since(NINE + minutes(45)) is None
    assert standing("joined").shown_status(NINE + minutes(45)) == "joined"


def test_who_was_silent_for_longer_than_two_minutes_and_what_the_table_may_lag_waits():
    seen = standing("in_progress", last_seen_at=NINE)
    assert not seen.waits(NINE + minutes(3))
    assert seen.waits(NINE + minutes(3) + MOMENT)
    assert not standing("in_progress").waits(NINE + minutes(50))
    assert standing("in_progress", waits_since=NINE).waits(NINE)
    for status in ("joined", "ended", "submitted"):
        assert not standing(status, waits_since=NINE, last_seen_at=NINE).waits(NINE + minutes(50))


def test_held_is_the_room_s_pause_or_one_s_own():
    assert not with_clock().held
    assert with_clock(hold_us=0).held
    assert standing("joined", session_held=True).held
    assert not standing("joined").held


# -- reopening ---------------------------------------------------------------------------------------------------------
def test_a_reopened_test_has_what_was_left_when_it_stopped_and_what_is_given():
    ended = replace(with_clock("ended"), ended_us=to_us(NINE + minutes(10)))
    assert rules.reopened_us(ended, 60, NINE + minutes(25)) == (15 * 60 * SECOND, 60 * SECOND)
    # Stopped on a clock that is ahead of now: nothing is taken away.
    ahead = replace(with_clock("ended"), ended_us=to_us(NINE + minutes(26)))
    assert rules.reopened_us(ahead, 0, NINE + minutes(25)) == (0, 0)


def test_who_used_all_the_time_needs_some_and_one_second_is_some():
    over = replace(with_clock("submitted"), ended_us=to_us(HALF_PAST))
    assert refusal_of(rules.reopened_us, over, 0, NINE + minutes(40)) == "nothing_left"
    assert rules.reopened_us(over, 1, NINE + minutes(40)) == (10 * 60 * SECOND, SECOND)
    rules.reopened_us(replace(over, ended_us=to_us(HALF_PAST) - 1), 0, NINE + minutes(40))
    rules.reopened_us(replace(over, ended_us=to_us(HALF_PAST) + SECOND // 2), 1, NINE + minutes(40))


def test_an_end_that_was_not_written_down_is_where_the_clock_says():
    unsettled = with_clock("in_progress")
    assert rules.reopened_us(unsettled, 60, NINE + minutes(35)) == (5 * 60 * SECOND, 60 * SECOND)
    assert refusal_of(rules.reopened_us, unsettled, 0, NINE + minutes(35)) == "nothing_left"


def test_a_running_test_is_not_reopened_nor_one_that_never_began():
    running = facts_of(rules.reopened_us, with_clock(), 60, NINE + minutes(5))
    assert running == {"code": "move_refused", "status": "in_progress", "move": "reopen"}
    never = replace(standing("ended"), attempt_clock=None)
    assert facts_of(rules.reopened_us, never, 60, NINE) == {"code": "move_refused", "status": "ended", "move": "reopen"}
    assert refusal_of(rules.reopened_us, standing("joined"), 60, NINE) == "move_refused"


# -- the clock ---------------------------------------------------------------------------------------------------------
def test_answering_stopped_at_the_hold_at_the_end_or_now():
    clock = with_clock().attempt_clock
    assert clock is not None
    assert clock.stopped_us(NINE + minutes(5)) == to_us(NINE + minutes(5))
    assert clock.stopped_us(NINE + minutes(50)) == to_us(HALF_PAST)
    assert replace(clock, hold_us=7).stopped_us(NINE + minutes(50)) == 7
    assert replace(clock, hold_us=0).stopped_us(NINE) == 0


def test_the_close_cuts_what_would_last_longer_and_only_that():
    late = with_clock(due_us=to_us(NINE + minutes(60)) + 1).attempt_clock
    to_the_point = with_clock(due_us=to_us(NINE + minutes(60))).attempt_clock
    assert late is not None
    assert to_the_point is not None
    assert late.cut_by_close(NINE)
    assert not to_the_point.cut_by_close(NINE)
    held = replace(late, hold_us=to_us(NINE))
    assert held.cut_by_close(NINE + minutes(3))
    assert held.end_us(NINE + minutes(3)) == to_us(NINE + minutes(63))
    assert replace(to_the_point, hold_us=to_us(NINE)).cut_by_close(NINE + minutes(3)) is False


# -- what was typed, and what it counts --------------------------------------------------------------------------------
def test_what_cannot_be_read_says_which_field_and_why():
    one, many = f"input_{ITEM}_2_1", f"input_{ITEM}_2_1[]"

    def read(values, size=10):
        return facts_of(rules.read_values, values, item=ITEM, limit=64, size=size)

    assert read({}, size=65) == {"code": "too_large", "field": "values", "limit": "64 bytes"}
    assert read(["a"]) == {"code": "invalid", "field": "values", "why": "it has to be an object"}
    assert read({one: 1}) == {"code": "invalid", "field": one, "why": "it has to be text"}
    for wrong in ("a", ["a", 1], None):
        assert read({many: wrong}) == {"code": "invalid", "field": many, "why": "it has to be a list of texts"}
    twice = {"code": "invalid", "field": many, "why": "it is there twice, as one value and as several"}
    assert read({one: "a", many: ["a"]}) == twice


def test_what_is_read_is_read_as_it_was_up_to_the_limit_and_past_what_is_unknown():
    one, many = f"input_{ITEM}_2_1", f"input_{ITEM}_3_1[]"
    given = {7: "x", "other": 1, one: "", many: [], f"input_{ITEM}_x_1": "x", f"a_{one}": "x"}
    assert rules.read_values(given, item=ITEM, limit=64, size=64) == {one: "", many: []}


def test_an_order_of_one_s_own_is_the_digest_s():
    items = ["a", "b", "c", "d"]
    assert rules.in_own_order(items, "x") == sorted(items, key=lambda item: sha256(f"x:{item}".encode()).digest())
    assert rules.in_own_order(items, "x") == rules.in_own_order(list(reversed(items)), "x")
    assert rules.in_own_order(items, "x") != rules.in_own_order(items, "y")


def test_what_a_question_counts():
    def counted(mark=None, machine=None, dropped=""):
        return rules.counted(mark=mark, machine=machine, most=3.0, dropped=dropped)

    assert counted(mark=2.0, machine=1.0) == (2.0, 3.0)
    assert counted(mark=0.0, machine=1.0) == (0.0, 3.0)
    assert counted(machine=1.0) == (1.0, 3.0)
    assert counted() == (None, 3.0)
    assert counted(mark=2.0, machine=1.0, dropped="leave") == (0.0, 0.0)
    assert counted(mark=2.0, machine=1.0, dropped="full") == (3.0, 3.0)


def test_a_hand_in_is_done_once_the_platform_has_the_newest_marks():
    assert rules.handin_of(["done"], marks_sent=False) == "pending"
    assert rules.handin_of(["done", "failed"], marks_sent=False) == "failed"
    assert rules.handin_of([]) == "done"


# -- time by question --------------------------------------------------------------------------------------------------
def test_the_larger_number_of_seconds_counts_and_none_is_longer_than_the_test_has_run():
    def spent(known, told, *, started_at=NINE, now=NINE + timedelta(seconds=100)):
        return rules.spent_with(known, told, started_at=started_at, now=now)

    assert spent({"a": 5}, {"a": 4, "b": 7}) == {"a": 5, "b": 7}
    assert spent({"a": 5}, {"a": 6}) == {"a": 6}
    assert spent({}, {"a": 101}) == {"a": 101}
    assert spent({}, {"a": 102}) == {"a": 101}
    assert spent({}, {"a": 1, "b": 0, "c": -1, "d": True, "e": "7", 8: 9, "f" * 256: 3}) == {"a": 1}
    assert spent({}, {"f" * 255: 3}) == {"f" * 255: 3}
    for unreadable in (None, [("a", 1)], "a"):
        assert spent({"a": 5}, unreadable) == {"a": 5}
    assert spent({"a": 5}, {"a": 9}, started_at=None) == {"a": 5}
    assert spent({}, {"a": 9}, now=NINE - timedelta(seconds=50)) == {"a": 0}


def test_no_more_questions_are_timed_than_any_test_has():
    full = {str(number): 1 for number in range(rules.MOST_TIMED)}
    times = {"one_more": 1, "0": 8}
    later = {"started_at": NINE, "now": NINE + minutes(5)}
    assert rules.spent_with(full, times, **later) == {**full, "0": 8}
    told = {str(number): 2 for number in range(rules.MOST_TIMED + 1)}
    assert len(rules.spent_with({}, told, **later)) == rules.MOST_TIMED
    almost = {str(number): 1 for number in range(rules.MOST_TIMED - 1)}
    assert len(rules.spent_with(almost, {"x": 1, "y": 1}, **later)) == rules.MOST_TIMED
