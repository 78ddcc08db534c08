"""What a student still reads of an attempt that staff made void."""

from __future__ import annotations

import pytest
from django.utils import timezone

from assessprep_xblock.domain.monitoring import actions as monitoring
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
