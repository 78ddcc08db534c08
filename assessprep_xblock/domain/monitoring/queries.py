"""The live picture of one session: who is where, how far, how long still, and what was announced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, Subquery

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..attempts import presence
from ..attempts.clock import AttemptClock
from ..attempts.models import Attempt
from ..library.models import PlacedQuestion
from ..sessions import rosters
from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock
from ..sessions.models import AssessmentSession, WrongTries
from .models import Announcement

COUNTED = ("absent", "joined", "in_progress", "ended", "submitted")
#: Progress carries no change number; two servers' clocks may differ, and a commit comes after its time was read.
OVERLAP = timedelta(seconds=10)
#: ``last_seen_at`` is written at most this often (seconds), so that silence can only be told beyond it.
SEEN_EVERY_S = 60


@dataclass(frozen=True)
class Since:
    """What a monitor has already been told: opaque to clients. ``people`` and ``rest`` are digests."""

    change_no: int
    at: datetime
    people: str
    rest: str

    def __str__(self) -> str:
        return f"{self.change_no}.{int(self.at.timestamp() * 1000)}.{self.people}.{self.rest}"

    @classmethod
    def read(cls, text: str, now: datetime) -> Since | None:
        """The token in ``text``; anything unreadable counts as none, which brings the whole picture."""
        try:
            change_no, at_ms, people, rest = text.split(".")
            return cls(int(change_no), datetime.fromtimestamp(int(at_ms) / 1000, now.tzinfo), people, rest)
        except (ValueError, OverflowError, OSError):
            return None


def monitor(session: AssessmentSession, *, since: str, now: datetime) -> dict[str, Any] | None:
    """The session's picture, or what changed in it since the token ``since``; None where nothing did.

    ``{"full", "since", "session", "counters", "announcements", "tries", "rows"}``; rows are those of all learners
    (``full``) or of those whose row changed. The counters are exclusive and always sum:
    absent + joined + in_progress + ended + submitted = assigned + guests. Times are ISO 8601 UTC.
    """
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = session_rules.clock(session, settings)
    attempts, elsewhere = _attempts(session)
    assigned = {
        learner: person
        for learner, person in rosters.assigned(session).items()
        if learner in attempts or learner not in elsewhere
    }
    announcements = list(Announcement.objects.filter(session=session).values("number", "text", "at", "by_id", "attempt_id"))
    tries = _tries(session, now)
    people = {**_people(session, {*attempts, *tries} - assigned.keys(), {row["by_id"] for row in announcements}), **assigned}

    rows = [
        _row(people[learner], attempts.get(learner), learner in assigned, clock, now) for learner in {*assigned, *attempts}
    ]
    rows.sort(key=lambda row: (row["name"].casefold(), row["learner"]))
    counters = _counters(rows, len(assigned))
    phase = session_rules.phase(session.lifecycle, settings, clock, now, working=counters["in_progress"])
    told = _announcements(announcements, attempts, people)
    wrong = [
        {**row, "name": people[learner].full_name, "username": people[learner].username} for learner, row in tries.items()
    ]
    token = Since(
        session.change_no,
        now,
        _digest(
            sorted(assigned),
            [(row["learner"], row["name"], row["classes"]) for row in rows],
            session.held_since,
            session.paused_us,
            session.overrides,
        ),
        _digest(session.lifecycle, session.name, phase, counters, told, wrong, *_marks(attempts)),
    )
    picture = {
        "session": _session(session, settings, phase, now),
        "counters": counters,
        "announcements": told,
        "tries": wrong,
    }
    return _answer(picture, rows, attempts, before=Since.read(since, now), token=token, clock=clock)


def _answer(
    picture: dict[str, Any],
    rows: list[dict[str, Any]],
    attempts: Mapping[int, Attempt],
    *,
    before: Since | None,
    token: Since,
    clock: SessionClock,
) -> dict[str, Any] | None:
    """Everything, or the rows that changed, or None."""
    if before is None or before.people != token.people or before.change_no > token.change_no:
        classes = [{"id": one.id, "name": one.name} for one in get_lms().classes(_course(picture))]
        return {"full": True, "since": str(token), "classes": classes, **_public(picture), "rows": rows}
    if before.change_no == token.change_no and before.rest == token.rest:
        return None
    changed = [row for row in rows if row["attempt"] and _changed(attempts[row["learner"]], before, token.at, clock)]
    return {"full": False, "since": str(token), **_public(picture), "rows": changed}


def _course(picture: dict[str, Any]) -> Any:
    return picture["session"]["course_key"]


def _public(picture: dict[str, Any]) -> dict[str, Any]:
    return {**picture, "session": {**picture["session"], "course_key": str(_course(picture))}}


def _attempts(session: AssessmentSession) -> tuple[dict[int, Attempt], set[int]]:
    """The newest attempt of each learner in this session, and who submitted in another session of its placement: one query.

    Each attempt carries ``questions`` (how many there are) and ``current_no`` (on which one the learner is, from 1).
    """
    placed = PlacedQuestion.objects.filter(placement_id=session.placement_id).order_by().values("placement_id")
    current = PlacedQuestion.objects.filter(placement_id=OuterRef("placement_id"), item=OuterRef("current_item")).order_by()
    rows: Any = (
        Attempt.objects.filter(placement_id=session.placement_id)
        .filter(Q(session=session) | Q(status="submitted", voided=False))
        .annotate(
            questions=Subquery(placed.annotate(n=Count("pk")).values("n")),
            first=Subquery(placed.annotate(n=Min("position")).values("n")),
            current_no=Subquery(current.values("position")[:1]) - F("first") + 1,
        )
        .order_by("number")
    )
    here: dict[int, Attempt] = {}
    elsewhere: set[int] = set()
    for attempt in rows:
        if attempt.session_id == session.pk:
            here[attempt.learner_id] = attempt
        else:
            elsewhere.add(attempt.learner_id)
    # The cache knows of signs of life that the table hears of only once a minute.
    seen = presence.last_seen([attempt.pk for attempt in here.values()])
    for attempt in here.values():
        attempt.last_seen_at = max(filter(None, (attempt.last_seen_at, seen.get(attempt.pk))), default=None)
    return here, elsewhere


def _tries(session: AssessmentSession, now: datetime) -> dict[int, dict[str, Any]]:
    """Accounts of the run that typed wrong codes lately."""
    window = timedelta(seconds=conf.get_int("ASSESSPREP_WRONG_TRIES_WINDOW"))
    limit = conf.get_int("ASSESSPREP_WRONG_TRIES")
    rows = WrongTries.objects.filter(course_key=session.course_key, wrong__gt=0, since__gt=now - window).order_by(
        "learner_id"
    )
    return {
        row.learner_id: {
            "learner": row.learner_id,
            "wrong": row.wrong,
            "since": iso(row.since),
            "locked": row.wrong >= limit,
        }
        for row in rows
    }


def _people(session: AssessmentSession, learners: Collection[int], others: Collection[int]) -> dict[int, Person]:
    """Names of people not on the roster; guests with their classes. A removed account keeps its row, without a name."""
    lms = get_lms()
    found = dict(lms.learners(session.course_key, user_ids=learners)) if learners else {}
    missing = {*learners, *others} - found.keys()
    found |= lms.people(missing) if missing else {}
    return {**{user_id: Person(user_id, f"#{user_id}", f"#{user_id}") for user_id in missing}, **found}


def _row(person: Person, attempt: Any, assigned: bool, clock: SessionClock, now: datetime) -> dict[str, Any]:
    """One learner's row; ``attempt`` is one of :func:`_attempts`, or None."""
    row: dict[str, Any] = {
        "learner": person.user_id,
        "name": person.full_name or person.username,
        "username": person.username,
        "classes": list(person.classes),
        "assigned": assigned,
        "guest": bool(attempt and attempt.is_guest),
        "attempt": None,
        "status": "absent",
        "held": None,
        "waiting": False,
        "voided": False,
        "answered": 0,
        "questions": None,
        "current": None,
        "left_ms": None,
        "ends_at": None,
        "last_saved_at": None,
        "last_seen_at": None,
        "connection": None,
        "grading": None,
        "end_reason": "",
        "overdue": False,
    }
    if attempt is None:
        return row
    own = _clock(attempt, clock)
    status = shown_status(attempt, own, now)
    live = status in ("joined", "in_progress")
    row |= {
        "attempt": str(attempt.uuid),
        "status": status,
        "voided": attempt.voided,
        "answered": attempt.answered,
        "questions": attempt.questions,
        "end_reason": attempt.end_reason,
        "last_saved_at": iso(attempt.last_saved_at),
        "last_seen_at": iso(attempt.last_seen_at),
        "grading": _grading(attempt),
        "current": attempt.current_no if status == "in_progress" else None,
        "waiting": status == "joined" and attempt.admitted_at is None,
        "connection": _connection(attempt, now) if live else None,
    }
    if live and clock.held_since is not None:
        row["held"] = "session"
    elif live and attempt.hold_us is not None:
        row["held"] = "student"
    if status == "in_progress" and own is not None:
        row["left_ms"] = max(0, own.left_us(now) // 1000)
        row["ends_at"] = None if row["held"] else iso(clock.wall(own.end_us(now), now))
    row["overdue"] = attempt.status == "in_progress" and status == "ended" and not attempt.voided
    return row


def _clock(attempt: Attempt, clock: SessionClock) -> AttemptClock | None:
    if attempt.due_us is None:
        return None
    return AttemptClock(session=clock, due_us=attempt.due_us, granted_us=attempt.granted_us, hold_us=attempt.hold_us)


def shown_status(attempt: Attempt, own: AttemptClock | None, now: datetime) -> str:
    """The status to show: whose time is over has *ended*, settled or not."""
    return "ended" if attempt.status == "in_progress" and own is not None and own.over(now) else attempt.status


def _grading(attempt: Attempt) -> str | None:
    """``pending`` while the platform has not taken or scored everything, else the attempt's scoring; None before."""
    if attempt.status != "submitted":
        return None
    return "pending" if attempt.handin in ("pending", "failed") or attempt.scoring == "pending" else attempt.scoring


def silent_after_s() -> int:
    """Seconds without a sign of life after which a student's connection counts as silent."""
    return SEEN_EVERY_S + 2 * conf.get_int("ASSESSPREP_BEAT_SECONDS")


def _connection(attempt: Attempt, now: datetime) -> str:
    if attempt.last_seen_at is None:
        return "never"
    return "connected" if now - attempt.last_seen_at <= timedelta(seconds=silent_after_s()) else "silent"


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
                "seen": 0,
                "of": 0,
            },
        )
        # Said to everybody: those who can still see it, and those who saw it before they handed in.
        meant = by_pk.values() if row["attempt_id"] is None else [by_pk[pk] for pk in [row["attempt_id"]] if pk in by_pk]
        for attempt in meant:
            seen = attempt.seen_announcement >= row["number"]
            one["seen"] += seen
            one["of"] += seen or attempt.status in ("joined", "in_progress") or row["attempt_id"] is not None
    return sorted(told.values(), key=lambda one: -one["number"])


def _session(session: AssessmentSession, settings: session_rules.Delivery, phase: str, now: datetime) -> dict[str, Any]:
    return {
        "uuid": str(session.uuid),
        "name": session.name,
        "course_key": session.course_key,
        "lifecycle": session.lifecycle,
        "phase": phase,
        "held": session.held_since is not None,
        "begin": settings.start == "invigilator" and session.begun_us is None,
        "held_since": iso(session.held_since),
        "change_no": session.change_no,
        "server_time": iso(now),
        "silent_after_s": silent_after_s(),
        "waiting_room": settings.waiting_room,
        "guests_allowed": settings.guests,
    }


def _changed(attempt: Attempt, before: Since, now: datetime, clock: SessionClock) -> bool:
    """Whether an attempt's row may differ from what was told: by number, by progress, or because its time ran out."""
    if attempt.change_no > before.change_no:
        return True
    # Signs of life are progress too when they reach the table, so at most once a minute; a page counts silence by itself.
    if attempt.progress_at is not None and attempt.progress_at >= before.at - OVERLAP:
        return True
    own = _clock(attempt, clock)
    if attempt.status != "in_progress" or own is None or not own.over(now):
        return False
    return timedelta(microseconds=-own.left_us(now)) <= now - before.at + OVERLAP


def _marks(attempts: Mapping[int, Attempt]) -> list[tuple[int, int, datetime | None]]:
    """What moves whenever an attempt's row does, so that an overlap in time repeats no answer when nothing happened."""
    return sorted((attempt.pk, attempt.change_no, attempt.progress_at) for attempt in attempts.values())


def _digest(*parts: Any) -> str:
    return blake2s(repr(parts).encode(), digest_size=8).hexdigest()


def iso(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
