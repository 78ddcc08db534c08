"""Answers and scores in Open edX: dry scoring, handing in for real, stored scores."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import crum
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest
from eventtracking import tracker
from opaque_keys.edx.keys import UsageKey

from ..base import Answers, Graded, LmsError, Score
from ..readable import unreadable_left_out
from . import releases
from .content import below, branch, find, plain, plain_course, weighted
from .lifting import lifted

log = logging.getLogger(__name__)

#: The platform's words for a submission it took. Everything else, however it is said, is a refusal.
ACCEPTED = {"correct", "incorrect", "submitted"}


class AnswersAndScores:
    """The part of the contract that grades."""

    def score_item(self, usage_key: UsageKey, learner_id: int, answers: Answers, *, olx: str = "") -> Score:
        """About ten queries, no write: the block is bound and asked, and never saved.

        (A learner who has never opened a question gets the platform's pseudonym here; who answers has opened one.)
        """
        learner = _learner(learner_id)
        with _acting_as(learner, usage_key) as request, branch(usage_key.course_key, published=True) as store:
            block = find(store, usage_key)
            if block is None:
                raise LmsError(f"{usage_key} is not published")
            if hasattr(type(block), "take_answer"):
                return Score(None, _possible(block))
            if not hasattr(type(block), "submit_problem"):
                raise LmsError(f"{usage_key} keeps its own score")
            try:
                block = _Binding(store, learner, request, block).bind(block)
                if not _answered(answers):
                    return Score(None, float(weighted(None, block.max_score(), block.weight)[1] or 0))
                raw = block.score_from_lcp(_graded(block, _readable(block, answers, olx), olx))
            except Exception as error:
                raise LmsError(f"{usage_key} cannot be graded: {error}") from error
        earned, possible = weighted(raw.raw_earned, raw.raw_possible, block.weight)
        return Score(earned=float(earned or 0), possible=float(possible or 0))

    def hand_in(
        self, container_key: UsageKey, learner_id: int, answers: Mapping[UsageKey, Answers]
    ) -> dict[UsageKey, Graded]:
        """State is read once for all; each question in a transaction of its own. Grades follow by the platform's queue."""
        try:
            learner = _learner(learner_id)
        except LmsError as error:
            return {key: Graded(accepted=False, message=str(error)) for key in answers}
        result = {}
        with (
            _acting_as(learner, container_key) as request,
            lifted(container_key.course_key),
            branch(container_key.course_key, published=True) as store,
        ):
            container = find(store, container_key, depth=None)
            blocks = {plain(one.scope_ids.usage_id): one for one in below(container)} if container is not None else {}
            binding = _Binding(store, learner, request, container) if container is not None else None
            for key, given in answers.items():
                if binding is None or key not in blocks:
                    result[key] = Graded(accepted=False, message="the question is not below this assessment")
                else:
                    result[key] = _hand_in_one(binding, blocks[key], given)
        return self._with_scores(result, learner_id)

    def _with_scores(self, result: dict[UsageKey, Graded], learner_id: int) -> dict[UsageKey, Graded]:
        """The stored scores of what was accepted, as the gradebook shows them."""
        accepted = [key for key, graded in result.items() if graded.accepted]
        stored = self.scores(accepted, [learner_id]) if accepted else {}
        for key in accepted:
            result[key] = Graded(accepted=True, score=stored.get((learner_id, key)))
        return result

    def set_score(self, usage_key: UsageKey, learner_id: int, points: float, *, counts: bool = True) -> Score:
        """As the platform's own task for overriding a score does it, which asks for a request of the staff's."""
        from common.djangoapps.track.event_transaction_utils import (
            create_new_event_transaction_id,
            set_event_transaction_type,
        )
        from lms.djangoapps.grades.api import events

        learner = _learner(learner_id)
        with _acting_as(learner, usage_key) as request, branch(usage_key.course_key, published=True) as store:
            block = find(store, usage_key)
            if block is None:
                raise LmsError(f"{usage_key} is not published")
            try:
                create_new_event_transaction_id()
                set_event_transaction_type(events.GRADES_OVERRIDE_EVENT_TYPE)
                with transaction.atomic():
                    _give(_Binding(store, learner, request, block).bind(block), points, counts=counts)
            except Exception as error:
                raise LmsError(f"the score of {usage_key} could not be stored: {error}") from error
        stored = self.scores([usage_key], [learner_id]).get((learner_id, usage_key))
        if stored is None:
            raise LmsError(f"the score of {usage_key} was not stored")
        return stored

    def as_answered(self, usage_key: UsageKey, learner_id: int, answers: Answers) -> str:
        """About ten queries, no write."""
        learner = _learner(learner_id)
        with _acting_as(learner, usage_key) as request, branch(usage_key.course_key, published=True) as store:
            block = find(store, usage_key)
            if block is None or not hasattr(type(block), "submit_problem"):
                raise LmsError(f"{usage_key} cannot be drawn")
            try:
                bound = _Binding(store, learner, request, block).bind(block)
                given = {"student_answers": bound.make_dict_of_responses(_Posted(answers)), "correct_map": {}, "done": False}
                html = bound.new_lcp({**bound.get_state_for_lcp(), **given}).get_html()
                return str(bound.runtime.service(bound, "replace_urls").replace_urls(html))
            except Exception as error:
                raise LmsError(f"{usage_key} cannot be drawn: {error}") from error

    def scores(self, usage_keys: Collection[UsageKey], learner_ids: Collection[int]) -> dict[tuple[int, UsageKey], Score]:
        """One query for the scores, and one for each run whose questions' weights are read."""
        from lms.djangoapps.courseware.models import StudentModule

        if not usage_keys or not learner_ids:
            return {}
        weights = _weights(usage_keys)
        rows = StudentModule.objects.filter(
            module_state_key__in=list(usage_keys),
            student__in=list(learner_ids),
            course_id__in={key.course_key for key in usage_keys},
            grade__isnull=False,
            max_grade__isnull=False,
        ).values_list("student", "course_id", "module_state_key", "grade", "max_grade")
        found = {}
        for student, course_key, stored_key, grade, max_grade in rows:
            key = stored_key.map_into_course(course_key)
            earned, possible = weighted(grade, max_grade, weights.get(key))
            found[student, key] = Score(earned=float(earned or 0), possible=float(possible or 0))
        return found

    def remember_attempt(self, container_key: UsageKey, learner_id: int, attempt_uuid: str) -> None:
        """Four statements."""
        from lms.djangoapps.courseware.user_state_client import DjangoXBlockUserStateClient

        # The client looks a user up by name unless it is given one of that name; it uses nothing of it but the id.
        learner = get_user_model()(pk=learner_id, username=f"#{learner_id}")
        client = DjangoXBlockUserStateClient(user=learner)
        client.set(learner.username, container_key, {"attempt_id": str(attempt_uuid)})


class _Posted(dict):
    """Answers in the shape a form posts them, as a problem reads it."""

    def getall(self, name: str) -> list[str]:
        """Every value of a name."""
        value = self[name]
        return value if isinstance(value, list) else [value]


class _Binding:
    """One learner's state of one block and everything below it, to which blocks can be bound."""

    def __init__(self, store: Any, learner: Any, request: HttpRequest, top: Any) -> None:
        from lms.djangoapps.courseware.model_data import FieldDataCache

        self.learner, self.request = learner, request
        self.course_key = plain_course(top.scope_ids.usage_id.course_key)
        self.course = store.get_course(self.course_key)
        self.cache = FieldDataCache.cache_for_block_descendents(self.course_key, learner, top)

    def bind(self, block: Any) -> Any:
        """The block as this learner's."""
        from lms.djangoapps.courseware.block_render import get_block_for_descriptor

        bound = get_block_for_descriptor(
            user=self.learner,
            request=self.request,
            block=block,
            field_data_cache=self.cache,
            course_key=self.course_key,
            course=self.course,
        )
        if bound is None:
            raise LmsError(f"{block.scope_ids.usage_id} is not there for learner {self.learner.pk}")
        return bound


def _hand_in_one(binding: _Binding, block: Any, answers: Answers) -> Graded:
    """Submit one question by its own method (the gate guards handlers, and learners only have those).

    The platform publishes the grade before it saves the state; one transaction keeps both or neither.
    """
    written = hasattr(type(block), "take_answer")
    if not written and not hasattr(type(block), "submit_problem"):
        return Graded(accepted=False, message="the block keeps its own state")
    try:
        with transaction.atomic():
            bound = binding.bind(block)
            if written:
                bound.take_answer(answers)
                bound.save()
                return Graded(accepted=True)
            outcome = bound.submit_problem(_Posted(_readable(bound, answers))).get("success")
            if outcome not in ACCEPTED:
                raise LmsError(str(outcome))
            bound.save()
    except Exception as error:  # noqa: BLE001  (whatever a question does, it must not cost the others their answers)
        log.warning("hand-in of %s for learner %s was not accepted: %s", block.scope_ids.usage_id, binding.learner.pk, error)
        return Graded(accepted=False, message=str(error) or type(error).__name__)
    return Graded(accepted=True)


def _give(bound: Any, points: float, *, counts: bool) -> None:
    """These points, of the question's weight, as the block counts them itself; or 0 of 0, which the grades leave out."""
    if not counts:
        bound.runtime.publish(bound, "grade", {"value": 0, "max_value": 0})
        return
    top, weight = float(bound.max_score() or 0), getattr(bound, "weight", None)
    possible = float(weighted(None, top, weight)[1] or 0)
    if not possible:
        raise LmsError("the question counts nothing")
    raw = releases.raw_score(points if possible == top else points * top / possible, top)
    if hasattr(bound, "set_score"):
        bound.set_score(raw)
    bound.runtime.publish(bound, "grade", {"value": raw.raw_earned, "max_value": raw.raw_possible})
    bound.save()


def _possible(block: Any) -> float:
    return float(weighted(None, block.max_score(), getattr(block, "weight", None))[1] or 0)


@contextlib.contextmanager
def _acting_as(learner: Any, usage_key: UsageKey) -> Iterator[HttpRequest]:
    """Let the current request be one of this learner's: the platform's services and events ask for it, tasks have none."""
    course_key = usage_key.course_key
    host = str(getattr(settings, "LMS_BASE", "") or "localhost").partition(":")[0]
    request = HttpRequest()
    request.META.update(SERVER_NAME=host, SERVER_PORT="80", REMOTE_ADDR="")
    request.method, request.path = "POST", "/assessprep/"
    request.user, request.session = learner, {}  # type: ignore[assignment]  # the platform only reads from it
    context = {
        "course_id": str(course_key),
        "org_id": course_key.org,
        "user_id": learner.pk,
        "username": learner.username,
    }
    before = crum.get_current_request()
    crum.set_current_request(request)
    try:
        with tracker.get_tracker().context("edx.assessprep.handin", context), releases.blocks_of_our_own():
            yield request
    finally:
        crum.set_current_request(before)


def _readable(block: Any, answers: Answers, olx: str = "") -> Answers:
    return unreadable_left_out(answers, lambda tried: _graded(block, tried, olx))


def _graded(block: Any, answers: Answers, olx: str = "") -> Any:
    """The problem with these answers graded, apart from the block's own one, whose history would keep the trial.

    ``olx``: read so instead. The map of what was right is of another reading then, and is left out.
    """
    state = block.get_state_for_lcp()
    tried = block.new_lcp({**state, "correct_map": {}, "done": False}, text=olx) if olx else block.new_lcp(state)
    tried.grade_answers(block.make_dict_of_responses(_Posted(answers)))
    return tried


def _answered(answers: Answers) -> bool:
    return any((value if isinstance(value, list) else value.strip()) for value in answers.values())


def _learner(learner_id: int) -> Any:
    learner: Any = get_user_model().objects.select_related("profile").filter(pk=learner_id).first()
    if learner is None:
        raise LmsError(f"there is no learner {learner_id}")
    # As for the platform's own calls from outside: a unit that was hidden meanwhile must not cost anybody an answer.
    learner.known = False
    return learner


def _weights(usage_keys: Collection[UsageKey]) -> dict[UsageKey, float | None]:
    """The weight of each question as students have it now."""
    found: dict[UsageKey, float | None] = {}
    for course_key in {key.course_key for key in usage_keys}:
        with branch(course_key, published=True) as store:
            for key in usage_keys:
                block = find(store, key) if key.course_key == course_key else None
                found.setdefault(key, None)
                if block is not None:
                    found[key] = getattr(block, "weight", None)
    return found
