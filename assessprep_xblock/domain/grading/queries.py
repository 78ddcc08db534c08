"""The results of a session, as a grader reads them: who has which score, and what one learner handed in.

The list reads attempts alone, whose totals are summed as the gradebook sums them, out of the scores the platform stored and
of marks it was given; it tells us of every score it changes. So both agree to the last digit, and ten thousand rows cost no
more queries than ten. One submission reads the platform's stored scores themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..attempts.models import Attempt
from ..library.models import PlacedQuestion
from ..sessions import rosters
from ..sessions.models import AssessmentSession
from ..sessions.queries import settings_of
from ..sessions.rules import Delivery, delivery
from . import rules
from .models import NamesRevealed
from .names import pseudonym

SORTS = ("name", "-name", "score", "-score", "submitted", "-submitted")
#: Of answers that two people mark: the second mark is missing, or both are in and too far from each other.
MARKING = ("second", "conflict")
PAGE_SIZE = 50
#: What the list reads of an attempt.
SHOWN = (
    *(
        "uuid",
        "session_id",
        "placement_id",
        "learner_id",
        "number",
        "status",
        "is_guest",
        "no_account",
        "voided",
        "answered",
    ),
    *("submitted_at", "handin", "scoring", "earned", "possible", "to_mark", "graded", "released_at"),
    *("to_second", "conflicts"),
)


@dataclass(frozen=True, slots=True)
class Submission:
    """One learner's result in a session. ``earned`` and ``percent`` are None where there is no score (yet).

    ``pending``: the platform has not taken or scored everything ("grade pending"). ``attempt`` is None for who never joined;
    ``attempt_id`` is for reading on, never shown.
    """

    learner: int
    name: str
    username: str
    classes: tuple[str, ...]
    class_ids: tuple[int, ...]
    attempt: UUID | None
    attempt_id: int | None
    attempt_status: str
    status: str
    pending: bool
    guest: bool
    no_account: bool
    voided: bool
    released: bool
    answered: int
    questions: int
    to_mark: int
    to_second: int
    conflicts: int
    graded: int
    submitted_at: Any
    earned: float | None
    possible: float | None
    percent: float | None
    band: rules.Band | None


@dataclass(frozen=True)
class Filters:
    """What a grader asked to see. Unknown words count as not given."""

    status: str = ""
    band: str = ""
    marking: str = ""
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
            marking=given.get("marking", "") if given.get("marking") in MARKING else "",
            class_id=int(class_id) if class_id.isascii() and class_id.isdigit() and len(class_id) < 10 else None,
            search=given.get("search", "").strip()[:100],
            sort=given.get("sort", "") if given.get("sort") in SORTS else "name",
        )

    def takes(self, one: Submission) -> bool:
        """Whether this submission is among those asked for."""
        return (
            (not self.status or one.status == self.status)
            and (not self.band or (one.band is not None and one.band.name == self.band))
            and (not self.marking or (not one.voided and bool(one.to_second if self.marking == "second" else one.conflicts)))
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
    classes: Sequence[tuple[int, str]]
    release: str  # the setting
    released: bool
    unreleased: int  # handed in, and waiting to be released
    to_mark: int  # answers that wait for a person
    marking: Mapping[str, int]  # submissions with an answer of each kind of MARKING
    hidden: bool  # names are made up

    @property
    def everybody(self) -> int:
        """How many learners there are: each has exactly one status."""
        return sum(self.statuses.values())


def grades(session: AssessmentSession, filters: Filters) -> Grades:
    """The results of one session, filtered and sorted. Four queries at most, however many learners there are."""
    classes = {one.id: one.name for one in get_lms().classes(session.course_key)}
    hidden = names_hidden(session)
    attempts, people = _attempts_and_people(session, hidden=hidden)
    settings = rules_of(session)
    everybody, unreleased, to_mark = [], 0, 0
    for learner, person in people.items():
        # Let go one by one: of ten thousand attempts only what the list shows is kept.
        attempt = attempts.pop(learner, None)
        everybody.append(submission_of(person, attempt, classes, hidden))
        if attempt is not None:
            unreleased += _waits_for_release(attempt, session, settings)
            to_mark += 0 if attempt.voided else attempt.to_mark
    # A void attempt stays visible, and counts nowhere.
    scored = [one for one in everybody if one.status == "scored" and not one.voided]
    return Grades(
        found=_sorted([one for one in everybody if filters.takes(one)], filters.sort),
        statuses={status: sum(one.status == status for one in everybody) for status in rules.STATUSES},
        bands={band.name: sum(one.band is band for one in scored) for band in rules.BANDS},
        summary=rules.summary([one.percent for one in scored if one.percent is not None]),
        classes=[] if hidden else sorted(classes.items(), key=lambda pair: pair[1].casefold()),
        release=settings.release,
        released=settings.release == "on_submit" or session.released_at is not None,
        unreleased=unreleased,
        to_mark=to_mark,
        marking={name: sum(Filters(marking=name).takes(one) for one in everybody) for name in MARKING},
        hidden=hidden,
    )


def rules_of(session: AssessmentSession) -> Delivery:
    """The delivery settings in force."""
    return delivery(session.placement.version.settings, session.overrides)


def names_hidden(session: AssessmentSession) -> bool:
    """Whether graders see made-up names. No query where the session is marked with names."""
    if not settings_of(session)["anonymous"]:
        return False
    return not NamesRevealed.objects.filter(session=session).exists()


def names_for(session: AssessmentSession, learners: Mapping[UUID, int]) -> dict[UUID, str]:
    """What each of these attempts (uuid -> account id) is called for graders: a name, or a made-up one. Two queries."""
    if names_hidden(session):
        return {uuid: pseudonym(uuid) for uuid in learners}
    people = get_lms().people(set(learners.values())) if learners else {}
    found = {uuid: people.get(learner) for uuid, learner in learners.items()}
    return {uuid: (one.full_name or one.username) if one else f"#{learners[uuid]}" for uuid, one in found.items()}


def _waits_for_release(attempt: Attempt, session: AssessmentSession, settings: Delivery) -> bool:
    if attempt.status != "submitted" or attempt.voided or settings.release in ("on_submit", "never"):
        return False
    return attempt.released_at is None and session.released_at is None


def _questions_of() -> QuerySet[PlacedQuestion]:
    return PlacedQuestion.objects.filter(placement_id=OuterRef("placement_id"), pk__isnull=False)


def _attempts_and_people(session: AssessmentSession, *, hidden: bool) -> tuple[dict[int, Any], dict[int, Person]]:
    """The newest attempt of each learner here, and who is on the roster or has an attempt (but who submitted elsewhere).

    An attempt is a plain row of what the list shows: ten thousand instances of the model would be 30 MB.

    Where names are hidden, those without an attempt are left out: whoever is missing would be known by name.
    """
    number = _questions_of().order_by().values("placement_id").annotate(n=Count("pk")).values("n")
    rows = (
        Attempt.objects.filter(placement_id=session.placement_id)
        .filter(Q(session=session) | Q(status="submitted", voided=False))
        .annotate(n_questions=Coalesce(Subquery(number, output_field=IntegerField()), 0))
        .order_by("number")
        .values_list("pk", *SHOWN, "n_questions", named=True)
    )
    attempts: dict[int, Any] = {}
    elsewhere = set()
    for attempt in rows.iterator(chunk_size=2000):
        if attempt.session_id == session.pk:
            attempts[attempt.learner_id] = attempt
        else:
            elsewhere.add(attempt.learner_id)
    if hidden:
        return attempts, {key: Person(key, "", "") for key in attempts}
    people = {key: person for key, person in rosters.assigned(session).items() if key in attempts or key not in elsewhere}
    lms, others = get_lms(), attempts.keys() - people.keys()
    if others:
        people |= lms.learners(session.course_key, user_ids=others)
    if left := attempts.keys() - people.keys():
        # Whoever left the run keeps the result; a removed account keeps it without a name.
        people |= {key: Person(key, f"#{key}", f"#{key}") for key in left} | lms.people(left)
    return attempts, people


def submission_of(
    person: Person, attempt: Attempt | None, classes: Mapping[int, str], hidden: bool, n_questions: int = 0
) -> Submission:
    """One row of the list."""
    submitted = attempt is not None and attempt.status == "submitted"
    pending = attempt is not None and submitted and is_pending(attempt)
    status = rules.status_of(
        attempt_status=attempt.status if attempt else "absent",
        answered=attempt.answered if attempt else 0,
        pending=pending,
        needs_marking=attempt is not None and attempt.scoring == "needs_marking",
        graded=attempt.graded if attempt else 0,
    )
    earned = possible = None
    if attempt is not None and submitted and not pending and status not in ("ungraded", "partly"):
        earned, possible = attempt.earned, attempt.possible
    value = rules.percent(earned, possible)
    shown = pseudonym(attempt.uuid) if hidden and attempt is not None else ""
    return Submission(
        learner=person.user_id,
        name=shown or person.full_name or person.username,
        username="" if hidden else person.username,
        classes=() if hidden else tuple(classes[one] for one in person.classes if one in classes),
        class_ids=() if hidden else person.classes,
        attempt=attempt.uuid if attempt else None,
        attempt_id=attempt.pk if attempt else None,
        attempt_status=attempt.status if attempt else "absent",
        status=status,
        pending=pending,
        guest=attempt.is_guest if attempt else False,
        no_account=attempt.no_account if attempt else False,
        voided=attempt.voided if attempt else False,
        released=attempt.released_at is not None if attempt else False,
        answered=attempt.answered if attempt else 0,
        questions=getattr(attempt, "n_questions", n_questions),
        to_mark=attempt.to_mark if attempt and submitted else 0,
        to_second=attempt.to_second if attempt and submitted else 0,
        conflicts=attempt.conflicts if attempt and submitted else 0,
        graded=attempt.graded if attempt and submitted else 0,
        submitted_at=attempt.submitted_at if attempt else None,
        earned=earned,
        possible=possible,
        percent=value,
        band=rules.band_of(value) if status == "scored" else None,
    )


def is_pending(attempt: Attempt) -> bool:
    """Whether something of a handed-in attempt still waits for the platform: "grade pending"."""
    return attempt.handin in ("pending", "failed") or attempt.scoring == "pending"


def _sorted(found: list[Submission], sort: str) -> list[Submission]:
    found.sort(key=lambda one: (one.name.casefold(), one.learner))
    by, descending = sort.lstrip("-"), sort.startswith("-")
    if by == "name":
        return found[::-1] if descending else found
    value = (lambda one: one.percent) if by == "score" else (lambda one: one.submitted_at)
    # Whoever has none comes last, whichever way it is sorted.
    having = sorted((one for one in found if value(one) is not None), key=value, reverse=descending)
    return having + [one for one in found if value(one) is None]


def sessions_to_grade(*, course_key: CourseKey, placement_id: int) -> list[tuple[UUID, str]]:
    """The sessions of one placement that are not drafts, by name."""
    rows = AssessmentSession.objects.filter(course_key=course_key, placement_id=placement_id).exclude(lifecycle="draft")
    return list(rows.order_by("name", "pk").values_list("uuid", "name"))
