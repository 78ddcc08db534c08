"""The tasks that Celery discovers; each body lives beside the action it runs."""

from .domain.analysis.actions import keep_answers_task, prepare_task
from .domain.attempts.actions_handin import hand_in_task
from .domain.attempts.actions_settle import settle_task
from .domain.attempts.actions_withdrawing import follow_task
from .domain.events.telling import tell_change_task
from .domain.grading.actions_judging import judge_task
from .domain.grading.actions_regrading import correct_task, preview_task
from .domain.library.actions_placing import look_for_drift_task

__all__ = [
    "correct_task",
    "follow_task",
    "hand_in_task",
    "judge_task",
    "keep_answers_task",
    "look_for_drift_task",
    "prepare_task",
    "preview_task",
    "settle_task",
    "tell_change_task",
]
