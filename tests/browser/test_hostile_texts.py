"""Texts that attack, in every place where a person can write one, on every page of everybody, in a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessprep_xblock.lms import get_lms
from tests.addresses import GUEST_RUN
from tests.browser.cookies import carry_over
from tests.hostile import marks, poison
from tests.hostile_scene import EVERYBODY, address_of, lived_in, named, pages_of
from tests.patience import where_it_stays
from tests.scene import Scene, make_scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Before any script of the page: what runs says so, and calls that are under way are counted.
WATCH = """
window.ran = []; window.hit = (which) => { window.ran.push(which); };
window.underWay = 0;
const fetched = window.fetch;
window.fetch = (...given) => {
    window.underWay += 1;
    return fetched(...given).finally(() => setTimeout(() => { window.underWay -= 1; }, 0));
};"""
QUIET = "() => window.underWay === 0 && document.readyState === 'complete'"
#: What is folded away is shown.
UNFOLD = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
#: What ran, what was made, and everything that can be read, typed over, or is told to who does not see.
READ = """() => {
    const texts = [document.title, document.body.innerText];
    for (const one of document.querySelectorAll("input, textarea, option, [title], [aria-label]")) {
        texts.push(one.value || "", one.textContent || "", one.title || "", one.getAttribute("aria-label") || "");
    }
    const made = [...document.querySelectorAll("x-made, [onfocus], [onerror], [onload], [onmouseover], [src='x']")];
    const links = [...document.querySelectorAll("a[href], form[action], iframe[src]")]
        .map((one) => one.getAttribute("href") || one.getAttribute("action") || one.getAttribute("src") || "");
    return { ran: window.ran, made: made.map((one) => one.outerHTML.slice(0, 200)), text: texts.join("\\n"),
        // A table to save, as the form for many sessions offers one, is never run.
        script: links.filter((one) => /^\\s*(javascript|data(?!:text.csv;)|vbscript):/i.test(one)) };
}"""
#: On no page: kept in the trail alone, or of blocks that this assessment has none of.
ON_NO_PAGE = {
    "VersionWithdrawal.reason",
    "AbsentMark.reason",
    "NamesRevealed.reason",
    "VersionText.title",
    "PlacedText.title",
}


@pytest.fixture
def scene(settings) -> Scene:
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    return make_scene()


class Reader:
    """Somebody's browser, and what happened in it."""

    def __init__(self, browser: Any, live_server: Any, client: Client | None) -> None:
        self.site = live_server.url
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        self.context.add_init_script(WATCH)
        if client is not None:
            carry_over(self.context, self.site, client)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.text = ""
        self.page.on("dialog", self._asked)

    def _asked(self, dialog: Any) -> None:
        # A page may ask whether to leave it; nothing else asks by itself.
        if dialog.type != "beforeunload":
            self.wrong.append(f"{self.page.url}: {dialog.type} {dialog.message}")
        dialog.accept()

    def visit(self, address: str) -> None:
        """Open a page, let its script ask for what it shows, unfold it, and look into every frame of it."""
        answer = self.page.goto(self.site + address)
        if answer is None or answer.status != 200:
            self.wrong.append(f"{address}: {answer and answer.status}")
        self.look()

    def look(self) -> None:
        """What ran or was made on the page as it is now; its words are kept."""
        for found in where_it_stays(self._read):
            self.text += found["text"]
            for what in ("ran", "made", "script"):
                self.wrong += [f"{self.page.url}: {what} {one}" for one in found[what]]

    def _read(self) -> list[dict[str, Any]]:
        self.page.wait_for_function(QUIET)
        for frame in self.page.frames:
            frame.evaluate(UNFOLD)
        return [frame.evaluate(READ) for frame in self.page.frames]


def test_no_text_that_somebody_typed_runs_or_becomes_part_of_any_page(browser, live_server, scene):
    done = lived_in(scene)
    named(scene)
    poison()
    text, wrong = "", []
    block = get_lms().block_url(scene.world.usage_key)
    clients = {**scene.people, "handed in": done.client}
    for who in EVERYBODY:
        reader = Reader(browser, live_server, clients[who])
        for name in pages_of(who):
            reader.visit(address_of(scene, name, done))
        if who in ("learner", "classmate", "handed in", "guest"):
            reader.visit(block)
        if who == "staff":
            reader.visit(reverse("assessprep:monitor", args=[scene.facts["session"]]))
            # What is told of one student alone: the log, and why there is no answer.
            reader.page.locator("#monitor-rows tr[data-learner]").first.wait_for()
            for name in ("Log", "Why"):
                found = reader.page.locator("#monitor-rows tr").get_by_role("button", name=name)
                for number in range(found.count()):
                    found.nth(number).click()
                    reader.look()
                    reader.page.keyboard.press("Escape")
        text, wrong = text + reader.text, wrong + reader.wrong
        reader.context.close()
    unseen = {name for name, mark in marks().items() if mark not in text}
    assert (wrong, unseen) == ([], ON_NO_PAGE), (wrong, unseen)
