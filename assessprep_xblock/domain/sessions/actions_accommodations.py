"""What staff do about standing accommodations: give a learner extra time in every test of a run, and take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms

from ..organizations.queries import run_for_staff
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from . import rules
from .models import Accommodation


@one_winner
def set_accommodation(
    *, course_key: CourseKey, learner_id: int, extra_s: Any, percent: Any, by: int, now: datetime
) -> Accommodation:
    """Give a learner of a run extra time from the next Start on; setting it again replaces it."""
    run_for_staff(course_key=course_key, user_id=by)
    values = {
        "extra_s": _number(extra_s, "extra_s", 0, rules.MOST_EXTRA_S),
        "percent": _number(percent, "percent", rules.LEAST_PERCENT, rules.MOST_PERCENT),
    }
    if values == {"extra_s": 0, "percent": 100}:
        raise Refusal("invalid", field="extra_s", why=_("it gives no extra time"))
    if learner_id not in get_lms().learners(course_key, user_ids=[learner_id]):
        raise Refusal("invalid", field="learner", why=_("this is no learner of the course run"))
    with transaction.atomic(durable=True):
        row, _made = Accommodation.objects.update_or_create(
            course_key=course_key, learner_id=learner_id, defaults={**values, "set_by_id": by, "set_at": now}
        )
        facts = {"user": learner_id, "course": str(course_key), **values}
        audit.record(action="set_accommodation", by=by, now=now, facts=facts)
    return row


def remove_accommodation(*, course_key: CourseKey, learner_id: int, by: int, now: datetime) -> None:
    """Take the extra time back for tests that are not started yet. Safe to repeat."""
    run_for_staff(course_key=course_key, user_id=by)
    with transaction.atomic(durable=True):
        gone, _by_model = Accommodation.objects.filter(course_key=course_key, learner_id=learner_id).delete()
        if gone:
            facts = {"user": learner_id, "course": str(course_key)}
            audit.record(action="remove_accommodation", by=by, now=now, facts=facts)


def _number(value: Any, field: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal("invalid", field=field, why=_("it has to be a whole number"))
    if not least <= value <= most:
        raise Refusal("setting_out_of_range", field=field, least=least, most=most)
    return value
