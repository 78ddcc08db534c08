"""A corrected key is put in force, or taken back, while a room hands in: nobody is left marked by the other key."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_running
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.grading import actions_regrading
from assessprep_xblock.domain.library.models import MarkingCorrection, Placement
from tests.flows.test_chapter_5_regrade import MEANT, RIGHT, gradebook, points, publish, take
from tests.world import Page, delivered

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


def working(world, learner, value: str) -> str:
    """A student who has answered everything, and has yet to press Submit; the attempt's id."""
    student = Page(learner)
    student.verify(world), student.start()
    for position, answer in enumerate((value, "12", "newton")):
        assert student.save(world.questions[position].item, world.answers(position, answer)).status_code == 200
    return student.state["attempt"]


def test_whoever_submits_while_a_correction_is_applied_or_undone_is_marked_by_what_is_in_force(threads):
    cache.clear()
    world = delivered(timezone.now(), learners=9)
    take(world, world.learners[0], RIGHT, "12", "newton")
    version = publish(world, key=True)
    asked = {"session_uuid": world.session.uuid, "by": world.staff.pk}
    found = actions_regrading.preview(version=version, dropped="leave", now=timezone.now(), **asked)
    correction = MarkingCorrection.objects.get(pk=found.pk)
    assert correction.state == "done"
    for place in range(1, 9, 2):
        pair = world.learners[place : place + 2]
        attempts = [working(world, learner, MEANT) for learner in pair]
        change = actions_regrading.undo if Placement.objects.get().correction_id else actions_regrading.apply
        outcomes = threads(
            *(
                partial(actions_running.submit, attempt_uuid=one, by=learner.pk, now=timezone.now())
                for one, learner in zip(attempts, pair, strict=True)
            ),
            partial(change, correction_uuid=correction.uuid, now=timezone.now(), **asked),
        )
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        in_force = Placement.objects.get().correction_id
        assert set(ItemResult.objects.values_list("correction_id", flat=True)) == {in_force}
        told = points(world)
        done = Attempt.objects.filter(status="submitted").count()
        assert told[:done] == [(2, 3) if in_force else (3, 3)] + [(3, 3) if in_force else (2, 3)] * (done - 1)
        assert gradebook(world)[:done] == told[:done]
