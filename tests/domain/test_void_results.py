"""What a student still reads of an attempt that staff made void."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_recount import miscounted, recount
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.models import GradedCount
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_void_attempt_tells_its_student_no_points_though_results_are_released():
    world = delivered(timezone.now(), learners=1)
    page = Page(world.learners[0])
    page.verify(world)
    page.start()
    page.save(world.questions[0].item, world.answers(0))
    page.submit()
    address = f"attempts/{page.state['attempt']}"
    assert page.call("GET", address).json()["results"]
    now = timezone.now()
    monitoring.void(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="phone on the table", now=now)
    assert page.call("GET", address).json()["results"] == []


def test_how_many_are_graded_follows_every_move_and_a_recount_finds_nothing():
    world = delivered(timezone.now(), learners=2)
    now, about = world.now, {"session_id": world.session.pk, "by": world.staff.pk}

    def graded() -> int:
        assert miscounted() == []
        address = f"assessments/{world.placement.version.assessment.uuid}/usage"
        (row,) = Page(world.author).call("GET", address).json()["results"]
        return row["graded"]

    pages = [Page(learner) for learner in world.learners]
    assert graded() == 0
    for page in pages:
        page.verify(world), page.start()
        page.save(world.questions[0].item, world.answers(0))
    pages[0].submit()
    assert graded() == 1
    monitoring.submit(attempts="all", reason="", now=now, **about)
    assert graded() == 2
    first = UUID(pages[0].state["attempt"])
    monitoring.reopen(attempts=[first], seconds=60, reason="fire drill", now=now, **about)
    assert graded() == 1
    pages[0].submit()
    voided = monitoring.void(attempts=[first], reason="phone on the table", now=now, **about)
    assert graded() == 1
    monitoring.undo(deed=UUID(voided["undo"]), reason="", now=now, **about)
    assert graded() == 2
    monitoring.renew(attempts=[first], reason="power cut", now=now, **about)
    assert graded() == 1
    GradedCount.objects.update(n=7)
    (wrong,) = miscounted()
    assert (wrong.stored["graded"], wrong.counted["graded"]) == (7, 1)
    assert recount(session_id=world.session.pk, now=now) and graded() == 1
