"""Many sessions at once: what each row would become and what is wrong with it, before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import SchoolClass

from ..library import delivery
from ..shared import uploads
from ..shared.refusals import Refusal
from ..shared.sentences import sentence
from . import listed_students, queries
from .models import AssessmentSession

LONGEST_NAME = 120
#: The columns of a file, by what their heading may be.
HEADINGS = {
    "name": "name",
    "classes": "classes",
    "class": "classes",
    "students": "students",
    "opens_at": "opens_at",
    "closes_at": "closes_at",
    "duration": "duration",
}
DATES = ("opens_at", "closes_at")
#: How dates are typed besides ISO 8601; without an offset they are meant in the zone that came with the file.
SHORT_DATES = ("%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M")


@dataclass
class Row:
    """One session that is wanted: its line (in the file, or of the page's table), and what was wrong in reading it."""

    line: int
    name: str
    classes: list[int] = field(default_factory=list)
    students: list[int] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass
class Planned:
    """What a row becomes. With ``problems`` nothing is made; ``notes`` are told and stop nobody."""

    line: int
    name: str
    overrides: dict[str, Any]
    roster: dict[str, Any]
    assigned: int
    problems: list[str]
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        """In plain values."""
        return {
            "line": self.line,
            "name": self.name,
            "opens_at": self.overrides.get("opens_at"),
            "closes_at": self.overrides.get("closes_at"),
            "assigned": self.assigned,
            "problems": self.problems,
            "notes": self.notes,
        }


def plan(
    *,
    course_key: CourseKey,
    envelope: delivery.Envelope,
    settings: Mapping[str, Any],
    rows: Sequence[Row],
    taken: set[str],
    beside: Sequence[AssessmentSession] = (),
) -> list[Planned]:
    """What these rows would become, with ``settings`` for all of them. ``taken``: names of sessions there are already;
    ``beside``: those of the same placement that are published and not over.

    What is wrong with ``settings`` themselves is raised. Three calls to the platform, whatever the number of rows.
    """
    common = delivery.read_overrides(settings, envelope)
    if not rows:
        raise Refusal("invalid", field="rows", why=_("choose at least one class"))
    if len(rows) > uploads.MOST_ROWS:
        raise Refusal("too_large", field="rows", limit=_("{n} rows").format(n=uploads.MOST_ROWS))
    classes = {one.id for one in get_lms().classes(course_key)}
    people = _people(course_key, rows)
    planned = [_planned(row, common, envelope, classes, people) for row in rows]
    _note_company(planned, taken)
    _note_published(planned, beside, envelope)
    return planned


def _people(course_key: CourseKey, rows: Iterable[Row]) -> dict[int | None, set[int]]:
    """Class id -> its learners; under None all who are named and learn here."""
    class_ids = {one for row in rows for one in row.classes}
    named = {one for row in rows for one in row.students}
    found = get_lms().learners(course_key, class_ids=class_ids, user_ids=named) if class_ids or named else {}
    by_class: dict[int | None, set[int]] = {None: set(found)}
    for person in found.values():
        for one in person.classes:
            by_class.setdefault(one, set()).add(person.user_id)
    return by_class


def _planned(
    row: Row, common: Mapping[str, Any], envelope: delivery.Envelope, classes: set[int], people: dict[int | None, set[int]]
) -> Planned:
    problems, notes = list(row.problems), []
    if not row.name:
        problems.append(_("The session has no name."))
    elif len(row.name) > LONGEST_NAME or "\n" in row.name or "\t" in row.name:
        problems.append(_("A name has at most {n} characters, on one line.").format(n=LONGEST_NAME))
    if set(row.classes) - classes:
        problems.append(_("This course run has no such class."))
    if set(row.students) - people[None]:
        problems.append(_("Not every student named is a learner of this course run."))
    overrides: dict[str, Any] = {}
    try:
        overrides = delivery.read_overrides({**common, **row.settings}, envelope)
    except Refusal as refusal:
        problems.append(sentence(refusal))
    assigned = set(row.students) & people[None]
    for one in row.classes:
        assigned |= people.get(one, set())
    if not assigned and not problems:
        notes.append(_("Nobody is in it yet; choose students before you publish it."))
    roster = {"everyone": False, "classes": sorted(set(row.classes)), "students": sorted(set(row.students)), "excluded": []}
    return Planned(row.line, row.name, overrides, roster, len(assigned), problems, notes)


def _note_company(planned: Sequence[Planned], taken: set[str]) -> None:
    """Names that stand twice are refused; who sits in two sessions at once is told, for publishing will refuse it."""
    names: dict[str, int] = {}
    last: dict[tuple[str, int], Planned] = {}
    for one in planned:
        name = one.name.casefold()
        if name in names:
            one.problems.append(_("The same name stands in line {n}.").format(n=names[name]))
        elif name:
            names[name] = one.line
        if name in taken:
            one.notes.append(_("There is a session with this name already."))
        told: set[int] = set()
        for key in [("class", pk) for pk in one.roster["classes"]] + [("student", pk) for pk in one.roster["students"]]:
            other = last.get(key)
            if other is not None and other.line not in told and delivery.windows_meet(one.overrides, other.overrides):
                told.add(other.line)
                one.notes.append(_("Some of the students are in line {n} too, open at the same time.").format(n=other.line))
            last[key] = one


def _note_published(planned: Sequence[Planned], beside: Sequence[AssessmentSession], envelope: delivery.Envelope) -> None:
    """Tell who is assigned already to a session that is open at the same time, for publishing will refuse it."""
    by_key: dict[tuple[str, int], list[AssessmentSession]] = {}
    for session in beside:
        for part in ("classes", "students"):
            for pk in session.roster[part]:
                by_key.setdefault((part, pk), []).append(session)
    everyone = [session for session in beside if session.roster["everyone"]]
    for one in planned:
        keys = [(part, pk) for part in ("classes", "students") for pk in one.roster[part]]
        others = {other.pk: other for key in keys for other in by_key.get(key, [])}
        others |= {other.pk: other for other in everyone if one.assigned}
        window = delivery.effective(envelope, one.overrides) if others else {}
        for _pk, other in sorted(others.items()):
            if delivery.windows_meet(window, queries.settings_of(other)):
                words = _("Some of the students are in the session “{name}” too, open at the same time.")
                one.notes.append(words.format(name=other.name))


def rows_out_of(text: str, *, course_key: CourseKey, zone: str) -> list[Row]:
    """The rows of a file. Raises for what is no such table; what is wrong with one row stands in the row."""
    found = uploads.by_columns(uploads.lines_of(text), HEADINGS, needed="name")
    if not found:
        raise Refusal("invalid", field="file", why=_("there is no row below its first line"))
    by_name: dict[str, list[SchoolClass]] = {}
    for one in get_lms().classes(course_key):
        by_name.setdefault(one.name.casefold(), []).append(one)
    wanted = {text for _line, cells in found for text in _parts(cells.get("students", ""))}
    listed = listed_students.find_each(course_key, wanted)
    return [_row(line, cells, by_name, listed, zone) for line, cells in found]


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in re.split(r"[|;\n]", cell) if part.strip()]


def _row(
    line: int,
    cells: Mapping[str, str],
    by_name: Mapping[str, list[SchoolClass]],
    listed: Mapping[str, int | str],
    zone: str,
) -> Row:
    row = Row(line=line, name=cells["name"])
    named = cells.get("classes", "")
    for name in [named] if named.casefold() in by_name else _parts(named):
        same = by_name.get(name.casefold(), [])
        if len(same) == 1:
            row.classes.append(same[0].id)
        elif same:
            row.problems.append(_("There are several classes “{name}”.").format(name=name))
        else:
            row.problems.append(_("There is no class “{name}” in this course run.").format(name=name))
    strange = {
        "unknown": _("Nobody here has the user name or address {names}."),
        "not_enrolled": _("Not enrolled: {names}."),
    }
    for what, words in strange.items():
        names = [name for name in _parts(cells.get("students", "")) if listed[name] == what]
        if names:
            row.problems.append(words.format(names=", ".join(names[:10])))
    row.students = [pk for name in _parts(cells.get("students", "")) if isinstance(pk := listed[name], int)]
    for column in DATES:
        if cells.get(column):
            _take_date(row, column, cells[column], zone)
    if cells.get("duration"):
        _take_minutes(row, cells["duration"])
    return row


def _take_date(row: Row, column: str, cell: str, zone: str) -> None:
    at = _moment(cell, zone)
    if at is None:
        words = _("{column}: “{cell}” is no date and time such as 2026-11-23 09:00.")
        row.problems.append(words.format(column=column, cell=cell[:50]))
    else:
        row.settings[column] = at.isoformat()


def _moment(cell: str, zone: str) -> datetime | None:
    at = None
    if len(cell) > len("2026-11-23"):
        try:
            at = datetime.fromisoformat(cell)
        except ValueError:
            for form in SHORT_DATES:
                try:
                    at = datetime.strptime(cell, form)  # noqa: DTZ007  the zone comes below
                    break
                except ValueError:
                    continue
    return at.replace(tzinfo=ZoneInfo(zone)) if at is not None and at.tzinfo is None else at


def _take_minutes(row: Row, cell: str) -> None:
    setting = delivery.BY_NAME["duration_s"]
    least, most = (setting.least or 0) // setting.unit, (setting.most or 0) // setting.unit
    if cell.isascii() and cell.isdigit() and len(cell) < 6 and least <= int(cell) <= most:
        row.settings["duration_s"] = int(cell) * setting.unit
        return
    words = _("duration: “{cell}” is no number of whole minutes from {least} to {most}.")
    row.problems.append(words.format(cell=cell[:50], least=least, most=most))


def summary(planned: Sequence[Planned]) -> str:
    """What these rows come to, in one sentence."""
    wrong = sum(1 for one in planned if one.problems)
    if wrong:
        words = ngettext("{n} row has a problem. Nothing is made.", "{n} rows have problems. Nothing is made.", wrong)
        return words.format(n=wrong)
    words = ngettext("{n} session can be made.", "{n} sessions can be made.", len(planned))
    return words.format(n=len(planned))
