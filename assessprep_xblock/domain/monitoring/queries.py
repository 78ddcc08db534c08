"""The live picture of one session: who is where, how far, how long still, and what was announced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from django.db.models import Q, QuerySet

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..attempts import presence
from ..attempts.models import Attempt
from ..sessions import rosters
from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock, to_datetime
from ..sessions.models import AssessmentSession, WrongTries
from . import queries_extras as extras
from . import queries_rows as rows_of
from .models import Announcement
from .queries_rows import iso

COUNTED = ("absent", "joined", "in_progress", "ended", "submitted")
#: Progress carries no change number; two servers' clocks may differ, and a commit comes after its time was read.
OVERLAP = timedelta(seconds=10)
#: The roster is the platform's, and tells nobody when it changes: it is looked at again this often.
ROSTER_EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class Since:
    """What a monitor has already been told: opaque to clients. ``people``, ``rest`` and ``marks`` are digests.

    Until ``until`` nothing changes by itself: no time runs out, no window opens or closes.
    """

    change_no: int
    at: datetime
    until: datetime
    people: str
    rest: str
    marks: str

    def __str__(self) -> str:
        times = (str(int(moment.timestamp() * 1000)) for moment in (self.at, self.until))
        return ".".join((str(self.change_no), *times, self.people, self.rest, self.marks))

    @classmethod
    def read(cls, text: str, now: datetime) -> Since | None:
        """The token in ``text``; anything unreadable counts as none, which brings the whole picture."""
        try:
            change_no, at_ms, until_ms, people, rest, marks = text.split(".")
            at, until = (datetime.fromtimestamp(int(one) / 1000, now.tzinfo) for one in (at_ms, until_ms))
            return cls(int(change_no), at, until, people, rest, marks)
        except (ValueError, OverflowError, OSError):
            return None


def monitor(session: AssessmentSession, *, since: str, now: datetime) -> dict[str, Any] | None:
    """The session's picture, or what changed in it since the token ``since``; None where nothing did.

    ``{"full", "since", "session", "counters", "announcements", "tries", "notes", "rows"}``; rows are those of all learners
    (``full``) or of those whose row changed. The counters are exclusive and always sum:
    absent + joined + in_progress + ended + submitted = assigned + guests. Times are ISO 8601 UTC.
    Where nothing happened that is found out by two queries, and neither the roster nor the people are asked for.
    """
    before = Since.read(since, now)
    if before is not None and _nothing_happened(session, before, now):
        return None
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = session_rules.clock(session, settings)
    found = _attempts(session)
    attempts = found.here
    assigned = {
        learner: person
        for learner, person in rosters.assigned(session).items()
        if learner in attempts or learner not in found.elsewhere
    }
    said = list(Announcement.objects.filter(session=session).values())
    tries, notes = _tries(session, now), extras.notes(session, now)
    others = {*(row["by_id"] for row in said), *notes.people}
    people = {**_people(session, {*attempts, *tries} - assigned.keys(), others), **assigned}

    rows = [
        rows_of.row(people[learner], attempts.get(learner), learner in assigned, clock, now)
        for learner in {*assigned, *attempts}
    ]
    rows.sort(key=lambda row: (row["name"].casefold(), row["learner"]))
    counters = _counters(rows, len(assigned))
    phase = session_rules.phase(session.lifecycle, settings, clock, now, working=counters["in_progress"])
    told = _announcements(said, attempts, people)
    wrong = [
        {**row, "name": people[learner].full_name, "username": people[learner].username} for learner, row in tries.items()
    ]
    shown = notes.shown({pk: person.full_name for pk, person in people.items()})
    token = Since(
        session.change_no,
        now,
        _quiet_until(attempts.values(), settings, clock, now),
        _digest(
            sorted(assigned),
            [(row["learner"], row["name"], row["classes"]) for row in rows],
            session.held_since,
            session.paused_us,
            session.overrides,
        ),
        _digest(session.lifecycle, session.name, phase, counters, told, wrong, shown, found.marks),
        _digest(found.marks, _try_marks(session, now)),
    )
    picture = {
        "session": _session(session, settings, phase, now),
        "counters": counters,
        "announcements": told,
        "tries": wrong,
        "notes": shown,
    }
    return _answer(session, picture, rows, attempts, before=before, token=token, clock=clock)


def _nothing_happened(session: AssessmentSession, before: Since, now: datetime) -> bool:
    """Whether what a monitor was told still holds: two queries, whatever the size of the room."""
    if before.change_no != session.change_no or not before.at <= now < before.until:
        return False
    marks = sorted(_of_room(session).order_by().values_list("pk", "change_no", "progress_at"))
    return before.marks == _digest(marks, _try_marks(session, now))


def _quiet_until(
    attempts: Iterable[Attempt], settings: session_rules.Delivery, clock: SessionClock, now: datetime
) -> datetime:
    """Until when nothing changes by itself, and the roster need not be looked at again."""
    moments = [now + ROSTER_EVERY]
    if settings.opens_us is not None:
        moments.append(to_datetime(settings.opens_us))
    if clock.held_since is None:
        if clock.closes_us is not None:
            moments.append(clock.wall(clock.closes_us, now))
        clocks = (rows_of.clock_of(one, clock) for one in attempts if one.status == "in_progress" and one.hold_us is None)
        moments += [clock.wall(own.end_us(now), now) for own in clocks if own is not None]
    return min(moment for moment in moments if moment > now)


def _answer(
    session: AssessmentSession,
    picture: dict[str, Any],
    rows: list[dict[str, Any]],
    attempts: Mapping[int, Attempt],
    *,
    before: Since | None,
    token: Since,
    clock: SessionClock,
) -> dict[str, Any] | None:
    """Everything, or the rows that changed, or None."""
    public = {"since": str(token), **picture}
    if before is None or before.people != token.people or before.change_no > token.change_no:
        classes = [{"id": one.id, "name": one.name} for one in get_lms().classes(session.course_key)]
        extras.add_to(rows, session, attempts)
        return {"full": True, "classes": classes, **public, "rows": rows}
    if before.change_no == token.change_no and before.rest == token.rest:
        return None
    changed = [row for row in rows if row["attempt"] and _changed(attempts[row["learner"]], before, token.at, clock)]
    extras.add_to(changed, session, attempts)
    return {"full": False, **public, "rows": changed}


@dataclass(frozen=True)
class _Room:
    """The newest attempt of each learner in a session, who has one in another session, and what moves when one changes."""

    here: dict[int, Attempt]
    elsewhere: set[int]
    marks: list[tuple[int, int, datetime | None]]


def _of_room(session: AssessmentSession) -> QuerySet[Attempt]:
    """The attempts that a session's picture is made of: its own, and what learners have in others of its placement."""
    return Attempt.objects.filter(placement_id=session.placement_id).filter(Q(session=session) | Q(voided=False))


def _attempts(session: AssessmentSession) -> _Room:
    """Two queries: the attempts, and the questions that say on which one a learner is (``current_no``, from 1)."""
    places = {item: place for place, item in enumerate(extras.items_of(session), start=1)}
    here: dict[int, Attempt] = {}
    elsewhere: set[int] = set()
    rows: list[Any] = list(_of_room(session).order_by("number"))
    for attempt in rows:
        if attempt.session_id == session.pk:
            attempt.questions, attempt.current_no = len(places), places.get(attempt.current_item)
            here[attempt.learner_id] = attempt
        else:
            elsewhere.add(attempt.learner_id)
    # The cache knows of signs of life that the table hears of only once a minute.
    seen = presence.last_seen([attempt.pk for attempt in here.values()])
    for attempt in here.values():
        # Whoever has just joined was there at that moment.
        known = (attempt.last_seen_at, seen.get(attempt.pk), attempt.joined_at)
        attempt.last_seen_at = max(moment for moment in known if moment is not None)
    return _Room(here, elsewhere, sorted((one.pk, one.change_no, one.progress_at) for one in rows))


def _try_marks(session: AssessmentSession, now: datetime) -> list[tuple[int, int, datetime]]:
    window = timedelta(seconds=conf.get_int("ASSESSPREP_WRONG_TRIES_WINDOW"))
    rows = WrongTries.objects.filter(course_key=session.course_key, wrong__gt=0, since__gt=now - window)
    return sorted(rows.values_list("learner_id", "wrong", "since"))


def _tries(session: AssessmentSession, now: datetime) -> dict[int, dict[str, Any]]:
    """Accounts of the run that typed wrong codes lately."""
    limit = conf.get_int("ASSESSPREP_WRONG_TRIES")
    return {
        learner: {"learner": learner, "wrong": wrong, "since": iso(since), "locked": wrong >= limit}
        for learner, wrong, since in _try_marks(session, now)
    }


def _people(session: AssessmentSession, learners: Collection[int], others: Collection[int]) -> dict[int, Person]:
    """Names of people not on the roster; guests with their classes. A removed account keeps its row, without a name."""
    lms = get_lms()
    found = dict(lms.learners(session.course_key, user_ids=learners)) if learners else {}
    missing = {*learners, *others} - found.keys()
    found |= lms.people(missing) if missing else {}
    return {**{user_id: Person(user_id, f"#{user_id}", f"#{user_id}") for user_id in missing}, **found}


def _counters(rows: Collection[Mapping[str, Any]], assigned: int) -> dict[str, int]:
    counters = dict.fromkeys(COUNTED, 0)
    for row in rows:
        counters[row["status"]] += 1
    return {"assigned": assigned, "guests": len(rows) - assigned, **counters}


def _announcements(
    rows: Collection[Mapping[str, Any]], attempts: Mapping[int, Attempt], people: Mapping[int, Person]
) -> list[dict[str, Any]]:
    """What was said, newest first, and how many of those it was said to have seen it."""
    told: dict[int, dict[str, Any]] = {}
    by_pk = {attempt.pk: attempt for attempt in attempts.values()}
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
        meant = by_pk.values() if row["attempt_id"] is None else [by_pk[pk] for pk in [row["attempt_id"]] if pk in by_pk]
        for attempt in meant:
            seen = attempt.seen_announcement >= row["number"]
            one["seen"] += seen
            one["delivered"] += seen or attempt.heard_announcement >= row["number"]
            one["of"] += seen or attempt.status in ("joined", "in_progress") or row["attempt_id"] is not None
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


def _changed(attempt: Attempt, before: Since, now: datetime, clock: SessionClock) -> bool:
    """Whether an attempt's row may differ from what was told: by number, by progress, or because its time ran out."""
    if attempt.change_no > before.change_no:
        return True
    # Signs of life are progress too when they reach the table, so at most once a minute; a page counts silence by itself.
    if attempt.progress_at is not None and attempt.progress_at >= before.at - OVERLAP:
        return True
    own = rows_of.clock_of(attempt, clock)
    if attempt.status != "in_progress" or own is None or not own.over(now):
        return False
    return timedelta(microseconds=-own.left_us(now)) <= now - before.at + OVERLAP


def _digest(*parts: Any) -> str:
    return blake2s(repr(parts).encode(), digest_size=8).hexdigest()
