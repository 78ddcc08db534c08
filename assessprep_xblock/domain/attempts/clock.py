"""The clock of a session and of each attempt in it: integers of microseconds, no framework, ``now`` is an argument.

A session's clock stands still while the session is held: ``session_time(now) = now - paused - (now - held_since, if held)``.
Every deadline is a point on that clock, so pausing a room of a thousand changes one row and no deadline.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly (no float is involved)."""
    return (moment - EPOCH) // MICROSECOND


def to_datetime(us: int) -> datetime:
    """The aware UTC datetime of a wall-clock point in microseconds."""
    return EPOCH + timedelta(microseconds=us)


@dataclass(frozen=True)
class SessionClock:
    """The clock of one session. ``closes_us`` is on the session's clock; None: no scheduled close."""

    held_since: datetime | None
    paused_us: int
    closes_us: int | None
    let_finish: bool

    def time(self, now: datetime) -> int:
        """The session's own time at ``now``, in microseconds."""
        stopped_at = now if self.held_since is None else min(now, self.held_since)
        return to_us(stopped_at) - self.paused_us

    def wall(self, session_us: int, now: datetime) -> datetime:
        """When the clock will show ``session_us`` if it runs on from ``now`` without a stop."""
        return now + timedelta(microseconds=session_us - self.time(now))

    def closed(self, now: datetime) -> bool:
        """Whether the window's close has passed; nobody begins after it."""
        return self.closes_us is not None and self.time(now) >= self.closes_us


@dataclass(frozen=True)
class AttemptClock:
    """One attempt's clock. ``granted_us`` is the part of the time that moves the close for this learner too."""

    session: SessionClock
    due_us: int
    granted_us: int
    hold_us: int | None

    def own_hold(self, now: datetime) -> int:
        """How long the learner's own hold lasts by now; a pause of the session inside it is not counted twice."""
        return 0 if self.hold_us is None else max(0, self.session.time(now) - self.hold_us)

    def end_us(self, now: datetime) -> int:
        """The point on the session's clock at which answering ends, as things stand now."""
        held = self.own_hold(now)
        due = self.due_us + held
        if self.session.closes_us is None or self.session.let_finish:
            return due
        return min(due, self.session.closes_us + self.granted_us + held)

    def left_us(self, now: datetime) -> int:
        """What is left, in microseconds; negative when it is over. Stands still during any hold."""
        return self.end_us(now) - self.session.time(now)

    def over(self, now: datetime, *, grace_s: int = 0) -> bool:
        """Whether the time (and the grace, in seconds) is over. A held attempt never runs out."""
        return self.hold_us is None and self.left_us(now) + grace_s * SECOND <= 0

    def cut_by_close(self, now: datetime) -> bool:
        """Whether it is the window's close, not the duration, that ends this attempt."""
        return self.end_us(now) < self.due_us + self.own_hold(now)
