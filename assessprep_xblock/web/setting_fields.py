"""Delivery settings as the fields of a form and as a table: grouped, in words, with who decides each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..domain.library import delivery
from ..domain.library.queries import SettingShown, settings_shown
from ..domain.sessions import changing

#: The form's control for each kind of setting; a single line for the rest.
CONTROLS = {
    "flag": "check",
    "datetime": "datetime",
    "seconds": "number",
    "number": "number",
    "points": "number",
    "choice": "select",
    "text": "lines",
    "networks": "lines",
}
#: What most sessions are set up with. The rest of a group waits behind one line: nobody scrolls past thirty fields.
FIRST = frozenset(
    {
        "opens_at",
        "closes_at",
        "duration_s",
        "guests",
        "waiting_room",
        "checking",
        "navigation",
        "order",
        "release",
        "release_at",
        "instructions",
    }
)
#: How many characters a list may have as it is typed; of texts the catalogue says it.
LONGEST = {"networks": 2500, "minutes": 80}


def typing_words() -> dict[str, str]:
    """What the script of these fields says of what was typed and is no value."""
    return {
        "not_a_date": _("This date and time is not complete."),
        "no_such_time": _("Clocks are put forward then: this time does not exist."),
        "not_a_number": _("This has to be a number."),
    }


def groups(
    envelope: delivery.Envelope,
    overrides: Mapping[str, Any] | None = None,
    *,
    fixed: tuple[str, ...] = (),
    unavailable: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """``{"name", "title", "all", "fields", "more", "opened"}`` for each group; one of ``fixed`` can no longer be changed.

    ``all``: the group's fields in the order of the catalogue; ``fields``: those that a form shows, ``more``: those that it
    folds away at first; ``opened``: not where one of them has to be looked at.
    ``unavailable``: why a flag cannot be switched on here; it can still be switched off.
    """
    why = unavailable or {}
    shown = settings_shown(envelope, overrides)
    found = []
    for name, title in delivery.GROUPS:
        fields = [_field(one, fixed=one.setting.name in fixed) for one in shown if one.setting.group == name]
        fields = [{**field, "unavailable": why.get(field["name"], "")} for field in fields]
        first = [field for field in fields if field["name"] in FIRST]
        more = [field for field in fields if field["name"] not in FIRST]
        opened = any(field["is_refused"] for field in more)
        found.append({"name": name, "title": _(title), "all": fields, "fields": first, "more": more, "opened": opened})
    return found


def _field(shown: SettingShown, *, fixed: bool) -> dict[str, Any]:
    setting = shown.setting
    return {
        "name": setting.name,
        "kind": setting.kind,
        "control": CONTROLS.get(setting.kind, "line"),
        "in_numbers": setting.in_numbers,
        "nullable": setting.nullable,
        "label": _(setting.label),
        "help": _(setting.help) if setting.help else "",
        "choices": [(value, _(label)) for value, label in setting.choices],
        "unit": setting.unit,
        "value": _typed(setting, shown.value),
        "words": in_words(setting, shown.value),
        "rule": shown.rule,
        "least": _typed(setting, shown.least),
        "most": _typed(setting, shown.most) if setting.in_numbers else LONGEST.get(setting.kind, setting.most),
        "locked": shown.locked,
        "is_refused": shown.is_refused,
        "chosen_words": in_words(setting, shown.chosen),
        "fixed": fixed,
        "stands": changing.until(setting.name) == changing.JOINED,
        "decided_by": shown.decided_by,
        "decided_words": _decided(shown),
    }


def _typed(setting: delivery.Setting, value: Any) -> Any:
    """A stored value as it is typed: minutes instead of seconds, where the setting says so, and lists as text."""
    if isinstance(value, list):
        return ("\n" if setting.kind == "networks" else ", ").join(str(part) for part in value)
    if setting.kind != "seconds" or value is None:
        return value
    typed = value / setting.unit
    return int(typed) if typed == int(typed) else typed


def _decided(shown: SettingShown) -> str:
    if shown.locked:
        return _("Decided by the author")
    if shown.rule == "range":
        return _("The author allows {least} to {most}").format(
            least=_typed(shown.setting, shown.least), most=_typed(shown.setting, shown.most)
        )
    return _("Set by your school") if shown.decided_by == "school" else _("Default; your school may change it")


def in_words(setting: delivery.Setting, value: Any) -> str:
    """A value as people say it; a date and time stays ISO 8601, for the page's script to show in the reader's zone."""
    if value is None or value == "" or value == []:
        return ""
    if setting.kind == "flag":
        return _("yes") if value else _("no")
    if setting.kind == "choice":
        return _(dict(setting.choices)[value])
    return str(_typed(setting, value))
