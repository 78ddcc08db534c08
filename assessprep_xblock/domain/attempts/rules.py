"""What an attempt may do, and when. One table of moves; values in, values out; no framework, no clock of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
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
    ("in_progress", "let_back"): "in_progress",
    ("in_progress", "change_device"): "in_progress",
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
#: Who was silent for longer was away, where coming back needs somebody's leave.
AWAY = timedelta(minutes=2)
#: A page dates what was typed when it finds it: at once, or after this at most, where an input makes no event.
LOOKED_AT = timedelta(seconds=3)
#: How much older than the truth the last sign of life in the table may be.
SEEN_WRITTEN = timedelta(minutes=1)
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
    #: the invigilator began the test, or nobody has to
    begun: bool = True
    #: the point on the session's clock after which nobody starts any more
    last_entry_us: int | None = None
    #: whether the learner has to press Submit in the grace when the time is over
    must_submit: bool = False
    end_grace_s: int = 0
    #: whether an honesty statement is still to be agreed to
    honesty_open: bool = False
    #: since when the learner waits to be let in again, and the last sign of life where being away needs that
    waits_since: datetime | None = None
    last_seen_at: datetime | None = None
    ended_us: int | None = None
    denied: bool = False

    @property
    def held(self) -> bool:
        """Paused, by the session or on its own."""
        return self.session_held or (self.attempt_clock is not None and self.attempt_clock.hold_us is not None)

    def waits(self, now: datetime) -> bool:
        """Whether the learner was away for too long and has not been let in again."""
        if self.status != "in_progress" or self.waits_since is not None:
            return self.status == "in_progress"
        return self.last_seen_at is not None and now - self.last_seen_at > AWAY + SEEN_WRITTEN

    def over_since(self, now: datetime) -> datetime | None:
        """When answering ended, settled or not; None while it goes on, or never began."""
        if self.ended_at is not None or self.attempt_clock is None or not self.attempt_clock.over(now):
            return self.ended_at
        return self.clock.wall(self.attempt_clock.end_us(now), now)

    def shown_status(self, now: datetime) -> str:
        """The status to show: an attempt whose time is over is *ended*, settled or not."""
        if self.status == "in_progress" and self.attempt_clock is not None and self.attempt_clock.over(now):
            return "ended"
        return self.status


def check_start(standing: Standing, now: datetime, *, agreed: bool = False) -> None:
    """Refuse a start that may not be: the session's window, a hold, the waiting room, the attempt's state.

    ``agreed``: the learner agrees to the honesty statement with this very start.
    """
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
    check_last_entry(standing.clock, standing.last_entry_us, now)
    if standing.session_held:
        raise Refusal("held")
    if not standing.admitted:
        raise Refusal("denied" if standing.denied else "not_admitted")
    if not standing.begun:
        raise Refusal("not_begun")
    if standing.honesty_open and not agreed:
        raise Refusal("honesty_needed")


def check_last_entry(clock: SessionClock, last_entry_us: int | None, now: datetime) -> None:
    """Refuse who comes too late for a first start. A pause moves the limit, as it moves every deadline."""
    if last_entry_us is not None and clock.time(now) > last_entry_us:
        raise Refusal("too_late_to_start")


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


def check_answer(standing: Standing, now: datetime, *, written_at: datetime | None = None) -> None:
    """Refuse an answer that comes too late, and one that was written too late, where its page says when that was.

    The grace is for what was on its way. A hold refuses none: what was typed before the pause arrived is kept.
    """
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
    over = standing.over_since(now) if standing.status == "in_progress" else None
    if over is not None and written_at is not None and written_at > over + LOOKED_AT:
        raise Refusal("time_over")
    if standing.status == "ended" and (standing.ended_at is None or now - standing.ended_at > timedelta(seconds=grace)):
        raise Refusal("not_in_progress")


def check_submit(standing: Standing, now: datetime) -> None:
    """Refuse a submit that may not be. A hold does, so that pausing never hands in, and so does waiting to be let in again:
    whoever sits there now does nothing before staff have looked. Time-over refuses none, except where the learner had to
    submit in the grace and did not."""
    if standing.voided:
        raise Refusal("voided")
    if standing.status == "joined":
        raise Refusal("not_started")
    after(standing.status, "submit")
    if standing.held and standing.status == "in_progress":
        raise Refusal("held")
    over = standing.over_since(now)
    if over is None and standing.waits(now):
        raise Refusal("away_too_long")
    grace = timedelta(seconds=standing.end_grace_s + standing.network_grace_s)
    if standing.must_submit and over is not None and now > over + grace:
        raise Refusal("grace_over")


def in_own_order(items: Sequence[str], attempt: str) -> list[str]:
    """Items in the order of one attempt: shuffled, and always the same for it, on every device and after every release.

    By a digest and not by a seeded generator, whose draws a new Python may change in the middle of a term.
    """
    return sorted(items, key=lambda item: sha256(f"{attempt}:{item}".encode()).digest())


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


def handin_of(states: Sequence[str], *, marks_sent: bool = True) -> str:
    """The attempt's hand-in out of its questions' states: ``done``, ``failed`` (grade pending) or ``pending``.

    ``marks_sent``: whether the platform has the newest mark of each question that a person marked.
    """
    if all(state == "done" for state in states) and marks_sent:
        return "done"
    return "failed" if "failed" in states else "pending"


def counted(*, mark: float | None, machine: float | None, most: float, dropped: str) -> tuple[float | None, float]:
    """What one question counts: points (None: a person has yet to give them) and the most one can have.

    ``dropped``: ``leave``, it counts nothing; ``full``, everybody has its points; else a person's mark, or the machine's.
    """
    if dropped == "leave":
        return 0.0, 0.0
    if dropped == "full":
        return most, most
    return (machine if mark is None else mark), most


#: Questions whose time is kept of one attempt: more than any test has.
MOST_TIMED = 500


def spent_with(known: Mapping[str, int], told: Any, *, started_at: datetime | None, now: datetime) -> dict[str, int]:
    """Seconds per question with what the learner's page told anew: ``{item: seconds in all}``.

    The larger number counts, so a call may come twice or late; none is longer than the test has run. What cannot be read
    changes nothing: no answer is refused because of its time.
    """
    if not isinstance(told, Mapping) or started_at is None:
        return dict(known)
    longest = max(0, int((now - started_at).total_seconds()) + 1)
    merged = dict(known)
    for item, seconds in list(told.items())[:MOST_TIMED]:
        readable = isinstance(item, str) and len(item) <= 255 and type(seconds) is int and seconds > 0
        if readable and (item in merged or len(merged) < MOST_TIMED):
            merged[item] = max(merged.get(item, 0), min(seconds, longest))
    return merged
