"""Grade in a real Chromium: an essay is written, marked by its rubric, released and read; no barrier, no spill."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import AnswerDraft
from devlms import factories
from tests.browser.cookies import sign_in
from tests.browser.test_main_job import AXE, SCREENS, SPILLS
from tests.patience import eventually
from tests.world import Page, delivered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: The insides of questions are drawn by the platform's blocks, which are not ours to mend.
BARRIERS = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
    const around = { exclude: [[".xmodule_ProblemBlock"], ["iframe"]] };
    const found = await axe.run(around, { runOnly: tags, resultTypes: ["violations"] });
    const said = (one, node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`;
    return found.violations.flatMap((one) => one.nodes.map((node) => said(one, node)));
}"""
ESSAY = (
    '<assessprep_written display_name="Essay" prompt="Why do things fall?&#10;&#10;Say it in your words." words_most="200" '
    'rubric="4 | Argument | A clear claim with evidence&#10;2 | Language"/>'
)


class Reader:
    """Somebody at a screen, signed in, whose screens are looked at."""

    def __init__(self, browser: Any, site: str, user: Any, wrong: list[str]) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        sign_in(self.context, site, user)
        self.page, self.site, self.wrong = self.context.new_page(), site, wrong
        self.page.on("pageerror", lambda error: wrong.append(f"{user.username}: {error}"))
        self.page.on("response", lambda one: wrong.append(f"{one.status} {one.url}") if one.status >= 500 else None)

    def open(self, address: str) -> Any:
        self.page.goto(self.site + address)
        return self.page

    def look(self, name: str, *, arabic: bool = False) -> None:
        """Pictures at 1280 and at 320 px, without barriers and spills; ``arabic``: also from right to left."""
        for width in (1280, 320):
            self.page.set_viewport_size({"width": width, "height": 900})
            self._one(f"{name}-{width}")
        if arabic:
            self.page.set_viewport_size({"width": 1280, "height": 900})
            before = self.page.url
            self.context.add_cookies([{"name": "django_language", "value": "ar", "url": self.site}])
            self.page.reload()
            self._one(f"{name}-ar")
            self.context.add_cookies([{"name": "django_language", "value": "en", "url": self.site}])
            self.page.goto(before)
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def _one(self, name: str) -> None:
        self.page.screenshot(path=str(SCREENS / f"grade-{name}.png"), full_page=True, animations="disabled")
        self.page.evaluate(AXE)
        self.wrong += [f"{name}: {one}" for one in (*self.page.evaluate(BARRIERS), *self.page.evaluate(SPILLS))]


def test_an_essay_is_marked_by_its_rubric_released_and_read(browser, live_server):
    cache.clear()
    SCREENS.mkdir(parents=True, exist_ok=True)
    now, wrong = timezone.now(), []
    world = delivered(now, olx=[factories.choice_olx(), ESSAY], release="manual")
    world.add_session(
        "Tuesday", opens_at=(now + timedelta(days=1)).isoformat(), closes_at=(now + timedelta(days=2)).isoformat()
    )
    for learner in world.learners[1:]:
        other = Page(learner)
        other.verify(world), other.start()
        other.save(world.questions[0].item, world.answers(0, "choice_1"))
        other.save(world.questions[1].item, {f"input_{world.questions[1].item}_2_1": "They are heavy."})
        other.submit()
    student = Reader(browser, live_server.url, world.learners[0], wrong)
    staff = Reader(browser, live_server.url, world.staff, wrong)
    _write(student, world)
    _mark(staff, world)
    _release(staff, world)
    page = student.open(student.unit)
    page.get_by_text("Your results").wait_for()
    page.get_by_text("What you wrote").click()
    for text in ("6 of 7 points", "Well argued.", "Newton said so."):
        page.get_by_text(text).first.wait_for()
    student.look("student-results", arabic=True)
    assert wrong == [], "\n".join(wrong)


def _write(student: Reader, world: Any) -> None:
    from assessprep_xblock.lms import get_lms

    student.unit = get_lms().unit_urls([world.usage_key])[world.usage_key]
    page = student.open(student.unit)
    page.locator(".ap-code").fill(world.reload().live_code)
    page.get_by_role("button", name="Verify Session Code").click()
    page.get_by_role("button", name="Start").click()
    page.locator(".ap-written-text").fill("Because of gravity.\n\nNewton said so.")
    page.get_by_text("6 of at most 200 words").wait_for()
    page.locator("input[type=radio]").first.check()
    page.get_by_text("Everything is saved").wait_for()
    student.look("writing")
    # What was typed is there again, on whatever computer.
    mine = AnswerDraft.objects.filter(attempt__learner=world.learners[0], answered=True)
    eventually(lambda: mine.count() == 2, page=page)
    page.reload()
    page.locator(".ap-written-text").wait_for()
    page.wait_for_function("document.querySelector('.ap-written-text').value.includes('Newton')")
    page.locator(".ap-submit").click()
    page.locator(".ap-submit-yes").click()
    page.get_by_text("Your teacher shows the results later.").wait_for()


def _mark(staff: Reader, world: Any) -> None:
    page = staff.open(f"/assessprep/sessions/{world.session.uuid}/grade/")
    page.get_by_text("Partly graded").first.wait_for()
    page.get_by_text("Others may still take this assessment").first.wait_for()
    staff.look("list", arabic=True)
    page.get_by_role("link", name="Mark by question").click()
    staff.look("questions")
    page.locator("main table a", has_text="Essay").click()
    for _paper in range(3):
        page.locator(".ap-essay").wait_for()
        # Its script stands behind the form: what is typed before is not summed.
        page.wait_for_load_state()
        well = page.get_by_text("Newton said so.").count()
        points = page.locator("[data-criterion]")
        points.nth(0).fill("3.5" if well else "9")
        points.nth(1).fill("1.5")
        page.get_by_label("Comment to the student").fill("Well argued." if well else "")
        if well:
            page.get_by_role("button", name="Save", exact=True).click()
            page.get_by_text("Saved.").wait_for()
            page.locator("#marking-total", has_text="6 / 7").wait_for()
            staff.look("one-question", arabic=True)
        else:
            page.get_by_role("button", name="Save", exact=True).click()
            page.get_by_text("Points have to be between 0 and 6.").wait_for()
            points.nth(0).fill("1")
            page.get_by_role("button", name="Save", exact=True).click()
            page.get_by_text("Saved.").wait_for()
        # The page that is left has an essay, too: only the next one is looked at.
        with page.expect_navigation():
            page.get_by_role("link", name="Next student").click()
    page.get_by_text("Nothing of this question waits any more").wait_for()


def _release(staff: Reader, world: Any) -> None:
    page = staff.open(f"/assessprep/sessions/{world.session.uuid}/grade/")
    page.get_by_role("link", name="Student 1").click()
    page.get_by_text("The question as the student saw it").click()
    page.frame_locator("iframe").get_by_text("What is a force?").wait_for()
    page.get_by_text("History of this mark").first.click()
    staff.look("submission")
    page.go_back()
    page.locator(".grade-choose").first.check()
    page.get_by_role("button", name="Release results").first.click()
    page.get_by_text("Release the results of the 1 chosen?").wait_for()
    staff.look("release")
    page.locator("#grade-release-dialog button[value=release]").click()
    page.get_by_text("Released", exact=True).first.wait_for()


def test_two_people_mark_an_essay_and_a_third_settles_what_they_disagree_about(browser, live_server):
    cache.clear()
    SCREENS.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    world = delivered(
        timezone.now(), olx=[factories.choice_olx(), ESSAY], release="manual", second_marking="all", mark_tolerance=0.5
    )
    item = world.questions[1].item
    for learner in world.learners:
        other = Page(learner)
        other.verify(world), other.start()
        other.save(item, {f"input_{item}_2_1": "They are heavy."})
        other.submit()
    people = [world.staff, *(factories.make_staff(world.school, f"staff-{n}", f"Grader {n}") for n in (2, 3))]
    one, two, three = (Reader(browser, live_server.url, person, wrong) for person in people)
    here = f"/assessprep/sessions/{world.session.uuid}/grade/"
    _give(one, here, item, ("4", "2"), "All there.")
    one.page.get_by_text("Your mark is in.").wait_for()
    one.look("two-first-mark")
    _give(two, here, item, ("1", "1"), "Thin.")
    # Both are in and far from each other: the page that saved says so by itself.
    two.page.get_by_role("heading", name="Both marks").wait_for()
    # Who leaves the page lets the submission go.
    two.open(here).get_by_role("link", name="1 Conflict").wait_for()
    page = three.open(here)
    page.get_by_role("link", name="1 Conflict").wait_for()
    three.look("two-list", arabic=True)
    page.get_by_role("link", name="Conflicts (1)").click()
    page.get_by_text("1 answer to settle").wait_for()
    three.look("two-conflicts", arabic=True)
    page.get_by_role("link", name="Settle one after the other").click()
    page.locator(".ap-mark-use").first.click()
    page.get_by_role("button", name="Settle", exact=True).click()
    page.get_by_text("Say why these points count").last.wait_for()
    three.look("two-settling", arabic=True)
    # The page was loaded again for its pictures: what was chosen before is not kept.
    page.locator(".ap-mark-use").first.click()
    page.get_by_label("Why these points count").fill("The claim stands, the grounds do not.")
    page.locator("[data-criterion]").first.fill("2")
    page.get_by_role("button", name="Settle and next").click()
    page.get_by_text("No conflict is left").wait_for()
    page.get_by_text("1 of 3 answers have both marks").wait_for()
    assert wrong == [], "\n".join(wrong)


def _give(who: Reader, here: str, item: str, criteria: tuple[str, str], comment: str) -> None:
    """One person opens the next ungraded essay, and marks it."""
    page = who.open(f"{here}next/?question={item}")
    page.get_by_text("Two people mark this answer.").wait_for()
    for place, points in enumerate(criteria):
        page.locator("[data-criterion]").nth(place).fill(points)
    page.get_by_label("Comment to the student").fill(comment)
    page.get_by_role("button", name="Save", exact=True).click()
