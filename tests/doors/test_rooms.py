"""Every room at once: of a course run, and of what somebody watches; nobody else's, and at the cost of one."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_entry, actions_running
from assessprep_xblock.domain.attempts.actions_guests import enter_as_guest
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import queries
from assessprep_xblock.domain.monitoring.queries_rooms import rooms_of_run
from assessprep_xblock.domain.sessions.models import Invigilator
from devlms import factories
from devlms.models import CourseRun
from tests.bare import CODE, Room, add_session, room
from tests.spelled import spells

pytestmark = pytest.mark.django_db
ROOMS = "/assessprep/rooms/"
MINE = "/assessprep/api/v1/me/rooms"


@pytest.fixture(autouse=True)
def _nothing_is_remembered():
    cache.clear()


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


def named(answer) -> list[str]:
    assert answer.status_code == 200
    return [one["name"] for one in answer.json()["rooms"]]


def test_an_invigilator_without_a_role_finds_the_way_to_her_monitors_and_to_no_other(place, watcher):
    other = add_session(place.session.placement, place.staff, timezone.now(), name="Not hers")
    watch(place.session, watcher)
    answer = signed_in(watcher).get(MINE)
    assert named(answer) == [place.session.name]
    assert answer.json()["rooms"][0]["monitor"] == reverse("assessprep:monitor", args=[place.session.uuid])
    read = answer.content.decode()
    assert str(other.uuid) not in read
    assert not spells(read, place.session.live_code)
    assert named(signed_in(factories.make_user("uncle")).get(MINE)) == []
    assert "No session to watch" in signed_in(watcher).get(ROOMS).content.decode()


def test_a_draft_and_an_archived_session_are_not_shown(place, watcher):
    watch(place.session, watcher)
    for lifecycle in ("draft", "archived"):
        type(place.session).objects.filter(pk=place.session.pk).update(lifecycle=lifecycle)
        assert named(signed_in(watcher).get(MINE)) == []


def of_run(place: Room, name: str = "api_course_rooms") -> str:
    return reverse(f"assessprep:{name}", args=[str(place.session.course_key)])


def staff_of(place: Room):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=place.staff)


def test_the_control_room_has_every_published_session_for_staff_and_her_own_for_an_invigilator(place, watcher):
    add_session(place.session.placement, place.staff, timezone.now(), name="Library")
    watch(place.session, watcher)
    assert named(signed_in(staff_of(place)).get(of_run(place))) == ["Library", place.session.name]
    assert named(signed_in(watcher).get(of_run(place))) == [place.session.name]
    assert signed_in(watcher).get(of_run(place, "control_room")).status_code == 200
    for nobody in (factories.make_user("uncle"), factories.make_staff(_lakeside(), "staff-b")):
        for name in ("api_course_rooms", "control_room"):
            assert signed_in(nobody).get(of_run(place, name)).status_code == 404


def _lakeside():
    return factories.make_course_run("course-v1:Lakeside+SCI7+2026", "Science 7")


def rooms(place: Room, now) -> dict[str, dict]:
    found = rooms_of_run(course_key=place.session.course_key, user_id=place.staff, now=now)
    return {one["name"]: one for one in found["rooms"]}


def join(place: Room, learner: int, now, code: str = CODE) -> Attempt:
    return actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=code, now=now).attempt


def begin(place: Room, learner: int, now) -> Attempt:
    attempt = join(place, learner, now)
    actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
    return attempt


def check_counters(place: Room, now) -> dict[str, int]:
    """The room's counters sum, and are those of its Monitor."""
    counters = rooms(place, now)[place.session.name]["counters"]
    assert sum(counters[name] for name in queries.COUNTED) == counters["assigned"] + counters["guests"]
    session = type(place.session).objects.select_related("placement__version").get(pk=place.session.pk)
    assert counters == queries.monitor(session, since="", now=now)["counters"]
    return counters


def test_the_counters_are_those_of_the_monitor_whatever_happened_in_the_room(now):
    place = room(now, learners=7, duration_s=600, guests=True, guests_wait=False)
    one, two, three, four, five, six, seven = place.learners
    roster = {"everyone": False, "classes": [], "students": place.learners[:6], "excluded": []}
    type(place.session).objects.filter(pk=place.session.pk).update(roster=roster)
    other = add_session(place.session.placement, place.staff, now, name="Library")
    for learner in (one, two, three):
        begin(place, learner, now)
    join(place, seven, now)  # a guest
    join(place, five, now, code="9001")  # elsewhere
    begin(place, four, now + timedelta(minutes=5))
    counters = check_counters(place, now + timedelta(minutes=6))
    assert (counters["assigned"], counters["guests"], counters["absent"], counters["joined"]) == (5, 1, 1, 1)
    call = {"session_id": place.session.pk, "by": place.staff, "reason": "", "now": now + timedelta(minutes=7)}
    attempts = {a.learner_id: a.uuid for a in Attempt.objects.filter(session=place.session)}
    monitoring.end(**call, attempts=[attempts[one]])
    monitoring.void(**call, attempts=[attempts[two]])
    monitoring.pause(**call, attempts=[attempts[three]])
    monitoring.move(**call, attempts=[attempts[four]], target=other.uuid)
    cache.clear()
    # The time of nobody but the paused one is left.
    counters = check_counters(place, now + timedelta(minutes=30))
    assert (counters["in_progress"], counters["ended"]) == (1, 2)


def test_a_guest_without_an_account_is_nobody_s_student_in_any_room(now, settings):
    place = room(now, learners=3, guests=True, guests_no_account=True, guests_wait=False)
    settings.ASSESSPREP_GUEST_RUNS = [str(place.session.course_key)]
    call = {"course_key": place.session.course_key, "request_id": uuid4(), "address": "192.0.2.7", "now": now}
    enter_as_guest(name="Ann Guest", code=CODE, **call)
    counters = check_counters(place, now)
    assert (counters["assigned"], counters["guests"], counters["absent"], counters["joined"]) == (3, 1, 3, 1)


def test_the_room_that_needs_somebody_stands_first_and_says_why(now):
    place = room(now, learners=4, waiting_room=True, name="Calm")
    calm = place.session
    session = add_session(calm.placement, place.staff, now, name="Trouble", waiting_room=True)
    assert list(rooms(place, now)) == ["Calm", "Trouble"]
    place = Room(session, place.learners, place.staff, place.usage_key, place.questions)
    one, two, three, _four = place.learners
    join(place, one, now, code="9001")
    found = rooms(place, now)
    assert list(found) == ["Trouble", "Calm"] and found["Trouble"]["waiting"] == 1
    call = {"session_id": session.pk, "by": place.staff, "now": now}
    monitoring.admit(**call, attempts="all")
    assert rooms(place, now)["Trouble"]["trouble"] == 0
    attempt = Attempt.objects.get(learner_id=one)
    actions_running.start(attempt_uuid=attempt.uuid, by=one, now=now)
    Attempt.objects.update(last_seen_at=now)
    later = now + timedelta(minutes=3)
    assert rooms(place, later)["Trouble"]["silent"] == 1
    Attempt.objects.update(last_seen_at=later, waits_since=later)
    assert rooms(place, later)["Trouble"]["away"] == 1
    Attempt.objects.update(waits_since=None, other_device_label="iPad")
    assert rooms(place, later)["Trouble"]["devices"] == 1
    Attempt.objects.update(other_device_label="")
    monitoring.pause(**call, attempts="all", reason="")
    assert (rooms(place, later)["Trouble"]["held"], rooms(place, later)["Trouble"]["trouble"]) == (True, 1)
    monitoring.resume(**call, attempts="all", reason="")
    late = now + timedelta(seconds=2700 - 300)
    Attempt.objects.update(last_seen_at=late)
    assert (rooms(place, late)["Trouble"]["near_end"], rooms(place, late)["Trouble"]["trouble"]) == (True, 2)


def test_who_types_wrong_codes_is_shown_at_the_rooms_that_name_her(now):
    place = room(now)
    roster = {"everyone": False, "classes": [], "students": place.learners[:1], "excluded": []}
    add_session(place.session.placement, place.staff, now, name="Library")
    type(place.session).objects.filter(name="Library").update(roster=roster)
    for _ in range(2):
        with pytest.raises(Exception, match="code_wrong"):
            join(place, place.learners[1], now, code="0000")
    found = rooms_of_run(course_key=place.session.course_key, user_id=place.staff, now=now)
    assert {one["name"]: one["tries"] for one in found["rooms"]} == {"Monday": 1, "Library": 0}
    assert [(one["name"], one["wrong"], one["locked"]) for one in found["tries"]] == [("learner1", 2, False)]


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


def test_one_and_fifty_rooms_cost_the_same(place, watcher):
    """Fifty rooms of one run; what is asked again every few seconds asks for no roster."""
    staff, counts = signed_in(staff_of(place)), []
    for first, last in ((0, 0), (0, 49)):
        for number in range(first, last):
            session = add_session(
                place.session.placement, place.staff, timezone.now(), code=f"{number:05}", name=f"R{number}"
            )
            watch(session, watcher)
        assert len(named(staff.get(of_run(place)))) == last + 1
        with CaptureQueriesContext(connection) as caught:
            assert len(named(staff.get(of_run(place)))) == last + 1
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 7
    assert len(named(signed_in(watcher).get(MINE))) == 49
    assert CourseRun.objects.count() == 1


def test_somebody_who_joins_is_counted_at_once_although_rosters_are_remembered(now):
    place = room(now)
    assert rooms(place, now)["Monday"]["counters"]["absent"] == 2
    join(place, place.learners[0], now)
    counters = rooms(place, now)["Monday"]["counters"]
    assert (counters["absent"], counters["joined"]) == (1, 1)
