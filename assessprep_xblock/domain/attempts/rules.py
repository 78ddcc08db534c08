"""What an attempt may do, and when. One table of moves; values in, values out; no framework, no clock of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..sessions.clock import SECOND, SessionClock, to_datetime, to_us
from ..shared.refusals import Refusal
from .clock import AttemptClock

STATUSES = ("absent", "joined", "in_progress", "ended", "submitted")

#: (status, move) -> the status it leads to. A pair that is not here is refused: the table is the state machine.
MOVES: dict[tuple[str, str], str] = {
    ("absent", "join"): "joined",
    ("joined", "join"): "joined",
    ("joined", "admit"): "joined",
    ("joined", "deny"): "joined",
    ("joined", "void"): "joined",
    ("joined", "start"): "in_progress",
    ("in_progress", "start"): "in_progress",
    ("in_progress", "answer"): "in_progress",
    ("in_progress", "hold"): "in_progress",
    ("in_progress", "release"): "in_progress",
    ("in_progress", "extend"): "in_progress",
    ("in_progress", "end"): "ended",
    ("in_progress", "submit"): "submitted",
    ("in_progress", "reopen"): "in_progress",
    ("in_progress", "void"): "ended",
    ("ended", "answer"): "ended",
    ("ended", "end"): "ended",
    ("ended", "submit"): "submitted",
    ("ended", "reopen"): "in_progress",
    ("ended", "void"): "ended",
    ("ended", "renew"): "ended",
    ("submitted", "submit"): "submitted",
    ("submitted", "reopen"): "in_progress",
    ("submitted", "void"): "submitted",
    ("submitted", "renew"): "submitted",
}
MOVE_NAMES = tuple(sorted({move for _status, move in MOVES}))


def after(status: str, move: str) -> str:
    """The status to which ``move`` leads, or the refusal ``move_refused`` with the status that stands."""
    try:
        return MOVES[status, move]
    except KeyError:
        raise Refusal("move_refused", status=status, move=move) from None


@dataclass(frozen=True)
class Standing:
    """What one learner's attempt looks like to a rule: plain values, read in one query."""

    status: str
    voided: bool
    admitted: bool
    session_published: bool
    session_held: bool
    clock: SessionClock
    attempt_clock: AttemptClock | None
    opens_us: int | None
    network_grace_s: int
    ended_at: datetime | None = None
    ended_us: int | None = None
    denied: bool = False

    @property
    def held(self) -> bool:
        """Paused, by the session or on its own."""
        return self.session_held or (self.attempt_clock is not None and self.attempt_clock.hold_us is not None)

    def shown_status(self, now: datetime) -> str:
        """The status to show: an attempt whose time is over is *ended*, settled or not."""
        if self.status == "in_progress" and self.attempt_clock is not None and self.attempt_clock.over(now):
            return "ended"
        return self.status


def check_start(standing: Standing, now: datetime) -> None:
    """Refuse a start that may not be: the session's window, a hold, the waiting room, the attempt's state."""
    if standing.voided:
        raise Refusal("voided")
    if standing.status == "submitted":
        raise Refusal("already_submitted")
    after(standing.status, "start")
    if standing.status == "in_progress":
        return
    if not standing.session_published:
        raise Refusal("not_published")
    check_window(standing.clock, standing.opens_us, now, lead_s=0)
    if standing.session_held:
        raise Refusal("held")
    if not standing.admitted:
        raise Refusal("denied" if standing.denied else "not_admitted")


def reopened_us(standing: Standing, seconds: int, now: datetime) -> tuple[int, int]:
    """What to add so that a stopped test goes on with what was left when it stopped, and ``seconds`` more: microseconds.

    (made up for the time since then, given). Both move the learner's own end and the close alike, so that whichever of the
    two cut the test cuts it no earlier now. Refused while the test is running, and where nothing would be left.
    """
    after(standing.status, "reopen")
    clock = standing.attempt_clock
    if clock is None or standing.shown_status(now) == "in_progress":
        raise Refusal("move_refused", status=standing.status, move="reopen")
    stopped = clock.end_us(now) if standing.ended_us is None else standing.ended_us
    if clock.end_us(now) - stopped + seconds * SECOND <= 0:
        raise Refusal("nothing_left")
    return max(0, clock.session.time(now) - stopped), seconds * SECOND


def check_window(clock: SessionClock, opens_us: int | None, now: datetime, *, lead_s: int) -> None:
    """Refuse what comes before the opening (less the lead) or after the close, and tell which."""
    if clock.closed(now):
        raise Refusal("session_closed")
    if opens_us is not None and to_us(now) < opens_us - lead_s * SECOND:
        opens = to_datetime(opens_us)
        raise Refusal(
            "not_open_yet", opens=opens.strftime("%Y-%m-%d %H:%M UTC"), opens_at=opens.isoformat().replace("+00:00", "Z")
        )


def check_answer(standing: Standing, now: datetime) -> None:
    """Refuse an answer that comes too late. A hold refuses none: what was typed before the pause arrived is kept."""
    if standing.voided:
        raise Refusal("voided")
    if standing.status == "submitted":
        raise Refusal("already_submitted")
    if standing.status == "joined":
        raise Refusal("not_started")
    after(standing.status, "answer")
    assert standing.attempt_clock is not None
    grace = standing.network_grace_s
    if standing.status == "in_progress" and standing.attempt_clock.over(now, grace_s=grace):
        raise Refusal("time_over")
    if standing.status == "ended" and (standing.ended_at is None or now - standing.ended_at > timedelta(seconds=grace)):
        raise Refusal("not_in_progress")


def check_submit(standing: Standing) -> None:
    """Refuse a submit that may not be. Time-over never refuses one; a hold does, so that pausing never hands in."""
    if standing.voided:
        raise Refusal("voided")
    if standing.status == "joined":
        raise Refusal("not_started")
    after(standing.status, "submit")
    if standing.held and standing.status == "in_progress":
        raise Refusal("held")


def read_values(values: Any, *, item: str, limit: int, size: int) -> dict[str, str | list[str]]:
    """The inputs of one question as its form would post them; unknown names are dropped, wrong types refused.

    ``item`` is the question's block id: the platform names its inputs ``input_<block id>_<part>_<input>``.
    """
    if size > limit:
        raise Refusal("too_large", field="values", limit=f"{limit} bytes")
    if not isinstance(values, Mapping):
        raise Refusal("invalid", field="values", why="it has to be an object")
    known = re.compile(rf"input_{re.escape(item)}_\d+_\d+(_[a-z0-9_]+)?(\[\])?\Z")
    kept: dict[str, str | list[str]] = {}
    for name, value in values.items():
        if not isinstance(name, str) or not known.match(name):
            continue
        several = name.endswith("[]")
        if several and name.removesuffix("[]") in values:
            # No form posts one input twice, and the platform grades nothing of a question that does.
            raise Refusal("invalid", field=name, why="it is there twice, as one value and as several")
        if several and isinstance(value, list) and all(isinstance(part, str) for part in value):
            kept[name] = list(value)
        elif not several and isinstance(value, str):
            kept[name] = value
        else:
            raise Refusal("invalid", field=name, why="it has to be text" if not several else "it has to be a list of texts")
    return kept


def is_answered(values: Mapping[str, str | list[str]]) -> bool:
    """Whether anything was typed or chosen. Previews that the platform keeps beside an input do not count, nor does the
    first line of a dropdown ("Select an option")."""
    return any(
        value if isinstance(value, list) else value.strip() and not value.endswith("_dummy_default")
        for name, value in values.items()
        if "_dynamath" not in name
    )


def scoring_of(results: Sequence[tuple[bool, float | None]]) -> str:
    """The attempt's scoring out of its questions' (scored, earned): ``pending``, ``needs_marking`` or ``scored``."""
    if not all(scored for scored, _earned in results):
        return "pending"
    return "needs_marking" if any(earned is None for _scored, earned in results) else "scored"


def handin_of(states: Sequence[str]) -> str:
    """The attempt's hand-in out of its questions' states: ``done``, ``failed`` (grade pending) or ``pending``."""
    if all(state == "done" for state in states):
        return "done"
    return "failed" if "failed" in states else "pending"
