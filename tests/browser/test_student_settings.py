"""What delivery settings do to a student's screens, in a real Chromium; each walk is checked by axe in every state."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions_back, actions_begin
from assessprep_xblock.domain.sessions.models import AssessmentSession
from tests.browser.test_student import Student, _quick_and_fresh, five_kinds, student  # noqa: F401  fixtures
from tests.patience import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(one: Student, name: str) -> None:
    """A picture, without a barrier, and nothing spills over."""
    one.picture(name)
    wide = one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, name


def press(one: Student, name: str, **options: Any) -> None:
    one.page.get_by_role("button", name=name, exact=True).click(**options)


def test_honesty_begin_and_one_question_at_a_time_forward_only_by_keyboard_at_320(student):  # noqa: F811
    world = five_kinds(
        start="invigilator",
        navigation="forward",
        honesty="The work is my own.",
        tools="A ruler.",
        tool_link="https://example.org/call",
        instructions="Write in full sentences.",
    )
    one = student(world, width=320)
    page = one.page
    page.get_by_label("Session code").fill(world.reload().live_code)
    page.keyboard.press("Enter")
    page.get_by_text("The test begins for everybody").first.wait_for()
    page.get_by_text("Why can’t I start?").click()
    page.locator('.ap-gates li[data-ok="false"]').get_by_text("The test begins for everybody").wait_for()
    look(one, "s01-not-begun-320")
    actions_begin.begin(session_id=world.session.pk, by=world.staff.pk, now=timezone.now())
    page.get_by_text("The test begins for everybody").first.wait_for(state="hidden")
    start = page.get_by_role("button", name="Start", exact=True)
    start.click(force=True)
    page.get_by_text("before you start.", exact=False).wait_for()
    page.keyboard.press("Space")
    start.press("Enter")
    page.get_by_text("What is a force?").wait_for()
    page.locator('.ap-question input[name^="input_"]').first.wait_for()
    assert page.locator(".ap-question:visible").count() == 1
    look(one, "s02-one-question-320")
    press(one, "Mark for review")
    page.locator('.ap-question:visible input[name^="input_"]').first.check()
    press(one, "Next question")
    page.get_by_text("You cannot come back to it.").wait_for()
    look(one, "s03-leave-320")
    press(one, "Yes, next question")
    page.get_by_text("Question 2 of 5").first.wait_for()
    eventually(lambda: one.attempt.passed == 1 and len(one.attempt.flagged) == 1, page=page)
    press(one, "Overview")
    press(one, "Read the instructions")
    page.get_by_role("dialog").get_by_text("Write in full sentences.").wait_for()
    press(one, "Close")
    look(one, "s04-overview-320")
    page.reload()
    page.locator('.ap-question:visible input[name^="input_"]').first.wait_for()
    assert page.locator(".ap-where").inner_text() == "Question 2 of 5"


def test_no_code_back_and_forth_and_submitting_oneself_after_the_time(student):  # noqa: F811
    world = five_kinds(
        code_required=False, navigation="one", on_expiry="must_submit", duration_s=60, end_grace_s=600, network_grace_s=0
    )
    one = student(world)
    page = one.page
    page.get_by_role("button", name="Enter the session").wait_for()
    look(one, "s05-no-code")
    press(one, "Enter the session")
    page.get_by_role("button", name="Start", exact=True).wait_for()
    one.start()
    page.locator('.ap-question:visible input[name^="input_"]').first.check()
    press(one, "Next question")
    press(one, "Previous question")
    assert page.locator('.ap-question:visible input[name^="input_"]').first.is_checked()
    one.saved()
    Attempt.objects.update(due_us=one.attempt.started_us + 1_000_000)
    page.reload()
    page.get_by_text("not handed in yet").wait_for()
    look(one, "s06-must-submit")
    press(one, "Submit")
    page.get_by_role("heading", name="Handed in").wait_for()
    page.get_by_text("the time was over").first.wait_for()
    look(one, "s07-receipt")
    press(one, "I have the code of another session")
    page.get_by_label("Session code").wait_for()


def test_a_second_device_takes_over_and_who_was_away_waits_in_arabic_too(student):  # noqa: F811
    world = five_kinds(second_device="move", resume="leave", order="shuffled")
    one = student(world)
    one.begin()
    items = [node.get_attribute("data-item") for node in one.page.locator(".ap-question").all()]
    other = student(world)
    other.page.get_by_role("button", name="Go on here").wait_for()
    assert "What is a force?" not in other.page.content()
    look(other, "s08-elsewhere")
    press(other, "Go on here")
    other.page.get_by_text("What is a force?").wait_for()
    assert [node.get_attribute("data-item") for node in other.page.locator(".ap-question").all()] == items
    one.page.get_by_role("button", name="Go on here").wait_for()
    other.page.goto("about:blank")
    Attempt.objects.update(waits_since=timezone.now(), last_seen_at=timezone.now() - timedelta(minutes=9))
    third = student(world, language="ar", width=320)
    with translation.override("ar"):
        third.page.get_by_role("button", name=gettext("Go on here")).wait_for()
    look(third, "s09-elsewhere-ar-320")
    actions_back.let_back(session_id=world.session.pk, by=world.staff.pk, attempts="all", now=timezone.now())
    assert one.attempt.waits_since is None


def test_who_is_outside_of_the_networks_reads_why_and_what_to_do_in_arabic_and_at_320_too(student):  # noqa: F811
    elsewhere, here = ["192.0.2.0/24"], ["127.0.0.0/8", "::1/128"]
    world = five_kinds(ip_allow_list=elsewhere)
    one = student(world)
    page = one.page

    def keep_to(networks: list[str]) -> None:
        rows = AssessmentSession.objects.filter(pk=world.session.pk)
        rows.update(overrides={"ip_allow_list": networks}, notice_no=F("notice_no") + 1)

    # At the door: not with the right code either, and "why" says the same.
    page.get_by_label("Session code").fill(world.reload().live_code)
    press(one, "Verify Session Code")
    page.locator(".ap-refusal:not(:empty)").wait_for()
    page.get_by_text("Why can’t I start?").click()
    page.locator('.ap-gates li[data-ok="false"]').wait_for()
    look(one, "s13-outside-at-the-door")
    keep_to(here)
    one.begin()
    page.get_by_label("What is the unit of force?").fill("newton")
    one.saved()
    # The laptop is carried home: the question is gone, and what was typed is not.
    keep_to(elsewhere)
    page.get_by_role("heading", name="You have left the network of this test").wait_for()
    assert page.get_by_label("What is the unit of force?").is_hidden()
    look(one, "s14-outside")
    page.set_viewport_size({"width": 320, "height": 800})
    look(one, "s15-outside-320")
    other = student(world, language="ar", width=320)
    with translation.override("ar"):
        other.page.get_by_role("heading", name=gettext("You have left the network of this test")).wait_for()
    assert other.page.evaluate("getComputedStyle(document.querySelector('.ap-student')).direction") == "rtl"
    look(other, "s16-outside-ar-320")
    other.page.set_viewport_size({"width": 1100, "height": 800})
    look(other, "s17-outside-ar")
    # Back in the room she waits for her teacher, who lets her go on; both pages do, by themselves.
    keep_to(here)
    actions_back.let_back(session_id=world.session.pk, by=world.staff.pk, attempts="all", now=timezone.now())
    page.get_by_label("What is the unit of force?").wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.ap-question input')].some((field) => field.value === 'newton')"
    )


#: Collects what is read out, from now on.
LISTEN = """() => { window.said = []; const said = document.querySelector(".ap-said");
    new MutationObserver(() => { if (said.textContent) window.said.push(said.textContent); })
        .observe(said, { childList: true, characterData: true, subtree: true }); }"""


def test_times_are_the_school_s_and_the_time_left_is_announced_at_the_chosen_moments_only(student):  # noqa: F811
    """The page's own clock is stopped and put forward, so that no minute is waited for."""
    closes = timezone.now() + timedelta(hours=5)
    world = five_kinds(
        # Half an hour beside every device's zone.
        time_zone="Asia/Kolkata",
        closes_at=closes.isoformat(),
        duration_s=600,
        warn_at=[3, 2],
        spellcheck=True,
        tools="A ruler.",
        tool_link="https://example.org/calculator",
    )
    one = student(world)
    page = one.page
    # Nothing the server says may set the page's clock again.
    page.route("**/beat", lambda route: route.fulfill(status=204))
    page.clock.install()
    page.reload()
    one.verify()
    facts = page.locator(".ap-facts").inner_text()
    assert re.search(closes.astimezone(ZoneInfo("Asia/Kolkata")).strftime(r"\b%-I:%M\s%p \(Asia/Kolkata\)"), facts), facts
    page.get_by_text("A ruler.").wait_for()
    look(one, "s12-school-time")
    one.start()
    assert page.locator('.ap-question input[type="text"]').first.evaluate("one => one.spellcheck") is True
    assert page.locator('.ap-bar a[href="https://example.org/calculator"]').get_attribute("rel") == "noopener noreferrer"
    page.evaluate(LISTEN)
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 30, tz=UTC))

    def left() -> int:
        minutes, seconds = page.locator(".ap-clock").inner_text().split(":")
        return int(minutes) * 60 + int(seconds)

    def until(seconds: int) -> None:
        page.clock.fast_forward((left() - seconds) * 1000)
        page.clock.run_for(1000)

    # Five minutes and one are announced at first, and not where a school chose other moments.
    for seconds in (301, 298, 181, 178, 121, 118, 61, 58):
        until(seconds)
    times = [found for text in page.evaluate("window.said") for found in re.findall(r"\b\d+:\d\d\b", text)]
    assert times == ["3:00", "2:00"], page.evaluate("window.said")
