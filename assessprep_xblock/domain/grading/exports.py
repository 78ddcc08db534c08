"""A session's results as a table for a spreadsheet: one row per learner, one column per question."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from ..sessions.models import AssessmentSession
from ..shared.spreadsheets import BYTE_ORDER_MARK, safe
from . import rules
from .queries import Filters, Submission, grades


class _Line:
    """Takes what the csv writer writes and hands it on, so that a long table never is in memory as a whole."""

    def write(self, text: str) -> str:
        return text


def grades_csv(session: AssessmentSession, filters: Filters) -> Iterator[str]:
    """The lines of the file, the first with the byte order mark. Times are UTC; an empty cell is "no score"."""
    found = grades(session, filters)
    writer = csv.writer(_Line())
    titles = [
        f"{number}. {one.title} ({rules.points(one.max_points)})" for number, one in enumerate(found.questions, start=1)
    ]
    head = [
        _("Name"),
        _("User name"),
        _("Classes"),
        _("Session"),
        _("Status"),
        _("Handed in (UTC)"),
        _("Answered"),
        _("Questions"),
    ]
    tail = [_("Points"), _("Points possible"), _("Percent"), _("Score range")]
    yield BYTE_ORDER_MARK + _line(writer, [*head, *titles, *tail])
    for one in found.found:
        scores = [_points(one, question.pk) for question in found.questions]
        yield _line(
            writer, [*_head(session, one), *scores, one.earned, one.possible, one.percent, one.band.name if one.band else ""]
        )


def _line(writer: Any, cells: list[Any]) -> str:
    return str(writer.writerow([safe("" if cell is None else cell) for cell in cells]))


def _head(session: AssessmentSession, one: Submission) -> list[Any]:
    submitted = one.submitted_at.strftime("%Y-%m-%d %H:%M:%S") if one.submitted_at else ""
    status = _("Grade pending") if one.pending else _(rules.STATUSES[one.status])
    return [one.name, one.username, ", ".join(one.classes), session.name, status, submitted, one.answered, one.questions]


def _points(one: Submission, question_id: int) -> float | None:
    # Until everything is scored the sum would mislead, but what is known of a single question is true.
    score = one.scores.get(question_id)
    if score is None:
        return 0.0 if one.earned is not None else None
    return score.earned
