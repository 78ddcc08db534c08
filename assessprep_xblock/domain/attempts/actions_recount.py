"""Counting a session's attempts again. Its counters are changed with every move; this proves it, or mends them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession, GradedCount
from ..shared import audit
from ..shared.winning import one_winner
from .actions_counting import count_graded

STATUSES = ("joined", "in_progress", "ended", "submitted")
COUNTED = (*STATUSES, "graded")


@dataclass(frozen=True)
class Miscount:
    """A session whose counters differ from its attempts: status (or ``graded``) -> count; None: nothing counts it."""

    session_id: int
    session_uuid: UUID
    stored: dict[str, int | None]
    counted: dict[str, int]


def miscounted(session_ids: Collection[int] | None = None) -> list[Miscount]:
    """Sessions (these, or all) whose counters are wrong at one moment; one query."""
    sessions = AssessmentSession.objects.order_by("pk")
    if session_ids is not None:
        sessions = sessions.filter(pk__in=session_ids)
    counts = {f"c_{status}": Count("attempts", filter=Q(attempts__status=status)) for status in STATUSES}
    counts["c_graded"] = Count("attempts", filter=Q(attempts__scoring="scored", attempts__voided=False))
    kept = [*(f"n_{status}" for status in STATUSES), "graded_count__n"]
    found = []
    for pk, uuid, *numbers in sessions.annotate(**counts).values_list("pk", "uuid", *kept, *counts):
        stored = dict(zip(COUNTED, numbers, strict=False))
        counted = dict(zip(COUNTED, numbers[len(COUNTED) :], strict=True))
        if stored != counted:
            found.append(Miscount(session_id=pk, session_uuid=uuid, stored=stored, counted=counted))
    return found


@one_winner
def recount(*, session_id: int, now: datetime) -> bool:
    """Mend one session's counters; False where they are right. Whoever moves an attempt meanwhile makes it count again."""
    found = miscounted([session_id])
    if not found:
        return False
    change_no = AssessmentSession.objects.values_list("change_no", flat=True).get(pk=session_id)
    if miscounted([session_id]) != found:
        return recount(session_id=session_id, now=now)
    with transaction.atomic(durable=True):
        values = {f"n_{status}": found[0].counted[status] for status in STATUSES}
        # Every move takes a change number: where it is the same, nobody moved since they were counted.
        change = take_change(session_id, where={"change_no": change_no}, values=values)
        facts = {"stored": found[0].stored, "counted": found[0].counted}
        audit.record(action="recount", by=None, now=now, session_id=session_id, change_no=change, facts=facts)
        # Behind the session's lock, so that nobody who comes meanwhile can be waited for in a circle.
        GradedCount.objects.get_or_create(session_id=session_id)
        count_graded(session_id)
    return True
