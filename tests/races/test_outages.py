"""Races on MariaDB about an outage: two who make up for it at once, and what is taken back at that moment."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

import pytest

from assessprep_xblock.domain.attempts.models import Attempt, ContactGap, LedgerEntry
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.clock import SECOND
from tests.bare import room
from tests.races.test_attempts import begin, check_books, codes_of, no_deadlock  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

ROUNDS = 8
LOST = 240


def silent_room(now):
    """Everybody lost contact from the second to the sixth minute."""
    place = room(now, learners=ROUNDS)
    attempts = [begin(place, learner, now) for learner in place.learners]
    gap = {"since": now + timedelta(minutes=2), "until": now + timedelta(minutes=6)}
    ContactGap.objects.bulk_create(ContactGap(attempt=Attempt.objects.get(uuid=one), **gap) for one in attempts)
    return place, attempts


def give(place, now, attempts="all", since=0.0, until=10.0, request_id=None):
    return partial(
        monitoring.make_up,
        session_id=place.session.pk,
        by=place.staff,
        attempts=attempts,
        since=now + timedelta(minutes=since),
        until=now + timedelta(minutes=until),
        most_s=None,
        reason="router",
        request_id=request_id or uuid.uuid4(),
        now=now + timedelta(minutes=10),
    )


def check_given(place, seconds=LOST) -> None:
    for attempt in Attempt.objects.filter(session=place.session):
        us = list(LedgerEntry.objects.filter(attempt=attempt).values_list("us", flat=True))
        assert attempt.due_us - attempt.started_us == sum(us)
        assert attempt.granted_us == seconds * SECOND
    check_books(place)


def test_two_who_press_at_once_give_what_was_lost_once(now, threads):
    place, _attempts = silent_room(now)
    outcomes = threads(*[give(place, now)] * 4)
    assert codes_of(outcomes) == []
    assert sum(row["seconds"] for one in outcomes for row in one["rows"]) == ROUNDS * LOST
    check_given(place)


def test_the_same_press_twice_at_once_is_one_and_both_hear_of_it(now, threads):
    place, _attempts = silent_room(now)
    request_id = uuid.uuid4()
    outcomes = threads(*[give(place, now, request_id=request_id)] * 3)
    assert codes_of(outcomes) == []
    check_given(place)
    assert LedgerEntry.objects.filter(kind="outage").count() == ROUNDS


def test_overlapping_intervals_at_once_give_each_minute_once(now, threads):
    place, _attempts = silent_room(now)
    outcomes = threads(give(place, now, until=4), give(place, now, since=3), give(place, now, since=2.5, until=5))
    assert codes_of(outcomes) == []
    check_given(place)


def test_giving_beside_taking_back_and_reversing_leaves_books_that_agree(now, threads):
    place, attempts = silent_room(now)
    deed = uuid.UUID(give(place, now)()["undo"])
    late = now + timedelta(minutes=11)
    about = {"session_id": place.session.pk, "by": place.staff, "reason": "", "now": late}
    entry = LedgerEntry.objects.filter(kind="outage").order_by("pk").first()
    outcomes = threads(
        partial(monitoring.undo, **about, deed=deed),
        partial(monitoring.reverse, **about, entry=entry.pk),
        give(place, now),
        partial(monitoring.extend, **about, attempts=attempts[1:2], seconds=60, request_id=uuid.uuid4()),
    )
    assert set(codes_of(outcomes)) <= {"not_reversible"}
    for attempt in Attempt.objects.filter(session=place.session):
        entries = list(LedgerEntry.objects.filter(attempt=attempt))
        assert attempt.due_us - attempt.started_us == sum(one.us for one in entries)
        open_ones = [one for one in entries if one.kind == "outage" and not hasattr(one, "reversed_by")]
        # Given once or taken back: never twice, and never taken twice.
        assert sum(one.us for one in open_ones) in (0, LOST * SECOND)
        extended = sum(one.us for one in entries if one.kind == "grant")
        assert attempt.granted_us == sum(one.us for one in open_ones) + extended
    check_books(place)
