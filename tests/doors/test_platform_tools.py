"""What the platform's own tools do to an assessment: nothing is lost, and staff are told what became of it."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, ItemResult
from assessprep_xblock.domain.monitoring import actions_renewing
from assessprep_xblock.domain.shared.models import AuditRow
from devlms.resets import delete_state
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now(), learners=2)


def working(world) -> Page:
    page = Page(world.learners[0])
    page.verify(world)
    page.start()
    page.save(world.questions[0].item, world.answers(0))
    return page


def newest(world) -> Attempt:
    return Attempt.objects.filter(learner=world.learners[0]).order_by("-number").first()


def test_a_learner_whose_state_staff_delete_loses_no_answer_and_the_attempt_is_void(world):
    page = working(world)
    page.submit()
    delete_state(world.learners[0], world.usage_key, by=world.staff)
    attempt = newest(world)
    assert attempt.voided
    assert attempt.status == "submitted"
    assert AnswerDraft.objects.get(attempt=attempt).values == world.answers(0)
    assert ItemResult.objects.filter(attempt=attempt).count() == 3
    told = AuditRow.objects.filter(attempt_id=attempt.pk, action__in=("state_deleted", "void"))
    assert {(row.action, row.by_id) for row in told} == {("state_deleted", world.staff.pk), ("void", world.staff.pk)}
    assert page.verify(world).json()["code"] == "voided"


def test_who_is_working_stops_and_may_begin_anew_once_staff_say_so(world):
    page = working(world)
    delete_state(world.learners[0], world.usage_key, by=world.staff)
    assert newest(world).voided
    attempts = [newest(world).uuid]
    actions_renewing.renew(session_id=world.session.pk, by=world.staff.pk, attempts=attempts, reason="", now=timezone.now())
    # The platform deletes state for that too, and tells the block: the new attempt is not what was meant.
    assert (newest(world).number, newest(world).voided, newest(world).status) == (2, False, "joined")
    assert page.verify(world).status_code == 200
    assert page.start().status_code == 200


def test_a_learner_without_an_attempt_has_nothing_to_lose(world):
    delete_state(world.learners[1], world.usage_key, by=world.staff)
    assert not AuditRow.objects.filter(action="state_deleted").exists()
    working(world)
    delete_state(world.learners[1], world.usage_key, by=world.staff)
    assert not newest(world).voided


def test_one_question_s_state_that_staff_delete_counts_as_the_gradebook_has_it_and_the_points_are_told(world):
    page = working(world)
    page.submit()
    assert newest(world).earned == 1.0
    delete_state(world.learners[0], world.questions[0].usage_key, by=world.staff)
    attempt = newest(world)
    assert (attempt.voided, attempt.earned) == (False, 0.0)
    told = AuditRow.objects.get(attempt_id=attempt.pk, action="platform_score")
    assert (told.facts["before"], told.facts["points"]) == (1.0, 0.0)
    assert AnswerDraft.objects.get(attempt=attempt).values == world.answers(0)


def test_the_scores_of_a_new_attempt_are_no_change_of_the_old_one_s(world):
    page = working(world)
    page.submit()
    first = newest(world)
    actions_renewing.renew(
        session_id=world.session.pk, by=world.staff.pk, attempts=[first.uuid], reason="", now=timezone.now()
    )
    page.verify(world)
    page.start()
    page.save(world.questions[0].item, world.answers(0, "choice_1"))
    page.submit()
    first.refresh_from_db()
    assert (first.earned, newest(world).earned) == (1.0, 0.0)
    assert ItemResult.objects.filter(attempt=first, earned=1.0).count() == 1
