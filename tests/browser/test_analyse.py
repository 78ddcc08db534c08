"""The Analyse pages in a real Chromium: every chart drawn, read by axe-core, looked at on three screens and on paper.

Pictures: ``build/screens/analyse-….png`` and ``analyse-paper.pdf``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from assessprep_xblock.domain.library.models import VersionItem
from devlms import factories
from tests.analysed import District, district
from tests.patience import drawn, still

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = Path(os.environ.get("DEVLMS_BUILD", "build")) / "screens"
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async () => (await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
})).violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""
#: Everything of ours that is wider than the screen and does not stand in something that scrolls.
SPILLS = """() => [...document.querySelectorAll(".assessprep, .assessprep *")].filter((one) => {
    if (one.closest(".ap-visually-hidden, .ap-wide, thead")) return false;
    const box = one.getBoundingClientRect();
    return box.width && box.height && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => `${one.tagName}.${one.className}`)"""
#: Canvases on which something other than nothing is drawn.
DRAWN = """() => [...document.querySelectorAll("canvas")].map((one) => [one.id,
    one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some((value) => value > 0)])"""


@pytest.fixture
def found(transactional_db: None) -> District:
    """Three schools and a few students of a fourth, one question with a wrong key, classes, standards."""
    made = district(timezone.now(), {"Northside": 0, "Lakeside": 120, "Hillcrest": 45, "Tiny": 3}, questions=12, sessions=2)
    rows = [made._drawn(12) for _ in range(64)]
    made.add("Northside", 64, scores=[[*row[:3], float(sum(row) < 5), *row[4:]] for row in rows])
    made.add("Northside", 17, session=1)
    north = made.schools["Northside"]
    people = type(north.staff).objects
    factories.make_class(north.key, "7A", people.filter(pk__in=north.learners[:30]))
    factories.make_class(north.key, "7B", people.filter(pk__in=north.learners[30:55]))
    factories.make_class(north.key, "7C العربية", people.filter(pk__in=north.learners[55:59]))
    for place, names in enumerate((["MS-PS3-1"], ["MS-PS3-1", "MS-PS3-5"], ["MS-PS2-2"]) * 4):
        VersionItem.objects.filter(position=place).update(standards=names)
    VersionItem.objects.filter(position=2).update(title="A question with a title so long that it has to break somewhere")
    return made


ROWS_ON_PAPER = (
    """[...new Set([...document.querySelectorAll('.ap-table tbody tr')].map((one) => getComputedStyle(one).display))]"""
)
ON_ITS_WORDS = """[...document.querySelectorAll('.ap-chart')].filter((one) => {
  const [picture, words] = ['canvas', 'figcaption'].map((part) => one.querySelector(part).getBoundingClientRect());
  return picture.bottom > words.top + 1;
}).map((one) => one.querySelector('canvas').id)"""


@pytest.fixture
def screen(browser: Any, live_server: Any) -> Iterator[Any]:
    """``screen(user, address)``: a signed-in person's page; problems of its script fail the test."""
    contexts, wrong = [], []

    def show(user: Any, address: str, *, width: int = 1280, language: str = "en") -> Any:
        signed_in = Client()
        signed_in.force_login(user)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="ar-EG" if language == "ar" else "en-GB"
        )
        contexts.append(context)
        values = {
            django_settings.SESSION_COOKIE_NAME: signed_in.session.session_key,
            django_settings.LANGUAGE_COOKIE_NAME: language,
        }
        context.add_cookies([{"name": name, "value": str(value), "url": live_server.url} for name, value in values.items()])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(live_server.url + address)
        still(page)
        return page

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


def look(page: Any, name: str) -> None:
    """A picture, no barrier, nothing that spills, every chart drawn."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.wait_for_function(f"() => ({DRAWN})().every((one) => one[1])")
    drawn(page)
    page.screenshot(path=str(SCREENS / f"analyse-{name}.png"), full_page=True, animations="disabled")
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    assert page.evaluate(SPILLS) == []


def test_every_chart_is_drawn_and_has_its_table_on_every_screen_and_on_paper(found: District, screen: Any):
    north = found.schools["Northside"]
    address = f"/assessprep/assessments/{found.assessment.uuid}/analyse/"
    page = screen(north.staff, address)
    look(page, "school")
    assert {one for one, _is_drawn in page.evaluate(DRAWN)} == {
        *("chart-scores", "chart-facility", "chart-discrimination", "chart-by-0", "chart-by-1", "chart-standards"),
    }
    for details in page.locator("details").all():
        details.evaluate("(one) => { one.open = true; }")
    look(page, "school-unfolded")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = false")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".ap-answers:not([open])").count() == 0
    # A4 is as narrow as a telephone, and is none: tables are tables, and no chart lies on its words.
    page.set_viewport_size({"width": 718, "height": 1000})
    assert page.evaluate(ROWS_ON_PAPER) == ["table-row"] and page.evaluate(ON_ITS_WORDS) == []
    page.pdf(path=str(SCREENS / "analyse-paper.pdf"), format="A4")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    look(screen(north.staff, f"/assessprep/sessions/{north.sessions[0].uuid}/analyse/", width=320), "session-320")
    look(screen(north.staff, address, language="ar"), "school-ar")
    author = screen(found.author, address)
    look(author, "author")
    author.get_by_label("School", exact=True).select_option("Lakeside")
    with author.expect_navigation():
        author.get_by_role("button", name="Show").click()
    still(author)
    look(author, "author-one-school")


def test_the_download_opens_by_keyboard_and_gives_a_file(found: District, screen: Any):
    north = found.schools["Northside"]
    page = screen(north.staff, f"/assessprep/sessions/{north.sessions[0].uuid}/analyse/")
    page.locator(".ap-menu summary").focus()
    page.keyboard.press("Enter")
    with page.expect_download() as given:
        page.get_by_role("link", name="Answers chosen").click()
    assert given.value.suggested_filename.startswith("Forces answers")
    page.keyboard.press("Escape")
    assert not page.locator(".ap-menu").evaluate("(one) => one.open")


def test_a_large_report_shows_how_far_it_is_and_then_itself(found: District, screen: Any, settings: Any):
    settings.ASSESSPREP_ANALYSIS_AT_ONCE = 10
    page = screen(found.author, f"/assessprep/assessments/{found.assessment.uuid}/analyse/")
    page.locator("#chart-scores").wait_for()
    assert page.locator("#analyse-preparing").count() == 0
    found.add("Hillcrest", 5)
    page.reload()
    page.get_by_role("button", name="Show the newer report").click()
    page.get_by_text("250 students").first.wait_for()
