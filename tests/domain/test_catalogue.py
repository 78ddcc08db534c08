"""The catalogue of delivery settings, one by one: none without a default, limits, a control, help and an effect."""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assessprep_xblock.domain.library import catalogue, delivery
from assessprep_xblock.domain.library.setting import Setting
from assessprep_xblock.domain.sessions.rules import Delivery
from assessprep_xblock.domain.sessions.rules import delivery as in_force
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.web import setting_fields

#: Setting -> another value than its default, and what of the settings in force it changes.
OTHERWISE: dict[str, tuple[Any, str]] = {
    "opens_at": ("2026-11-23T09:00:00Z", "opens_us"),
    "start": ("invigilator", "start"),
    "last_entry_s": (600, "last_entry_s"),
    "closes_at": ("2026-11-23T10:00:00Z", "closes_us"),
    "duration_s": (1800, "duration_s"),
    "at_close": ("let_finish", "let_finish"),
    "lead_time_s": (60, "lead_time_s"),
    "on_expiry": ("must_submit", "on_expiry"),
    "end_grace_s": (30, "end_grace_s"),
    "network_grace_s": (30, "network_grace_s"),
    "warn_at": ([15, 2], "warn_at"),
    "time_zone": ("Europe/Berlin", "time_zone"),
    "code_required": (False, "code_required"),
    "guests": (True, "guests"),
    "guests_no_account": (True, "guests_no_account"),
    "guests_wait": (False, "guests_wait"),
    "guest_limit": (5, "guest_limit"),
    "waiting_room": (True, "waiting_room"),
    "attempts_allowed": (2, "attempts_allowed"),
    "resume": ("leave", "resume"),
    "second_device": ("move", "second_device"),
    "ip_allow_list": (["192.0.2.0/24"], "networks"),
    "focus": ("off", "focus"),
    "checking": ("as_you_go", "checking"),
    "navigation": ("forward", "navigation"),
    "order": ("shuffled", "order"),
    "tools": ("A ruler.", "tools"),
    "tool_link": ("https://example.org/calculator", "tool_link"),
    "spellcheck": (True, "spellcheck"),
    "instructions": ("Read.", "instructions"),
    "honesty": ("I work alone.", "honesty"),
}
#: What no setting may be, by kind.
WRONG = {
    "datetime": ["tomorrow", "2026-11-23T09:00:00", 5],
    "seconds": [-1, 10**9, 1.5, True, "60"],
    "number": [0, 10**9, 1.5, True, "1"],
    "points": [-0.5, 10**9, True, "1", None, float("nan")],
    "flag": ["yes", 1, None],
    "choice": ["", "whatever", None, 3],
    "text": [5, None, "x" * 5000],
    "minutes": [[0], [1441], ["x"], [True], 5, list(range(1, 12)), "10 minutes"],
    "networks": [["10.0.0.0/33"], ["school"], [5], 5, ["192.0.2.1"] * 51],
    "zone": ["Europe/Nowhere", 5, None, "../etc/passwd"],
    "link": ["http://example.org", "javascript:alert(1)", "https://", "https://a b", "https://user@example.org/", 5],
}
CHAPTER_3 = "flows/test_chapter_3_settings.py"
CHAPTER_4 = "flows/test_chapter_4_student_access.py"
CHAPTER_5 = "flows/test_chapter_5_grade.py"
TWICE = "flows/test_chapter_5_grade_twice.py"
GUESTS = "flows/test_chapter_3_guests.py"
CHROMIUM = "browser/test_student_settings.py"
#: Setting -> the test that shows what it does to somebody: to a student, an invigilator, a grader or a guest.
EFFECT: dict[str, tuple[str, str]] = {
    "opens_at": (CHAPTER_4, "test_why_cannot_i_start_is_answered_gate_by_gate_and_tells_only_of_oneself"),
    "start": (CHAPTER_4, "test_where_the_invigilator_starts_nobody_begins_before_and_everybody_can_after"),
    "last_entry_s": (CHAPTER_4, "test_who_comes_after_the_last_entry_cannot_start_and_a_pause_moves_that_limit"),
    "closes_at": (CHAPTER_3, "test_at_the_close_the_test_ends_for_everybody_or_who_has_started_may_finish"),
    "duration_s": (
        "flows/test_chapter_3_extra_time.py",
        "test_a_student_with_twice_the_time_reads_it_before_the_start_and_gets_it_at_the_start",
    ),
    "at_close": (CHAPTER_3, "test_at_the_close_the_test_ends_for_everybody_or_who_has_started_may_finish"),
    "lead_time_s": (CHAPTER_3, "test_the_lead_time_lets_students_in_to_wait_so_long_before_the_opening_and_no_longer"),
    "on_expiry": (CHAPTER_4, "test_who_has_to_submit_stays_ended_when_the_time_is_over_and_submits_in_the_grace_only"),
    "end_grace_s": (CHAPTER_4, "test_who_has_to_submit_stays_ended_when_the_time_is_over_and_submits_in_the_grace_only"),
    "network_grace_s": (CHAPTER_3, "test_an_answer_on_its_way_is_taken_for_the_grace_of_the_network_and_no_longer"),
    "warn_at": (CHROMIUM, "test_times_are_the_school_s_and_the_time_left_is_announced_at_the_chosen_moments_only"),
    "time_zone": (CHROMIUM, "test_times_are_the_school_s_and_the_time_left_is_announced_at_the_chosen_moments_only"),
    "code_required": (CHAPTER_4, "test_without_a_code_who_is_on_the_list_enters_by_a_button_and_others_still_need_it"),
    "guests": (GUESTS, "test_with_allow_guests_a_learner_who_is_not_on_the_roster_enters_with_the_code_and_is_marked_guest"),
    "guests_no_account": (
        GUESTS,
        "test_until_the_operator_opens_a_run_nobody_without_an_account_comes_in_whatever_staff_set",
    ),
    "guests_wait": (GUESTS, "test_a_guest_waits_until_admitted_and_one_who_is_denied_stays_outside"),
    "guest_limit": (GUESTS, "test_guests_are_capped_per_session_and_who_is_turned_away_gives_the_place_back"),
    "waiting_room": (
        "doors/test_poll.py",
        "test_guests_who_need_not_wait_start_at_once_and_a_waiting_room_holds_them_still",
    ),
    "attempts_allowed": (
        CHAPTER_4,
        "test_an_assessment_is_taken_once_more_in_another_session_and_no_more_often_than_allowed",
    ),
    "resume": (CHAPTER_4, "test_who_was_away_waits_to_be_let_in_again_where_the_session_asks_for_it"),
    "second_device": (CHAPTER_4, "test_where_a_second_device_is_refused_staff_let_go_of_the_first"),
    "ip_allow_list": (CHAPTER_4, "test_from_outside_the_school_s_networks_nobody_enters_or_starts"),
    "focus": (CHAPTER_3, "test_how_often_the_page_was_left_is_counted_or_not_recorded_at_all"),
    "checking": ("browser/test_student.py", "test_as_you_go_each_question_keeps_its_own_submit"),
    "navigation": (CHAPTER_4, "test_forward_only_a_question_that_was_left_is_not_changed_any_more"),
    "order": (CHAPTER_4, "test_shuffled_questions_stand_in_an_order_of_each_student_s_own_that_never_changes"),
    "release": ("doors/test_poll.py", "test_results_to_be_released_by_staff_are_scored_at_once_and_nowhere_on_the_platform"),
    "release_at": (CHAPTER_5, "test_a_date_releases_by_itself_once_however_often_the_server_looks"),
    "show_score": (CHAPTER_5, "test_without_points_the_release_puts_nothing_into_the_gradebook_and_later_points_do"),
    "show_correctness": (CHAPTER_3, "test_with_released_results_the_questions_are_shown_again_with_right_and_wrong_or_not"),
    "show_answers": ("doors/test_block.py", "test_with_released_answers_the_questions_come_back_to_be_read"),
    "anonymous": (
        CHAPTER_5,
        "test_marking_without_names_shows_the_same_made_up_name_everywhere_until_somebody_reveals_them",
    ),
    "second_marking": (
        TWICE,
        "test_what_one_person_marked_stays_when_a_second_is_asked_for_later",
    ),
    "second_sample": (
        TWICE,
        "test_of_a_sample_two_people_mark_the_drawn_submissions_and_one_person_the_others",
    ),
    "mark_tolerance": (
        TWICE,
        "test_how_far_two_marks_may_be_apart_is_the_sessions_to_say",
    ),
    "tools": (CHROMIUM, "test_times_are_the_school_s_and_the_time_left_is_announced_at_the_chosen_moments_only"),
    "tool_link": (CHROMIUM, "test_times_are_the_school_s_and_the_time_left_is_announced_at_the_chosen_moments_only"),
    "spellcheck": (CHAPTER_3, "test_the_browser_is_asked_for_its_spelling_help_in_the_answers_or_asked_to_give_none"),
    "instructions": (CHROMIUM, "test_honesty_begin_and_one_question_at_a_time_forward_only_by_keyboard_at_320"),
    "honesty": (CHAPTER_4, "test_an_honesty_statement_has_to_be_agreed_to_and_when_is_kept"),
}
TESTS = Path(__file__).parents[1]
#: The settings of the results are tested with the release itself.
MINE = [one for one in catalogue.CATALOGUE if one.group != "results"]


def ids(one: Setting) -> str:
    return one.name


def test_every_setting_is_named_once_and_stands_in_a_group():
    names = [one.name for one in catalogue.CATALOGUE]
    assert len(names) == len(set(names)) == len(catalogue.BY_NAME)
    assert {one.group for one in catalogue.CATALOGUE} <= {name for name, _title in catalogue.GROUPS}


@pytest.mark.parametrize("setting", MINE, ids=ids)
def test_every_setting_has_a_label_and_says_what_it_does(setting):
    assert setting.label
    assert setting.help.endswith(".")
    assert all(key and words for key, words in setting.choices)


@pytest.mark.parametrize("setting", catalogue.CATALOGUE, ids=ids)
def test_every_default_is_a_value_that_may_be_given(setting):
    assert delivery.read(setting.name, setting.default) == setting.default


@pytest.mark.parametrize("setting", catalogue.CATALOGUE, ids=ids)
def test_every_setting_refuses_what_it_cannot_be_and_names_itself(setting):
    wrong = [value for value in WRONG.get(setting.kind, []) if not (value is None and setting.nullable)]
    assert wrong, f"say what {setting.kind} cannot be"
    for value in wrong:
        with pytest.raises(Refusal) as refused:
            delivery.read(setting.name, value)
        assert refused.value.facts["field"] == setting.name, value


@pytest.mark.parametrize("setting", MINE, ids=ids)
def test_every_setting_can_be_locked_by_the_author_and_numbers_bound(setting):
    other, _effect = OTHERWISE[setting.name]
    envelope = delivery.read_envelope({setting.name: {"default": setting.default, "rule": "locked"}})
    with pytest.raises(Refusal) as refused:
        delivery.read_overrides({setting.name: other}, envelope)
    assert refused.value.code == "setting_locked"
    bound = {"default": other, "rule": "range", "least": other, "most": other}
    if not setting.in_numbers:
        with pytest.raises(Refusal):
            delivery.read_envelope({setting.name: bound})
        return
    envelope = delivery.read_envelope({setting.name: bound})
    with pytest.raises(Refusal) as refused:
        delivery.read_overrides({setting.name: setting.least}, envelope)
    assert refused.value.code == "setting_out_of_range"


def test_limits_the_wrong_way_round_are_told_as_that():
    with pytest.raises(Refusal) as refused:
        delivery.read_envelope({"duration_s": {"default": 1800, "rule": "range", "least": 3600, "most": 600}})
    assert (refused.value.code, refused.value.facts["field"]) == ("settings_contradict", "duration_s")


def test_nothing_at_all_lies_in_no_range():
    limits = {"rule": "range", "least": 60, "most": 600}
    with pytest.raises(Refusal):
        delivery.read_envelope({"last_entry_s": {"default": None, **limits}})
    envelope = delivery.read_envelope({"last_entry_s": {"default": 300, **limits}})
    with pytest.raises(Refusal) as refused:
        delivery.read_overrides({"last_entry_s": None}, envelope)
    assert refused.value.code == "setting_out_of_range"


@pytest.mark.parametrize("setting", catalogue.CATALOGUE, ids=ids)
def test_every_setting_has_a_control_and_comes_back_from_the_form_as_it_was(setting):
    groups = setting_fields.groups(delivery.default_envelope())
    shown = {field["name"]: field for group in groups for field in [*group["fields"], *group["more"]]}[setting.name]
    assert shown["control"] in ("check", "datetime", "number", "select", "line", "lines")
    if shown["control"] in ("line", "lines"):
        assert delivery.read(setting.name, shown["value"]) == setting.default


@pytest.mark.parametrize("setting", MINE, ids=ids)
def test_every_setting_changes_what_is_in_force_and_nothing_else(setting):
    value, effect = OTHERWISE[setting.name]
    plain = in_force(delivery.default_envelope(), {})
    changed = in_force(delivery.default_envelope(), {setting.name: delivery.read(setting.name, value)})
    assert getattr(changed, effect) != getattr(plain, effect)
    assert replace(changed, **{effect: getattr(plain, effect)}) == plain


@cache
def _tests_in(file: str) -> dict[str, str]:
    """Each test of a file -> what it says."""
    source = (TESTS / file).read_text(encoding="utf-8")
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {one.name: "\n".join(source.splitlines()[one.lineno - 1 : one.end_lineno]) for one in found}


@pytest.mark.parametrize("setting", catalogue.CATALOGUE, ids=ids)
def test_every_setting_has_a_test_that_shows_what_it_does_to_somebody(setting):
    """Nobody adds a setting that is stored, locked and shown, and does nothing."""
    assert setting.name in EFFECT, f"say which test shows what {setting.name} does"
    file, name = EFFECT[setting.name]
    test = _tests_in(file).get(name)
    assert test is not None, f"{file} has no {name}"
    assert setting.name in test, f"{name} does not set {setting.name}"


def test_no_effect_is_told_of_a_setting_that_is_gone():
    assert set(EFFECT) == set(catalogue.BY_NAME)


def test_no_setting_in_force_stands_in_no_catalogue():
    known = {"opens_us": "opens_at", "closes_us": "closes_at", "let_finish": "at_close", "networks": "ip_allow_list"}
    for field in fields(Delivery):
        assert known.get(field.name, field.name) in catalogue.BY_NAME


def test_minutes_and_networks_are_read_as_people_type_them():
    assert delivery.read("warn_at", "5, 10;1\n5") == [10, 5, 1]
    assert delivery.read("warn_at", "") == []
    assert delivery.read("ip_allow_list", "192.0.2.7\n2001:db8::/32") == ["192.0.2.7/32", "2001:db8::/32"]
    assert delivery.read("ip_allow_list", "192.0.2.77/24") == ["192.0.2.0/24"]
