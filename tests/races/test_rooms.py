"""Races of a room with those who come, watch and listen: codes, archives, pauses at the very end, beats, announcements, and
the Monitor's cursor."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_answers, actions_running, actions_settle, presence
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import queries
from assessprep_xblock.domain.monitoring.notices import announcements_for
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions import actions_life
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms.models import Enrolment
from tests.bare import add_session, room
from tests.races.test_attempts import begin, check_books, codes_of, join, no_deadlock  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def test_the_old_code_against_a_new_one_lets_in_or_does_not_and_the_new_one_always_does(now, threads):
    place = room(now, learners=ROUNDS)
    about = {"session_uuid": place.session.uuid, "by": place.staff, "now": now}
    for learner in place.learners:
        old = place.reload().live_code
        joined, rotated = threads(partial(join, place, learner, now, old), partial(actions_life.rotate_code, **about))
        assert codes_of([rotated]) == []
        there = Attempt.objects.filter(learner_id=learner).exists()
        assert there == (not isinstance(joined, Exception))
        assert codes_of([joined]) == ([] if there else ["code_wrong"])
        assert place.reload().live_code != old
        join(place, learner, now, place.reload().live_code)
        assert Attempt.objects.filter(learner_id=learner).count() == 1
    check_books(place)


@pytest.mark.parametrize("close", ["archive_session", "unpublish_session"])
def test_a_start_against_the_end_of_a_session_runs_in_a_session_that_is_open_or_not_at_all(now, threads, close):
    place = room(now, learners=1)
    for number in range(1, 4):
        place = again(place, now, number)
        learner = place.learners[0]
        attempt = join(place, learner, now, place.session.live_code).attempt
        started, closed = threads(
            partial(actions_running.start, attempt_uuid=attempt.uuid, by=learner, now=now),
            partial(getattr(actions_life, close), session_uuid=place.session.uuid, by=place.staff, now=now),
        )
        refused = codes_of([started, closed])
        row = Attempt.objects.get(pk=attempt.pk)
        if row.status == "in_progress":
            assert place.reload().lifecycle == "published", "whoever works is in a session that is open"
            assert len(refused) == 1 and isinstance(closed, Refusal)
        else:
            # A session that somebody has joined is not put back to a draft: then both may be told no.
            assert (row.status, isinstance(started, Refusal)) == ("joined", True)
        assert place.counters() == place.counted()
        # Out of the way of the next round.
        Attempt.objects.filter(pk=attempt.pk).update(status="submitted", submitted_at=now)


@pytest.mark.parametrize("away", ["delete_session", "unpublish_session", "archive_session"])
def test_whoever_joins_while_the_session_is_taken_away_is_in_it_or_outside_and_never_in_nothing(now, threads, away):
    place = room(now, learners=1)
    for number in range(1, ROUNDS):
        place = again(place, now, number)
        session, learner = place.session, place.learners[0]
        joined, gone = threads(
            partial(join, place, learner, now, session.live_code),
            partial(getattr(sessions, away), session_uuid=session.uuid, by=place.staff, now=now),
        )
        refused = codes_of([joined, gone])
        attempts = Attempt.objects.filter(learner_id=learner)
        assert attempts.count() == (not isinstance(joined, Exception))
        if away == "archive_session":
            # Who waits is sent away by an archive; both may be done, one after the other.
            assert gone is None or gone.lifecycle == "archived"
            assert set(refused) <= {"code_wrong"}
        elif attempts.exists():
            assert refused == ["has_attempts"] and place.reload().lifecycle == "published"
        else:
            # To her it is a code like any other that opens nothing.
            assert refused == ["code_wrong"]
            assert AssessmentSession.objects.filter(pk=session.pk).exists() == (away == "unpublish_session")
        if AssessmentSession.objects.filter(pk=session.pk).exists():
            assert place.counters() == place.counted()
        Attempt.objects.filter(learner_id=learner).update(status="submitted", submitted_at=now)


def again(place: Any, now: Any, number: int) -> Any:
    """Another room of the same placement with a learner of its own."""
    session = add_session(place.session.placement, place.staff, now, name=f"Room {number}", code=f"6{number:03}")
    learner = get_user_model().objects.create(username=f"late{number}", email=f"late{number}@example.com").pk
    Enrolment.objects.create(user_id=learner, course_key=session.course_key)
    return replace(place, session=session, learners=[learner])


def test_a_pause_in_the_last_second_against_the_sweep_pauses_or_hands_in_and_never_both(now, threads):
    place = room(now, learners=ROUNDS, duration_s=600, network_grace_s=0)
    for learner in place.learners:
        begun = begin(place, learner, now)
        attempt = Attempt.objects.get(uuid=begun)
        about: dict[str, Any] = {"session_id": place.session.pk, "by": place.staff, "reason": ""}
        last = now + timedelta(seconds=599)
        paused, settled = threads(
            partial(monitoring.pause, **about, attempts=[begun], now=last),
            partial(actions_settle.settle, session_id=place.session.pk, now=now + timedelta(seconds=601)),
        )
        assert codes_of([settled]) == []
        attempt.refresh_from_db()
        if attempt.status == "in_progress":
            assert attempt.hold_us is not None and paused["rows"][0]["done"]
            monitoring.submit(**about, attempts=[begun], now=last)
        else:
            assert attempt.status == "submitted" and attempt.end_reason == "clock"
        assert attempt.ended_us is None or attempt.hold_us is None
    check_books(place)


def test_a_late_heartbeat_against_a_submit_revives_nothing(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        begun = begin(place, learner, now)
        pk = Attempt.objects.values_list("pk", flat=True).get(uuid=begun)
        sign = presence.Sign(place.session.pk, focus_lost=2, heard_announcement=1)
        outcomes = threads(
            partial(actions_running.submit, attempt_uuid=begun, by=learner, now=now + timedelta(seconds=30)),
            partial(presence.note, attempt_id=pk, sign=sign, now=now + timedelta(seconds=31)),
            partial(presence.note, attempt_id=pk, sign=sign, now=now + timedelta(seconds=29)),
        )
        assert codes_of(outcomes) == []
        row = Attempt.objects.get(pk=pk)
        assert (row.status, row.submitted_at) == ("submitted", now + timedelta(seconds=30))
    check_books(place)


def test_what_is_announced_while_a_page_polls_is_heard_exactly_once(now, threads):
    place = room(now, learners=1)
    begun = Attempt.objects.get(uuid=begin(place, place.learners[0], now))
    heard: list[dict[str, Any]] = []

    def hear() -> None:
        after = max((one["number"] for one in heard), default=0)
        heard.extend(announcements_for(session_id=place.session.pk, attempt_id=begun.pk, after=after))

    def announce(text: str) -> Callable[[], Any]:
        about: dict[str, Any] = {"session_id": place.session.pk, "by": place.staff, "attempts": "all", "now": now}
        return partial(monitoring.announce, **about, text=text, request_id=uuid.uuid4())

    for number in range(ROUNDS):
        polls = [hear for _again in range(5)]
        outcomes = threads(announce(f"a{number}"), announce(f"b{number}"), lambda polls=polls: [poll() for poll in polls])
        assert codes_of(outcomes) == []
    hear()
    assert sorted(one["text"] for one in heard) == sorted(f"{who}{number}" for who in "ab" for number in range(ROUNDS))


def test_the_monitor_s_cursor_misses_nothing_of_what_is_committed_out_of_order(now, threads):
    place = room(timezone.now(), learners=ROUNDS)
    begun = [begin(place, learner, timezone.now()) for learner in place.learners]
    seen: dict[int, dict[str, Any]] = {}
    token = ""

    def look() -> None:
        nonlocal token
        told = queries.monitor(place.reload(), since=token, now=timezone.now())
        if told is None:
            return
        token = told["since"]
        for row in told["rows"]:
            seen[row["learner"]] = {**seen.get(row["learner"], {}), **row}

    look()
    item = place.questions[0].item
    for learner, attempt in zip(place.learners, begun, strict=True):
        call = {"session_id": place.session.pk, "by": place.staff, "attempts": [attempt]}
        outcomes = threads(
            lambda call=call: monitoring.extend(**call, seconds=60, reason="", request_id=uuid.uuid4(), now=timezone.now()),
            lambda learner=learner, attempt=attempt: actions_answers.save_answer(
                attempt_uuid=attempt,
                by=learner,
                item=item,
                values={f"input_{item}_2_1": "1"},
                revision=1,
                written_at=None,
                now=timezone.now(),
            ),
            look,
        )
        assert codes_of(outcomes) == []
    look()
    assert {row["learner"]: (row["granted_s"], row["answered"]) for row in seen.values()} == dict.fromkeys(
        place.learners, (60, 1)
    )
