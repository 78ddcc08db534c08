"""The sessions that an invigilator watches: found without a role in the course, and nobody else's."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.sessions.models import Invigilator
from devlms import factories
from tests.bare import add_session, room

pytestmark = pytest.mark.django_db
ROOMS = "/assessprep/rooms/"


@pytest.fixture
def place():
    return room(timezone.now())


@pytest.fixture
def watcher():
    return factories.make_user("aunt")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def watch(session, user, level="invigilator"):
    Invigilator.objects.create(session=session, user=user, level=level)


def test_an_invigilator_without_a_role_finds_the_way_to_her_monitors_and_to_no_other(place, watcher):
    other = add_session(place.session.placement, place.staff, timezone.now(), name="Not hers")
    watch(place.session, watcher)
    read = signed_in(watcher).get(ROOMS).content.decode()
    assert reverse("assessprep:monitor", args=[place.session.uuid]) in read
    assert "Not hers" not in read and str(other.uuid) not in read
    assert place.session.live_code not in read.replace(str(place.session.uuid), "")
    assert "No session to watch" in signed_in(factories.make_user("uncle")).get(ROOMS).content.decode()


def test_a_draft_and_an_archived_session_are_not_shown(place, watcher):
    watch(place.session, watcher)
    for lifecycle in ("draft", "archived"):
        type(place.session).objects.filter(pk=place.session.pk).update(lifecycle=lifecycle)
        assert place.session.name not in signed_in(watcher).get(ROOMS).content.decode()


def test_she_is_led_there_from_her_monitor_and_from_where_she_may_not_go(place, watcher):
    client = signed_in(watcher)
    closed = reverse("assessprep:session", args=[place.session.uuid])
    assert ROOMS not in client.get(closed).content.decode()
    watch(place.session, watcher)
    assert ROOMS in client.get(closed).content.decode()
    assert ROOMS in client.get(reverse("assessprep:monitor", args=[place.session.uuid])).content.decode()


def test_an_invigilator_who_learns_in_the_run_is_led_there_from_its_tab(place, watcher):
    factories.enrol(watcher, place.session.course_key)
    tab = reverse("assessprep:course", args=[str(place.session.course_key)])
    assert ROOMS not in signed_in(watcher).get(tab).content.decode()
    watch(place.session, watcher)
    assert ROOMS in signed_in(watcher).get(tab).content.decode()


def test_ten_and_two_hundred_watched_sessions_cost_the_same(place, watcher):
    counts, client = [], signed_in(watcher)
    client.get(ROOMS)
    for first, last in ((0, 10), (10, 200)):
        for number in range(first, last):
            code = f"{number:05}"
            watch(add_session(place.session.placement, place.staff, timezone.now(), name=f"Room {code}", code=code), watcher)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(ROOMS).content.decode().count("Room ") == last
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 5
