"""Deleting a learner's state, as the LMS's instructor dashboard does it: questions first, and blocks are told."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import UsageKey

from .models import StudentModule
from .runtime import DevRuntime, weighted
from .services import anonymous_id
from .signals import score_removed


def delete_state(learner: Any, usage_key: UsageKey, *, by: Any) -> None:
    """Everything kept of this learner in a block and below it. The platform's order: what is below first."""
    _delete(DevRuntime(usage_key.course_key, learner), usage_key, learner, by)


def _delete(runtime: DevRuntime, usage_key: UsageKey, learner: Any, by: Any) -> None:
    block = runtime.get_block(usage_key)
    for child in getattr(block, "children", ()):
        _delete(runtime, child, learner, by)
    told = getattr(block, "clear_student_state", None)
    if callable(told):
        told(
            user_id=anonymous_id(learner.pk),
            course_id=str(usage_key.course_key),
            item_id=str(usage_key),
            requesting_user_id=anonymous_id(by.pk),
        )
    deleted, _rows = StudentModule.objects.filter(student=learner, usage_key=usage_key).delete()
    if deleted and getattr(block, "has_score", False):
        _earned, possible = weighted(None, block.max_score(), getattr(block, "weight", None))
        score_removed.send(sender=None, user_id=learner.pk, usage_key=usage_key, earned=0.0, possible=float(possible or 0))
