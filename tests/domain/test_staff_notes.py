"""Irregularities, claims, "Why can't she start?", the log, and the tables that staff take along."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest

from assessprep_xblock.domain.attempts.models import ContactGap
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import actions_notes, exports, queries, queries_gates, queries_log
from assessprep_xblock.domain.monitoring.models import Claim, Irregularity
from assessprep_xblock.domain.sessions.models import AssessmentSession, WrongTries
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.domain.shared.spreadsheets import content
from devlms import factories
from tests.bare import room
from tests.domain.test_invigilating import act, begin, join, minutes, of

pytestmark = pytest.mark.django_db


def report(place, now, whom, **more):
    call = {"category": "technical", "subcategory": "network", "comment": "=cmd()", "request_id": uuid.uuid4()}
    ids = {"session_id": place.session.pk, "by": place.staff, "learner_ids": whom, "now": now}
    return actions_notes.report_irregularity(**{**call, **ids, **more})


def session_of(place) -> AssessmentSession:
    return AssessmentSession.objects.select_related("placement__version").get(pk=place.session.pk)


def table(given) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(content("csv", [given])).lstrip("\ufeff"))))


def gates(place, learner, now) -> dict[str, bool]:
    found = queries_gates.gates(session_of(place), learner_id=learner, now=now)
    return {gate["gate"]: gate["open"] for gate in found["gates"]}


def test_an_irregularity_of_students_or_of_the_room_is_noted_once_for_each_request(now):
    place = room(now)
    attempt, request_id = begin(place, place.learners[0], now), uuid.uuid4()
    first = report(place, now, place.learners, request_id=request_id)
    assert report(place, now, place.learners, request_id=request_id) == first
    report(place, now, "session", category="environment", subcategory="evacuation")
    rows = Irregularity.objects.order_by("pk")
    assert [(row.learner_id, row.attempt_id) for row in rows] == [
        (place.learners[0], of(attempt).pk),
        (place.learners[1], None),
        (None, None),
    ]
    assert AuditRow.objects.filter(action="irregularity").count() == 3


@pytest.mark.parametrize(("category", "subcategory"), [("technical", "noise"), ("weather", "other"), ("", "")])
def test_there_is_no_irregularity_of_an_unknown_kind(now, category, subcategory):
    with pytest.raises(Refusal, match="invalid"):
        report(room(now), now, "session", category=category, subcategory=subcategory)


def test_a_note_about_a_stranger_is_refused_and_one_that_was_a_mistake_is_taken_back(now):
    place = room(now)
    with pytest.raises(Refusal, match="not_found"):
        report(place, now, [place.staff])
    (name,) = report(place, now, "session")["irregularities"]
    call = {"session_id": place.session.pk, "by": place.staff, "irregularity": uuid.UUID(name), "reason": "", "now": now}
    actions_notes.withdraw_irregularity(**call)
    actions_notes.withdraw_irregularity(**call)
    assert Irregularity.objects.get().withdrawn_at == now
    assert AuditRow.objects.filter(action="withdraw_irregularity").count() == 1


def test_two_invigilators_do_not_walk_to_the_same_desk(now):
    place = room(now)
    other = factories.make_user("second", "Sam Second").pk
    call = {"session_id": place.session.pk, "learner_id": place.learners[0]}
    actions_notes.claim(**call, by=place.staff, now=now)
    with pytest.raises(Refusal, match="claimed"):
        actions_notes.claim(**call, by=other, now=now + minutes(29))
    actions_notes.claim(**call, by=other, now=now + minutes(31))
    assert Claim.objects.get().by_id == other
    actions_notes.release_claim(**call, by=other, now=now + minutes(32))
    assert not Claim.objects.exists()


# -- why can't she start ------------------------------------------------------------------------------------------------
def test_every_gate_says_whether_it_is_open(now):
    place = room(now, waiting_room=True)
    joined, outside = place.learners
    join(place, joined, now)
    assert gates(place, joined, now)["admitted"] is False
    assert gates(place, outside, now)["joined"] is False
    WrongTries.objects.create(learner_id=outside, course_key=place.session.course_key, wrong=5, since=now)
    assert gates(place, outside, now)["tries"] is False
    monitoring.mark_absent(session_id=place.session.pk, by=place.staff, learner_ids=[outside], reason="", now=now)
    act(monitoring.pause, place, now, reason="")
    closed = [name for name, is_open in gates(place, outside, now).items() if not is_open]
    assert closed == ["not_paused", "absent", "tries", "joined"]


def test_who_has_ended_was_held_or_is_elsewhere_is_told_apart(now):
    place = room(now, learners=3)
    ended, held, void = place.learners
    one, two, three = (begin(place, learner, now) for learner in place.learners)
    act(monitoring.submit, place, now, [one], reason="")
    act(monitoring.pause, place, now, [two], reason="")
    act(monitoring.void, place, now, [three], reason="")
    assert [gates(place, learner, now)[gate] for learner, gate in ((ended, "not_submitted"), (held, "not_held"))] == [
        False
    ] * 2
    assert gates(place, void, now)["not_void"] is False
    with pytest.raises(Refusal, match="not_found"):
        gates(place, 10**6, now)


# -- the log and the tables ---------------------------------------------------------------------------------------------
def test_the_log_of_a_student_has_both_clocks_the_silences_and_the_time_in_words(now):
    place = room(now)
    attempt = begin(place, place.learners[0], now)
    ContactGap.objects.create(attempt=of(attempt), since=now, until=now + minutes(2))
    call = {"seconds": -60, "reason": "too much", "request_id": uuid.uuid4()}
    act(monitoring.extend, place, now + minutes(3), [attempt], **call)
    log = queries_log.attempt_log(attempt_uuid=attempt, user_id=place.staff)
    assert [event["action"] for event in log["events"]] == ["join", "start", "silence", "extend"]
    assert log["events"][2]["facts"] == {"n": 120}
    assert [entry["words"] for entry in log["ledger"]] == ["Time for the test: +45:00", "Extra time: −1:00 (too much)"]


def test_tables_run_no_formula_and_hold_everybody_and_everything(now):
    place = room(now, learners=3)
    begin(place, place.learners[0], now)
    report(place, now, [place.learners[0]])
    monitoring.mark_absent(
        session_id=place.session.pk, by=place.staff, learner_ids=[place.learners[2]], reason="=1", now=now
    )
    session = session_of(place)
    attendance = table(exports.attendance(session, now))
    assert [(row[1], row[2], row[5]) for row in attendance[1:]] == [
        ("learner0", "in_progress", ""),
        ("learner1", "absent", ""),
        ("learner2", "absent", "yes"),
    ]
    assert table(exports.incidents(session))[1][2:5] == ["technical", "network", "'=cmd()"]
    log = table(exports.log(session, user_id=place.staff))
    assert [row[3] for row in log[1:]] == ["join", "start", "irregularity", "mark_absent"]
    assert log[-1][5] == "'=1"


def test_a_claim_ends_by_itself(now):
    place = room(now)
    actions_notes.claim(session_id=place.session.pk, learner_id=place.learners[0], by=place.staff, now=now)
    picture = queries.monitor(session_of(place), since="", now=now + timedelta(minutes=5))
    assert [one["learner"] for one in picture["notes"]["claims"]] == [place.learners[0]]
    assert queries.monitor(session_of(place), since="", now=now + timedelta(minutes=31))["notes"]["claims"] == []
