"""Forty wrong tries at once, over HTTP, at every door where something can be guessed: exactly five are looked at.

With the cache up, down, and frozen.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import GuestTries, WrongTries
from tests import services
from tests.bare import CODE, Room, room

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
TOGETHER, MOST = 40, 5


@pytest.fixture(params=["up", "down", "frozen"])
def cache(request: pytest.FixtureRequest, settings: Any) -> Iterator[str]:
    """A Redis of this test alone, in this state. Sessions stand in the database: what is looked at is our own code."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    try:
        with services.redis_process() as (url, process):
            options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
            backend = "django.core.cache.backends.redis.RedisCache"
            settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": url, "OPTIONS": options}}
            if request.param == "down":
                process.kill()
                process.wait()
            elif request.param == "frozen":
                process.send_signal(signal.SIGSTOP)
            yield request.param
            if request.param == "frozen":
                process.send_signal(signal.SIGCONT)
    except services.Missing as missing:
        pytest.fail(str(missing)) if services.required() else pytest.skip(str(missing))


def post(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type="application/json")


def statuses(outcomes: list[Any]) -> dict[int, int]:
    """How many answers of each status; what was raised fails the test."""
    told: dict[int, int] = {}
    for one in outcomes:
        if isinstance(one, Exception):
            raise one
        told[one.status_code] = told.get(one.status_code, 0) + 1
    return told


def browsers_of(place: Room) -> list[Client]:
    """One learner with the page open in many tabs."""
    learner = get_user_model().objects.get(pk=place.learners[0])
    first = Client()
    first.force_login(learner)
    tabs = [Client() for _ in range(TOGETHER)]
    for tab in tabs:
        tab.cookies = first.cookies
    return tabs


def test_of_forty_wrong_codes_of_one_learner_five_are_looked_at(now, threads, cache):
    place = room(now, learners=2)
    verify = reverse("assessprep:verify", args=[place.usage_key])
    tabs = browsers_of(place)
    outcomes = threads(*[partial(post, tab, verify, code="1111") for tab in tabs])
    assert statuses(outcomes) == {403: MOST, 429: TOGETHER - MOST}
    assert WrongTries.objects.get().wrong == MOST
    # The right code comes too late for who guessed, and in time for the neighbour.
    assert post(tabs[0], verify, code=CODE).status_code == 429
    neighbour = Client()
    neighbour.force_login(get_user_model().objects.get(pk=place.learners[1]))
    assert post(neighbour, verify, code=CODE).status_code == 200


def test_of_forty_wrong_codes_and_pins_of_one_network_five_are_looked_at(now, threads, cache, settings):
    place = room(now, learners=1, guests=True, guests_no_account=True)
    run = place.usage_key.course_key
    settings.ASSESSPREP_GUEST_RUNS, settings.ASSESSPREP_GUEST_WRONG_TRIES = [str(run)], MOST
    enter, resume = (reverse(f"assessprep:guest_{name}", args=[run]) for name in ("enter", "resume"))
    half = TOGETHER // 2
    codes = [partial(post, Client(), enter, name="Ann", code="1111", request_id=str(uuid4())) for _ in range(half)]
    pins = [partial(post, Client(), resume, code=CODE, pin="12345678") for _ in range(half)]
    assert statuses(threads(*codes, *pins)) == {403: MOST, 429: TOGETHER - MOST}
    assert GuestTries.objects.get().wrong == MOST
    assert post(Client(), enter, name="Ann", code=CODE, request_id=str(uuid4())).status_code == 429
    assert not Attempt.objects.exists()
    elsewhere = Client(REMOTE_ADDR="198.51.100.9")
    assert post(elsewhere, enter, name="Ann", code=CODE, request_id=str(uuid4())).status_code == 200
