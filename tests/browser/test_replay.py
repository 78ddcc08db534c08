"""The replay in a real Chromium: minute by minute with the keyboard, on a telephone, from right to left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessprep_xblock.domain.monitoring import actions as monitoring
from tests.bare import Room, room
from tests.browser.test_monitor import Watch, begin, watch  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def an_hour_ago() -> Room:
    """Four begin, the room is paused from minute 5 to 8, one is held at 10, two are ended at 15 and one of them undone."""
    start = timezone.now().replace(microsecond=0) - timedelta(minutes=60)
    place = room(start, learners=6, time_zone="Europe/Berlin", duration_s=5400)
    attempts = [begin(place, learner, start) for learner in place.learners[:4]]
    call = {"session_id": place.session.pk, "by": place.staff}
    uuids = [one.uuid for one in attempts]

    def after(minutes: int) -> Any:
        return start + timedelta(minutes=minutes)

    monitoring.pause(**call, attempts="all", reason="fire alarm", now=after(5))
    monitoring.resume(**call, attempts="all", reason="", now=after(8))
    monitoring.pause(**call, attempts=uuids[:1], reason="nurse", now=after(10))
    deed = monitoring.end(**call, attempts=uuids[1:2], reason="by mistake", now=after(15))["undo"]
    monitoring.end(**call, attempts=uuids[2:3], reason="ill", now=after(15))
    monitoring.undo(**call, deed=deed, reason="", now=after(16))
    return place


def open_replay(one: Watch) -> None:
    one.page.goto(one.page.url.split("?")[0].replace("/monitor/", "/replay/"))
    one.page.locator("#replay-rows tr").first.wait_for()


def status_of(one: Watch, number: int) -> str:
    return str(
        one.page.locator(f'#replay-rows tr[data-learner="{one.place.learners[number]}"]').get_attribute("data-status")
    )


def test_the_room_is_walked_through_minute_by_minute_with_the_keyboard(watch: Any) -> None:  # noqa: F811
    one = watch(an_hour_ago())
    page = one.page
    page.get_by_role("link", name="Replay").click()
    page.locator("#replay-rows tr").first.wait_for()
    slider = page.get_by_role("slider")
    assert [status_of(one, n) for n in (0, 5)] == ["in_progress", "absent"]
    slider.focus()
    for _minute in range(6):
        page.keyboard.press("ArrowRight")
    page.get_by_text("The session was paused.").wait_for()
    assert slider.get_attribute("aria-valuetext") == page.locator("#replay-at").inner_text()
    assert page.evaluate("() => document.activeElement.id") == "replay-minute"
    one.picture("replay")
    one.check_axe()
    page.keyboard.press("End")
    # The Monitor, which was open before, had the server hand in who was ended.
    page.locator(f'#replay-rows tr[data-learner="{one.place.learners[2]}"][data-status="submitted"]').wait_for()
    # From one thing to the one before it: handed in, undone, and ended.
    before = page.get_by_role("button", name="What happened before")
    before.click()
    page.locator('#replay-events [data-happened="true"]', has_text="handed in by the server").wait_for()
    before.click()
    page.locator('#replay-events [data-happened="true"]', has_text="undid the end").wait_for()
    assert status_of(one, 1) == "in_progress"
    before.click()
    page.locator(f'#replay-rows tr[data-learner="{one.place.learners[1]}"][data-status="ended"]').wait_for()
    assert "by mistake" in page.locator("#replay-events").inner_text()
    shown = page.url
    page.goto(shown)
    page.locator("#replay-rows tr").first.wait_for()
    assert status_of(one, 1) == "ended"


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (390, "ar")])
def test_the_replay_on_a_telephone_and_from_right_to_left(watch: Any, width: int, language: str) -> None:  # noqa: F811
    one = watch(an_hour_ago(), width=width, language=language)
    open_replay(one)
    one.page.locator("#replay-next").click()
    one.page.locator("#replay-held").wait_for()
    one.picture(f"replay-{width}-{language}")
    one.check_axe()
    assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth + 1")
