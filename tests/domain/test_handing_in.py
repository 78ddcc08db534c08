"""Handing in: what a question cannot read, questions that cannot be graded, and hand-ins that nobody watches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_handin, actions_settle
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.monitoring import actions as monitoring
from devlms import factories
from devlms.models import StudentModule
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db(transaction=True)

TWO_PARTS = (
    '<problem display_name="Two parts"><numericalresponse answer="12"><label>Speed</label><formulaequationinput/>'
    '</numericalresponse><stringresponse answer="newton" type="ci"><label>Unit</label><textline size="20"/></stringresponse>'
    "</problem>"
)
#: Nobody's answer can be graded: the key itself is no number.
BROKEN_KEY = (
    '<problem display_name="Broken"><numericalresponse answer="12 apples"><label>Speed</label><formulaequationinput/>'
    "</numericalresponse></problem>"
)


def handed_in(world, answers: dict[int, dict[str, str]]) -> Attempt:
    page = Page(world.learners[0])
    assert page.verify(world).status_code == 200
    assert page.start().status_code == 200
    for position, values in answers.items():
        assert page.save(world.questions[position].item, values).status_code == 200
    assert page.submit().status_code == 200
    return Attempt.objects.get(learner=world.learners[0])


@pytest.mark.parametrize("release", ["on_submit", "manual"])
def test_a_number_with_its_unit_costs_that_question_and_never_the_grade(release):
    world = delivered(timezone.now(), release=release)
    attempt = handed_in(world, {0: world.answers(0), 1: world.answers(1, "12 m/s"), 2: world.answers(2)})
    assert (attempt.scoring, attempt.earned, attempt.possible) == ("scored", 2.0, 3.0)
    assert attempt.handin == ("done" if release == "on_submit" else "none")


def test_of_two_parts_the_one_that_can_be_read_keeps_its_point():
    world = delivered(timezone.now(), olx=[TWO_PARTS])
    key = world.questions[0].usage_key
    attempt = handed_in(world, {0: {factories.input_name(key): "12 m/s", factories.input_name(key, 2): "newton"}})
    assert (attempt.handin, attempt.earned, attempt.possible) == ("done", 1.0, 2.0)
    assert StudentModule.objects.get(usage_key=key).earned == attempt.earned


@pytest.mark.parametrize("release", ["on_submit", "manual"])
def test_a_question_that_cannot_be_graded_stays_pending_and_costs_no_other(release):
    world = delivered(timezone.now(), olx=[BROKEN_KEY, factories.text_olx()], release=release)
    attempt = handed_in(
        world, {0: world.answers(0, "12"), 1: {factories.input_name(world.questions[1].usage_key): "newton"}}
    )
    assert attempt.scoring == "pending"
    broken, good = ItemResult.objects.filter(attempt=attempt).order_by("question__position")
    assert broken.scored_at is None and broken.message
    assert good.earned == 1.0
    world.session.refresh_from_db()
    assert actions_settle.settle(session_id=world.session.pk, now=timezone.now() + timedelta(minutes=1)).tried_again == 1


def test_a_score_that_was_never_reached_is_found_by_the_sweep_also_before_results_are_released():
    world = delivered(timezone.now(), release="manual")
    attempt = handed_in(world, {0: world.answers(0)})
    # The task was lost with its broker: nothing was scored.
    ItemResult.objects.filter(attempt=attempt).delete()
    Attempt.objects.filter(pk=attempt.pk).update(scoring="pending", earned=None, possible=None)
    assert actions_settle.unsettled_sessions() == [world.session.pk]
    actions_settle.settle(session_id=world.session.pk, now=timezone.now())
    attempt.refresh_from_db()
    assert (attempt.scoring, attempt.earned) == ("scored", 1.0)
    assert actions_settle.unsettled_sessions() == []


class Meanwhile:
    """Does something once, just before the first statement of the database that speaks of all these words: what another
    process might do between two steps of this one."""

    def __init__(self, do, *words: str) -> None:
        self.do, self.words, self.done = do, words, False

    def __call__(self, execute, sql, params, many, context):
        if not self.done and all(word in sql for word in self.words):
            self.done = True
            self.do()
        return execute(sql, params, many, context)


def running_again(world, attempt, now) -> None:
    monitoring.reopen(
        session_id=world.session.pk, by=world.staff.pk, attempts=[attempt.uuid], seconds=60, reason="", now=now
    )


@pytest.mark.parametrize("release", ["on_submit", "manual"])
def test_who_is_reopened_while_a_worker_begins_has_the_later_answer_handed_in(release):
    """The worker has read the attempt as submitted; then staff reopen it, before the worker opened its results."""
    world = delivered(timezone.now(), release=release)
    attempt = handed_in(world, {0: world.answers(0, "wrong")})
    ItemResult.objects.filter(attempt=attempt).delete()
    Attempt.objects.filter(pk=attempt.pk).update(scoring="pending", handin="pending" if release == "on_submit" else "none")
    meanwhile = Meanwhile(lambda: running_again(world, attempt, timezone.now()), "SELECT", "placedquestion")
    with connection.execute_wrapper(meanwhile):
        actions_handin.hand_in(attempt_id=attempt.pk, now=timezone.now())
    assert meanwhile.done
    attempt.refresh_from_db()
    assert (attempt.status, ItemResult.objects.filter(attempt=attempt).count()) == ("in_progress", 0)
    page = Page(world.learners[0])
    page.verify(world)
    assert page.save(world.questions[0].item, world.answers(0), revision=9).status_code == 200
    assert page.submit().status_code == 200
    attempt.refresh_from_db()
    assert (attempt.scoring, attempt.earned) == ("scored", 1.0)


def test_a_worker_of_before_a_reopening_hands_its_old_answers_in_for_no_later_submit():
    world = delivered(timezone.now())
    attempt = handed_in(world, {0: world.answers(0, "wrong")})
    ItemResult.objects.filter(attempt=attempt).update(state="failed")
    Attempt.objects.filter(pk=attempt.pk).update(handin="failed")

    def submitted_again() -> None:
        running_again(world, attempt, timezone.now())
        page = Page(world.learners[0])
        page.verify(world)
        assert page.save(world.questions[0].item, world.answers(0), revision=9).status_code == 200
        assert page.submit().status_code == 200
        # The platform did not take it at once, so it waits for the next settle.
        ItemResult.objects.filter(attempt=attempt).update(state="failed")
        Attempt.objects.filter(pk=attempt.pk).update(handin="failed")

    meanwhile = Meanwhile(submitted_again, "SELECT", "itemresult", "claimed_at", "state")
    with connection.execute_wrapper(meanwhile):
        actions_handin.hand_in(attempt_id=attempt.pk, now=timezone.now())
    assert meanwhile.done
    actions_settle.settle(session_id=world.session.pk, now=timezone.now())
    assert StudentModule.objects.get(usage_key=world.questions[0].usage_key, student=world.learners[0]).earned == 1.0
    attempt.refresh_from_db()
    assert (attempt.handin, attempt.earned) == ("done", 1.0)
