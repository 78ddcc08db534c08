"""Deadlocks and locks that nobody gives up, made on purpose: the database ends one action, and it begins again."""

from __future__ import annotations

from collections import Counter
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.db.models import F

from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.winning import one_winner
from tests.bare import add_session, room

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
#: For what hangs.
PATIENCE_S = 300


def count(session: AssessmentSession) -> None:
    AssessmentSession.objects.filter(pk=session.pk).update(n_joined=F("n_joined") + 1)


def test_two_actions_that_lock_the_other_way_round_are_both_done_and_once(now, threads):
    place = room(now, learners=1)
    other = add_session(place.session.placement, place.staff, now, name="Tuesday", code="5927")
    tries: Counter[str] = Counter()
    holding = Barrier(2)

    def locking(who: str, *sessions: AssessmentSession):
        @one_winner
        @transaction.atomic(durable=True)
        def action() -> str:
            tries[who] += 1
            count(sessions[0])
            if tries[who] == 1:
                holding.wait(PATIENCE_S)
            count(sessions[1])
            return who

        return action

    assert threads(locking("there", place.session, other), locking("back", other, place.session)) == ["there", "back"]
    assert sorted(tries.values()) == [1, 2]
    assert list(AssessmentSession.objects.values_list("n_joined", flat=True)) == [2, 2]


def test_an_action_that_waited_too_long_for_a_lock_is_done_when_it_is_free(now, threads):
    place = room(now, learners=1)
    held, gave_up, free = Event(), Event(), Event()
    tries: list[str] = []

    @transaction.atomic(durable=True)
    def hold() -> None:
        count(place.session)
        held.set()
        assert gave_up.wait(PATIENCE_S)

    @one_winner
    @transaction.atomic(durable=True)
    def action() -> str:
        tries.append("try")
        if len(tries) > 1:
            gave_up.set()
            assert free.wait(PATIENCE_S)
        count(place.session)
        return "done"

    def impatient() -> str:
        assert held.wait(PATIENCE_S)
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
        return action()

    def hold_and_free() -> None:
        hold()
        free.set()

    assert threads(hold_and_free, impatient) == [None, "done"]
    assert len(tries) == 2
    assert place.reload().n_joined == 2
