"""Letting students come back to a running test."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..attempts import rules
from ..attempts.standing import Seen
from ..shared.refusals import Refusal
from .bulk import Act, Attempts, Change, act_on, answer


def let_back(*, session_id: int, by: int, attempts: Attempts, now: datetime) -> dict[str, Any]:
    """Let students go on who wait after a silence or outside of the allowed networks, or who sit at another device: there
    the test goes on."""

    def check(view: Seen) -> Change:
        rules.after(view.attempt.status, "let_back")
        if not (view.standing.waits(now) or view.attempt.other_device_at):
            raise Refusal("move_refused", status=view.attempt.status, move="let_back")
        values = {
            "waits_since": None,
            "last_seen_at": now,
            "other_device": "",
            "other_device_label": "",
            "other_device_at": None,
        }
        if view.attempt.other_device:
            # The one that was noticed last is the one the student sits at.
            there = {"device": view.attempt.other_device, "device_label": view.attempt.other_device_label}
            values |= {**there, "device_since": now}
        if view.attempt.outside == "waits":
            # Staff have looked: from here on the student may sit wherever she sits.
            values["outside"] = "free"
        return Change(values)

    return answer(session_id, act_on(session_id, attempts, Act(name="let_back", by=by, now=now, reason="", check=check)))
