"""A session's results as a table for a spreadsheet: one row per learner, one column per question."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from math import isnan, nan
from typing import Any

from django.utils.translation import gettext as _

from ..attempts.models import Attempt, ItemResult
from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession
from ..shared.spreadsheets import Table
from . import queries_twice, rules
from .models import RoundMark
from .queries import Filters, Grades, Submission, grades


def grades_table(session: AssessmentSession, filters: Filters) -> Table:
    """The results of a session. Times are UTC; an empty cell is "no score": so is what a void attempt earned, whose status
    says so.

    A few queries more than the list, however many students there are. Where two people mark, both marks, who gave them and
    what came of them stand behind the rest, once both are in.
    """
    found = grades(session, filters)
    questions = list(PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position"))
    head = [
        *(_("Student"),) * found.hidden,
        *(_("Name"), _("User name"), _("Classes")) * (not found.hidden),
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
    ]
    two = queries_twice.asked_of_two(session)
    for number, one in enumerate(questions, start=1):
        if one.pk in two:
            head += [f"{number}. {words}" for words in (_("First mark"), _("by"), _("Second mark"), _("by"), _("Decided"))]
    return Table(_("Grades"), head, _rows(session, found, questions, two))


def _rows(
    session: AssessmentSession, found: Grades, questions: Sequence[PlacedQuestion], two: Collection[int]
) -> Iterator[list[Any]]:
    scores, spent = Scores(session, questions), _spent(session)
    pairs = [Pairs(session, one.pk) for one in questions if one.pk in two]
    for one in found.found:
        points = scores.of(one.attempt_id, known=one.earned is not None and not one.voided)
        both = [cell for pair in pairs for cell in pair.of(one.attempt_id)]
        yield [*_head(session, one, len(questions), found.hidden), *points, *_tail(one), spent.get(one.attempt_id), *both]


def _spent(session: AssessmentSession) -> dict[int | None, int]:
    """Attempt's row id -> seconds for which its page showed questions, where any are known. One query."""
    rows = Attempt.objects.filter(session=session).values_list("pk", "spent").iterator(chunk_size=1000)
    return {pk: sum(spent.values()) for pk, spent in rows if spent}


class Pairs:
    """Both marks of one question that two people mark, where both are in: of one alone a file tells nobody. Two queries."""

    def __init__(self, session: AssessmentSession, question_id: int) -> None:
        marks = RoundMark.objects.filter(result__attempt__session=session, result__question_id=question_id)
        rows = marks.filter(result__marks_in=2, result__attempt__status="submitted").order_by("round")
        self._marks: dict[int, list[tuple[float, int | None]]] = {}
        self._ways: dict[int, str] = {}
        told = rows.values_list("result__attempt_id", "points", "by_id", "result__mark", "result__way")
        for attempt, points, by, mark, way in told.iterator(chunk_size=2000):
            self._marks.setdefault(attempt, []).append((points, by))
            self._ways[attempt] = "" if mark is None else way
        self._names = queries_twice.names_of({by for each in self._marks.values() for _points, by in each if by is not None})

    def of(self, attempt_id: int | None) -> list[Any]:
        """First mark, who gave it, second mark, who, and how it was decided; empty cells where both are not in."""
        if attempt_id is None or len(self._marks.get(attempt_id, ())) < 2:
            return [None] * 5
        told = {"agreed": _("Mean of both"), "settled": _("Settled")}.get(self._ways[attempt_id], _("Conflict"))
        marks = [cell for points, by in self._marks[attempt_id] for cell in (points, self._names.get(by or 0, ""))]
        return [*marks, told]


class Scores:
    """Every question's points of a session in one compact array: eight bytes a question and student, whatever its size."""

    def __init__(self, session: AssessmentSession, questions: Sequence[PlacedQuestion]) -> None:
        self.width = len(questions)
        self._place = {question.pk: place for place, question in enumerate(questions)}
        self._row: dict[int, int] = {}
        self._values = array("d")
        rows = ItemResult.objects.filter(attempt__session=session, attempt__status="submitted", earned__isnull=False)
        rows = rows.filter(attempt__voided=False)
        for attempt, question, earned in rows.values_list("attempt_id", "question_id", "earned").iterator(chunk_size=5000):
            place = self._place.get(question)
            if place is None or earned is None:
                continue
            row = self._row.get(attempt)
            if row is None:
                row = self._row[attempt] = len(self._values)
                self._values.extend([nan] * self.width)
            self._values[row + place] = earned

    def of(self, attempt_id: int | None, *, known: bool) -> list[float | None]:
        """One attempt's points in the order of the questions. Until everything is scored a missing one is None, then 0."""
        row = self._row.get(attempt_id) if attempt_id is not None else None
        missing = 0.0 if known else None
        if row is None:
            return [missing] * self.width
        values = self._values[row : row + self.width]
        return [missing if isnan(value) else value for value in values]


def _head(session: AssessmentSession, one: Submission, questions: int, hidden: bool) -> list[Any]:
    submitted = one.submitted_at.strftime("%Y-%m-%d %H:%M:%S") if one.submitted_at else ""
    status = _("Void") if one.voided else _("Grade pending") if one.pending else _(rules.STATUSES[one.status])
    who = [one.name] if hidden else [one.name, one.username, ", ".join(one.classes)]
    return [*who, session.name, status, submitted, one.answered, questions]


def _tail(one: Submission) -> list[Any]:
    if one.voided:
        return [None, None, None, ""]
    return [one.earned, one.possible, one.percent, one.band.name if one.band else ""]
