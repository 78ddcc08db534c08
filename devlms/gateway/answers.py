"""Answers and scores of the embedded LMS: dry scoring, handing in for real, stored scores."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import crum
from django.contrib.auth import get_user_model
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest
from opaque_keys.edx.keys import UsageKey
from webob.multidict import MultiDict
from xblock.scorable import Score as RawScore

from assessprep_xblock.lms.base import Answers, Graded, Kept, LmsError, Score, StoredScore
from assessprep_xblock.lms.readable import unreadable_left_out
from devlms import spoil
from devlms.models import StudentModule
from devlms.resets import delete_state
from devlms.runtime import DevRuntime, weighted
from devlms.signals import score_changed, score_removed
from devlms.state import LearnerStates, field_overrides

log = logging.getLogger(__name__)

#: The platform's words for a submission it took.
ACCEPTED = {"correct", "incorrect", "submitted"}
#: Lifted while the server hands in: a late settle or a one-attempt question must not lose answers.
LIFTED = {"due": None, "graceperiod": None, "max_attempts": None, "submission_wait_seconds": 0}

_resetting: ContextVar[bool] = ContextVar("resetting", default=False)


class AnswersAndScores:
    """The part of the contract that grades."""

    def score_item(self, usage_key: UsageKey, learner_id: int, answers: Answers, *, olx: str = "") -> Score:
        """Three queries, no write: the block is bound and asked, and never saved."""
        block = _bound_block(usage_key, learner_id)
        if hasattr(block, "take_answer"):
            return Score(earned=None, possible=_possible(block))
        try:
            lcp = block.lcp
            if not _answered(answers):
                _earned, possible = weighted(None, lcp.get_max_score(), block.weight)
                return Score(earned=None, possible=float(possible or 0))
            if olx:
                block.lcp = lcp = block.new_lcp({**block.get_state_for_lcp(), "correct_map": {}, "done": False}, text=olx)
            lcp.grade_answers(block.make_dict_of_responses(as_posted(_readable(block, answers))))
            raw = block.score_from_lcp(lcp)
        except Exception as error:
            raise LmsError(f"{usage_key} cannot be graded: {error}") from error
        earned, possible = weighted(raw.raw_earned, raw.raw_possible, block.weight)
        return Score(earned=float(earned or 0), possible=float(possible or 0))

    def hand_in(
        self, container_key: UsageKey, learner_id: int, answers: Mapping[UsageKey, Answers]
    ) -> dict[UsageKey, Graded]:
        """Three queries and about five statements for each question; a failing question rolls back alone."""
        try:
            learner = _learner(learner_id)
            runtime = DevRuntime(container_key.course_key, learner)
            runtime.prefetch(list(answers))
        except LmsError as error:
            return {key: Graded(accepted=False, message=str(error)) for key in answers}
        below = _keys_below(runtime, container_key)
        result = {}
        if spoil.hand_in_fails():
            raise LmsError("the platform is told to fail")
        _change_one_key_for_a_control(runtime, answers)
        with acting_as(learner), field_overrides(LIFTED):
            for key, given in answers.items():
                if key not in below:
                    result[key] = Graded(accepted=False, message="the question is not below this assessment")
                else:
                    result[key] = _hand_in_one(runtime, key, {} if spoil.hand_in_drops_drafts() else given)
        return result

    def set_score(self, usage_key: UsageKey, learner_id: int, points: float, *, counts: bool = True) -> Score:
        """Five queries and about five statements."""
        learner = _learner(learner_id)
        runtime = DevRuntime(usage_key.course_key, learner)
        if runtime.tree.find(usage_key) is None:
            raise LmsError(f"{usage_key} is not published")
        try:
            with acting_as(learner), transaction.atomic():
                block = runtime.get_block(usage_key)
                raw = raw_score(block, points) if counts else RawScore(raw_earned=0, raw_possible=0)
                if counts and hasattr(block, "set_score"):
                    block.set_score(raw)
                event = {"value": raw.raw_earned, "max_value": raw.raw_possible}
                runtime.publish(block, "grade", event)
                block.save()
        except Exception as error:
            raise LmsError(f"the score of {usage_key} could not be stored: {error}") from error
        row = runtime.states.row(usage_key)
        return Score(earned=float(row.earned or 0), possible=float(row.possible or 0))

    def as_answered(self, usage_key: UsageKey, learner_id: int, answers: Answers) -> str:
        """Three queries."""
        block = _bound_block(usage_key, learner_id)
        try:
            state = {**block.get_state_for_lcp(), "correct_map": {}, "done": False}
            problem = block.new_lcp({**state, "student_answers": block.make_dict_of_responses(as_posted(answers))})
            return block.runtime.service(block, "replace_urls").replace_urls(problem.get_html())
        except Exception as error:
            raise LmsError(f"{usage_key} cannot be drawn: {error}") from error

    def scores(self, usage_keys: Collection[UsageKey], learner_ids: Collection[int]) -> dict[tuple[int, UsageKey], Score]:
        """One query."""
        rows = StudentModule.objects.filter(
            usage_key__in=list(usage_keys), student__in=list(learner_ids), earned__isnull=False
        ).values_list("student", "usage_key", "earned", "possible")
        return {(student, key): Score(earned=earned, possible=possible) for student, key, earned, possible in rows}

    def remember_attempt(self, container_key: UsageKey, learner_id: int, attempt_uuid: str) -> None:
        """Two statements where the row is there, else four (insert with its savepoint)."""
        LearnerStates(learner_id).write_state(container_key, {"attempt_id": str(attempt_uuid)})

    def archive_and_reset(self, container_key: UsageKey, learner_id: int, *, by: int) -> dict[UsageKey, Kept]:
        """As staff would do it by hand; only that nobody is told."""
        learner = _learner(learner_id)
        runtime = DevRuntime(container_key.course_key, learner)
        if runtime.tree.find(container_key) is None:
            raise LmsError(f"{container_key} is not published")
        rows = StudentModule.objects.filter(
            student=learner_id, usage_key__in={container_key, *_keys_below(runtime, container_key)}
        )
        kept = {row.usage_key: Kept(state=json.loads(row.state), score=_stored_score(row)) for row in rows}
        if kept:
            with _our_doing():
                delete_state(learner, container_key, by=_learner(by))
        return kept

    def withdraw_scores(self, container_key: UsageKey, learner_id: int) -> dict[UsageKey, StoredScore]:
        """Three queries, and a statement for each question that has a score."""
        taken: dict[UsageKey, StoredScore] = {}
        for row, block in _rows_below(container_key, learner_id):
            if row.earned is not None:
                taken[row.usage_key] = (row.grade, row.max_grade)
                StudentModule.objects.filter(pk=row.pk).update(grade=None, earned=None)
                with _our_doing():
                    _tell(score_removed, row, block, 0.0)
        return taken

    def restore_scores(self, container_key: UsageKey, learner_id: int, stored: Mapping[UsageKey, StoredScore]) -> None:
        """Three queries, and a statement for each of these questions."""
        for row, block in _rows_below(container_key, learner_id):
            if row.usage_key in stored:
                raw, top = stored[row.usage_key]
                earned, possible = weighted(raw, top, getattr(block, "weight", None))
                values = {"grade": raw, "max_grade": top, "earned": earned, "possible": possible}
                StudentModule.objects.filter(pk=row.pk).update(**values)
                row.max_grade = top
                with _our_doing():
                    _tell(score_changed, row, block, earned)

    def is_resetting(self) -> bool:
        """In this request or task."""
        return _resetting.get()


@contextlib.contextmanager
def _our_doing() -> Iterator[None]:
    token = _resetting.set(True)
    try:
        yield
    finally:
        _resetting.reset(token)


def _rows_below(container_key: UsageKey, learner_id: int) -> Iterator[tuple[StudentModule, Any]]:
    """A learner's rows of every block below this one, each with its block."""
    if spoil.hand_in_fails():
        raise LmsError("the platform is told to fail")
    runtime = DevRuntime(container_key.course_key, _learner(learner_id))
    if runtime.tree.find(container_key) is None:
        raise LmsError(f"{container_key} is not published")
    below = _keys_below(runtime, container_key)
    for row in StudentModule.objects.filter(student=learner_id, usage_key__in=below).order_by("pk"):
        yield row, runtime.get_block(row.usage_key)


def _tell(signal: Signal, row: StudentModule, block: Any, earned: float) -> None:
    _none, possible = weighted(None, row.max_grade, getattr(block, "weight", None))
    signal.send(sender=None, user_id=row.student_id, usage_key=row.usage_key, earned=earned, possible=float(possible or 0))


def _stored_score(row: StudentModule) -> Score | None:
    return None if row.earned is None else Score(earned=float(row.earned), possible=float(row.possible or 0))


def as_posted(answers: Answers) -> MultiDict:
    """Answers in the shape a form posts them."""
    posted = MultiDict()
    for name, value in answers.items():
        for one in value if isinstance(value, list) else [value]:
            posted.add(name, one)
    return posted


@contextlib.contextmanager
def acting_as(learner) -> Iterator[None]:
    """Let the current request be one of this learner: the platform's services ask for it, and tasks have none."""
    request = HttpRequest()
    request.user, request.session = learner, {}
    before = crum.get_current_request()
    crum.set_current_request(request)
    try:
        yield
    finally:
        crum.set_current_request(before)


def _readable(block, answers: Answers) -> Answers:
    """Tried out on a block that is never saved."""
    return unreadable_left_out(
        answers, lambda tried: block.lcp.grade_answers(block.make_dict_of_responses(as_posted(tried)))
    )


def _answered(answers: Answers) -> bool:
    return any((value if isinstance(value, list) else value.strip()) for value in answers.values())


def _learner(learner_id: int):
    learner = get_user_model().objects.select_related("profile").filter(pk=learner_id).first()
    if learner is None:
        raise LmsError(f"there is no learner {learner_id}")
    return learner


def _bound_block(usage_key: UsageKey, learner_id: int):
    runtime = DevRuntime(usage_key.course_key, _learner(learner_id))
    if runtime.tree.find(usage_key) is None:
        raise LmsError(f"{usage_key} is not published")
    block = runtime.get_block(usage_key)
    if not (hasattr(type(block), "submit_problem") or hasattr(type(block), "take_answer")):
        raise LmsError(f"{usage_key} keeps its own score")
    return block


def _possible(block) -> float:
    return float(weighted(None, block.max_score(), getattr(block, "weight", None))[1] or 0)


def raw_score(block, points: float) -> RawScore:
    """Points of the question's weight as the block itself counts them."""
    top = float(block.max_score() or 0)
    _none, possible = weighted(None, top, getattr(block, "weight", None))
    if not possible:
        raise LmsError("the question counts nothing")
    return RawScore(raw_earned=points if possible == top else points * top / possible, raw_possible=top)


def _keys_below(runtime: DevRuntime, container_key: UsageKey) -> set[UsageKey]:
    if runtime.tree.find(container_key) is None:
        return set()
    return {runtime.tree.usage_key(node.block_id) for node in runtime.tree.below(container_key.block_id)}


def _change_one_key_for_a_control(runtime: DevRuntime, keys: Collection[UsageKey]) -> None:
    changed: list[str] = []
    for key in keys:
        node = runtime.tree.find(key)
        if node is not None and isinstance(node.fields.get("data"), str):
            source = node.copied_from or node.block_id
            node.fields["data"] = spoil.with_changed_key(source, node.fields["data"], changed)


def _hand_in_one(runtime: DevRuntime, key: UsageKey, answers: Answers) -> Graded:
    """Submit one question by its own method (the gate guards handlers, and learners only have those).

    The platform publishes the grade before it saves the state; one transaction keeps both or neither.
    """
    try:
        with transaction.atomic():
            block = runtime.get_block(key)
            if hasattr(type(block), "take_answer"):
                block.take_answer(answers)
                block.save()
                return Graded(accepted=True, score=Score(earned=None, possible=_possible(block)))
            if not hasattr(type(block), "submit_problem"):
                return Graded(accepted=False, message="the block keeps its own state")
            readable = _readable(runtime.get_block(key), answers)
            outcome = block.submit_problem(as_posted(readable)).get("success")
            if outcome not in ACCEPTED:
                raise LmsError(str(outcome))
            block.save()
    except Exception as error:  # noqa: BLE001  (whatever a question does, it must not cost the others their answers)
        log.warning("hand-in of %s for learner %s was not accepted: %s", key, runtime.states.user_id, error)
        runtime.states.forget(key)
        return Graded(accepted=False, message=str(error))
    row = runtime.states.row(key)
    return Graded(accepted=True, score=Score(earned=float(row.earned or 0), possible=float(row.possible or 0)))
