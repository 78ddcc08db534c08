"""The gradebook follows a void and its undo: of that attempt alone, and only when the platform could."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_withdrawing
from assessprep_xblock.domain.attempts.actions_handin import hand_in
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.lms import get_lms
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


def handed_in(world: World) -> list[Attempt]:
    """Everybody's test: the first question right, the second wrong."""
    for learner in world.learners:
        page = Page(learner)
        page.verify(world), page.start()
        page.save(world.questions[0].item, world.answers(0))
        page.save(world.questions[1].item, world.answers(1, "11"))
        page.submit()
    return list(Attempt.objects.order_by("learner_id"))


def scores(world: World) -> dict[int, dict[str, tuple[float, float]]]:
    """What the platform stores, by learner and question."""
    keys = [one.usage_key for one in world.questions]
    found: dict[int, dict[str, tuple[float, float]]] = {learner.pk: {} for learner in world.learners}
    for (learner, key), score in get_lms().scores(keys, [one.pk for one in world.learners]).items():
        found[learner][str(key)] = (score.earned, score.possible)
    return found


@pytest.fixture
def away(tmp_path, monkeypatch):
    """A platform that takes no score while this file is there."""
    flag = tmp_path / "fails"
    monkeypatch.setenv("DEVLMS_HAND_IN_FAILS_WHILE", str(flag))
    return flag


def test_of_two_void_attempts_each_leaves_the_gradebook_and_returns_by_itself(away):
    world = delivered(timezone.now(), learners=2)
    first, second = handed_in(world)
    before = scores(world)
    about = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now, "reason": "copied"}
    away.touch()
    deed = UUID(monitoring.void(attempts=[first.uuid, second.uuid], **about)["undo"])
    assert not actions_withdrawing.follow(attempt_id=first.pk), "the platform is away: it has not followed"
    assert scores(world) == before
    away.unlink()
    assert actions_withdrawing.follow(attempt_id=first.pk)
    assert scores(world) == {first.learner_id: {}, second.learner_id: before[second.learner_id]}
    assert list(Attempt.objects.order_by("learner_id").values_list("gradebook", flat=True)) == ["left", "leaving"]
    assert actions_withdrawing.follow(attempt_id=second.pk)
    away.touch()
    monitoring.undo(session_id=world.session.pk, by=world.staff.pk, deed=deed, reason="", now=world.now)
    away.unlink()
    assert actions_withdrawing.follow(attempt_id=first.pk)
    assert scores(world) == {first.learner_id: before[first.learner_id], second.learner_id: {}}
    rows = Attempt.objects.order_by("learner_id").values_list("gradebook", "withdrawn")
    assert [(state, bool(kept)) for state, kept in rows] == [("", False), ("returning", True)]
    assert actions_withdrawing.follow(attempt_id=second.pk)
    assert scores(world) == before
    # Once more, and nothing is done twice.
    assert actions_withdrawing.follow(attempt_id=first.pk) and scores(world) == before


def test_a_hand_in_waits_while_the_gradebook_cannot_follow_the_undo(away):
    world = delivered(timezone.now(), learners=1)
    (attempt,) = handed_in(world)
    before = scores(world)
    about = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now}
    deed = UUID(monitoring.void(attempts=[attempt.uuid], reason="copied", **about)["undo"])
    away.touch()
    monitoring.undo(deed=deed, reason="", **about)
    assert hand_in(attempt_id=attempt.pk, now=world.now) == "done"
    attempt.refresh_from_db()
    assert (attempt.gradebook, scores(world)) == ("returning", {attempt.learner_id: {}})
    away.unlink()
    assert hand_in(attempt_id=attempt.pk, now=world.now) == "done"
    attempt.refresh_from_db()
    assert (attempt.gradebook, attempt.withdrawn, scores(world)) == ("", {}, before)


def test_what_is_submitted_behind_a_void_of_one_leaves_with_it_and_nobody_else_s_does():
    world = delivered(timezone.now(), learners=2)
    first, second = handed_in(world)
    about = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now}
    monitoring.void(attempts=[first.uuid, second.uuid], reason="copied", **about)
    assert scores(world) == {first.learner_id: {}, second.learner_id: {}}
    keys = [one.usage_key for one in world.questions[:2]]
    for one in (first, second):
        get_lms().restore_scores(world.usage_key, one.learner_id, dict.fromkeys(keys, (0.5, 1.0)))
    put_back = scores(world)
    assert all(len(put_back[one.learner_id]) == 2 for one in (first, second))
    actions_withdrawing.withdraw_again(attempt_id=first.pk)
    assert scores(world) == {first.learner_id: {}, second.learner_id: put_back[second.learner_id]}
    assert list(Attempt.objects.order_by("learner_id").values_list("gradebook", flat=True)) == ["left", "left"]


def test_a_void_that_the_platform_could_not_follow_is_not_withdrawn_again_by_a_hand_in(away):
    world = delivered(timezone.now(), learners=1)
    (attempt,) = handed_in(world)
    actions_withdrawing.withdraw_again(attempt_id=attempt.pk)
    attempt.refresh_from_db()
    assert (attempt.gradebook, len(scores(world)[attempt.learner_id])) == ("", 2)


def test_what_comes_back_of_an_earlier_attempt_does_not_replace_the_score_of_the_later_one():
    world = delivered(timezone.now(), learners=1)
    (first,) = handed_in(world)
    about = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now}
    monitoring.renew(attempts=[first.uuid], reason="power cut", **about)
    page = Page(world.learners[0])
    page.verify(world), page.start()
    page.save(world.questions[1].item, world.answers(1))
    page.submit()
    before = scores(world)
    kept = {str(world.questions[1].usage_key): [0.0, 1.0]}
    Attempt.objects.filter(pk=first.pk).update(gradebook="returning", withdrawn=kept)
    assert actions_withdrawing.follow(attempt_id=first.pk)
    assert scores(world) == before
    first.refresh_from_db()
    assert (first.gradebook, first.withdrawn) == ("", {})
