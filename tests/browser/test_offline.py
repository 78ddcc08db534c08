"""A long time without a connection, and past the deadline: the page's clock is put forward, and nothing is waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db.models import F
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_settle import settle
from assessprep_xblock.domain.attempts.models import Attempt, ContactGap
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.clock import SECOND
from tests.browser.test_student import Student, _drafts, _quick_and_fresh, five_kinds, student  # noqa: F401  (fixtures)
from tests.browser.test_student_settings import look
from tests.patience import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNIT = "What is the unit of force?"
SPEED = "How fast is it, in metres per second?"
KEPT = "The time for answering is over. What you wrote in time is kept on this device"


def shut(one: Student) -> bool:
    """Whether nothing can be typed into the questions any more."""
    return bool(one.page.locator(".ap-questions").evaluate("one => one.inert"))


def past_the_deadline(one: Student) -> None:
    """Some seconds before the end the connection goes, an answer is written, and the end comes."""
    world = one.world
    due = int(timezone.now().timestamp() * SECOND) + 20 * SECOND
    Attempt.objects.filter(pk=one.attempt.pk).update(due_us=due)
    said = {"session_id": world.session.pk, "attempts": "all", "by": world.staff.pk, "now": timezone.now()}
    monitoring.announce(**said, request_id=uuid4(), text="Nearly over.", acknowledge=False)
    one.page.get_by_text("Nearly over.").wait_for()
    one.context.set_offline(True)
    one.page.get_by_label(UNIT).fill("newton")
    one.page.get_by_text("No connection.").first.wait_for()
    assert not shut(one)
    # The page's own clock, and the server's: the end is as far away for both.
    one.page.clock.fast_forward(20_000)
    one.page.get_by_text(KEPT).wait_for()
    assert shut(one)
    # Whoever finds a way to type all the same changes nothing of what waits.
    one.page.get_by_label(UNIT).evaluate(
        "one => { one.value = 'too late'; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    )


def test_ten_minutes_without_a_connection_lose_nothing_and_are_told_to_staff(student: Any) -> None:  # noqa: F811
    one = student(five_kinds(duration_s=3600))
    one.page.clock.install()
    one.page.reload()
    one.begin()
    page = one.page
    page.get_by_label(SPEED).fill("3.5")
    one.saved()
    one.context.set_offline(True)
    page.get_by_label(UNIT).fill("newton")
    page.get_by_text("Not saved yet. Trying again.").first.wait_for()
    page.clock.fast_forward(300_000)
    page.get_by_label("A push or a pull").check()
    page.clock.fast_forward(300_000)
    assert _drafts(one.attempt).keys() == {1}
    assert page.get_by_label(UNIT).input_value() == "newton"
    minutes, _seconds = page.locator(".ap-clock").inner_text().split(":")
    assert 45 < int(minutes) < 51, "the clock goes on: nobody but the server stops it"
    # For the server these ten minutes pass by what it knows lying ten minutes back.
    ago = timezone.now() - timedelta(minutes=10)
    Attempt.objects.update(due_us=F("due_us") - 600 * SECOND, last_seen_at=ago)
    cache.clear()
    one.context.set_offline(False)
    page.clock.run_for(70_000)
    one.saved()
    page.get_by_text("No connection.").wait_for(state="hidden")
    drafts = _drafts(one.attempt)
    assert drafts.keys() == {0, 1, 2}
    assert list(drafts[2].values()) == ["newton"]
    # What happened in between stands in the log: a silence of ten minutes, but for the minute the table may be behind.
    eventually(lambda: [gap for gap in ContactGap.objects.all() if gap.until - gap.since >= timedelta(minutes=8)], page=page)


def test_what_was_written_in_time_comes_in_within_the_grace_and_what_was_not_does_not(student: Any) -> None:  # noqa: F811
    one = student(five_kinds(network_grace_s=300))
    one.page.clock.install()
    one.page.reload()
    one.begin()
    past_the_deadline(one)
    look(one, "30-over-without-connection")
    Attempt.objects.update(due_us=F("due_us") - 20 * SECOND)
    one.context.set_offline(False)
    one.page.clock.run_for(70_000)
    one.page.get_by_role("heading", name="Handed in").wait_for()
    one.page.get_by_text("The time was over. What you had saved is handed in.").wait_for()
    assert {place: list(values.values()) for place, values in _drafts(one.attempt).items()} == {2: ["newton"]}
    assert one.page.get_by_text("came too late").count() == 0


def test_who_comes_back_after_the_grace_reads_that_an_answer_came_too_late_and_keeps_it(student: Any) -> None:  # noqa: F811
    one = student(five_kinds(network_grace_s=10), width=320)
    one.page.clock.install()
    one.page.reload()
    one.begin()
    one.page.get_by_label(SPEED).fill("3.5")
    one.saved()
    past_the_deadline(one)
    Attempt.objects.update(due_us=F("due_us") - 40 * SECOND)
    settle(session_id=one.world.session.pk, now=timezone.now())
    assert one.attempt.status == "submitted"
    one.context.set_offline(False)
    one.page.clock.run_for(70_000)
    one.page.get_by_role("heading", name="Handed in").wait_for()
    one.page.get_by_text("1 answer on this device came too late and is not part of your test.").wait_for()
    look(one, "31-came-too-late-320")
    assert _drafts(one.attempt).keys() == {1}
    # A teacher who believes it opens the test again: what the device kept comes in.
    monitoring.reopen(
        session_id=one.world.session.pk,
        by=one.world.staff.pk,
        attempts=[one.attempt.uuid],
        reason="no network",
        seconds=600,
        now=timezone.now(),
    )
    one.page.reload()
    eventually(lambda: one.page.clock.run_for(2_000) or _drafts(one.attempt).keys() == {1, 2}, page=one.page)
    assert list(_drafts(one.attempt)[2].values()) == ["newton"]


def test_every_answer_that_came_too_late_is_counted_also_where_the_receipt_was_there_before(student: Any) -> None:  # noqa: F811
    one = student(five_kinds())
    one.begin()
    one.page.route("**/answers/*", lambda route: route.abort())
    one.page.get_by_label(UNIT).fill("newton")
    one.page.get_by_label(SPEED).fill("3.5")
    one.page.get_by_text("Not saved yet. Trying again.").nth(1).wait_for()
    Attempt.objects.update(due_us=F("due_us") - 7200 * SECOND)
    settle(session_id=one.world.session.pk, now=timezone.now())
    one.page.get_by_role("heading", name="Handed in").wait_for()
    one.page.unroute_all()
    one.page.get_by_text("2 answers on this device came too late and are not part of your test.").wait_for()
