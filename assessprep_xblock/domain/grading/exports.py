"""A session's results as a table for a spreadsheet: one row per learner, one column per question."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession
from ..shared.spools import in_order
from ..shared.spreadsheets import Table
from . import queries_twice, rules
from .queries import Filters, Submission, names_hidden
from .queries_each import Line, each


def grades_table(session: AssessmentSession, filters: Filters) -> Table:
    """The results of a session. Times are UTC; an empty cell is "no score": so is what a void attempt earned, whose status
    says so.

    The same number of queries, and the same memory, however many students there are: lines are read one by one and sorted on
    disk. Where two people mark, both marks, who gave them and what came of them stand behind the rest, once both are in.
    """
    hidden = names_hidden(session)
    questions = list(PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position"))
    head = [
        *(_("Student"),) * hidden,
        *(_("Name"), _("User name"), _("Classes")) * (not hidden),
        _("Session"),
        _("Status"),
        _("Handed in (UTC)"),
        _("Answered"),
        _("Questions"),
        *(f"{number}. {one.title} ({rules.points(one.max_points)})" for number, one in enumerate(questions, start=1)),
        _("Points"),
        _("Points possible"),
        _("Percent"),
        _("Score range"),
        _("Time on questions (seconds)"),
        *(f"{number}. {_('Time (seconds)')}" for number in range(1, len(questions) + 1)),
    ]
    two = queries_twice.asked_of_two(session)
    for number, one in enumerate(questions, start=1):
        if one.pk in two:
            head += [f"{number}. {words}" for words in (_("First mark"), _("by"), _("Second mark"), _("by"), _("Decided"))]
    return Table(_("Grades"), head, _rows(session, filters, questions, two, hidden=hidden))


def _rows(
    session: AssessmentSession,
    filters: Filters,
    questions: Sequence[PlacedQuestion],
    two: Collection[int],
    *,
    hidden: bool,
) -> Iterator[list[Any]]:
    names = queries_twice.markers_in(session) if two else {}
    lines = (
        (
            line.one.name.casefold(),
            _value(line.one, filters.sort),
            line.one.learner,
            _cells(session.name, line, questions, two, names, hidden=hidden),
        )
        for line in each(session, questions=len(questions))
        if filters.takes(line.one)
    )
    minus = "-" if filters.sort.startswith("-") else ""
    yield from in_order(lines, minus + ("name" if filters.sort.endswith("name") else "value"))


def _value(one: Submission, sort: str) -> float | None:
    """What a line is sorted by, besides its name."""
    if sort.endswith("score"):
        return one.percent
    return one.submitted_at.timestamp() if one.submitted_at else None


def _cells(
    session: str,
    line: Line,
    questions: Sequence[PlacedQuestion],
    two: Collection[int],
    names: Mapping[int, str],
    *,
    hidden: bool,
) -> list[Any]:
    one = line.one
    submitted = one.submitted_at.strftime("%Y-%m-%d %H:%M:%S") if one.submitted_at else ""
    status = _("Void") if one.voided else _("Grade pending") if one.pending else _(rules.STATUSES[one.status])
    who = [one.name] if hidden else [one.name, one.username, ", ".join(one.classes)]
    # Until everything is scored a missing score is no score, then nothing.
    missing = 0.0 if one.earned is not None and not one.voided else None
    total = [one.earned, one.possible, one.percent, one.band.name if one.band else ""]
    return [
        *who,
        session,
        status,
        submitted,
        one.answered,
        len(questions),
        *(line.points.get(question.pk, missing) for question in questions),
        *([None, None, None, ""] if one.voided else total),
        sum(line.spent.values()) if line.spent else None,
        *(line.spent.get(question.item) for question in questions),
        *(cell for question in questions if question.pk in two for cell in _pair(line, question.pk, names)),
    ]


def _pair(line: Line, question: int, names: Mapping[int, str]) -> list[Any]:
    """First mark, who gave it, second mark, who, and how it was decided; empty cells where both are not in."""
    mark, way, marks = line.pairs.get(question, (None, "", []))
    if len(marks) < 2:
        return [None] * 5
    words = {"agreed": _("Mean of both"), "settled": _("Settled"), "dropped": _("Dropped by its author")}
    decided = words.get(way if mark is not None or way == "dropped" else "", _("Conflict"))
    return [*(cell for points, by in marks for cell in (points, names.get(by or 0, ""))), decided]
