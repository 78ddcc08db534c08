"""The delivery settings: how a value is read, how an author may bind it, and what is in force for a session.

An author gives each setting a default and a *rule*: ``open`` (the school decides), ``locked`` (the default stands) or
``range`` (numbers within least..most). A session stores only what it changed. No framework is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..shared.refusals import Refusal
from ..shared.texts import plain
from .catalogue import BY_NAME, CATALOGUE, GROUPS, Setting

__all__ = ["BY_NAME", "CATALOGUE", "GROUPS", "Setting"]

RULES = ("open", "locked", "range")

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


def _seconds(setting: Setting, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal("invalid", field=setting.name, why="it has to be a whole number of seconds")
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


_READERS = {"flag": _flag, "seconds": _seconds, "choice": _choice, "text": _text, "datetime": _datetime}


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
    if rule not in RULES or (rule == "range" and BY_NAME[name].kind != "seconds"):
        raise Refusal("invalid", field=name, why="its rule has to be open or locked (numbers: or range)")
    if rule != "range":
        return {"default": default, "rule": rule}
    least, most = read(name, entry.get("least", before.get("least"))), read(name, entry.get("most", before.get("most")))
    if not least <= default <= most:
        raise Refusal("setting_out_of_range", field=name, least=least, most=most)
    return {"default": default, "rule": rule, "least": least, "most": most}


def read_overrides(given: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """What a session changes, checked against the author's envelope. Values equal to the default are left out."""
    if not isinstance(given, Mapping):
        raise Refusal("invalid", field="settings", why="it has to be an object")
    overrides: dict[str, Any] = {}
    for name, raw in given.items():
        value = read(name, raw)
        entry = envelope.get(name) or {"default": BY_NAME[name].default, "rule": "open"}
        if value == entry["default"]:
            continue
        if entry["rule"] == "locked":
            raise Refusal("setting_locked", field=name)
        if entry["rule"] == "range" and not entry["least"] <= value <= entry["most"]:
            raise Refusal("setting_out_of_range", field=name, least=entry["least"], most=entry["most"])
        overrides[name] = value
    check_together(effective(envelope, overrides))
    return overrides


def effective(envelope: Envelope, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in force: the product's default, the author's default, the school's change."""
    values = {setting.name: setting.default for setting in CATALOGUE}
    values.update({name: entry["default"] for name, entry in envelope.items() if name in values})
    values.update({name: value for name, value in overrides.items() if name in values})
    return values


def check_together(values: Mapping[str, Any]) -> None:
    """Refuse settings that contradict each other."""
    opens, closes = values.get("opens_at"), values.get("closes_at")
    if opens and closes and moment(closes, field="closes_at") <= moment(opens, field="opens_at"):
        raise Refusal("settings_contradict", field="closes_at", why="it closes before it opens")
