"""The delivery settings: how a value is read, how an author may bind it, and what is in force for a session.

An author gives each setting a default and a *rule*: ``open`` (the school decides), ``locked`` (the default stands) or
``range`` (numbers within least..most). A session stores only what it changed. No framework is imported here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_network
from typing import Any
from zoneinfo import available_timezones

from ..shared.refusals import Refusal
from ..shared.texts import plain
from .catalogue import BY_NAME, CATALOGUE, GROUPS
from .setting import Setting

__all__ = ["BY_NAME", "CATALOGUE", "GROUPS", "Setting"]

RULES = ("open", "locked", "range")
#: A school's words to its own students, and where its rooms are: nothing for an assessment's author to compare.
OWN_WORDS = frozenset({"instructions", "honesty", "tools", "tool_link", "ip_allow_list"})

Envelope = dict[str, dict[str, Any]]


def read(name: str, value: Any) -> Any:
    """``value`` as this setting stores it (JSON). Raises ``invalid`` naming the field and what is wrong."""
    if name not in BY_NAME:
        raise Refusal("invalid", field=name, why="there is no such setting")
    setting = BY_NAME[name]
    if value is None and setting.nullable:
        return None
    return _READERS[setting.kind](setting, value)


def _flag(setting: Setting, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refusal("invalid", field=setting.name, why="it has to be true or false")
    return value


def _whole(setting: Setting, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        if setting.kind == "seconds":
            raise Refusal("invalid", field=setting.name, why="it has to be a whole number of seconds")
        raise Refusal("invalid", field=setting.name, why="it has to be a whole number")
    least, most = setting.least or 0, setting.most or 0
    if not least <= value <= most:
        raise Refusal("setting_out_of_range", field=setting.name, least=least, most=most)
    return value


def _points(setting: Setting, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refusal("invalid", field=setting.name, why="it has to be a number")
    least, most = setting.least or 0, setting.most or 0
    if not least <= value <= most:
        raise Refusal("setting_out_of_range", field=setting.name, least=least, most=most)
    return value


def _choice(setting: Setting, value: Any) -> str:
    allowed = [key for key, _label in setting.choices]
    if value not in allowed:
        raise Refusal("invalid", field=setting.name, why="it has to be one of " + ", ".join(allowed))
    return str(value)


def _text(setting: Setting, value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal("invalid", field=setting.name, why="it has to be text")
    text = plain(value)
    if setting.most is not None and len(text) > setting.most:
        raise Refusal("too_large", field=setting.name, limit=f"{setting.most} characters")
    return text


def _datetime(setting: Setting, value: Any) -> str:
    return moment(value, field=setting.name).isoformat().replace("+00:00", "Z")


def _several(setting: Setting, value: Any) -> list[Any]:
    """A list as it is stored, or as it is typed: separated by commas, semicolons or line ends."""
    if isinstance(value, str):
        value = [part for part in re.split(r"[,;\s]+", value) if part]
    if not isinstance(value, list):
        raise Refusal("invalid", field=setting.name, why="it has to be a list")
    if len(value) > (setting.most or 0):
        raise Refusal("too_large", field=setting.name, limit=f"{setting.most} entries")
    return value


def _minutes(setting: Setting, value: Any) -> list[int]:
    found = set()
    for part in _several(setting, value):
        if isinstance(part, str) and part.isascii() and part.isdigit() and len(part) < 5:
            part = int(part)
        if isinstance(part, bool) or not isinstance(part, int) or not 1 <= part <= 1440:
            raise Refusal("invalid", field=setting.name, why="it has to hold whole minutes from 1 to 1440")
        found.add(part)
    return sorted(found, reverse=True)


def _networks(setting: Setting, value: Any) -> list[str]:
    found = []
    for part in _several(setting, value):
        try:
            found.append(str(ip_network(part if isinstance(part, str) else "", strict=False)))
        except ValueError:
            raise Refusal(
                "invalid", field=setting.name, why="{part} is no network address such as 192.0.2.0/24", part=str(part)[:50]
            ) from None
    return list(dict.fromkeys(found))


@cache
def _zones() -> frozenset[str]:
    """The names are files: they are read once, not for each of a thousand sessions."""
    return frozenset(available_timezones())


def _zone(setting: Setting, value: Any) -> str:
    name = _text(setting, value)
    if name and name not in _zones():
        raise Refusal("invalid", field=setting.name, why="it has to be the name of a time zone such as Europe/Berlin")
    return name


def _link(setting: Setting, value: Any) -> str:
    text = _text(setting, value)
    if text and not re.match(r"https://[^\s/?#@\\]+([/?#]\S*)?\Z", text):
        raise Refusal("invalid", field=setting.name, why="it has to be an address that starts with https://")
    return text


_READERS: dict[str, Callable[[Setting, Any], Any]] = {
    "flag": _flag,
    "seconds": _whole,
    "number": _whole,
    "points": _points,
    "choice": _choice,
    "text": _text,
    "datetime": _datetime,
    "minutes": _minutes,
    "networks": _networks,
    "zone": _zone,
    "link": _link,
}


def moment(value: Any, *, field: str) -> datetime:
    """An ISO 8601 text with an offset as an aware UTC datetime."""
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            raise ValueError
        # Far years would overflow the clock's arithmetic long before they mean anything in a school.
        if not 2000 <= parsed.year <= 2200:
            raise ValueError
    except (TypeError, ValueError):
        raise Refusal("invalid", field=field, why="it has to be a date and time with a time zone") from None
    return parsed.astimezone(UTC)


def default_envelope() -> Envelope:
    """Every setting with the product's own default, left open to the school."""
    return {setting.name: {"default": setting.default, "rule": "open"} for setting in CATALOGUE}


def read_envelope(given: Mapping[str, Any], *, base: Envelope | None = None) -> Envelope:
    """An author's defaults and rules, checked; what is not given stays as in ``base``."""
    envelope = {name: dict(entry) for name, entry in (base or default_envelope()).items()}
    if not isinstance(given, Mapping):
        raise Refusal("invalid", field="settings", why="it has to be an object")
    for name, entry in given.items():
        if not isinstance(entry, Mapping) or set(entry) - {"default", "rule", "least", "most"}:
            raise Refusal("invalid", field=str(name), why="it has to hold default, rule, least and most only")
        envelope[name] = _read_entry(str(name), entry, envelope.get(name, {}))
    check_together({name: entry["default"] for name, entry in envelope.items()})
    return envelope


def _read_entry(name: str, entry: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    default = read(name, entry["default"] if "default" in entry else before.get("default"))
    rule = entry.get("rule", before.get("rule", "open"))
    if rule not in RULES or (rule == "range" and not BY_NAME[name].in_numbers):
        raise Refusal("invalid", field=name, why="its rule has to be open or locked (numbers: or range)")
    if rule != "range":
        return {"default": default, "rule": rule}
    least, most = _limit(name, "least", entry, before), _limit(name, "most", entry, before)
    if least > most:
        raise Refusal("settings_contradict", field=name, why="the lower limit is above the upper one")
    # A range is about a number: nothing at all (no last entry, say) lies in none.
    if default is None or not least <= default <= most:
        raise Refusal("setting_out_of_range", field=name, least=least, most=most)
    return {"default": default, "rule": rule, "least": least, "most": most}


def _limit(name: str, which: str, entry: Mapping[str, Any], before: Mapping[str, Any]) -> float:
    value = read(name, entry.get(which, before.get(which)))
    if value is None:
        raise Refusal("invalid", field=name, why="a range needs both its limits")
    return float(value) if BY_NAME[name].kind == "points" else int(value)


def read_overrides(given: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """What a session changes, checked against the author's envelope. Values equal to the default are left out."""
    if not isinstance(given, Mapping):
        raise Refusal("invalid", field="settings", why="it has to be an object")
    overrides: dict[str, Any] = {}
    for name, raw in given.items():
        value = read(name, raw)
        entry = _entry(name, envelope)
        if value == entry["default"]:
            continue
        if not _allows(entry, value):
            if entry["rule"] == "locked":
                raise Refusal("setting_locked", field=name)
            raise Refusal("setting_out_of_range", field=name, least=entry["least"], most=entry["most"])
        overrides[name] = value
    check_together(effective(envelope, overrides))
    return overrides


def _entry(name: str, envelope: Envelope) -> dict[str, Any]:
    return envelope.get(name) or {"default": BY_NAME[name].default, "rule": "open"}


def _allows(entry: Mapping[str, Any], value: Any) -> bool:
    """Whether a school may choose this value, which is not the default."""
    if entry["rule"] == "range":
        return value is not None and bool(entry["least"] <= value <= entry["most"])
    return bool(entry["rule"] != "locked")


def no_longer_allowed(overrides: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """What a session changed while an earlier version of the assessment let it, and this one does not: name -> value.

    None of it is in force; it is named wherever staff meet the session, until they save its settings.
    """
    return {name: value for name, value in overrides.items() if not _in_force(name, value, envelope)}


def _in_force(name: str, value: Any, envelope: Envelope) -> bool:
    if name not in BY_NAME:
        return True
    entry = _entry(name, envelope)
    return bool(value == entry["default"]) or _allows(entry, value)


def effective(envelope: Envelope, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in force: the product's default, the author's default, the school's change where it is allowed."""
    values = {setting.name: setting.default for setting in CATALOGUE}
    values.update({name: entry["default"] for name, entry in envelope.items() if name in values})
    values.update({name: value for name, value in overrides.items() if name in values and _in_force(name, value, envelope)})
    return values


def check_together(values: Mapping[str, Any]) -> None:
    """Refuse settings that contradict each other."""
    opens, closes = values.get("opens_at"), values.get("closes_at")
    if opens and closes and moment(closes, field="closes_at") <= moment(opens, field="opens_at"):
        raise Refusal("settings_contradict", field="closes_at", why="it closes before it opens")
    if values.get("release") == "on_date" and not values.get("release_at"):
        raise Refusal("settings_contradict", field="release_at", why="results that are shown on a date need one")
    if values.get("guests_no_account") and not values.get("guests"):
        raise Refusal("settings_contradict", field="guests_no_account", why="guests are not allowed at all")
    if not values.get("show_score", True):
        for name in ("show_correctness", "show_answers"):
            if values.get(name):
                raise Refusal("settings_contradict", field=name, why="the questions again would show the points, too")


def windows_meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two windows have a moment in common; one without an end never ends."""
    return _before(one.get("opens_at"), other.get("closes_at")) and _before(other.get("opens_at"), one.get("closes_at"))


def _before(opens_at: str | None, closes_at: str | None) -> bool:
    # Stored as ISO 8601 in UTC, so that text order is the order of time.
    return opens_at is None or closes_at is None or opens_at < closes_at
