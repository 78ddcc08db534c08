"""Until when each delivery setting of a session may be changed: one table, for the action, the form and the documentation.

No framework, no clock. A student who has joined was told when, how long and under which rules; that stands. What only helps
her (more grace, a later close, other instructions) stays open until the session is archived.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: ``joined``: until the first student joins. ``archived``: as long as the session is not archived.
JOINED, ARCHIVED = "joined", "archived"

#: What may be changed while students are in. Everything else stands once somebody has joined, whatever is added later.
WHILE_RUNNING = frozenset(
    {
        "closes_at",
        "at_close",
        "lead_time_s",
        "end_grace_s",
        "network_grace_s",
        "guests",
        "guests_no_account",
        "guests_wait",
        "guest_limit",
        "waiting_room",
        "release",
        "second_marking",
        "second_sample",
        "mark_tolerance",
        "release_at",
        "show_score",
        "show_correctness",
        "show_answers",
        "instructions",
        "last_entry_s",
        "ip_allow_list",
        "resume",
        "second_device",
        "time_zone",
        "attempts_allowed",
        "spellcheck",
        "tool_link",
        "tools",
        "warn_at",
    }
)


def until(name: str) -> str:
    """The last moment at which this setting may be changed: ``joined`` or ``archived``."""
    return ARCHIVED if name in WHILE_RUNNING else JOINED


def may_change(name: str, *, lifecycle: str, joined: bool) -> bool:
    """Whether this setting may be changed now. ``joined``: somebody has ever joined the session."""
    return lifecycle != "archived" and (until(name) == ARCHIVED or not joined)


def fixed(names: Mapping[str, Any], *, lifecycle: str, joined: bool) -> tuple[str, ...]:
    """Those of these settings that can no longer be changed, in their order."""
    return tuple(name for name in names if not may_change(name, lifecycle=lifecycle, joined=joined))
