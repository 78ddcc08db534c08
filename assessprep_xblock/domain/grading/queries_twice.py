"""Marking by two people, as each of them may see it: own marks, the other's once both are in, seats, and conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt, ItemResult
from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession
from ..sessions.queries import settings_of
from ..shared.refusals import Refusal
from . import rules, rules_twice
from .agreement import Agreement, agreement
from .models import MarkingLease, MarkStep, RoundMark


def marks_of(result: ItemResult) -> list[RoundMark]:
    """The marks of two people that are in, the first one first. One query."""
    return list(RoundMark.objects.filter(result=result).order_by("round"))


def is_by_two(attempt: Attempt, result: ItemResult | None) -> bool:
    """Whether two people mark this answer. No query; ``attempt`` comes with its session and version."""
    if result is None or result.scored_at is None:
        return False
    is_drawn = rules_twice.drawn(settings_of(attempt.session), attempt.lot)
    return rules_twice.by_two(
        is_drawn=is_drawn, machine=result.machine, mark=result.mark, way=result.way, marks_in=result.marks_in
    )


# -- who sits at a submission ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Lease:
    """Who has a submission open for marking."""

    holder: int
    who: str
    until: datetime
    seat: int


def open_seats(attempts: Sequence[Attempt], *, by: int) -> dict[int, tuple[int, ...]]:
    """The seats among which this person may take one, by attempt id. Two queries, however many attempts.

    The attempts come with their session and version.
    """
    results = ItemResult.objects.filter(attempt__in=attempts, machine=None, scored_at__isnull=False, dropped="")
    rows = list(results.values_list("attempt_id", "pk", "mark", "marks_in"))
    own = set(RoundMark.objects.filter(result__attempt__in=attempts, by_id=by).values_list("result_id", flat=True))
    found = {}
    for attempt in attempts:
        is_drawn = rules_twice.drawn(settings_of(attempt.session), attempt.lot)
        mine = [(pk, mark, marks) for of, pk, mark, marks in rows if of == attempt.pk]
        waiting = [(marks, pk in own) for pk, mark, marks in mine if is_drawn and mark is None and marks < 2]
        settling = not waiting and any(marks == 2 for _pk, _mark, marks in mine)
        found[attempt.pk] = (rules_twice.SETTLING,) if settling else rules_twice.seats(is_drawn=is_drawn, waiting=waiting)
    return found


def out_of_reach(session: AssessmentSession, *, by: int, now: datetime) -> list[int]:
    """Ids of the attempts of a session where colleagues have every seat that this person could take. At most 4 queries."""
    held: dict[int, dict[int, int]] = {}
    leases = MarkingLease.objects.filter(attempt__session=session, until__gt=now)
    for attempt_id, seat, holder in leases.values_list("attempt_id", "seat", "holder_id"):
        held.setdefault(attempt_id, {})[seat] = holder
    attempts = list(Attempt.objects.filter(pk__in=held).select_related("session__placement__version")) if held else []
    mine = open_seats(attempts, by=by) if attempts else {}
    return [pk for pk, seats in mine.items() if by not in held[pk].values() and all(seat in held[pk] for seat in seats)]


def seat_of(attempt: Attempt, *, by: int, now: datetime) -> int | None:
    """The seat that somebody holds at a submission, or None. One query."""
    held = MarkingLease.objects.filter(attempt=attempt, until__gt=now, holder_id=by).order_by("seat")
    return held.values_list("seat", flat=True).first()


def in_the_way(attempt: Attempt, *, by: int, now: datetime) -> Lease | None:
    """The colleague who has the last seat that this person could take, or None: there is one, or she has it. Six queries."""
    held = {lease.seat: lease for lease in MarkingLease.objects.filter(attempt=attempt, until__gt=now)}
    if not held or any(lease.holder_id == by for lease in held.values()):
        return None
    mine = open_seats([attempt], by=by)[attempt.pk]
    if any(seat not in held for seat in mine):
        return None
    row = held[mine[-1]]
    person = get_lms().people([row.holder_id]).get(row.holder_id)
    who = (person.full_name or person.username) if person else f"#{row.holder_id}"
    return Lease(row.holder_id, who, row.until, row.seat)


def check_lease(attempt: Attempt, *, by: int, now: datetime) -> None:
    """Refuse where colleagues have every seat at this submission that this person could take."""
    held = in_the_way(attempt, by=by, now=now)
    if held is not None:
        raise Refusal("leased", who=held.who, until=held.until.isoformat().replace("+00:00", "Z"))


# -- what one of the two may see ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Both:
    """An answer that two people mark, as one grader may see it.

    ``own``: the mark she gave. ``marks``: both with who gave them, once both are in; nothing before. ``may``: ``mark``,
    ``wait`` (hers is in, and can still be changed) or ``settle``.
    """

    own: RoundMark | None
    marks: Sequence[tuple[RoundMark, str]]
    may: str


def both(attempt: Attempt, result: ItemResult | None, marks: Sequence[RoundMark], names: Mapping[int, str], by: int) -> Any:
    """What this grader may see of an answer that two people mark; None where one does. No query."""
    if not is_by_two(attempt, result):
        return None
    own = next((one for one in marks if one.by_id == by), None)
    if len(marks) == len(rules_twice.ROUNDS):
        return Both(own, [(one, names.get(one.by_id or 0, "")) for one in marks], "settle")
    return Both(own, (), "wait" if own is not None else "mark")


def all_of(attempt: Attempt) -> dict[int, list[RoundMark]]:
    """Result's row id -> its marks by two people, the first one first. One query."""
    found: dict[int, list[RoundMark]] = {}
    for one in RoundMark.objects.filter(result__attempt=attempt).order_by("round"):
        found.setdefault(one.result_id, []).append(one)
    return found


def names_of(ids: set[int]) -> dict[int, str]:
    """Account id -> what a person is called. One query at most."""
    people = get_lms().people(ids) if ids else {}
    return {pk: person.full_name or person.username for pk, person in people.items()}


def may_read(step: MarkStep, shown: Both | None, by: int) -> bool:
    """Whether this grader may read a step of a mark's history: of a colleague's mark not before both are in."""
    return shown is None or shown.may == "settle" or step.by_id == by or step.way not in rules_twice.WAYS.values()


# -- a session's progress -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Progress:
    """How far the marking by two people is. ``answers`` = ``none`` + ``one`` + ``conflicts`` + ``done``."""

    answers: int
    none: int
    one: int
    conflicts: int
    done: int

    @property
    def marks(self) -> int:
        """How many of all the marks are in."""
        return self.one + 2 * (self.conflicts + self.done)


def progress(session: AssessmentSession) -> Progress | None:
    """How far the marking by two people is in a session; None where one person marks. One query at most."""
    settings = settings_of(session)
    if settings["second_marking"] == "off":
        return None
    results = ItemResult.objects.filter(attempt__session=session, attempt__status="submitted", attempt__voided=False)
    by_two = Q(mark=None) | ~Q(way="")
    if settings["second_marking"] == "sample":
        by_two &= Q(attempt__lot__lt=settings["second_sample"] * rules_twice.LOTS // 100)
    results = results.filter(Q(marks_in=2) | by_two, machine=None, scored_at__isnull=False, dropped="")
    found = results.aggregate(
        answers=Count("pk"),
        none=Count("pk", filter=Q(marks_in=0)),
        one=Count("pk", filter=Q(marks_in=1)),
        conflicts=Count("pk", filter=Q(marks_in=2, mark=None)),
        done=Count("pk", filter=Q(marks_in=2, mark__isnull=False)),
    )
    return Progress(**found)


def asked_of_two(session: AssessmentSession) -> set[int]:
    """Row ids of the questions of which answers in this session have a mark of two people. One query."""
    rows = RoundMark.objects.filter(result__attempt__session=session, result__marks_in=2)
    return set(rows.values_list("result__question_id", flat=True).distinct())


def markers_in(session: AssessmentSession) -> dict[int, str]:
    """Account id -> name of whoever gave one of two marks in this session. Two queries."""
    given = RoundMark.objects.filter(result__attempt__session=session, by__isnull=False)
    return names_of(set(given.values_list("by_id", flat=True).distinct()))


# -- conflicts ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Conflict:
    """An answer whose two marks are too far from each other. ``learner`` is for reading on, never shown."""

    attempt: UUID
    learner: int
    item: str
    title: str
    possible: float
    marks: Sequence[tuple[RoundMark, str]]

    @property
    def apart(self) -> float:
        """How many points lie between the two marks."""
        return abs(self.marks[0][0].points - self.marks[1][0].points)


def conflicts_in(session: AssessmentSession) -> QuerySet[ItemResult]:
    """The results of a session about which two people disagree, in the order in which they are settled."""
    rows = ItemResult.objects.filter(attempt__session=session, attempt__status="submitted", attempt__voided=False)
    rows = rows.filter(earned=None, marks_in=2, scored_at__isnull=False)
    return rows.select_related("attempt", "question").order_by("attempt_id", "question__position")


def conflicts_of(results: Sequence[ItemResult]) -> list[Conflict]:
    """These conflicts with both marks and who gave them. Two queries, however many there are."""
    marks: dict[int, list[RoundMark]] = {}
    for one in RoundMark.objects.filter(result__in=results).order_by("round"):
        marks.setdefault(one.result_id, []).append(one)
    names = names_of({one.by_id for each in marks.values() for one in each if one.by_id is not None})
    return [
        Conflict(
            attempt=row.attempt.uuid,
            learner=row.attempt.learner_id,
            item=row.question.item,
            title=row.question.title,
            possible=row.possible,
            marks=[(one, names.get(one.by_id or 0, "")) for one in marks[row.pk]],
        )
        for row in results
        if len(marks.get(row.pk, ())) == len(rules_twice.ROUNDS)
    ]


# -- a tolerance that was changed -------------------------------------------------------------------------------------------
def session_of(session_id: int) -> AssessmentSession:
    """A session with what its settings are made of. One query."""
    return AssessmentSession.objects.select_related("placement__version").get(pk=session_id)


def to_judge(session: AssessmentSession) -> list[int]:
    """Row ids of the answers of which two marks stand otherwise than the tolerance in force would have them. One query.

    Some of them may be known to students, and stay (:func:`rules_twice.stands`).
    """
    rows = ItemResult.objects.filter(attempt__session=session, attempt__status="submitted", attempt__voided=False)
    rows = rows.filter(marks_in=len(rules_twice.ROUNDS), machine=None, dropped="", scored_at__isnull=False)
    pairs = rows.values("pk", "mark", "way").annotate(apart=Max("round_marks__points") - Min("round_marks__points"))
    most = settings_of(session)["mark_tolerance"] + rules.CLOSE
    found = pairs.filter(Q(mark=None, apart__lte=most) | Q(way="agreed", apart__gt=most))
    return list(found.order_by("pk").values_list("pk", flat=True))


def is_open_to_judging(result: ItemResult) -> bool:
    """Whether both marks of an answer are in and it counts: handed in, not void, not dropped. No query."""
    attempt = result.attempt
    is_in = attempt.status == "submitted" and not attempt.voided and result.scored_at is not None
    return is_in and result.marks_in == len(rules_twice.ROUNDS) and result.machine is None and not result.dropped


def is_told(attempt: Attempt) -> bool:
    """Whether a student may know the results of this attempt, or the platform's gradebook does. No query."""
    session = attempt.session
    released = attempt.released_at is not None or session.released_at is not None
    return released or attempt.handin != "none" or settings_of(session)["release"] == "on_submit"


# -- agreement ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class QuestionAgreement:
    """How well the two marks of one question agree in a session."""

    number: int
    title: str
    possible: float
    found: Agreement


def agreement_in(session: AssessmentSession) -> list[QuestionAgreement]:
    """Of each question that two people mark, how well they agree. Marks as they were given, settled or not. Two queries."""
    marks = RoundMark.objects.filter(
        result__attempt__session=session,
        result__attempt__status="submitted",
        result__attempt__voided=False,
        result__marks_in=2,
        result__dropped="",
    )
    halves: dict[int, tuple[int, dict[int, float]]] = {}
    for question, result, number, points in marks.values_list("result__question_id", "result_id", "round", "points"):
        halves.setdefault(result, (question, {}))[1][number] = points
    pairs: dict[int, list[tuple[float, float]]] = {}
    for question, both_marks in halves.values():
        if len(both_marks) == len(rules_twice.ROUNDS):
            pairs.setdefault(question, []).append((both_marks[1], both_marks[2]))
    tolerance = settings_of(session)["mark_tolerance"]
    questions = PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by("position") if pairs else []
    return [
        QuestionAgreement(number, one.title, one.max_points, agreement(pairs[one.pk], tolerance=tolerance))
        for number, one in enumerate(questions, start=1)
        if one.pk in pairs
    ]
