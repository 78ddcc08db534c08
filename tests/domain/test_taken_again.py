"""A test that was taken once more: what staff may still do to the attempt before, and what reaches the platform of it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.grading import actions as grading
from assessprep_xblock.domain.grading import queries_marking, queries_submission, rules
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.lms import get_lms
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twice():
    """A world, the deed that handed the first attempt in, and both attempts: the second one is being worked on."""
    world = delivered(timezone.now(), learners=1)
    page = Page(world.learners[0])
    page.verify(world)
    page.start()
    assert page.save(world.questions[0].item, world.answers(0)).status_code == 200
    told = monitoring.submit(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="", now=timezone.now())
    again = world.add_session("Again", attempts_allowed=2)
    assert page.verify(world, again.live_code).status_code == 200
    assert page.start().status_code == 200
    first, second = Attempt.objects.order_by("number")
    assert (first.status, first.handin, second.status) == ("submitted", "done", "in_progress")
    return world, told["undo"], first, second


def _codes(told):
    return [row.get("code") for row in told["rows"]]


def test_an_attempt_after_which_another_was_begun_is_not_reopened(twice):
    world, _deed, first, _second = twice
    given = {"session_id": world.session.pk, "by": world.staff.pk, "seconds": 600, "reason": "", "now": timezone.now()}
    assert _codes(monitoring.reopen(attempts=[first.uuid], **given)) == ["taken_again"]
    assert monitoring.reopen(attempts="all", **given)["rows"] == []
    first.refresh_from_db()
    assert (first.status, first.handin) == ("submitted", "done")
    assert ItemResult.objects.filter(attempt=first).exists()


def test_the_end_of_an_attempt_after_which_another_was_begun_is_not_undone(twice):
    world, deed, first, _second = twice
    told = monitoring.undo(session_id=world.session.pk, by=world.staff.pk, deed=deed, reason="", now=timezone.now())
    assert _codes(told) == ["taken_again"]
    first.refresh_from_db()
    assert first.status == "submitted"


def test_points_for_an_attempt_after_which_another_was_begun_stay_out_of_what_the_platform_holds(twice):
    world, _deed, first, _second = twice
    question = world.questions[0]
    result = ItemResult.objects.get(attempt=first, question=question)
    before = get_lms().scores([question.usage_key], [first.learner_id])
    grading.mark(
        attempt_uuid=first.uuid,
        item=question.item,
        version=queries_marking.version_of(first, result),
        given=rules.Given(points=result.possible / 2, reason="half"),
        by=world.staff.pk,
        now=timezone.now(),
    )
    first.refresh_from_db()
    assert (first.earned, first.handin) == (result.possible / 2, "done")
    assert get_lms().scores([question.usage_key], [first.learner_id]) == before


def test_an_earlier_result_stays_when_the_next_attempt_is_handed_in_with_another(twice):
    world, _deed, first, second = twice
    page, question = Page(world.learners[0]), world.questions[0]
    page.verify(world, second.session.live_code)
    assert page.save(question.item, world.answers(0, "wrong")).status_code == 200
    assert page.submit().status_code == 200
    assert [one.earned for one in get_lms().scores([question.usage_key], [first.learner_id]).values()] == [0.0]
    points = ItemResult.objects.filter(question=question).order_by("attempt__number").values_list("earned", flat=True)
    assert list(points) == [1.0, 0.0]
    # Nor is the grader told of a difference: what the platform holds is not this attempt's.
    seen = queries_submission.submission(attempt_uuid=first.uuid, user_id=world.staff.pk, now=timezone.now())
    assert [one.elsewhere for one in seen.questions] == [None] * len(world.questions)


def test_who_was_given_a_new_attempt_and_left_can_be_marked_as_absent():
    world = delivered(timezone.now(), learners=1)
    page = Page(world.learners[0])
    page.verify(world)
    page.start()
    page.submit()
    by = {"session_id": world.session.pk, "by": world.staff.pk, "reason": "", "now": timezone.now()}
    monitoring.renew(attempts=[Attempt.objects.get().uuid], **by)
    told = monitoring.mark_absent(learner_ids=[world.learners[0].pk], **by)
    assert [row["done"] for row in told["rows"]] == [True]
    assert Attempt.objects.get(number=2).denied_at is not None
