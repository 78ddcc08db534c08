"""Ending, handing in, reopening, declaring void, and taking that back within ten minutes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.db.models import F

from ..attempts import actions_handin, actions_withdrawing, rules
from ..attempts.actions_again import refuse_taken_again
from ..attempts.actions_running import handin_after, stopped_us
from ..attempts.models import Attempt
from ..attempts.queries import taken_again
from ..attempts.standing import Seen
from ..shared.refusals import Refusal
from .bulk import Act, Attempts, Change, Entry, act_on, answer

#: A test that runs again: nothing of its end is left.
RUNNING: dict[str, Any] = {
    "end_reason": "",
    "ended_at": None,
    "ended_us": None,
    "submitted_at": None,
    "handin": "none",
    "scoring": "none",
    "earned": None,
    "possible": None,
    "hold_us": None,
}


def end(*, session_id: int, by: int, attempts: Attempts, reason: str, now: datetime) -> dict[str, Any]:
    """Close answering; what was saved is handed in by itself after the grace, or at once by Submit."""
    act = Act(name="end", by=by, now=now, reason=reason, check=partial(_check_end, now=now), deed=uuid4())
    return answer(session_id, act_on(session_id, attempts, act), deed=act.deed)


def _check_end(view: Seen, *, now: datetime) -> Change:
    status = rules.after(view.attempt.status, "end")
    if view.attempt.status == status:
        raise Refusal("not_in_progress")
    return Change({"status": status, **_stop(view, now)})


def _stop(view: Seen, now: datetime) -> dict[str, Any]:
    """The end of answering by staff, unless it has ended before."""
    if view.attempt.status != "in_progress":
        return {}
    return {"end_reason": "staff", "ended_at": now, "ended_us": stopped_us(view, now), "hold_us": None}


def submit(*, session_id: int, by: int, attempts: Attempts, reason: str, now: datetime) -> dict[str, Any]:
    """Hand in for students who did not: every answer saved so far is graded."""
    check = partial(_check_submit, now=now)
    act = Act(name="submit", by=by, now=now, reason=reason, check=check, then=actions_handin.after_commit, deed=uuid4())
    return answer(session_id, act_on(session_id, attempts, act), deed=act.deed)


def _check_submit(view: Seen, *, now: datetime) -> Change:
    status = rules.after(view.attempt.status, "submit")
    if view.attempt.status == status:
        raise Refusal("already_submitted")
    handed_in = {"submitted_at": now, "handin": handin_after(view), "scoring": "pending"}
    return Change({"status": status, **handed_in, **_stop(view, now)})


def void(*, session_id: int, by: int, attempts: Attempts, reason: str, now: datetime) -> dict[str, Any]:
    """Declare attempts void: kept, shown as void, counted nowhere, not in the platform's gradebook either. Who is still
    working works no longer."""
    check = partial(_check_void, now=now)
    then = actions_withdrawing.after_commit
    act = Act(name="void", by=by, now=now, reason=reason, check=check, then=then, deed=uuid4())
    return answer(session_id, act_on(session_id, attempts, act), deed=act.deed)


def _check_void(view: Seen, *, now: datetime) -> Change:
    status = rules.after(view.attempt.status, "void")
    return Change({"status": status, "voided": True, "gradebook": "leaving", **_stop(view, now)})


def reopen(*, session_id: int, by: int, attempts: Attempts, seconds: int, reason: str, now: datetime) -> dict[str, Any]:
    """Let students go on with a test that has ended or was handed in: their answers and what time was left, and more.

    ``seconds`` come on top of what was left when it ended; both count beyond the session's close. Also after a time-out.
    """
    over = taken_again(Attempt.objects.filter(session_id=session_id, status="submitted").values_list("pk", flat=True))
    check = partial(_check_reopen, seconds=seconds, over=over, now=now)
    act = Act(name="reopen", by=by, now=now, reason=reason, check=check, then=_forget_results)
    return answer(session_id, act_on(session_id, attempts, act))


def _forget_results(ids: list[int]) -> None:
    refuse_taken_again(ids)
    actions_handin.forget_results(ids)


def _check_reopen(view: Seen, *, seconds: int, over: Collection[int], now: datetime) -> Change:
    if view.attempt.pk in over:
        raise Refusal("taken_again")
    made_up, given = rules.reopened_us(view.standing, seconds, now)
    status = rules.after(view.attempt.status, "reopen")
    return Change({"status": status, **RUNNING, **longer(made_up + given)}, ledger=entries_for(made_up, given))


def longer(us: int) -> dict[str, Any]:
    """``us`` microseconds more until the learner's own end, and until the close for this learner."""
    return {"due_us": F("due_us") + us, "granted_us": F("granted_us") + us}


def entries_for(made_up: int, given: int = 0) -> tuple[Entry, ...]:
    return tuple(Entry(kind, us) for kind, us in (("correction", made_up), ("grant", given)) if us)
