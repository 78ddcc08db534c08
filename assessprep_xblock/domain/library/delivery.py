"""The delivery settings: what each is called, its type, its default, and how an author may bind it.

An author gives each setting a default and a *rule*: ``open`` (the school decides), ``locked`` (the default stands) or
``range`` (numbers within least..most). A session stores only what it changed. No framework is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..shared.refusals import Refusal
from ..shared.texts import plain

RULES = ("open", "locked", "range")


@dataclass(frozen=True)
class Setting:
    """One delivery setting. ``kind``: datetime (ISO 8601 with offset, or None), seconds, flag, choice or text."""

    name: str
    kind: str
    default: Any
    label: str
    group: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    most: int | None = None
    nullable: bool = False
    #: the step between the stored unit (seconds) and the one people type (60: minutes)
    unit: int = 1


def N(text: str) -> str:
    """Mark a text for translation without translating it (the door does)."""
    return text


CATALOGUE: tuple[Setting, ...] = (
    Setting(
        "opens_at", "datetime", None, N("Opens"), "timing", N("Empty: as soon as the session is published."), nullable=True
    ),
    Setting("closes_at", "datetime", None, N("Closes"), "timing", N("Empty: when you close or archive it."), nullable=True),
    Setting(
        "duration_s",
        "seconds",
        2700,
        N("Duration (minutes)"),
        "timing",
        N("How long each student has from the moment of Start."),
        least=60,
        most=86400,
        unit=60,
    ),
    Setting(
        "at_close",
        "choice",
        "cut",
        N("At the close"),
        "timing",
        N("What happens to students who are still working."),
        choices=(("cut", N("the test ends for everybody")), ("let_finish", N("who has started may finish"))),
    ),
    Setting(
        "lead_time_s",
        "seconds",
        900,
        N("Students may join before it opens (minutes)"),
        "timing",
        least=0,
        most=7200,
        unit=60,
    ),
    Setting("end_grace_s", "seconds", 120, N("After End, hand in by itself after (seconds)"), "timing", least=0, most=3600),
    Setting(
        "network_grace_s",
        "seconds",
        10,
        N("Answers on their way are still taken for (seconds)"),
        "timing",
        least=0,
        most=300,
    ),
    Setting(
        "guests",
        "flag",
        False,
        N("Allow guests"),
        "access",
        N("Learners of this course run who are not on the list may use the code."),
    ),
    Setting("waiting_room", "flag", False, N("Waiting room"), "access", N("Students wait until staff let them in.")),
    Setting(
        "checking",
        "choice",
        "at_hand_in",
        N("Questions are checked"),
        "navigation",
        choices=(("at_hand_in", N("when the test is handed in")), ("as_you_go", N("one by one, as in practice"))),
    ),
    Setting(
        "release",
        "choice",
        "on_submit",
        N("Results are shown"),
        "results",
        choices=(("on_submit", N("as soon as a student submits")), ("manual", N("when staff release them"))),
    ),
    Setting("show_answers", "flag", False, N("Show the right answers with the results"), "results"),
    Setting("instructions", "text", "", N("Instructions for students"), "instructions", most=4000),
)
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in CATALOGUE}
GROUPS: tuple[tuple[str, str], ...] = (
    ("timing", N("Timing")),
    ("access", N("Access Settings")),
    ("navigation", N("Questions")),
    ("results", N("Results")),
    ("instructions", N("Instructions")),
)

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
