"""Chapter 3, step 3 of the guide, "Configure delivery settings": what settings do to a student that no other chapter tells.

Which test shows the effect of each setting is a table in ``tests/domain/test_catalogue.py``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_answers, actions_running, actions_settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms import get_lms
from tests.tables import rows_of
from tests.world import Page, World, begun, delivered, entered

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def test_the_lead_time_lets_students_in_to_wait_so_long_before_the_opening_and_no_longer():
    now = timezone.now()
    world = delivered(now, opens_at=(now + 10 * MINUTE).isoformat(), lead_time_s=1200)
    assert entered(world).start().json()["code"] == "not_open_yet"
    shorter = delivered_again(world, lead_time_s=60)
    refused = Page(world.learners[1]).verify(world, shorter.live_code)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_open_yet")


def delivered_again(world: World, **changes: Any) -> Any:
    """Another session of the same placement, as the first one but for these settings."""
    return world.add_session("Another", **{**world.reload().overrides, **changes})


@pytest.mark.parametrize(("at_close", "status"), [("cut", "submitted"), ("let_finish", "in_progress")])
def test_at_the_close_the_test_ends_for_everybody_or_who_has_started_may_finish(at_close, status):
    now = timezone.now()
    world = delivered(now, closes_at=(now + 5 * MINUTE).isoformat(), duration_s=1800, at_close=at_close)
    page = begun(world)
    left = page.call("GET", f"attempts/{page.state['attempt']}").json()["left_ms"]
    assert (left <= 5 * 60_000) is (at_close == "cut")
    actions_settle.settle(session_id=world.session.pk, now=now + 6 * MINUTE)
    assert Attempt.objects.get().status == status
    # Nobody begins after the close, whatever those inside may do.
    late = entered(world, 1)
    with pytest.raises(Refusal) as refused:
        actions_running.start(attempt_uuid=late.state["attempt"], by=world.learners[1].pk, now=now + 6 * MINUTE)
    assert refused.value.code == "session_closed"


@pytest.mark.parametrize(("focus", "counted"), [("record", 3), ("off", 0)])
def test_how_often_the_page_was_left_is_counted_or_not_recorded_at_all(focus, counted):
    """Where it is off nothing is kept, whatever a page sends: an old one, or one that somebody wrote."""
    cache.clear()
    world = delivered(timezone.now(), focus=focus)
    page = begun(world)
    assert page.state["focus"] == focus
    assert page.beat(focus_lost=3).status_code in (200, 204)
    attempt = Attempt.objects.get()
    assert (attempt.focus_lost, attempt.focus_lost_at is not None) == (counted, counted > 0)
    told = Page(world.staff).call("GET", f"sessions/{world.session.uuid}/monitor").json()
    row = next(row for row in rows_of(told) if row["attempt"])
    assert row["focus_lost"] == counted
    # A new page of the same student begins to count where it stood.
    again = page.call("GET", f"attempts/{page.state['attempt']}").json()
    assert again["focus_lost"] == counted


@pytest.mark.parametrize(("spellcheck", "asked"), [(True, "true"), (False, "false")])
def test_the_browser_is_asked_for_its_spelling_help_in_the_answers_or_asked_to_give_none(spellcheck, asked):
    world = delivered(timezone.now(), spellcheck=spellcheck)
    begun(world)
    page = Page(world.learners[0]).client.get(get_lms().block_url(world.usage_key)).content.decode()
    # Inputs have no word of their own on it: they follow what stands around them.
    around, questions = page.split('<div class="ap-questions"')[1].split(">", 1)
    assert f'spellcheck="{asked}"' in around
    assert "input_" in questions


def test_tools_their_link_instructions_and_warnings_reach_the_student_s_page():
    settings = {
        "tools": "A ruler, and the formula sheet.",
        "tool_link": "https://example.org/calculator",
        "instructions": "Write in full sentences.",
        "warn_at": [15, 2],
        "time_zone": "Pacific/Auckland",
    }
    world = delivered(timezone.now(), **settings)
    state = begun(world).state
    assert {name: state[name] for name in ("tools", "tool_link", "instructions", "time_zone")} == {
        name: settings[name] for name in ("tools", "tool_link", "instructions", "time_zone")
    }
    assert state["warn_at_s"] == [900, 120]


@pytest.mark.parametrize("show_correctness", [True, False])
def test_with_released_results_the_questions_are_shown_again_with_right_and_wrong_or_not(show_correctness):
    world = delivered(timezone.now(), release="on_submit", show_correctness=show_correctness)
    page = begun(world)
    page.save(world.questions[0].item, world.answers(0))
    page.submit()
    state = page.call("GET", f"attempts/{page.state['attempt']}").json()
    assert state["review"] is show_correctness
    shown = Page(world.learners[0]).client.get(get_lms().block_url(world.usage_key)).content.decode()
    assert ("What is a force?" in shown) is show_correctness


def test_an_answer_on_its_way_is_taken_for_the_grace_of_the_network_and_no_longer():
    now = timezone.now()
    world = delivered(now, duration_s=600, network_grace_s=30)
    attempt = begun(world).state["attempt"]
    over = timezone.now() + timedelta(seconds=600)
    written = {"written_at": None, "attempt_uuid": attempt, "by": world.learners[0].pk, "item": world.questions[0].item}

    def arrives(after_s: int, revision: int) -> None:
        values = world.answers(0)
        actions_answers.save_answer(**written, values=values, revision=revision, now=over + timedelta(seconds=after_s))

    arrives(20, 1)
    with pytest.raises(Refusal) as refused:
        arrives(31, 2)
    assert refused.value.code == "time_over"
