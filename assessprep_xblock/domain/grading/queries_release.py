"""Before results are released: what is shown to whom, what still waits, and whom it could help to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from ..attempts.models import Attempt
from ..sessions.clock import SECOND, to_datetime
from ..sessions.models import AssessmentSession
from ..sessions.queries import phase_of
from .queries import rules_of


@dataclass(frozen=True)
class Leak:
    """A session of the same assessment that is not over. ``name`` is empty where it is another organization's: that there is
    one, and until when, is told; whose, is not. ``until`` None: nothing ends it but its staff."""

    name: str
    phase: str
    until: datetime | None


@dataclass(frozen=True)
class BeforeRelease:
    """What staff are told before they release. ``safe_at`` None with leaks: once those sessions are closed by hand."""

    release: str
    release_at: datetime | None
    shows: Sequence[str]  # score, correctness, answers
    waiting: int
    to_mark: int
    leaks: Sequence[Leak]
    safe_at: datetime | None


def before_release(session: AssessmentSession, now: datetime) -> BeforeRelease:
    """Two queries."""
    settings = rules_of(session)
    numbers = Attempt.objects.filter(session=session, status="submitted", voided=False).aggregate(
        waiting=Count("pk", filter=Q(released_at=None)), to_mark=Count("pk", filter=Q(scoring="needs_marking"))
    )
    leaks = _leaks(session, now)
    ends = [leak.until for leak in leaks]
    shown = {"score": settings.show_score, "correctness": settings.show_correctness, "answers": settings.show_answers}
    return BeforeRelease(
        release=settings.release,
        release_at=settings.release_at,
        shows=[name for name, is_shown in shown.items() if is_shown],
        waiting=0 if session.released_at is not None else numbers["waiting"],
        to_mark=numbers["to_mark"],
        leaks=leaks,
        safe_at=max(one for one in ends if one is not None) if ends and None not in ends else None,
    )


def _leaks(session: AssessmentSession, now: datetime) -> list[Leak]:
    """Sessions of the same assessment, in any version and organization, that students may still take."""
    assessment = session.placement.version.assessment_id
    others = (
        AssessmentSession.objects.filter(placement__version__assessment_id=assessment, lifecycle="published")
        .exclude(pk=session.pk)
        .select_related("placement__version")
    )
    found = []
    for other in others.iterator(chunk_size=500):
        phase = phase_of(other, now)
        if phase == "closed":
            continue
        name = other.name if other.course_key == session.course_key else ""
        found.append(Leak(name, phase, _over_at(other)))
    return sorted(found, key=lambda leak: (not leak.name, leak.name.casefold(), str(leak.until)))


def _over_at(session: AssessmentSession) -> datetime | None:
    """When the last student of a session has to be through, as far as it is known now."""
    settings = rules_of(session)
    if settings.closes_us is None:
        return None
    if session.held_since is not None:
        return None
    finish = settings.duration_s * SECOND if settings.let_finish else 0
    return to_datetime(settings.closes_us + session.paused_us + finish)
