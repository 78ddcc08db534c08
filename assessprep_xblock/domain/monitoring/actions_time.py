"""Time given, time taken back, and an entry of the ledger reversed."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from ..attempts import rules
from ..attempts.models import LedgerEntry
from ..attempts.standing import Seen
from ..sessions.changes import take_change
from ..sessions.clock import SECOND
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from . import repeats
from .bulk import Act, Attempts, Change, Entry, act_on, answer, read_session

#: Entries of an attempt that staff may take back. The duration is the test's own, and a reversal is not reversed again.
REVERSIBLE = frozenset({"grant", "pause", "accommodation", "outage", "correction"})


def extend(
    *, session_id: int, by: int, attempts: Attempts, seconds: int, reason: str, request_id: UUID, now: datetime
) -> dict[str, Any]:
    """Give (or, with negative seconds, take back) time; it moves the session's close for these students too."""
    if (before := repeats.first_answer(by=by, request_id=request_id)) is not None:
        return before
    act = Act(
        name="extend",
        by=by,
        now=now,
        reason=reason,
        check=partial(_check_extend, us=seconds * SECOND, now=now),
        # All in one transaction with the memory of the request: time must not be given twice to the first half.
        then=lambda _ids: repeats.remember(by=by, request_id=request_id, action="extend", answer={}, now=now),
        chunk=None,
    )
    try:
        result = answer(session_id, act_on(session_id, attempts, act))
    except repeats.Repeated:
        return repeats.first_answer(by=by, request_id=request_id) or answer(session_id, [])
    repeats.complete(by=by, request_id=request_id, answer=result)
    return result


def _check_extend(view: Seen, *, us: int, now: datetime) -> Change:
    rules.after(view.attempt.status, "extend")
    clock = view.standing.attempt_clock
    assert clock is not None
    if us < 0 and clock.left_us(now) + us <= 0:
        raise Refusal("nothing_left")
    # Over, and not settled yet: what is given counts from now on, not from when it was over.
    made_up = max(0, -clock.left_us(now)) if clock.over(now) else 0
    more = us + made_up
    entries = (Entry("correction", made_up), Entry("grant", us)) if made_up else (Entry("grant", us),)
    return Change({"due_us": F("due_us") + more, "granted_us": F("granted_us") + more}, ledger=entries)


def reverse(*, session_id: int, by: int, entry: int, reason: str, now: datetime) -> dict[str, Any]:
    """Take one entry of the ledger back: a grant, a pause paid twice, an outage. The entry stays, the reversal names it.

    A pause of the whole session is taken back for everybody in it. Refused where a student would have nothing left, and
    for an entry that was reversed before.
    """
    row = LedgerEntry.objects.select_related("attempt").filter(pk=entry).first()
    here = row is not None and (row.session_id if row.attempt is None else row.attempt.session_id) == session_id
    if row is None or not here:
        raise Refusal("not_found")
    if row.kind not in REVERSIBLE or row.reverses_id or hasattr(row, "reversed_by"):
        raise Refusal("not_reversible")
    if row.attempt is None:
        _reverse_pause(session_id, row, by=by, reason=reason, now=now)
        return answer(session_id, [])
    act = Act(
        name="reverse",
        by=by,
        now=now,
        reason=reason,
        check=partial(_check_reverse, us=-row.us, now=now),
        then=lambda _ids: _note_reversal(session_id, row, by=by, reason=reason, now=now),
        facts={"entry": row.pk, "kind": row.kind, "seconds": -row.us // SECOND},
    )
    return answer(session_id, act_on(session_id, [row.attempt.uuid], act))


def _check_reverse(view: Seen, *, us: int, now: datetime) -> Change:
    rules.after(view.attempt.status, "extend")
    clock = view.standing.attempt_clock
    assert clock is not None
    if us < 0 and clock.left_us(now) + us <= 0:
        raise Refusal("nothing_left")
    return Change({"due_us": F("due_us") + us, "granted_us": F("granted_us") + us})


def _note_reversal(session_id: int, row: LedgerEntry, *, by: int, reason: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            LedgerEntry.objects.create(
                session_id=session_id,
                attempt_id=row.attempt_id,
                kind="correction",
                us=-row.us,
                at=now,
                by_id=by,
                reason=reason,
                reverses=row,
            )
    except IntegrityError as twice:
        # Two people reversed it at once: the unique key let one through.
        raise Refusal("not_reversible") from twice


@one_winner
def _reverse_pause(session_id: int, row: LedgerEntry, *, by: int, reason: str, now: datetime) -> None:
    session = read_session(session_id)
    with transaction.atomic(durable=True):
        where = {"lifecycle": "published", "paused_us": session.paused_us}
        values = {"paused_us": session.paused_us - row.us}
        change = take_change(session_id, where=where, notice=True, values=values)
        _note_reversal(session_id, row, by=by, reason=reason, now=now)
        facts = {"entry": row.pk, "kind": row.kind, "seconds": -row.us // SECOND}
        audit.record(action="reverse", by=by, now=now, session_id=session_id, change_no=change, reason=reason, facts=facts)
