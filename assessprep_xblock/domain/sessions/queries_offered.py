"""What a school's run is offered, and how it uses each assessment: the Common Assessments tab."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms.base import CourseRun

from ..library import queries as library
from ..library import views
from ..library.delivery import no_longer_allowed
from ..library.models import Assessment, AssessmentVersion, Bank
from .models import AssessmentSession
from .queries import phase_of, sessions_of_run


def sessions_of_assessment(assessment: Assessment, course_key: CourseKey) -> list[AssessmentSession]:
    """A run's sessions of one assessment, newest first. For callers who have checked the role."""
    return list(sessions_of_run(course_key).filter(placement__version__assessment=assessment))


def state_of_use(sessions: Iterable[AssessmentSession], now: datetime) -> str:
    """How a run uses an assessment: ``active``, ``scheduled``, ``ended``, or ``available`` where it has not begun to."""
    phases = {phase_of(session, now) for session in sessions}
    if phases & {"open", "closing"}:
        return "active"
    if "scheduled" in phases:
        return "scheduled"
    return "ended" if phases & {"closed", "archived"} else "available"


def refused_by(
    version: AssessmentVersion, sessions: Iterable[AssessmentSession]
) -> list[tuple[AssessmentSession, list[str]]]:
    """Which of these sessions have settings of their own that a version does not allow: session, names. No query."""
    refused = [(one, sorted(no_longer_allowed(one.overrides, version.settings))) for one in sessions]
    return [(session, names) for session, names in refused if names]


@dataclass(frozen=True)
class Offered:
    """An assessment that a run may use, with how the run uses it. ``is_open`` False: it keeps what it has, no more."""

    assessment: Assessment
    bank: Bank
    sessions: list[AssessmentSession]
    state: str
    is_open: bool


def offered_to(run: CourseRun, now: datetime, *, search: str = "") -> list[Offered]:
    """What a run's organization may use or uses, by bank and title; ``search`` as in :func:`matching`. Two queries."""
    by_assessment: dict[int, list[AssessmentSession]] = {}
    for session in sessions_of_run(run.key):
        by_assessment.setdefault(session.placement.version.assessment_id, []).append(session)
    found = []
    for assessment in library.offered_in(run, now):
        own = by_assessment.get(assessment.pk, [])
        state = state_of_use(own, now)
        is_open = assessment.is_open  # type: ignore[attr-defined]
        found.append(Offered(assessment=assessment, bank=assessment.bank, sessions=own, state=state, is_open=is_open))
    return matching(found, search)


def matching(offered: list[Offered], search: str) -> list[Offered]:
    """Those that hold every word of ``search`` in title, subject, grade, standards or description. No query."""
    wanted = search.casefold().split()
    return [one for one in offered if all(word in _words(one.assessment) for word in wanted)]


def _words(assessment: Assessment) -> str:
    assert assessment.current_version is not None
    words = (assessment.current_version.title, assessment.subject, assessment.grade, assessment.description)
    return " ".join([*words, *assessment.standards]).casefold()


def offered_view(offered: Offered) -> dict[str, Any]:
    """What a school is offered, in plain values."""
    return {
        **views.offered_view(offered.assessment),
        "bank": offered.bank.title,
        "state": offered.state,
        "open": offered.is_open,
    }
