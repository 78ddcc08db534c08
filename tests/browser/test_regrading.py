"""Corrected marking in a real Chromium: a wrong key is seen, applied, told to the student and undone; the author's view."""

from __future__ import annotations

import time

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.lms import get_lms
from tests.browser.test_grading import Reader
from tests.browser.test_main_job import SCREENS
from tests.flows.test_chapter_5_regrade import MEANT, RIGHT, publish, take
from tests.world import delivered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_key_is_corrected_seen_by_staff_author_and_student_and_undone(browser, live_server):
    cache.clear()
    SCREENS.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    world = delivered(timezone.now(), learners=8)
    for number, learner in enumerate(world.learners[1:]):
        take(world, learner, RIGHT if number % 3 else MEANT, "12", "newton")
    student = Reader(browser, live_server.url, world.learners[0], wrong)
    opened = time.monotonic()
    page = student.open(get_lms().unit_urls([world.usage_key])[world.usage_key])
    page.locator(".ap-code").fill(world.reload().live_code)
    page.get_by_role("button", name="Verify Session Code").click()
    page.get_by_role("button", name="Start").click()
    page.locator("input[type=radio]").nth(1).check()
    # For at least two of the page's seconds it is before the student.
    page.wait_for_function("(began) => performance.now() - began > 2500", arg=page.evaluate("performance.now()"))
    page.locator(".ap-submit").click()
    page.locator(".ap-submit-yes").click()
    page.get_by_role("heading", name="Handed in").wait_for()
    attempt = Attempt.objects.get(learner=world.learners[0])
    # The page counted for how long the question was before the student.
    assert 1 <= attempt.spent[world.questions[0].item] <= time.monotonic() - opened, attempt.spent
    publish(world, key=True)
    publish(world, drop=2)

    staff = Reader(browser, live_server.url, world.staff, wrong)
    grade = f"/assessprep/sessions/{world.session.uuid}/grade/"
    shown = staff.open(grade)
    shown.get_by_text("Version 3 of this assessment corrects").wait_for()
    shown.get_by_role("link", name="Corrected marking").click()
    shown.get_by_role("button", name="See what would change").click()
    shown.get_by_role("heading", name="What would change").wait_for()
    staff.look("correction-seen", arabic=True)
    shown.get_by_role("button", name="Apply corrected marking").click()
    staff.look("correction-asked")
    shown.get_by_role("dialog").get_by_role("button", name="Apply corrected marking").click()
    shown.get_by_text("Marked by version 3.").wait_for()
    staff.look("correction-applied")
    staff.open(f"/assessprep/attempts/{attempt.uuid}/").get_by_text("Dropped by its author").wait_for()
    staff.look("correction-submission")

    page.reload()
    page.get_by_text("Its marking was corrected afterwards.").wait_for()
    page.get_by_text("This question no longer counts, for anybody.").wait_for()
    page.get_by_text("1 of 2 points").wait_for()
    student.look("correction-student", arabic=True)

    author = Reader(browser, live_server.url, world.author, wrong)
    shown = author.open(f"/assessprep/library/assessments/{world.placement.version.assessment.uuid}/impact/")
    # The page is loaded again once the schools have been looked at; a school that was looked at before stands there already.
    with shown.expect_navigation():
        shown.get_by_role("button", name="See what would change").click()
    shown.get_by_role("rowheader", name="Northside").wait_for()
    author.look("correction-author", arabic=True)

    shown = staff.open(f"{grade}correction/")
    shown.get_by_role("button", name="Undo the correction").click()
    shown.get_by_role("dialog").get_by_role("button", name="Undo the correction").click()
    shown.get_by_role("heading", name="What would change").wait_for()
    assert not Attempt.objects.exclude(possible=3).exists()
    shown = staff.open(f"/assessprep/sessions/{world.session.uuid}/analyse/")
    shown.get_by_role("columnheader", name="Time spent").wait_for()
    staff.look("analyse-time", arabic=True)
    assert wrong == [], "\n".join(wrong)
