"""Scores in Open edX that count for nothing for a while, and count again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from opaque_keys.edx.keys import UsageKey

from ..base import LmsError, StoredScore
from .content import below, branch, find, plain, weighted
from .resets import resetting, rows_of


class WithdrawnScores:
    """The part of the contract that takes scores out of the gradebook, and puts them back."""

    def withdraw_scores(self, container_key: UsageKey, learner_id: int) -> dict[UsageKey, StoredScore]:
        """A row without a grade, but with its maximum, is what the platform's grades call not attempted.

        Told as the platform tells of deleted state: else it would leave a subsection alone in which nothing is attempted.
        """
        from lms.djangoapps.grades.api import events

        blocks = _blocks(container_key)
        taken: dict[UsageKey, StoredScore] = {}
        with resetting(), _about(events.STATE_DELETED_EVENT_TYPE):
            for row, key in _scored(blocks, learner_id):
                taken[key] = (row.grade, row.max_grade)
                row.grade = None
                row.save()
                _tell(row, blocks[key], key, 0.0, deleted=True)
        return taken

    def restore_scores(self, container_key: UsageKey, learner_id: int, stored: Mapping[UsageKey, StoredScore]) -> None:
        """As they were stored, and told as the platform tells of overridden scores."""
        from lms.djangoapps.grades.api import events

        blocks = _blocks(container_key)
        with resetting(), _about(events.GRADES_OVERRIDE_EVENT_TYPE):
            for row in rows_of({key: blocks[key] for key in stored if key in blocks}, learner_id).select_for_update():
                key = row.module_state_key.map_into_course(row.course_id)
                row.grade, row.max_grade = stored[key]
                row.save()
                _tell(row, blocks[key], key, row.grade)


def _blocks(container_key: UsageKey) -> dict[UsageKey, Any]:
    with branch(container_key.course_key, published=True) as store:
        container = find(store, container_key, depth=None)
        if container is None:
            raise LmsError(f"{container_key} is not published")
        return {plain(one.scope_ids.usage_id): one for one in below(container)}


def _scored(blocks: dict[UsageKey, Any], learner_id: int) -> Iterator[tuple[Any, UsageKey]]:
    scored = rows_of(blocks, learner_id).filter(grade__isnull=False, max_grade__isnull=False)
    for row in scored.select_for_update():
        yield row, row.module_state_key.map_into_course(row.course_id)


@contextlib.contextmanager
def _about(event_type: str) -> Iterator[None]:
    """One event transaction of the platform: what its grades say of it names this type."""
    from common.djangoapps.track import event_transaction_utils as about

    about.create_new_event_transaction_id()
    about.set_event_transaction_type(event_type)
    try:
        yield
    finally:
        about.set_event_transaction_type("")


def _tell(row: Any, block: Any, key: UsageKey, raw_earned: float, *, deleted: bool = False) -> None:
    from lms.djangoapps.grades.constants import ScoreDatabaseTableEnum
    from lms.djangoapps.grades.signals.signals import PROBLEM_WEIGHTED_SCORE_CHANGED

    earned, possible = weighted(raw_earned, row.max_grade, getattr(block, "weight", None))
    PROBLEM_WEIGHTED_SCORE_CHANGED.send(
        sender=None,
        weighted_earned=earned,
        weighted_possible=possible,
        user_id=row.student_id,
        course_id=str(key.course_key),
        usage_id=str(key),
        only_if_higher=False,
        score_deleted=deleted,
        modified=row.modified,
        score_db_table=ScoreDatabaseTableEnum.courseware_student_module,
    )
