"""Races of guests on MariaDB: no more than there are places, and one guest for one call, of either kind and together."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model

from assessprep_xblock.domain.attempts import actions_entry, actions_guests
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import AssessmentSession, GuestPass
from assessprep_xblock.domain.shared.models import AuditRow
from tests.bare import CODE, Room, room
from tests.races.campaign import deadlocks
from tests.races.test_attempts import check_books, codes_of

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

QUEUE = 12
NOBODY = {"everyone": False, "classes": [], "students": [], "excluded": []}


@pytest.fixture(autouse=True)
def no_deadlock():
    """Guests lock rows in the order of everybody else, so their queue ends in no deadlock, retried or not."""
    before = deadlocks()
    yield
    assert deadlocks() == before


@pytest.fixture
def hall(now, settings):
    """Makes a room on whose roster nobody is, with ``learners`` of the run and ``guest_limit`` places for guests."""

    def make(*, learners: int, guest_limit: int) -> Room:
        place = room(now, learners=learners, guests=True, guests_no_account=True, guests_wait=False, guest_limit=guest_limit)
        AssessmentSession.objects.filter(pk=place.session.pk).update(roster=NOBODY)
        settings.ASSESSPREP_GUEST_RUNS = [str(place.usage_key.course_key)]
        return place

    return make


def join(place: Room, now, learner: int):
    """A learner of the run types the code."""
    return actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=CODE, now=now)


def come(place: Room, now, request_id: UUID):
    """Somebody without an account types a name and the code."""
    call = {"course_key": place.usage_key.course_key, "code": CODE, "address": "192.0.2.7", "now": now}
    return actions_guests.enter_as_guest(name="Ann Guest", request_id=request_id, **call)


def throwaway_accounts() -> int:
    return get_user_model().objects.filter(username__startswith="guest_").count()


def check_places(place: Room, taken: int) -> None:
    """So many guests are in, and nothing is left of those who were refused: no account, no pass, no place, no count."""
    inside = Attempt.objects.filter(session=place.session, is_guest=True)
    assert inside.count() == place.reload().n_joined == AuditRow.objects.filter(action="join").count() == taken
    assert inside.filter(no_account=True).count() == GuestPass.objects.count() == throwaway_accounts()
    check_books(place)


def test_a_queue_without_accounts_comes_in_together(now, threads, hall):
    place = hall(learners=1, guest_limit=40)
    assert codes_of(threads(*[partial(come, place, now, uuid4()) for _n in range(QUEUE)])) == []
    check_places(place, QUEUE)


def test_of_many_learners_of_the_run_no_more_than_the_limit_come_in(now, threads, hall):
    place = hall(learners=8, guest_limit=3)
    outcomes = threads(*[partial(join, place, now, learner) for learner in place.learners])
    assert codes_of(outcomes) == ["guests_full"] * 5
    check_places(place, 3)


def test_of_many_without_an_account_no_more_than_the_limit_come_in(now, threads, hall):
    place = hall(learners=1, guest_limit=3)
    outcomes = threads(*[partial(come, place, now, uuid4()) for _n in range(8)])
    assert codes_of(outcomes) == ["guests_full"] * 5
    check_places(place, 3)
    assert throwaway_accounts() == 3


def test_guests_of_both_kinds_share_the_places_however_they_come(now, threads, hall):
    place = hall(learners=6, guest_limit=4)
    with_account = [partial(join, place, now, learner) for learner in place.learners]
    without = [partial(come, place, now, uuid4()) for _n in range(6)]
    outcomes = threads(*[one for pair in zip(with_account, without, strict=True) for one in pair])
    assert codes_of(outcomes) == ["guests_full"] * 8
    check_places(place, 4)


def test_the_last_place_goes_to_one_of_two_in_every_round(now, threads, hall):
    place = hall(learners=QUEUE, guest_limit=1)
    for learner in place.learners:
        outcomes = threads(partial(join, place, now, learner), partial(come, place, now, uuid4()))
        assert codes_of(outcomes) == ["guests_full"]
        # Who is turned away keeps no place: the next two meet over it.
        Attempt.objects.filter(session=place.session, denied_at=None).update(denied_at=now)
    check_places(place, QUEUE)


def test_one_call_sent_by_several_at_once_is_one_guest_with_one_pin(now, threads, hall):
    place = hall(learners=1, guest_limit=40)
    for number in range(1, QUEUE + 1):
        outcomes = threads(*[partial(come, place, now, UUID(int=number))] * 4)
        assert codes_of(outcomes) == []
        assert len({(outcome.account_id, outcome.pass_id, outcome.pin) for outcome in outcomes}) == 1
        assert throwaway_accounts() == number
    check_places(place, QUEUE)


def test_one_call_sent_by_several_at_once_takes_the_last_place_once(now, threads, hall):
    """Who made the guest and who is told of it are the same guest: none of them finds the room full of itself."""
    place = hall(learners=1, guest_limit=1)
    outcomes = threads(*[partial(come, place, now, UUID(int=7))] * 4)
    assert codes_of(outcomes) == []
    assert len({outcome.account_id for outcome in outcomes}) == 1
    check_places(place, 1)
