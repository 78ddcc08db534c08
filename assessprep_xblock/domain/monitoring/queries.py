"""The live picture of one session: who is where, how far, how long still, and what was announced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..attempts import presence
from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock, to_datetime
from ..sessions.guests import admits
from ..sessions.models import AssessmentSession, GuestTries, WrongTries
from ..shared.prepared import Given, PreparedRead
from . import queries_delta as delta
from . import queries_extras as extras
from . import queries_people as people_of
from . import queries_rows as rows_of
from .models import Announcement
from .queries_look import Look, all_of
from .queries_opening import There, open_session, session_to_watch, tries_since
from .queries_rows import iso
from .queries_token import OVERLAP, Since, digest, head_of, recent

COUNTED = ("absent", "joined", "in_progress", "ended", "submitted")
#: Who is in the room still.
LIVE = ("joined", "in_progress")
#: Who a row is about; left out where it was told.
WHO = ("name", "username", "classes", "assigned")
#: And the whole room this often.
LOOK_AT_ALL = timedelta(minutes=10)


def watch(
    *, session_uuid: UUID, user_id: int, since: str, now: datetime
) -> tuple[AssessmentSession, str, dict[str, Any] | None]:
    """A session's picture for somebody who may watch it, with the session and what she may do in it; else ``not_found``.

    What is told is :func:`monitor`'s.
    """
    before = Since.read(since, now)
    session, there, level = session_to_watch(session_uuid=session_uuid, user_id=user_id, since=before, now=now)
    return session, level, _told(_View.of(session, there, now), before)


def monitor(session: AssessmentSession, *, since: str, now: datetime) -> dict[str, Any] | None:
    """The session's picture, or what changed in it since the token ``since``; None where nothing did.

    ``{"full", "since", "session", "counters", "announcements", "tries", "notes", "rows"}``; rows are those of all learners
    (``full``) or of those whose row changed, which may leave out who it is (``name``, ``username``, ``classes``,
    ``assigned``): that was told. The counters are exclusive and always sum:
    absent + joined + in_progress + ended + submitted = assigned + guests. Times are ISO 8601 UTC.
    Where nothing happened that is found out by two queries, and neither the roster nor the people are asked for; where
    little happened, what it costs follows the rows that changed. Whoever comes to be assigned by a change outside this
    package (an enrolment, a voided attempt in another session) is seen within half a minute.
    """
    before = Since.read(since, now)
    _same, there = open_session(session_uuid=session.uuid, since=before, now=now)
    return _told(_View.of(session, there, now), before)


def _told(view: _View, before: Since | None) -> dict[str, Any] | None:
    session = view.session
    if before is not None and before.still_holds(session, view.now):
        # What no change number tells of (a class, a name, a note that is old by now) is looked at every half minute.
        late = view.now - before.at >= people_of.LOOK_CLOSER
        changed = delta.changed_rows(session, before)
        unmoved = before.change_no == session.change_no and before.marks == view.marks(changed, before.change_no, before.at)
        if unmoved and not late:
            return None
        known = delta.known_of(session, before.people)
        if known is not None and delta.same_people(session, view.there, before, changed, known):
            stale = people_of.is_stale(known, view.now)
            if not stale or people_of.same_roster(session, before, view.now):
                told, token = _brought_up_to_date(view, before, changed, anew=late or stale)
                return None if unmoved and token.rest == before.rest else told
    return _whole(view, before)


_COURSE_KEY = Given("course_key", WrongTries._meta.get_field("course_key"))
_AFTER = Given("since", WrongTries._meta.get_field("since"))


@PreparedRead
def _tries_of() -> QuerySet[Any]:
    rows = WrongTries.objects.filter(course_key=_COURSE_KEY, wrong__gt=0, since__gt=_AFTER)
    return rows.values_list("learner_id", "wrong", "since")


@dataclass(frozen=True)
class _View:
    """A session as it is looked at: by its settings, its clock and the time."""

    session: AssessmentSession
    there: There
    settings: session_rules.Delivery
    at: rows_of.Moment

    @classmethod
    def of(cls, session: AssessmentSession, there: There, now: datetime) -> _View:
        settings = session_rules.delivery(session.placement.version.settings, session.overrides)
        return cls(session, there, settings, rows_of.Moment.of(session_rules.clock(session, settings), now))

    @property
    def now(self) -> datetime:
        return self.at.now

    @property
    def clock(self) -> SessionClock:
        return self.at.clock

    @cached_property
    def tries(self) -> list[tuple[int, int, datetime]]:
        """Accounts of the run that typed wrong codes lately, how many, and since when."""
        if not self.there.tries:
            return []
        return sorted(_tries_of(course_key=self.session.course_key, since=tries_since(self.now)))

    @cached_property
    def door(self) -> dict[str, int] | None:
        """Wrong codes and PINs of people without an account in the run lately, from how many networks, and how many of those
        have to wait; None where they may not come into this session."""
        if not admits(self.session.course_key, self.settings):
            return None
        late = tries_since(self.now)
        rows = GuestTries.objects.filter(course_key=self.session.course_key, wrong__gt=0, since__gt=late)
        most = conf.get_int("ASSESSPREP_GUEST_WRONG_TRIES")
        # The sum last: a sum called as its column hides the column from what is counted after it.
        found = rows.aggregate(networks=Count("pk"), locked=Count("pk", filter=Q(wrong__gte=most)), wrong=Sum("wrong"))
        return {name: found[name] or 0 for name in ("wrong", "networks", "locked")}

    def marks(self, rows: Iterable[Look], change_no: int, at: datetime) -> str:
        """A digest of what moved lately: attempts, and wrong codes."""
        return digest(recent(rows, change_no, at), self.tries, self.door)

    def token(
        self, rows: Collection[Look], picture: Mapping[str, Any], people: str, until: datetime, *, plain: bool
    ) -> Since:
        """What was told with this picture; ``rows``: the attempts that changed lately are among them."""
        session, counters = self.session, picture["counters"]
        said = [value for name, value in picture.items() if name != "session"]
        return Since(
            change_no=session.change_no,
            at=self.now,
            until=until,
            assigned=counters["assigned"],
            guests=counters["guests"],
            plain=plain,
            people=people,
            rest=digest(session.lifecycle, session.name, picture["session"]["phase"], said),
            marks=self.marks(rows, session.change_no, self.now),
            head=head_of(session),
        )

    def picture(
        self, counters: dict[str, int], groups: Collection[delta.Group], known: Mapping[int, Person]
    ) -> dict[str, Any]:
        """Everything but the rows. ``known``: people whose names need no looking up."""
        session, there, now = self.session, self.there, self.now
        said = list(Announcement.objects.filter(session=session).values()) if there.announcements else []
        tries, notes = _tries(self.tries), extras.notes(session, there, now)
        others = {*(row["by_id"] for row in said), *notes.people}
        people = {**people_of.people(session, tries.keys() - known.keys(), others), **known}
        phase = session_rules.phase(session.lifecycle, self.settings, self.clock, now, working=counters["in_progress"])
        names = ((row, people[learner]) for learner, row in tries.items())
        return {
            "session": _session(session, self.settings, phase, now),
            "counters": counters,
            "announcements": _announcements(session, said, groups, people),
            "door": self.door,
            "tries": [{**row, "name": who.full_name, "username": who.username} for row, who in names],
            "notes": notes.shown({pk: person.full_name for pk, person in people.items()}),
        }


def _whole(view: _View, before: Since | None) -> dict[str, Any] | None:
    """The picture from everybody's row; told whole, or what changed, or not at all."""
    session = view.session
    found = _attempts(view)
    attempts = found.here
    assigned, people = people_of.roster(session, attempts.keys(), found.elsewhere)
    rows = [
        rows_of.row(people[learner], attempts.get(learner), learner in assigned, view.at)
        for learner in {*assigned, *attempts}
    ]
    rows.sort(key=lambda row: (row["name"].casefold(), row["learner"]))
    groups = [delta.Group(one.status, one.seen_announcement, one.heard_announcement, 1) for one in attempts.values()]
    picture = view.picture(_counters(rows, len(assigned)), groups, people)
    who = people_of.who(session, assigned, people)
    plain = _plain(found.rows) and _of_row(session).items() <= picture["counters"].items()
    token = view.token(found.rows, picture, who, _quiet_until(attempts.values(), view), plain=plain)
    delta.remember(session, who, people, view.now)
    public = {"since": str(token), **picture}
    if before is None or before.people != who or before.change_no > token.change_no:
        classes = [{"id": one.id, "name": one.name} for one in get_lms().classes(session.course_key)]
        extras.put_dots(rows, found.items, attempts, extras.answered_in(session))
        return {"full": True, "classes": classes, **public, "rows": rows}
    unmoved = before.marks == view.marks(found.rows, before.change_no, before.at)
    if unmoved and before.change_no == token.change_no and before.rest == token.rest:
        return None
    changed = [row for row in rows if row["attempt"] and _changed(attempts[row["learner"]], before, view.now)]
    extras.put_dots(changed, found.items, attempts, extras.answered_by)
    return {"full": False, **public, "rows": changed}


def _brought_up_to_date(
    view: _View, before: Since, changed: Collection[Look], *, anew: bool
) -> tuple[dict[str, Any], Since]:
    """What is told to somebody who knows everybody already: the rows that changed, and the counters. ``anew``: counted
    again, whatever the session's row says."""
    session = view.session
    attempts = {attempt.learner_id: attempt for attempt in changed}
    items = _complete(view, attempts.values())
    rows = []
    for learner, attempt in attempts.items():
        row = rows_of.row(Person(learner, "", ""), attempt, False, view.at)
        rows.append({name: value for name, value in row.items() if name not in WHO})
    plain = not anew and before.plain and _plain(changed)
    counters, groups, plain = _counted(view, plain=plain)
    counters["absent"] = before.assigned + before.guests - sum(counters.values())
    public = {"assigned": before.assigned, "guests": before.guests, **{status: counters[status] for status in COUNTED}}
    picture = view.picture(public, groups, {})
    until = min(before.until, _quiet_until(attempts.values(), view))
    token = view.token(changed, picture, before.people, until, plain=plain)
    extras.put_dots(rows, items, attempts, delta.answered(session, before))
    return {"full": False, "since": str(token), **picture, "rows": rows}, token


def _plain(attempts: Iterable[Look]) -> bool:
    """Whether none of them makes what is shown another thing than what the session's row counts."""
    return all(one.number == 1 and not (one.status == "in_progress" and rows_of.is_over(one)) for one in attempts)


def _of_row(session: AssessmentSession) -> dict[str, int]:
    """The counters of the session's own row."""
    return {status: getattr(session, f"n_{status}") for status in COUNTED if status != "absent"}


def _counted(view: _View, *, plain: bool) -> tuple[dict[str, int], tuple[delta.Group, ...], bool]:
    """How many there are of each status but ``absent``; groups by what they heard, where something was announced; and
    whether the session's row says the same."""
    if plain and not view.there.announcements:
        return _of_row(view.session), (), True
    tally = delta.counted(view.session, view.clock, view.now)
    counters = dict.fromkeys(_of_row(view.session), 0)
    for group in tally.groups:
        counters[group.status] += group.n
    counters["in_progress"] -= tally.over
    counters["ended"] += tally.over
    return counters, tally.groups, not tally.again and not tally.over and counters == _of_row(view.session)


def _quiet_until(attempts: Iterable[Look], view: _View) -> datetime:
    """Until when nothing changes by itself."""
    clock, now = view.clock, view.now
    moments = [now + LOOK_AT_ALL]
    if view.settings.opens_us is not None:
        moments.append(to_datetime(view.settings.opens_us))
    if clock.held_since is None:
        if clock.closes_us is not None:
            moments.append(clock.wall(clock.closes_us, now))
        running = (one.left_us or 0 for one in attempts if one.status == "in_progress" and one.hold_us is None)
        if (least := min((left for left in running if left > 0), default=None)) is not None:
            moments.append(now + timedelta(microseconds=least))
    return min(moment for moment in moments if moment > now)


@dataclass(frozen=True)
class _Room:
    """The newest attempt of each learner in a session, who has one elsewhere, all attempts, the questions."""

    here: dict[int, Look]
    elsewhere: set[int]
    rows: list[Look]
    items: list[int]


def _attempts(view: _View) -> _Room:
    """The attempts that a session's picture is made of, and who has one in others of its placement. Three queries."""
    session = view.session
    rows = all_of(session)
    here = {attempt.learner_id: attempt for attempt in rows}
    items = _complete(view, here.values())
    return _Room(here, delta.elsewhere(session), rows, items)


def _complete(view: _View, attempts: Collection[Look]) -> list[int]:
    """Put ``questions``, ``current_no`` (on which one a learner is, from 1) and what is left to attempts, and the last sign
    of life to those that are in the room still.

    Returns the questions, by :func:`.queries_extras.items_of`. One query.
    """
    items = extras.items_of(view.session)
    places = {item: place for place, (_pk, item) in enumerate(items, start=1)}
    # The table hears of signs of life once a minute; where that was longer ago, the cache may know of later ones.
    stale = view.now - timedelta(seconds=rows_of.SEEN_EVERY_S)
    seen = presence.last_seen([one.pk for one in attempts if one.status in LIVE and one.seen_at < stale])
    for attempt in attempts:
        attempt.questions, attempt.current_no = len(places), places.get(attempt.current_item)
        attempt.left_us = view.at.left_us(attempt)
        if attempt.pk in seen:
            attempt.seen_at = max(attempt.seen_at, seen[attempt.pk])
    return [pk for pk, _item in items]


def _tries(rows: Iterable[tuple[int, int, datetime]]) -> dict[int, dict[str, Any]]:
    """Wrong codes, by learner."""
    limit = conf.get_int("ASSESSPREP_WRONG_TRIES")
    return {
        learner: {"learner": learner, "wrong": wrong, "since": iso(since), "locked": wrong >= limit}
        for learner, wrong, since in rows
    }


def _counters(rows: Collection[Mapping[str, Any]], assigned: int) -> dict[str, int]:
    counters = dict.fromkeys(COUNTED, 0)
    for row in rows:
        counters[row["status"]] += 1
    return {"assigned": assigned, "guests": len(rows) - assigned, **counters}


def _announcements(
    session: AssessmentSession,
    rows: Collection[Mapping[str, Any]],
    groups: Collection[delta.Group],
    people: Mapping[int, Person],
) -> list[dict[str, Any]]:
    """What was said, newest first, and how many of those it was said to have seen it."""
    told: dict[int, dict[str, Any]] = {}
    one_by_one = delta.groups_of(session, {row["attempt_id"] for row in rows} - {None})
    for row in rows:
        one = told.setdefault(
            row["number"],
            {
                "number": row["number"],
                "text": row["text"],
                "at": iso(row["at"]),
                "by": people[row["by_id"]].full_name,
                "to_all": row["attempt_id"] is None,
                "acknowledge": row["acknowledge"],
                "delivered": 0,
                "seen": 0,
                "of": 0,
            },
        )
        # Said to everybody: those who can still see it, and those who saw it before they handed in.
        alone = row["attempt_id"] is not None
        for group in one_by_one.get(row["attempt_id"], ()) if alone else groups:
            seen = group.seen >= row["number"]
            one["seen"] += seen * group.n
            one["delivered"] += (seen or group.heard >= row["number"]) * group.n
            one["of"] += (seen or group.status in ("joined", "in_progress") or alone) * group.n
    return sorted(told.values(), key=lambda one: -one["number"])


def _session(session: AssessmentSession, settings: session_rules.Delivery, phase: str, now: datetime) -> dict[str, Any]:
    return {
        "uuid": str(session.uuid),
        "name": session.name,
        "course_key": str(session.course_key),
        "lifecycle": session.lifecycle,
        "phase": phase,
        "held": session.held_since is not None,
        "begin": settings.start == "invigilator" and session.begun_us is None,
        "held_since": iso(session.held_since),
        "change_no": session.change_no,
        "server_time": iso(now),
        "silent_after_s": rows_of.silent_after_s(),
        # Whether somebody may have to be let in.
        "waiting_room": settings.waiting_room or (settings.guests and settings.guests_wait),
        "guests_allowed": settings.guests,
    }


def _changed(attempt: Look, before: Since, now: datetime) -> bool:
    """Whether an attempt's row may differ from what was told: by number, by progress, or because its time ran out."""
    if attempt.change_no > before.change_no:
        return True
    # Signs of life are progress too when they reach the table, so at most once a minute; a page counts silence by itself.
    if attempt.progress_at is not None and attempt.progress_at >= before.at - OVERLAP:
        return True
    if attempt.status != "in_progress" or attempt.left_us is None or not rows_of.is_over(attempt):
        return False
    return timedelta(microseconds=-attempt.left_us) <= now - before.at + OVERLAP
