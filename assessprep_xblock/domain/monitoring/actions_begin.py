"""Begin: where the invigilator starts the test for the whole room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ..sessions.changes import take_change
from ..sessions.rules import clock, delivery
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from .bulk import answer, read_session


@one_winner
def begin(*, session_id: int, by: int, now: datetime) -> dict[str, Any]:
    """Let everybody in the room start from now on, late comers too. Where students start by themselves it is refused."""
    session = read_session(session_id)
    settings = delivery(session.placement.version.settings, session.overrides)
    if settings.start != "invigilator" or session.begun_us is not None:
        raise Refusal("already_begun")
    begun_us = clock(session, settings).time(now)
    with transaction.atomic(durable=True):
        where: dict[str, Any] = {"lifecycle": "published", "begun_us": None, "paused_us": session.paused_us}
        where |= {"version_no": session.version_no, "held_since": session.held_since}
        change = take_change(session_id, where=where, notice=True, values={"begun_us": begun_us})
        audit.record(action="begin", by=by, now=now, session_id=session_id, change_no=change)
    return answer(session_id, [])
