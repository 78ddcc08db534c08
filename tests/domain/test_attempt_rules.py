"""The table of moves and the rules that ask it: plain values, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest

from assessprep_xblock.domain.attempts import rules
from assessprep_xblock.domain.attempts.clock import AttemptClock
from assessprep_xblock.domain.sessions.clock import SECOND, SessionClock, to_us
from assessprep_xblock.domain.shared.refusals import Refusal

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def standing(status: str = "joined", **changes) -> rules.Standing:
    """An attempt in a session open from 09:00 to 10:00, thirty minutes each, nobody paused."""
    clock = SessionClock(held_since=None, paused_us=0, closes_us=to_us(NINE + minutes(60)), let_finish=False)
    running = AttemptClock(session=clock, due_us=to_us(NINE + minutes(30)), granted_us=0, hold_us=None)
    plain = rules.Standing(
        status=status,
        voided=False,
        admitted=True,
        session_published=True,
        session_held=False,
        clock=clock,
        attempt_clock=None if status == "joined" else running,
        opens_us=to_us(NINE),
        network_grace_s=10,
        ended_at=NINE + minutes(30) if status in ("ended", "submitted") else None,
    )
    return replace(plain, **changes)


def refusal_of(call, *args, **kwargs) -> str:
    with pytest.raises(Refusal) as refused:
        call(*args, **kwargs)
    return refused.value.code


@pytest.mark.parametrize(("status", "move"), list(product(rules.STATUSES, [*rules.MOVE_NAMES, "teleport"])))
def test_every_move_is_in_the_table_or_refused(status, move):
    if (status, move) in rules.MOVES:
        assert rules.after(status, move) in rules.STATUSES
    else:
        assert refusal_of(rules.after, status, move) == "move_refused"


def test_the_table_itself_is_the_one_that_was_decided():
    of_submitted = {move: to for (status, move), to in rules.MOVES.items() if status == "submitted"}
    # Submitted is final unless staff reopen; void and a new attempt leave the submitted one as it is.
    assert of_submitted == {"submit": "submitted", "reopen": "in_progress", "void": "submitted", "renew": "submitted"}
    assert {status for status, move in rules.MOVES if move == "submit"} == {"in_progress", "ended", "submitted"}
    assert {status for status, move in rules.MOVES if move == "hold"} == {"in_progress"}
    assert not any(status == "absent" and move != "join" for status, move in rules.MOVES)


@pytest.mark.parametrize(
    ("changes", "now", "code"),
    [
        ({}, NINE - minutes(1), "not_open_yet"),
        ({}, NINE + minutes(60), "session_closed"),
        ({"session_held": True}, NINE, "held"),
        ({"admitted": False}, NINE, "not_admitted"),
        ({"session_published": False}, NINE, "not_published"),
        ({"voided": True}, NINE, "voided"),
        ({"status": "submitted"}, NINE, "already_submitted"),
        ({"status": "ended"}, NINE, "move_refused"),
    ],
)
def test_a_start_that_may_not_be_is_refused_with_its_own_reason(changes, now, code):
    assert refusal_of(rules.check_start, standing(**changes), now) == code


def test_the_first_moment_of_the_window_is_inside_and_the_last_is_not():
    rules.check_start(standing(), NINE)
    rules.check_start(standing(), NINE + minutes(60) - timedelta(microseconds=1))
    assert refusal_of(rules.check_start, standing(), NINE + minutes(60)) == "session_closed"


def test_a_learner_on_the_roster_may_join_within_the_lead_time_and_is_told_the_opening_before_it():
    clock = standing().clock
    rules.check_window(clock, to_us(NINE), NINE - minutes(15), lead_s=900)
    with pytest.raises(Refusal) as refused:
        rules.check_window(clock, to_us(NINE), NINE - minutes(16), lead_s=900)
    assert refused.value.facts["opens_at"] == "2026-11-23T09:00:00Z"


def test_an_answer_is_taken_to_the_end_of_the_network_grace_and_not_a_moment_longer():
    in_time = NINE + minutes(30) + timedelta(seconds=9.999999)
    rules.check_answer(standing("in_progress"), in_time)
    assert refusal_of(rules.check_answer, standing("in_progress"), NINE + minutes(30) + timedelta(seconds=10)) == "time_over"
    rules.check_answer(standing("ended"), NINE + minutes(30) + timedelta(seconds=10))
    late = NINE + minutes(30) + timedelta(seconds=10, microseconds=1)
    assert refusal_of(rules.check_answer, standing("ended"), late) == "not_in_progress"


def test_the_grace_is_for_what_was_written_in_time_and_not_for_what_is_written_in_it():
    over, arrives = NINE + minutes(30), NINE + minutes(30) + timedelta(seconds=9)
    rules.check_answer(standing("in_progress"), arrives, written_at=over - minutes(10))
    # A page finds some of what is typed a moment later only.
    rules.check_answer(standing("in_progress"), arrives, written_at=over + timedelta(seconds=3))
    written = partial(rules.check_answer, written_at=over + timedelta(seconds=3, microseconds=1))
    assert refusal_of(written, standing("in_progress"), arrives) == "time_over"
    # Before the end a device whose clock is hours ahead is believed in nothing.
    rules.check_answer(standing("in_progress"), over - timedelta(seconds=1), written_at=over + minutes(300))


def test_a_pause_refuses_no_answer_but_refuses_submit():
    held = standing("in_progress", session_held=True)
    rules.check_answer(held, NINE + minutes(5))
    assert refusal_of(rules.check_submit, held, NINE + minutes(5)) == "held"


def test_an_answer_before_the_start_or_after_the_hand_in_is_refused():
    assert refusal_of(rules.check_answer, standing("joined"), NINE) == "not_started"
    assert refusal_of(rules.check_answer, standing("submitted"), NINE) == "already_submitted"


def test_an_attempt_whose_time_is_over_is_shown_as_ended_before_anybody_settled_it():
    running = standing("in_progress")
    assert running.shown_status(NINE + minutes(29)) == "in_progress"
    assert running.shown_status(NINE + minutes(30)) == "ended"


ITEM = "f" * 32


def test_only_the_question_s_own_inputs_are_kept():
    values = {
        f"input_{ITEM}_2_1": "B",
        f"input_{ITEM}_3_1[]": ["a", "c"],
        f"input_{ITEM}_4_1_dynamath": "<math/>",
        f"input_{'e' * 32}_2_1": "of another question",
        "csrfmiddlewaretoken": "x",
        f"input_{ITEM}_2_1\n": "a name with a line end",
    }
    kept = rules.read_values(values, item=ITEM, limit=65536, size=100)
    assert sorted(kept) == sorted([f"input_{ITEM}_2_1", f"input_{ITEM}_3_1[]", f"input_{ITEM}_4_1_dynamath"])


@pytest.mark.parametrize("value", [1, None, ["a"], {"a": "b"}, True])
def test_an_input_of_a_wrong_type_is_refused_with_its_name(value):
    with pytest.raises(Refusal) as refused:
        rules.read_values({f"input_{ITEM}_2_1": value}, item=ITEM, limit=65536, size=10)
    assert (refused.value.code, refused.value.facts["field"]) == ("invalid", f"input_{ITEM}_2_1")


def test_values_that_are_no_object_or_too_long_are_refused():
    assert refusal_of(rules.read_values, ["a"], item=ITEM, limit=65536, size=10) == "invalid"
    assert refusal_of(rules.read_values, {}, item=ITEM, limit=65536, size=65537) == "too_large"


@pytest.mark.parametrize(
    ("values", "answered"),
    [
        ({"i": "x"}, True),
        ({"i": "  "}, False),
        ({"i[]": []}, False),
        ({"i[]": ["a"]}, True),
        ({"i_dynamath": "<math/>"}, False),
        ({"i": "option_abc_dummy_default"}, False),
    ],
)
def test_a_question_counts_as_answered_once_anything_was_typed_or_chosen(values, answered):
    assert rules.is_answered(values) is answered


def test_a_score_is_complete_when_every_question_is_scored_and_none_waits_for_a_person():
    assert rules.scoring_of([(True, 1.0), (True, 0.0)]) == "scored"
    assert rules.scoring_of([(True, 1.0), (False, None)]) == "pending"
    assert rules.scoring_of([(True, 1.0), (True, None)]) == "needs_marking"
    assert rules.handin_of(["done", "done"]) == "done"
    assert rules.handin_of(["done", "failed", "pending"]) == "failed"
    assert rules.handin_of(["done", "claimed"]) == "pending"


def test_a_second_is_a_million_microseconds():
    assert to_us(NINE + timedelta(seconds=1)) - to_us(NINE) == SECOND
