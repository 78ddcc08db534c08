"""Two assessments in one unit, as staff may put them there in Studio: two tests on one page, and each is its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.library.models import Bank, Placement
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories
from devlms.models import Block
from tests.browser.test_student import _quick_and_fresh, five_kinds, student  # noqa: F401  (fixtures)
from tests.browser.test_student_settings import look
from tests.patience import eventually
from tests.world import World, published_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FORCE, ENERGY = "What is the unit of force?", "What is the unit of energy?"
CODE = "6183"


def beside(world: World) -> AssessmentSession:
    """Another assessment of the bank, with a session of ten minutes, in the very unit of the first one."""
    now, bank = timezone.now(), Bank.objects.get()
    olx = [factories.text_olx("Unit of energy", "joule").replace("unit of force", "unit of energy")]
    source = factories.make_assessment_block(bank.course_key, olx, title="Energy")
    common = {"by": world.author.pk, "now": now}
    assessment = library.add_assessment(bank_uuid=bank.uuid, usage_key=source, **common)
    library.publish_version(assessment_uuid=assessment.uuid, release_note="", **common)
    placement = placing.want_placement(course_key=world.school, assessment_uuid=assessment.uuid, by=world.staff.pk, now=now)
    placement = placing.add_to_course(placement_uuid=placement.uuid, by=world.staff.pk, now=now)
    assert placement.state == "ready", placement.problem
    _into_one_unit(world.placement, placement)
    session = published_session(placement, world.staff, now, name="Energy, room 12", duration_s=600)
    AssessmentSession.objects.filter(pk=session.pk).update(live_code=CODE)
    return session


def _into_one_unit(first: Placement, second: Placement) -> None:
    """As staff drag it there in Studio, and publish."""
    assert first.usage_key is not None
    assert second.usage_key is not None
    rows = Block.objects.filter(course_key=first.course_key)
    unit = rows.filter(block_id=first.usage_key.block_id).values_list("parent_block", flat=True).first()
    rows.filter(block_id=second.usage_key.block_id).update(parent_block=unit, position=9)


def test_two_tests_in_one_unit_have_a_code_a_clock_answers_a_pause_and_a_submit_of_their_own(student: Any) -> None:  # noqa: F811
    world = five_kinds(duration_s=1800)
    energy = beside(world)
    one = student(world)
    page = one.page
    first, second = page.locator(".ap-student").first, page.locator(".ap-student").nth(1)
    first.get_by_label("Session code").wait_for()
    second.get_by_label("Session code").wait_for()
    look(one, "32-two-blocks-codes")
    # The code of one opens nothing in the other.
    second.get_by_label("Session code").fill(world.reload().live_code)
    second.get_by_role("button", name="Verify Session Code").click()
    second.locator(".ap-refusal").get_by_text("not").first.wait_for()
    assert Attempt.objects.count() == 0
    first.get_by_label("Session code").fill(world.reload().live_code)
    first.get_by_role("button", name="Verify Session Code").click()
    first.get_by_role("button", name="Start", exact=True).click()
    page.get_by_label(FORCE).wait_for()
    second.get_by_label("Session code").fill(CODE)
    second.get_by_role("button", name="Verify Session Code").click()
    second.get_by_role("button", name="Start", exact=True).wait_for()
    # Start brings the questions with the page: what is typed in the other test just before is not lost with the old page.
    page.get_by_label(FORCE).fill("newton")
    second.get_by_role("button", name="Start", exact=True).click()
    page.get_by_label(ENERGY).wait_for()
    eventually(lambda: page.get_by_label(FORCE).input_value() == "newton", page=page)
    clocks = [int(root.locator(".ap-clock").inner_text().split(":")[0]) for root in (first, second)]
    assert 25 <= clocks[0] <= 30, clocks
    assert 5 <= clocks[1] <= 10, clocks
    page.get_by_label(ENERGY).fill("joule")
    for root, counted in ((first, "1 of 5 answered"), (second, "1 of 1 answered")):
        root.get_by_text(counted).wait_for()
        root.get_by_text("Everything is saved").wait_for()
    drafts = AnswerDraft.objects.values_list("attempt__session_id", "values")
    assert {session: list(values.values()) for session, values in drafts} == {
        world.session.pk: ["newton"],
        energy.pk: ["joule"],
    }
    look(one, "33-two-blocks")
    page.set_viewport_size({"width": 320, "height": 800})
    look(one, "34-two-blocks-320")
    page.set_viewport_size({"width": 1100, "height": 800})
    # A pause of one, and a submit of the other.
    monitoring.pause(session_id=energy.pk, by=world.staff.pk, attempts="all", reason="", now=timezone.now())
    second.get_by_role("heading", name="Paused").wait_for()
    assert page.get_by_label(ENERGY).is_hidden()
    assert page.get_by_label(FORCE).is_visible()
    first.get_by_role("button", name="Submit", exact=True).click()
    first.get_by_role("button", name="Yes, submit the test").click()
    first.get_by_role("heading", name="Handed in").wait_for()
    monitoring.resume(session_id=energy.pk, by=world.staff.pk, attempts="all", reason="", now=timezone.now())
    page.get_by_label(ENERGY).wait_for()
    assert page.get_by_label(ENERGY).input_value() == "joule"
    assert set(Attempt.objects.values_list("session_id", "status")) == {
        (world.session.pk, "submitted"),
        (energy.pk, "in_progress"),
    }
