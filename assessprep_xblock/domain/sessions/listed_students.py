"""Students out of a list that somebody pasted or sent as a file: who is meant, and what is wrong with each other line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..shared import uploads
from ..shared.refusals import Refusal
from ..shared.texts import plain

USERNAME, EMAIL = "username", "email"
#: What a column of a list may be called.
HEADINGS = {
    "username": USERNAME,
    "user name": USERNAME,
    "user": USERNAME,
    "student": USERNAME,
    "email": EMAIL,
    "e-mail": EMAIL,
    "email address": EMAIL,
    "e-mail address": EMAIL,
}
#: No user name and no address is longer.
LONGEST = 254


@dataclass(frozen=True)
class Wrong:
    """A line that adds nobody. ``what``: ``unknown``, ``not_enrolled`` (an account, no learner of this run) or ``twice``."""

    line: int
    text: str
    what: str


@dataclass
class Listed:
    """Who was found, by name, and what was not."""

    people: list[Person] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


def find(course_key: CourseKey, wanted: Iterable[tuple[int, str]]) -> Listed:
    """The learners of a run behind (line, user name or address) pairs. Three queries for a thousand lines.

    For callers who have checked the role. Of an account that does not learn here nothing is told but that.
    """
    asked = list(wanted)
    each = find_each(course_key, {text for _line, text in asked})
    ids = {found for found in each.values() if isinstance(found, int)}
    names = get_lms().people(ids) if ids else {}
    listed, seen = Listed(), set()
    for line, text in asked:
        found = each[text]
        if isinstance(found, str):
            listed.wrong.append(Wrong(line, text, found))
        elif found in seen:
            listed.wrong.append(Wrong(line, text, "twice"))
        else:
            seen.add(found)
            listed.people.append(names[found])
    listed.people.sort(key=lambda person: (person.full_name.casefold(), person.username))
    return listed


def pasted(text: str) -> list[tuple[int, str]]:
    """(line, name) out of what was pasted: one name a line, or several with commas, semicolons or tabs between them."""
    found = [
        (number, name.strip().strip("\"'<>")[:LONGEST])
        for number, line in enumerate(plain(text).split("\n"), start=1)
        for name in re.split(r"[,;\t]", line)
        if name.strip()
    ]
    if len(found) > uploads.MOST_ROWS:
        raise Refusal("too_large", field="text", limit=_("{n} rows").format(n=uploads.MOST_ROWS))
    return found


def sent(text: str) -> list[tuple[int, str]]:
    """(line, name) out of a file: of its columns *username* and *email*, or of its only one, with a heading or without."""
    lines = uploads.lines_of(text)
    heads = [head.casefold() for head in lines[0].cells] if lines else []
    if not any(head in HEADINGS for head in heads):
        if any(len([cell for cell in line.cells if cell]) > 1 for line in lines):
            why = _("its first line has to name the columns; one of them username or email")
            raise Refusal("invalid", field="file", why=why)
        return _counted((line.number, "".join(line.cells)) for line in lines)
    # Other columns (names, marks, ...) stand in many lists and are not read.
    places = {HEADINGS[head]: place for place, head in reversed(list(enumerate(heads))) if head in HEADINGS}
    found: list[tuple[int, str]] = []
    for line in lines[1:]:
        cells: dict[str, Any] = {column: line.cells[place] for column, place in places.items() if place < len(line.cells)}
        found.append((line.number, cells.get(USERNAME) or cells.get(EMAIL) or ""))
    return _counted(found)


def _counted(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    named = [(line, text[:LONGEST]) for line, text in found if text]
    if not named:
        raise Refusal("invalid", field="file", why=_("there is nothing in it"))
    if len(named) > uploads.MOST_ROWS:
        raise Refusal("too_large", field="file", limit=_("{n} rows").format(n=uploads.MOST_ROWS))
    return named


def find_each(course_key: CourseKey, texts: Collection[str]) -> dict[str, int | str]:
    """For each text the learner's account id, or ``unknown`` or ``not_enrolled``. As :func:`find`, without an order."""
    accounts = get_lms().find_people(texts) if texts else {}
    ids = {person.user_id for person in accounts.values()}
    here = get_lms().learners(course_key, user_ids=ids) if ids else {}
    found: dict[str, int | str] = {}
    for text in texts:
        account = accounts.get(text)
        found[text] = "unknown" if account is None else account.user_id if account.user_id in here else "not_enrolled"
    return found
