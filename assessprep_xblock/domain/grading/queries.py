"""The results of a session, as a grader reads them: who has which score, and what one learner handed in.

Scores are the platform's own, read from where its gradebook reads them, so that both agree to the last digit. Only results
that are not released yet, which the platform does not know, come from our own rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person, Score

from ..attempts.models import AnswerDraft, Attempt, ItemResult
from ..library.models import PlacedQuestion, VersionItem
from ..sessions import rosters
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_staff, settings_of
from ..shared.refusals import Refusal
from . import rules
from .given import given

SORTS = ("name", "-name", "score", "-score", "submitted", "-submitted")
PAGE_SIZE = 50


@dataclass(frozen=True)
class Submission:
    """One learner's result in a session. ``earned`` and ``percent`` are None where there is no score (yet).

    ``pending``: the platform has not taken or scored everything ("grade pending"). ``attempt`` is None for who never joined.
    """

    learner: int
    name: str
    username: str
    classes: tuple[str, ...]
    class_ids: tuple[int, ...]
    attempt: UUID | None
    attempt_status: str
    status: str
    pending: bool
    guest: bool
    voided: bool
    answered: int
    questions: int
    submitted_at: Any
    earned: float | None
    possible: float | None
    percent: float | None
    band: rules.Band | None
    scores: Mapping[int, Score] = field(default_factory=dict)  # question's row id -> score


@dataclass(frozen=True)
class Filters:
    """What a grader asked to see. Unknown words count as not given."""

    status: str = ""
    band: str = ""
    class_id: int | None = None
    search: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filters:
        """Out of an address's query."""
        class_id = given.get("class", "")
        return cls(
            status=given.get("status", "") if given.get("status") in rules.STATUSES else "",
            band=given.get("band", "") if given.get("band") in rules.BY_NAME else "",
            class_id=int(class_id) if class_id.isascii() and class_id.isdigit() and len(class_id) < 10 else None,
            search=given.get("search", "").strip()[:100],
            sort=given.get("sort", "") if given.get("sort") in SORTS else "name",
        )

    def takes(self, one: Submission) -> bool:
        """Whether this submission is among those asked for."""
        return (
            (not self.status or one.status == self.status)
            and (not self.band or (one.band is not None and one.band.name == self.band))
            and (self.class_id is None or self.class_id in one.class_ids)
            and (not self.search or self.search.casefold() in f"{one.name}\n{one.username}".casefold())
        )


@dataclass(frozen=True)
class Grades:
    """A session's submissions that were asked for, and the numbers over the whole session."""

    found: Sequence[Submission]
    statuses: Mapping[str, int]
    bands: Mapping[str, int]
    summary: rules.Summary
    questions: Sequence[PlacedQuestion]
    classes: Sequence[tuple[int, str]]
    released: bool
    unreleased: int  # handed in, and waiting for staff to release it

    @property
    def everybody(self) -> int:
        """How many learners there are: each has exactly one status."""
        return sum(self.statuses.values())


def grades(session: AssessmentSession, filters: Filters) -> Grades:
    """The results of one session, filtered and sorted. Three queries of ours, however many learners there are."""
    lms = get_lms()
    classes = {one.id: one.name for one in lms.classes(session.course_key)}
    questions = list(PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position"))
    attempts, people = _attempts_and_people(session)
    stored = _stored_scores(questions, [one for one in attempts.values() if one.handin == "done"])
    dry = _dry_scores([one.pk for one in attempts.values() if one.status == "submitted" and one.handin != "done"])
    everybody = [
        _submission(person, attempts.get(learner), questions, classes, stored, dry) for learner, person in people.items()
    ]
    # A void attempt stays visible, and counts nowhere.
    scored = [one for one in everybody if one.status == "scored" and not one.voided]
    return Grades(
        found=_sorted([one for one in everybody if filters.takes(one)], filters.sort),
        statuses={status: sum(one.status == status for one in everybody) for status in rules.STATUSES},
        bands={band.name: sum(one.band is band for one in scored) for band in rules.BANDS},
        summary=rules.summary([one.percent for one in scored if one.percent is not None]),
        questions=questions,
        classes=sorted(classes.items(), key=lambda pair: pair[1].casefold()),
        released=settings_of(session)["release"] == "on_submit" or session.released_at is not None,
        unreleased=sum(one.status == "submitted" and one.handin == "none" for one in attempts.values()),
    )


def _attempts_and_people(session: AssessmentSession) -> tuple[dict[int, Attempt], dict[int, Person]]:
    """The newest attempt of each learner here, and who is on the roster or has an attempt (but who submitted elsewhere)."""
    rows = Attempt.objects.filter(placement_id=session.placement_id).filter(
        Q(session=session) | Q(status="submitted", voided=False)
    )
    attempts: dict[int, Attempt] = {}
    elsewhere = set()
    for attempt in rows.order_by("number"):
        if attempt.session_id == session.pk:
            attempts[attempt.learner_id] = attempt
        else:
            elsewhere.add(attempt.learner_id)
    people = {key: person for key, person in rosters.assigned(session).items() if key in attempts or key not in elsewhere}
    lms, others = get_lms(), attempts.keys() - people.keys()
    if others:
        people |= lms.learners(session.course_key, user_ids=others)
    if left := attempts.keys() - people.keys():
        # Whoever left the run keeps the result; a removed account keeps it without a name.
        people |= {key: Person(key, f"#{key}", f"#{key}") for key in left} | lms.people(left)
    return attempts, people


def _stored_scores(questions: Sequence[PlacedQuestion], attempts: Sequence[Attempt]) -> dict[int, dict[int, Score]]:
    """Learner -> question's row id -> the platform's stored score, for attempts that were handed in for real."""
    by_key: dict[UsageKey, int] = {question.usage_key: question.pk for question in questions}
    found: dict[int, dict[int, Score]] = {attempt.learner_id: {} for attempt in attempts}
    if found and by_key:
        for (learner, key), score in get_lms().scores(list(by_key), list(found)).items():
            found[learner][by_key[key]] = score
    return found


def _dry_scores(attempt_ids: Sequence[int]) -> dict[int, dict[int, Score]]:
    """Attempt -> question's row id -> the score we hold for it, for what is not released or not all taken yet."""
    found: dict[int, dict[int, Score]] = {pk: {} for pk in attempt_ids}
    if found:
        rows = ItemResult.objects.filter(attempt_id__in=attempt_ids, scored_at__isnull=False)
        for attempt, question, earned, possible in rows.values_list("attempt_id", "question_id", "earned", "possible"):
            found[attempt][question] = Score(earned, possible)
    return found


def _submission(
    person: Person,
    attempt: Attempt | None,
    questions: Sequence[PlacedQuestion],
    classes: Mapping[int, str],
    stored: Mapping[int, Mapping[int, Score]],
    dry: Mapping[int, Mapping[int, Score]],
) -> Submission:
    submitted = attempt is not None and attempt.status == "submitted"
    pending = attempt is not None and submitted and is_pending(attempt)
    status = rules.status_of(
        attempt_status=attempt.status if attempt else "absent",
        answered=attempt.answered if attempt else 0,
        pending=pending,
        needs_marking=attempt is not None and attempt.scoring == "needs_marking",
    )
    scores: Mapping[int, Score] = {}
    if attempt is not None and submitted:
        scores = stored[attempt.learner_id] if attempt.handin == "done" else dry.get(attempt.pk, {})
    known = submitted and not pending and status != "ungraded"
    earned, possible = totals(questions, scores) if known else (None, None)
    value = rules.percent(earned, possible)
    return Submission(
        learner=person.user_id,
        name=person.full_name or person.username,
        username=person.username,
        classes=tuple(classes[one] for one in person.classes if one in classes),
        class_ids=person.classes,
        attempt=attempt.uuid if attempt else None,
        attempt_status=attempt.status if attempt else "absent",
        status=status,
        pending=pending,
        guest=attempt is not None and attempt.is_guest,
        voided=attempt is not None and attempt.voided,
        answered=attempt.answered if attempt else 0,
        questions=len(questions),
        submitted_at=attempt.submitted_at if attempt else None,
        earned=earned,
        possible=possible,
        percent=value,
        band=rules.band_of(value) if status == "scored" and attempt is not None and not attempt.voided else None,
        scores=scores,
    )


def is_pending(attempt: Attempt) -> bool:
    """Whether something of a handed-in attempt still waits for the platform: "grade pending"."""
    return attempt.handin in ("pending", "failed") or attempt.scoring == "pending"


def totals(questions: Sequence[PlacedQuestion], scores: Mapping[int, Score]) -> tuple[float, float]:
    """Points earned and possible, as the gradebook adds them: a question without a score counts 0 of its points."""
    earned = sum((scores[one.pk].earned or 0.0) for one in questions if one.pk in scores)
    possible = sum(scores[one.pk].possible if one.pk in scores else one.max_points for one in questions)
    return earned, possible


def _sorted(found: list[Submission], sort: str) -> list[Submission]:
    found.sort(key=lambda one: (one.name.casefold(), one.learner))
    by, descending = sort.lstrip("-"), sort.startswith("-")
    if by == "name":
        return found[::-1] if descending else found
    value = (lambda one: one.percent) if by == "score" else (lambda one: one.submitted_at)
    # Whoever has none comes last, whichever way it is sorted.
    having = sorted((one for one in found if value(one) is not None), key=value, reverse=descending)
    return having + [one for one in found if value(one) is None]


@dataclass(frozen=True)
class Answered:
    """One question of a submission: what was handed in, and its ``state``: ``scored``, ``pending`` or ``empty``."""

    number: int
    title: str
    points: float
    answers: Sequence[Any]
    keeps_own_state: bool
    answered: bool
    state: str
    earned: float | None
    possible: float
    message: str


def submission(*, attempt_uuid: UUID, user_id: int) -> tuple[AssessmentSession, Submission, list[Answered]]:
    """One learner's submission, question by question, for course staff of its run; anybody else is told ``not_found``."""
    row = Attempt.objects.select_related("session").filter(uuid=attempt_uuid).first()
    if row is None:
        raise Refusal("not_found")
    session = session_for_staff(session_uuid=row.session.uuid, user_id=user_id)
    questions = list(PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position"))
    drafts = {draft.question_id: draft for draft in AnswerDraft.objects.filter(attempt=row)}
    results = {result.question_id: result for result in ItemResult.objects.filter(attempt=row)}
    olx = dict(VersionItem.objects.filter(version_id=session.placement.version_id).values_list("block_id", "olx"))
    lms = get_lms()
    people = lms.learners(session.course_key, user_ids=[row.learner_id]) or lms.people([row.learner_id])
    person = people.get(row.learner_id) or Person(row.learner_id, f"#{row.learner_id}", f"#{row.learner_id}")
    classes = {one.id: one.name for one in lms.classes(session.course_key)}
    stored = _stored_scores(questions, [row] if row.handin == "done" else [])
    kept = {pk: Score(one.earned, one.possible) for pk, one in results.items() if one.scored_at is not None}
    one = _submission(person, row, questions, classes, stored, {row.pk: kept})
    # While something of a hand-in is pending, what the platform took already is shown all the same.
    scores = one.scores or kept
    return (
        session,
        one,
        [
            _answered(
                number,
                question,
                drafts.get(question.pk),
                results.get(question.pk),
                scores,
                olx.get(question.source_block_id, ""),
            )
            for number, question in enumerate(questions, start=1)
        ],
    )


def _answered(
    number: int,
    question: PlacedQuestion,
    draft: AnswerDraft | None,
    result: ItemResult | None,
    scores: Mapping[int, Score],
    olx: str,
) -> Answered:
    answered = draft is not None and draft.answered
    score = scores.get(question.pk)
    state = "scored" if answered and score is not None and score.earned is not None else "pending" if answered else "empty"
    return Answered(
        number=number,
        title=question.title,
        points=question.max_points,
        answers=given(draft.values, olx) if draft is not None else [],
        keeps_own_state=not question.drafts,
        answered=answered,
        state=state,
        earned=score.earned if score is not None else None,
        possible=score.possible if score is not None else question.max_points,
        message=result.message if result is not None else "",
    )


def sessions_to_grade(*, course_key: CourseKey, placement_id: int) -> list[tuple[UUID, str]]:
    """The sessions of one placement that are not drafts, by name."""
    rows = AssessmentSession.objects.filter(course_key=course_key, placement_id=placement_id).exclude(lifecycle="draft")
    return list(rows.order_by("name", "pk").values_list("uuid", "name"))
