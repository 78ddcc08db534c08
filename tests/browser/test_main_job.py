"""The main job once, chapter by chapter of the user guide, in a real Chromium: only by clicking, typing and the keyboard.

Every screen is checked by axe-core, looked at for what spills over, and left as a picture ``build/screens/walk-NN-....png``.
The walk runs on the demo district and answers the demo's assessment, so that pictures show what people will see.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command

from devlms.demo import district
from tests.patience import drawn, still
from tests.spelled import spells

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = Path(os.environ.get("DEVLMS_BUILD", "build")) / "screens"
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
BEAT = 2
ANNOUNCEMENT = "Ten minutes left. Check question 7."
TITLE = "Grade 7 Science: Energy and Matter"
SESSION = "Period 3, room 12"
NAMES = district.learner_names(0)
#: In class 7A, with a name that runs from right to left; and in class 7B, so by name only.
FIRST, SECOND = ("student-a-01", NAMES[0]), ("student-a-30", NAMES[29])
#: What the first student's answers below earn: 1 + 1 + 2 + 0 + 1 + (blank) + 2 + 1 + 1 + 0 + 1 (one of two parts) + 1,
#: and three of five things in their place, of 2 points.
EARNED, POSSIBLE = "12.2", "18"

RUN_AXE = """async (excluded) => {
    const found = await axe.run({ exclude: excluded }, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"],
    });
    return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).flatMap((one) =>
        one.nodes.map((node) => `${one.id} (${one.impact}): ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
#: The insides of questions are drawn by the platform's blocks, which are not ours to mend.
NOT_OURS = [[".xmodule_ProblemBlock"], [".xmodule_DragAndDropBlock"]]
#: Everything of ours that is wider than the screen, or wider than the box it stands in and not made to scroll.
SPILLS = """() => [...document.querySelectorAll(".assessprep, .assessprep *")].filter((one) => {
    if (one.closest(".xmodule_ProblemBlock, .xmodule_DragAndDropBlock, .ap-visually-hidden, .ap-said")) return false;
    // The head of a table that has become cards is there for screen readers only.
    if (one.closest("thead") && one.closest("thead").clientWidth <= 1) return false;
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) return false;
    return box.right > innerWidth + 1 || box.left < -1;
}).map((one) => `${one.tagName.toLowerCase()}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""


class Walk:
    """The pictures, in order, and everything that was found wrong on the way."""

    def __init__(self, browser: Any, site: str) -> None:
        self.browser, self.site = browser, site
        self.number = itertools.count(1)
        self.wrong: list[str] = []
        self.people: list[Person] = []

    def person(self, username: str, width: int = 1280) -> Person:
        """Somebody at a computer of their own."""
        self.people.append(Person(self, username, width))
        return self.people[-1]


class Person:
    """Somebody at a screen, signed in by the sign-in page."""

    def __init__(self, walk: Walk, username: str, width: int) -> None:
        self.walk, self.username = walk, username
        self.context = walk.browser.new_context(viewport={"width": width, "height": 800}, locale="en-GB")
        self.arabic: Any = None
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: walk.wrong.append(f"{username}: {error}"))
        self.page.on("response", self._heard)
        self.page.goto(walk.site + "/")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(django_settings.DEMO_PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("heading", name="My courses").wait_for()

    def _heard(self, response: Any) -> None:
        if response.status >= 500:
            self.walk.wrong.append(f"{self.username}: {response.status} from {response.url}")

    # -- what a person does ---------------------------------------------------------------------------------------------
    def press(self, name: str, within: Any = None) -> None:
        """Click a button by the words on it."""
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str | re.Pattern[str], within: Any = None) -> None:
        """Click a link by its words."""
        (within or self.page).get_by_role("link", name=name).first.click()

    def follow_to_new_tab(self, name: str) -> None:
        """Click a link that opens in a new tab, and go on there."""
        with self.context.expect_page() as opened:
            self.follow(name)
        self.page = opened.value
        self.page.on("pageerror", lambda error: self.walk.wrong.append(f"{self.username}: {error}"))
        self.page.on("response", self._heard)
        self.page.wait_for_load_state()

    def reads(self, *sentences: str | re.Pattern[str]) -> None:
        """Wait until these can be read on the screen."""
        for one in sentences:
            self.page.get_by_text(one).filter(visible=True).first.wait_for()

    def text(self) -> str:
        """Everything that can be read on the screen."""
        return self.page.locator("body").inner_text()

    # -- what we look at ------------------------------------------------------------------------------------------------
    def look(self, name: str, *, small: bool = False, whole: bool = True, arabic: bool = False) -> None:
        """A picture of this screen, without barriers, without spills; ``small``: also at 320 px; ``arabic``: also in RTL."""
        self._look(name, whole=whole)
        if small:
            self._narrow(f"{name}-320", whole=whole)
        if arabic:
            self._in_arabic(name)

    def _look(self, name: str, *, whole: bool = True, page: Any = None, axe: bool = True) -> None:
        page = page or self.page
        page.screenshot(
            path=str(SCREENS / f"walk-{next(self.walk.number):02}-{name}.png"), full_page=whole, animations="disabled"
        )
        if axe:
            if not page.evaluate("typeof axe === 'object'"):
                page.evaluate(AXE)
            self.walk.wrong += [f"{name}: {one}" for one in page.evaluate(RUN_AXE, NOT_OURS)]
        self.walk.wrong += [f"{name}: spills over: {one}" for one in page.evaluate(SPILLS)]

    def _narrow(self, name: str, *, whole: bool = True, page: Any = None) -> None:
        page = page or self.page
        before = page.viewport_size
        page.set_viewport_size({"width": 320, "height": 640})
        drawn(page)
        # What is said of names, roles and colours is the same as on the wide screen.
        self._look(name, whole=whole, page=page, axe=False)
        page.set_viewport_size(before)

    def _in_arabic(self, name: str) -> None:
        """The same address in a browser of the same person whose language runs from right to left."""
        if self.arabic is None:
            cookies = [one for one in self.context.cookies() if one["name"] == django_settings.SESSION_COOKIE_NAME]
            language = {"name": django_settings.LANGUAGE_COOKIE_NAME, "value": "ar", "url": self.walk.site}
            self.arabic = self.walk.browser.new_context(viewport={"width": 1280, "height": 800}, locale="ar-EG")
            self.arabic.add_cookies([*cookies, language])
        page = self.arabic.new_page()
        page.goto(self.page.url)
        still(page)
        assert page.evaluate("getComputedStyle(document.querySelector('.assessprep')).direction") == "rtl"
        self._look(f"{name}-ar", page=page)
        self._narrow(f"{name}-ar-320", page=page)
        page.close()


@pytest.fixture
def walk(browser: Any, live_server: Any, settings: Any) -> Iterator[Walk]:
    """The demo district as ``make demo`` seeds it, with heartbeats that need no patience."""
    settings.ASSESSPREP_BEAT_SECONDS = BEAT
    settings.ASSESSPREP_BEAT_SECONDS_URGENT = 1
    settings.ASSESSPREP_NOTICE_CACHE_SECONDS = 0
    cache.clear()
    call_command("seed_demo", verbosity=0)
    SCREENS.mkdir(parents=True, exist_ok=True)
    for old in SCREENS.glob("walk-*.png"):
        old.unlink()
    one = Walk(browser, live_server.url)
    yield one
    for person in one.people:
        person.context.close()
        if person.arabic:
            person.arabic.close()
    if one.wrong:
        pytest.fail("\n".join(dict.fromkeys(one.wrong)), pytrace=False)


def test_the_main_job_from_the_question_bank_to_the_gradebook(walk: Walk) -> None:
    author = walk.person("author")
    author_publishes_version_1(author)

    staff = walk.person("staff-a")
    school_adds_the_assessment_to_its_course(staff)
    code, monitor = school_adds_a_session(staff)

    first, second = walk.person(FIRST[0]), walk.person(SECOND[0])
    student_meets_only_the_start_screen(first, code)
    student_answers_and_reloads(first)
    score = student_submits(first)
    second_student_begins(second, code)

    invigilator = walk.person("invigilator")
    invigilator_pauses_and_announces(invigilator, monitor, second)
    staff_ends_for_one(staff, second)
    second_score = second_student_is_told(second)

    staff_reads_the_grades(staff, {FIRST: score, SECOND: second_score})
    author_sees_who_uses_it(author)


# -- 1. Authoring Assessments for Sessions ------------------------------------------------------------------------------
def author_publishes_version_1(author: Person) -> None:
    """Studio, the bank, the default delivery settings, version 1."""
    page = author.page
    author.follow("Open in Studio")
    author.follow("Energy and Matter")
    author.look("studio-unit", whole=False)
    author.page.get_by_role("listitem").filter(has_text="assessprep").get_by_role("link", name="Open").click()
    author.reads(re.compile("13 questions, offered to nobody yet"))
    author.look("studio-assessment", whole=False)
    author.follow_to_new_tab("Common assessment settings & publish")
    page = author.page
    author.reads("This course run is no question bank yet")
    page.get_by_label("Every organization of this site").check()
    author.look("make-a-bank", small=True)
    author.press("Make it a question bank")
    author.reads("Make this block an assessment of the bank.")
    author.look("make-an-assessment")
    author.press("Make it an assessment")
    author.reads("Not published: schools do not see it yet.")
    author.look("assessment-unpublished")

    page.get_by_label("Subject").fill("Science")
    page.get_by_label("Grade", exact=True).fill("7")
    page.get_by_label("Duration (minutes)", exact=True).fill("0")
    author.press("Save")
    page.get_by_label("Duration (minutes)", exact=True).and_(page.locator("[aria-invalid=true]")).wait_for()
    author.look("assessment-duration-refused", whole=False)
    page.get_by_label("Duration (minutes)", exact=True).fill("40")
    page.get_by_label("Results are shown", exact=True).select_option(label="as soon as a student submits")
    page.get_by_label("Schools: Results are shown").select_option(label="may not change it")
    author.press("Save")
    author.reads("Saved.")
    author.look("assessment-settings", small=True)
    author.press("Publish")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Release note for schools").fill("First version for the autumn term.")
    author.look("publish-a-version", whole=False)
    author.press("Publish", dialog)
    author.reads("Version 1 is offered to schools.")
    page.get_by_role("row").filter(has_text="First version for the autumn term.").wait_for()
    author.look("assessment-published", small=True)


# -- 2. Using Assessments for Sessions ----------------------------------------------------------------------------------
def school_adds_the_assessment_to_its_course(staff: Person) -> None:
    """The Common Assessments tab, the details, Add to the course."""
    page = staff.page
    staff.follow("Science 7")
    staff.follow("Common Assessments")
    staff.reads(TITLE)
    staff.look("common-assessments", small=True)
    staff.follow(TITLE)
    staff.reads("Not in your course yet", "The content is its author's and cannot be changed here.")
    staff.look("details", small=True)
    staff.press("Add to the course")
    page.get_by_text("Ready", exact=True).wait_for()
    staff.look("details-in-the-course", whole=False)


# -- 3. Creating and Managing Sessions ----------------------------------------------------------------------------------
def school_adds_a_session(staff: Person) -> tuple[str, str]:
    """Add Session for a class and one more student, publish, invite an invigilator; the code, and the Monitor's address."""
    page = staff.page
    staff.follow("Add Session")
    page.get_by_label("Name of the session").fill(SESSION)
    page.get_by_label("Duration (minutes)", exact=True).fill("30")
    page.get_by_label("7A", exact=True).check()
    page.get_by_label("Find a student").fill(SECOND[0])
    page.get_by_role("button", name=f"Add: {SECOND[1]}").wait_for()
    assert page.get_by_label("Results are shown").is_disabled()
    staff.reads("Decided by the author")
    staff.look("add-session", small=True, arabic=True)
    page.get_by_role("button", name=f"Add: {SECOND[1]}").click()
    page.get_by_role("button", name=f"Remove: {SECOND[1]}").wait_for()
    staff.press("Create draft")
    staff.reads("A draft: students do not see it.", re.compile("23 .*7A.* 1 student by name"))
    staff.look("session-draft", small=True)
    staff.press("Publish")
    staff.reads("Session code", re.compile(r"^\s*\d{4}\s*$"))
    code = page.locator(".ap-code").inner_text().strip()
    assert re.fullmatch(r"\d{4}", code)

    page.get_by_label("User name or e-mail address").fill("nobody-of-that-name")
    staff.press("Invite")
    staff.reads(re.compile("nobody here has this user name or e-mail address"))
    staff.look("session-nobody-of-that-name")
    page.get_by_label("User name or e-mail address").fill("invigilator")
    staff.press("Invite")
    staff.reads(f"{district.INVIGILATOR[1]} (invigilator)")
    staff.look("session-published", small=True, arabic=True)
    monitor = page.get_by_role("link", name=re.compile("[/]monitor[/]$")).get_attribute("href")
    staff.press("Duplicate")
    staff.look("duplicate", whole=False)
    staff.press("Cancel", page.get_by_role("dialog"))
    staff.follow("Monitor", page.get_by_role("navigation", name="Views of this session"))
    staff.reads("Nobody has joined yet", code)
    staff.look("monitor-nobody-yet", whole=False)
    return code, monitor


# -- 4. Student Access and Session Codes --------------------------------------------------------------------------------
def student_meets_only_the_start_screen(student: Person, code: str) -> None:
    """From my courses to the card; a wrong code first. By keyboard."""
    page = student.page
    student.follow("Science 7")
    student.follow("Common Assessments")
    student.reads(SESSION)
    student.look("my-sessions", small=True)
    student.follow("Go to the start screen")
    field = page.get_by_label("Session code")
    field.wait_for()
    for secret in ("packed closely together", "metal spoon", "energy pyramid"):
        assert secret not in page.content()
    assert not spells(page.content(), code)
    student.look("start-screen", small=True, arabic=True)
    field.focus()
    page.keyboard.type("0000" if code != "0000" else "1111")
    page.keyboard.press("Enter")
    student.reads("This code does not open a session for you")
    student.look("wrong-code", small=True)
    field.fill("")
    field.press_sequentially(code)
    student.press("Verify Session Code")
    student.reads("The code is right.", "30 minutes", "Northside", SESSION, FIRST[1])
    assert "metal spoon" not in page.content()
    student.look("card", small=True, arabic=True)


def student_answers_and_reloads(student: Person) -> None:
    """Questions of each kind; everything is saved, and there again after a reload."""
    page = student.page
    page.get_by_role("button", name="Start", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator(".ap-question").last.get_by_text("Hawk").first.wait_for()
    student.reads("Time left", "0 of 13 answered")
    student.look("test", whole=False)

    asked = page.get_by_role("group", name=re.compile(r"^Question \d+ of 13$"))
    asked.nth(0).get_by_label("Solid").check()
    asked.nth(1).get_by_label("By conduction").check()
    for one in ("Ice melts in a glass of juice.", "Sugar dissolves in warm tea.", "A sheet of paper is torn in half."):
        asked.nth(2).get_by_label(one).check()
    asked.nth(3).get_by_label("Wind").check()
    asked.nth(4).locator("select").select_option(label="evaporation")
    # Question 6 is left alone.
    asked.nth(6).get_by_role("textbox").fill("2.5")
    asked.nth(7).get_by_role("textbox").press_sequentially("15")
    asked.nth(8).get_by_role("textbox").fill("Photosynthesis")
    asked.nth(9).get_by_role("textbox").fill("watt")
    asked.nth(10).get_by_role("textbox").fill("100")
    asked.nth(10).get_by_label("It rises steadily.").check()
    asked.nth(11).get_by_label("Gravitational potential energy").check()
    pyramid = asked.nth(12)
    for item, zone in (("Hawk", "Top predators"), ("Rabbit", "Plant eaters"), ("Grass", "Producers")):
        # The block's own way for the keyboard: pick up, choose a place, drop.
        pyramid.locator(".item-bank .option").filter(has_text=re.compile(rf"^\s*{item}\b")).focus()
        page.keyboard.press("Enter")
        pyramid.locator(".zone").filter(has_text=zone).focus()
        page.keyboard.press("Enter")
        pyramid.locator(".zone").filter(has_text=zone).get_by_text(item, exact=True).wait_for()
    student.reads("Everything is saved", "12 of 13 answered")
    student.look("answered", small=True)
    student.press("Overview")
    student.look("overview", small=True, whole=False)
    student.press("Overview")

    page.reload()
    student.reads("12 of 13 answered")
    assert asked.nth(0).get_by_label("Solid").is_checked()
    assert asked.nth(2).get_by_label("Sugar dissolves in warm tea.").is_checked()
    assert asked.nth(4).locator("option:checked").inner_text().strip() == "evaporation"
    assert asked.nth(6).get_by_role("textbox").input_value() == "2.5"
    assert asked.nth(8).get_by_role("textbox").input_value() == "Photosynthesis"
    asked.nth(12).locator(".zone").filter(has_text="Producers").get_by_text("Grass", exact=True).wait_for()
    student.look("test-after-a-reload", whole=False, arabic=True)


def student_submits(student: Person) -> str:
    """Submit, the question before it, the receipt; the score as it is read there."""
    page = student.page
    student.press("Submit")
    student.reads("1 question is not answered yet.")
    student.look("submit", small=True, whole=False)
    student.press("Yes, submit the test")
    page.get_by_role("heading", name="Handed in").wait_for()
    student.reads(f"{EARNED} of {POSSIBLE} points", "12 of 13 answered")
    assert "metal spoon" not in page.content()
    student.look("receipt", small=True, arabic=True)
    return EARNED


def second_student_begins(student: Person, code: str) -> None:
    """Another student, at a computer of her own, by mouse."""
    student.follow("Science 7")
    student.follow("Common Assessments")
    student.follow("Go to the start screen")
    student.page.get_by_label("Session code").fill(code)
    student.press("Verify Session Code")
    student.press("Start")
    student.page.get_by_role("group", name="Question 1 of 13").get_by_label("Solid").check()
    student.reads("Everything is saved")


# -- 5. Monitoring and Grading ------------------------------------------------------------------------------------------
def invigilator_pauses_and_announces(invigilator: Person, monitor: str, student: Person) -> None:
    """The room as it is; a pause, an announcement, the end of the pause: each on the student's screen a heartbeat later."""
    page = invigilator.page
    page.goto(monitor)
    page.get_by_role("row").filter(has_text=SECOND[1]).get_by_text("1 of 13").wait_for()
    for n, words in (("23", "Assigned"), ("21", "Absent"), ("0", "Joined"), ("1", "In progress"), ("0", "Ended")):
        page.get_by_role("button", name=re.compile(rf"^{n}\b.*{words}")).wait_for()
    page.get_by_role("button", name=re.compile(r"^1\b.*Submitted")).wait_for()
    assert page.get_by_role("button", name="End", exact=True).count() == 0
    assert "metal spoon" not in page.content()
    invigilator.look("monitor", small=True)

    invigilator.press("Pause")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason (kept in the log)").fill("fire drill")
    invigilator.look("monitor-pause", small=True, whole=False)
    invigilator.press("Pause", dialog)
    # With the next heartbeat (tests/doors/test_poll.py).
    student.page.get_by_role("heading", name="Paused").wait_for()
    assert student.page.get_by_text("packed closely together").is_hidden()
    student.look("paused", small=True)
    invigilator.reads(re.compile(r"Paused for .* All clocks stand still\."))
    invigilator.look("monitor-paused", whole=False)

    invigilator.press("Announce")
    dialog.get_by_label("Announcement").fill(ANNOUNCEMENT)
    invigilator.look("monitor-announce", whole=False)
    invigilator.press("Announce", dialog)
    student.reads(ANNOUNCEMENT)
    invigilator.press("Resume")
    invigilator.press("Resume", dialog)
    student.page.get_by_text("packed closely together").wait_for()
    student.look("announcement", small=True, whole=False)
    student.press("Close")
    invigilator.reads("seen by 1 of")
    assert student.page.get_by_label("Solid").is_checked()


def staff_ends_for_one(staff: Person, student: Person) -> None:
    """End, for the one who was chosen."""
    page = staff.page
    row = page.get_by_role("row").filter(has_text=SECOND[1])
    row.get_by_text("In progress").wait_for()
    page.get_by_label(f"Select {SECOND[1]}").check()
    staff.reads("1 selected:")
    staff.press("End")
    staff.reads(re.compile(f"End the test for .?{SECOND[1]}"))
    staff.look("monitor-end", whole=False)
    staff.press("End", page.get_by_role("dialog"))
    row.get_by_text(re.compile("Submitted|Ended")).wait_for()
    row.get_by_text("by staff").wait_for()


def second_student_is_told(student: Person) -> str:
    """What was saved is handed in; nothing is left to do."""
    student.page.get_by_role("heading", name="Handed in").wait_for()
    student.reads("Your teacher has ended the test.", f"1 of {POSSIBLE} points", "1 of 13 answered")
    student.look("handed-in-by-staff")
    return "1"


def staff_reads_the_grades(staff: Person, scores: dict[tuple[str, str], str]) -> None:
    """Grade: bands, rows, one submission; and the platform's gradebook says the same to the last digit."""
    page = staff.page
    staff.look("monitor-at-the-end", small=True, arabic=True)
    page.get_by_role("row").filter(has_text=SECOND[1]).get_by_role("button", name="Log").click()
    staff.look("monitor-log", whole=False)
    staff.press("Close", page.get_by_role("dialog"))
    staff.follow("Grade", page.get_by_role("navigation", name="Views of this session"))
    for (_username, name), score in scores.items():
        page.get_by_role("row").filter(has_text=name).get_by_text(
            re.compile(rf"^{re.escape(score)} / {POSSIBLE}")
        ).wait_for()
    staff.look("grade", small=True, arabic=True)
    staff.follow(re.compile("50 to 75"), page.get_by_role("group", name="Show by score range"))
    staff.reads("1 student shown")
    assert page.get_by_role("row").filter(has_text=SECOND[1]).count() == 0
    staff.look("grade-one-band", whole=False)
    staff.follow(FIRST[1])
    staff.reads("photosynthesis", f"{EARNED} / {POSSIBLE}")
    staff.look("submission", small=True)

    staff.follow("Gradebook")
    for (username, _name), score in scores.items():
        cells = page.get_by_role("row").filter(has=page.get_by_role("cell", name=username, exact=True)).get_by_role("cell")
        assert Decimal(cells.nth(1).inner_text()) == Decimal(score)
        assert cells.nth(1).get_attribute("data-earned") == score
        cells.nth(1).scroll_into_view_if_needed()
    staff.look("gradebook", whole=False)


def author_sees_who_uses_it(author: Person) -> None:
    """Usage by school: counts and settings, and no name of a student."""
    author.page.reload()
    author.reads("2 submissions so far.")
    author.follow("Usage by school and session")
    row = author.page.get_by_role("row").filter(has_text="Northside Middle School")
    row.filter(has_text=SESSION).wait_for()
    for _username, name in (FIRST, SECOND):
        assert name not in author.text()
    author.look("usage", small=True, arabic=True)
