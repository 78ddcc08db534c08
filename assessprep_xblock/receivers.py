"""What the platform tells us, connected through the seam, and what our own audit trail tells; one action each."""

from __future__ import annotations

import logging

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey

from .domain.attempts.actions_answers import note_own_state_answer
from .domain.events import telling
from .domain.grading.actions import note_platform_score
from .domain.library import guards
from .domain.library.actions import guard_run
from .domain.library.actions_placing import after_publish
from .domain.retirement.actions import retire
from .domain.shared import audit
from .domain.shared.refusals import Refusal
from .lms import get_lms
from .lms.base import Score

log = logging.getLogger(__name__)


def connect() -> None:
    """Connect every receiver once; called when the app is ready."""
    lms = get_lms()
    lms.on_score_changed(score_changed)
    lms.on_score_removed(score_removed)
    lms.on_course_published(course_published)
    lms.on_user_retired(user_retired)
    audit.recorded.connect(changes_recorded, dispatch_uid="assessprep.tell")


def score_changed(learner_id: int, usage_key: UsageKey, score: Score) -> None:
    """A score was stored: of a handed-in question it may be changed by staff, else a question that keeps its own state was
    answered, and the learner's page and the monitor count it."""
    # Told of every score of the platform: one look into the cache decides for nearly all of them.
    kind = guards.guards_in(usage_key.course_key).kind(usage_key)
    if kind not in (guards.OWN_STATE, guards.DRAFTS):
        return
    note_platform_score(learner_id=learner_id, usage_key=usage_key, score=score, now=timezone.now())
    if kind != guards.OWN_STATE:
        return
    try:
        note_own_state_answer(learner_id=learner_id, usage_key=usage_key, now=timezone.now())
    except Refusal as refusal:
        # The score itself is stored; only our count of answered questions waits for the next one.
        log.info("the answer to %s was not counted: %s", usage_key, refusal.code)


def score_removed(learner_id: int, usage_key: UsageKey, score: Score) -> None:
    """Staff deleted a learner's state of one question: what was handed in counts as the gradebook has it now. The points
    that were are in the audit trail, and a mark gives them back."""
    kind = guards.guards_in(usage_key.course_key).kind(usage_key)
    if kind in (guards.OWN_STATE, guards.DRAFTS):
        note_platform_score(learner_id=learner_id, usage_key=usage_key, score=score, now=timezone.now())


def course_published(course_key: CourseKey) -> None:
    """Content was published, imported, pasted or came with a rerun: guard what is new below our blocks, and see whether
    placements still deliver what they should."""
    guard_run(course_key=course_key)
    after_publish(course_key)


def user_retired(user_id: int) -> None:
    """An account is taken away for good. An error is the platform's to see: its retirement is tried again."""
    retire(user_id=user_id, now=timezone.now())


def changes_recorded(*, rows: list, **_signal: object) -> None:
    """A change was committed: the tracking log and whoever listens to our public signals hear of it."""
    telling.tell(rows)
