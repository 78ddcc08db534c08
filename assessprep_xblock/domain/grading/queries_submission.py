"""One submission, question by question, for who marks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from opaque_keys.edx.keys import UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError, Person, Score

from ..attempts.models import AnswerDraft, Attempt, ItemResult
from ..attempts.queries import taken_again
from ..library.models import PlacedQuestion, VersionItem
from ..library.written import BLOCK_TYPE, Criterion, prompt_of, rubric_of, words_in
from ..sessions.models import AssessmentSession
from ..shared.refusals import Refusal
from . import queries, queries_marking, queries_twice, rules_twice
from .given import given
from .models import MarkStep, RoundMark


@dataclass(frozen=True)
class Answered:
    """One question of a submission.

    ``state``: ``scored``, ``marked`` (by a person), ``to_mark``, ``dropped``, ``pending`` or ``empty``; where two people
    mark also ``waits`` (one's own mark is in), ``second`` (a colleague's is), ``conflict`` and ``agreed`` or ``settled``.

    ``version`` is sent back with a mark. ``elsewhere``: what the platform's gradebook says, where that is something else.
    ``first_machine``: points by the key that was delivered, where that was corrected; ``dropped``: ``leave`` or ``full``.
    """

    number: int
    item: str
    title: str
    points: float
    written: bool
    prompt: str
    rubric: Sequence[Criterion]
    answers: Sequence[Any]
    words: int
    keeps_own_state: bool
    answered: bool
    saved_at: datetime | None
    state: str
    version: str
    machine: float | None
    mark: float | None
    criteria: Mapping[str, float]
    comment: str
    earned: float | None
    possible: float
    elsewhere: float | None
    message: str
    dropped: str
    first_machine: float | None
    spent: int | None  # seconds for which the page showed it, as far as they are known
    history: Sequence[tuple[MarkStep, str]]
    both: queries_twice.Both | None  # where two people mark it, what this grader may see of their marks

    @property
    def may(self) -> str:
        """What this grader may do: ``mark``, ``wait`` or ``settle`` (see :class:`queries_twice.Both`)."""
        return self.both.may if self.both is not None else "mark"

    @property
    def steps(self) -> int:
        """Into how many parts of a step of marks this grader may go."""
        return rules_twice.STEPS_OF_SETTLING if self.may == "settle" else 1

    @property
    def undoable(self) -> bool:
        """Whether there is something that this grader may undo: of two marks an own one, or what settled between them."""
        if self.both is None:
            return bool(self.history)
        mine = ("settled",) if self.may == "settle" else rules_twice.WAYS.values()
        return any(step.way in mine for step, _who in self.history)


@dataclass(frozen=True)
class OneSubmission:
    """A submission with its session, its row of the list, its questions, and who has it open."""

    session: AssessmentSession
    one: queries.Submission
    questions: Sequence[Answered]
    in_the_way: queries_twice.Lease | None
    hidden: bool
    markable: bool


def submission(*, attempt_uuid: UUID, user_id: int, now: datetime) -> OneSubmission:
    """One learner's submission, for course staff of its run; anybody else is told ``not_found``."""
    row = queries_marking.attempt_for_grader(attempt_uuid=attempt_uuid, user_id=user_id)
    session, hidden = row.session, queries.names_hidden(row.session)
    questions = list(PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position"))
    drafts = {draft.question_id: draft for draft in AnswerDraft.objects.filter(attempt=row)}
    results = {result.question_id: result for result in ItemResult.objects.filter(attempt=row)}
    olx = dict(VersionItem.objects.filter(version_id=session.placement.version_id).values_list("block_id", "olx"))
    stored = _stored(questions, row)
    history, marks = queries_marking.history_of(row), queries_twice.all_of(row)
    names = queries_twice.names_of({one.by_id for each in marks.values() for one in each if one.by_id is not None})
    classes = {one.id: one.name for one in get_lms().classes(session.course_key)}
    person = Person(row.learner_id, "", "") if hidden else _person(row)
    answered = [
        _answered(
            number,
            question,
            row,
            drafts.get(question.pk),
            results.get(question.pk),
            stored.get(question.pk),
            olx.get(question.source_block_id, ""),
            history.get(question.pk, []),
            _both(row, results.get(question.pk), marks, names, user_id),
            user_id,
        )
        for number, question in enumerate(questions, start=1)
    ]
    return OneSubmission(
        session=session,
        one=queries.submission_of(person, row, classes, hidden, len(questions)),
        questions=answered,
        in_the_way=queries_twice.in_the_way(row, by=user_id, now=now),
        hidden=hidden,
        markable=row.status == "submitted" and not row.voided,
    )


def as_answered(*, attempt_uuid: UUID, item: str, user_id: int) -> str:
    """The HTML of one question as the learner saw it, answers filled in; for a frame that runs nothing.

    Refuses ``platform_unavailable`` where this kind of question cannot be drawn so.
    """
    found = queries_marking.place(attempt_uuid=attempt_uuid, item=item, user_id=user_id)
    draft = AnswerDraft.objects.filter(attempt=found.attempt, question=found.question).first()
    try:
        return get_lms().as_answered(
            found.question.usage_key, found.attempt.learner_id, draft.values if draft is not None else {}
        )
    except LmsError:
        raise Refusal("platform_unavailable") from None


def _person(row: Attempt) -> Person:
    lms = get_lms()
    people = lms.learners(row.session.course_key, user_ids=[row.learner_id]) or lms.people([row.learner_id])
    return people.get(row.learner_id) or Person(row.learner_id, f"#{row.learner_id}", f"#{row.learner_id}")


def _stored(questions: Sequence[PlacedQuestion], row: Attempt) -> dict[int, Score]:
    """Question's row id -> the score in the platform's gradebook, once everything was handed in.

    Nothing for an attempt after which the learner began another: what the platform holds is the later one's.
    """
    by_key: dict[UsageKey, int] = {question.usage_key: question.pk for question in questions}
    if row.handin != "done" or row.status != "submitted" or not by_key or taken_again([row.pk]):
        return {}
    return {by_key[key]: score for (_one, key), score in get_lms().scores(list(by_key), [row.learner_id]).items()}


def _both(
    row: Attempt,
    result: ItemResult | None,
    marks: Mapping[int, Sequence[RoundMark]],
    names: Mapping[int, str],
    user_id: int,
) -> queries_twice.Both | None:
    return queries_twice.both(row, result, marks.get(result.pk, ()) if result is not None else (), names, user_id)


def _state(result: ItemResult | None, answered: bool, both: queries_twice.Both | None) -> str:
    if result is None or result.scored_at is None:
        return "pending" if answered else "empty"
    if result.dropped:
        return "dropped"
    if both is not None:
        return _state_of_two(result, both)
    if result.mark is not None:
        return "marked"
    if result.earned is None:
        return "to_mark"
    return "scored" if answered else "empty"


def _state_of_two(result: ItemResult, both: queries_twice.Both) -> str:
    if both.may == "settle":
        return "conflict" if result.mark is None else result.way or "settled"
    if both.may == "wait":
        return "waits"
    return "second" if result.marks_in else "to_mark"


def _answered(
    number: int,
    question: PlacedQuestion,
    attempt: Attempt,
    draft: AnswerDraft | None,
    result: ItemResult | None,
    stored: Score | None,
    olx: str,
    history: Sequence[tuple[MarkStep, str]],
    both: queries_twice.Both | None,
    user_id: int,
) -> Answered:
    written = question.block_type == BLOCK_TYPE
    answered = draft is not None and draft.answered
    answers = given(draft.values, olx) if draft is not None else []
    row = result or ItemResult(possible=question.max_points)
    own = both.own if both is not None else None
    # Until both marks are in a grader reads her own in the form; then what counts, or may count.
    shown = own if both is not None and both.may == "wait" else None
    elsewhere = stored.earned if stored is not None and stored.earned != (row.earned or 0.0) else None
    return Answered(
        number=number,
        item=question.item,
        title=question.title,
        points=question.max_points,
        written=written,
        prompt=prompt_of(olx) if written else "",
        rubric=rubric_of(olx) if written else (),
        answers=answers,
        words=sum(words_in(text) for one in answers for text in one.texts) if written else 0,
        keeps_own_state=not question.drafts,
        answered=answered,
        saved_at=draft.saved_at if draft is not None else None,
        state=_state(result, answered, both),
        version=queries_marking.version_of(attempt, row, own),
        machine=row.machine,
        mark=row.mark if shown is None else shown.points,
        criteria=row.criteria if shown is None else shown.criteria,
        comment=row.comment if shown is None else shown.comment,
        earned=row.earned,
        possible=row.possible,
        elsewhere=elsewhere,
        message=row.message,
        dropped=row.dropped,
        first_machine=row.first_machine,
        spent=attempt.spent.get(question.item),
        history=[told for told in history if queries_twice.may_read(told[0], both, user_id)],
        both=both,
    )


def mark_view(result: ItemResult, attempt: Attempt, *, user_id: int) -> dict[str, Any]:
    """A mark as it stands, with the submission's new total: what a call that marked answers.

    Where two people mark, ``mark`` is this grader's own until both are in; ``marks`` holds both once they are.
    """
    total = queries.submission_of(Person(0, "", ""), attempt, {}, False)
    marks = queries_twice.marks_of(result) if result.marks_in else []
    names = queries_twice.names_of({one.by_id for one in marks if one.by_id is not None})
    both = queries_twice.both(attempt, result, marks, names, user_id)
    own = both.own if both is not None else None
    waits = own is not None and both is not None and both.may == "wait"
    shown: Any = own if waits else result
    return {
        "item": result.question.item,
        "version": queries_marking.version_of(attempt, result, own),
        "machine": result.machine,
        "mark": shown.points if waits else result.mark,
        "criteria": shown.criteria,
        "comment": shown.comment,
        "earned": result.earned,
        "possible": result.possible,
        "state": _state(result, result.answered, both),
        "may": both.may if both is not None else "mark",
        "marks": [
            {"round": one.round, "by": name, "points": one.points, "criteria": one.criteria, "comment": one.comment}
            for one, name in (both.marks if both is not None else ())
        ],
        "total": {
            "status": total.status,
            "earned": total.earned,
            "possible": total.possible,
            "percent": total.percent,
            "band": total.band.name if total.band else None,
            "to_mark": attempt.to_mark,
        },
    }


def refreshed(attempt_id: int) -> Attempt:
    """The attempt as it stands after a mark."""
    return Attempt.objects.select_related("session__placement__version").get(pk=attempt_id)
