"""Somebody without an account in a real Chromium: in by name and code, the PIN, the test, out, and back in elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.lms import get_lms
from tests.browser.cookies import sign_in
from tests.browser.test_main_job import AXE, SCREENS
from tests.world import GuestBrowser, Page, delivered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RUN_AXE = """async () => (await axe.run({ include: [".assessprep"] },
    { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))
    .violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


@pytest.fixture
def world(settings):
    found = delivered(timezone.now(), learners=1, guests=True, guests_no_account=True)
    settings.ASSESSPREP_GUEST_RUNS = [str(found.school)]
    return found


@pytest.fixture
def visitor(browser, live_server, world):
    """-> a new browser at the guests' door."""
    contexts = []

    def come(*, width: int = 1280, language: str = "en") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, locale=language)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda problem: page.problems.append(str(problem)))
        page.goto(f"{live_server.url}/assessprep/guests/{world.school}/")
        return page

    yield come
    for context in contexts:
        context.close()


def look(page: Any, name: str) -> None:
    """A picture, no violation, and nothing that spills over."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"guest-{name}.png", full_page=True)
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
    assert page.problems == []


def test_in_by_name_and_code_out_and_back_by_pin_at_320_with_the_keyboard(visitor, world):
    page = visitor(width=320)
    look(page, "1-door-320")
    page.get_by_role("textbox", name="Your name").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Type your name.").wait_for()
    assert page.evaluate("document.activeElement.id") == "guest-name"
    page.keyboard.type("Ann <3")
    page.keyboard.press("Tab")
    page.keyboard.type("0000000")
    page.keyboard.press("Enter")
    page.get_by_text("“Your name” cannot be used: a name is letters, and begins with one").wait_for()
    page.get_by_role("textbox", name="Your name").fill("Ann Guest")
    page.get_by_label("Session code", exact=True).first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("This code does not open a session for you.").wait_for()
    assert page.evaluate("document.activeElement.id") == "guest-code"
    look(page, "2-wrong-code-320")
    page.get_by_label("Session code", exact=True).first.fill(world.reload().live_code)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Write this PIN down").wait_for()
    # The PIN stands alone, with nothing of the door above it.
    assert not page.get_by_text("What is kept:").is_visible()
    assert not page.locator("#guest-form, #guest-back").first.is_visible()
    pin = page.locator("#guest-pin-digits").inner_text()
    look(page, "3-pin-320")
    page.get_by_role("link", name="I have written it down: go to the test").click()
    page.get_by_text("You are in the waiting room").first.wait_for()
    page.get_by_text("You are here as a guest: Ann Guest.").wait_for()
    page.screenshot(path=SCREENS / "guest-4-test-320.png", full_page=True)
    page.get_by_role("link", name="Leave, or see who is signed in").click()
    page.get_by_role("heading", name="You are in as Ann Guest").wait_for()
    look(page, "5-in-320")
    page.get_by_role("button", name="Leave").click()
    page.get_by_role("textbox", name="Your name").wait_for()

    other = visitor()
    other.get_by_text("I was in already and have a PIN").click()
    other.locator("#resume-code").fill(world.reload().live_code)
    other.locator("#resume-pin").fill("1111 1111")
    other.get_by_role("button", name="Come back").click()
    other.get_by_text("do not belong together").wait_for()
    look(other, "6-wrong-pin")
    other.locator("#resume-pin").fill(pin)
    other.keyboard.press("Enter")
    other.get_by_text("You are here as a guest: Ann Guest.").wait_for()
    assert Attempt.objects.count() == 1
    assert page.problems == other.problems == []


def test_a_second_press_and_a_second_tab_make_no_second_guest(visitor, world):
    page = visitor()
    tab = page.context.new_page()
    tab.goto(page.url)
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.get_by_label("Session code", exact=True).first.fill(world.reload().live_code)
    page.get_by_role("button", name="Enter", exact=True).dblclick()
    page.get_by_role("heading", name="Write this PIN down").wait_for()
    assert Attempt.objects.count() == 1
    tab.get_by_role("textbox", name="Your name").fill("Bob")
    tab.get_by_label("Session code", exact=True).first.fill(world.reload().live_code)
    tab.get_by_role("button", name="Enter", exact=True).click()
    # Its token is that of nobody: the page is loaded again, and says whose browser it is.
    tab.get_by_role("heading", name="You are in as Ann").wait_for()
    assert Attempt.objects.count() == 1


def test_the_door_in_arabic_and_when_the_session_is_over(visitor, world, live_server):
    page = visitor(language="ar")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    look(page, "7-door-arabic")
    page.set_viewport_size({"width": 320, "height": 700})
    look(page, "8-door-arabic-320")
    page.locator("#guest-name").fill("عائشة")
    page.locator("#guest-code").fill(world.reload().live_code)
    page.keyboard.press("Enter")
    page.locator("#guest-pin").wait_for()
    look(page, "9-pin-arabic-320")
    session = AssessmentSession.objects.get(pk=world.session.pk)
    closes = (timezone.now() - timedelta(hours=1)).isoformat()
    AssessmentSession.objects.filter(pk=session.pk).update(overrides={**session.overrides, "closes_at": closes})
    page.goto(live_server.url + get_lms().block_url(world.usage_key))
    page.wait_for_url("**/assessprep/guests/**over=1")
    page.locator(".ap-notice").wait_for()


def test_staff_tell_guests_with_an_account_from_those_without_by_a_word_on_every_screen(browser, live_server, world):
    AssessmentSession.objects.update(roster={"everyone": False, "classes": [], "students": [], "excluded": []})
    assert GuestBrowser(world).enter("Ann Guest").status_code == 200
    assert Page(world.learners[0]).verify(world).status_code == 200
    AssessmentSession.objects.update(n_joined=0, n_submitted=2)
    Attempt.objects.update(
        status="submitted", submitted_at=timezone.now(), handin="done", scoring="scored", earned=1, possible=3
    )
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    sign_in(context, live_server.url, world.staff)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda problem: page.problems.append(str(problem)))
    for screen in ("monitor", "grade"):
        page.goto(live_server.url + reverse(f"assessprep:{screen}", args=[world.session.uuid]))
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            for who, word in (("Ann Guest", "Guest without an account"), ("Student 1", "Guest")):
                row = page.locator("tr").filter(has=page.locator("bdi", has_text=who))
                row.locator(".ap-badge").get_by_text(word, exact=True).first.wait_for()
            look(page, f"10-{screen}-{width}")
        page.set_viewport_size({"width": 1280, "height": 800})
    context.close()
