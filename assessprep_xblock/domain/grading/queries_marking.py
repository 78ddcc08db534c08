"""What a grader needs to mark: one question of one submission, its history, who has it open, and what waits next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt, ItemResult
from ..library.models import PlacedQuestion, VersionItem
from ..library.written import Criterion, rubric_of
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_staff
from ..shared.refusals import Refusal
from . import queries_twice
from .models import MarkStep, RoundMark


@dataclass(frozen=True)
class Place:
    """One question of one submission, where a mark goes."""

    attempt: Attempt
    question: PlacedQuestion
    result: ItemResult | None
    rubric: Sequence[Criterion]

    def scored_result(self) -> ItemResult:
        """The row that takes the mark; refuses where the platform has not been asked yet."""
        if self.result is None or self.result.scored_at is None:
            raise Refusal("grade_pending")
        return self.result


def attempt_for_grader(*, attempt_uuid: UUID, user_id: int) -> Attempt:
    """An attempt, for course staff of its run. Anybody else is told ``not_found``."""
    attempt = Attempt.objects.select_related("session__placement__version").filter(uuid=attempt_uuid).first()
    if attempt is None or not get_lms().is_course_staff(user_id, attempt.session.course_key):
        raise Refusal("not_found")
    return attempt


def place(*, attempt_uuid: UUID, item: str, user_id: int) -> Place:
    """Where a mark goes, for course staff of the run; else ``not_found``. Five queries."""
    attempt = attempt_for_grader(attempt_uuid=attempt_uuid, user_id=user_id)
    question = PlacedQuestion.objects.filter(placement_id=attempt.placement_id, item=item).first()
    if question is None:
        raise Refusal("not_found")
    frozen = VersionItem.objects.filter(
        version_id=attempt.session.placement.version_id, block_id=question.source_block_id
    ).first()
    return Place(
        attempt=attempt,
        question=question,
        result=ItemResult.objects.filter(attempt=attempt, question=question).first(),
        rubric=rubric_of(frozen.olx) if frozen is not None else (),
    )


def version_of(attempt: Attempt, result: ItemResult, own: RoundMark | None = None) -> str:
    """What a page reads and sends back with a mark: it changes with every mark, and when the attempt is handed in anew.

    Where two people mark it also counts the changes of this grader's ``own`` mark, and not of the colleague's: neither
    learns of the other's, nor is refused because of it.
    """
    handed_in = attempt.submitted_at
    standing = f"{0 if handed_in is None else int(handed_in.timestamp() * 1_000_000)}-{result.mark_no}"
    return standing if not queries_twice.is_by_two(attempt, result) else f"{standing}-{own.no if own is not None else 0}"


def steps_of(attempt: Attempt, question_id: int) -> list[MarkStep]:
    """The changes of one question's mark since it was handed in, oldest first."""
    steps = MarkStep.objects.filter(attempt=attempt, question_id=question_id).order_by("number")
    return [step for step in steps if attempt.submitted_at is None or step.at >= attempt.submitted_at]


def history_of(attempt: Attempt) -> dict[int, list[tuple[MarkStep, str]]]:
    """Question's row id -> every change of its mark, newest first, with who made it. Two queries."""
    steps = list(MarkStep.objects.filter(attempt=attempt).order_by("-number"))
    people = get_lms().people({step.by_id for step in steps if step.by_id is not None}) if steps else {}
    found: dict[int, list[tuple[MarkStep, str]]] = {}
    for step in steps:
        person = people.get(step.by_id) if step.by_id is not None else None
        found.setdefault(step.question_id, []).append((step, (person.full_name or person.username) if person else ""))
    return found


# -- by question --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class QuestionToMark:
    """One question of a session with how far its marking is.

    ``waiting``: answers without their points; of these ``mine`` wait for a mark that this grader may give, ``second`` have
    the first of two marks, and ``conflicts`` both.
    """

    question: PlacedQuestion
    number: int
    answered: int
    waiting: int
    marked: int
    mine: int
    second: int
    conflicts: int


def _handed_in(session: AssessmentSession) -> QuerySet[ItemResult]:
    return ItemResult.objects.filter(
        attempt__session=session, attempt__status="submitted", attempt__voided=False, scored_at__isnull=False
    )


def questions_to_mark(session: AssessmentSession, *, user_id: int) -> list[QuestionToMark]:
    """Every question of a session in order, with its numbers. Two queries, however many students there are."""
    own = RoundMark.objects.filter(result=OuterRef("pk"), by_id=user_id)
    waits = Q(earned__isnull=True)
    rows = (
        _handed_in(session)
        .alias(has_own=Exists(own))
        .values("question_id")
        .annotate(
            answered=Count("pk", filter=Q(answered=True)),
            waiting=Count("pk", filter=waits),
            marked=Count("pk", filter=Q(mark__isnull=False)),
            mine=Count("pk", filter=waits & Q(marks_in__lt=2, has_own=False)),
            second=Count("pk", filter=waits & Q(marks_in=1)),
            conflicts=Count("pk", filter=waits & Q(marks_in=2)),
        )
    )
    numbers = {int(row["question_id"]): row for row in rows}
    questions = PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position")
    found = []
    for number, question in enumerate(questions, start=1):
        row = numbers.get(question.pk)
        counts = [row[name] if row else 0 for name in ("answered", "waiting", "marked", "mine", "second", "conflicts")]
        found.append(QuestionToMark(question, number, *counts))
    return found


def next_to_mark(
    *, session_uuid: UUID, item: str, after: UUID | None, user_id: int, now: datetime
) -> tuple[UUID, str] | None:
    """The next submission (and the question in it) that waits for a mark of this person, round once; None: nothing is left.

    ``item``: this question only, or "" for any. What colleagues have open is passed over, and so is what she has given one
    of two marks already, or where both are in. Submissions come in the order in which they were handed in.
    """
    session = session_for_staff(session_uuid=session_uuid, user_id=user_id)
    own = RoundMark.objects.filter(result=OuterRef("pk"), by_id=user_id)
    waiting = _handed_in(session).filter(~Exists(own), earned__isnull=True, marks_in__lt=2)
    return _next(waiting, session=session, item=item, after=after, user_id=user_id, now=now)


def next_to_settle(
    *, session_uuid: UUID, item: str, after: UUID | None, user_id: int, now: datetime
) -> tuple[UUID, str] | None:
    """The next answer about which two people disagree, in the same order; None: there is none, or colleagues have them."""
    session = session_for_staff(session_uuid=session_uuid, user_id=user_id)
    waiting = _handed_in(session).filter(earned__isnull=True, marks_in=2)
    return _next(waiting, session=session, item=item, after=after, user_id=user_id, now=now)


def _next(
    waiting: QuerySet[ItemResult],
    *,
    session: AssessmentSession,
    item: str,
    after: UUID | None,
    user_id: int,
    now: datetime,
) -> tuple[UUID, str] | None:
    if item:
        waiting = waiting.filter(question__item=item)
    taken = queries_twice.out_of_reach(session, by=user_id, now=now)
    waiting = waiting.exclude(attempt_id__in=taken).order_by("attempt_id", "question__position")
    passed = Attempt.objects.filter(uuid=after, session=session).values_list("pk", flat=True).first() if after else None
    found = waiting.filter(attempt_id__gt=passed).values_list("attempt__uuid", "question__item").first() if passed else None
    return found or waiting.values_list("attempt__uuid", "question__item").first()
