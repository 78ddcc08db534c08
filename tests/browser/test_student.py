"""The student's screens in a real Chromium, with real problem blocks; leaves pictures in build/screens/."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import actions_moves
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.lms import get_lms
from devlms import factories
from tests.browser.cookies import sign_in
from tests.patience import drawn, eventually
from tests.world import World, delivered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = Path(os.environ.get("DEVLMS_BUILD", "build")) / "screens"

CHECKBOXES = (
    '<problem display_name="Forces at a distance"><choiceresponse><label>Which of these act at a distance?</label>'
    '<checkboxgroup><choice correct="true">Gravity</choice><choice correct="true">Magnetism</choice>'
    '<choice correct="false">Friction</choice></checkboxgroup></choiceresponse></problem>'
)
DROPDOWN = (
    '<problem display_name="Balance"><optionresponse><label>Balanced forces change the motion of a body …</label>'
    '<optioninput><option correct="False">always</option><option correct="True">never</option></optioninput>'
    "</optionresponse></problem>"
)

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# Only what is ours: the page around it, and how questions are marked up, is the platform's.
RUN_AXE = """async () => (await axe.run({ include: [".ap-student"], exclude: [[".ap-question .xblock"]] },
    { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))
    .violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


@pytest.fixture(autouse=True)
def _quick_and_fresh(settings):
    settings.ASSESSPREP_BEAT_SECONDS = settings.ASSESSPREP_BEAT_SECONDS_URGENT = 2
    settings.ASSESSPREP_NOTICE_CACHE_SECONDS = 0
    cache.clear()
    SCREENS.mkdir(parents=True, exist_ok=True)


def five_kinds(**settings: Any) -> World:
    """A session of five kinds of questions."""
    olx = [factories.choice_olx(), factories.number_olx(), factories.text_olx(), CHECKBOXES, DROPDOWN]
    return delivered(timezone.now(), olx=olx, **settings)


class Student:
    """A student at a screen."""

    def __init__(self, browser: Any, live_server: Any, world: World, *, width: int = 1100, language: str = "en") -> None:
        self.world, self.server, self.user = world, live_server, world.learners[0]
        self.context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-GB")
        sign_in(self.context, live_server.url, self.user, language=language)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.open()

    def sign_in(self) -> None:
        sign_in(self.context, self.server.url, self.user)

    def open(self) -> None:
        url = get_lms().unit_urls([self.world.usage_key])[self.world.usage_key]
        self.page.goto(self.server.url + url)

    def verify(self) -> None:
        self.page.get_by_label("Session code").fill(self.world.reload().live_code)
        self.page.get_by_role("button", name="Verify Session Code").click()
        self.page.get_by_role("button", name="Start", exact=True).wait_for()

    def start(self) -> None:
        self.page.get_by_role("button", name="Start", exact=True).click()
        self.page.get_by_text("What is a force?").wait_for()
        # The platform's own script draws the inputs.
        self.page.locator('input[name^="input_"]').first.wait_for()

    def begin(self) -> None:
        self.verify()
        self.start()

    def saved(self) -> None:
        self.page.get_by_text("Everything is saved").wait_for()

    def picture(self, name: str) -> None:
        """Of a state of the page, in which axe finds nothing."""
        self.page.screenshot(path=str(SCREENS / f"student-{name}.png"), full_page=True)
        self.page.evaluate(AXE)
        assert self.page.evaluate(RUN_AXE) == [], name

    def close(self) -> None:
        self.context.close()
        assert self.problems == []

    @property
    def attempt(self) -> Attempt:
        return Attempt.objects.get(learner=self.user)


@pytest.fixture
def student(browser, live_server):
    """``student(world, **options)``: opens the unit as the world's first student."""
    opened: list[Student] = []

    def make(world: World, **options: Any) -> Student:
        opened.append(Student(browser, live_server, world, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def _drafts(attempt: Attempt) -> dict[int, dict]:
    drafts = AnswerDraft.objects.filter(attempt=attempt).select_related("question")
    return {draft.question.position: draft.values for draft in drafts}


def test_from_the_code_to_the_receipt(student):
    world = five_kinds(instructions="You may use a calculator.\nNo phones.")
    one = student(world)
    page = one.page
    field = page.get_by_label("Session code")
    field.wait_for()
    assert "What is a force" not in page.content()
    one.picture("01-code")
    code = world.reload().live_code
    assert code != "0000"
    field.fill("0000")
    page.keyboard.press("Enter")
    page.get_by_text("This code does not open a session for you").wait_for()
    one.picture("02-wrong-code")
    one.verify()
    assert page.get_by_text("You may use a calculator.").is_visible()
    one.picture("03-card")
    one.start()
    one.picture("04-test")
    assert page.locator(".problem .submit").first.is_hidden()

    page.get_by_label("A push or a pull").check()
    page.get_by_label("How fast is it, in metres per second?").fill("12")
    page.get_by_label("What is the unit of force?").fill("newton")
    page.get_by_label("Gravity").check()
    page.get_by_label("Magnetism").check()
    page.get_by_text("4 of 5 answered").wait_for()
    one.saved()
    page.get_by_role("button", name="Overview").click()
    one.picture("05-answered-overview")
    page.get_by_role("button", name="Overview").click()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_text("1 question is not answered yet.").wait_for()
    one.picture("06-confirm")
    page.get_by_role("button", name="Go back to the questions").click()
    page.locator(".ap-question select").select_option(label="never")
    page.get_by_text("5 of 5 answered").wait_for()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("button", name="Yes, submit the test").click()
    page.get_by_role("heading", name="Handed in").wait_for()
    page.get_by_text("5 of 5 points").wait_for()
    one.picture("07-receipt")
    assert "What is a force" not in page.content()
    assert one.attempt.status == "submitted"
    page.reload()
    page.get_by_role("heading", name="Handed in").wait_for()


def test_a_reload_keeps_every_kind_of_answer(student):
    one = student(five_kinds())
    one.begin()
    page = one.page
    page.get_by_label("A push or a pull").check()
    page.get_by_label("How fast is it, in metres per second?").fill("3.5")
    page.get_by_label("What is the unit of force?").fill("joule")
    page.get_by_label("Friction").check()
    page.locator(".ap-question select").select_option(label="always")
    one.saved()
    page.reload()
    page.get_by_text("5 of 5 answered").wait_for()
    assert page.get_by_label("A push or a pull").is_checked()
    assert page.get_by_label("How fast is it, in metres per second?").input_value() == "3.5"
    assert page.get_by_label("What is the unit of force?").input_value() == "joule"
    assert page.get_by_label("Friction").is_checked()
    assert not page.get_by_label("Gravity").is_checked()
    assert page.locator(".ap-question select option:checked").inner_text().strip() == "always"


def test_what_is_typed_is_at_the_server_within_three_seconds_however_long_one_types(student):
    one = student(five_kinds())
    # By the page's own clock, which will go on only when it is told to: how busy the machine is says nothing here.
    one.page.clock.install()
    one.page.reload()
    one.begin()
    field = one.page.get_by_label("What is the unit of force?")
    sent: list[str] = []
    one.page.on("request", lambda asked: sent.append(asked.post_data) if asked.method == "PUT" else None)
    one.page.clock.pause_at(one.page.evaluate("Date.now() / 1000 + 1"))  # in seconds
    for letter in "abcdefghijklmnop":
        field.press_sequentially(letter)
        one.page.clock.run_for(200)
    eventually(lambda: sent, page=one.page)
    assert "abcdefghijklmnop" not in sent[0], "nothing was sent while the student was typing"
    one.page.clock.resume()
    one.saved()
    assert list(_drafts(one.attempt)[2].values()) == ["abcdefghijklmnop"]


def test_without_a_connection_nothing_is_lost_and_it_says_so(student):
    one = student(five_kinds())
    one.begin()
    page = one.page
    one.context.set_offline(True)
    page.get_by_label("What is the unit of force?").fill("newton")
    page.get_by_text("No connection. Your answers are kept on this device").wait_for()
    page.get_by_text("Not saved yet. Trying again.").first.wait_for()
    one.picture("08-offline")
    assert _drafts(one.attempt) == {}
    one.context.set_offline(False)
    one.saved()
    assert list(_drafts(one.attempt)[2].values()) == ["newton"]
    page.get_by_text("No connection.").wait_for(state="hidden")


def test_an_answer_that_never_reached_the_server_comes_back_from_the_device(student):
    one = student(five_kinds())
    one.begin()
    page = one.page
    page.route("**/answers/**", lambda route: route.abort())
    page.get_by_label("What is the unit of force?").fill("pascal")
    page.get_by_text("Not saved yet. Trying again.").first.wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_text("1 of 5 answered").wait_for()
    assert page.get_by_label("What is the unit of force?").input_value() == "pascal"
    page.unroute("**/answers/**")
    one.saved()
    assert list(_drafts(one.attempt)[2].values()) == ["pascal"]


@pytest.mark.parametrize(
    ("status", "content_type", "body", "told"),
    [
        (500, "text/html", "<h1>Server Error</h1>", "The server has a problem just now; your connection is all right."),
        (200, "text/html", "<h1>Captive portal</h1>", "No connection."),
        (502, "application/json", "{}", "The server has a problem just now; your connection is all right."),
    ],
)
def test_a_broken_answer_is_never_taken_for_the_end_of_the_test(student, status, content_type, body, told):
    one = student(five_kinds())
    one.begin()
    page = one.page
    page.route("**/assessprep/api/**", lambda route: route.fulfill(status=status, content_type=content_type, body=body))
    page.get_by_label("What is the unit of force?").fill("newton")
    page.get_by_text("Not saved yet. Trying again.").first.wait_for()
    page.get_by_role("alert").filter(has_text=told).wait_for()
    with page.expect_response("**/beat"):
        pass
    drawn(page)
    assert page.get_by_label("What is the unit of force?").is_visible()
    page.unroute("**/assessprep/api/**")
    one.saved()


def test_who_was_signed_out_is_told_and_loses_nothing(student):
    one = student(five_kinds())
    one.begin()
    page = one.page
    one.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.get_by_label("What is the unit of force?").fill("newton")
    page.get_by_text("You are signed out").wait_for()
    assert page.get_by_role("link", name="Sign in (opens a new tab)").get_attribute("target") == "_blank"
    one.picture("09-signed-out")
    one.sign_in()
    one.saved()
    page.get_by_text("You are signed out").wait_for(state="hidden")


def test_a_pause_hides_the_questions_keeps_what_was_typed_and_stops_the_clock(student):
    world = five_kinds()
    one = student(world)
    one.begin()
    page = one.page
    page.get_by_label("What is the unit of force?").fill("newton")
    monitoring.pause(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="fire drill")
    page.get_by_role("heading", name="Paused").wait_for()
    assert page.get_by_text("What is a force?").is_hidden()
    stood = page.locator(".ap-clock").inner_text()
    # Two heartbeats lie two seconds apart.
    for _beat in range(2):
        with page.expect_response("**/beat"):
            pass
    assert page.locator(".ap-clock").inner_text() == stood
    one.picture("10-paused")
    monitoring.resume(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    page.get_by_text("What is a force?").wait_for()
    assert page.get_by_label("What is the unit of force?").input_value() == "newton"
    one.saved()


#: From here on: whether the questions were to be seen, at each change of the page.
SHOWN = """() => {
    window.shown = [];
    new MutationObserver(() => window.shown.push(Boolean(document.querySelector(".ap-questions:not([hidden])"))))
        .observe(document.querySelector(".ap-student"), { subtree: true, childList: true, attributes: true });
}"""


def test_an_answer_that_a_pause_overtook_on_its_way_does_not_take_the_pause_back(student):
    world = five_kinds()
    one = student(world)
    one.begin()
    page, held, address = one.page, [], re.compile(r"/attempts/[0-9a-f-]{36}$")
    page.route(address, lambda route: route.continue_() if held else held.append((route, route.fetch())))
    about = {"session_id": world.session.pk, "attempts": "all", "by": world.staff.pk, "reason": ""}
    monitoring.extend(**about, seconds=60, request_id=uuid4(), now=timezone.now())
    # The page asks what the minute is for, and the answer takes its time.
    eventually(lambda: held, page=page)
    monitoring.pause(**about, now=timezone.now())
    page.get_by_role("heading", name="Paused").wait_for()
    page.evaluate(SHOWN)
    ((route, answer),) = held
    with page.expect_response(address):
        route.fulfill(response=answer)
    with page.expect_response("**/beat"):
        pass
    assert not any(page.evaluate("window.shown"))
    assert page.get_by_role("heading", name="Paused").is_visible()


def test_a_start_and_a_submit_whose_answers_were_overtaken_by_news_are_seen_all_the_same(student):
    """The server read the test before an announcement and answered behind it; the page had the announcement first."""

    def older(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "notice_no": told["notice_no"] - 1})

    one = student(five_kinds())
    for act in ("start", "submit"):
        one.page.route(f"**/{act}", older)
    one.begin()
    one.page.get_by_role("button", name="Submit", exact=True).click()
    one.page.get_by_role("button", name="Yes, submit the test").click()
    one.page.get_by_role("heading", name="Handed in").wait_for()


def test_a_page_opened_during_a_pause_shows_the_questions_when_it_goes_on(student):
    world = five_kinds()
    one = student(world)
    one.begin()
    monitoring.pause(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    one.page.reload()
    one.page.get_by_role("heading", name="Paused").wait_for()
    assert "What is a force" not in one.page.content()
    monitoring.resume(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    one.page.get_by_text("What is a force?").wait_for()


def test_an_announcement_is_shown_until_it_is_acknowledged(student):
    world = five_kinds()
    one = student(world)
    one.begin()
    page = one.page
    monitoring.announce(
        session_id=world.session.pk,
        attempts="all",
        by=world.staff.pk,
        now=timezone.now(),
        request_id=uuid4(),
        text="Ten minutes left.\n<b>Check</b> question 3.",
        acknowledge=True,
    )
    page.get_by_text("Ten minutes left.").wait_for()
    assert page.get_by_text("<b>Check</b> question 3.").is_visible()
    one.picture("11-announcement")
    page.get_by_role("button", name="I have read this").click()
    page.get_by_text("Ten minutes left.").wait_for(state="hidden")
    # The next heartbeat takes it to the server.
    eventually(lambda: one.attempt.seen_announcement, page=page)
    page.reload()
    page.get_by_text("What is a force?").wait_for()
    drawn(page)
    assert page.get_by_text("Ten minutes left.").count() == 0


def test_who_is_moved_reads_what_is_said_in_the_other_session_on_the_very_page(student):
    world = five_kinds()
    one = student(world)
    one.begin()
    page, other = one.page, world.add_session("Library")
    said = {"attempts": "all", "by": world.staff.pk}
    # Announcements are numbered in each session: this one's is far beyond those of the other.
    AssessmentSession.objects.filter(pk=world.session.pk).update(notice_no=50)
    monitoring.announce(
        **said,
        session_id=world.session.pk,
        text="Ten minutes left.",
        request_id=uuid4(),
        now=timezone.now(),
        acknowledge=True,
    )
    page.get_by_role("button", name="I have read this").click()
    eventually(lambda: one.attempt.seen_announcement, page=page)
    actions_moves.move(
        session_id=world.session.pk,
        by=world.staff.pk,
        attempts=[one.attempt.uuid],
        target=other.uuid,
        reason="noise",
        now=timezone.now(),
    )
    monitoring.announce(**said, session_id=other.pk, text="Bags under the table.", request_id=uuid4(), now=timezone.now())
    page.get_by_text("Bags under the table.").wait_for()
    eventually(lambda: one.attempt.heard_announcement, page=page)
    assert one.attempt.seen_announcement == 0


def test_when_the_time_is_over_what_was_typed_is_handed_in(student):
    world = five_kinds(duration_s=60)
    one = student(world)
    one.begin()
    page = one.page
    page.get_by_label("A push or a pull").check()
    one.saved()
    # Typed, and four seconds later it is over: it is saved in these or, where the machine is slow, in the ten after them.
    page.get_by_label("What is the unit of force?").fill("newton")
    due = int(timezone.now().timestamp() * 1_000_000) + 4_000_000
    Attempt.objects.filter(pk=one.attempt.pk).update(due_us=due)
    # With an announcement the page is told what is left, too.
    announce = {"session_id": world.session.pk, "attempts": "all", "by": world.staff.pk, "now": timezone.now()}
    monitoring.announce(**announce, request_id=uuid4(), text="Time is nearly over.", acknowledge=False)
    page.get_by_role("heading", name=re.compile("Handed in|The time for answering is over")).wait_for()
    page.get_by_role("heading", name="Handed in").wait_for()
    page.get_by_text("2 of 5 points").wait_for()
    assert one.attempt.status == "submitted"
    # Staff give minutes after the time was over: the page that lies before the student goes on by itself.
    about = {"session_id": world.session.pk, "by": world.staff.pk, "now": timezone.now(), "reason": "fire drill"}
    monitoring.reopen(**about, attempts=[one.attempt.uuid], seconds=600)
    page.get_by_label("What is the unit of force?").wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.ap-question input')].some((field) => field.value === 'newton')"
    )
    assert page.locator(".ap-questions").evaluate("one => one.inert") is False
    monitoring.void(**about, attempts=[one.attempt.uuid])
    page.get_by_role("heading", name="This attempt is void").wait_for()
    one.picture("16-void")


def test_when_staff_end_the_test_the_page_hands_in_what_was_typed(student):
    world = five_kinds()
    one = student(world)
    one.begin()
    one.page.get_by_label("What is the unit of force?").fill("newton")
    one.saved()
    monitoring.end(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    one.page.get_by_role("heading", name="Handed in").wait_for()
    one.page.get_by_text("1 of 5 points").wait_for()


def test_the_waiting_room_opens_by_itself(student):
    world = five_kinds(waiting_room=True)
    one = student(world)
    # Said before she came, for who waits.
    said = {"session_id": world.session.pk, "attempts": "all", "by": world.staff.pk, "now": timezone.now()}
    monitoring.announce(**said, request_id=uuid4(), text="Leave your bags outside.", acknowledge=False)
    one.verify()
    page = one.page
    page.get_by_text("You are in the waiting room.").wait_for()
    page.get_by_text("Leave your bags outside.").wait_for()
    one.picture("12-waiting-room")
    room = {"session_id": world.session.pk, "attempts": "all", "by": world.staff.pk}
    monitoring.deny(**room, reason="wrong room", now=timezone.now())
    page.get_by_text("You were not let into this session. Ask your teacher.").wait_for()
    one.picture("12-not-let-in")
    # Letting everybody in means whoever waits; who was turned away is let in by name.
    monitoring.admit(**{**room, "attempts": [one.attempt.uuid]}, now=timezone.now())
    page.get_by_text("You were not let into this session.").wait_for(state="hidden")
    one.start()


def test_a_session_that_opens_soon_counts_down_and_opens(student):
    soon = timezone.now() + timedelta(minutes=9)
    one = student(five_kinds(opens_at=soon.isoformat()))
    one.verify()
    one.page.get_by_text(re.compile(r"The session opens in [5-8]:\d\d")).wait_for()
    assert one.page.get_by_role("button", name="Start", exact=True).get_attribute("aria-disabled") == "true"
    one.picture("13-opens-soon")
    # On a page that is opened six seconds before, it goes on to the start by itself.
    session = one.world.reload()
    session.overrides["opens_at"] = (timezone.now() + timedelta(seconds=6)).isoformat()
    session.save(update_fields=["overrides"])
    one.page.reload()
    one.page.locator("button[id^=ap-start]:not([aria-disabled])").wait_for()
    assert one.page.get_by_text("The session opens in").is_hidden()
    one.start()


def test_as_you_go_each_question_keeps_its_own_submit(student):
    one = student(five_kinds(checking="as_you_go"))
    one.begin()
    page = one.page
    page.get_by_label("A push or a pull").check()
    page.locator(".problem .submit").first.click()
    page.get_by_text(re.compile("Correct", re.IGNORECASE)).first.wait_for()
    one.picture("14-as-you-go")


def test_the_keyboard_alone_is_enough(student):
    world = five_kinds()
    one = student(world)
    page = one.page
    page.get_by_label("Session code").focus()
    page.keyboard.type(world.reload().live_code)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start", exact=True).wait_for()
    page.get_by_role("button", name="Start", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('.ap-question')")
    # The platform's own script draws the inputs.
    page.get_by_label("What is the unit of force?").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.get_by_label("What is the unit of force?").evaluate("(one) => one === document.activeElement"):
            break
    page.keyboard.type("newton")
    page.keyboard.press("Enter")
    one.saved()
    page.get_by_role("button", name="Submit", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Go back to the questions").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.classList.contains('ap-submit')")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Handed in").wait_for()


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (1100, "ar"), (320, "ar")])
def test_small_screens_and_right_to_left_lose_nothing(student, width, language):
    one = student(five_kinds(), width=width, language=language)
    page, name = one.page, f"{width}-{language}"

    def fits() -> bool:
        return page.evaluate(
            """() => [...document.querySelectorAll('.ap-student, .ap-bar, .ap-card, .ap-question')].every((one) =>
                one.scrollWidth <= one.clientWidth + 1 && one.getBoundingClientRect().right <= innerWidth + 1)"""
        )

    page.locator(".ap-code").wait_for()
    assert fits()
    one.picture(f"20-code-{name}")
    code = one.world.reload().live_code
    # An Arabic keyboard has digits of its own.
    page.locator(".ap-code").fill(code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) if language == "ar" else code)
    page.locator(".ap-card button[type=submit]").click()
    page.locator(".ap-rules").wait_for()
    assert fits()
    one.picture(f"21-card-{name}")
    page.locator("button[id^=ap-start]").click()
    page.locator('.ap-question input[name^="input_"]').first.wait_for()
    assert fits()
    one.picture(f"22-test-{name}")
    if language == "ar":
        assert page.evaluate("getComputedStyle(document.querySelector('.ap-student')).direction") == "rtl"


def test_a_question_that_keeps_its_own_state_is_counted_in_the_bar(student):
    olx = [factories.choice_olx(), '<drag-and-drop-v2 display_name="Sort it"/>']
    one = student(delivered(timezone.now(), olx=olx))
    one.begin()
    page = one.page
    page.get_by_text("This question saves its answers by itself.").wait_for()
    item = page.locator(".ap-question .item-bank .option").first
    item.focus()
    page.keyboard.press("Enter")
    page.locator(".ap-question .zone").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 of 2 answered").wait_for()
    one.picture("15-drag-and-drop")


def test_drag_and_drop_has_its_width_on_a_telephone_after_every_reload(student):
    olx = [factories.choice_olx(), '<drag-and-drop-v2 display_name="Sort it"/>']
    one = student(delivered(timezone.now(), olx=olx), width=360)
    one.begin()
    for _ in range(4):
        # It measured itself while the questions were hidden, and now and then was left six pixels wide.
        wide = "document.querySelector('.ap-question .drag-container')?.clientWidth > 200"
        one.page.wait_for_function(wide)
        one.page.reload()


def test_staff_choose_an_assessment_in_studio_s_editor(browser, live_server):
    world = five_kinds()
    fresh = factories.make_block(factories.make_unit(world.school, "Another unit"), "<assessprep/>")
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    sign_in(context, live_server.url, world.staff)
    page = context.new_page()
    page.goto(f"{live_server.url}/studio/container/{fresh}")
    page.get_by_text("No assessment is chosen yet.").wait_for()
    page.goto(f"{live_server.url}/studio/xblock/{fresh}/edit")
    page.get_by_label("Search").fill("motion")
    page.get_by_text("1 assessment found").wait_for()
    page.screenshot(path=str(SCREENS / "studio-1-choose.png"), full_page=True)
    page.get_by_role("button", name="Deliver this assessment").click()
    page.get_by_text("Choose an assessment first.").wait_for()
    page.get_by_role("radio", name=re.compile("Forces and motion")).check()
    page.get_by_role("button", name="Deliver this assessment").click()
    page.wait_for_url("**/studio/container/**")
    page.goto(f"{live_server.url}/studio/container/{fresh}")
    page.get_by_text("ready for sessions").wait_for()
    page.screenshot(path=str(SCREENS / "studio-2-placement.png"), full_page=True)
    page.goto(f"{live_server.url}{get_lms().unit_urls([world.usage_key])[world.usage_key]}")
    page.get_by_text("You see the questions because you are course staff.").wait_for()
    page.screenshot(path=str(SCREENS / "student-30-staff-preview.png"), full_page=True)
    context.close()
