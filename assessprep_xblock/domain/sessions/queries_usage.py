"""Who uses an assessment: what its author may know of schools' sessions. Counts and settings, never a name or a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessprep_xblock.lms import get_lms

from ..library.models import Assessment, Placement
from .queries import all_sessions, phase_of


@dataclass(frozen=True)
class Usage:
    """One session as its assessment's author sees it: counts and settings, never a name of a learner, never a score."""

    organization: str
    session: str
    version: int
    phase: str
    joined: int
    submitted: int
    changed: dict[str, Any]


def usage_of(assessment: Assessment, now: datetime) -> list[Usage]:
    """Who uses an assessment: every session ever published, by organization. Two queries, whatever their number."""
    names = {one.short_name: one.name for one in get_lms().organizations()}
    sessions = all_sessions().filter(placement__version__assessment=assessment).exclude(lifecycle="draft").order_by("pk")
    usage = [
        Usage(
            organization=names.get(session.placement.organization, session.placement.organization),
            session=session.name,
            version=session.placement.version.number,
            phase=phase_of(session, now),
            joined=session.n_joined + session.n_in_progress + session.n_ended + session.n_submitted,
            submitted=session.n_submitted,
            changed=dict(session.overrides),
        )
        for session in sessions
    ]
    return sorted(usage, key=lambda one: one.organization)


def placements_without_sessions(assessment: Assessment) -> list[str]:
    """Organizations that placed an assessment and have not published a session of it yet."""
    placed = Placement.objects.filter(version__assessment=assessment).exclude(
        sessions__lifecycle__in=("published", "archived")
    )
    return sorted(set(placed.values_list("organization", flat=True)))


def usage_view(usage: Usage) -> dict[str, Any]:
    """A session as its assessment's author sees it."""
    return {
        "organization": usage.organization,
        "session": usage.session,
        "version": usage.version,
        "phase": usage.phase,
        "joined": usage.joined,
        "submitted": usage.submitted,
        "settings": usage.changed,
    }
