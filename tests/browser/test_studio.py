"""Studio's editor of the block in a real Chromium: choosing an assessment, watching its copy, going on with one cut off.

Pictures are left as ``build/screens/studio-....png``.
"""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.core.cache import cache

from assessprep_xblock.domain.library.models import PlacedQuestion, Placement
from devlms import factories
from devlms.gateway import DevLms
from tests.browser.cookies import sign_in
from tests.browser.test_main_job import AXE, SCREENS
from tests.domain import district as d

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUESTIONS = 7
# Only what is ours: the page around it is Studio's. What is folded away stands, to axe, on whatever is drawn in its place.
RUN_AXE = """async () => (await axe.run({ include: [".ap-editor"], exclude: [["details:not([open]) > :not(summary)"]] },
    { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))
    .violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


class CutOff(Exception):
    """Studio's process is gone."""


class CutLms(DevLms):
    """The embedded LMS, whose copy waits after the third question until it is let go on, and may die there."""

    go_on = threading.Event()
    die = False

    def copy_version(self, *, told: Any, **given: Any) -> Any:
        """Stop half-way, for as long as a reader needs to look."""

        def then(done: int) -> None:
            told(done)
            if done == 3:
                assert self.go_on.wait(300)
                if type(self).die:
                    raise CutOff

        return super().copy_version(told=then, **given)


@pytest.fixture
def district(settings: Any) -> d.District:
    """An assessment of seven questions, open to the schools."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    cache.clear()
    settings.ASSESSPREP_LMS = "tests.browser.test_studio.CutLms"
    return d.make_district(olx=[factories.choice_olx(f"Question {n}") for n in range(1, QUESTIONS + 1)])


@pytest.mark.parametrize("width", [1280, 320])
def test_a_copy_chosen_in_studio_says_how_far_it_is_and_one_that_was_cut_off_goes_on(browser, live_server, district, width):
    unit = factories.make_unit(district.a.course_key, "Unit 5")
    block = factories.make_block(unit, "<assessprep/>", publish=True)
    context = browser.new_context(viewport={"width": width, "height": 900})
    sign_in(context, live_server.url, district.a.staff)
    page = context.new_page()
    edit, shown = (f"{live_server.url}/studio/{path}" for path in (f"xblock/{block}/edit", f"container/{block}"))
    bar = page.locator(".ap-copied progress")

    def look(picture: str) -> None:
        page.screenshot(path=str(SCREENS / f"studio-{picture}-{width}.png"), full_page=True)
        # Read by axe as well, and not folded away.
        page.evaluate("document.querySelectorAll('.ap-editor details').forEach((one) => { one.open = true; })")
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE) == []

    def deliver() -> None:
        page.goto(edit)
        page.get_by_role("radio", name=re.compile("Forces and motion")).check()
        page.get_by_role("button", name="Deliver this assessment").click()
        page.get_by_text("3 of 7 questions are there.").wait_for()
        assert bar.evaluate("bar => [bar.value, bar.max]") == [3, QUESTIONS]

    page.goto(edit)
    # What only a screen reader says takes no room on the page.
    said = page.locator(".ap-offer-more .ap-visually-hidden").first.evaluate("one => [one.offsetWidth, one.offsetHeight]")
    assert max(said) <= 1
    page.evaluate("document.querySelectorAll('.ap-editor details').forEach((one) => { one.open = true; })")
    page.screenshot(path=str(SCREENS / f"studio-picker-{width}.png"), full_page=True)
    page.route("**/rename", lambda route: route.abort())
    page.get_by_role("button", name="Save the title").click()
    page.get_by_text("The server cannot be reached.", exact=False).first.wait_for()
    page.unroute("**/rename")
    CutLms.go_on.clear()
    CutLms.die = True
    deliver()
    look("copying")
    CutLms.go_on.set()
    told = page.locator(".ap-refusal").filter(has_text=re.compile(r"\S"))
    told.wait_for()
    # An error is no lost connection, and what is there is not lost either.
    for part in ("error in the server (500)", "Your connection is all right.", "ended at 3 of 7 questions", "it goes on"):
        assert part in told.inner_text()
    assert bar.is_hidden()
    look("cut-off")
    # Nothing of it is on a page of students, and the next one who looks reads what to do.
    assert factories.children_of(block, "published") == []
    page.goto(shown)
    page.get_by_text("3 of 7 questions are there, and students see none of them yet.", exact=False).wait_for()
    page.goto(edit)
    page.get_by_text("A copy has got as far as 3 of 7 questions.", exact=False).wait_for()
    look("interrupted")

    CutLms.die = False
    CutLms.go_on.clear()
    deliver()
    CutLms.go_on.set()
    page.wait_for_url("**/studio/container/**")
    page.goto(shown)
    page.get_by_text("ready for sessions").wait_for()
    page.screenshot(path=str(SCREENS / f"studio-ready-{width}.png"), full_page=True)
    placement = Placement.objects.get()
    assert (placement.state, PlacedQuestion.objects.count()) == ("ready", QUESTIONS)
    assert len(factories.children_of(block, "published")) == QUESTIONS
    context.close()
