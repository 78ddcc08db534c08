"""What a start and a submit relied on when they read is asked again in the write: whoever was faster in between has won."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from assessprep_xblock.domain.attempts import actions_entry, actions_running
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import AssessmentSession
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
    with pytest.raises(Refusal) as refused:
        action(attempt_uuid=attempt.uuid, by=attempt.learner_id, now=NOW + timedelta(minutes=1))
    return refused.value.code == "state_changed" and AuditRow.objects.count() == trail


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
