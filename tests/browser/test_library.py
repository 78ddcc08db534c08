"""Every page of the Library and of the Common Assessments tab in a real Chromium: no barrier, nothing that spills over,
also on a telephone and from right to left; and a version published with the keyboard alone.

Pictures are left as ``build/screens/library-....png``.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.library import actions, actions_placing
from assessprep_xblock.domain.library import queries as library
from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories
from devlms.gateway import DevLms
from tests.browser.test_main_job import AXE, SCREENS, SPILLS
from tests.domain import district as d

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSAGE = '<html display_name="The lever"><![CDATA[<h3>Levers</h3><p>Give me a place to stand.</p>]]></html>'
RUN_AXE = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const found = await axe.run(document.querySelector("#assessprep-page"), { runOnly: tags, resultTypes: ["violations"] });
    const said = (one, node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`;
    return found.violations.flatMap((one) => one.nodes.map((node) => said(one, node)));
}"""


class CutOff(Exception):
    """The server's process is gone."""


class SlowLms(DevLms):
    """The embedded LMS, which waits after the second question until it is let go on, and may die there."""

    go_on = threading.Event()
    die = False

    def copy_version(self, *, told: Any, **given: Any) -> Any:
        """Stop half-way, for as long as a reader needs to look."""

        def then(done: int) -> None:
            told(done)
            if done == 2:
                assert self.go_on.wait(300)
                if type(self).die:
                    raise CutOff

        return super().copy_version(told=then, **given)


@pytest.fixture
def world(live_server: Any, settings: Any) -> Any:
    """A bank with versions, a school that uses them, one that may not any more, and a copy that was changed."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    cache.clear()
    now = timezone.now()
    district = d.make_district(olx=[PASSAGE, factories.choice_olx(), factories.number_olx(), factories.text_olx()])
    by = {"by": district.author.pk, "now": now}
    changes = {
        "subject": "Science",
        "grade": "7",
        "description": "Forces, levers and motion: the autumn test of grade 7.",
        "standards": ["NGSS MS-PS2-1"],
        "settings": {"duration_s": {"default": 2400, "rule": "range", "least": 1800, "most": 3600}},
    }
    actions.change_assessment(assessment_uuid=district.assessment.uuid, changes=changes, version=1, **by)
    placement = d.place(district, district.a)
    district.placed = placement.usage_key
    window = {"closes_at": (now + timedelta(hours=2)).isoformat()}
    d.published(district, district.a, placement=placement, name="Period 3, room 12", settings={**window, "duration_s": 1800})
    d.published(district, district.b, name="Hall", settings=window)
    factories.edit_block(factories.children_of(district.block)[1], display_name="Pushing and pulling")
    factories.edit_block(factories.children_of(district.block)[2], weight=2)
    factories.publish_block(district.block)
    actions.publish_version(assessment_uuid=district.assessment.uuid, release_note="Clearer words in question 1.", **by)
    actions.set_availability(
        bank_uuid=district.bank.uuid, organization="SchoolB", opens_at=None, closes_at=None, stopped=True, **by
    )
    question = factories.children_of(placement.usage_key)[2]
    factories.edit_block(question, max_attempts=99)
    factories.publish_block(placement.usage_key)
    actions_placing.check_placement(placement_uuid=placement.uuid, by=district.a.staff.pk, now=now)
    # What stands in Studio and is in no Library yet: below the bank, and in a run that is none.
    district.loose = factories.make_assessment_block(district.bank_key, title="Levers again")
    district.elsewhere = factories.make_assessment_block(district.a.course_key, title="A test of our own")
    district.site = live_server.url
    return district


def addresses(world: Any) -> dict[str, list[tuple[str, str]]]:
    """Every page of ours, by who opens it."""
    bank, assessment, run = world.bank.uuid, world.assessment.uuid, world.a.course_key
    at = [str(run), assessment]
    library_add = reverse("assessprep:library_add") + "?block="
    session = [AssessmentSession.objects.get(name="Period 3, room 12").uuid]
    return {
        "author": [
            ("library", reverse("assessprep:library")),
            ("bank", reverse("assessprep:bank", args=[bank])),
            ("assessment", reverse("assessprep:assessment", args=[assessment])),
            ("changes", reverse("assessprep:assessment_changes", args=[assessment])),
            ("usage", reverse("assessprep:assessment_usage", args=[assessment])),
            ("add", library_add + quote(str(world.loose))),
            ("add-known", library_add + quote(str(world.block))),
        ],
        "staff-a": [
            ("tab", reverse("assessprep:course", args=[run])),
            ("details", reverse("assessprep:course_assessment", args=at)),
            ("preview", reverse("assessprep:course_preview", args=at)),
            ("sessions", reverse("assessprep:sessions", args=[run])),
            ("session", reverse("assessprep:session", args=session)),
            ("session-new", reverse("assessprep:session_new", args=at)),
            ("sessions-together", reverse("assessprep:sessions_together", args=[run]) + f"?assessment={assessment}"),
            ("session-edit", reverse("assessprep:session_edit", args=session)),
            ("session-display", reverse("assessprep:session_display", args=session)),
            ("session-sheet", reverse("assessprep:session_sheet", args=session)),
            ("extra-time", reverse("assessprep:accommodations", args=[run])),
            ("add-bank", library_add + quote(str(world.elsewhere))),
            ("add-placed", library_add + quote(str(world.placed))),
        ],
        "student-a-01": [("own", reverse("assessprep:course", args=[run]))],
    }


def signed_in(browser: Any, world: Any, username: str, **more: Any) -> Any:
    """A page of somebody at a computer of their own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **more)
    page = context.new_page()
    page.goto(world.site + "/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(django_settings.DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.locator("a[href*='/courses/']").first.wait_for()
    return page


def test_no_page_of_the_library_or_the_tab_has_a_barrier_or_spills_over(browser: Any, world: Any) -> None:
    wrong: list[str] = []
    for username, pages in addresses(world).items():
        page = signed_in(browser, world, username)
        page.on("pageerror", lambda error: wrong.append(str(error)))  # noqa: B023  the one list of this test
        for name, address in pages:
            for width in (1280, 320):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(world.site + address)
                page.locator("#assessprep-page").wait_for()
                page.screenshot(path=str(SCREENS / f"library-{name}-{width}.png"), full_page=True, animations="disabled")
                wrong += [f"{name} at {width}: {one}" for one in page.evaluate(SPILLS)]
            page.evaluate(AXE)
            wrong += [f"{name}: {one}" for one in page.evaluate(RUN_AXE)]
        page.set_viewport_size({"width": 1280, "height": 800})
        page.context.add_cookies([{"name": "django_language", "value": "ar", "url": world.site}])
        for name, address in pages:
            page.goto(world.site + address)
            assert page.evaluate("getComputedStyle(document.querySelector('#assessprep-page')).direction") == "rtl", name
            page.screenshot(path=str(SCREENS / f"library-{name}-ar.png"), full_page=True, animations="disabled")
            wrong += [f"{name} from right to left: {one}" for one in page.evaluate(SPILLS)]
        page.context.close()
    assert wrong == []


def test_a_school_takes_back_a_change_and_reads_the_questions(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "staff-a")
    page.goto(world.site + addresses(world)["staff-a"][1][1])
    page.get_by_text("Average speed", exact=False).first.wait_for()
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("Ready", exact=True).wait_for()
    page.get_by_role("link", name="Read the questions").first.click()
    page.get_by_text("Give me a place to stand.").wait_for()
    page.get_by_text("A push or a pull").wait_for()
    page.context.close()


def test_an_author_publishes_a_version_with_the_keyboard_alone(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "author")
    page.goto(world.site + reverse("assessprep:assessment", args=[world.assessment.uuid]))

    def press_on(name: str) -> None:
        for _step in range(200):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == name:
                page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab never reaches “{name}”")

    press_on("Publish a new version")
    page.keyboard.type("Written by hand.")
    press_on("Publish")
    page.get_by_role("row").filter(has_text="Written by hand.").wait_for()
    assert library.versions_of(world.assessment)[0].number == 3
    page.context.close()


def answering(status: int) -> Any:
    """A page of somebody else's, in the server's place."""
    return lambda route: route.fulfill(status=status, content_type="text/html", body="<h1>Not today</h1>")


def test_what_was_typed_is_saved_by_whoever_signs_in_again_in_another_tab(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "author")
    page.goto(world.site + reverse("assessprep:assessment", args=[world.assessment.uuid]))
    told = page.locator("#assessprep-messages")
    page.get_by_label("Title").fill("Forces and more")
    save = page.get_by_role("button", name="Save", exact=True)
    page.context.clear_cookies()
    save.click()
    told.get_by_text("You are signed out").wait_for()
    elsewhere = page.context.new_page()
    elsewhere.goto(world.site + "/login")
    elsewhere.locator("input[name=username]").fill("author")
    elsewhere.locator("input[name=password]").fill(django_settings.DEMO_PASSWORD)
    elsewhere.keyboard.press("Enter")
    elsewhere.locator("a[href*='/courses/']").first.wait_for()
    save.click()
    told.get_by_text("Saved.", exact=True).wait_for()
    world.assessment.refresh_from_db()
    assert world.assessment.title == "Forces and more"
    # A server that cannot do it now is no connection that is gone, and neither is somebody's page in the server's place.
    for status, sentence in (
        (500, "An error in the server (500)"),
        (503, "An error in the server (503)"),
        (200, "The server cannot be reached."),
    ):
        page.unroute_all()
        page.route("**/assessprep/api/**", answering(status))
        save.click()
        told.get_by_text(sentence, exact=False).wait_for()
    page.context.close()


def test_whoever_adds_an_assessment_to_the_course_reads_how_far_it_is(browser: Any, world: Any, settings: Any) -> None:
    settings.ASSESSPREP_LMS = "tests.browser.test_library.SlowLms"
    SlowLms.go_on.clear()
    again = factories.make_assessment_block(
        world.bank_key, [factories.choice_olx(f"Question {n}") for n in range(1, 8)], title="Long test"
    )
    by = {"by": world.author.pk, "now": timezone.now()}
    long = actions.add_assessment(bank_uuid=world.bank.uuid, usage_key=again, **by)
    actions.publish_version(assessment_uuid=long.uuid, release_note="", **by)
    page = signed_in(browser, world, "staff-a")
    address = world.site + reverse("assessprep:course_assessment", args=[str(world.a.course_key), long.uuid])
    page.goto(address)
    told = page.locator("#assessprep-messages")
    # Cut off by an error: not the connection's fault, and the same button goes on.
    SlowLms.die = True
    SlowLms.go_on.set()
    page.get_by_role("button", name="Add to the course").click()
    told.get_by_text("An error in the server (500) kept this from being done.", exact=False).wait_for()
    assert "Press the button again: it goes on." in told.inner_text()
    page.screenshot(path=SCREENS / "library-cut-off.png")
    SlowLms.die = False
    SlowLms.go_on.clear()
    page.get_by_role("button", name="Add to the course").click()
    told.get_by_text("2 of 7 are there").first.wait_for()
    assert told.locator("progress").evaluate("bar => bar.value / bar.max") == pytest.approx(2 / 7)
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    page.screenshot(path=SCREENS / "library-copying.png")
    # A colleague who opens the page meanwhile reads the same.
    colleague = signed_in(browser, world, "staff-a")
    colleague.goto(address)
    colleague.locator("#assessprep-messages").get_by_text("2 of 7 are there").first.wait_for()
    SlowLms.go_on.set()
    page.get_by_text("Ready", exact=True).wait_for()
    colleague.get_by_text("Ready", exact=True).wait_for()
