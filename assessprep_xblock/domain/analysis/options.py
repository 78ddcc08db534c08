"""The answers a question offers, and which of them a learner chose, as one number: a bit for each.

Responses are counted from 2 in the order of the page, as in the names of the platform's inputs (``input_<block>_2_1``). Only
questions with answers to choose from have any; what is typed has none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

NAME = re.compile(r"_(\d+)_(\d+)(?:\[\])?\Z")
#: Bits of a choice: the last one stands for "an answer that is not among these" (of an edited form, or beyond the others).
BITS = 32
ELSE = BITS - 1


@dataclass(frozen=True)
class Option:
    """One answer to choose: what the form posts, what it says, and whether it is right."""

    value: str
    text: str
    right: bool


@dataclass(frozen=True)
class Part:
    """One response of a question: its number in the names of inputs, its label, and its options. ``many``: several may be
    chosen at once."""

    number: int
    label: str
    many: bool
    options: tuple[Option, ...]

    def chosen(self, value: Any) -> int:
        """The bits of what was posted; 0 where nothing was."""
        bits = 0
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one.strip():
                place = next((place for place, option in enumerate(self.options) if option.value == one), ELSE)
                bits |= 1 << min(place, ELSE)
        return bits


def parts_of(olx: str) -> list[Part]:
    """The parts of a question that offer answers to choose from, in the order of the page."""
    try:
        root = ElementTree.fromstring(olx)
    except ElementTree.ParseError:
        return []
    responses = [element for element in root.iter() if str(element.tag).endswith("response")]
    found = []
    for number, response in enumerate(responses, start=2):
        reader = _READERS.get(str(response.tag))
        options = reader(response)[:ELSE] if reader else []
        if options:
            label = next(iter(response.iter("label")), None)
            many = response.tag == "choiceresponse" and next(iter(response.iter("checkboxgroup")), None) is not None
            found.append(Part(number, "" if label is None else _words(label), many, tuple(options)))
    return found


def chosen(values: Mapping[str, Any], parts: list[Part]) -> list[int]:
    """For each part the bits of what was chosen, out of an answer as its question's form posts it."""
    by_number = {int(match[1]): value for name, value in values.items() if (match := NAME.search(name)) and match[2] == "1"}
    return [part.chosen(by_number.get(part.number)) for part in parts]


def _choices(response: ElementTree.Element, *, named: bool) -> list[Option]:
    found, unnamed = [], 0
    for choice in response.iter("choice"):
        name = choice.get("name") if named else None
        if name is None:
            name, unnamed = str(unnamed), unnamed + 1
        found.append(Option(f"choice_{name}", _words(choice), choice.get("correct", "").lower() == "true"))
    return found


def _select(response: ElementTree.Element) -> list[Option]:
    for field in response.iter("optioninput"):
        options = list(field.iter("option"))
        if options:
            return [Option(_words(one), _words(one), one.get("correct", "").lower() == "true") for one in options]
        try:
            texts = ast.literal_eval(field.get("options", "()"))
        except (ValueError, SyntaxError):
            return []
        texts = [texts] if isinstance(texts, str) else texts
        return [Option(str(text), str(text), str(text) == field.get("correct")) for text in texts]
    return []


def _words(element: ElementTree.Element) -> str:
    """The text of an element without its hints."""
    own = [element.text or ""]
    for child in element:
        if not str(child.tag).endswith("hint"):
            own.append(_words(child))
        own.append(child.tail or "")
    return " ".join("".join(own).split())


_READERS = {
    "multiplechoiceresponse": lambda response: _choices(response, named=True),
    "truefalseresponse": lambda response: _choices(response, named=True),
    "choiceresponse": lambda response: _choices(response, named=False),
    "optionresponse": _select,
}
