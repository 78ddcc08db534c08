"""Making up for an outage: exactly those who lost contact get exactly what they lost, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.db.models import F

from ..attempts import rules
from ..attempts.models import LedgerEntry
from ..attempts.spans import Span
from ..attempts.standing import Seen
from ..sessions.clock import SECOND
from ..shared.refusals import Refusal
from ..shared.winning import Lost
from . import repeats
from .bulk import Act, Attempts, Change, Entry, act_on, answer
from .queries_outages import Silences, read_interval
from .queries_rows import iso


@dataclass(frozen=True)
class Outage:
    """What is made up for: an interval, and no more than ``most_s`` seconds for each student (None: all of it)."""

    interval: Span
    most_s: int | None = None


def make_up(
    *,
    session_id: int,
    by: int,
    attempts: Attempts,
    since: datetime,
    until: datetime,
    most_s: int | None,
    reason: str,
    request_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Give students the time in which they had no contact between two moments and their clock ran.

    What was made up for before is not given again, whoever did it and whichever interval was chosen. Can be undone. Each
    row of the answer tells the ``seconds``.
    """
    if (before := repeats.first_answer(by=by, request_id=request_id)) is not None:
        return before
    outage = Outage(read_interval(since, until, now), most_s)
    act = Act(
        name="outage",
        by=by,
        now=now,
        reason=reason,
        check=Check(outage, now),
        facts={"since": iso(outage.interval[0]), "until": iso(outage.interval[1])},
        # All in one transaction with the memory of the request: time must not be given twice to the first half.
        then=lambda _ids: repeats.remember(by=by, request_id=request_id, action="outage", answer={}, now=now),
        chunk=None,
        deed=uuid4(),
    )
    try:
        result = answer(session_id, act_on(session_id, attempts, act), deed=act.deed)
    except repeats.Repeated:
        return repeats.first_answer(by=by, request_id=request_id) or answer(session_id, [])
    repeats.complete(by=by, request_id=request_id, answer=result)
    return result


class Check:
    """What one student gets, by what is known of all silences at this moment.

    Read again whenever the session changed: of two who press at once the later one finds what the first made up for, because
    an attempt that was changed after its session was read is not written.
    """

    def __init__(self, outage: Outage, now: datetime) -> None:
        self._outage, self._now = outage, now
        self._read: Silences | None = None

    def __call__(self, view: Seen) -> Change:
        """The time to give, or why none."""
        rules.after(view.attempt.status, "extend")
        session = view.attempt.session
        if self._read is None or self._read.session.change_no != session.change_no:
            self._read = Silences(session, self._now, back_to=self._outage.interval[0])
        lost = self._read.of(view.attempt.pk, self._outage.interval, self._outage.most_s)
        if not lost:
            raise Refusal("nothing_lost")
        clock = view.standing.attempt_clock
        assert clock is not None
        # Over, and not settled yet: what is given counts from now on, not from when it was over.
        made_up = max(0, -clock.left_us(self._now)) if clock.over(self._now) else 0
        entries = [Entry("correction", made_up)] if made_up else []
        entries += [Entry("outage", one.us, one.since, one.until) for one in lost]
        more = sum(entry.us for entry in entries)
        return Change({"due_us": F("due_us") + more, "granted_us": F("granted_us") + more}, ledger=tuple(entries))


class TakeBack:
    """What a deed gave to each student and nobody reversed; read again whenever the session changed."""

    def __init__(self, deed: UUID, now: datetime) -> None:
        self._deed, self._now = deed, now
        self._read_at: int | None = None
        self.given: dict[int, list[LedgerEntry]] = {}

    def __call__(self, view: Seen) -> Change:
        """The time to take, or why not."""
        rules.after(view.attempt.status, "extend")
        if self._read_at != view.attempt.session.change_no:
            self._read_at = view.attempt.session.change_no
            self._read()
        us = -sum(entry.us for entry in self.given.get(view.attempt.pk, ()))
        clock = view.standing.attempt_clock
        if not us:
            raise Refusal("not_reversible")
        if clock is None or clock.left_us(self._now) + us <= 0:
            raise Refusal("nothing_left")
        values = {"due_us": F("due_us") + us, "granted_us": F("granted_us") + us}
        return Change(values, facts={"seconds": us // SECOND})

    def _read(self) -> None:
        self.given.clear()
        for entry in LedgerEntry.objects.filter(deed=self._deed, kind="outage", reversed_by=None).order_by("pk"):
            self.given.setdefault(entry.attempt_id or 0, []).append(entry)

    def note(self, ids: list[int], about: dict[str, Any]) -> None:
        """The reversals in the ledger, each naming what it takes back."""
        try:
            LedgerEntry.objects.bulk_create(
                LedgerEntry(attempt_id=pk, kind="correction", us=-entry.us, reverses=entry, **about)
                for pk in ids
                for entry in self.given[pk]
            )
        except IntegrityError as twice:
            # Somebody reversed one of them at this moment: all is rolled back and read again.
            raise Lost from twice
