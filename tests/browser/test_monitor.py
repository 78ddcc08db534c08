"""The Monitor in a real Chromium, as an invigilator under pressure uses it; leaves pictures in build/screens/."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_entry, actions_running
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.rules import whole_seconds
from tests.bare import CODE, Room, add_session, room
from tests.browser.cookies import sign_in
from tests.world import Page, World, delivered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = Path(os.environ.get("DEVLMS_BUILD", "build")) / "screens"
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async () => (await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))
    .violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


class Watch:
    """An invigilator at the Monitor of a room."""

    def __init__(self, browser: Any, live_server: Any, place: Room, *, width: int, language: str) -> None:
        self.place = place
        self.context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
        sign_in(self.context, live_server.url, django_user(place.staff), language=language)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(f"{live_server.url}/assessprep/sessions/{place.session.uuid}/monitor/")
        self.page.locator("#monitor-rows tr").first.wait_for()

    def row(self, number: int) -> Any:
        return self.page.locator(f'#monitor-rows tr[data-learner="{self.place.learners[number]}"]')

    def choose(self, *numbers: int) -> None:
        for number in numbers:
            self.row(number).get_by_role("checkbox").check()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def confirm(self) -> None:
        self.page.locator("#monitor-do").click()
        self.page.locator("#monitor-dialog").wait_for(state="hidden")

    def look(self) -> None:
        """What others did meanwhile is asked for at once."""
        self.press("Hold updates")
        self.press("Hold updates")

    def picture(self, name: str) -> None:
        self.page.screenshot(path=str(SCREENS / f"monitor-{name}.png"), full_page=True)

    def check_axe(self) -> None:
        self.page.evaluate(AXE)
        assert self.page.evaluate(RUN_AXE) == []

    def close(self) -> None:
        self.context.close()
        assert self.problems == []


def django_user(pk: int) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=pk)


@pytest.fixture
def watch(browser, live_server, settings) -> Iterator[Any]:
    settings.ASSESSPREP_NOTICE_CACHE_SECONDS = 0
    cache.clear()
    SCREENS.mkdir(parents=True, exist_ok=True)
    opened: list[Watch] = []

    def open_monitor(place: Room, *, width: int = 1280, language: str = "en") -> Watch:
        opened.append(Watch(browser, live_server, place, width=width, language=language))
        return opened[-1]

    yield open_monitor
    for one in opened:
        one.close()


def begin(place: Room, learner: int, now: Any) -> Attempt:
    attempt = actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=CODE, now=now).attempt
    actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
    return attempt


def busy_room(now: Any) -> Room:
    """Eight students, each of whom is somewhere else."""
    place = room(now, learners=8, questions=12, waiting_room=False)
    add_session(place.session.placement, place.staff, now, name="Library")
    one, two, three, four, five, _six = place.learners[:6]
    attempts = [begin(place, learner, now - timedelta(minutes=9)) for learner in (one, two, three, four)]
    for attempt, answered in zip(attempts, (9, 4, 1, 0), strict=True):
        AnswerDraft.objects.bulk_create(
            AnswerDraft(attempt=attempt, question=question, answered=True, revision=1, saved_at=now)
            for question in place.questions[:answered]
        )
        facts = {"answered": answered, "last_saved_at": now, "current_item": place.questions[answered].item}
        Attempt.objects.filter(pk=attempt.pk).update(last_seen_at=now, device_label="Chrome, Windows", **facts)
    Attempt.objects.filter(pk=attempts[1].pk).update(other_device_label="Safari, iPad", focus_lost=3)
    Attempt.objects.filter(pk=attempts[2].pk).update(last_seen_at=now - timedelta(minutes=6))
    call = {"session_id": place.session.pk, "by": place.staff, "now": now}
    monitoring.extend(**call, attempts=[attempts[0].uuid], seconds=300, reason="fire drill", request_id=uuid4())
    monitoring.pause(**call, attempts=[attempts[3].uuid], reason="nurse")
    actions_entry.verify_code(usage_key=place.usage_key, learner_id=five, code=CODE, now=now)
    return place


def test_an_invigilator_under_pressure(watch):
    place = busy_room(timezone.now())
    one = watch(place)
    page = one.page
    # Who needs attention stands first: silent, then on a second device.
    first = [page.locator("#monitor-rows tr").nth(n).get_attribute("data-learner") for n in (0, 1)]
    assert first == [str(place.learners[2]), str(place.learners[1])]
    assert "9 of 12" in one.row(0).inner_text() and "+5:00 given" in one.row(0).inner_text()
    one.picture("1280")
    one.check_axe()
    # End for two by mistake, and undo it.
    one.choose(0, 1)
    one.press("End")
    one.picture("end")
    one.check_axe()
    one.confirm()
    page.locator("#monitor-undo").get_by_role("button").wait_for()
    one.row(0).get_by_text("Ended").wait_for()
    page.locator("#monitor-undo").get_by_role("button").click()
    page.get_by_text("Undone for 2 of 2.").wait_for()
    page.wait_for_function("() => !document.querySelector('#monitor-undo').children.length")
    # Why can't she start?
    one.row(6).get_by_role("button", name="Why").click()
    page.get_by_text("Has not typed the right code of this session yet.").wait_for()
    one.picture("why")
    one.check_axe()
    page.locator("#monitor-why").get_by_role("button", name="Close").click()
    # The room's irregularity, and the log of a student with the time in words.
    page.locator("#monitor-more summary").click()
    one.press("Note an irregularity")
    page.locator("#monitor-kind").select_option("environment/evacuation")
    page.locator("#monitor-comment").fill("Alarm at 10:02")
    one.picture("irregularity")
    one.check_axe()
    one.confirm()
    page.locator("#monitor-incidents").get_by_text("Evacuation").wait_for()
    page.locator("#monitor-incidents").get_by_role("button").click()
    page.get_by_text("Nothing was noted.").wait_for()
    one.row(0).get_by_role("button", name="Log").click()
    page.locator("#monitor-log-ledger").get_by_text("Extra time: +5:00 (fire drill)").wait_for()
    one.picture("log")
    one.check_axe()
    page.locator("#monitor-log-ledger li", has_text="Extra time").get_by_role("button").click()
    page.locator("#monitor-log-ledger").get_by_text("Taken back: −5:00").wait_for()
    page.locator("#monitor-log").get_by_role("button", name="Close", exact=True).click()
    # Absent, and moved away: an answer row by row.
    one.choose(6)
    one.press("Mark absent")
    one.confirm()
    one.row(6).get_by_text("Marked absent").wait_for()
    one.choose(0, 7)
    one.press("Move to another session")
    one.picture("move")
    one.check_axe()
    one.confirm()
    page.get_by_role("heading", name="Done for 1 of 2.").wait_for()
    one.picture("refused")
    one.check_axe()
    page.locator("#monitor-result").get_by_role("button").click()
    one.row(0).wait_for(state="hidden")


def real_room(now: Any, **settings: Any) -> tuple[World, Room]:
    """A school's session with real questions, for what the platform takes part in."""
    world = delivered(now, learners=6, **settings)
    people = [learner.pk for learner in world.learners]
    return world, Room(world.session, people, world.staff.pk, world.usage_key, world.questions)


def test_every_other_button_of_the_monitor_does_what_it_says(watch):
    """From the door to a new attempt: each press is followed by what the invigilator and the student then see."""
    world, place = real_room(timezone.now(), waiting_room=True, start="invigilator")
    students = [Page(learner) for learner in world.learners]
    for student in students[:5]:
        assert student.verify(world).status_code == 200
    assert students[5].verify(world, "0000").status_code == 403
    one = watch(place)
    page = one.page
    page.locator("#monitor-more summary").click()
    # The door.
    one.choose(0)
    one.press("Do not let in")
    one.confirm()
    one.row(0).get_by_text("Not let in").wait_for()
    one.press("Let in")
    one.confirm()
    one.row(1).get_by_text("Joined").wait_for()
    assert "Not let in" in one.row(0).inner_text()
    one.choose(0)
    one.press("Let in")
    one.confirm()
    one.row(0).get_by_text("Joined").wait_for()
    # Nobody starts before the invigilator begins the test.
    assert students[0].start().json()["code"] == "not_begun"
    one.picture("not-begun")
    one.check_axe()
    one.press("Begin the test")
    one.picture("begin")
    one.check_axe()
    one.confirm()
    page.locator("#monitor-unbegun").wait_for(state="hidden")
    for student in students[:4]:
        assert student.start().status_code == 200
    one.look()
    one.row(3).get_by_text("In progress").wait_for()
    # Reopened after an end, with time.
    one.choose(0)
    one.press("End")
    one.confirm()
    one.row(0).get_by_text("Ended").wait_for()
    one.choose(0)
    one.press("Reopen")
    page.get_by_label("Minutes").fill("7")
    one.confirm()
    # What is given counts from the reopening: the seconds for which the test stood ended are made up for, too.
    one.row(0).get_by_text("In progress").wait_for()
    reopened = Attempt.objects.get(learner_id=place.learners[0])
    minutes, seconds = divmod(whole_seconds(reopened.granted_us), 60)
    assert (reopened.status, minutes >= 7) == ("in_progress", True)
    one.row(0).get_by_text(f"+{minutes}:{seconds:02} given").wait_for()
    # Void, and not void after all.
    one.choose(1)
    one.press("Declare void")
    one.confirm()
    one.row(1).get_by_text("Void", exact=True).wait_for()
    page.locator("#monitor-undo li", has_text="void").get_by_role("button").click()
    one.row(1).get_by_text("Void", exact=True).wait_for(state="detached")
    # Handed in, and begun anew.
    one.choose(2)
    one.press("Submit")
    one.confirm()
    one.row(2).get_by_text("Submitted").wait_for()
    one.choose(2)
    one.press("New attempt")
    one.confirm()
    one.row(2).get_by_text("Attempt 2").wait_for()
    # A word to one student, and who helps whom.
    one.choose(3)
    one.press("Announce")
    page.get_by_label("Announcement", exact=True).fill("Scroll down, please")
    one.confirm()
    page.locator("#monitor-said", has_text="to selected students").wait_for()
    help_her = one.row(3).get_by_role("button", name="I help")
    help_her.click()
    one.row(3).get_by_text("You help").wait_for()
    help_her.click()
    one.row(3).get_by_text("You help").wait_for(state="detached")
    # Who was away for too long is let back.
    gone = {"waits_since": timezone.now(), "progress_at": timezone.now()}
    Attempt.objects.filter(learner_id=place.learners[3]).update(**gone)
    one.look()
    one.row(3).get_by_text("Waiting to be let back").wait_for()
    one.picture("away")
    one.choose(3)
    one.press("Let back")
    one.confirm()
    one.row(3).get_by_text("Waiting to be let back").wait_for(state="detached")
    assert Attempt.objects.get(learner_id=place.learners[3]).waits_since is None
    # A mark is taken away again, and a new code shuts out whoever overheard the old one.
    for press, told in (("Mark absent", "Marked absent"), ("Not absent", "Absent")):
        one.choose(5)
        one.press(press)
        one.confirm()
        one.row(5).get_by_text(told, exact=True).wait_for()
    before = world.reload().live_code
    page.on("dialog", lambda asked: asked.accept())
    one.press("New code")
    page.get_by_text("The session has a new code.").wait_for()
    assert world.reload().live_code != before
    one.press("Clear: Student 6")
    page.locator("#monitor-tries-card").wait_for(state="hidden")


def test_filters_and_order_stand_in_the_address_and_updates_can_be_held(watch):
    place = busy_room(timezone.now())
    one = watch(place)
    one.page.get_by_label("Attention").select_option("device")
    assert one.page.locator("#monitor-rows tr").count() == 1
    assert "incident=device" in one.page.url
    one.page.reload()
    one.page.locator("#monitor-rows tr").first.wait_for()
    assert one.page.locator("#monitor-rows tr").count() == 1
    one.page.get_by_label("Attention").select_option("")
    one.page.get_by_label("Order").select_option("name")
    one.press("Hold updates")
    one.page.get_by_text("Updates are held.").wait_for()
    one.check_axe()


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (1280, "ar")])
def test_the_monitor_on_a_telephone_and_from_right_to_left(watch, width, language):
    place = busy_room(timezone.now())
    one = watch(place, width=width, language=language)
    one.picture(f"{width}-{language}")
    one.check_axe()
    assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth + 1")


def everybody_works(now: Any, *, learners: int, questions: int) -> Room:
    """A room in which everybody is at the first question."""
    place = room(now, learners=learners, questions=questions)
    Attempt.objects.bulk_create(
        Attempt(
            session=place.session,
            placement=place.session.placement,
            learner_id=learner,
            joined_at=now,
            admitted_at=now,
            started_at=now,
            started_us=1,
            due_us=int(now.timestamp() * 1_000_000) + 3_600_000_000,
            change_no=1,
            status="in_progress",
            # However slow the machine is, nobody becomes silent meanwhile: that would change every row.
            last_seen_at=now + timedelta(hours=1),
        )
        for learner in place.learners
    )
    type(place.session).objects.filter(pk=place.session.pk).update(change_no=1, n_in_progress=learners)
    return place


#: From here on: which rows of the table are touched, and how many nodes outside of it.
COUNT = """() => {
    const rows = document.getElementById("monitor-rows");
    window.touched = { rows: {}, moved: 0, beside: new Set() };
    new MutationObserver((records) => {
        for (const { target } of records) {
            const row = (target.nodeType === 1 ? target : target.parentElement)?.closest("tr[data-learner]");
            if (row) window.touched.rows[row.dataset.learner] = (window.touched.rows[row.dataset.learner] || 0) + 1;
            else if (target === rows) window.touched.moved += 1;
            else window.touched.beside.add(target);
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def test_an_update_of_a_thousand_rows_touches_those_that_changed_and_those_that_can_be_seen(watch):
    now, questions = timezone.now(), 40
    place = everybody_works(now, learners=1000, questions=questions)
    one = watch(place)
    page = one.page
    page.wait_for_function("() => document.querySelectorAll('#monitor-rows tr').length === 1000")
    order = page.evaluate(
        "() => [...document.querySelectorAll('#monitor-rows tr')].map((row) => Number(row.dataset.learner))"
    )
    one.press("Hold updates")
    page.get_by_text("Updates are held.").wait_for()
    # One in a hundred, far below what can be seen, and each answered one question since.
    changed = order[-10:]
    now = timezone.now()
    Attempt.objects.filter(learner_id__in=changed).update(answered=1, progress_at=now, last_saved_at=now)
    page.evaluate(COUNT)
    one.press("Hold updates")
    last = page.locator(f'#monitor-rows tr[data-learner="{changed[-1]}"]')
    last.get_by_text(f"1 of {questions}").wait_for()
    one.press("Hold updates")
    page.get_by_text("Updates are held.").wait_for()
    touched = page.evaluate("() => ({ ...window.touched, beside: window.touched.beside.size })")
    far = {int(learner): count for learner, count in touched["rows"].items() if int(learner) not in order[:50]}
    assert set(far) == set(changed)
    # A dot for each question is at most drawn anew; beside it a few words and marks.
    assert max(far.values()) <= 20, far
    assert touched["moved"] == 0, "rows that stay in place are left in peace"
    assert touched["beside"] <= 40
