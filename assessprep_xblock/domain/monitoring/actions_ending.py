"""Ending, handing in, reopening, declaring void, and taking that back within ten minutes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db.models import F

from ..attempts import actions_handin, rules
from ..attempts.actions_again import refuse_taken_again
from ..attempts.actions_running import handin_after, stopped_us
from ..attempts.models import Attempt
from ..attempts.queries import taken_again
from ..attempts.standing import Seen
from ..shared.models import AuditRow
from ..shared.refusals import Refusal
from ..shared.winning import Lost
from . import deeds
from .bulk import Act, Attempts, Change, Row, act_on, answer
from .models import Deed
from .rules import UNDO_MINUTES

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
    """Declare attempts void: kept, shown as void, counted nowhere. Who is still working works no longer."""
    check = partial(_check_void, now=now)
    act = Act(name="void", by=by, now=now, reason=reason, check=check, deed=uuid4())
    return answer(session_id, act_on(session_id, attempts, act), deed=act.deed)


def _check_void(view: Seen, *, now: datetime) -> Change:
    return Change({"status": rules.after(view.attempt.status, "void"), "voided": True, **_stop(view, now)})


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
    return Change({"status": status, **RUNNING, **_longer(made_up + given)}, ledger=_entries(made_up, given))


def _longer(us: int) -> dict[str, Any]:
    """``us`` microseconds more until the learner's own end, and until the close for this learner."""
    return {"due_us": F("due_us") + us, "granted_us": F("granted_us") + us}


def _entries(made_up: int, given: int = 0) -> tuple[tuple[str, int], ...]:
    return tuple((kind, us) for kind, us in (("correction", made_up), ("grant", given)) if us)


def undo(*, session_id: int, by: int, deed: UUID, reason: str, now: datetime) -> dict[str, Any]:
    """Take an end, a submit or a void back, for ten minutes: nobody lost an answer or a second. Safe to repeat.

    Whoever did something since, or to whom something else was done, is refused; what the server settled is taken back too.
    """
    parts = list(Deed.objects.filter(session_id=session_id, uuid=deed).order_by("pk"))
    if not parts:
        raise Refusal("not_found")
    if now - parts[0].at > timedelta(minutes=UNDO_MINUTES):
        raise Refusal("too_late_to_undo", minutes=UNDO_MINUTES)
    rows: list[Row] = []
    for part in parts:
        if part.undone_at is None:
            rows += _undo_part(part, by=by, reason=reason, now=now)
    return answer(session_id, rows)


def _undo_part(part: Deed, *, by: int, reason: str, now: datetime) -> list[Row]:
    def after_it(ids: list[int]) -> None:
        if not Deed.objects.filter(pk=part.pk, undone_at=None).update(undone_at=now):
            raise Lost
        refuse_taken_again(ids)
        # What was handed in meanwhile is handed in again when it is handed in for good.
        actions_handin.forget_results(pk for pk in ids if part.before[str(pk)]["status"] != "submitted")

    uuids = dict(Attempt.objects.filter(pk__in=part.before).values_list("pk", "uuid"))
    over = taken_again(uuids)
    check = partial(_check_undo, part=part, untouched=Untouched(part), over=over, now=now)
    act = Act(name=f"undo_{part.action}", by=by, now=now, reason=reason, check=check, then=after_it, voided=True, chunk=None)
    return act_on(part.session_id, list(uuids.values()), replace(act, facts={"of": str(part.uuid)}))


class Untouched:
    """To which attempts nothing but the server's own settling came after a deed.

    Read again whenever the session was: a settling that wins the race against an undo is what the undo then takes back.
    """

    def __init__(self, part: Deed) -> None:
        self._part = part
        self._numbers: dict[int, set[int]] = {}
        self._read_at: int | None = None

    def __call__(self, attempt: Attempt) -> bool:
        """Whether the attempt's change number is the deed's, or the sweeper's after it. One query for a whole room."""
        if self._read_at != attempt.session.change_no:
            self._read_at, self._numbers = attempt.session.change_no, _settled_numbers(self._part)
        return attempt.change_no in self._numbers.get(attempt.pk, ())


def _settled_numbers(part: Deed) -> dict[int, set[int]]:
    numbers = {int(pk): {part.change_no} for pk in part.before}
    since = AuditRow.objects.filter(attempt_id__in=list(numbers), change_no__gt=part.change_no).order_by("pk")
    others = set()
    for attempt_id, action, number in since.values_list("attempt_id", "action", "change_no"):
        assert attempt_id is not None and number is not None
        if action == "settle":
            numbers[attempt_id].add(number)
        else:
            others.add(attempt_id)
    return {pk: found for pk, found in numbers.items() if pk not in others}


def _check_undo(view: Seen, *, part: Deed, untouched: Untouched, over: Collection[int], now: datetime) -> Change:
    attempt, clock = view.attempt, view.standing.attempt_clock
    if attempt.pk in over:
        raise Refusal("taken_again")
    if not untouched(attempt):
        raise Refusal("changed_since")
    before = deeds.restored(part.before[str(attempt.pk)])
    if before["status"] != "in_progress" or before["hold_us"] is not None or clock is None:
        return Change(before)
    # What went by since the deed is made up for; a hold that goes on where it was does that by itself.
    made_up = max(0, clock.session.time(now) - (attempt.ended_us or clock.session.time(now)))
    return Change({**before, **_longer(made_up)}, ledger=_entries(made_up))
