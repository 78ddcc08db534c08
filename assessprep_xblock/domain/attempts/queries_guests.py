"""What a guest's browser is worth now: whether it is still signed in, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from opaque_keys.edx.keys import CourseKey, UsageKey

from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock
from ..sessions.guests import is_guest_run
from ..sessions.models import AssessmentSession, GuestPass
from .models import Attempt

#: Under this name a web session holds the id of the pass it was made for.
MARK = "assessprep_guest"
#: How long a guest still sees what became of the test once the session is closed and the test is over.
AFTERWARDS = timedelta(minutes=15)


@dataclass(frozen=True)
class Stay:
    """One guest in one session. ``in_force``: signed in; otherwise the window is over, or the guest was sent away."""

    in_force: bool
    account_id: int
    course_key: CourseKey
    usage_key: UsageKey | None


def stay_of(*, pass_id: Any, account_id: int, now: datetime) -> Stay | None:
    """What this pass is worth for this account, in two queries; None: there is no such pass."""
    newest = Attempt.objects.filter(learner_id=OuterRef("account_id")).order_by("-pk").values("pk")[:1]
    given = (
        GuestPass.objects.filter(pk=pass_id, account_id=account_id)
        .annotate(attempt=Subquery(newest))
        .values("course_key", "retired_at", "attempt")
        .first()
    )
    if given is None or given["course_key"] is None:
        return None
    # Staff may have moved the guest into another session since: the attempt knows.
    attempt = Attempt.objects.select_related("session__placement__version").filter(pk=given["attempt"]).first()
    in_force = given["retired_at"] is None and is_guest_run(given["course_key"]) and _lasts(attempt, now)
    usage_key = attempt.session.placement.usage_key if attempt else None
    return Stay(in_force, account_id, given["course_key"], usage_key)


def _lasts(attempt: Attempt | None, now: datetime) -> bool:
    """Whether a guest's session is still of use to it: while it may be open, while the test runs, and a little longer."""
    if attempt is None or attempt.session.lifecycle != "published":
        return False
    if attempt.status in ("in_progress", "ended") and not attempt.voided:
        return True
    clock = _clock(attempt.session)
    if clock.closes_us is None or not clock.closed(now):
        return True
    over = clock.wall(clock.closes_us, now)
    return now < max(over, attempt.submitted_at or over) + AFTERWARDS


def _clock(session: AssessmentSession) -> SessionClock:
    return session_rules.clock(session, session_rules.delivery(session.placement.version.settings, session.overrides))
