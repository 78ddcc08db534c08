"""A session's results as a table for a spreadsheet: one row per learner, one column per question."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from math import isnan, nan
from typing import Any

from django.utils.translation import gettext as _

from ..attempts.models import ItemResult
from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession
from ..shared.spreadsheets import Table
from . import rules
from .queries import Filters, Grades, Submission, grades


def grades_table(session: AssessmentSession, filters: Filters) -> Table:
    """The results of a session. Times are UTC; an empty cell is "no score".

    One query more than the list, however many students there are.
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
    ]
    return Table(_("Grades"), head, _rows(session, found, questions))


def _rows(session: AssessmentSession, found: Grades, questions: Sequence[PlacedQuestion]) -> Iterator[list[Any]]:
    scores = Scores(session, questions)
    for one in found.found:
        points = scores.of(one.attempt_id, known=one.earned is not None)
        yield [*_head(session, one, len(questions), found.hidden), *points, *_tail(one)]


class Scores:
    """Every question's points of a session in one compact array: eight bytes a question and student, whatever its size."""

    def __init__(self, session: AssessmentSession, questions: Sequence[PlacedQuestion]) -> None:
        self.width = len(questions)
        self._place = {question.pk: place for place, question in enumerate(questions)}
        self._row: dict[int, int] = {}
        self._values = array("d")
        rows = ItemResult.objects.filter(attempt__session=session, attempt__status="submitted", earned__isnull=False)
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
    status = _("Grade pending") if one.pending else _(rules.STATUSES[one.status])
    who = [one.name] if hidden else [one.name, one.username, ", ".join(one.classes)]
    return [*who, session.name, status, submitted, one.answered, questions]


def _tail(one: Submission) -> list[Any]:
    return [one.earned, one.possible, one.percent, one.band.name if one.band else ""]
