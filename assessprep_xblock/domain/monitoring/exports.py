"""What a session leaves behind, as tables: who was there, what went wrong, and everything that was done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt, LedgerEntry
from ..sessions.models import AssessmentSession
from ..sessions.rules import whole_seconds
from ..shared.models import AuditRow
from ..shared.spreadsheets import Table
from . import queries
from .models import Irregularity
from .queries_log import trail_for

#: Rows of the log fetched at a time.
BATCH = 1000


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def attendance(session: AssessmentSession, now: datetime) -> Table:
    """One line for each student: status, times (UTC), and what was made up for after outages. Absent is who never came,
    marked or not. One query more than the Monitor, however many students there are."""
    picture = queries.monitor(session, since="", now=now)
    assert picture is not None
    marked = set(picture["notes"]["absent"])
    times = {one.learner_id: one for one in Attempt.objects.filter(session=session).order_by("number")}
    head = [
        _("Name"),
        _("User name"),
        _("Status"),
        _("Guest"),
        _("Without an account"),
        _("Marked as absent"),
        _("Void"),
        _("Joined (UTC)"),
        _("Started (UTC)"),
        _("Ended (UTC)"),
        _("Handed in (UTC)"),
        _("Answered"),
        _("Made up for outages (seconds)"),
        _("Outages (UTC)"),
    ]
    outages = _outages(session)
    rows = (_attended(row, times.get(row["learner"]), marked, outages) for row in picture["rows"])
    return Table(_("Attendance"), head, rows)


def _outages(session: AssessmentSession) -> dict[int, list[LedgerEntry]]:
    """What was made up for after outages and not taken back, by learner."""
    given: dict[int, list[LedgerEntry]] = {}
    rows = LedgerEntry.objects.filter(session=session, kind="outage", reversed_by=None, attempt__session=session)
    for entry in rows.select_related("attempt").order_by("since", "pk"):
        assert entry.attempt is not None
        given.setdefault(entry.attempt.learner_id, []).append(entry)
    return given


def _outage(entry: LedgerEntry) -> str:
    said = f"{_time(entry.since)} – {_time(entry.until)}"
    return f"{said} ({entry.reason})" if entry.reason else said


def _attended(
    row: dict[str, Any], attempt: Attempt | None, marked: set[int], outages: Mapping[int, list[LedgerEntry]]
) -> list[Any]:
    given = outages.get(row["learner"], [])
    made_up = [whole_seconds(sum(one.us for one in given)) if given else "", "; ".join(map(_outage, given))]
    moments = [_time(getattr(attempt, name, None)) for name in ("joined_at", "started_at", "ended_at", "submitted_at")]
    yes = [_("yes") if one else "" for one in (row["guest"], row["no_account"], row["learner"] in marked, row["voided"])]
    return [row["name"], row["username"], row["status"], *yes, *moments, row["answered"], *made_up]


def incidents(session: AssessmentSession) -> Table:
    """One line for each irregularity, also those taken back."""
    rows = list(Irregularity.objects.filter(session=session).order_by("pk"))
    people = get_lms().people({pk for row in rows for pk in (row.learner_id, row.by_id, row.withdrawn_by_id) if pk})
    names = {pk: person.full_name or person.username for pk, person in people.items()}
    head = [_("Time (UTC)"), _("Student"), _("Category"), _("Kind"), _("Comment"), _("Noted by"), _("Taken back (UTC)")]
    return Table(
        _("Incidents"),
        head,
        (
            [
                _time(row.at),
                names.get(row.learner_id or 0, "") or _("(the whole room)"),
                row.category,
                row.subcategory,
                row.comment,
                names.get(row.by_id or 0, ""),
                _time(row.withdrawn_at),
            ]
            for row in rows
        ),
    )


def log(session: AssessmentSession, *, user_id: int) -> Table:
    """Everything that was done in the session, in order, by whom, to whom and why, as far as this watcher may know it."""
    head = [_("No."), _("Time (UTC)"), _("By"), _("What"), _("Student"), _("Reason"), _("Facts")]
    return Table(_("Log"), head, _log_rows(session, trail_for(user_id, session)))


def _log_rows(session: AssessmentSession, trail: QuerySet[AuditRow]) -> Iterator[list[Any]]:
    learners = dict(Attempt.objects.filter(session=session).values_list("pk", "learner_id"))
    names: dict[int, str] = {}
    last = 0
    while rows := list(trail.filter(session_id=session.pk, pk__gt=last).order_by("pk")[:BATCH]):
        last = rows[-1].pk
        wanted = {pk for row in rows for pk in (row.by_id, learners.get(row.attempt_id or 0)) if pk} - names.keys()
        found = get_lms().people(wanted) if wanted else {}
        names |= {pk: found[pk].full_name or found[pk].username if pk in found else f"#{pk}" for pk in wanted}
        for row in rows:
            learner = learners.get(row.attempt_id or 0)
            facts = json.dumps(row.facts, ensure_ascii=False, sort_keys=True) if row.facts else ""
            by = names.get(row.by_id or 0, "")
            yield [row.change_no, _time(row.at), by, row.action, names.get(learner or 0, ""), row.reason, facts]
