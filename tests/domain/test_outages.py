"""Outages: exactly those who lost contact get exactly what they lost, once, and can read why."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessprep_xblock.domain.attempts import ledger, presence
from assessprep_xblock.domain.attempts.models import Attempt, ContactGap, LedgerEntry
from assessprep_xblock.domain.attempts.spans import length, until_length, within, without
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import exports
from assessprep_xblock.domain.monitoring.actions_outages import make_up
from assessprep_xblock.domain.monitoring.outages import losses, suggestions
from assessprep_xblock.domain.monitoring.queries_outages import outages
from assessprep_xblock.domain.sessions.clock import SECOND
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.bare import add_session, room
from tests.conftest import NOW
from tests.domain.test_invigilating import act, begin, check_ledger, of, outcome

pytestmark = pytest.mark.django_db


def at(minutes: float):
    """So many minutes after the test began."""
    return NOW + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _nobody_is_remembered():
    cache.clear()


def silent(attempt_uuid: UUID, since: float, until: float) -> None:
    ContactGap.objects.create(attempt=of(attempt_uuid), since=at(since), until=at(until))


def give(place, now, attempts="all", since=0.0, until=30.0, most_s=None, request_id=None, by=None):
    return make_up(
        session_id=place.session.pk,
        by=by or place.staff,
        attempts=attempts,
        since=at(since),
        until=at(until),
        most_s=most_s,
        reason="router",
        request_id=request_id or uuid4(),
        now=now,
    )


def given(answer) -> dict[str, int]:
    return {row["attempt"]: row["seconds"] for row in answer["rows"] if row["done"]}


def told(place, now, since=0.0, until=30.0) -> dict[str, dict]:
    found = outages(place.reload(), interval=(at(since), at(until)), now=now)
    return {row["attempt"]: row for row in found["students"]}


# -- spans and losses, without a database -------------------------------------------------------------------------------
def test_spans_of_time_are_cut_joined_and_measured():
    spans = [(at(5), at(7)), (at(1), at(3)), (at(2), at(4)), (at(9), at(9))]
    assert within(spans, [(at(2), at(6))]) == [(at(2), at(4)), (at(5), at(6))]
    assert without(spans, [(at(2), at(6))]) == [(at(1), at(2)), (at(6), at(7))]
    assert length(spans) == timedelta(minutes=5)
    assert until_length(spans, timedelta(minutes=4)) == [(at(1), at(4)), (at(5), at(6))]


def test_what_was_made_up_for_or_stood_still_is_not_lost_again_and_a_cap_takes_the_earliest():
    gaps, ran = [(at(2), at(6)), (at(10), at(12))], [(at(0), at(3)), (at(4), at(30))]
    found = losses((at(1), at(11)), gaps, ran, paid=[(at(2), at(2.5))])
    assert [(one.since, one.until, one.us // SECOND) for one in found] == [(at(2.5), at(6), 150), (at(10), at(11), 60)]
    capped = losses((at(1), at(11)), gaps, ran, paid=[], most_s=90)
    assert [(one.since, one.until, one.us // SECOND) for one in capped] == [(at(2), at(4.5), 90)]
    rest = losses((at(1), at(11)), gaps, ran, paid=[(one.since, one.until) for one in capped])
    assert sum(one.us for one in rest) // SECOND == 90 + 60


def test_the_interval_in_which_most_were_silent_at_once_is_suggested_first():
    room_wide = [(n, (at(10) + timedelta(seconds=n), at(14) + timedelta(seconds=2 * n))) for n in range(5)]
    found = suggestions([*room_wide, (1, (at(1), at(2))), (9, (at(0), at(25)))], spread=timedelta(minutes=1))
    assert (found[0].since, found[0].until, found[0].students) == (at(10), at(14) + timedelta(seconds=8), 6)
    alone = suggestions([(9, (at(0), at(25)))], spread=timedelta(minutes=1))
    assert [(one.since, one.until, one.students) for one in alone] == [(at(0), at(25), 1)]
    assert suggestions([], spread=timedelta(minutes=1)) == []


# -- what is given ------------------------------------------------------------------------------------------------------
def test_each_gets_what_she_lost_in_the_interval_and_who_was_there_all_the_time_gets_nothing():
    place = room(NOW, learners=3)
    long, short, there = (begin(place, learner, NOW) for learner in place.learners)
    silent(long, 2, 6)
    silent(short, 3, 4.5)
    silent(short, 9, 10)
    rows = told(place, at(20), 2, 6)
    assert {one: (row["lost_s"], row["left_s"], row["may"]) for one, row in rows.items()} == {
        str(long): (240, 240, True),
        str(short): (90, 90, True),
    }
    answer = give(place, at(20), since=2, until=6)
    assert given(answer) == {str(long): 240, str(short): 90}
    assert of(there).granted_us == 0
    for one in (long, short, there):
        check_ledger(one)
    row = AuditRow.objects.get(action="outage", attempt_id=of(long).pk)
    assert (row.reason, row.facts["seconds"], row.by_id) == ("router", 240, place.staff)
    words = ledger.entries(of(long))[-1]["words"]
    assert words == "You were given +4:00 for an outage from 2026-09-14T09:02:00Z to 2026-09-14T09:06:00Z (router)"


def test_no_silence_is_made_up_for_twice_and_overlapping_intervals_give_what_is_left():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    assert given(give(place, at(20), since=0, until=4)) == {str(one): 120}
    assert given(give(place, at(21), since=3, until=30)) == {str(one): 120}
    assert outcome(give(place, at(22), [one], since=0, until=30)) == {str(one): "nothing_lost"}
    assert of(one).granted_us == 240 * SECOND
    check_ledger(one)


def test_the_same_request_twice_gives_once_and_answers_alike():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    request_id = uuid4()
    first = give(place, at(20), request_id=request_id)
    assert give(place, at(21), request_id=request_id) == first
    assert LedgerEntry.objects.filter(kind="outage").count() == 1


def test_a_cap_leaves_the_rest_to_be_made_up_for_later():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    assert given(give(place, at(20), most_s=60)) == {str(one): 60}
    assert given(give(place, at(20))) == {str(one): 180}


def test_time_in_which_the_clock_stood_still_anyway_is_not_lost():
    place = room(NOW, learners=3)
    one, two, late = (begin(place, learner, NOW if n < 2 else at(3)) for n, learner in enumerate(place.learners))
    act(monitoring.pause, place, at(3), reason="")
    act(monitoring.resume, place, at(4), reason="")
    act(monitoring.pause, place, at(5), [two], reason="")
    act(monitoring.resume, place, at(5.5), [two], reason="")
    for attempt in (one, two):
        silent(attempt, 2, 6)
    assert given(give(place, at(20))) == {str(one): 180, str(two): 150}
    # A pause that is taken back stopped nothing: then the time in it was lost after all.
    entry = LedgerEntry.objects.get(attempt=None, kind="pause")
    monitoring.reverse(session_id=place.session.pk, by=place.staff, entry=entry.pk, reason="", now=at(21))
    assert told(place, at(22))[str(one)]["left_s"] == 0  # the silence is made up for as a whole
    assert str(late) not in told(place, at(22))


def test_a_pause_of_the_room_that_is_taken_back_is_lost_time_again():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    act(monitoring.pause, place, at(3), reason="")
    act(monitoring.resume, place, at(4), reason="")
    silent(one, 2, 6)
    entry = LedgerEntry.objects.get(attempt=None, kind="pause")
    monitoring.reverse(session_id=place.session.pk, by=place.staff, entry=entry.pk, reason="", now=at(19))
    assert given(give(place, at(20))) == {str(one): 240}


def test_a_student_s_own_pause_that_is_taken_back_is_lost_time_again():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    act(monitoring.pause, place, at(3), [one], reason="")
    act(monitoring.resume, place, at(5), [one], reason="")
    silent(one, 2, 6)
    assert told(place, at(18))[str(one)]["left_s"] == 120
    entry = LedgerEntry.objects.get(attempt=of(one), kind="pause")
    monitoring.reverse(session_id=place.session.pk, by=place.staff, entry=entry.pk, reason="", now=at(19))
    assert given(give(place, at(20))) == {str(one): 240}
    check_ledger(one)


def test_time_after_the_end_is_not_lost_and_who_has_ended_has_to_be_let_go_on_first():
    place = room(NOW, duration_s=240)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    act(monitoring.end, place, at(5), [one], reason="")
    row = told(place, at(7))[str(one)]
    assert (row["left_s"], row["may"], row["status"]) == (180, False, "ended")
    assert outcome(give(place, at(7), [one])) == {str(one): "move_refused"}
    act(monitoring.reopen, place, at(8), [one], seconds=60, reason="")
    assert given(give(place, at(8))) == {str(one): 180}
    check_ledger(one)


def test_who_ran_out_of_time_in_the_silence_goes_on_with_what_was_lost():
    place = room(NOW, duration_s=240)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    assert given(give(place, at(6.05))) == {str(one): 120 + 123}
    clock = monitoring_clock(one)
    assert clock.left_us(at(6.05)) == 120 * SECOND
    check_ledger(one)


def monitoring_clock(attempt_uuid):
    from assessprep_xblock.domain.attempts.standing import seen

    return seen(of(attempt_uuid)).standing.attempt_clock


def test_a_silence_that_goes_on_counts_up_to_now_and_its_rest_is_given_when_it_is_over():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    presence.note(attempt_id=of(one).pk, sign=presence.Sign(place.session.pk), now=at(1))
    row = told(place, at(5))[str(one)]
    assert (row["silent"], row["left_s"]) == (True, 240)
    assert given(give(place, at(5))) == {str(one): 240}
    presence.note(attempt_id=of(one).pk, sign=presence.Sign(place.session.pk), now=at(7))
    assert given(give(place, at(7.5))) == {str(one): 120}


def test_what_was_lost_before_a_move_is_made_up_for_in_the_new_session():
    place = room(NOW)
    other = add_session(place.session.placement, place.staff, NOW)
    one = begin(place, place.learners[0], NOW)
    act(monitoring.pause, place, at(3), reason="")
    act(monitoring.resume, place, at(4), reason="")
    act(monitoring.move, place, at(8), [one], target=other.uuid, reason="")
    silent(one, 2, 6)
    assert outcome(give(place, at(9), [one])) == {str(one): "not_found"}
    answer = make_up(
        session_id=other.pk,
        by=place.staff,
        attempts="all",
        since=at(0),
        until=at(9),
        most_s=None,
        reason="r",
        request_id=uuid4(),
        now=at(9),
    )
    assert given(answer) == {str(one): 180}


def test_a_new_attempt_is_asked_about_and_the_void_one_is_not():
    place = room(NOW)
    old = begin(place, place.learners[0], NOW)
    silent(old, 1, 2)
    # As if begun anew at once, without the platform.
    Attempt.objects.filter(uuid=old).update(voided=True)
    assert told(place, at(20)) == {}
    assert outcome(give(place, at(20), [old])) == {str(old): "voided"}


# -- taking back --------------------------------------------------------------------------------------------------------
def undo(place, deed, now, chief=True):
    call = {"session_id": place.session.pk, "by": place.staff, "deed": UUID(deed), "reason": "wrong room"}
    return monitoring.undo(**call, now=now, chief=chief)


def test_made_up_time_is_taken_back_by_whoever_may_give_it_and_can_be_given_again():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    deed = give(place, at(20))["undo"]
    # Something else that happened since is no reason to leave the time where it is.
    act(monitoring.extend, place, at(21), [one], seconds=60, reason="", request_id=uuid4())
    assert outcome(undo(place, deed, at(22), chief=False)) == {str(one): "done"}
    assert undo(place, deed, at(22))["rows"] == []
    assert of(one).granted_us == 60 * SECOND
    check_ledger(one)
    assert AuditRow.objects.get(action="undo_outage").facts["seconds"] == -240
    assert given(give(place, at(23))) == {str(one): 240}
    with pytest.raises(Refusal, match="too_late_to_undo"):
        undo(place, deed, at(31))


def test_the_attendance_and_the_log_say_what_was_made_up_for_when_and_why_until_it_is_taken_back():
    place = room(NOW, learners=2, duration_minutes=60)
    first, _second = (begin(place, learner, NOW) for learner in place.learners)
    silent(first, 5, 8)
    silent(first, 10, 12)
    result = give(place, at(20), since=4, until=20)

    def exported() -> tuple[list, list]:
        present = list(exports.attendance(place.reload(), at(21)).rows)
        done = list(exports.log(place.reload(), user_id=place.staff).rows)
        facts = [(row[3], row[5], json.loads(row[6] or "{}")) for row in done if "outage" in row[3]]
        return [row[-2:] for row in present], facts

    both = "2026-09-14 09:05:00 – 2026-09-14 09:08:00 (router); 2026-09-14 09:10:00 – 2026-09-14 09:12:00 (router)"
    present, done = exported()
    assert present == [[300, both], ["", ""]]
    facts = {"since": "2026-09-14T09:04:00Z", "until": "2026-09-14T09:20:00Z", "seconds": 300}
    assert done == [("outage", "router", facts)]
    assert undo(place, result["undo"], at(22))
    present, done = exported()
    assert present == [["", ""], ["", ""]]
    assert [(what, facts["seconds"]) for what, _why, facts in done] == [("outage", 300), ("undo_outage", -300)]


def test_who_may_not_end_a_test_undoes_no_end():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    deed = act(monitoring.end, place, at(1), [one], reason="")["undo"]
    with pytest.raises(Refusal, match="forbidden"):
        undo(place, deed, at(2), chief=False)


def test_an_entry_that_was_reversed_by_hand_is_not_taken_back_a_second_time():
    place = room(NOW)
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    deed = give(place, at(20))["undo"]
    entry = LedgerEntry.objects.get(kind="outage")
    monitoring.reverse(session_id=place.session.pk, by=place.staff, entry=entry.pk, reason="", now=at(21))
    assert outcome(undo(place, deed, at(22))) == {str(one): "not_reversible"}
    assert of(one).granted_us == 0
    check_ledger(one)


def test_undo_says_where_a_student_is_who_was_moved_since():
    place = room(NOW)
    other = add_session(place.session.placement, place.staff, NOW, name="Library")
    one = begin(place, place.learners[0], NOW)
    silent(one, 2, 6)
    deed = give(place, at(20))["undo"]
    act(monitoring.move, place, at(21), [one], target=other.uuid, reason="")
    [row] = undo(place, deed, at(22))["rows"]
    assert row["code"] == "moved_since" and "Library" in row["message"]
    assert of(one).granted_us == 240 * SECOND


# -- asking -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("since", "until"), [(5, 5), (6, 5), (30, 40), (-60 * 25, 5)])
def test_an_interval_that_is_empty_to_come_or_longer_than_a_day_is_refused(since, until):
    place = room(NOW)
    begin(place, place.learners[0], NOW)
    with pytest.raises(Refusal, match="invalid"):
        give(place, at(20), since=since, until=until)


def test_without_an_interval_the_likeliest_outage_is_looked_at():
    place = room(NOW, learners=4)
    attempts = [begin(place, learner, NOW) for learner in place.learners]
    for attempt in attempts[:3]:
        silent(attempt, 10, 14)
    silent(attempts[3], 1, 3)
    found = outages(place.reload(), interval=None, now=at(20))
    assert (found["since"], found["until"]) == ("2026-09-14T09:10:00Z", "2026-09-14T09:14:00Z")
    assert found["suggestions"][0]["students"] == 3
    assert len(found["students"]) == 3
    assert outages(room_of_others(place), interval=None, now=at(20))["students"] == []


def room_of_others(place):
    return add_session(place.session.placement, place.staff, NOW, name="Others", code="7777")


def test_ten_and_two_hundred_silent_students_cost_the_same_questions():
    place = room(NOW, learners=200)
    model = of(begin(place, place.learners[0], NOW))
    counts = []
    for first, last in ((1, 10), (10, 200)):
        fresh = [copy_of(model, learner) for learner in place.learners[first:last]]
        AuditRow.objects.bulk_create(
            AuditRow(at=NOW, action=action, session_id=place.session.pk, attempt_id=one.pk)
            for one in Attempt.objects.bulk_create(fresh)
            for action in ("join", "start")
        )
        mine = Attempt.objects.filter(session=place.session, gaps=None)
        ContactGap.objects.bulk_create(ContactGap(attempt=one, since=at(2), until=at(6)) for one in mine)
        session = type(place.session).objects.select_related("placement__version").get(pk=place.session.pk)
        with CaptureQueriesContext(connection) as caught:
            assert len(outages(session, interval=(at(0), at(8)), now=at(9))["students"]) == last
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 8
    with CaptureQueriesContext(connection) as caught:
        assert len(given(give(place, at(20)))) == 200
    assert len(caught) <= 40


def copy_of(attempt: Attempt, learner: int) -> Attempt:
    """The same for another learner."""
    values = {one.attname: getattr(attempt, one.attname) for one in Attempt._meta.concrete_fields}
    return Attempt(**{**values, "id": None, "uuid": uuid4(), "learner_id": learner})
