"""One action on many attempts: who may, in which order they are locked, and an answer row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from django.db import transaction

from ..attempts.actions_counting import count_graded
from ..attempts.models import Attempt, LedgerEntry
from ..attempts.standing import Seen, seen
from ..sessions.changes import take_change
from ..sessions.clock import SECOND
from ..sessions.models import AssessmentSession
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.sentences import sentence
from ..shared.winning import Lost, one_winner
from . import deeds
from .models import Deed

CHUNK = 500

Attempts = Literal["all"] | Collection[UUID]


class Entry(NamedTuple):
    """One entry of an attempt's ledger: what kind of time, how much of it, and for which silence it makes up."""

    kind: str
    us: int
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Change:
    """What becomes of one attempt's row (values or database expressions), and the entries of its ledger."""

    values: dict[str, Any] = field(default_factory=dict)
    ledger: tuple[Entry, ...] = ()
    #: what the audit tells of this attempt alone
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """Seconds that the ledger gives."""
        return sum(entry.us for entry in self.ledger) // SECOND


@dataclass(frozen=True)
class Act:
    """One bulk action: its name in the audit, who does it, when, why, and the rule asked about each attempt."""

    name: str
    by: int
    now: datetime
    reason: str
    check: Callable[[Seen], Change]
    #: facts of the audit rows, the same for every attempt
    facts: dict[str, Any] = field(default_factory=dict)
    #: void attempts are asked about too
    voided: bool = False
    #: name of a deed that can be undone: how each attempt was before is kept under this id
    deed: UUID | None = None
    #: a status of which each change adds one attempt
    adds: str = ""
    #: called inside each chunk's transaction with the ids that were changed
    then: Callable[[list[int]], None] | None = None
    #: attempts per transaction; None: all in one, for what must not be done by halves
    chunk: int | None = CHUNK


@dataclass(frozen=True)
class Row:
    """What was decided about one attempt that was asked for."""

    uuid: UUID
    view: Seen | None = None
    change: Change = field(default_factory=Change)
    refused: Refusal | None = None


def read_session(session_id: int) -> AssessmentSession:
    """The session with what its settings come from; refused unless it is published."""
    session = AssessmentSession.objects.select_related("placement__version").get(pk=session_id)
    if session.lifecycle != "published":
        raise Refusal("archived" if session.lifecycle == "archived" else "not_published")
    return session


def act_on(session_id: int, attempts: Attempts, act: Act) -> list[Row]:
    """Do ``act`` to these attempts, in chunks; one row each, with the reason where it was refused.

    ``"all"`` means those who may now: whoever may not was not asked for and has no row.
    """
    read_session(session_id)
    asked = list(attempts) if attempts != "all" else _uuids_of(session_id)
    rows: list[Row] = []
    for part in _chunks(asked, act.chunk):
        rows += _act_on_chunk(session_id, part, act)
    return [row for row in rows if row.refused is None] if attempts == "all" else rows


def _uuids_of(session_id: int) -> list[UUID]:
    return list(Attempt.objects.filter(session_id=session_id).order_by("pk").values_list("uuid", flat=True))


def _chunks(items: Sequence[UUID], size: int | None) -> Iterator[Sequence[UUID]]:
    step = size or max(1, len(items))
    for begin in range(0, len(items), step):
        yield items[begin : begin + step]


@one_winner
def _act_on_chunk(session_id: int, uuids: Sequence[UUID], act: Act) -> list[Row]:
    """One short transaction: session row, attempts by ascending id, then what tells of it.

    The session is read before the attempts, so an attempt that carries a higher change number than the session had was
    changed in between: then nothing is written and everything is read again.
    """
    session = read_session(session_id)
    rows = choose(session, uuids, act.check, voided=act.voided)
    ready = [row for row in rows if row.refused is None]
    if not ready:
        return rows
    with transaction.atomic(durable=True):
        where = {
            "lifecycle": "published",
            "held_since": session.held_since,
            "paused_us": session.paused_us,
            "released_at": session.released_at,
        }
        number = take_change(session_id, where=where, counters=_counters(ready, act.adds), notice=True)
        _write(ready, before=session.change_no, number=number, now=act.now)
        _tell(session_id, ready, act, number)
        if act.then is not None:
            act.then([row.view.attempt.pk for row in ready if row.view])
        if any(row.view.attempt.status == "submitted" for row in ready if row.view):
            count_graded(session_id)
    return rows


def choose(
    session: AssessmentSession, uuids: Sequence[UUID], check: Callable[[Seen], Change], *, voided: bool = False
) -> list[Row]:
    """Ask the rule about each attempt, in the order in which rows are locked; one query."""
    rows = []
    found = set()
    for attempt in Attempt.objects.filter(session=session, uuid__in=list(uuids)).order_by("pk"):
        attempt.session = session
        found.add(attempt.uuid)
        rows.append(_ask(seen(attempt), check, voided=voided))
    return rows + [Row(uuid=uuid, refused=Refusal("not_found")) for uuid in uuids if uuid not in found]


def _ask(view: Seen, check: Callable[[Seen], Change], *, voided: bool) -> Row:
    try:
        if view.attempt.voided and not voided:
            raise Refusal("voided")
        return Row(uuid=view.attempt.uuid, view=view, change=check(view))
    except Refusal as refusal:
        return Row(uuid=view.attempt.uuid, view=view, refused=refusal)


def _counters(rows: Sequence[Row], adds: str) -> Counter[str]:
    moved: Counter[str] = Counter({adds: len(rows)} if adds else {})
    for row in rows:
        if row.view and "status" in row.change.values:
            moved[row.view.attempt.status] -= 1
            moved[row.change.values["status"]] += 1
    return moved


def _write(rows: Sequence[Row], *, before: int, number: int, now: datetime) -> None:
    """Change the attempts that are as they were read; equal changes share one statement, so a room of 500 needs few."""
    alike: dict[tuple[str, bool, str], list[Row]] = defaultdict(list)
    for row in rows:
        assert row.view is not None
        attempt, values = row.view.attempt, sorted(row.change.values.items(), key=lambda pair: pair[0])
        alike[attempt.status, attempt.voided, repr(values)].append(row)
    for (status, voided, _), group in alike.items():
        ids = [row.view.attempt.pk for row in group if row.view]
        unchanged = Attempt.objects.filter(pk__in=ids, status=status, change_no__lte=before, voided=voided)
        if unchanged.update(**group[0].change.values, change_no=number, progress_at=now) != len(ids):
            raise Lost


def _tell(session_id: int, rows: Sequence[Row], act: Act, number: int) -> None:
    pairs = [(row.view.attempt, row.change) for row in rows if row.view]
    audit.record_each(
        action=act.name,
        by=act.by,
        now=act.now,
        session_id=session_id,
        change_no=number,
        reason=act.reason,
        facts_of={
            attempt.pk: act.facts | change.facts | ({"seconds": change.seconds} if change.ledger else {})
            for attempt, change in pairs
        },
    )
    about: dict[str, Any] = {"by_id": act.by, "at": act.now, "session_id": session_id, "reason": act.reason}
    LedgerEntry.objects.bulk_create(
        LedgerEntry(attempt=attempt, deed=act.deed, **entry._asdict(), **about)
        for attempt, change in pairs
        for entry in change.ledger
    )
    if act.deed is not None:
        before = {str(attempt.pk): deeds.kept(attempt) for attempt, _change in pairs}
        Deed.objects.create(
            uuid=act.deed,
            session_id=session_id,
            action=act.name,
            change_no=number,
            before=before,
            by_id=act.by,
            at=act.now,
        )


def answer(session_id: int, rows: Sequence[Row], *, deed: UUID | None = None) -> dict[str, Any]:
    """What was done to whom, and why not to the others, with the session as it stands; ``undo``: the deed's id."""
    session = AssessmentSession.objects.get(pk=session_id)
    told = [
        {"attempt": str(row.uuid), "done": row.refused is None}
        | ({"seconds": row.change.seconds} if row.refused is None and row.change.ledger else {})
        | ({} if row.refused is None else {"code": row.refused.code, "message": sentence(row.refused)})
        for row in rows
    ]
    undo = {"undo": str(deed)} if deed is not None and any(row["done"] for row in told) else {}
    return {
        **undo,
        "rows": told,
        "session": {"held": session.held_since is not None, "change_no": session.change_no, "lifecycle": session.lifecycle},
    }
