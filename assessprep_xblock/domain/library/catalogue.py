"""The catalogue of delivery settings: what each is called, its type, its default, its words and the group it stands in.

How values are read, bound by an author and changed by a school is in :mod:`.delivery`. No framework is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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
