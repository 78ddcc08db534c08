"""Who has extra time in a run, and how much that is in one session."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from .models import Accommodation, AssessmentSession
from .queries import settings_of
from .rules import extra_seconds


def accommodations_of_run(course_key: CourseKey) -> QuerySet[Accommodation]:
    """Every accommodation of a run, the newest first. For callers who have checked the role."""
    return Accommodation.objects.filter(course_key=course_key).order_by("-set_at", "-pk")


@dataclass(frozen=True)
class Accommodated:
    """An accommodation with the name of whom it is for; ``person`` None: the account is gone."""

    row: Accommodation
    person: Person | None


def named(rows: Collection[Accommodation]) -> list[Accommodated]:
    """Accommodations with names. One query."""
    people = get_lms().people([row.learner_id for row in rows]) if rows else {}
    return [Accommodated(row, people.get(row.learner_id)) for row in rows]


def extra_time_in(session: AssessmentSession, learner_ids: Collection[int]) -> dict[int, int]:
    """Extra seconds by account id, of those of these learners who have any in this session. One query."""
    duration_s = settings_of(session)["duration_s"]
    rows = Accommodation.objects.filter(course_key=session.course_key).values_list("learner_id", "extra_s", "percent")
    wanted = set(learner_ids)
    return {
        learner_id: extra_seconds(duration_s, extra_s=extra_s, percent=percent)
        for learner_id, extra_s, percent in rows
        if learner_id in wanted
    }


def accommodation_view(one: Accommodated) -> dict[str, Any]:
    """An accommodation in plain values, for REST and the page."""
    row, person = one.row, one.person
    return {
        "learner": row.learner_id,
        "name": person.full_name if person else "",
        "username": person.username if person else "",
        "extra_s": row.extra_s,
        "percent": row.percent,
        "set_at": row.set_at.isoformat().replace("+00:00", "Z"),
    }
