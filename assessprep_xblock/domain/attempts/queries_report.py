"""What the platform's own report of learners' answers says of a whole assessment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from opaque_keys.edx.keys import UsageKey

from .models import Attempt
from .standing import seen


def report_rows(
    usage_key: UsageKey, usernames: Collection[str], *, limit: int | None, now: datetime
) -> Iterator[tuple[str, OrderedDict[str, str | float]]]:
    """(user name, columns in their order) of every attempt of these learners in this placement, also void ones; one query.

    At most ``limit`` rows; None: all. Times are UTC, points are empty until the attempt is scored.
    """
    attempts = (
        Attempt.objects.filter(placement__usage_key=usage_key, learner__username__in=usernames)
        .select_related("session__placement__version", "learner")
        .order_by("learner__username", "number")
    )
    for attempt in attempts[:limit]:
        scored = attempt.scoring == "scored"
        yield (
            attempt.learner.username,
            OrderedDict(
                [
                    (_("Session"), attempt.session.name),
                    (_("Attempt"), attempt.number),
                    (_("Status"), _("Void") if attempt.voided else _status(attempt, now)),
                    (_("Started"), _time(attempt.started_at)),
                    (_("Submitted"), _time(attempt.submitted_at)),
                    (_("Answered"), attempt.answered),
                    (_("Points"), attempt.earned if scored and attempt.earned is not None else ""),
                    (_("Points possible"), attempt.possible if scored and attempt.possible is not None else ""),
                ]
            ),
        )


def _status(attempt: Attempt, now: datetime) -> str:
    shown = {
        "joined": _("Joined"),
        "in_progress": _("In Progress"),
        "ended": _("Ended"),
        "submitted": _("Submitted"),
    }
    return shown[seen(attempt).standing.shown_status(now)]


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(" ", "seconds")
