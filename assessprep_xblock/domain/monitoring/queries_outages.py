"""Who lost contact with a session, for how long, and what of it is left to make up for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Max, Q, Sum
from django.utils import timezone

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms

from ..attempts import presence
from ..attempts.models import Attempt, ContactGap, LedgerEntry
from ..attempts.rules import SEEN_WRITTEN
from ..attempts.spans import Span, within, without
from ..attempts.standing import Seen, seen
from ..sessions import rules as session_rules
from ..sessions.clock import MICROSECOND, SECOND
from ..sessions.models import AssessmentSession
from ..sessions.rules import whole_seconds
from ..shared.models import AuditRow
from ..shared.refusals import Refusal
from . import past
from .models import Deed
from .outages import Loss, losses, suggestions
from .queries_rows import iso
from .rules import UNDO_MINUTES

#: How far back a silence may lie, and how long an interval may be.
LONGEST = timedelta(hours=24)


def zone_of(session: AssessmentSession) -> ZoneInfo:
    """The time zone in which people speak of this session's hours."""
    name = session_rules.delivery(session.placement.version.settings, session.overrides).time_zone
    try:
        return ZoneInfo(name or timezone.get_default_timezone_name())
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def read_interval(since: datetime, until: datetime, now: datetime) -> Span:
    """An interval that may be asked about; it ends now at the latest. Refuses what is empty, too long or still to come."""
    until = min(until, now)
    if since >= until:
        raise Refusal("invalid", field="until", why="it has to be later than the beginning, which has to be past")
    if until - since > LONGEST:
        raise Refusal("invalid", field="since", why="an interval has 24 hours at most")
    return since, until


class Silences:
    """Everything about lost contact in one session, read by a constant number of queries."""

    def __init__(self, session: AssessmentSession, now: datetime, *, back_to: datetime | None = None) -> None:
        self.session, self.now = session, now
        self._back_to = min(now - LONGEST, back_to or now)
        self._mine = Attempt.objects.filter(session=session)

    @cached_property
    def _attempts(self) -> list[Attempt]:
        return list(self._mine.order_by("pk"))

    @cached_property
    def views(self) -> dict[int, Seen]:
        """Attempts that were begun and count, by id."""
        found = {}
        for attempt in self._attempts:
            if attempt.started_at is not None and not attempt.voided:
                attempt.session = self.session
                found[attempt.pk] = seen(attempt)
        return found

    @cached_property
    def going_on(self) -> dict[int, Span]:
        """Silences that nobody has come back from yet: of who works and gives no sign of life."""
        working = [pk for pk, view in self.views.items() if view.attempt.status == "in_progress"]
        known, found = presence.last_seen(working), {}
        for pk in working:
            written = self.views[pk].attempt.last_seen_at
            # What the table knows may be a minute older than the truth.
            last = known.get(pk) or (written + SEEN_WRITTEN if written is not None else None)
            if last is not None and self.now - last > timedelta(seconds=2 * conf.get_int("ASSESSPREP_BEAT_SECONDS")):
                found[pk] = (last, self.now)
        return found

    @cached_property
    def gaps(self) -> dict[int, list[Span]]:
        """Attempt -> when contact was lost."""
        rows = ContactGap.objects.filter(attempt__in=self._mine, until__gt=self._back_to).order_by("since")
        found: dict[int, list[Span]] = defaultdict(list)
        for attempt_id, since, until in rows.values_list("attempt_id", "since", "until"):
            found[attempt_id].append((since, until))
        for attempt_id, span in self.going_on.items():
            found[attempt_id].append(span)
        return found

    @cached_property
    def _entries(self) -> list[LedgerEntry]:
        mine = Q(attempt__in=self._mine, kind__in=("outage", "pause"))
        rooms = Q(session_id__in=self._sessions, attempt=None, kind="pause")
        return list(LedgerEntry.objects.filter(mine | rooms, reversed_by=None).order_by("pk"))

    @cached_property
    def paid(self) -> dict[int, list[Span]]:
        """Attempt -> what was made up for and not taken back since."""
        found: dict[int, list[Span]] = defaultdict(list)
        for entry in self._entries:
            if entry.kind == "outage" and entry.attempt_id and entry.since and entry.until:
                found[entry.attempt_id].append((entry.since, entry.until))
        return found

    @cached_property
    def _events(self) -> list[past.Happened]:
        rows = AuditRow.objects.filter(attempt_id__in=self._mine.values("pk")).order_by("pk")
        rows = rows.filter(action__in=("join", *past.EFFECTS))
        told = rows.values_list("at", "action", "session_id", "attempt_id", "facts")
        return [past.Happened(at, action, where or 0, attempt, facts) for at, action, where, attempt, facts in told]

    @cached_property
    def _sessions(self) -> set[int]:
        """This session, and those from which somebody was moved here."""
        return {self.session.pk, *(one.session_id for one in self._events)}

    @cached_property
    def _stood(self) -> dict[int, list[Span]]:
        """Session -> when its clock stood still."""
        found: dict[int, list[Span]] = defaultdict(list)
        for entry in self._entries:
            if entry.attempt_id is None:
                found[entry.session_id].append((entry.at - entry.us * MICROSECOND, entry.at))
        if self.session.held_since is not None:
            found[self.session.pk].append((self.session.held_since, self.now))
        return found

    @cached_property
    def ran(self) -> dict[int, list[Span]]:
        """Attempt -> when its clock ran."""
        lives = past.histories(self._events, {one.pk: (one.learner_id, one.number) for one in self._attempts})
        return {pk: self._ran(view, self._counted(pk, lives[pk])) for pk, view in self.views.items() if pk in lives}

    def _ran(self, view: Seen, life: past.History) -> list[Span]:
        clock, until = view.standing.attempt_clock, self.now
        if clock is not None and view.attempt.status == "in_progress" and clock.over(self.now):
            until = view.standing.clock.wall(clock.end_us(self.now), self.now)
        parts = past.worked(life, until)
        return [part for session_id, span in parts for part in without([span], self._stood[session_id])]

    def _counted(self, pk: int, life: past.History) -> past.History:
        """The same life, without pauses of this student that were taken back again: they stopped nothing."""
        kept = {one.at for one in self._entries if one.kind == "pause" and one.attempt_id == pk}
        found = []
        for (at, then), later in zip(life, [*life[1:], None], strict=True):
            undone = then.held_at is not None and later is not None and later[1].works and later[0] not in kept
            found.append((at, replace(then, held_at=None) if undone else then))
        return found

    def of(self, attempt_id: int, interval: Span, most_s: int | None = None) -> list[Loss]:
        """What is left to make up for to one attempt."""
        gaps, ran, paid = (found.get(attempt_id, []) for found in (self.gaps, self.ran, self.paid))
        return losses(interval, gaps, ran, paid, most_s=most_s)


def outages(session: AssessmentSession, *, interval: Span | None, now: datetime) -> dict[str, Any]:
    """Who lost contact in an interval, and for how long; without an interval the likeliest one is looked at.

    ``{"zone", "since", "until", "suggestions": [{"since", "until", "students"}], "students": [...]}``; a student:
    ``{"attempt", "learner", "name", "username", "status", "silent", "silences": [{"since", "until"}], "lost_s", "paid_s",
    "left_s", "may"}``, by name. ``silent``: still without contact. ``lost_s`` is the silence inside the interval,
    ``left_s`` what of it the clock ran and nobody made up for yet; ``may``: whether it can be given now. ``given``: what was
    made up for, newest first: ``{"deed", "at", "by", "reason", "students", "seconds", "until", "undone"}``; it can be taken
    back until ``until``. Queries: constant.
    """
    found = Silences(session, now, back_to=interval[0] if interval else None)
    near = suggestions(
        [(pk, span) for pk, spans in found.gaps.items() for span in spans if pk in found.views],
        spread=timedelta(seconds=2 * conf.get_int("ASSESSPREP_BEAT_SECONDS")),
    )
    if interval is None and near:
        interval = (near[0].since, near[0].until)
    rows = [] if interval is None else [row for pk in found.views if (row := _row(found, pk, interval))]
    given = _given(session)
    people = get_lms().people({*(row["learner"] for row in rows), *(one["by"] for one in given if one["by"])})
    for row in rows:
        person = people.get(row["learner"])
        row["name"] = (person.full_name or person.username) if person else f"#{row['learner']}"
        row["username"] = person.username if person else ""
    return {
        "zone": str(zone_of(session)),
        "since": iso(interval[0]) if interval else None,
        "until": iso(interval[1]) if interval else None,
        "suggestions": [{"since": iso(one.since), "until": iso(one.until), "students": one.students} for one in near],
        "students": sorted(rows, key=lambda row: (row["name"].casefold(), row["learner"])),
        "given": [{**one, "by": people[one["by"]].full_name if one["by"] in people else ""} for one in given],
    }


def _given(session: AssessmentSession) -> list[dict[str, Any]]:
    """What was made up for in a session, deed by deed. Two queries."""
    deeds = list(Deed.objects.filter(session=session, action="outage").order_by("-pk"))
    rows = LedgerEntry.objects.filter(deed__in=[one.uuid for one in deeds], kind="outage").order_by()
    sums = {one["deed"]: one for one in rows.values("deed").annotate(us=Sum("us"), reason=Max("reason"))}
    return [
        {
            "deed": str(one.uuid),
            "at": iso(one.at),
            "by": one.by_id,
            "reason": sums[one.uuid]["reason"] if one.uuid in sums else "",
            "students": len(one.before),
            "seconds": whole_seconds(sums[one.uuid]["us"]) if one.uuid in sums else 0,
            "until": iso(one.at + timedelta(minutes=UNDO_MINUTES)),
            "undone": one.undone_at is not None,
        }
        for one in deeds
    ]


def _row(found: Silences, pk: int, interval: Span) -> dict[str, Any] | None:
    silent = within(found.gaps.get(pk, []), [interval])
    if not silent:
        return None
    view, left = found.views[pk], found.of(pk, interval)
    return {
        "attempt": str(view.attempt.uuid),
        "learner": view.attempt.learner_id,
        "status": view.standing.shown_status(found.now),
        "silent": pk in found.going_on,
        "silences": [{"since": iso(begin), "until": iso(end)} for begin, end in silent],
        "lost_s": _seconds(silent),
        "paid_s": _seconds(within(silent, found.paid.get(pk, []))),
        "left_s": sum(one.us for one in left) // SECOND,
        "may": bool(left) and view.attempt.status == "in_progress",
    }


def _seconds(spans: Iterable[Span]) -> int:
    return round(sum((end - begin).total_seconds() for begin, end in spans))
