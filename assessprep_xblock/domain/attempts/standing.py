"""From rows to the plain values a rule reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..sessions import rules as session_rules
from .clock import AttemptClock
from .models import Attempt
from .rules import Standing


@dataclass(frozen=True)
class Seen:
    """An attempt as it was read, with its session's settings and what a rule needs to know of both."""

    attempt: Attempt
    delivery: session_rules.Delivery
    standing: Standing


def seen(attempt: Attempt) -> Seen:
    """What a rule reads of this attempt; ``session.placement.version`` has to be loaded with it."""
    session = attempt.session
    delivery = session_rules.delivery(session.placement.version.settings, session.overrides)
    clock = session_rules.clock(session, delivery)
    own_clock = None
    if attempt.due_us is not None:
        own_clock = AttemptClock(
            session=clock, due_us=attempt.due_us, granted_us=attempt.granted_us, hold_us=attempt.hold_us
        )
    standing = Standing(
        status=attempt.status,
        voided=attempt.voided,
        admitted=attempt.admitted_at is not None,
        session_published=session.lifecycle == "published",
        session_held=session.held_since is not None,
        clock=clock,
        attempt_clock=own_clock,
        opens_us=delivery.opens_us,
        network_grace_s=delivery.network_grace_s,
        ended_at=attempt.ended_at,
        begun=delivery.start != "invigilator" or session.begun_us is not None,
        last_entry_us=session_rules.last_entry_us(delivery, session.begun_us),
        must_submit=delivery.on_expiry == "must_submit",
        end_grace_s=delivery.end_grace_s,
        honesty_open=bool(delivery.honesty) and attempt.honesty_at is None,
        waits_since=attempt.waits_since,
        last_seen_at=attempt.last_seen_at if delivery.resume == "leave" else None,
        ended_us=attempt.ended_us,
        denied=attempt.denied_at is not None,
    )
    return Seen(attempt=attempt, delivery=delivery, standing=standing)


def outside(view: Seen, address: str | None) -> bool:
    """Whether a running test is looked at from outside of the networks its session is kept to, without staff's leave."""
    if address is None or view.attempt.status != "in_progress" or view.attempt.outside == "free":
        return False
    return not session_rules.inside(view.delivery.networks, address)


def changed(view: Seen, values: Mapping[str, Any]) -> Seen:
    """The attempt after a write of these columns that met its row: nothing has to be read again to answer with it.

    To be called after the commit. What else the row holds is as it was when the rule was asked; a notice that came since is
    what the next heartbeat is for.
    """
    for name, value in values.items():
        setattr(view.attempt, name, value)
    return seen(view.attempt)
