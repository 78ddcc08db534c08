"""The time ledger in words: students and staff read the same sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..sessions.rules import whole_seconds
from .models import Attempt, LedgerEntry

WORDS = {
    "duration": gettext_lazy("Time for the test: {time}"),
    "grant": gettext_lazy("Extra time: {time}"),
    "pause": gettext_lazy("The clock stood still: {time}"),
    "accommodation": gettext_lazy("Your standing extra time: {time}"),
    "outage": gettext_lazy("You were given {time} for an outage from {since} to {until}"),
    "correction": gettext_lazy("Made up for time in which the test was closed: {time}"),
}


def entries(attempt: Attempt) -> list[dict[str, Any]]:
    """Where every second came from, oldest first; the room's pauses since the start are among them. One query.

    ``{"id", "kind", "seconds", "whole_session", "reversed", "reverses", "at", "by", "reason", "words"}``; ``by`` is an
    account id or None. The entries that are not of the whole session add up to the time between start and end. Moments in
    the words are ISO 8601 UTC: whoever shows them knows the reader's time zone.
    """
    mine = Q(attempt=attempt)
    if attempt.started_at is not None:
        mine |= Q(session_id=attempt.session_id, attempt=None, at__gte=attempt.started_at)
    rows = list(LedgerEntry.objects.filter(mine).order_by("pk"))
    reversals = {row.reverses_id for row in rows if row.reverses_id}
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "seconds": whole_seconds(row.us),
            "whole_session": row.attempt_id is None,
            "reversed": row.pk in reversals,
            "reverses": row.reverses_id,
            "at": _iso(row.at),
            "by": row.by_id,
            "reason": row.reason,
            "words": words(row),
        }
        for row in rows
    ]


def for_learner(attempt: Attempt) -> list[dict[str, Any]]:
    """The same for the learner, without who did it."""
    return [{name: value for name, value in one.items() if name not in ("id", "by")} for one in entries(attempt)]


def words(row: LedgerEntry) -> str:
    """One entry as a sentence, with the reason where one was given."""
    time = signed(whole_seconds(row.us))
    facts = {"time": time, "since": _iso(row.since), "until": _iso(row.until)}
    said = _("Taken back: {time}").format(time=time) if row.reverses_id else str(WORDS[row.kind]).format(**facts)
    return f"{said} ({row.reason})" if row.reason else said


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def signed(seconds: int) -> str:
    """Seconds as ``+5:00`` or ``−0:30``: minutes and seconds, hours where there are any."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return ("−" if seconds < 0 else "+") + clock
