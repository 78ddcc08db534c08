"""The control room in a real Chromium: what needs somebody stands first, and pictures in build/screens/."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_entry, actions_running
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import Invigilator
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms import factories
from tests.bare import CODE, add_session, room
from tests.browser.test_monitor import Watch, watch  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def school_at_nine() -> Any:
    """Four rooms: one calm, one with a silent student and guests at the door, one paused, one that opens later."""
    now = timezone.now()
    place = room(now, learners=9, name="Room 101", guests=True)
    placement, people = place.session.placement, place.learners
    library = add_session(placement, place.staff, now, name="Library", code="9001", waiting_room=True)
    gym = add_session(placement, place.staff, now, name="Gym", code="9002")
    tomorrow = (now + timedelta(days=1)).isoformat()
    add_session(placement, place.staff, now, name="Make-up", code="9003", opens_at=tomorrow)
    type(gym).objects.filter(pk=gym.pk).update(held_since=now)
    for session, first in ((place.session, 0), (library, 3), (gym, 6)):
        roster = {"everyone": False, "classes": [], "students": people[first : first + 3], "excluded": []}
        type(session).objects.filter(pk=session.pk).update(roster=roster)
    for learner, code in zip(people[:5], (CODE, CODE, CODE, "9001", "9001"), strict=True):
        actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=code, now=now - timedelta(minutes=8))
    for attempt in Attempt.objects.filter(session=place.session):
        actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=now - timedelta(minutes=8))
    Attempt.objects.update(last_seen_at=now)
    for _try in range(3):
        with contextlib.suppress(Refusal):
            actions_entry.verify_code(usage_key=place.usage_key, learner_id=people[7], code="0000", now=now)
    return place


def names(one: Watch) -> list[str]:
    return one.page.locator("#rooms-now .ap-room h3").all_inner_texts()


def in_trouble(page: Any, note: str) -> None:
    """An error of the server and a lost connection are told apart, and the note goes when all is well again."""
    told = page.locator(note)
    page.route("**/assessprep/api/**", lambda route: route.fulfill(status=503, content_type="text/html", body="Busy"))
    told.get_by_text("The server has a problem just now; your connection is all right.").wait_for()
    page.unroute_all()
    page.route("**/assessprep/api/**", lambda route: route.abort())
    told.get_by_text("Connection lost.").wait_for()
    page.unroute_all()
    told.wait_for(state="hidden")


def test_the_room_that_needs_somebody_stands_first_and_the_page_follows(watch: Any) -> None:  # noqa: F811
    one = watch(school_at_nine())
    page = one.page
    page.get_by_role("link", name="All rooms").click()
    page.locator("#rooms-now .ap-room").first.wait_for()
    assert names(one) == ["Library", "Gym", "Room 101"]
    assert "2 waiting to be let in" in page.locator(".ap-room", has_text="Library").inner_text()
    page.get_by_text("learner7").wait_for()
    sums = {n.get_attribute("data-count"): int(n.inner_text()) for n in page.locator("#rooms-counters dd").all()}
    assert sums["assigned"] == sum(count for name, count in sums.items() if name != "assigned") == 9
    one.picture("rooms")
    one.check_axe()
    # Held, nothing moves; going on, it follows.
    page.get_by_role("button", name="Hold updates").click()
    Attempt.objects.filter(session__name="Library").update(admitted_at=timezone.now())
    Attempt.objects.filter(session__name="Room 101").update(last_seen_at=timezone.now() - timedelta(minutes=9))
    assert names(one)[0] == "Library"
    page.get_by_role("button", name="Hold updates").click()
    page.get_by_text("3 without contact").wait_for()
    assert names(one)[0] != "Library"
    page.get_by_label("Search").fill("gym")
    page.locator(".ap-room", has_text="Library").wait_for(state="hidden")
    assert "search=gym" in page.url and names(one) == ["Gym"]
    page.get_by_label("Search").fill("nowhere")
    page.get_by_role("button", name="Clear filters").click()
    in_trouble(page, "#rooms-lost")
    page.get_by_role("link", name="Gym").click()
    page.get_by_role("heading", name="Monitor: Gym").wait_for()
    in_trouble(page, "#monitor-lost")


def test_an_invigilator_reads_what_she_is_in_each_room(watch: Any) -> None:  # noqa: F811
    place, aunt = school_at_nine(), factories.make_user("aunt")
    for code, level in ((CODE, "chief"), ("9001", "invigilator")):
        session = type(place.session).objects.get(live_code=code)
        Invigilator.objects.create(session=session, user=aunt, level=level)
    one = watch(replace(place, staff=aunt.pk))
    one.page.get_by_role("link", name="Sessions you watch").click()
    one.page.locator("#rooms-now .ap-room").first.wait_for()
    cards = one.page.locator("#rooms-now .ap-room").all()
    told = {card.locator("h3").inner_text(): card.locator('[data-part="about"]').inner_text() for card in cards}
    assert {name: text.split(" · ")[-1] for name, text in told.items()} == {
        "Room 101": "Chief invigilator",
        "Library": "Invigilator",
    }


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (390, "ar")])
def test_the_control_room_on_a_telephone_and_from_right_to_left(watch: Any, width: int, language: str) -> None:  # noqa: F811
    place = school_at_nine()
    one = watch(place, width=width, language=language)
    server = one.page.url.split("/assessprep/")[0]
    one.page.goto(f"{server}/assessprep/courses/{place.session.course_key}/rooms/".replace("+", "%2B"))
    one.page.locator("#rooms-now .ap-room").first.wait_for()
    one.picture(f"rooms-{width}-{language}")
    one.check_axe()
    assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth + 1")
