"""Every submission of a session one by one, for files: read as the database tells them, and kept no longer than a line.

Everything comes by ascending account id and is met there, so that nothing has to be looked up; whoever wants another order
sorts the lines (shared/spools.py). The list on the page reads the same rows: see queries.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..attempts.models import Attempt, ItemResult
from ..sessions import rosters
from ..sessions.models import AssessmentSession
from .models import RoundMark
from .queries import SHOWN, Submission, names_hidden, submission_of

#: Learners whose names are asked for at once, and rows read at once.
BATCH = 500


@dataclass(frozen=True)
class Line:
    """One learner with what a file tells: points by question's row id, both marks of two people, and seconds by question's
    block id, as far as they are known.

    ``pairs``: question's row id -> (mark that counts or None, how it was decided, [(points, who by account id)]); decided is
    ``dropped`` where the question counts for nobody or for everybody alike.
    """

    one: Submission
    points: Mapping[int, float]
    pairs: Mapping[int, tuple[float | None, str, list[tuple[float, int | None]]]]
    spent: Mapping[str, int]


class _ByLearner:
    """Rows that begin with an account id, by that id; asked for in the same order."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, learner: int) -> list[tuple[Any, ...]]:
        """The rows of one learner; those of whom nobody asked for are passed over."""
        found = []
        while self._next is not None and self._next[0] <= learner:
            if self._next[0] == learner:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def each(session: AssessmentSession, *, questions: int) -> Iterator[Line]:
    """The newest attempt of each learner here, and who is on the roster and did not submit elsewhere, by account id.

    Seven queries, however many learners there are, and one or two more for each 500 who are no longer on the roster.
    """
    hidden = names_hidden(session)
    classes = {} if hidden else {one.id: one.name for one in get_lms().classes(session.course_key)}
    points, marks = _ByLearner(_points(session)), _ByLearner(_marks(session))
    strangers: list[tuple[Any, dict[int, float], dict[int, Any]]] = []
    for learner, person, attempt in _met(session, hidden=hidden):
        if attempt is None:
            assert person is not None
            yield Line(submission_of(person, None, classes, hidden, questions), {}, {}, {})
            continue
        own = {row[2]: row[3] for row in points.of(learner) if row[1] == attempt.pk}
        pairs = _pairs(row for row in marks.of(learner) if row[1] == attempt.pk)
        if person is None:
            strangers.append((attempt, own, pairs))
        else:
            yield _line(person, attempt, own, pairs, classes, hidden, questions)
        if len(strangers) == BATCH:
            yield from _named(session, strangers, classes, questions)
            strangers = []
    yield from _named(session, strangers, classes, questions)


def _line(
    person: Person,
    attempt: Any,
    points: Mapping[int, float],
    pairs: Mapping[int, Any],
    classes: Mapping[int, str],
    hidden: bool,
    questions: int,
) -> Line:
    one = submission_of(person, attempt, classes, hidden, questions)
    return Line(one, points, pairs, attempt.spent)


def _met(session: AssessmentSession, *, hidden: bool) -> Iterator[tuple[int, Person | None, Any]]:
    """(account id, person on the roster or None, newest attempt here or None), by ascending id."""
    rows = (
        Attempt.objects.filter(placement_id=session.placement_id)
        .filter(Q(session=session) | Q(status="submitted", voided=False))
        .order_by("learner_id", "number")
        .values_list("pk", *SHOWN, "spent", named=True)
        .iterator(chunk_size=BATCH)
    )
    people = iter(()) if hidden else rosters.each_assigned(session)
    person = next(people, None)
    for learner, own in groupby(rows, key=lambda row: row.learner_id):
        while person is not None and person.user_id < learner:
            yield person.user_id, person, None
            person = next(people, None)
        here = None
        for row in own:
            here = row if row.session_id == session.pk else here
        known = person if person is not None and person.user_id == learner else None
        if here is not None:
            yield learner, known if not hidden else Person(learner, "", ""), here
        # Who submitted in another session, and has nothing here, is left out.
        person = next(people, None) if known is not None else person
    while person is not None:
        yield person.user_id, person, None
        person = next(people, None)


def _points(session: AssessmentSession) -> Iterator[tuple[Any, ...]]:
    rows = ItemResult.objects.filter(attempt__session=session, attempt__status="submitted", earned__isnull=False)
    rows = rows.filter(attempt__voided=False)
    told = rows.order_by("attempt__learner_id").values_list("attempt__learner_id", "attempt_id", "question_id", "earned")
    return told.iterator(chunk_size=BATCH * 4)


def _marks(session: AssessmentSession) -> Iterator[tuple[Any, ...]]:
    rows = RoundMark.objects.filter(result__attempt__session=session, result__attempt__status="submitted")
    rows = rows.filter(result__attempt__voided=False)
    told = rows.filter(result__marks_in=2).order_by("result__attempt__learner_id", "result_id", "round")
    about = ("learner_id", "id")
    of_result = ("question_id", "mark", "way", "dropped")
    names = [*(f"result__attempt__{name}" for name in about), *(f"result__{name}" for name in of_result)]
    return told.values_list(*names, "points", "by_id").iterator(chunk_size=BATCH)


def _pairs(rows: Iterable[tuple[Any, ...]]) -> dict[int, tuple[float | None, str, list[tuple[float, int | None]]]]:
    found: dict[int, tuple[float | None, str, list[tuple[float, int | None]]]] = {}
    for _learner, _attempt, question, mark, way, dropped, points, by in rows:
        found.setdefault(question, (mark, "dropped" if dropped else way, []))[2].append((points, by))
    return found


def _named(
    session: AssessmentSession,
    strangers: list[tuple[Any, dict[int, float], dict[int, Any]]],
    classes: Mapping[int, str],
    questions: int,
) -> Iterator[Line]:
    """Guests, who was taken off the roster and who left the run: each keeps the result; a removed account without a name."""
    if not strangers:
        return
    ids = [attempt.learner_id for attempt, _points, _pairs in strangers]
    people = get_lms().learners(session.course_key, user_ids=ids)
    if left := set(ids) - people.keys():
        people |= {key: Person(key, f"#{key}", f"#{key}") for key in left} | get_lms().people(left)
    for attempt, points, pairs in strangers:
        yield _line(people[attempt.learner_id], attempt, points, pairs, classes, False, questions)
