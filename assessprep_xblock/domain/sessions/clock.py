"""The clock of a session: integers of microseconds, no framework, ``now`` is an argument.

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
