"""Courseware search, where the platform has it on: its index holds every question's text, and learners find none of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from assessprep_xblock.gate import SearchGate
from assessprep_xblock.settings import lms as lms_settings
from devlms import factories
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db


class AnyResult:
    """What the platform asks about a result after the gate; edx-search is not installed here."""

    hidden = "hidden by the platform"

    def __init__(self, dictionary, _phrase):
        self.dictionary = dictionary

    def should_remove(self, _user):
        return self.dictionary.get("content") == self.hidden

    def add_properties(self):
        self.dictionary["url"] = "/jump_to/"


@pytest.fixture
def world(settings):
    settings.ASSESSPREP_SEARCH_RESULT_PROCESSOR = f"{__name__}.AnyResult"
    return delivered(timezone.now(), learners=1)


def found(key, user, **fields) -> bool:
    return not SearchGate({"id": str(key), **fields}, "force").should_remove(user)


def test_a_learner_finds_no_guarded_question_not_even_while_the_test_runs(world):
    key, ada = world.questions[0].usage_key, world.learners[0]
    assert not found(key, ada)
    page = Page(ada)
    page.verify(world)
    page.start()
    assert not found(key, ada)
    assert not found(key, AnonymousUser())
    assert found(key, world.staff)


def test_a_bank_s_questions_are_found_by_its_authors_alone(world):
    key = factories.children_of(world.placement.version.assessment.usage_key)[0]
    assert found(key, world.author)
    assert not found(key, world.learners[0])
    assert not found(key, world.staff)


def test_everything_else_is_left_to_whom_the_platform_would_have_asked(world):
    page = factories.make_unit(world.school, "An ordinary page")
    ada = world.learners[0]
    assert found(page, ada)
    assert not found(page, ada, content=AnyResult.hidden)
    assert found("course-v1:Northside+SCI7+2026", ada)
    # Both have to agree about a guarded one.
    assert not found(world.questions[0].usage_key, world.staff, content=AnyResult.hidden)
    result = {"id": str(page)}
    SearchGate(result, "force").add_properties()
    assert result["url"] == "/jump_to/"


def test_the_class_that_was_set_before_is_asked_after_ours_however_often_settings_run():
    given = SimpleNamespace(MIDDLEWARE=[], SEARCH_RESULT_PROCESSOR="their.Processor")
    for _time in range(2):
        lms_settings.plugin_settings(given)
    assert given.SEARCH_RESULT_PROCESSOR == lms_settings.SEARCH_GATE
    assert given.ASSESSPREP_SEARCH_RESULT_PROCESSOR == "their.Processor"
    # The platform's production settings read the operator's file in between.
    given.SEARCH_RESULT_PROCESSOR = "operator.Processor"
    lms_settings.plugin_settings(given)
    assert given.ASSESSPREP_SEARCH_RESULT_PROCESSOR == "operator.Processor"
