"""What staff note: irregularities, of a student or of the whole room, and who is helping whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction

from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt
from ..sessions import rosters
from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import repeats
from .bulk import answer
from .models import Claim, Irregularity
from .rules import CLAIM_MINUTES, IRREGULARITIES


def report_irregularity(
    *,
    session_id: int,
    by: int,
    learner_ids: Collection[int] | Literal["session"],
    category: str,
    subcategory: str,
    comment: str,
    request_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Note that something went wrong, for some students or for the whole room. A repeat of the request adds nothing."""
    if (before := repeats.first_answer(by=by, request_id=request_id)) is not None:
        return before
    if subcategory not in IRREGULARITIES.get(category, ()):
        raise Refusal("invalid", field="subcategory", why="there is no such kind of irregularity")
    what = {"category": category, "subcategory": subcategory, "comment": comment}
    try:
        return _report(session_id, learner_ids, what, by=by, request_id=request_id, now=now)
    except repeats.Repeated:
        return repeats.first_answer(by=by, request_id=request_id) or answer(session_id, [])


@one_winner
def _report(
    session_id: int,
    learner_ids: Collection[int] | Literal["session"],
    what: dict[str, Any],
    *,
    by: int,
    request_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    whom: list[int | None] = [None] if learner_ids == "session" else [*sorted(_known(session_id, learner_ids))]
    if not whom:
        raise Refusal("not_found")
    # A later attempt comes later, so the newest of each learner stays.
    attempts = dict(
        Attempt.objects.filter(session_id=session_id, learner_id__in=[one for one in whom if one])
        .order_by("number")
        .values_list("learner_id", "pk")
    )
    with transaction.atomic(durable=True):
        change = take_change(session_id)
        rows = [
            Irregularity(
                session_id=session_id,
                learner_id=one,
                attempt_id=attempts.get(one) if one else None,
                by_id=by,
                at=now,
                **what,
            )
            for one in whom
        ]
        Irregularity.objects.bulk_create(rows)
        facts = {name: what[name] for name in ("category", "subcategory")}
        for row in rows:
            about: dict[str, Any] = {"session_id": session_id, "attempt_id": row.attempt_id, "change_no": change}
            told = facts | {"irregularity": str(row.uuid), "account": row.learner_id}
            audit.record(action="irregularity", by=by, now=now, facts=told, **about)
        result = {**answer(session_id, []), "irregularities": [str(row.uuid) for row in rows]}
        repeats.remember(by=by, request_id=request_id, action="irregularity", answer=result, now=now)
    return result


def _known(session_id: int, learner_ids: Collection[int]) -> set[int]:
    """Those of these accounts that have to do with the session: on its list, or in it."""
    session = AssessmentSession.objects.get(pk=session_id)
    inside = Attempt.objects.filter(session=session, learner_id__in=learner_ids).values_list("learner_id", flat=True)
    return set(learner_ids) & (rosters.assigned(session).keys() | set(inside))


@one_winner
def withdraw_irregularity(*, session_id: int, by: int, irregularity: UUID, reason: str, now: datetime) -> dict[str, Any]:
    """Take a note back that was a mistake; it stays in the log. Safe to repeat."""
    row = Irregularity.objects.filter(session_id=session_id, uuid=irregularity).first()
    if row is None:
        raise Refusal("not_found")
    if row.withdrawn_at is None:
        with transaction.atomic(durable=True):
            change = take_change(session_id)
            there = Irregularity.objects.filter(pk=row.pk, withdrawn_at=None)
            if not there.update(withdrawn_at=now, withdrawn_by_id=by):
                raise Lost
            about: dict[str, Any] = {"session_id": session_id, "attempt_id": row.attempt_id, "change_no": change}
            facts = {"irregularity": str(irregularity)}
            audit.record(action="withdraw_irregularity", by=by, now=now, reason=reason, facts=facts, **about)
    return answer(session_id, [])


@one_winner
def claim(*, session_id: int, by: int, learner_id: int, now: datetime) -> dict[str, Any]:
    """Tell the others that you are with this student; refused while somebody else is. Ends by itself after half an hour."""
    if not _known(session_id, [learner_id]):
        raise Refusal("not_found")
    held = Claim.objects.filter(session_id=session_id, learner_id=learner_id).first()
    fresh = held is not None and held.at > now - timedelta(minutes=CLAIM_MINUTES)
    if held is not None and fresh and held.by_id != by:
        person = get_lms().people([held.by_id]).get(held.by_id)
        raise Refusal("claimed", name=person.full_name if person else f"#{held.by_id}")
    with transaction.atomic(durable=True):
        take_change(session_id)
        if held is not None and not Claim.objects.filter(pk=held.pk, at=held.at).update(by_id=by, at=now):
            raise Lost
        if held is None:
            try:
                with transaction.atomic():
                    Claim.objects.create(session_id=session_id, learner_id=learner_id, by_id=by, at=now)
            except IntegrityError as other:
                raise Lost from other
    return answer(session_id, [])


@one_winner
def release_claim(*, session_id: int, by: int, learner_id: int, now: datetime) -> dict[str, Any]:
    """Tell the others that this student needs nobody any more. Safe to repeat."""
    mine = Claim.objects.filter(session_id=session_id, learner_id=learner_id)
    if mine.exists():
        with transaction.atomic(durable=True):
            take_change(session_id)
            mine.delete()
    return answer(session_id, [])
