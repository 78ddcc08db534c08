"""One learner's row of the Monitor, out of an attempt that was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from assessprep_xblock import conf
from assessprep_xblock.lms.base import Person

from ..attempts.clock import AttemptClock
from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock
from .queries_look import Look

#: ``last_seen_at`` is written at most this often (seconds), so that silence can only be told beyond it.
SEEN_EVERY_S = 60
#: In every row, however short.
ALWAYS = frozenset({"learner", "name", "username", "attempt"})


def iso(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def row(person: Person, attempt: Look | None, assigned: bool, clock: SessionClock, now: datetime) -> dict[str, Any]:
    """One learner's row; ``attempt`` is one that :mod:`.queries` read, or None."""
    told: dict[str, Any] = {
        "learner": person.user_id,
        "name": person.full_name or person.username,
        "username": person.username,
        "classes": list(person.classes),
        "assigned": assigned,
        "guest": bool(attempt and attempt.is_guest),
        "no_account": bool(attempt and attempt.no_account),
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
        "denied": False,
        "away": False,
        "outside": False,
        "granted_s": 0,
        "device": "",
        "other_device": "",
        "focus_lost": 0,
        "number": 1,
    }
    if attempt is None:
        return told
    own = clock_of(attempt, clock)
    status = shown_status(attempt, own, now)
    live = status in ("joined", "in_progress")
    told |= {
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
        "waiting": status == "joined" and attempt.admitted_at is None and attempt.denied_at is None,
        "connection": _connection(attempt, now) if live else None,
        "denied": status == "joined" and attempt.denied_at is not None,
        "away": status == "in_progress" and attempt.waits_since is not None,
        "outside": status == "in_progress" and attempt.outside == "waits",
        "granted_s": session_rules.whole_seconds(attempt.granted_us),
        "device": attempt.device_label,
        "other_device": attempt.other_device_label,
        "focus_lost": attempt.focus_lost,
        "number": attempt.number,
    }
    if live and clock.held_since is not None:
        told["held"] = "session"
    elif live and attempt.hold_us is not None:
        told["held"] = "student"
    if status == "in_progress" and own is not None:
        told["left_ms"] = max(0, own.left_us(now) // 1000)
        told["ends_at"] = None if told["held"] else iso(clock.wall(own.end_us(now), now))
    told["overdue"] = attempt.status == "in_progress" and status == "ended" and not attempt.voided
    return told


def shortened(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a row of the commonest status says, and the rows without what they say alike; ``{**usual, **row}`` is the row.

    Who it is about and the attempt's id stay in every row.
    """
    if not rows:
        return {}, []
    commonest = Counter(row["status"] for row in rows).most_common(1)[0][0]
    model = next(row for row in rows if row["status"] == commonest)
    usual = {name: value for name, value in model.items() if name not in ALWAYS}
    lacking = dict.fromkeys(usual)
    return usual, [_without(usual, row if row.keys() >= usual.keys() else {**lacking, **row}) for row in rows]


_UNLIKE = object()


def _without(usual: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says otherwise; one that lacks what the usual one has (dots, for who never came) says so."""
    known = usual.get
    return {name: value for name, value in row.items() if known(name, _UNLIKE) != value}


def clock_of(attempt: Look, clock: SessionClock) -> AttemptClock | None:
    if attempt.due_us is None:
        return None
    return AttemptClock(session=clock, due_us=attempt.due_us, granted_us=attempt.granted_us, hold_us=attempt.hold_us)


def shown_status(attempt: Look, own: AttemptClock | None, now: datetime) -> str:
    """The status to show: whose time is over has *ended*, settled or not."""
    return "ended" if attempt.status == "in_progress" and own is not None and own.over(now) else attempt.status


def _grading(attempt: Look) -> str | None:
    """``pending`` while the platform has not taken or scored everything, else the attempt's scoring; None before."""
    if attempt.status != "submitted":
        return None
    return "pending" if attempt.handin in ("pending", "failed") or attempt.scoring == "pending" else attempt.scoring


def silent_after_s() -> int:
    """Seconds without a sign of life after which a student's connection counts as silent."""
    return SEEN_EVERY_S + 2 * conf.get_int("ASSESSPREP_BEAT_SECONDS")


def _connection(attempt: Look, now: datetime) -> str:
    if attempt.last_seen_at is None:
        return "never"
    return "connected" if now - attempt.last_seen_at <= timedelta(seconds=silent_after_s()) else "silent"
