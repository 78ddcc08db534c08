"""Who uses an assessment: what its author may know of schools' sessions. Counts and settings, never a name or a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from assessprep_xblock.lms import get_lms

from ..library import delivery
from ..library.models import Assessment, AssessmentVersion, Placement
from . import rules
from .models import AssessmentSession


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


@dataclass(frozen=True)
class _Row:
    """What is read of one session, and nothing else: there may be ten thousand of them."""

    placement__version: int
    placement__organization: str
    placement__organization_name: str
    name: str
    lifecycle: str
    overrides: dict[str, Any]
    held_since: datetime | None
    paused_us: int
    n_assigned: int | None
    n_joined: int
    n_in_progress: int
    n_ended: int
    n_submitted: int
    graded_count__n: int | None


def usage_of(assessment: Assessment, now: datetime, filters: Filters | None = None) -> list[Usage]:
    """Who uses an assessment: every session ever published, by organization. Three queries, whatever their number.

    Nothing is counted here: every number is kept where it changes, and ``assessprep_recount`` compares them.
    """
    names = {one.short_name: one.name for one in get_lms().organizations()}
    versions = {version.pk: _Version(version) for version in assessment.versions.all()}
    sessions = (
        AssessmentSession.objects.filter(placement__version__assessment=assessment).exclude(lifecycle="draft").order_by("pk")
    )
    found = []
    for values in sessions.values_list(*(one.name for one in fields(_Row))):
        row = _Row(*values)
        one = _usage(row, versions[row.placement__version], names, now)
        if filters is None or filters.take(one):
            found.append(one)
    return sorted(found, key=lambda one: (one.organization.casefold(), one.short_name))


class _Version:
    """A version of the assessment, read once for all sessions of it."""

    def __init__(self, version: AssessmentVersion) -> None:
        self.number = version.number
        self.settings = version.settings
        self.defaults = delivery.effective(version.settings, {})


def _usage(row: _Row, version: _Version, names: Mapping[str, str], now: datetime) -> Usage:
    refused = delivery.no_longer_allowed(row.overrides, version.settings)
    changed = {name: value for name, value in row.overrides.items() if name not in refused}
    hours = rules.hours({**version.defaults, **changed})
    short_name = row.placement__organization
    return Usage(
        organization=names.get(short_name, row.placement__organization_name or short_name),
        short_name=short_name,
        session=row.name,
        version=version.number,
        phase=rules.phase(row.lifecycle, hours, rules.clock(row, hours), now, working=row.n_in_progress),
        assigned=row.n_assigned,
        joined=row.n_joined + row.n_in_progress + row.n_ended + row.n_submitted,
        submitted=row.n_submitted,
        graded=row.graded_count__n or 0,
        changed=changed,
        defaults={name: version.settings[name]["default"] for name in changed if name in version.settings},
    )


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
