"""What a session's settings mean, and which phase it is in. Values in, values out; no framework, ``now`` is an argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, Protocol

from ..library.delivery import Envelope, effective, moment
from .clock import SECOND, SessionClock, to_datetime, to_us

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
    guests_no_account: bool
    guests_wait: bool
    guest_limit: int
    waiting_room: bool
    checking: str
    release: str
    release_at: datetime | None
    show_score: bool
    show_correctness: bool
    show_answers: bool
    instructions: str
    start: str = "each"
    last_entry_s: int | None = None
    on_expiry: str = "auto"
    warn_at: tuple[int, ...] = ()
    time_zone: str = ""
    code_required: bool = True
    attempts_allowed: int = 1
    resume: str = "free"
    second_device: str = "allow"
    networks: tuple[str, ...] = ()
    focus: str = "record"
    navigation: str = "page"
    order: str = "written"
    tools: str = ""
    tool_link: str = ""
    spellcheck: bool = False
    honesty: str = ""


#: Settings that rules use as they are stored.
_AS_STORED = [
    "duration_s",
    "lead_time_s",
    "end_grace_s",
    "network_grace_s",
    "guests",
    "guests_no_account",
    "guests_wait",
    "guest_limit",
    "waiting_room",
    "checking",
    "release",
    "show_score",
    "show_answers",
    "instructions",
    "start",
    "last_entry_s",
    "on_expiry",
    "time_zone",
    "code_required",
    "attempts_allowed",
    "resume",
    "second_device",
    "focus",
    "navigation",
    "order",
    "tools",
    "tool_link",
    "spellcheck",
    "honesty",
]


class HasClock(Protocol):
    """What a clock is read from: the session's row."""

    @property
    def held_since(self) -> datetime | None:
        """Since when it is paused, if it is."""

    @property
    def paused_us(self) -> int:
        """How long it was paused before, in microseconds."""


class HasHours(Protocol):
    """What a clock and a phase need of the settings in force."""

    @property
    def opens_us(self) -> int | None:
        """When the session opens."""

    @property
    def closes_us(self) -> int | None:
        """When it closes."""

    @property
    def let_finish(self) -> bool:
        """Whether who is working then may finish."""


@dataclass(frozen=True)
class Hours:
    """The hours of one session alone, where thousands of sessions are looked at together."""

    opens_us: int | None
    closes_us: int | None
    let_finish: bool


def delivery(envelope: Envelope, overrides: dict[str, Any]) -> Delivery:
    """The settings in force out of the version's envelope and the session's own changes."""
    values = effective(envelope, overrides)
    return Delivery(
        opens_us=_point(values["opens_at"], "opens_at"),
        closes_us=_point(values["closes_at"], "closes_at"),
        let_finish=values["at_close"] == "let_finish",
        release_at=None if values["release_at"] is None else moment(values["release_at"], field="release_at"),
        show_correctness=values["show_correctness"] or values["show_answers"],
        warn_at=tuple(values["warn_at"]),
        networks=tuple(values["ip_allow_list"]),
        **{name: values[name] for name in _AS_STORED},
    )


def hours(values: Mapping[str, Any]) -> Hours:
    """The hours out of the settings in force."""
    return Hours(
        opens_us=_point(values["opens_at"], "opens_at"),
        closes_us=_point(values["closes_at"], "closes_at"),
        let_finish=values["at_close"] == "let_finish",
    )


def _point(value: str | None, field: str) -> int | None:
    return None if value is None else to_us(moment(value, field=field))


def clock(row: HasClock, settings: HasHours) -> SessionClock:
    """The session's clock. A pause that began before the opening stops it from the opening on: before it no time runs."""
    held = row.held_since
    if held is not None and settings.opens_us is not None:
        held = max(held, to_datetime(settings.opens_us))
    return SessionClock(
        held_since=held, paused_us=row.paused_us, closes_us=settings.closes_us, let_finish=settings.let_finish
    )


def last_entry_us(settings: Delivery, begun_us: int | None) -> int | None:
    """The point on the session's clock after which nobody starts any more: counted from Begin, or from the opening."""
    first = begun_us if settings.start == "invigilator" else settings.opens_us
    return None if settings.last_entry_s is None or first is None else first + settings.last_entry_s * SECOND


def phase(lifecycle: str, settings: HasHours, at: SessionClock, now: datetime, *, working: int = 0) -> str:
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


def pause_length_us(held_since: datetime, now: datetime, *, opens_us: int | None = None) -> int:
    """How long a pause stopped the clock: none of it counts before the opening, when nobody's time runs.

    Never negative (two servers' clocks may differ a little).
    """
    began = to_us(held_since) if opens_us is None else max(to_us(held_since), opens_us)
    return max(0, to_us(now) - began)


def inside(networks: Collection[str], address: str) -> bool:
    """Whether an address lies in one of the networks; without any, everybody's does."""
    if not networks:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    # ::ffff:192.0.2.7 is how a server that listens on IPv6 names 192.0.2.7.
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ip_network(one) for one in networks)


def whole_seconds(us: int) -> int:
    """Microseconds as whole seconds, towards zero."""
    return int(us / SECOND)


def on_roster(roster: Mapping[str, Any], learner_id: int, *, enrolled: bool, classes: Collection[int]) -> bool:
    """Whether the roster names this enrolled learner, by account, by class or as everybody; exclusions win."""
    if not enrolled or learner_id in roster["excluded"]:
        return False
    return bool(roster["everyone"] or learner_id in roster["students"] or set(roster["classes"]) & set(classes))


def may_enter(roster: Mapping[str, Any], learner_id: int, *, enrolled: bool, classes: Collection[int], guests: bool) -> bool:
    """Whether the code may let this learner in: on the roster, or a guest where guests may come. Exclusions win."""
    if on_roster(roster, learner_id, enrolled=enrolled, classes=classes):
        return True
    return guests and enrolled and learner_id not in roster["excluded"]


#: What an accommodation may be: up to four hours more, and up to four times the duration.
MOST_EXTRA_S, LEAST_PERCENT, MOST_PERCENT = 14_400, 100, 400


def extra_seconds(duration_s: int, *, extra_s: int, percent: int) -> int:
    """The extra time of an accommodation for one duration, in whole seconds, rounded up in the learner's favour."""
    return -(-duration_s * (percent - 100) // 100) + extra_s
