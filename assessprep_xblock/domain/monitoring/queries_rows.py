"""One learner's row of the Monitor, out of an attempt that was read; and a picture's rows as a table of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_lowercase, digits
from typing import Any

from assessprep_xblock import conf
from assessprep_xblock.lms.base import Person

from ..attempts.clock import AttemptClock
from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock
from .queries_look import Look

#: ``last_seen_at`` is written at most this often (seconds), so that silence can only be told beyond it.
SEEN_EVERY_S = 60
#: Signs of a column that says one of few things, each by its place among them.
SIGNS = digits + ascii_lowercase

_ABSENT: Mapping[str, Any] = {
    "learner": 0,
    "name": "",
    "username": "",
    "classes": [],
    "assigned": True,
    "guest": False,
    "no_account": False,
    "attempt": None,
    "status": "absent",
    "held": None,
    "waiting": False,
    "voided": False,
    "answered": 0,
    "questions": None,
    "current": None,
    "dots": None,
    "left_ms": None,
    "ends_at": None,
    "last_saved_at": None,
    "last_seen_at": None,
    "connection": None,
    "grading": None,
    "end_reason": "",
    "overdue": False,
    "denied": False,
    "away": False,
    "outside": False,
    "granted_s": 0,
    "accommodation_s": 0,
    "device": "",
    "other_device": "",
    "focus_lost": 0,
    "number": 1,
}


def iso(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Moment:
    """What all rows of a picture have alike: the session's clock, what it shows, and since when a page is silent."""

    clock: SessionClock
    now: datetime
    point: int
    silent_since: datetime

    @classmethod
    def of(cls, clock: SessionClock, now: datetime) -> Moment:
        """This moment of a session."""
        return cls(clock, now, clock.time(now), now - timedelta(seconds=silent_after_s()))

    def left_us(self, attempt: Look) -> int | None:
        """What an attempt has left; None before its clock runs."""
        if attempt.due_us is None:
            return None
        own = AttemptClock(self.clock, attempt.due_us, attempt.granted_us, attempt.hold_us)
        return own.end_us(self.now) - self.point


def is_over(attempt: Look) -> bool:
    """Whether its time is over; a held attempt never runs out."""
    return attempt.left_us is not None and attempt.left_us <= 0 and attempt.hold_us is None


def row(person: Person, attempt: Look | None, assigned: bool, at: Moment) -> dict[str, Any]:
    """One learner's row; ``attempt`` is one that :mod:`.queries` read, or None."""
    told = dict(_ABSENT)
    told["learner"] = person.user_id
    told["name"] = person.full_name or person.username
    told["username"] = person.username
    told["classes"] = list(person.classes)
    told["assigned"] = assigned
    if attempt is None:
        return told
    # Whose time is over has *ended*, settled or not.
    status = "ended" if attempt.status == "in_progress" and is_over(attempt) else attempt.status
    told["attempt"] = str(attempt.uuid)
    told["guest"] = attempt.is_guest
    told["no_account"] = attempt.no_account
    told["status"] = status
    told["voided"] = attempt.voided
    told["answered"] = attempt.answered
    told["questions"] = attempt.questions
    told["end_reason"] = attempt.end_reason
    told["last_saved_at"] = iso(attempt.last_saved_at)
    told["last_seen_at"] = iso(attempt.seen_at)
    told["granted_s"] = session_rules.whole_seconds(attempt.granted_us)
    told["accommodation_s"] = session_rules.whole_seconds(attempt.accommodation_us)
    told["device"] = attempt.device_label
    told["other_device"] = attempt.other_device_label
    told["focus_lost"] = attempt.focus_lost
    told["number"] = attempt.number
    if status == "submitted":
        told["grading"] = _grading(attempt)
    elif status == "ended":
        told["overdue"] = attempt.status == "in_progress" and not attempt.voided
    else:
        _live(told, attempt, at)
    return told


def _live(told: dict[str, Any], attempt: Look, at: Moment) -> None:
    """What is said of whoever is in the room still: whether she is there, waits, is held; and her clock."""
    told["connection"] = "connected" if attempt.seen_at >= at.silent_since else "silent"
    if at.clock.held_since is not None:
        told["held"] = "session"
    elif attempt.hold_us is not None:
        told["held"] = "student"
    if attempt.status == "joined":
        told["waiting"] = not attempt.is_admitted and not attempt.is_denied
        told["denied"] = attempt.is_denied
        return
    told["current"] = attempt.current_no
    told["away"] = attempt.is_away
    told["outside"] = attempt.outside == "waits"
    if attempt.left_us is not None:
        told["left_ms"] = max(0, attempt.left_us // 1000)
        if told["held"] is None:
            told["ends_at"] = iso(at.now + timedelta(microseconds=attempt.left_us))


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of the same fields as a table, each name told once: ``{"usual", "kinds", "columns"}``.

    ``usual``: what all of them say. ``kinds``: what says one of few things, as ``{"of": [...], "at": "0010"}``, a sign of
    :data:`SIGNS` for each row. ``columns``: a list of what each row says; ``learner`` is always there.
    """
    told: dict[str, Any] = {"usual": {}, "kinds": {}, "columns": {"learner": [row["learner"] for row in rows]}}
    most = min(len(SIGNS), len(rows) // 2)
    names = [name for name in rows[0] if name != "learner"] if rows else []
    for name in names:
        column = [row[name] for row in rows]
        first = column[0]
        if column.count(first) == len(column):
            told["usual"][name] = first
            continue
        # A list is no key; of the others those that are alike are of one kind.
        keys = [*map(tuple, column)] if isinstance(first, list) else column
        places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        if len(places) > most:
            told["columns"][name] = column
        else:
            signs = dict(zip(places, SIGNS, strict=False))
            told["kinds"][name] = {"of": [*places], "at": "".join(map(signs.__getitem__, keys))}
    return told


def _grading(attempt: Look) -> str:
    """``pending`` while the platform has not taken or scored everything, else the attempt's scoring."""
    return "pending" if attempt.handin in ("pending", "failed") or attempt.scoring == "pending" else attempt.scoring


def silent_after_s() -> int:
    """Seconds without a sign of life after which a student's connection counts as silent."""
    return SEEN_EVERY_S + 2 * conf.get_int("ASSESSPREP_BEAT_SECONDS")
