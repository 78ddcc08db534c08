"""Texts that attack, in every place where a person can write one, on every page of everybody, in a real Chromium."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from organizations.models import Organization

from assessprep_xblock.domain.attempts.models import ItemResult
from assessprep_xblock.domain.grading.models import RoundMark
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import Cohort, CourseRun, Profile
from tests.doors.test_matrix import GUEST_RUN, PAGES, ROWS, Scene, make_scene
from tests.hostile import hostile, marks, poison
from tests.world import Page

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
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
        script: links.filter((one) => /^\\s*(javascript|data|vbscript):/i.test(one)) };
}"""
#: On no page: kept in the trail alone, or of blocks that this assessment has none of.
ON_NO_PAGE = {
    "VersionWithdrawal.reason",
    "AbsentMark.reason",
    "NamesRevealed.reason",
    "VersionText.title",
    "PlacedText.title",
}
#: Where more than one sort of person is shown a page, each sees something else of it.
READERS = ("staff", "author", "watcher", "learner", "anonymous")


@pytest.fixture
def scene(settings) -> Scene:
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    return make_scene()


def lived_in(scene: Scene) -> Page:
    """Everything that people write is written once, so that there are rows; -> who has handed in."""
    for name, body in {
        "api_session_pause": None,
        "api_session_resume": None,
        "api_session_announce": None,
        "api_session_extend": None,
        "api_session_irregularities": None,
        "api_session_outages": None,
        "api_session_mark_absent": {"learner_ids": [scene.facts["learner_id"]], "reason": "r"},
        "api_accommodation": None,
        "api_assessment": None,
        "api_reveal_names": None,
    }.items():
        method = next(one for one in ROWS[name].may if one not in ("GET", "DELETE"))
        who = "author" if "author" in ROWS[name].may[method] else "staff"
        answer = scene.call(who, method, name, body)
        assert answer.status_code < 300, (name, answer.content)
    done = Page(scene.world.learners[2])
    assert done.verify(scene.world).status_code == 200
    assert done.start().status_code == 200
    written = scene.world.questions[2]
    assert done.save(written.item, scene.world.answers(2, hostile("answer", 1000))).status_code == 200
    assert done.submit().status_code == 200
    address = reverse("assessprep:api_mark", args=[done.state["attempt"], written.item])
    mark = {"points": 1, "criteria": {}, "comment": "c", "reason": "r"}
    for version in ("-", None):
        body = {**mark, "version": version or answer.json()["version"]}
        answer = scene.people["staff"].put(address, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    result = ItemResult.objects.get(attempt__uuid=done.state["attempt"], question=written)
    # Another answer, as if two people had marked it and disagreed.
    other = ItemResult.objects.filter(attempt=result.attempt).exclude(pk=result.pk).order_by("pk").first()
    ItemResult.objects.filter(pk=other.pk).update(machine=None, earned=None, marks_in=2)
    for number, person in enumerate((scene.world.staff, scene.world.author), start=1):
        RoundMark.objects.create(result=other, round=number, by=person, points=0, comment="c", at=scene.world.now)
    return done


def named(scene: Scene) -> None:
    """What the platform calls people, classes, runs and organizations."""
    factories.make_class(scene.world.school, "7A", scene.world.learners[:1])
    Profile.objects.update(name=hostile("profile name", 255))
    Cohort.objects.update(name=hostile("class name", 255))
    CourseRun.objects.update(name=hostile("run name", 255))
    Organization.objects.update(name=hostile("organization name", 255))


class Reader:
    """Somebody's browser, and what happened in it."""

    def __init__(self, browser: Any, live_server: Any, client: Client | None) -> None:
        self.site = live_server.url
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        self.context.add_init_script(WATCH)
        name = django_settings.SESSION_COOKIE_NAME
        if client is not None and name in client.cookies:
            self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.site}])
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
        from playwright.sync_api import Error as PlaywrightError

        try:
            self.page.wait_for_function(QUIET)
        except PlaywrightError as problem:
            self.wrong.append(f"{self.page.url}: {problem}")
        for frame in self.page.frames:
            frame.evaluate(UNFOLD)
            found = frame.evaluate(READ)
            self.text += found["text"]
            for what in ("ran", "made", "script"):
                self.wrong += [f"{self.page.url}: {what} {one}" for one in found[what]]


def pages_of(who: str) -> list[str]:
    """The pages that this person sees and nobody before, and those that show everybody something of their own."""
    own = {"course", "rooms", "control_room", "monitor", "guest_entry"}
    before = READERS[: READERS.index(who)]
    mine = [name for name in ROWS if name in PAGES and who in ROWS[name].may.get("GET", ())]
    seen = {name for name in mine for one in before if one in ROWS[name].may["GET"]}
    return [name for name in mine if (name not in seen or name in own) and not name.endswith(("_csv", "_xlsx"))]


def test_no_text_that_somebody_typed_runs_or_becomes_part_of_any_page(browser, live_server, scene):
    done = lived_in(scene)
    named(scene)
    poison()
    text, wrong = "", []
    block = get_lms().block_url(scene.world.usage_key)
    clients = {**scene.people, "handed in": done.client}
    for who in (*READERS, "classmate", "handed in", "guest"):
        reader = Reader(browser, live_server, clients[who])
        for name in pages_of(who) if who in READERS else ():
            address = reverse(f"assessprep:{name}", args=[scene.facts[one] for one in ROWS[name].at])
            query = scene.fill(ROWS[name].query).replace("+", "%2B")
            if name == "submission":
                address = reverse("assessprep:submission", args=[done.state["attempt"]])
            if name == "grade_next":
                continue
            reader.visit(address + query)
        if who in ("learner", "classmate", "handed in", "guest"):
            reader.visit(block)
        if who == "staff":
            reader.visit(reverse("assessprep:monitor", args=[scene.facts["session"]]))
            # What is told of one student alone: the log, and why there is no answer.
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
