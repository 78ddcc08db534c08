"""The catalogue of delivery settings, one by one: none without a default, limits, a control, help and an effect."""

from __future__ import annotations

from dataclasses import fields, replace
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
    "flag": ["yes", 1, None],
    "choice": ["", "whatever", None, 3],
    "text": [5, None, "x" * 5000],
    "minutes": [[0], [1441], ["x"], [True], 5, list(range(1, 12)), "10 minutes"],
    "networks": [["10.0.0.0/33"], ["school"], [5], 5, ["192.0.2.1"] * 51],
    "zone": ["Europe/Nowhere", 5, None, "../etc/passwd"],
    "link": ["http://example.org", "javascript:alert(1)", "https://", "https://a b", "https://user@example.org/", 5],
}
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


def test_no_setting_in_force_stands_in_no_catalogue():
    known = {"opens_us": "opens_at", "closes_us": "closes_at", "let_finish": "at_close", "networks": "ip_allow_list"}
    for field in fields(Delivery):
        assert known.get(field.name, field.name) in catalogue.BY_NAME


def test_minutes_and_networks_are_read_as_people_type_them():
    assert delivery.read("warn_at", "5, 10;1\n5") == [10, 5, 1]
    assert delivery.read("warn_at", "") == []
    assert delivery.read("ip_allow_list", "192.0.2.7\n2001:db8::/32") == ["192.0.2.7/32", "2001:db8::/32"]
    assert delivery.read("ip_allow_list", "192.0.2.77/24") == ["192.0.2.0/24"]
