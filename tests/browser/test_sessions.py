"""Sessions in a real Chromium: one from "Add Session" to "Publish" by the keyboard alone, and many of them at once.

Pictures are left as ``build/screens/sessions-....png``.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.urls import reverse

from assessprep_xblock.domain.sessions.models import AssessmentSession, Invigilator
from assessprep_xblock.domain.sessions.queries import settings_of
from devlms import factories
from tests.browser.test_library import RUN_AXE, signed_in
from tests.browser.test_main_job import AXE, SCREENS, SPILLS
from tests.domain import district as d
from tests.patience import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(live_server: Any) -> Any:
    """A school with two classes and the assessment in its course."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    cache.clear()
    district = d.make_district()
    d.place(district, district.a)
    district.site = live_server.url
    return district


def tab_to(page: Any, target: Any) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse does."""
    target.wait_for()
    for _press in range(120):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {target}")


def look(page: Any, world: Any, name: str) -> list[str]:
    """Pictures at both widths, and what is wrong with the page."""
    wrong = []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=str(SCREENS / f"sessions-{name}-{width}.png"), full_page=True, animations="disabled")
        wrong += [f"{name} at {width}: {one}" for one in page.evaluate(SPILLS)]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate(AXE)
    return wrong + [f"{name}: {one}" for one in page.evaluate(RUN_AXE)]


def test_a_session_is_added_its_list_pasted_and_published_by_the_keyboard_alone(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "staff-a")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(world.site + reverse("assessprep:course", args=[str(world.a.course_key)]))
    tab_to(page, page.get_by_role("link", name="Add Session").first)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Name of the session"))
    page.keyboard.type("Room 12")
    tab_to(page, page.get_by_label("7A", exact=True))
    page.keyboard.press("Space")
    page.get_by_text("These settings assign 2 students.").wait_for()
    tab_to(page, page.locator("#session-list summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("User names or e-mail addresses, one on each line"))
    page.keyboard.type("student-a-03\nnobody-here\nstudent-b-01\nstudent-a-03")
    tab_to(page, page.get_by_role("button", name="Look them up"))
    page.keyboard.press("Enter")
    page.get_by_text("Found: 1 of 4. Unknown: 1. Not enrolled: 1. Twice: 1.").wait_for()
    wrong += look(page, world, "list")
    tab_to(page, page.get_by_role("button", name="Add those found (1)"))
    page.keyboard.press("Enter")
    page.get_by_text("These settings assign 3 students.").wait_for()
    tab_to(page, page.get_by_role("button", name="Create draft"))
    page.keyboard.press("Enter")
    publish = page.get_by_role("button", name="Publish", exact=True)
    publish.wait_for()
    other = page.context.new_page()
    other.goto(page.url)
    tab_to(page, publish)
    page.keyboard.press("Enter")
    page.locator(".ap-code").wait_for()
    session = AssessmentSession.objects.get()
    # The tab that came second sees the same result, and reads why.
    other.get_by_role("button", name="Publish", exact=True).click()
    other.get_by_text("This session is already published.").wait_for()
    assert other.locator("#session-code").inner_text() == session.live_code
    other.close()
    assert (session.lifecycle, session.n_assigned) == ("published", 3)
    # The code: into the clipboard, and as large as the screen allows.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the code").press("Enter")
    page.locator("#assessprep-messages .ap-notice-good").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == session.live_code
    page.get_by_role("link", name="Show on a screen").press("Enter")
    page.get_by_role("button", name="Full screen").press("Enter")
    page.wait_for_function("document.fullscreenElement !== null")
    page.context.close()
    assert wrong == []


def test_what_is_typed_before_the_script_is_there_counts_and_pressing_does_nothing(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "staff-a")
    held: list[Any] = []
    # The first one waits until it is let go; later pages have theirs at once.
    page.route("**/staff/fields.js", lambda route: route.continue_() if held else held.append(route))
    new = world.site + reverse("assessprep:session_new", args=[str(world.a.course_key), world.assessment.uuid])
    page.goto(new, wait_until="commit")
    page.wait_for_selector("#session-form [type=submit]", state="attached")
    # As somebody on a slow line does it: the page is there, its script is not.
    page.evaluate(
        """() => {
            const form = document.getElementById("session-form");
            form.elements.name.value = "Room 12";
            form.querySelector('[data-setting="duration_s"] [data-value]').value = "25";
            form.querySelector("input[name=class]").checked = true;
            form.requestSubmit();
        }"""
    )
    eventually(lambda: held, page=page)
    assert page.url == new
    held[0].continue_()
    page.get_by_role("button", name="Create draft").click()
    page.get_by_role("button", name="Publish", exact=True).wait_for()
    session = AssessmentSession.objects.get()
    assert (session.name, settings_of(session)["duration_s"]) == ("Room 12", 1500)
    assert len(session.roster["classes"]) == 1
    page.context.close()


def test_times_are_typed_and_read_by_the_school_s_clocks_on_both_sides_of_a_change(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "staff-a", timezone_id="Asia/Kolkata")
    page.goto(world.site + reverse("assessprep:session_new", args=[str(world.a.course_key), world.assessment.uuid]))

    def field(name: str) -> Any:
        return page.locator(f'[data-setting="{name}"] [data-value]')

    page.get_by_label("Name of the session").fill("Room 12")
    for name, typed in (
        ("time_zone", "Europe/Berlin"),
        ("opens_at", "2027-03-28T02:30"),
        ("closes_at", "2027-03-29T09:00"),
    ):
        for folded in page.locator("details:not([open])").all():
            if folded.locator(f'[data-setting="{name}"]').count():
                folded.locator("summary").first.click()
        field(name).fill(typed)
    # Clocks are put forward at two that night: half past two is no time at all.
    page.get_by_role("button", name="Create draft").click()
    page.get_by_text("Clocks are put forward then: this time does not exist.").wait_for()
    assert not AssessmentSession.objects.exists()
    field("opens_at").fill("2027-03-27T09:00")
    page.get_by_role("button", name="Create draft").click()
    page.get_by_role("button", name="Publish", exact=True).wait_for()
    session = AssessmentSession.objects.get()
    # The same hour of the school's day, on either side of the change.
    assert [session.overrides[name][:16] for name in ("opens_at", "closes_at")] == ["2027-03-27T08:00", "2027-03-29T07:00"]
    told = page.locator("#session-facts + dl time")
    assert [one for one in told.all_inner_texts() if "9:00" not in one or "Europe/Berlin" not in one] == []
    assert told.count() == 2
    page.goto(world.site + reverse("assessprep:session_edit", args=[session.uuid]))
    assert [field(name).input_value() for name in ("opens_at", "closes_at")] == ["2027-03-27T09:00", "2027-03-29T09:00"]
    page.context.close()


def test_a_refusal_calls_a_field_as_the_form_does_in_the_reader_s_language(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "staff-a")
    page.context.add_cookies([{"name": "django_language", "value": "ar", "url": world.site}])
    page.goto(world.site + reverse("assessprep:session_new", args=[str(world.a.course_key), world.assessment.uuid]))
    page.locator("#session-name").fill("7A")
    page.locator("#set-duration_s").fill("99999")
    page.locator("#session-form [type=submit]").click()
    wrong = page.locator("#wrong-duration_s")
    wrong.filter(has_text=re.compile(r"\S")).wait_for()
    label = page.locator('label[for="set-duration_s"]').inner_text()
    assert f"«{label}»" in wrong.inner_text()
    assert "duration_s" not in wrong.inner_text()
    page.context.close()


def test_many_sessions_are_checked_and_made_at_once_in_both_directions_of_writing(browser: Any, world: Any) -> None:
    page = signed_in(browser, world, "staff-a")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    key = str(world.a.course_key)
    page.goto(world.site + reverse("assessprep:sessions", args=[key]))
    page.get_by_role("link", name="Add several sessions").click()
    page.get_by_label("Assessment").select_option(index=1)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Out of a CSV file").check()
    table = "name,classes\nGood,7A\nBad,9Z\n"
    page.get_by_label("CSV file", exact=True).set_input_files(
        {"name": "sessions.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("1 row has a problem. Nothing is made.").wait_for()
    assert not page.get_by_role("button", name=re.compile("^Make")).is_visible()
    wrong += look(page, world, "together-file")
    page.get_by_label("One session for each class").check()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("2 sessions can be made.").wait_for()
    assert page.locator("#together-plan-title").evaluate("one => one === document.activeElement")
    wrong += look(page, world, "together-classes")
    page.get_by_role("button", name="Make 2 sessions").click()
    page.get_by_role("link", name="7B").wait_for()
    assert AssessmentSession.objects.count() == 2
    page.context.add_cookies([{"name": "django_language", "value": "ar", "url": world.site}])
    together = reverse("assessprep:sessions_together", args=[key])
    for name, address in (("together", f"{together}?assessment={world.assessment.uuid}"), ("list", _new(world))):
        page.goto(world.site + address)
        assert page.evaluate("getComputedStyle(document.querySelector('#assessprep-page')).direction") == "rtl"
        page.screenshot(path=str(SCREENS / f"sessions-{name}-ar.png"), full_page=True, animations="disabled")
        wrong += [f"{name} from right to left: {one}" for one in page.evaluate(SPILLS)]
    page.context.close()
    assert wrong == []


def test_an_invigilator_without_a_role_reads_her_sessions_on_every_screen(browser: Any, world: Any) -> None:
    session = d.published(world, world.a, name="Room 12")
    other = d.draft(world, world.b, name="Hall")
    type(other).objects.filter(pk=other.pk).update(lifecycle="published")
    aunt = factories.make_user("aunt")
    for one, level in ((session, "invigilator"), (other, "chief")):
        Invigilator.objects.create(session=one, user=aunt, level=level)
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(world.site + reverse("assessprep:rooms"))
    page.locator("input[name=username]").fill("aunt")
    page.locator("input[name=password]").fill(django_settings.DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Room 12").wait_for()
    wrong += look(page, world, "rooms")
    page.get_by_role("link", name="Room 12").click()
    page.get_by_role("heading", name="Monitor: Room 12").wait_for()
    page.get_by_role("link", name="Sessions you watch").click()
    page.get_by_role("link", name="Hall").wait_for()
    page.context.add_cookies([{"name": "django_language", "value": "ar", "url": world.site}])
    page.reload()
    page.screenshot(path=str(SCREENS / "sessions-rooms-ar.png"), full_page=True, animations="disabled")
    wrong += page.evaluate(SPILLS)
    page.context.close()
    assert wrong == []


def _new(world: Any) -> str:
    return reverse("assessprep:session_new", args=[str(world.a.course_key), world.assessment.uuid])
