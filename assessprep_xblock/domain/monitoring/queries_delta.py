"""What changed in a session since a monitor was told: counted by the database, read only where a row changed."""

from __future__ import annotations

import logging
from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Max, Q

from ..attempts.models import Attempt
from ..sessions.clock import SessionClock
from ..sessions.models import AssessmentSession
from .queries_token import OVERLAP, Since

log = logging.getLogger(__name__)

#: Longer than the roster counts as known.
KEPT_S = 120


@dataclass(frozen=True)
class Group:
    """Attempts that are alike in what the picture counts."""

    status: str
    seen: int
    heard: int
    n: int


@dataclass(frozen=True)
class Tally:
    """A session's newest attempts, counted; ``over``: how many of them work in the table although their time is over."""

    groups: tuple[Group, ...]
    over: int


def changed_rows(session: AssessmentSession, before: Since) -> list[Attempt]:
    """The session's attempts that may have changed since ``before``, oldest of a learner first. One query."""
    late = Q(change_no__gt=before.change_no) | Q(progress_at__gte=before.at - OVERLAP)
    return list(Attempt.objects.filter(late, session=session).order_by("number"))


def same_people(session: AssessmentSession, before: Since, changed: Iterable[Attempt]) -> bool:
    """Whether the rows that were told are those of the same people still: nobody new came, and nobody went elsewhere."""
    known = _known(session, before.people)
    if known is None or not known.issuperset(one.learner_id for one in changed):
        return False
    others = Attempt.objects.filter(placement_id=session.placement_id, voided=False).exclude(session=session)
    gone = others.filter(progress_at__gte=before.at - OVERLAP).values_list("learner_id", flat=True)
    return known.isdisjoint(gone)


def counted(session: AssessmentSession, clock: SessionClock, now: datetime) -> Tally:
    """Everybody, counted. Two queries; one more where somebody began anew."""
    rows = Attempt.objects.filter(session=session)
    numbers: Counter[tuple[str, int, int]] = Counter()
    again = False
    kinds = rows.order_by().values_list("status", "seen_announcement", "heard_announcement")
    for status, seen, heard, n, number in kinds.annotate(n=Count("pk"), newest=Max("number")):
        numbers[status, seen, heard] += n
        again = again or number > 1
    older = _older(session) if again else []
    for attempt in older:
        numbers[attempt.status, attempt.seen_announcement, attempt.heard_announcement] -= 1
    point = clock.time(now)
    ended = Q(due_us__lte=point)
    if clock.closes_us is not None and not clock.let_finish:
        ended |= Q(granted_us__lte=point - clock.closes_us, due_us__isnull=False)
    over = rows.filter(ended, status="in_progress", hold_us=None).exclude(pk__in=[one.pk for one in older])
    return Tally(tuple(Group(*kind, n) for kind, n in numbers.items() if n), over.count())


def _older(session: AssessmentSession) -> list[Attempt]:
    """Attempts that a newer one of the same learner in the session stands for."""
    again = Attempt.objects.filter(session=session, number__gt=1).values("learner_id")
    newest: dict[int, Attempt] = {}
    older = []
    for attempt in Attempt.objects.filter(session=session, learner_id__in=again).order_by("number"):
        if attempt.learner_id in newest:
            older.append(newest[attempt.learner_id])
        newest[attempt.learner_id] = attempt
    return older


def groups_of(session: AssessmentSession, ids: Collection[int]) -> dict[int, tuple[Group]]:
    """Single attempts of a session, by id: whom something was said to alone. One query, where there are any."""
    if not ids:
        return {}
    rows = Attempt.objects.filter(session=session, pk__in=ids)
    found = rows.values_list("pk", "status", "seen_announcement", "heard_announcement")
    return {pk: (Group(status, seen, heard, 1),) for pk, status, seen, heard in found}


def remember(session: AssessmentSession, people: str, learners: Collection[int]) -> None:
    """Whose rows a monitor was told. Where the cache forgets it, the next look is at the whole room."""
    try:
        cache.set(_name(session, people), array("q", learners).tobytes(), KEPT_S)
    except Exception:  # noqa: BLE001  a monitor without a cache is slower, not wrong
        log.warning("the cache did not take who is in a session")


def _known(session: AssessmentSession, people: str) -> set[int] | None:
    try:
        found = cache.get(_name(session, people))
    except Exception:  # noqa: BLE001
        return None
    return None if found is None else set(array("q", found))


def _name(session: AssessmentSession, people: str) -> str:
    return f"assessprep:monitored:{session.pk}:{people}"
