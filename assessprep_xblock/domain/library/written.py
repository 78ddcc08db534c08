"""A question that a person marks: its rubric, and the text a student wrote. Values in, values out; no framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..shared.refusals import Refusal
from . import olx as content

#: The name under which the block is registered, and so the type in its usage keys.
BLOCK_TYPE = "assessprep_written"
MOST_CRITERIA = 20
MOST_POINTS = 1000


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric. ``id`` is its number among the lines, from 1, as text."""

    id: str
    points: float
    title: str
    description: str = ""


def read_rubric(text: str) -> tuple[Criterion, ...]:
    """A rubric as its author types it: one criterion a line, ``points | title | description``; empty: no rubric.

    Raises ``invalid`` naming the line.
    """
    found = []
    for number, line in enumerate((line for line in text.splitlines() if line.strip()), start=1):
        points, _bar, rest = line.partition("|")
        title, _bar, description = rest.partition("|")
        try:
            most = float(points.strip().replace(",", "."))
        except ValueError:
            most = 0.0
        if not 0 < most <= MOST_POINTS or not title.strip():
            raise Refusal(
                "invalid", field="rubric", why="line {number} has to read: points | title | description", number=number
            )
        found.append(Criterion(str(number), most, title.strip(), description.strip()))
    if len(found) > MOST_CRITERIA:
        raise Refusal("too_large", field="rubric", limit=f"{MOST_CRITERIA} criteria")
    return tuple(found)


def rubric_of(olx: str) -> tuple[Criterion, ...]:
    """The rubric of a published question out of its frozen content; empty for questions of other kinds."""
    root = content.read(olx)
    try:
        return read_rubric(root.get("rubric", "")) if root is not None and root.tag == BLOCK_TYPE else ()
    except Refusal:
        # What was published could be read then; a page that shows it must not fall over it now.
        return ()


def prompt_of(olx: str) -> str:
    """What a written question asks, for who marks it."""
    root = content.read(olx)
    return "" if root is None else str(root.get("prompt", ""))


def text_of(values: Mapping[str, Any]) -> str:
    """What was written, out of a draft's values."""
    return next((value for value in values.values() if isinstance(value, str)), "")


def words_in(text: str) -> int:
    """How many words a text has, counted by white space."""
    return len(text.split())
