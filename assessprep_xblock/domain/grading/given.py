"""What a learner answered, in the words of the question: ``choice_2`` means nothing to a teacher.

The platform names a question's inputs ``input_<block id>_<response>_<input>``: responses are counted from 2 in the order of
the page, inputs from 1. Choices are named ``choice_<name, or number from 0>``. What cannot be read is shown as it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..library import olx as content

NAME = re.compile(r"_(\d+)_(\d+)(?:\[\])?\Z")
#: What the platform keeps beside an input for its own preview.
HIDDEN = "_dynamath"


@dataclass(frozen=True)
class Given:
    """One answer: the part of the question it belongs to (empty where there is only one) and what was given."""

    part: str
    texts: tuple[str, ...]


def given(values: Mapping[str, str | list[str]], olx: str) -> list[Given]:
    """The learner's answers part by part, in the order of the page; empty ones are left out."""
    responses = content.responses(olx)
    found = []
    for name in sorted(values, key=_place):
        value = values[name]
        texts = [text for text in (value if isinstance(value, list) else [value]) if text.strip()]
        if HIDDEN in name or not texts:
            continue
        response = responses.get(_place(name)[0])
        words = {} if response is None else {name: content.words(choice) for name, choice in content.choices(response)}
        part = content.label(response) if response is not None and len(responses) > 1 else ""
        found.append(Given(part, tuple(words.get(text) or text for text in texts)))
    return found


def _place(name: str) -> tuple[int, int]:
    match = NAME.search(name)
    return (int(match[1]), int(match[2])) if match else (10_000, 0)
