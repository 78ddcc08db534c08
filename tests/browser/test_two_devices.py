"""One student on two devices that both type: what is kept, what each of them is told, and what staff see."""

from __future__ import annotations

from typing import Any

import pytest

from assessprep_xblock.domain.attempts.models import AnswerDraft
from tests.bare import Room
from tests.browser.test_monitor import watch  # noqa: F401  (a fixture)
from tests.browser.test_student import Student, _quick_and_fresh, five_kinds, student  # noqa: F401  (fixtures)
from tests.patience import eventually
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNIT = "What is the unit of force?"
SPEED = "How fast is it, in metres per second?"
TOO = "Your test is open on another device, too"
TAKEN_OVER = "Taken over from your other device, where you wrote later."


def typed(world: World) -> dict[int, list[str]]:
    """What the server holds, by the question's place."""
    drafts = AnswerDraft.objects.filter(attempt__learner=world.learners[0]).select_related("question")
    return {draft.question.position: list(draft.values.values()) for draft in drafts}


def write(one: Student, label: str, text: str) -> None:
    one.page.get_by_label(label).fill(text)
    one.saved()


def taken_over(one: Student, label: str) -> None:
    """Wait until this device says of this very question that the other one's words stand in it: others may say so, too."""
    question = one.page.locator(".ap-question", has=one.page.get_by_label(label))
    question.get_by_text(TAKEN_OVER).wait_for()


def at(label: str, text: str) -> str:
    """In the page: whether the field with this label holds this text."""
    return f"""() => [...document.querySelectorAll('.ap-question')].some((one) => one.textContent.includes({label!r})
        && [...one.querySelectorAll('input')].some((field) => field.value === {text!r}))"""


def test_where_both_may_go_on_each_shows_what_the_other_saved_and_the_last_writing_counts(student: Any, watch: Any) -> None:  # noqa: F811
    world = five_kinds(second_device="allow")
    one = student(world)
    one.begin()
    other = student(world)
    other.page.get_by_label(UNIT).wait_for()
    for each in (one, other):
        each.page.get_by_text(TOO).wait_for()
    # Different questions: nothing stands in the other's way, and each soon shows both.
    write(one, SPEED, "3.5")
    write(other, UNIT, "newton")
    one.page.wait_for_function(at(UNIT, "newton"))
    other.page.wait_for_function(at(SPEED, "3.5"))
    assert typed(world) == {1: ["3.5"], 2: ["newton"]}
    # The same question, the second without having seen what the first wrote: the later writing counts, the first is told.
    other.context.set_offline(True)
    write(one, UNIT, "joule")
    other.page.get_by_label(UNIT).fill("watt")
    other.context.set_offline(False)
    taken_over(one, UNIT)
    one.page.wait_for_function(at(UNIT, "watt"))
    other.saved()
    assert typed(world) == {1: ["3.5"], 2: ["watt"]}
    one.picture("23-two-devices")
    # And back again.
    write(one, UNIT, "newtons")
    taken_over(other, UNIT)
    other.page.wait_for_function(at(UNIT, "newtons"))
    staff = watch(Room(world.session, [world.learners[0].pk], world.staff.pk, world.usage_key, world.questions))
    staff.row(0).get_by_text("Second device").wait_for()
    other.page.get_by_role("button", name="Submit", exact=True).click()
    other.page.get_by_role("button", name="Yes, submit the test").click()
    other.page.get_by_role("heading", name="Handed in").wait_for()
    assert typed(world) == {1: ["3.5"], 2: ["newtons"]}


def test_where_the_test_moves_what_was_typed_before_on_the_first_device_is_kept(student: Any) -> None:  # noqa: F811
    world = five_kinds(second_device="move")
    one = student(world)
    one.begin()
    write(one, SPEED, "3.5")
    other = student(world)
    other.page.get_by_role("button", name="Go on here").wait_for()
    # Typed without a connection before the test went elsewhere, arriving after it did.
    one.context.set_offline(True)
    one.page.get_by_label(UNIT).fill("newton")
    one.page.get_by_text("Not saved yet. Trying again.").first.wait_for()
    other.page.get_by_role("button", name="Go on here").click()
    other.page.get_by_label(SPEED).wait_for()
    other.page.wait_for_function(at(SPEED, "3.5"))
    one.context.set_offline(False)
    one.page.get_by_role("heading", name="Your test is open on another device").wait_for()
    assert one.page.get_by_label(UNIT).is_hidden()
    # What waited is sent spread over a moment, so that a room that comes back is no storm.
    eventually(lambda: typed(world).get(2) == ["newton"], page=one.page)
    # The page on which the test goes on shows it without being loaded again, and keeps what was typed there meanwhile.
    other.page.wait_for_function(at(UNIT, "newton"))
    other.page.wait_for_function(at(SPEED, "3.5"))
    write(other, SPEED, "4.5")
    assert typed(world) == {1: ["4.5"], 2: ["newton"]}


def test_where_a_second_device_is_refused_staff_see_it_and_let_the_student_go_on_there(student: Any, watch: Any) -> None:  # noqa: F811
    world = five_kinds(second_device="refuse")
    one = student(world)
    one.begin()
    write(one, UNIT, "newton")
    other = student(world)
    other.page.get_by_text("ask your teacher to let you go on here").wait_for()
    assert "What is a force?" not in other.page.content()
    other.picture("24-second-device-refused")
    staff = watch(Room(world.session, [world.learners[0].pk], world.staff.pk, world.usage_key, world.questions))
    staff.row(0).get_by_text("Second device").wait_for()
    staff.choose(0)
    staff.press("Let back")
    staff.confirm()
    other.page.get_by_label(UNIT).wait_for()
    other.page.wait_for_function(at(UNIT, "newton"))
    one.page.get_by_role("heading", name="Your test is open on another device").wait_for()
    write(other, UNIT, "newtons")
    assert typed(world) == {2: ["newtons"]}
