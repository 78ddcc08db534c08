"""The clock of one attempt, on its session's clock: integers of microseconds, no framework, ``now`` is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..sessions.clock import SECOND, SessionClock


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

    def stopped_us(self, now: datetime) -> int:
        """Where on the session's clock answering stopped, or stops if it is stopped now: at a hold, at the end, now."""
        return self.hold_us if self.hold_us is not None else min(self.session.time(now), self.end_us(now))
