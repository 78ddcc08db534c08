"""What a session's settings mean, and which phase it is in. Values in, values out; no framework, ``now`` is an argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..library.delivery import Envelope, effective, moment
from .clock import SECOND, SessionClock, to_us

PHASES = ("draft", "archived", "scheduled", "open", "closing", "closed")


@dataclass(frozen=True)
class Delivery:
    """The delivery settings in force for one session, as rules use them: points in microseconds, lengths in seconds."""

    opens_us: int | None
    closes_us: int | None
    duration_s: int
    let_finish: bool
    lead_time_s: int
    end_grace_s: int
    network_grace_s: int
    guests: bool
    waiting_room: bool
    checking: str
    release: str
    show_answers: bool
    instructions: str


class HasClock(Protocol):
    """What a clock is read from: the session's row."""

    held_since: datetime | None
    paused_us: int


def delivery(envelope: Envelope, overrides: dict[str, Any]) -> Delivery:
    """The settings in force out of the version's envelope and the session's own changes."""
    values = effective(envelope, overrides)
    return Delivery(
        opens_us=_point(values["opens_at"], "opens_at"),
        closes_us=_point(values["closes_at"], "closes_at"),
        duration_s=values["duration_s"],
        let_finish=values["at_close"] == "let_finish",
        lead_time_s=values["lead_time_s"],
        end_grace_s=values["end_grace_s"],
        network_grace_s=values["network_grace_s"],
        guests=values["guests"],
        waiting_room=values["waiting_room"],
        checking=values["checking"],
        release=values["release"],
        show_answers=values["show_answers"],
        instructions=values["instructions"],
    )


def _point(value: str | None, field: str) -> int | None:
    return None if value is None else to_us(moment(value, field=field))


def clock(row: HasClock, settings: Delivery) -> SessionClock:
    """The session's clock."""
    return SessionClock(
        held_since=row.held_since, paused_us=row.paused_us, closes_us=settings.closes_us, let_finish=settings.let_finish
    )


def phase(lifecycle: str, settings: Delivery, at: SessionClock, now: datetime, *, working: int = 0) -> str:
    """Where a session stands: its lifecycle, or for a published one ``scheduled / open / closing / closed``.

    ``working`` is how many attempts are in progress; past the close they make it *closing*.
    """
    if lifecycle != "published":
        return lifecycle
    if at.closed(now):
        return "closing" if working else "closed"
    if settings.opens_us is not None and to_us(now) < settings.opens_us:
        return "scheduled"
    return "open"


def pause_length_us(held_since: datetime, now: datetime) -> int:
    """How long a pause lasted, never negative (two servers' clocks may differ a little)."""
    return max(0, to_us(now) - to_us(held_since))


def whole_seconds(us: int) -> int:
    """Microseconds as whole seconds, towards zero."""
    return int(us / SECOND)


def on_roster(roster: Mapping[str, Any], learner_id: int, *, enrolled: bool, classes: Collection[int]) -> bool:
    """Whether the roster names this enrolled learner, by account, by class or as everybody; exclusions win."""
    if not enrolled or learner_id in roster["excluded"]:
        return False
    return bool(roster["everyone"] or learner_id in roster["students"] or set(roster["classes"]) & set(classes))
