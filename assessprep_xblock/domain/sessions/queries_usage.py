"""Who uses an assessment: what its author may know of schools' sessions. Counts and settings, never a name or a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from assessprep_xblock.lms import get_lms

from ..library.delivery import no_longer_allowed
from ..library.models import Assessment, Placement
from .models import AssessmentSession
from .queries import phase_of

#: A roster may name thousands, and reading the keys of 10,000 sessions takes longer than all the rest.
NOT_NEEDED = ("roster", "course_key", "placement__course_key", "placement__usage_key", "placement__drift")


@dataclass(frozen=True)
class Usage:
    """One session as its assessment's author sees it: counts and settings, never a name of a learner, never a score.

    ``organization`` is its name, ``short_name`` its key. ``assigned`` is as it was counted last, None where it never was.
    ``changed`` is what the school decided otherwise, ``defaults`` what the version says of the same settings.
    """

    organization: str
    short_name: str
    session: str
    version: int
    phase: str
    assigned: int | None
    joined: int
    submitted: int
    graded: int
    changed: dict[str, Any]
    defaults: dict[str, Any]

    @property
    def deviates(self) -> bool:
        """Whether the school decided anything but dates otherwise: every school has its own dates."""
        return bool(self.changed.keys() - {"opens_at", "closes_at"})


@dataclass(frozen=True)
class Filters:
    """Which sessions are asked for; empty: all."""

    organization: str = ""
    phase: str = ""
    deviates: bool = False

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filters:
        """Out of an address."""
        return cls(
            organization=given.get("organization", "")[:255],
            phase=given.get("phase", "")[:20],
            deviates=given.get("deviates", "") in ("1", "true", "on"),
        )

    def take(self, one: Usage) -> bool:
        """Whether this session is asked for."""
        return (
            self.organization in ("", one.short_name)
            and self.phase in ("", one.phase)
            and (one.deviates or not self.deviates)
        )


@dataclass
class SchoolUsage:
    """One organization's sessions, summed up."""

    organization: str
    short_name: str
    sessions: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    assigned: int = 0
    joined: int = 0
    submitted: int = 0
    graded: int = 0
    deviating: int = 0


def usage_of(assessment: Assessment, now: datetime, filters: Filters | None = None) -> list[Usage]:
    """Who uses an assessment: every session ever published, by organization. Four queries, whatever their number."""
    names = {one.short_name: one.name for one in get_lms().organizations()}
    versions = {version.pk: version for version in assessment.versions.all()}
    sessions = (
        AssessmentSession.objects.select_related("placement")
        .defer(*NOT_NEEDED)
        .filter(placement__version__assessment=assessment)
        .exclude(lifecycle="draft")
        .order_by("pk")
    )
    graded = _graded(assessment)
    found = []
    for session in sessions:
        session.placement.version = version = versions[session.placement.version_id]
        short_name = session.placement.organization
        refused = no_longer_allowed(session.overrides, version.settings)
        changed = {name: value for name, value in session.overrides.items() if name not in refused}
        one = Usage(
            organization=names.get(short_name, session.placement.organization_name or short_name),
            short_name=short_name,
            session=session.name,
            version=version.number,
            phase=phase_of(session, now),
            assigned=session.n_assigned,
            joined=session.n_joined + session.n_in_progress + session.n_ended + session.n_submitted,
            submitted=session.n_submitted,
            graded=graded.get(session.pk, 0),
            changed=changed,
            defaults={name: version.settings[name]["default"] for name in changed if name in version.settings},
        )
        if filters is None or filters.take(one):
            found.append(one)
    return sorted(found, key=lambda one: (one.organization.casefold(), one.short_name))


def _graded(assessment: Assessment) -> dict[int, int]:
    """Session -> how many of its submissions have all their points. One query."""
    scored = Count("attempts", filter=Q(attempts__scoring="scored", attempts__voided=False))
    rows = AssessmentSession.objects.filter(placement__version__assessment=assessment, n_submitted__gt=0)
    return dict(rows.order_by().annotate(n_graded=scored).values_list("pk", "n_graded"))


def usage_in_short(assessment: Assessment) -> dict[str, int]:
    """``schools``, ``sessions`` and ``submitted`` of every session ever published. One query."""
    sessions = AssessmentSession.objects.filter(placement__version__assessment=assessment).exclude(lifecycle="draft")
    found = sessions.aggregate(
        schools=Count("placement__organization", distinct=True), sessions=Count("pk"), submitted=Sum("n_submitted")
    )
    return {name: number or 0 for name, number in found.items()}


def by_school(usage: Iterable[Usage]) -> list[SchoolUsage]:
    """The same summed up by organization, in the same order. No query."""
    found: dict[str, SchoolUsage] = {}
    for one in usage:
        school = found.setdefault(one.short_name, SchoolUsage(one.organization, one.short_name))
        school.sessions += 1
        school.phases[one.phase] += 1
        school.assigned += one.assigned or 0
        school.joined += one.joined
        school.submitted += one.submitted
        school.graded += one.graded
        school.deviating += one.deviates
    return list(found.values())


def placements_without_sessions(assessment: Assessment) -> list[str]:
    """Organizations that placed an assessment and have not published a session of it yet."""
    placed = Placement.objects.filter(version__assessment=assessment).exclude(
        sessions__lifecycle__in=("published", "archived")
    )
    return sorted(set(placed.values_list("organization", flat=True)))


def usage_view(usage: Usage) -> dict[str, Any]:
    """A session as its assessment's author sees it. ``settings`` is what differs from the version's defaults."""
    return {
        "organization": usage.organization,
        "session": usage.session,
        "version": usage.version,
        "phase": usage.phase,
        "assigned": usage.assigned,
        "joined": usage.joined,
        "submitted": usage.submitted,
        "graded": usage.graded,
        "settings": usage.changed,
        "defaults": usage.defaults,
        "deviates": usage.deviates,
    }
