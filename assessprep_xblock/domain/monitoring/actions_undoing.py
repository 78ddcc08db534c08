"""Taking a deed back within ten minutes: an end, a submit, a void, or time that was made up for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from ..attempts import actions_handin, actions_withdrawing
from ..attempts.actions_again import refuse_taken_again
from ..attempts.models import Attempt
from ..attempts.queries import taken_again
from ..attempts.standing import Seen
from ..shared.models import AuditRow
from ..shared.refusals import Refusal
from ..shared.winning import Lost
from . import deeds
from .actions_ending import entries_for, longer
from .actions_outages import TakeBack
from .bulk import Act, Change, Row, act_on, answer
from .models import Deed
from .rules import ANYBODY_S_DEEDS, UNDO_MINUTES


def undo(*, session_id: int, by: int, deed: UUID, reason: str, now: datetime, chief: bool = True) -> dict[str, Any]:
    """Take an end, a submit, a void or made up time back, for ten minutes; nobody lost a second. Safe to repeat.

    Whoever did something since, or to whom something else was done, is refused; what the server settled is taken back too.
    Time is taken back whatever happened since. ``chief``: whether the one who asks may end tests; who may not takes back
    time alone.
    """
    parts = list(Deed.objects.filter(session_id=session_id, uuid=deed).order_by("pk"))
    if not parts:
        raise Refusal("not_found")
    if not chief and parts[0].action not in ANYBODY_S_DEEDS:
        raise Refusal("forbidden")
    if now - parts[0].at > timedelta(minutes=UNDO_MINUTES):
        raise Refusal("too_late_to_undo", minutes=UNDO_MINUTES)
    rows: list[Row] = []
    for part in parts:
        if part.undone_at is None:
            rows += _undo_part(part, by=by, reason=reason, now=now)
    return answer(session_id, rows)


def _undo_part(part: Deed, *, by: int, reason: str, now: datetime) -> list[Row]:
    mine = Attempt.objects.filter(pk__in=part.before)
    away = mine.exclude(session_id=part.session_id).values_list("uuid", "session__name")
    here = dict(mine.filter(session_id=part.session_id).values_list("pk", "uuid"))
    check, then = (_time_back if part.action == "outage" else _state_back)(part, here, by=by, reason=reason, now=now)

    def after_it(ids: list[int]) -> None:
        if not Deed.objects.filter(pk=part.pk, undone_at=None).update(undone_at=now):
            raise Lost
        then(ids)

    act = Act(name=f"undo_{part.action}", by=by, now=now, reason=reason, check=check, then=after_it, voided=True, chunk=None)
    rows = act_on(part.session_id, list(here.values()), replace(act, facts={"of": str(part.uuid)}))
    return rows + [Row(uuid=uuid, refused=Refusal("moved_since", session=name)) for uuid, name in away]


#: The rule asked about each attempt, and what is done beside it in the same transaction.
Way = tuple[Callable[[Seen], Change], Callable[[list[int]], None]]


def _state_back(part: Deed, here: dict[int, UUID], *, by: int, reason: str, now: datetime) -> Way:
    def then(ids: list[int]) -> None:
        refuse_taken_again(ids)
        # What was handed in meanwhile is handed in again when it is handed in for good.
        actions_handin.forget_results(pk for pk in ids if part.before[str(pk)]["status"] != "submitted")
        # What counts again is marked by what is in force now: a correction passed over it while it was void.
        actions_handin.after_commit(pk for pk in ids if part.before[str(pk)]["status"] == "submitted")
        if part.action == "void":
            # In whichever order the two tasks run: a hand-in puts back first what the void took out.
            actions_withdrawing.after_commit(ids)

    over = taken_again(here)
    return partial(_check_undo, part=part, untouched=Untouched(part), over=over, now=now), then


def _time_back(part: Deed, here: dict[int, UUID], *, by: int, reason: str, now: datetime) -> Way:
    given = TakeBack(part.uuid, now)
    about: dict[str, Any] = {"session_id": part.session_id, "at": now, "by_id": by, "reason": reason}
    return given, partial(given.note, about=about)


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
    if part.action == "void":
        before["gradebook"] = "returning"
    if before["status"] != "in_progress" or before["hold_us"] is not None or clock is None:
        return Change(before)
    # What went by since the deed is made up for; a hold that goes on where it was does that by itself.
    made_up = max(0, clock.session.time(now) - (attempt.ended_us or clock.session.time(now)))
    return Change({**before, **longer(made_up)}, ledger=entries_for(made_up))
