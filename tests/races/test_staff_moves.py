"""Races on MariaDB between what staff do to one student and what the student, or the server, does at that moment."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

import pytest

from assessprep_xblock.domain.attempts import (
    actions_answers,
    actions_entry,
    actions_handin,
    actions_running,
    actions_settle,
)
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, ItemResult
from assessprep_xblock.domain.monitoring import actions as monitoring
from devlms.models import StudentModule
from tests.bare import Room, add_session, room
from tests.races.test_attempts import LATER, begin, check_books, codes_of, no_deadlock  # noqa: F401  (a fixture)
from tests.world import delivered

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

ROUNDS = 8
AFTER = 2 * LATER


def of(attempt_uuid) -> Attempt:
    return Attempt.objects.get(uuid=attempt_uuid)


def staff(action, place, attempts, now, **more):
    """One call of a staff member about these attempts."""
    return partial(action, session_id=place.session.pk, by=place.staff, attempts=attempts, reason="", now=now, **more)


def submit(attempt_uuid, learner, now):
    return partial(actions_running.submit, attempt_uuid=attempt_uuid, by=learner, now=now)


def save(place, attempt_uuid, learner, now):
    """One answer to the first question, which the student sees as saved where it is not refused."""
    item = place.questions[0].item
    return partial(
        actions_answers.save_answer,
        attempt_uuid=attempt_uuid,
        by=learner,
        item=item,
        values={f"input_{item}_2_1": "B"},
        revision=1,
        written_at=None,
        now=now,
    )


def done(answer) -> str:
    """What became of the one student that was asked for: "done" or the refusal's code."""
    [row] = answer["rows"]
    return "done" if row["done"] else row["code"]


def test_a_reopening_against_a_submit_leaves_the_test_running_or_handed_in(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt = begin(place, learner, now)
        monitoring.end(session_id=place.session.pk, by=place.staff, attempts=[attempt], reason="", now=now + LATER)
        reopened, handed_in = threads(
            staff(monitoring.reopen, place, [attempt], now + AFTER, seconds=60), submit(attempt, learner, now + AFTER)
        )
        assert codes_of([reopened, handed_in]) == []
        row = of(attempt)
        if row.status == "submitted":
            # The submit came last, so it handed in a test that ran again (or the reopening found nothing to reopen).
            assert row.submitted_at is not None and row.handin in ("pending", "done")
        else:
            # The reopening came last: nothing of the hand-in is left.
            assert done(reopened) == "done"
            assert (row.status, row.submitted_at, row.handin) == ("in_progress", None, "none")
    check_books(place)


def test_joining_again_beside_a_reopening_leaves_one_test_to_work_with(now, threads):
    """Who takes the assessment once more leaves the old attempt behind; staff reopen that one at this very moment."""
    world = delivered(now, learners=ROUNDS)
    again = world.add_session("Again", attempts_allowed=2)
    people = [learner.pk for learner in world.learners]
    place = Room(world.session, people, world.staff.pk, world.usage_key, world.questions)
    for learner in people:
        attempt = _joined(world, learner, now)
        submit(attempt, learner, now)()
        assert of(attempt).handin == "done"
        join = partial(actions_entry.verify_code, usage_key=world.usage_key, learner_id=learner, code=again.live_code)
        joined, reopened = threads(
            partial(join, now=now + LATER), staff(monitoring.reopen, place, [attempt], now + LATER, seconds=60)
        )
        codes = codes_of([joined, reopened])
        mine = list(Attempt.objects.filter(learner_id=learner).order_by("number"))
        if len(mine) == 2:
            # The new one came first: the old one stays handed in, and staff are told which one to work with.
            assert [one.status for one in mine] == ["submitted", "joined"]
            assert codes or done(reopened) == "taken_again"
        else:
            assert (mine[0].status, done(reopened), codes) == ("in_progress", "done", ["in_another_session"])
    assert place.counters() == place.counted()


def test_an_undo_against_the_sweep_gives_the_test_back_or_says_why_not(now, threads):
    place = room(now, learners=ROUNDS)
    over = now + timedelta(minutes=5)
    for learner in place.learners:
        attempt = begin(place, learner, now)
        ended = staff(monitoring.end, place, [attempt], now + LATER)()
        undo = partial(
            monitoring.undo,
            session_id=place.session.pk,
            by=place.staff,
            deed=uuid.UUID(ended["undo"]),
            reason="",
            now=over,
        )
        undone, settled = threads(undo, partial(actions_settle.settle, session_id=place.session.pk, now=over))
        assert codes_of([undone, settled]) == []
        # What the server settled is taken back too: either way the student goes on.
        assert (done(undone), of(attempt).status) == ("done", "in_progress")
        assert not ItemResult.objects.filter(attempt__uuid=attempt).exists()
    check_books(place)


def test_a_move_against_a_submit_happens_before_it_or_not_at_all(now, threads):
    place = room(now, learners=ROUNDS)
    other = add_session(place.session.placement, place.staff, now)
    there = Room(other, place.learners, place.staff, place.usage_key, place.questions)
    for learner in place.learners:
        attempt = begin(place, learner, now)
        move = staff(monitoring.move, place, [attempt], now + LATER, target=other.uuid)
        moved, handed_in = threads(move, submit(attempt, learner, now + LATER))
        assert codes_of([moved, handed_in]) == []
        assert of(attempt).status == "submitted"
        assert (of(attempt).session_id == other.pk) == (done(moved) == "done")
        assert done(moved) in ("done", "move_refused")
    for one in (place, there):
        assert one.counters() == one.counted()


def test_two_moves_the_opposite_ways_wait_for_each_other_and_lose_nobody(now, threads):
    place = room(now, learners=2 * ROUNDS)
    other = add_session(place.session.placement, place.staff, now)
    there = Room(other, place.learners, place.staff, place.usage_key, place.questions)
    attempts = [begin(place, learner, now) for learner in place.learners]
    here, away = attempts[:ROUNDS], attempts[ROUNDS:]
    staff(monitoring.move, place, away, now, target=other.uuid)()
    outcomes = threads(
        staff(monitoring.move, place, here, now + LATER, target=other.uuid),
        staff(monitoring.move, there, away, now + LATER, target=place.session.uuid),
    )
    assert codes_of(outcomes) == []
    assert all(row["done"] for answer in outcomes for row in answer["rows"])
    assert {of(attempt).session_id for attempt in here} == {other.pk}
    assert {of(attempt).session_id for attempt in away} == {place.session.pk}
    for one in (place, there):
        assert one.counters() == one.counted()


def test_a_void_against_the_hand_in_keeps_the_attempt_void_and_its_books_right(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt = begin(place, learner, now)
        submit(attempt, learner, now + LATER)()
        Attempt.objects.filter(uuid=attempt).update(handin="pending", scoring="pending")
        voided, handed_in = threads(
            staff(monitoring.void, place, [attempt], now + AFTER),
            partial(actions_handin.hand_in, attempt_id=of(attempt).pk, now=now + AFTER),
        )
        assert codes_of([voided, handed_in]) == []
        assert done(voided) == "done" and of(attempt).voided and of(attempt).status == "submitted"
    check_books(place)


def test_a_new_attempt_against_an_answer_keeps_what_was_acknowledged_with_the_old_one(now, threads):
    world = delivered(now, learners=ROUNDS)
    people = [learner.pk for learner in world.learners]
    place = Room(world.session, people, world.staff.pk, world.usage_key, world.questions)
    item = place.questions[0].item
    for learner in place.learners:
        attempt = Attempt.objects.get(uuid=_joined(world, learner, now))
        staff(monitoring.end, place, [attempt.uuid], now + LATER)()
        # Written in time, arriving within the network's grace, as the teacher gives a new attempt.
        late = partial(save(place, attempt.uuid, learner, now + LATER), values=world.answers(0), item=item)
        answered, renewed = threads(late, staff(monitoring.renew, place, [attempt.uuid], now + LATER))
        codes = codes_of([answered, renewed])
        assert done(renewed) == "done"
        old, new = Attempt.objects.filter(learner_id=learner).order_by("number")
        assert (old.voided, new.status, new.number) == (True, "joined", 2)
        assert AnswerDraft.objects.filter(attempt=old).count() == (0 if codes else 1)
        assert not AnswerDraft.objects.filter(attempt=new).exists()
    assert not StudentModule.objects.filter(student__in=people, earned__isnull=False).exists()
    assert place.counters() == place.counted()


def _joined(world, learner, now) -> uuid.UUID:
    code = world.reload().live_code
    attempt = actions_entry.verify_code(usage_key=world.usage_key, learner_id=learner, code=code, now=now).attempt
    actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
    return attempt.uuid
