"""What an operator has to know of attempts: who waits too long, and for what. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from ..sessions.models import AssessmentSession
from .models import Attempt
from .standing import seen


@dataclass(frozen=True)
class Waiting:
    """Attempts that nobody settled in time, and grades that did not reach the platform: counts, and sessions' UUIDs."""

    overdue: int
    overdue_in: tuple[str, ...]
    grades: int
    grades_in: tuple[str, ...]


def waiting_longer_than(length: timedelta, now: datetime) -> Waiting:
    """Attempts whose time was over ``length`` ago and that are still open, and hand-ins that wait since then.

    Four queries at most, however many sessions: only attempts in progress are read whole.
    """
    open_in: dict[str, int] = {}
    working = Attempt.objects.filter(status__in=("in_progress", "ended"), voided=False)
    for attempt in working.select_related("session__placement__version").iterator():
        standing = seen(attempt).standing
        clock = standing.attempt_clock
        # Who has to submit and did not is the invigilator's to hand in.
        running = attempt.status == "in_progress" and not attempt.session.held_since
        ended = attempt.ended_at is not None and not standing.must_submit and attempt.ended_at + length <= now
        # What the clock said ``length`` ago: a room that is paused, or was extended since, is not overdue.
        over = running and clock is not None and clock.over(now - length)
        if ended or over:
            open_in[str(attempt.session.uuid)] = open_in.get(str(attempt.session.uuid), 0) + 1
    waiting = Q(status="submitted", voided=False, handin__in=("pending", "failed"), submitted_at__lte=now - length)
    # Void, or no longer void: the gradebook is to follow.
    following = Q(gradebook__in=("leaving", "returning"), progress_at__lte=now - length)
    stuck = Attempt.objects.filter(waiting | following)
    sessions = AssessmentSession.objects.filter(pk__in=stuck.values("session")).order_by("pk").values_list("uuid", flat=True)
    return Waiting(
        overdue=sum(open_in.values()),
        overdue_in=tuple(open_in),
        grades=stuck.count(),
        grades_in=tuple(str(uuid) for uuid in sessions),
    )
