"""What changed in a session since a monitor was told: counted by the database, read only where a row changed."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from ..attempts.models import AnswerDraft, Attempt
from ..sessions.clock import SessionClock, to_datetime, to_us
from ..sessions.models import AssessmentSession
from ..shared import caching
from ..shared.prepared import Given, PreparedRead
from . import queries_look
from .queries_extras import Answered
from .queries_look import Look
from .queries_opening import There
from .queries_token import OVERLAP, Since

#: Longer than it takes until somebody looks at the roster again.
KEPT_S = 120


@dataclass(frozen=True)
class Group:
    """Attempts that are alike in what the picture counts."""

    status: str
    seen: int
    heard: int
    n: int


@dataclass(frozen=True)
class Known:
    """Whose rows were told, and when the platform was asked last who is on the roster and what they are called."""

    asked_at: datetime
    learners: set[int]


@dataclass(frozen=True)
class Tally:
    """A session's newest attempts, counted; ``over``: how many of them work in the table although their time is over;
    ``again``: somebody has more than one."""

    groups: tuple[Group, ...]
    over: int
    again: bool


_SESSION = Given("session_id", Attempt._meta.get_field("session"))
_PLACEMENT = Given("placement_id", Attempt._meta.get_field("placement"))
_CHANGE_NO = Given("change_no", Attempt._meta.get_field("change_no"))
_PROGRESS = Given("progress_at", Attempt._meta.get_field("progress_at"))


@PreparedRead
def _gone() -> QuerySet[Any]:
    others = Attempt.objects.filter(placement_id=_PLACEMENT, voided=False, progress_at__gte=_PROGRESS)
    return others.exclude(session_id=_SESSION).values_list("learner_id", flat=True)


@PreparedRead
def _elsewhere() -> QuerySet[Any]:
    others = Attempt.objects.filter(placement_id=_PLACEMENT, voided=False).exclude(session_id=_SESSION)
    return others.values_list("learner_id", flat=True)


def elsewhere(session: AssessmentSession) -> set[int]:
    """Who has an attempt in other sessions of the placement. One query."""
    return set(_elsewhere(placement_id=session.placement_id, session_id=session.pk))


@PreparedRead
def _answered() -> QuerySet[Any]:
    late = Q(attempt__change_no__gt=_CHANGE_NO) | Q(attempt__progress_at__gte=_PROGRESS)
    drafts = AnswerDraft.objects.filter(late, attempt__session_id=_SESSION, answered=True)
    return drafts.values_list("attempt_id", "question_id")


def answered(session: AssessmentSession, before: Since) -> Answered:
    """Which questions the attempts of :func:`changed_rows` have answered. One query, when it is asked for."""
    told = {"change_no": before.change_no, "progress_at": before.at - OVERLAP}
    return lambda _attempts: _answered(session_id=session.pk, **told)


def changed_rows(session: AssessmentSession, before: Since) -> list[Look]:
    """The session's attempts that may have changed since ``before``, oldest of a learner first. One query."""
    return queries_look.changed(session, change_no=before.change_no, progress_at=before.at - OVERLAP)


@PreparedRead
def _learners() -> QuerySet[Any]:
    return Attempt.objects.filter(session_id=_SESSION).order_by().values_list("learner_id", flat=True)


def learners(session: AssessmentSession) -> set[int]:
    """Who has an attempt in a session. One query."""
    return set(_learners(session_id=session.pk))


def same_people(session: AssessmentSession, there: There, before: Since, changed: Iterable[Look], known: Known) -> bool:
    """Whether the rows that were told are those of the same people still: nobody new came, and nobody went elsewhere."""
    if not known.learners.issuperset(one.learner_id for one in changed):
        return False
    if not there.gone:
        return True
    about = {"placement_id": session.placement_id, "session_id": session.pk}
    return known.learners.isdisjoint(_gone(**about, progress_at=before.at - OVERLAP))


def counted(session: AssessmentSession, clock: SessionClock, now: datetime) -> Tally:
    """Everybody, counted. One query; two more where somebody began anew."""
    numbers: Counter[tuple[str, int, int]] = Counter()
    again, over, point = False, 0, clock.time(now)
    # A session without a close, or one that lets everybody finish, cuts nobody: no grant is that small.
    cut = _NEVER if clock.closes_us is None or clock.let_finish else point - clock.closes_us
    for status, seen, heard, n, number, late in _kinds(session_id=session.pk, due_us=point, granted_us=cut):
        numbers[status, seen, heard] += n
        again, over = again or number > 1, over + late
    older = _older(session) if again else []
    for attempt in older:
        numbers[attempt.status, attempt.seen_announcement, attempt.heard_announcement] -= 1
    if older:
        rows = Attempt.objects.filter(session=session).exclude(pk__in=[one.pk for one in older])
        over = rows.filter(_over(point, cut)).count()
    return Tally(tuple(Group(*kind, n) for kind, n in numbers.items() if n), over, again)


_NEVER = -(2**62)


def _over(point: Any, cut: Any) -> Q:
    """Whose time is over although the table says that they work."""
    ended = Q(due_us__lte=point) | Q(granted_us__lte=cut, due_us__isnull=False)
    return ended & Q(status="in_progress", hold_us=None)


@PreparedRead
def _kinds() -> QuerySet[Any]:
    over = _over(
        Given("due_us", Attempt._meta.get_field("due_us")), Given("granted_us", Attempt._meta.get_field("granted_us"))
    )
    rows = Attempt.objects.filter(session_id=_SESSION).order_by()
    kinds = rows.values_list("status", "seen_announcement", "heard_announcement")
    return kinds.annotate(n=Count("pk"), newest=Max("number"), over=Count("pk", filter=over))


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


def remember(session: AssessmentSession, people: str, learners: Iterable[int], now: datetime) -> None:
    """Whose rows a monitor was told, and that the roster was asked at this moment. Where the cache forgets it, the next look
    is at the whole room."""
    caching.put(_name(session, people), array("q", (to_us(now), *learners)).tobytes(), KEPT_S)


def known_of(session: AssessmentSession, people: str) -> Known | None:
    """What is remembered of these people, by whichever monitor asked last; None where the cache knows nothing."""
    found = caching.get(_name(session, people))
    if found is None:
        return None
    asked_us, *learners = array("q", found)
    return Known(to_datetime(asked_us), set(learners))


def _name(session: AssessmentSession, people: str) -> str:
    return f"assessprep:monitored:{session.pk}:{people}"
