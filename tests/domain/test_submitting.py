"""What a submit writes down: why the test ended, when, and whether it goes to the platform now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assessprep_xblock.domain.attempts import actions_entry, actions_running, actions_settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.shared.winning import Lost
from tests.bare import CODE, room

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def begun(place, now) -> Attempt:
    learner = place.learners[0]
    joined = actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=CODE, now=now).attempt
    actions_running.start(attempt_uuid=joined.uuid, by=learner, now=now)
    return Attempt.objects.get(pk=joined.pk)


def submitted(attempt: Attempt, now) -> Attempt:
    actions_running.submit(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=now)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.submitted_at) == ("submitted", now)
    return attempt


def test_who_submits_in_time_has_ended_it_herself_at_that_moment(now):
    attempt = submitted(begun(room(now, duration_s=600), now), now + 3 * MINUTE)
    assert (attempt.end_reason, attempt.ended_at) == ("learner", now + 3 * MINUTE)


def test_who_submits_after_the_end_keeps_why_and_when_it_ended(now):
    place = room(now, duration_s=600)
    attempt = begun(place, now)
    call = {"session_id": place.session.pk, "by": place.staff, "attempts": [attempt.uuid], "reason": ""}
    monitoring.end(**call, now=now + 2 * MINUTE)
    attempt = submitted(attempt, now + 3 * MINUTE)
    assert (attempt.end_reason, attempt.ended_at) == ("staff", now + 2 * MINUTE)


@pytest.mark.parametrize(("closes", "reason", "minutes"), [(None, "clock", 10), (20, "clock", 10), (4, "close", 4)])
def test_who_submits_when_the_time_is_over_ended_when_it_was(now, closes, reason, minutes):
    settings = {} if closes is None else {"closes_at": (now + closes * MINUTE).isoformat()}
    place = room(now, duration_s=600, network_grace_s=60, **settings)
    attempt = submitted(begun(place, now), now + minutes * MINUTE + MINUTE / 2)
    assert (attempt.end_reason, attempt.ended_at) == (reason, now + minutes * MINUTE)


@pytest.mark.parametrize(("closes", "reason", "minutes"), [(20, "clock", 10), (4, "close", 4)])
def test_who_never_comes_back_is_settled_with_the_same_words(now, closes, reason, minutes):
    place = room(now, duration_s=600, closes_at=(now + closes * MINUTE).isoformat())
    attempt = begun(place, now)
    late = now + timedelta(hours=2)
    assert actions_settle.settle(session_id=place.session.pk, now=late).submitted == 1
    attempt.refresh_from_db()
    assert (attempt.status, attempt.submitted_at) == ("submitted", late)
    assert (attempt.end_reason, attempt.ended_at) == (reason, now + minutes * MINUTE)


@pytest.mark.parametrize(
    ("settings", "handin"),
    [
        ({"release": "on_submit"}, "pending"),
        ({"release": "on_submit", "show_score": False}, "none"),
        ({"release": "manual"}, "none"),
    ],
)
def test_it_goes_to_the_platform_now_where_results_are_out_and_scores_are_shown(now, settings, handin):
    attempt = submitted(begun(room(now, **settings), now), now + MINUTE)
    assert (attempt.handin, attempt.scoring) == (handin, "pending")


@pytest.mark.parametrize("saved_since", [False, True])
def test_the_receipt_counts_an_answer_that_was_saved_since_the_attempt_was_read(now, saved_since):
    attempt = begun(room(now), now)
    if saved_since:
        Attempt.objects.filter(pk=attempt.pk).update(answered=1)
    where = {"pk": attempt.pk, "status": "in_progress", "voided": False}
    assert actions_running.hand_over(attempt, where, {"status": "submitted", "submitted_at": now}) == int(saved_since)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.answered) == ("submitted", int(saved_since))
    with pytest.raises(Lost):
        actions_running.hand_over(attempt, where, {"status": "submitted", "submitted_at": now})
