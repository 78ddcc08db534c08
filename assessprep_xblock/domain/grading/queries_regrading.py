"""Corrected marking as its people see it: staff of a school with names, the author of the version in numbers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from assessprep_xblock.lms import get_lms

from ..attempts.actions_correcting import behind
from ..attempts.models import Attempt
from ..library import corrections
from ..library.models import Assessment, AssessmentVersion, MarkingCorrection, Placement
from ..library.queries import assessment_for_author, is_withdrawn
from ..sessions.models import AssessmentSession
from ..sessions.queries import session_for_staff
from ..shared.refusals import Refusal
from . import impact, queries
from .names import pseudonym

PAGE_SIZE = 50


def handed_in(placement_id: int) -> QuerySet[Attempt]:
    """The submissions of a placement that count and have scores."""
    rows = Attempt.objects.filter(placement_id=placement_id, status="submitted", voided=False)
    return rows.exclude(scoring__in=("none", "pending")).order_by("pk")


def stamp_of(placement_id: int) -> str:
    """Changes with every submission that is added, taken out or marked anew. One query."""
    found = Attempt.objects.filter(placement_id=placement_id, status="submitted", voided=False).aggregate(
        n=Count("pk"), last=Max("progress_at")
    )
    return f"{found['n']} {found['last'].isoformat() if found['last'] else ''}"


@dataclass(frozen=True)
class Row:
    """One submission that changes, for course staff."""

    attempt: UUID
    name: str
    session: str
    change: impact.Change


@dataclass(frozen=True)
class Regrading:
    """What staff see of corrected marking. ``later``: versions that could correct, newest first; ``why_not``: what stands in
    the way of the chosen one, as a refusal. ``in_force``: the correction the placement is marked by."""

    session: AssessmentSession
    sessions: int
    delivered: AssessmentVersion
    later: Sequence[AssessmentVersion]
    chosen: AssessmentVersion | None
    why_not: Refusal | None
    corrected: Sequence[str]
    dropped: Sequence[str]
    policy: str
    found: MarkingCorrection | None
    is_old: bool
    rows: Sequence[Row]
    changing: int
    in_force: MarkingCorrection | None
    behind: int


def regrading(
    *, session_uuid: UUID, version: int | None, dropped: str, user_id: int, page: int = 1, now: datetime
) -> Regrading:
    """For course staff of the run; ``version`` None: the newest. A constant number of queries."""
    session = session_for_staff(session_uuid=session_uuid, user_id=user_id)
    placement = Placement.objects.select_related("version", "correction__version").get(pk=session.placement_id)
    later = later_versions(placement)
    chosen = next((one for one in later if version in (None, one.number)), None)
    if version is not None and chosen is None:
        raise Refusal("not_found")
    policy = dropped if dropped in (corrections.LEAVE, corrections.FULL) else corrections.LEAVE
    found, why_not = None, None
    if chosen is not None:
        try:
            corrections.check_corrects(placement.version, chosen)
        except Refusal as refusal:
            why_not = refusal
        found = MarkingCorrection.objects.filter(placement=placement, version=chosen, dropped=policy).first()
    done = found is not None and found.state == "done"
    changes = impact.read(found.changes) if found is not None and done else []
    return Regrading(
        session=session,
        sessions=AssessmentSession.objects.filter(placement=placement).exclude(lifecycle="draft").count(),
        delivered=placement.version,
        later=later,
        chosen=chosen,
        why_not=why_not,
        corrected=corrections.corrects(placement.version, chosen) if chosen is not None else [],
        dropped=corrections.drops(placement.version, chosen) if chosen is not None else [],
        policy=policy,
        found=found,
        is_old=found is not None and done and found.numbers.get("stamp") != stamp_of(placement.pk),
        rows=_rows(session, changes[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        changing=len(changes),
        in_force=placement.correction,
        behind=waiting(placement) if placement.correcting else 0,
    )


def waiting(placement: Placement) -> int:
    """How many submissions are still marked by what was in force before. One query."""
    rows = behind(placement.correction_id).filter(attempt__placement_id=placement.pk)
    return rows.aggregate(n=Count("attempt_id", distinct=True))["n"]


def later_versions(placement: Placement) -> list[AssessmentVersion]:
    """The versions after the one a placement delivers that were not withdrawn, newest first. One query."""
    rows = AssessmentVersion.objects.filter(
        assessment_id=placement.version.assessment_id, number__gt=placement.version.number, withdrawal__isnull=True
    )
    return list(rows.order_by("-number"))


def offered(placement: Placement) -> AssessmentVersion | None:
    """The newest version by which this placement could be marked, where it is not marked by it yet and anything was handed
    in. One query where there is none."""
    later = later_versions(placement)[:1]
    if not later or not handed_in(placement.pk).exists():
        return None
    if placement.correction is not None and placement.correction.version_id == later[0].pk:
        return None
    try:
        corrections.check_corrects(placement.version, later[0])
    except Refusal:
        return None
    return later[0]


def _rows(session: AssessmentSession, changes: Sequence[impact.Change]) -> list[Row]:
    attempts = Attempt.objects.filter(pk__in=[one.attempt_id for one in changes]).select_related(
        "session__placement__version"
    )
    known = {attempt.pk: attempt for attempt in attempts}
    people = get_lms().people({attempt.learner_id for attempt in known.values()}) if known else {}
    hidden: dict[int, bool] = {}
    rows = []
    for change in changes:
        attempt = known.get(change.attempt_id)
        if attempt is None:
            continue
        if attempt.session_id not in hidden:
            hidden[attempt.session_id] = queries.names_hidden(attempt.session)
        person = people.get(attempt.learner_id)
        name = (person.full_name or person.username) if person is not None else f"#{attempt.learner_id}"
        shown = pseudonym(attempt.uuid) if hidden[attempt.session_id] else name
        rows.append(Row(attempt.uuid, shown, attempt.session.name, change))
    return rows


def progress(*, session_uuid: UUID, version: int, dropped: str, user_id: int) -> dict[str, Any]:
    """How far looking and marking are, for the page that waits for it: ``{state, done, total, in_force, behind}``."""
    session = session_for_staff(session_uuid=session_uuid, user_id=user_id)
    placement = Placement.objects.get(pk=session.placement_id)
    found = MarkingCorrection.objects.filter(placement=placement, version__number=version, dropped=dropped).first()
    return {
        "state": found.state if found is not None else "missing",
        "correction": str(found.uuid) if found is not None else None,
        "done": found.done if found is not None else 0,
        "total": found.total if found is not None else 0,
        "in_force": found is not None and placement.correction_id == found.pk,
        "behind": waiting(placement) if placement.correcting else 0,
    }


# -- for the author --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SchoolImpact:
    """What a correction would change in one school (or in all, ``name`` empty). ``None`` of a count: one to four students,
    or so many short of all, so it is not told."""

    name: str
    students: int
    changed: int | None
    crossed: int | None
    before: float | None
    after: float | None
    in_force: bool


@dataclass(frozen=True)
class Impact:
    """The author's view of a version as a correction. ``kept_back``: schools with fewer than five scored students;
    ``cannot``: schools whose students sat something it cannot correct; ``waiting``: schools not looked at yet."""

    assessment: Assessment
    version: AssessmentVersion | None
    versions: Sequence[AssessmentVersion]
    policy: str
    schools: Sequence[SchoolImpact]
    kept_back: int
    cannot: int
    waiting: int
    working: int
    drops: bool


def placements_behind(later: AssessmentVersion) -> list[Placement]:
    """Placements of earlier versions that have submissions and that this version could correct."""
    cannot: dict[int, bool] = {}
    found = []
    for placement in _earlier(later):
        if placement.version_id not in cannot:
            cannot[placement.version_id] = _cannot(placement.version, later)
        if not cannot[placement.version_id]:
            found.append(placement)
    return found


def _earlier(later: AssessmentVersion) -> QuerySet[Placement]:
    with_submissions = Attempt.objects.filter(status="submitted", voided=False).values("placement_id")
    rows = Placement.objects.filter(version__assessment_id=later.assessment_id, version__number__lt=later.number)
    return rows.filter(pk__in=with_submissions).select_related("version").order_by("organization", "pk")


def _cannot(delivered: AssessmentVersion, later: AssessmentVersion) -> bool:
    try:
        corrections.check_corrects(delivered, later)
    except Refusal:
        return True
    return False


def is_due_for_author(correction: MarkingCorrection) -> bool:
    """Whether an author may have a school looked at (again): at least five more students, or never told yet."""
    told = correction.numbers.get("author")
    if correction.state == "failed" or told is None:
        return True
    return abs(handed_in(correction.placement_id).count() - told["students"]) >= impact.STEP


def impact_for_author(*, assessment_uuid: UUID, version: int | None, dropped: str, user_id: int) -> Impact:
    """What a version would change school by school, for its author: numbers of at least five students, and no name."""
    assessment = assessment_for_author(assessment_uuid=assessment_uuid, user_id=user_id)
    versions = [one for one in assessment.versions.order_by("-number") if not is_withdrawn(one) and one.number > 1]
    chosen = next((one for one in versions if version in (None, one.number)), None)
    if version is not None and chosen is None:
        raise Refusal("not_found")
    policy = dropped if dropped in (corrections.LEAVE, corrections.FULL) else corrections.LEAVE
    if chosen is None:
        return Impact(assessment, None, versions, policy, [], 0, 0, 0, 0, drops=False)
    placements = placements_behind(chosen)
    rows = MarkingCorrection.objects.filter(version=chosen, dropped=policy, placement__in=placements)
    known = {row.placement_id: row for row in rows}
    schools: dict[str, list[dict[str, Any]]] = {}
    in_force: dict[str, bool] = {}
    for placement in placements:
        row = known.get(placement.pk)
        if row is not None and row.numbers.get("author"):
            schools.setdefault(placement.organization, []).append(row.numbers["author"])
            mine = placement.correction_id == row.pk
            in_force[placement.organization] = in_force.get(placement.organization, True) and mine
    names = {one.short_name: one.name for one in get_lms().organizations()}
    told = {key: _summed(names.get(key, key), numbers, in_force[key]) for key, numbers in schools.items()}
    shown = sorted((one for one in told.values() if one.students >= impact.STEP), key=lambda one: one.name.casefold())
    return Impact(
        assessment=assessment,
        version=chosen,
        versions=versions,
        policy=policy,
        schools=shown,
        kept_back=len(told) - len(shown),
        cannot=_earlier(chosen).count() - len(placements),
        waiting=sum(placement.pk not in known for placement in placements),
        working=sum(row.state in ("waiting", "working") for row in known.values()),
        drops=any(corrections.drops(placement.version, chosen) for placement in _one_of_each(placements)),
    )


def _one_of_each(placements: Sequence[Placement]) -> list[Placement]:
    return list({placement.version_id: placement for placement in placements}.values())


def _summed(name: str, numbers: Sequence[Mapping[str, Any]], in_force: bool) -> SchoolImpact:
    """Several placements of one school together; means weighted by their scored students."""
    students = sum(one["students"] for one in numbers)
    means = []
    for which in ("before", "after"):
        weights = [(sum(one[f"bands_{which}"].values()), one[which]) for one in numbers if one[which] is not None]
        n = sum(weight for weight, _mean in weights)
        means.append(sum(weight * mean for weight, mean in weights) / n if n >= impact.STEP else None)
    changed = _told(sum(one["changed"] for one in numbers), students)
    crossed = _told(sum(one["crossed"] for one in numbers), students)
    return SchoolImpact(name, students, changed, crossed, means[0], means[1], in_force)


def _told(count: int, students: int) -> int | None:
    """A count that says nothing of fewer than five: neither of those it counts nor of the others."""
    few = 0 < count < impact.STEP or 0 < students - count < impact.STEP
    return None if few else count
