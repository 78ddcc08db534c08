"""Taking a learner's answers away in Open edX, so that they can begin anew."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import UsageKey

from ..base import Kept, LmsError, Score
from . import releases
from .content import below, branch, find, plain, plain_course, weighted

_resetting: ContextVar[bool] = ContextVar("assessprep_resetting", default=False)


class Resets:
    """The part of the contract that lets a learner begin anew."""

    def archive_and_reset(self, container_key: UsageKey, learner_id: int, *, by: int) -> dict[UsageKey, Kept]:
        """By the platform's own "delete a learner's state", for the block with all that is below it.

        About thirty statements for each question that has state.
        """
        if releases.in_studio():
            raise LmsError("a learner's state is deleted in the LMS only")
        with branch(container_key.course_key, published=True) as store:
            block = find(store, container_key, depth=None)
            if block is None:
                raise LmsError(f"{container_key} is not published")
            blocks = {plain(one.scope_ids.usage_id): one for one in (block, *below(block))}
        kept = dict(_kept(blocks, learner_id))
        if kept:
            self._reset(container_key, learner_id, by)
            # Its own walk stops at a question without state in which others are nested.
            rows_of(blocks, learner_id).delete()
        return kept

    def _reset(self, container_key: UsageKey, learner_id: int, by: int) -> None:
        from lms.djangoapps.instructor.enrollment import reset_student_attempts

        # It fails, after it has reset the questions, where the block itself has no row.
        self.remember_attempt(container_key, learner_id, "")  # type: ignore[attr-defined]  # of AnswersAndScores
        people = get_user_model().objects.in_bulk([learner_id, by])
        try:
            learner, staff = people[learner_id], people[by]
        except KeyError as error:
            raise LmsError(f"there is no account {error}") from error
        try:
            with resetting():
                course_key = plain_course(container_key.course_key)
                reset_student_attempts(course_key, learner, container_key, staff, delete_module=True)
        except Exception as error:
            raise LmsError(f"{container_key} could not be reset for learner {learner_id}: {error}") from error

    def is_resetting(self) -> bool:
        """In this task or request."""
        return _resetting.get()


@contextlib.contextmanager
def resetting() -> Iterator[None]:
    """What the platform tells of scores in here is our own doing."""
    token = _resetting.set(True)
    try:
        yield
    finally:
        _resetting.reset(token)


def rows_of(usage_keys: Iterable[UsageKey], learner_id: int) -> Any:
    """A learner's rows of these blocks, not yet read."""
    from lms.djangoapps.courseware.models import StudentModule

    keys = list(usage_keys)
    return StudentModule.objects.filter(
        student=learner_id, course_id__in={key.course_key for key in keys}, module_state_key__in=keys
    )


def _kept(blocks: dict[UsageKey, Any], learner_id: int) -> Iterator[tuple[UsageKey, Kept]]:
    """Every row's state and score. One query."""
    for row in rows_of(blocks, learner_id):
        key = row.module_state_key.map_into_course(row.course_id)
        score = None
        if row.grade is not None and row.max_grade is not None:
            earned, possible = weighted(row.grade, row.max_grade, getattr(blocks[key], "weight", None))
            score = Score(earned=float(earned or 0), possible=float(possible or 0))
        yield key, Kept(state=json.loads(row.state or "{}"), score=score)
