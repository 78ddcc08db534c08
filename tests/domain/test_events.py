"""What is told to the tracking log and to other plugins: every change once, after its commit, and nothing personal."""

from __future__ import annotations

import ast
import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from assessprep_xblock.domain.attempts import actions_entry, actions_release, actions_running, actions_settle
from assessprep_xblock.domain.events import signals
from assessprep_xblock.domain.events.catalogue import EVENTS, TOLD, UNTOLD, event_of
from assessprep_xblock.domain.events.telling import AT_ONCE
from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions.actions_invigilators import dismiss, invite
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared import audit
from assessprep_xblock.domain.shared.models import AuditRow
from tests.bare import CODE, add_session, room
from tests.tracked import names, tracked
from tests.world import delivered

DOMAIN = Path(__file__).resolve().parents[2] / "assessprep_xblock" / "domain"

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(django_capture_on_commit_callbacks):
    """Run a call, commit it, and give the events it caused."""

    def run(call, *args, **more):
        with tracked() as events, django_capture_on_commit_callbacks(execute=True):
            call(*args, **more)
        return events

    return run


def begin(place, learner, now):
    attempt = actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=CODE, now=now).attempt
    actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
    return attempt


def test_a_learners_test_is_told_from_the_code_to_the_hand_in(told, now):
    place = room(now)
    learner = place.learners[0]
    (joined,) = told(actions_entry.verify_code, usage_key=place.usage_key, learner_id=learner, code=CODE, now=now)
    attempt = joined["data"]["attempt_uuid"]
    (started,) = told(actions_running.start, attempt_uuid=uuid.UUID(attempt), by=learner, now=now)
    (submitted,) = told(actions_running.submit, attempt_uuid=uuid.UUID(attempt), by=learner, now=now)
    assert names([joined, started, submitted]) == ["attempt.joined", "attempt.started", "attempt.submitted"]
    assert submitted["context"] == {"course_id": str(place.session.course_key), "org_id": "School", "user_id": learner}
    version = place.session.placement.version
    assert submitted["data"] == {
        "event_version": 1,
        "occurred_at": now.isoformat(),
        "user_id": learner,
        "done_by": "learner",
        "course_id": str(place.session.course_key),
        "session_uuid": str(place.session.uuid),
        "placement_uuid": str(place.session.placement.uuid),
        "block_id": str(place.usage_key),
        "organization": "School",
        "assessment_uuid": str(version.assessment.uuid),
        "version_uuid": str(version.uuid),
        "version_number": 1,
        "change_no": 3,
        "attempt_uuid": attempt,
        "attempt_number": 1,
        "is_guest": False,
        "end_reason": "learner",
    }


def test_what_staff_and_the_server_do_to_an_attempt_is_about_its_learner(told, now):
    place = room(now, duration_s=600)
    attempts = [begin(place, learner, now) for learner in place.learners]
    ask = {"session_id": place.session.pk, "by": place.staff, "now": now}
    one = [attempts[0].uuid]
    (extended,) = told(
        monitoring.extend, **ask, attempts=one, seconds=-60, reason="Ada had water on it", request_id=uuid.uuid4()
    )
    (ended,) = told(monitoring.end, **ask, attempts=one, reason="")
    (settled,) = told(actions_settle.settle, session_id=place.session.pk, now=now + timedelta(hours=1))[-1:]
    assert extended["data"]["seconds"] == -60
    assert (ended["data"]["user_id"], ended["data"]["done_by"], ended["data"]["end_reason"]) == (
        place.learners[0],
        "staff",
        "staff",
    )
    assert ended["context"]["user_id"] == place.staff
    assert (settled["data"]["done_by"], settled["data"]["end_reason"]) == ("server", "clock")
    assert settled["context"]["user_id"] is None
    assert settled["data"]["user_id"] in place.learners


def test_a_change_that_is_rolled_back_is_not_told(told, now):
    place = room(now)

    def half():
        with transaction.atomic():
            audit.record(action="pause", by=place.staff, now=now, session_id=place.session.pk, change_no=1)
            transaction.set_rollback(True)

    assert told(half) == []


@pytest.mark.parametrize("students", [2, AT_ONCE + 3])
def test_an_action_on_a_whole_room_is_told_for_each_attempt_once(told, now, students):
    place = room(now, learners=students)
    for learner in place.learners:
        begin(place, learner, now)
    events = told(monitoring.end, session_id=place.session.pk, by=place.staff, attempts="all", reason="", now=now)
    assert names(events) == ["attempt.ended"] * students
    assert sorted(event["data"]["user_id"] for event in events) == sorted(place.learners)


def test_telling_costs_a_learner_no_query_and_a_room_three(
    now, django_capture_on_commit_callbacks, django_assert_num_queries
):
    place = room(now, learners=AT_ONCE + 30)
    learner = place.learners[0]
    with django_capture_on_commit_callbacks() as callbacks:
        attempts = [begin(place, learner, now)]
    with django_assert_num_queries(0):
        for call in callbacks:
            if "record" in call.__qualname__ or "_tell" in call.__qualname__:
                call()
    for other in place.learners[1:]:
        attempts.append(begin(place, other, now))
    with django_capture_on_commit_callbacks() as callbacks:
        monitoring.end(session_id=place.session.pk, by=place.staff, attempts="all", reason="", now=now)
    with django_assert_num_queries(3):  # the rows of the change, a look whether there are more, their attempts
        for call in callbacks:
            if "_tell" in call.__qualname__:
                call()


def test_everything_staff_do_is_told_and_nothing_personal_with_it(told, now):
    world = delivered(now, learners=2)
    staff, session = world.staff, world.session
    code = session.live_code
    learner = world.learners[0]

    def a_morning():
        ask = {"session_uuid": session.uuid, "by": staff.pk, "now": now}
        attempt = actions_entry.verify_code(usage_key=world.usage_key, learner_id=learner.pk, code=code, now=now).attempt
        actions_running.start(attempt_uuid=attempt.uuid, by=learner.pk, now=now)
        room_ask = {"session_id": session.pk, "by": staff.pk, "now": now}
        monitoring.pause(**room_ask, attempts="all", reason="Fire alarm, says Jo")
        monitoring.resume(**room_ask, attempts="all", reason="")
        monitoring.pause(**room_ask, attempts=[attempt.uuid], reason="Ill")
        monitoring.resume(**room_ask, attempts=[attempt.uuid], reason="")
        monitoring.announce(**room_ask, attempts="all", text="Dear Ada, sit down", request_id=uuid.uuid4())
        monitoring.clear_tries(session_id=session.pk, by=staff.pk, learner_ids=[learner.pk], now=now)
        invite(session_uuid=session.uuid, who="author", level="invigilator", by=staff.pk, now=now)
        dismiss(session_uuid=session.uuid, user_id=world.author.pk, by=staff.pk, now=now)
        actions_running.submit(attempt_uuid=attempt.uuid, by=learner.pk, now=now)
        actions_release.release(session_id=session.pk, by=staff.pk, now=now)
        sessions.rotate_code(**ask)
        copy = sessions.duplicate_session(**ask, name="Make-up of Ada", roster="absent", request_id=None)
        sessions.change_session(
            session_uuid=copy.uuid, changes={"name": "Ada again"}, version=copy.version_no, by=staff.pk, now=now
        )
        sessions.archive_session(**ask)
        sessions.unarchive_session(**ask)
        version = world.placement.version
        library.withdraw_version(version_uuid=version.uuid, reason="A wrong key", by=world.author.pk, now=now)

    before = AuditRow.objects.order_by("-pk").values_list("pk", flat=True)[0]
    events = told(a_morning)
    copy = AssessmentSession.objects.get(name="Ada again")
    events += told(sessions.delete_session, session_uuid=copy.uuid, by=staff.pk, now=now)
    assert len(events) >= 17
    for event in events:
        known = EVENTS[event["name"].removeprefix("edx.assessprep.")]
        assert set(event["data"]) <= set(known.fields), event
        assert {"event_version", "occurred_at", "course_id"} <= set(event["data"])
    text = json.dumps([event["data"] for event in events])
    private = (code, learner.username, staff.username, "Student 1", "Ada", "Jo", "Ill", "sit down", "wrong key", "@")
    assert [word for word in private if f'"{word}"' in text or (len(word) > 4 and word in text)] == []
    assert "Ada" not in text
    rows = AuditRow.objects.filter(pk__gt=before).order_by("pk")
    due = [event_of(row.action, of_attempt=row.attempt_id is not None, facts=row.facts) for row in rows]
    assert names(events) == [event.name for event in due if event]


def test_a_move_into_another_session_is_told_once_and_by_that_session(told, now):
    place = room(now)
    other = add_session(place.session.placement, place.staff, now)
    attempt = begin(place, place.learners[0], now)
    call = {"attempts": [attempt.uuid], "target": other.uuid, "reason": "", "by": place.staff, "now": now}
    (moved,) = told(monitoring.move, session_id=place.session.pk, **call)
    assert moved["name"] == "edx.assessprep.attempt.moved"
    assert (moved["data"]["session_uuid"], moved["data"]["attempt_uuid"]) == (str(other.uuid), str(attempt.uuid))


def test_content_is_told_from_the_bank_to_the_school(told, now):
    events = told(delivered, now, learners=1)
    assert names(events) == [
        "bank.created",
        "assessment.added",
        "version.published",
        "placement.wanted",
        "placement.filled",
        "session.created",
        "session.published",
    ]
    published = events[2]
    assert published["data"]["version_number"] == 1
    assert published["context"]["course_id"] == "course-v1:Riverside+BANK+2026"
    assert events[4]["data"]["version_uuid"] == published["data"]["version_uuid"]


def test_a_public_signal_carries_the_attempt_and_its_session(told, now):
    place = room(now)
    heard = []

    def listen(attempt, metadata, **_more):
        heard.append((metadata.event_type, metadata.time, attempt))

    signals.ATTEMPT_SUBMITTED.connect(listen)
    try:
        attempt = begin(place, place.learners[0], now)
        told(actions_running.submit, attempt_uuid=attempt.uuid, by=place.learners[0], now=now)
    finally:
        signals.ATTEMPT_SUBMITTED.disconnect(listen)
    ((kind, at, data),) = heard
    assert (kind, at) == ("org.assessprep.learning.attempt.submitted.v1", now)
    assert (data.uuid, data.learner_id, data.done_by) == (str(attempt.uuid), place.learners[0], "learner")
    assert (data.session.uuid, data.session.course_key) == (str(place.session.uuid), place.session.course_key)


@pytest.mark.parametrize("debug", [True, False])
def test_whoever_listens_and_fails_disturbs_nobody(told, now, settings, debug):
    settings.DEBUG = debug
    place = room(now)

    def fail(**_told):
        raise RuntimeError("a receiver of another plugin")

    signals.ATTEMPT_STARTED.connect(fail)
    try:
        events = told(begin, place, place.learners[0], now)
    finally:
        signals.ATTEMPT_STARTED.disconnect(fail)
    assert names(events) == ["attempt.joined", "attempt.started"]


def test_each_signal_says_the_same_as_an_event_and_never_more(now):
    assert set(signals.SIGNALS) <= set(EVENTS)
    kinds = [signal.event_type for signal in signals.SIGNALS.values()]
    assert len(set(kinds)) == len(kinds)
    assert all(kind.startswith("org.assessprep.") and kind.endswith(".v1") for kind in kinds)


def test_a_change_is_told_under_one_name_of_an_attempt_and_one_of_a_session():
    told = [(action, event.about) for event in EVENTS.values() for action in event.actions]
    assert len(told) == len(set(told))
    assert event_of("settle", of_attempt=True, facts={}).name == "attempt.submitted"
    assert event_of("settle", of_attempt=True, facts={"to": "ended"}).name == "attempt.ended"
    assert event_of("reverse", of_attempt=False, facts={}).name == "session.time_corrected"
    assert event_of("reverse", of_attempt=True, facts={}).name == "attempt.time_corrected"
    assert event_of("set_accommodation", of_attempt=False, facts={}) is None


def told_actions() -> dict[str, str]:
    """Every name under which a change is written to the audit trail -> where."""
    found = {}
    for path in sorted(DOMAIN.rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            word = {"Act": "name"}.get(called, "action")
            for given in call.keywords:
                if given.arg == word and isinstance(given.value, ast.Constant) and called != "remember":
                    found[given.value.value] = f"{path.relative_to(DOMAIN)}:{call.lineno}"
    return found


def test_every_change_in_the_audit_trail_is_told_as_an_event_or_named_as_one_that_is_not() -> None:
    """A new action needs a line in domain/events/catalogue.py, then ``make docs``: an Event, or a reason in UNTOLD."""
    written = told_actions()
    assert {"join", "settle", "extend", "publish_session", "archive_session", "create_session"} <= set(written)
    assert {action: where for action, where in written.items() if action not in {*TOLD, *UNTOLD}} == {}
