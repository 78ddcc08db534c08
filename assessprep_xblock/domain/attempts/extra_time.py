"""A learner's standing accommodation, as her attempt uses it: read with the attempt, counted from Start."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from ..sessions.clock import SECOND
from ..sessions.models import Accommodation
from ..sessions.rules import extra_seconds
from .models import Attempt


def with_accommodation(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """The same attempts, each with its learner's accommodation; still one query."""
    return attempts.annotate(**_given(course_key=OuterRef("session__course_key"), learner=OuterRef("learner")))


def for_joining(sessions: QuerySet[Any], learner_id: Any) -> QuerySet[Any]:
    """The same sessions, each with this learner's accommodation in its run; still one query."""
    return sessions.annotate(**_given(course_key=OuterRef("course_key"), learner_id=learner_id))


def _given(**whose: Any) -> dict[str, Subquery]:
    own = Accommodation.objects.filter(**whose)
    return {"given_s": Subquery(own.values("extra_s")[:1]), "given_percent": Subquery(own.values("percent")[:1])}


def extra_of(attempt: Any, duration_s: int) -> int:
    """Extra seconds of an attempt: what it got at Start, or before that what it would get now."""
    if attempt.started_us is not None:
        return int(attempt.accommodation_us // SECOND)
    given_s, given_percent = _read_with(attempt)
    return 0 if given_percent is None else extra_seconds(duration_s, extra_s=given_s, percent=given_percent)


def _read_with(attempt: Any) -> tuple[int, int | None]:
    for read in (attempt, attempt.session):  # an attempt that was just made came with its session
        if hasattr(read, "given_percent"):
            return read.given_s, read.given_percent
    rows = Accommodation.objects.filter(course_key=attempt.session.course_key, learner_id=attempt.learner_id)
    return rows.values_list("extra_s", "percent").first() or (0, None)
