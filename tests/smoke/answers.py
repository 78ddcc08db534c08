"""The demo's answer keys, read from its OLX; what students answer, drawn from a seed; and the points that must come out.

This reader is small on purpose and shares no line with the product or the platform, so that both cannot be wrong together.
What it does not understand it refuses.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

ASSESSMENT = Path(__file__).resolve().parents[2] / "devlms" / "demo" / "assessment.xml"
#: What one part of a question is answered with: one text, several (checkboxes), or None: left alone.
Given = str | frozenset[str] | None
#: For each item that is dragged, in order: the zone it is dropped on.
Drops = tuple[tuple[int, str], ...]
Answer = tuple[Given, ...] | Drops
MARKED = ("choice", "checkboxes")


class Unreadable(Exception):
    """The OLX holds something this reader does not know."""


@dataclass(frozen=True)
class Part:
    """One thing that is asked. ``kind``: choice, checkboxes, dropdown, number or text."""

    kind: str
    options: tuple[str, ...] = ()
    right: frozenset[str] = frozenset()
    number: Fraction = Fraction(0)
    tolerance: Fraction = Fraction(0)

    def is_right(self, given: Given) -> bool:
        """Whether this answer earns the part's points."""
        if given is None:
            return False
        if self.kind == "checkboxes":
            return given == self.right
        if not isinstance(given, str):
            raise TypeError(f"{given!r} is no single answer")
        if self.kind == "number":
            return abs(Fraction(given) - self.number) <= self.tolerance
        if self.kind == "text":
            return given.strip().casefold() in {one.casefold() for one in self.right}
        return given in self.right

    def draw(self, rng: random.Random, *, right: bool) -> Given:
        """A right or a wrong answer."""
        if self.kind in ("choice", "dropdown"):
            return rng.choice([one for one in self.options if (one in self.right) == right])
        if self.kind == "checkboxes":
            if right:
                return self.right
            while True:
                some = frozenset(rng.sample(self.options, rng.randint(1, len(self.options))))
                if some != self.right:
                    return some
        if self.kind == "number":
            off = self.tolerance / 2 if right else self.tolerance * 10 + rng.randint(1, 9)
            return _decimal(self.number + rng.choice([-1, 1]) * off)
        if right:
            return rng.choice([str.lower, str.upper, str.title])(rng.choice(sorted(self.right)))
        return rng.choice(["gravity", "I do not know", "watts", "<b>friction</b>", "طاقة"])


@dataclass(frozen=True)
class Question:
    """One question of the assessment: ``name`` is its id in the OLX; ``texts``: what only somebody who sees it can know."""

    name: str
    title: str
    points: Fraction
    texts: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    zones: Mapping[int, frozenset[str]] | None = None
    all_zones: tuple[str, ...] = ()

    @property
    def is_dragged(self) -> bool:
        """Whether it is answered by drag and drop."""
        return self.zones is not None

    def earned(self, given: Answer) -> Fraction:
        """The points this answer earns."""
        if self.zones is not None:
            right = {item for item, zone in given if zone in self.zones[item]}
            return self.points * Fraction(len(right), len(self.zones))
        right_parts = sum(part.is_right(one) for part, one in zip(self.parts, given, strict=True))
        return self.points * Fraction(right_parts, len(self.parts))

    def is_answered(self, given: Answer) -> bool:
        """Whether anything was answered."""
        return any(one is not None for one in given)

    @property
    def has_marked_choices(self) -> bool:
        """Whether (part of) its key is a list of choices marked right and wrong."""
        return any(part.kind in MARKED for part in self.parts)

    def with_another_key(self) -> Question:
        """The same question, every marked choice turned into its opposite: what the control of a changed key does."""
        turned = [
            replace(part, right=frozenset(part.options) - part.right) if part.kind in MARKED else part for part in self.parts
        ]
        return replace(self, parts=tuple(turned))


def _decimal(value: Fraction) -> str:
    return f"{float(value):.10g}"


# -- reading ----------------------------------------------------------------------------------------------------------
def read_assessment(path: Path = ASSESSMENT) -> tuple[str, list[Question]]:
    """Title and questions of the demo's assessment."""
    root = ElementTree.parse(path).getroot()
    return root.get("display_name", ""), [_question(node) for node in root]


def _question(node: ElementTree.Element) -> Question:
    known = {
        "name": node.get("url_name", ""),
        "title": node.get("display_name", ""),
        "points": Fraction(node.get("weight", "1")),
    }
    if node.tag == "drag-and-drop-v2":
        return _dragged(node, known)
    if node.tag != "problem":
        raise Unreadable(f"a question of the type {node.tag!r}")
    parts = tuple(_part(child) for child in node if child.tag.endswith("response"))
    if not parts:
        raise Unreadable(f"no answer key in {known['name']}")
    texts = [
        " ".join("".join(one.itertext()).split()) for one in node.iter() if one.tag in ("label", "p", "choice", "option")
    ]
    # Short ones ("Gas") may stand on any page for another reason.
    return Question(**known, parts=parts, texts=tuple(text for text in texts if len(text) >= 10))


def _dragged(node: ElementTree.Element, known: dict) -> Question:
    data = json.loads(node.get("data", ""))
    zones = {item["id"]: frozenset(item["zones"]) for item in data["items"] if item["zones"]}
    if len(zones) != len(data["items"]):
        raise Unreadable(f"an item of {known['name']} belongs nowhere")
    texts = (node.get("question_text", ""), *(zone["description"] for zone in data["zones"]))
    return Question(**known, texts=texts, zones=zones, all_zones=tuple(zone["uid"] for zone in data["zones"]))


def _part(node: ElementTree.Element) -> Part:
    if node.get("partial_credit"):
        raise Unreadable("partial credit")
    if node.tag in ("multiplechoiceresponse", "choiceresponse"):
        choices = [("".join(one.itertext()).strip(), one.get("correct", "").lower()) for one in node.iter("choice")]
        return _marked("choice" if node.tag == "multiplechoiceresponse" else "checkboxes", choices)
    if node.tag == "optionresponse":
        return _marked(
            "dropdown", [((one.text or "").strip(), one.get("correct", "").lower()) for one in node.iter("option")]
        )
    if node.tag == "numericalresponse":
        tolerance = next((one.get("default", "0") for one in node.iter("responseparam")), "0")
        if tolerance.endswith("%"):
            raise Unreadable("a tolerance in percent")
        return Part("number", number=Fraction(node.get("answer", "")), tolerance=Fraction(tolerance))
    if node.tag == "stringresponse" and node.get("type") == "ci":
        more = [one.get("answer", "") for one in node.iter("additional_answer")]
        return Part("text", right=frozenset([node.get("answer", ""), *more]))
    raise Unreadable(f"a {node.tag}")


def _marked(kind: str, choices: Sequence[tuple[str, str]]) -> Part:
    if any(mark not in ("true", "false") for _text, mark in choices):
        raise Unreadable("a choice that is marked neither right nor wrong")
    right = frozenset(text for text, mark in choices if mark == "true")
    return Part(kind, options=tuple(text for text, _mark in choices), right=right)


# -- drawing ----------------------------------------------------------------------------------------------------------
Sheet = dict[str, Answer]


def draw_sheets(questions: Sequence[Question], rng: random.Random, *, students: int) -> list[Sheet]:
    """What each student answers: everybody something right, something wrong and something not at all; no two sums alike."""
    while True:
        sheets = [{question.name: _draw(question, rng) for question in questions} for _ in range(students)]
        if (
            all(_is_mixed(questions, sheet) for sheet in sheets)
            and len({total(questions, one) for one in sheets}) == students
        ):
            return sheets


def _draw(question: Question, rng: random.Random) -> Answer:
    if question.zones is not None:
        return _drops(question, rng)
    outcomes = (_outcome(rng) for _ in question.parts)
    parts = zip(question.parts, outcomes, strict=True)
    return tuple(None if outcome == "blank" else part.draw(rng, right=outcome == "right") for part, outcome in parts)


def _outcome(rng: random.Random) -> str:
    return rng.choices(["right", "wrong", "blank"], weights=[5, 3, 2])[0]


def _drops(question: Question, rng: random.Random) -> Drops:
    """Some items dropped where they belong, some elsewhere (a wrong one springs back), some not at all."""
    assert question.zones is not None
    dropped = []
    for item, zones in question.zones.items():
        outcome = _outcome(rng)
        if outcome != "blank":
            where = sorted(zones) if outcome == "right" else [zone for zone in question.all_zones if zone not in zones]
            dropped.append((item, rng.choice(where)))
    rng.shuffle(dropped)
    return tuple(dropped)


def _is_mixed(questions: Sequence[Question], sheet: Sheet) -> bool:
    typed = [question for question in questions if not question.is_dragged]
    kinds = {
        "blank"
        if not question.is_answered(sheet[question.name])
        else "wrong"
        if not question.earned(sheet[question.name])
        else "right"
        for question in typed
    }
    return len(kinds) == 3 and any(sheet[question.name] for question in questions if question.is_dragged)


def total(questions: Sequence[Question], sheet: Sheet) -> Fraction:
    """The points a sheet earns."""
    return sum((question.earned(sheet[question.name]) for question in questions), Fraction(0))


def as_shown(points: Fraction) -> str:
    """Points to the last digit that a gradebook has: ten significant ones."""
    return f"{float(points):.10g}"


def band(earned: Fraction, possible: Fraction) -> str:
    """The score range of a result: [0,25) [25,50) [50,75) [75,100] percent."""
    percent = 100 * earned / possible
    return next((f"{most - 25}-{most}" for most in (25, 50, 75) if percent < most), "75-100")


def question_to_spoil(questions: Sequence[Question], sheets: Sequence[Sheet], rng: random.Random) -> str:
    """The name of a question whose points change for somebody when its key does."""
    telling = [
        question.name
        for question in questions
        if question.has_marked_choices
        and any(
            question.with_another_key().earned(one[question.name]) != question.earned(one[question.name]) for one in sheets
        )
    ]
    return rng.choice(telling)
