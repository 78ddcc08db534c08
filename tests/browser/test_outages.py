"""An outage in a real Chromium: the invigilator gives back what was lost, and the student reads why."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt, ContactGap
from assessprep_xblock.domain.shared.models import AuditRow
from tests.bare import Room, room
from tests.browser.test_monitor import Watch, begin, watch  # noqa: F401  (a fixture)
from tests.browser.test_student import Student, five_kinds, student  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def outage(attempts: list[Attempt], minutes_ago: float, length: float) -> None:
    since = timezone.now().replace(microsecond=0) - timedelta(minutes=minutes_ago)
    ContactGap.objects.bulk_create(
        ContactGap(attempt=one, since=since, until=since + timedelta(minutes=length)) for one in attempts
    )


def room_after_an_outage() -> Room:
    now = timezone.now()
    place = room(now, learners=7, time_zone="Europe/Berlin")
    attempts = [begin(place, learner, now - timedelta(minutes=30)) for learner in place.learners]
    Attempt.objects.filter(session=place.session).update(last_seen_at=now)
    outage(attempts[:5], 20, 4)
    Attempt.objects.filter(pk=attempts[1].pk).update(last_seen_at=now - timedelta(minutes=19))
    return place


def open_outages(one: Watch) -> None:
    one.page.get_by_role("link", name="Outage").click()
    one.page.locator("#outage-rows tr").first.wait_for()


def test_an_outage_is_found_given_back_once_and_taken_back(watch: Any) -> None:  # noqa: F811
    place = room_after_an_outage()
    one = watch(place)
    page = one.page
    open_outages(one)
    assert page.locator("#outage-rows tr").count() == 5
    assert "+4:00" in page.locator("#outage-rows tr").nth(2).inner_text()
    one.picture("outage")
    one.check_axe()
    # No reason, no time.
    page.get_by_role("button", name="Give 5 students what they lost").click()
    page.get_by_text("Say why: the students and the log tell it.").wait_for()
    page.locator("#outage-rows tr").nth(3).get_by_role("checkbox").uncheck()
    page.get_by_label("Reason").fill("Router")
    page.get_by_role("button", name="Give 4 students what they lost").click()
    page.get_by_text("Given: 16:00 to 4 students.").wait_for()
    page.locator("#outage-rows", has_text="nothing left to give").wait_for()
    assert sorted(Attempt.objects.values_list("granted_us", flat=True)) == [0] * 3 + [240_000_000] * 4
    one.picture("outage-given")
    one.check_axe()
    page.locator("#outage-given").get_by_role("button").click()
    page.get_by_text("Taken back from 4 of 4.").wait_for()
    page.locator("#outage-given", has_text="taken back").wait_for()
    assert set(Attempt.objects.values_list("granted_us", flat=True)) == {0}


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (390, "ar")])
def test_the_outage_page_on_a_telephone_and_from_right_to_left(watch: Any, width: int, language: str) -> None:  # noqa: F811
    one = watch(room_after_an_outage(), width=width, language=language)
    one.page.goto(one.page.url.replace("/monitor/", "/outages/"))
    one.page.locator("#outage-rows tr").first.wait_for()
    one.picture(f"outage-{width}-{language}")
    one.check_axe()
    assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth + 1")


def test_a_student_reads_what_was_given_for_which_minutes(student: Any, watch: Any) -> None:  # noqa: F811
    world = five_kinds(time_zone="Europe/Berlin")
    at_work: Student = student(world)
    at_work.verify()
    at_work.start()
    attempt = Attempt.objects.get()
    move_the_start(attempt, timedelta(minutes=20))
    outage([attempt], 10, 4)
    place = Room(world.session, [one.pk for one in world.learners], world.staff.pk, world.usage_key, world.questions)
    one = watch(place)
    open_outages(one)
    one.page.get_by_label("Reason").fill("Router")
    one.page.locator("#outage-do").click()
    note = at_work.page.locator(".ap-note", has_text="for an outage from")
    note.wait_for()
    words = note.inner_text()
    assert "You were given +4:00 for an outage from" in words and "(Router)" in words
    assert not re.search(r"\dT\d", words), "a moment as programs write it"
    at_work.picture("outage-told")
    note.get_by_role("button").click()
    note.wait_for(state="detached")


def move_the_start(attempt: Attempt, length: timedelta) -> None:
    """As if the test had begun earlier."""
    AuditRow.objects.filter(attempt_id=attempt.pk).update(at=F("at") - length)
