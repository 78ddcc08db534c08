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

from ..library import olx as content

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
    found = []
    for number, response in content.responses(olx).items():
        reader = _READERS.get(str(response.tag))
        options = reader(response)[:ELSE] if reader else []
        if options:
            many = response.tag == "choiceresponse" and next(iter(response.iter("checkboxgroup")), None) is not None
            found.append(Part(number, content.label(response), many, tuple(options)))
    return found


def chosen(values: Mapping[str, Any], parts: list[Part]) -> list[int]:
    """For each part the bits of what was chosen, out of an answer as its question's form posts it."""
    by_number = {int(match[1]): value for name, value in values.items() if (match := NAME.search(name)) and match[2] == "1"}
    return [part.chosen(by_number.get(part.number)) for part in parts]


def _choices(response: Any) -> list[Option]:
    return [
        # A picture without a description says nothing; "" would read as "no answer".
        Option(name, content.words(choice) or name, choice.get("correct", "").lower() == "true")
        for name, choice in content.choices(response)
    ]


def _select(response: Any) -> list[Option]:
    for field in response.iter("optioninput"):
        options = list(field.iter("option"))
        if options:
            return [
                Option(content.words(one), content.words(one), one.get("correct", "").lower() == "true") for one in options
            ]
        try:
            texts = ast.literal_eval(field.get("options", "()"))
        except (ValueError, SyntaxError):
            return []
        texts = [texts] if isinstance(texts, str) else texts
        return [Option(str(text), str(text), str(text) == field.get("correct")) for text in texts]
    return []


_READERS = {
    "multiplechoiceresponse": _choices,
    "truefalseresponse": _choices,
    "choiceresponse": _choices,
    "optionresponse": _select,
}
