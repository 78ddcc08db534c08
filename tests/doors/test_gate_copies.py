"""Questions that reached a course without a placement: duplicated, pasted, imported or with a rerun."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from assessprep_xblock.domain.library import actions_placing
from assessprep_xblock.domain.library.models import GuardedSource
from devlms import factories
from tests.world import World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now())


def status_for(person, usage_key) -> int:
    client = Client()
    client.force_login(person)
    return client.get(f"/xblock/{usage_key}").status_code


def test_a_pasted_assessment_is_for_staff_alone_until_an_assessment_is_chosen_for_its_block(world):
    pasted = factories.make_assessment_block(world.school, title="Pasted")
    question = factories.children_of(pasted)[0]
    learner = world.learners[0]
    assert status_for(learner, question) == 403
    assert status_for(world.staff, question) == 200

    actions_placing.place_version(
        usage_key=pasted, version_uuid=world.placement.version.uuid, by=world.staff.pk, now=timezone.now()
    )
    assert not GuardedSource.objects.filter(course_key=world.school).exists()
    placed = factories.children_of(pasted)[0]
    assert status_for(learner, placed) == 403


def test_a_problem_of_another_unit_is_nobody_s_business(world):
    unit = factories.make_unit(world.school, "Homework")
    problem = factories.make_block(unit, factories.choice_olx(), publish=True)
    assert status_for(world.learners[0], problem) == 200
