"""What a start and a submit relied on when they read is asked again in the write: whoever was faster in between has won."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from assessprep_xblock.domain.attempts import actions_answers, actions_entry, actions_running
from assessprep_xblock.domain.attempts.devices import Device
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library.models import Placement
from assessprep_xblock.domain.sessions.models import Accommodation, AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.bare import CODE, Room, room
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@contextlib.contextmanager
def meanwhile(model: Any, **changed: Any) -> Iterator[None]:
    """Somebody else changes the rows of this table right before the first write to it."""
    written = []

    def first(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and model._meta.db_table in sql.split("SET")[0] and not written:
            written.append(sql)
            model.objects.update(**changed)
        return execute(sql, *rest)

    with connection.execute_wrapper(first):
        yield
    assert written, "nothing was written to it"


def joined(place: Room) -> Attempt:
    call = {"usage_key": place.usage_key, "learner_id": place.learners[0], "code": CODE, "now": NOW}
    return actions_entry.verify_code(**call).attempt


def lost(action: Any, attempt: Attempt) -> bool:
    """Inside a test's transaction a lost race is told at once: nothing there could be tried again."""
    trail = AuditRow.objects.count()
    with pytest.raises(Refusal) as told:
        action(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW + timedelta(minutes=1))
    return told.value.code == "state_changed" and AuditRow.objects.count() == trail


@pytest.mark.parametrize(
    "changed",
    [
        {"lifecycle": "archived"},
        {"held_since": NOW},
        {"paused_us": 7},
        {"version_no": 99},
        {"begun_us": 5},
    ],
    ids=str,
)
def test_a_start_is_lost_to_what_becomes_of_its_session(changed):
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    with meanwhile(AssessmentSession, **changed):
        assert lost(actions_running.start, attempt)
    assert Attempt.objects.get().status == "joined"
    assert place.counters() == place.counted()


@pytest.mark.parametrize("changed", [{"status": "ended"}, {"voided": True}, {"admitted_at": None}], ids=str)
def test_a_start_is_lost_to_what_becomes_of_its_attempt(changed):
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    with meanwhile(Attempt, **changed):
        assert lost(actions_running.start, attempt)
    assert Attempt.objects.get().status == "joined"
    assert place.counters() == place.counted()


@pytest.mark.parametrize("changed", [{"held_since": NOW}, {"released_at": NOW}], ids=str)
def test_a_submit_is_lost_to_what_becomes_of_its_session(changed):
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    with meanwhile(AssessmentSession, **changed):
        assert lost(actions_running.submit, attempt)
    assert Attempt.objects.get().status == "in_progress"
    assert place.counters() == place.counted()


@pytest.mark.parametrize("changed", [{"status": "ended"}, {"voided": True}, {"hold_us": 5}, {"waits_since": NOW}], ids=str)
def test_a_submit_is_lost_to_what_becomes_of_its_attempt(changed):
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    with meanwhile(Attempt, **changed):
        assert lost(actions_running.submit, attempt)
    assert Attempt.objects.get().status == "in_progress"
    assert place.counters() == place.counted()


def test_an_answer_that_was_saved_in_between_is_no_reason_to_lose_a_submit_and_is_counted():
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    with meanwhile(Attempt, answered=9):
        seen = actions_running.submit(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    assert seen.attempt.status == "submitted"


def test_what_a_start_writes_down(now):
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    seen = actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    row = Attempt.objects.get()
    assert (row.status, row.started_at, row.progress_at, row.granted_us) == ("in_progress", NOW, NOW, 0)
    assert (row.honesty_at, row.device, row.device_label, row.device_since) == (None, "", "", None)
    assert row.due_us == row.started_us + 600_000_000 and row.change_no == place.reload().change_no
    entry = row.ledger.get()
    assert (entry.kind, entry.us, entry.at, entry.session_id) == ("duration", 600_000_000, NOW, place.session.pk)
    told = AuditRow.objects.get(action="start")
    assert (told.by_id, told.at, told.session_id, told.attempt_id) == (row.learner_id, NOW, place.session.pk, row.pk)
    assert (told.change_no, told.facts, told.reason) == (row.change_no, {}, "")
    assert (seen.attempt.status, seen.attempt.due_us, seen.attempt.change_no) == ("in_progress", row.due_us, row.change_no)
    # Again, and nothing is begun anew.
    again = actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW + timedelta(minutes=5))
    assert (again.attempt.started_at, AuditRow.objects.filter(action="start").count()) == (NOW, 1)


def test_what_a_submit_writes_down():
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    later = NOW + timedelta(minutes=2)
    seen = actions_running.submit(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=later)
    row = Attempt.objects.get()
    assert (row.status, row.submitted_at, row.ended_at, row.progress_at) == ("submitted", later, later, later)
    assert row.ended_us == row.started_us + 120_000_000 and row.change_no == place.reload().change_no
    told = AuditRow.objects.get(action="submit")
    assert (told.by_id, told.at, told.session_id, told.attempt_id) == (row.learner_id, later, place.session.pk, row.pk)
    assert (told.change_no, told.facts, seen.attempt.status) == (row.change_no, {"end_reason": "learner"}, "submitted")


def refused(action: Any, attempt: Attempt, minutes: int = 0, **more: Any) -> str:
    with pytest.raises(Refusal) as told:
        action(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW + timedelta(minutes=minutes), **more)
    return told.value.code


def test_what_a_start_writes_down_of_extra_time_a_statement_and_a_device():
    place = room(NOW, duration_s=600, honesty="I work alone.")
    attempt = joined(place)
    given = {"course_key": place.session.course_key, "learner_id": attempt.learner_id, "set_at": NOW}
    Accommodation.objects.create(**given, percent=125, extra_s=30)
    about = {"attempt_uuid": attempt.uuid, "by": attempt.learner_id, "now": NOW}
    assert refused(actions_running.start, attempt) == "honesty_needed"
    actions_running.start(**about, agreed=True, device=Device(key="a" * 20, label="Firefox, Linux"))
    row = Attempt.objects.get()
    assert (row.due_us - row.started_us, row.granted_us, row.accommodation_us) == (780_000_000, 180_000_000, 180_000_000)
    assert list(row.ledger.order_by("kind").values_list("kind", "us")) == [
        ("accommodation", 180_000_000),
        ("duration", 600_000_000),
    ]
    assert (row.honesty_at, row.device, row.device_label, row.device_since) == (NOW, "a" * 20, "Firefox, Linux", NOW)
    assert AuditRow.objects.get(action="start").facts == {"agreed": True}


@pytest.mark.parametrize(("state", "starts"), [("ready", True), ("drifted", True), ("copying", False), ("failed", False)])
def test_half_of_a_test_is_shown_to_nobody(state, starts):
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    Placement.objects.update(state=state)
    if not starts:
        assert refused(actions_running.start, attempt) == "being_prepared"
        return
    actions_running.start(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW)
    assert Attempt.objects.get().status == "in_progress"


def test_a_session_kept_to_networks_is_begun_and_handed_in_there_until_the_time_is_over():
    place = room(NOW, duration_s=600, network_grace_s=120)
    attempt = joined(place)
    AssessmentSession.objects.update(overrides={"duration_s": 600, "network_grace_s": 120, "ip_allow_list": ["10.1.0.0/16"]})
    about = {"attempt_uuid": attempt.uuid, "by": attempt.learner_id}
    assert refused(actions_running.start, attempt, address="192.0.2.1") == "wrong_network"
    assert refused(actions_running.start, attempt) == "wrong_network", "an address that is not known is none of the school's"
    actions_running.start(**about, now=NOW, address="10.1.2.3")
    assert refused(actions_running.submit, attempt, 5, address="192.0.2.1") == "wrong_network"
    # Its time is over: nothing is gained any more by being elsewhere.
    actions_running.submit(**about, now=NOW + timedelta(minutes=11), address="192.0.2.1")
    row = Attempt.objects.get()
    assert (row.status, row.end_reason, row.ended_at) == ("submitted", "clock", NOW + timedelta(minutes=10))


def test_a_submit_keeps_what_the_page_counted_and_says_how_much_is_answered():
    place = room(NOW, duration_s=600)
    attempt = joined(place)
    about = {"attempt_uuid": attempt.uuid, "by": attempt.learner_id}
    actions_running.start(**about, now=NOW)
    item = place.questions[0].item
    actions_answers.save_answer(**about, item=item, values={f"input_{item}_2_1": "1"}, revision=1, written_at=None, now=NOW)
    with meanwhile(Attempt, answered=9):
        seen = actions_running.submit(**about, now=NOW + timedelta(minutes=2), spent={item: 30, "long": 9999})
    row = Attempt.objects.get()
    assert row.spent == {item: 30, "long": 121}
    assert seen.attempt.answered == 9, "as it stands in the row, and not as it was read"
    again = actions_running.submit(**about, now=NOW + timedelta(minutes=9))
    assert (again.attempt.submitted_at, AuditRow.objects.filter(action="submit").count()) == (NOW + timedelta(minutes=2), 1)
