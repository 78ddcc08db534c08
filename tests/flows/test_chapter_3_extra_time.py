"""Chapter 3, step 3 and 4: a student who always has more time gets it in every session, and everybody can see why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts import ledger
from assessprep_xblock.domain.attempts.models import Attempt, LedgerEntry
from assessprep_xblock.domain.sessions.models import Accommodation, AssessmentSession
from assessprep_xblock.domain.sessions.rules import extra_seconds
from tests.bare import Room, room
from tests.world import Page

pytestmark = pytest.mark.django_db
MINUTE = 60


def person(user_id: int) -> Page:
    return Page(get_user_model().objects.get(pk=user_id))


@pytest.fixture
def place() -> Room:
    return room(timezone.now(), learners=2, duration_s=30 * MINUTE)


@pytest.fixture
def staff(place) -> Page:
    return person(place.staff)


def give(staff: Page, place: Room, **how):
    return staff.call("PUT", f"courses/{place.session.course_key}/accommodations/{place.learners[0]}", how)


def enter(place: Room, number: int = 0) -> Page:
    page = person(place.learners[number])
    page.call("POST", f"placements/{place.usage_key}/verify", {"code": place.session.live_code})
    return page


@pytest.mark.parametrize(
    ("duration", "extra_s", "percent", "expected"),
    [(1800, 0, 200, 1800), (1800, 600, 100, 600), (1801, 0, 125, 451), (2700, 300, 150, 1650), (60, 0, 100, 0)],
)
def test_extra_time_is_the_multiplied_duration_and_the_minutes_rounded_up(duration, extra_s, percent, expected):
    assert extra_seconds(duration, extra_s=extra_s, percent=percent) == expected


def test_a_student_with_twice_the_time_reads_it_before_the_start_and_gets_it_at_the_start(place, staff):
    assert give(staff, place, percent=200).status_code == 200
    page = enter(place)
    assert (page.state["duration_s"], page.state["extra_s"]) == (30 * MINUTE, 30 * MINUTE)
    read = page.call("GET", f"attempts/{page.state['attempt']}").json()
    assert read["extra_s"] == 30 * MINUTE
    assert page.start().status_code == 200
    assert 59 * MINUTE * 1000 < page.state["left_ms"] <= 60 * MINUTE * 1000
    attempt = Attempt.objects.get()
    told = ledger.entries(attempt)
    assert [(row["kind"], row["seconds"]) for row in told] == [("duration", 1800), ("accommodation", 1800)]
    assert attempt.due_us - attempt.started_us == sum(LedgerEntry.objects.values_list("us", flat=True))


def test_whoever_has_none_has_none(place, staff):
    give(staff, place, percent=200)
    other = enter(place, 1)
    other.start()
    assert other.state["extra_s"] == 0
    assert LedgerEntry.objects.filter(kind="accommodation").count() == 0


def test_the_close_of_the_window_waits_for_her_alone(place, staff):
    closes = timezone.now() + timedelta(minutes=30)
    AssessmentSession.objects.filter(pk=place.session.pk).update(
        overrides={"duration_s": 1800, "closes_at": closes.isoformat()}
    )
    give(staff, place, extra_s=10 * MINUTE)
    with_more, without = enter(place, 0), enter(place, 1)
    with_more.start(), without.start()
    assert with_more.state["left_ms"] > 39 * MINUTE * 1000
    assert without.state["left_ms"] <= 30 * MINUTE * 1000


def test_what_is_changed_while_she_works_counts_from_the_next_start(place, staff):
    page = enter(place)
    page.start()
    give(staff, place, percent=300)
    assert page.call("GET", f"attempts/{page.state['attempt']}").json()["extra_s"] == 0


def test_extra_time_is_replaced_listed_and_removed(place, staff):
    course = f"courses/{place.session.course_key}/accommodations"
    assert give(staff, place, percent=150).json()["percent"] == 150
    for _twice in range(2):
        assert give(staff, place, extra_s=300).status_code == 200
    (row,) = staff.call("GET", course).json()["results"]
    assert (row["learner"], row["percent"], row["extra_s"], row["username"]) == (place.learners[0], 100, 300, "learner0")
    page = staff.client.get(reverse("assessprep:accommodations", args=[place.session.course_key])).content.decode()
    assert "5 minutes more" in page and "learner0" in page
    for _twice in range(2):
        assert staff.call("DELETE", f"{course}/{place.learners[0]}").status_code == 204
    assert not Accommodation.objects.exists()


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({}, "extra_s"),
        ({"percent": 99}, "percent"),
        ({"percent": 401}, "percent"),
        ({"percent": "150"}, "percent"),
        ({"extra_s": -1}, "extra_s"),
        ({"extra_s": True}, "extra_s"),
        ({"extra_s": 14401}, "extra_s"),
    ],
)
def test_extra_time_that_is_none_is_refused_at_its_field(place, staff, how, field):
    refused = give(staff, place, **how)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert not Accommodation.objects.exists()


def test_extra_time_is_for_learners_of_the_run_and_given_by_its_staff(place, staff):
    stranger = get_user_model().objects.create(username="stranger", email="s@example.com")
    course = f"courses/{place.session.course_key}/accommodations"
    refused = staff.call("PUT", f"{course}/{stranger.pk}", {"percent": 150})
    assert (refused.status_code, refused.json()["field"]) == (400, "learner")
    for call, sent in (("PUT", {"percent": 200}), ("DELETE", None)):
        own = person(place.learners[0]).call(call, f"{course}/{place.learners[0]}", sent)
        assert own.status_code == 404
