"""The replay: the room as it was, out of the audit alone. Its agreement with a pure model is in test_room_machine.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessprep_xblock.domain.attempts import actions_running
from assessprep_xblock.domain.attempts.actions_guests import enter_as_guest, pin_of, resume_as_guest
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import actions_notes, queries
from assessprep_xblock.domain.monitoring.queries_replay import COUNTED, replay
from assessprep_xblock.domain.retirement.actions import retire
from assessprep_xblock.domain.retirement.actions_guests import retire_guest
from assessprep_xblock.domain.sessions.models import GuestPass, Invigilator
from assessprep_xblock.domain.shared.models import AuditRow
from devlms import factories
from tests.bare import CODE, Room, add_session, room
from tests.conftest import NOW
from tests.domain.test_invigilating import act, begin, join

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_remembered():
    cache.clear()


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def fresh(session):
    return type(session).objects.select_related("placement__version").get(pk=session.pk)


def seen(place: Room, minutes: float, session=None) -> dict[int, dict]:
    """Learner -> how the replay shows her at that minute; the counters have to sum."""
    told = replay(fresh(session or place.session), at=at(minutes), now=at(10_000))
    counters = told["counters"]
    assert sum(counters[name] for name in COUNTED) == counters["assigned"] + counters["guests"]
    return {row["learner"]: row for row in told["rows"]}


def story(place: Room) -> None:
    """Waiting and let in at 1, begun at 2, the room paused from 4 to 6, one held from 8, ended at 10, undone at 12."""
    one, two, _three = place.learners
    join(place, one, at(0))
    join(place, two, at(0))
    act(monitoring.admit, place, at(1))
    for attempt in Attempt.objects.all():
        actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=at(2))
    act(monitoring.pause, place, at(4), reason="alarm")
    act(monitoring.resume, place, at(6), reason="")
    mine = [Attempt.objects.get(learner_id=one).uuid]
    act(monitoring.pause, place, at(8), mine, reason="nurse")
    deed = act(monitoring.end, place, at(10), mine, reason="by mistake")["undo"]
    monitoring.undo(session_id=place.session.pk, by=place.staff, deed=deed, reason="", now=at(12))


def test_each_minute_shows_who_was_where_and_how_long_still():
    place = room(NOW, learners=3, waiting_room=True, duration_s=3600)
    story(place)
    one, two, three = place.learners
    left = lambda minute, who: seen(place, minute)[who]["left_ms"] / 60_000  # noqa: E731
    assert seen(place, 0.5)[one]["waiting"] and seen(place, 0.5)[three]["status"] == "absent"
    assert not seen(place, 1.5)[one]["waiting"]
    assert (left(3, one), left(5, one), left(7, one)) == (59, 58, 57)
    assert (seen(place, 5)[one]["held"], seen(place, 7)[one]["held"]) == ("session", None)
    assert (seen(place, 9)[one]["held"], left(9, one), left(9, two)) == ("student", 56, 55)
    assert (seen(place, 11)[one]["status"], seen(place, 11)[one]["left_ms"]) == ("ended", None)
    # Undone: the pause goes on where it was, and not a second is lost.
    assert (seen(place, 12.5)[one]["held"], left(12.5, one)) == ("student", 56)


def test_the_list_says_what_happened_around_the_minute_and_what_was_still_to_come():
    place = room(NOW, learners=3, waiting_room=True)
    story(place)
    told = replay(fresh(place.session), at=at(9), now=at(100))
    events = [(one["action"], one["happened"], one["reason"]) for one in told["events"]]
    assert ("pause", True, "alarm") in events and ("end", False, "by mistake") in events
    assert ("join", True, "") not in events  # nine minutes before
    assert {at(minute).isoformat().replace("+00:00", "Z") for minute in (0, 1, 2, 4, 6, 8, 10, 12)} == set(told["moments"])


def test_before_the_first_and_after_the_last_thing_there_is_the_first_and_the_last():
    place = room(NOW, learners=3)
    told = replay(fresh(place.session), at=at(5), now=at(10))
    assert (told["rows"][0]["status"], told["events"], told["moments"]) == ("absent", [], [])
    learner = place.learners[0]
    attempt = begin(place, learner, at(1))
    # Somebody works: the replay goes up to now.
    assert replay(fresh(place.session), at=None, now=at(30))["until"] == at(30).isoformat().replace("+00:00", "Z")
    actions_running.submit(attempt_uuid=attempt, by=learner, now=at(5))
    told = replay(fresh(place.session), at=at(-500), now=at(30))
    assert (told["at"], told["until"]) == ("2026-09-14T09:01:00Z", "2026-09-14T09:06:00Z")


def test_who_was_moved_is_in_each_room_while_she_was_there_with_the_same_time_left():
    place = room(NOW, duration_s=3600)
    other = add_session(place.session.placement, place.staff, NOW, name="Library", duration_s=3600)
    there = Room(other, place.learners, place.staff, place.usage_key, place.questions)
    one = place.learners[0]
    attempt = begin(place, one, at(0))
    act(monitoring.pause, place, at(2), reason="")
    act(monitoring.resume, place, at(5), reason="")
    act(monitoring.pause, there, at(6), reason="")
    act(monitoring.resume, there, at(7), reason="")
    act(monitoring.move, place, at(10), [attempt], target=other.uuid, reason="noise")
    act(monitoring.pause, there, at(12), reason="")
    act(monitoring.resume, there, at(13), reason="")
    assert seen(place, 9)[one]["left_ms"] == 54 * 60_000
    assert one not in seen(place, 11) or seen(place, 11)[one]["status"] == "absent"
    assert seen(there, 9)[one]["status"] == "absent"
    assert (seen(there, 12.5)[one]["left_ms"], seen(there, 15)[one]["left_ms"]) == (51 * 60_000, 49 * 60_000)


def test_guests_without_an_account_are_in_the_replay_and_stay_in_it_when_their_names_are_gone(settings):
    place = room(NOW, learners=2, guests=True, guests_no_account=True, duration_s=3600)
    settings.ASSESSPREP_GUEST_RUNS = [str(place.session.course_key)]
    call = {"course_key": place.session.course_key, "code": CODE, "address": "192.0.2.7"}
    ann, ben = (
        enter_as_guest(name=name, request_id=uuid4(), now=at(0), **call).account_id for name in ("Ann Guest", "Ben Guest")
    )
    mine = Attempt.objects.get(learner_id=ann)
    act(monitoring.admit, place, at(1), [mine.uuid])
    act(monitoring.deny, place, at(2), [Attempt.objects.get(learner_id=ben).uuid], reason="")
    actions_running.start(attempt_uuid=mine.uuid, by=ann, now=at(3))
    given = GuestPass.objects.get(account_id=ann)
    pin = pin_of(given.request_id, place.session.course_key)
    resume_as_guest(pin=pin, now=at(5), **call)
    actions_running.submit(attempt_uuid=mine.uuid, by=ann, now=at(10))

    def story_of_guests() -> None:
        assert all(seen(place, 0.5)[ann][mark] for mark in ("waiting", "guest", "no_account"))
        assert not seen(place, 1.5)[ann]["waiting"] and not seen(place, 1.5)[ben]["denied"]
        assert seen(place, 2.5)[ben]["denied"]
        assert (seen(place, 6)[ann]["status"], seen(place, 6)[ann]["left_ms"]) == ("in_progress", 57 * 60_000)
        assert seen(place, 11)[ann]["status"] == "submitted"

    story_of_guests()
    assert seen(place, 6)[ann]["name"] == "Ann Guest"
    counters = replay(fresh(place.session), at=at(6), now=at(100))["counters"]
    assert (counters["assigned"], counters["guests"], counters["absent"]) == (2, 2, 2)
    for pass_id in GuestPass.objects.values_list("pk", flat=True):
        retire_guest(pass_id=pass_id, now=at(50_000))
    story_of_guests()
    assert "Guest" not in str(replay(fresh(place.session), at=at(6), now=at(60_000)))


def test_marks_and_a_new_attempt_are_in_the_replay():
    place = room(NOW, learners=3)
    one, two, _three = place.learners
    join(place, one, at(0))
    call = {"session_id": place.session.pk, "by": place.staff}
    monitoring.mark_absent(**call, learner_ids=[one], reason="ill", now=at(1))
    assert seen(place, 2)[one]["denied"]
    monitoring.unmark_absent(**call, learner_ids=[one], now=at(3))
    assert not seen(place, 4)[one]["denied"] and seen(place, 4)[one]["waiting"]
    begin(place, two, at(5))
    act(monitoring.void, place, at(6), [Attempt.objects.get(learner_id=two).uuid], reason="")
    assert seen(place, 7)[two]["voided"]
    old = Attempt.objects.get(learner_id=two)
    AuditRow.objects.create(at=at(8), action="renew", session_id=place.session.pk, attempt_id=old.pk, by_id=place.staff)
    values = {"session": place.session, "placement": place.session.placement, "learner_id": two, "number": 2}
    Attempt.objects.create(**values, joined_at=at(8), admitted_at=at(8))
    row = seen(place, 9)[two]
    assert (row["status"], row["voided"], row["number"]) == ("joined", False, 2)
    assert seen(place, 7)[two]["voided"]


def test_the_last_minute_is_what_the_monitor_shows():
    place = room(NOW, learners=3, waiting_room=True, duration_s=600)
    story(place)
    for minute in (12.5, 20, 40):
        told = replay(fresh(place.session), at=at(minute), now=at(minute))
        live = queries.monitor(fresh(place.session), since="", now=at(minute))
        assert told["counters"] == live["counters"]
        for name in ("status", "held", "left_ms", "waiting", "denied", "away", "voided", "guest", "no_account"):
            assert {row["learner"]: row[name] for row in told["rows"]} == {
                row["learner"]: row[name] for row in live["rows"]
            }, name


def test_it_works_after_the_archive_and_only_for_who_may_watch_the_session():
    place = room(NOW, learners=3, waiting_room=True)
    story(place)
    type(place.session).objects.update(lifecycle="archived", live_code=None)
    watcher, stranger = factories.make_user("aunt"), factories.make_user("uncle")
    Invigilator.objects.create(session=place.session, user=watcher, level="invigilator")
    for user, status in ((watcher, 200), (stranger, 404), (factories.make_staff(_lakeside(), "b"), 404)):
        client = Client()
        client.force_login(user)
        for name in ("api_session_replay", "replay"):
            answer = client.get(reverse(f"assessprep:{name}", args=[place.session.uuid]))
            assert answer.status_code == status, (user, name)
    client.force_login(watcher)
    address = reverse("assessprep:api_session_replay", args=[place.session.uuid])
    told = client.get(address, {"at": at(9).isoformat()}).json()
    assert "watcher paused this student. Reason: nurse" in [one["words"] for one in told["events"]]
    assert client.get(address, {"at": "yesterday"}).json()["code"] == "invalid"
    before = AuditRow.objects.count()
    assert client.post(address).status_code == 405 and AuditRow.objects.count() == before


def _lakeside():
    return factories.make_course_run("course-v1:Lakeside+SCI7+2026", "Science 7")


def test_of_a_retired_student_it_tells_what_the_platform_calls_her_and_no_reason():
    place = room(NOW, learners=3, waiting_room=True)
    story(place)
    one = place.learners[0]
    note = {"category": "student", "subcategory": "illness", "comment": "Ada felt ill", "request_id": uuid4()}
    actions_notes.report_irregularity(session_id=place.session.pk, by=place.staff, learner_ids=[one], now=at(9), **note)
    user = type(factories.make_user("somebody")).objects.get(pk=one)
    user.username, user.email, user.first_name = "retired__user_1", "", ""
    user.save()
    retire(user_id=one, now=at(60))
    told = replay(fresh(place.session), at=at(9), now=at(100))
    [row] = [row for row in told["rows"] if row["learner"] == one]
    assert row["name"] == "retired__user_1"
    hers = [event for event in told["events"] if event["student"] == "retired__user_1"]
    assert hers and {event["reason"] for event in hers} == {""}
    assert "Ada" not in str(told) and "learner0" not in str(told)


def test_ten_and_two_hundred_students_cost_the_same_questions():
    place = room(NOW, learners=200)
    counts = []
    for first, last in ((0, 10), (10, 200)):
        rows = [
            Attempt(
                session=place.session,
                placement=place.session.placement,
                learner_id=learner,
                joined_at=NOW,
                admitted_at=NOW,
                started_at=NOW,
                status="in_progress",
                started_us=0,
                due_us=1,
            )
            for learner in place.learners[first:last]
        ]
        AuditRow.objects.bulk_create(
            AuditRow(at=NOW, action=action, session_id=place.session.pk, attempt_id=one.pk, by_id=one.learner_id)
            for one in Attempt.objects.bulk_create(rows)
            for action in ("join", "start")
        )
        session = fresh(place.session)
        with CaptureQueriesContext(connection) as caught:
            told = replay(session, at=at(1), now=at(2))
        counts.append(len(caught))
        assert told["counters"]["absent"] == 200 - last
    assert counts[0] == counts[1] <= 8
