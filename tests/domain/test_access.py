"""The gate's table, as values: who stands where, and what may be touched from there."""

from __future__ import annotations

import pytest

from assessprep_xblock.domain.attempts.access import ALLOWED, STANDINGS, TOUCHES, may, standing_of, touch_of

#: As a teacher would say it, a column each: page, write, own write, read, reveal, draft.
IN_WORDS = {
    "outside": "no no no no no no",
    "answering": "yes no yes yes no yes",
    "practising": "yes yes yes yes yes yes",
    "held": "no no no no no yes",
    "ended": "no no no no no no",
    "ended_in_grace": "no no no no no yes",
    "submitted": "no no no no no no",
    "reviewing": "yes no no yes no no",
    "shown": "yes no no yes yes no",
    "staff": "yes yes yes yes yes no",
}


def test_the_table_of_the_gate_is_the_one_that_was_agreed_on():
    assert set(IN_WORDS) == set(STANDINGS) == set(ALLOWED)
    found = {one: " ".join("yes" if may(one, touch) else "no" for touch in TOUCHES) for one in STANDINGS}
    assert found == IN_WORDS


ATTEMPT = {
    "status": "in_progress",
    "voided": False,
    "held": False,
    "in_grace": True,
    "checking": "at_hand_in",
    "released": False,
    "show_correctness": False,
    "show_answers": False,
}


@pytest.mark.parametrize(
    ("given", "standing"),
    [
        ({}, "answering"),
        ({"checking": "as_you_go"}, "practising"),
        ({"status": "joined"}, "outside"),
        ({"status": "absent"}, "outside"),
        ({"voided": True}, "outside"),
        ({"voided": True, "status": "submitted", "released": True, "show_answers": True}, "outside"),
        ({"held": True}, "held"),
        ({"held": True, "checking": "as_you_go"}, "held"),
        ({"status": "ended"}, "ended_in_grace"),
        ({"status": "ended", "in_grace": False}, "ended"),
        ({"status": "ended", "in_grace": False, "checking": "as_you_go"}, "ended"),
        ({"status": "submitted"}, "submitted"),
        ({"status": "submitted", "show_answers": True}, "submitted"),
        ({"status": "submitted", "released": True}, "submitted"),
        ({"status": "submitted", "show_correctness": True}, "submitted"),
        ({"status": "submitted", "released": True, "show_correctness": True}, "reviewing"),
        ({"status": "submitted", "released": True, "show_correctness": True, "show_answers": True}, "shown"),
        ({"status": "submitted", "released": True, "show_answers": True}, "shown"),
        ({"status": "submitted", "released": True, "show_answers": True, "held": True}, "shown"),
    ],
)
def test_where_a_learner_stands_follows_from_the_attempt(given, standing):
    assert standing_of(**{**ATTEMPT, **given}) == standing


@pytest.mark.parametrize(
    ("handler", "suffix", "own", "touch"),
    [
        ("xmodule_handler", "problem_get", False, "read"),
        ("xmodule_handler", "/problem_get/", False, "read"),
        ("xmodule_handler", "input_ajax", False, "read"),
        ("xmodule_handler", "problem_show", False, "reveal"),
        ("xmodule_handler", "problem_check", False, "write"),
        ("xmodule_handler", "problem_get2", False, "write"),
        ("xmodule_handler", "", False, "write"),
        ("problem_get", "", False, "read"),
        ("something_new", "problem_get", False, "write"),
        ("drop_item", "", True, "own_write"),
        ("student_view_user_state", "", True, "read"),
        ("show_answer", "", True, "reveal"),
    ],
)
def test_a_handler_that_nobody_knows_is_a_write(handler, suffix, own, touch):
    assert touch_of(handler, suffix, keeps_own_state=own) == touch
