"""The live picture of a session: counters that always sum, true rows, a token that tells only what changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from assessprep_xblock.domain.attempts import actions_answers, actions_entry, actions_running
from assessprep_xblock.domain.attempts.actions_settle import settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import (
    actions,
    actions_ending,
    actions_moves,
    actions_renewing,
    queries,
    queries_rows,
)
from assessprep_xblock.domain.sessions.models import AssessmentSession, WrongTries
from devlms import factories
from tests.bare import CODE, room
from tests.doors.broken_cache import BrokenCache
from tests.world import World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(now) -> World:
    cache.clear()
    return delivered(now, learners=6)


def join(world, learner, at=None):
    code = world.reload().live_code
    return actions_entry.verify_code(
        usage_key=world.usage_key, learner_id=learner.pk, code=code, now=at or world.now
    ).attempt


def start(world, learner, at=None):
    attempt = join(world, learner, at)
    actions_running.start(attempt_uuid=attempt.uuid, by=learner.pk, now=at or world.now)
    return attempt


def look(world, since="", at=None):
    session = AssessmentSession.objects.select_related("placement__version").get(pk=world.session.pk)
    return queries.monitor(session, since=since, now=at or world.now)


def row_of(picture, learner):
    return next(row for row in picture["rows"] if row["learner"] == learner.pk)


def check_sum(picture):
    counters = picture["counters"]
    assert sum(counters[status] for status in queries.COUNTED) == counters["assigned"] + counters["guests"]
    if picture["full"]:
        assert len(picture["rows"]) == counters["assigned"] + counters["guests"]


def later(world, **how):
    return world.now + timedelta(**how)


# -- counters -----------------------------------------------------------------------------------------------------------
def test_everybody_is_counted_exactly_once_whatever_happened(world):
    one, two, three, four, five, _six = world.learners
    join(world, one)
    start(world, two)
    ended = start(world, three)
    handed_in = start(world, four)
    actions_running.submit(attempt_uuid=handed_in.uuid, by=four.pk, now=world.now)
    ids = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now}
    actions.end(**ids, attempts=[ended.uuid], reason="")
    start(world, five)
    picture = look(world)
    assert picture["counters"] == {
        "assigned": 6,
        "guests": 0,
        "absent": 1,
        "joined": 1,
        "in_progress": 2,
        "ended": 1,
        "submitted": 1,
    }
    check_sum(picture)


def test_whose_time_is_over_is_shown_as_ended_before_anything_is_settled(world):
    learner = world.learners[0]
    attempt = start(world, learner)
    picture = look(world, at=later(world, minutes=46))
    assert Attempt.objects.get(pk=attempt.pk).status == "in_progress"
    row = row_of(picture, learner)
    assert (row["status"], row["overdue"], row["left_ms"]) == ("ended", True, None)
    assert picture["counters"]["ended"] == 1 and picture["counters"]["in_progress"] == 0
    check_sum(picture)
    settle(session_id=world.session.pk, now=later(world, minutes=46))
    assert row_of(look(world, at=later(world, minutes=46)), learner)["status"] == "submitted"


def test_a_guest_is_counted_beside_the_assigned(world):
    session = world.reload()
    session.roster = {"everyone": False, "classes": [], "students": [world.learners[0].pk], "excluded": []}
    session.overrides = {"guests": True}
    session.save()
    join(world, world.learners[1])
    picture = look(world)
    assert picture["counters"]["assigned"] == 1 and picture["counters"]["guests"] == 1
    assert row_of(picture, world.learners[1])["guest"] is True
    check_sum(picture)


def test_who_was_taken_off_the_list_after_joining_stays_visible_and_the_sum_holds(world):
    join(world, world.learners[0])
    session = world.reload()
    session.roster = {**session.roster, "excluded": [world.learners[0].pk, world.learners[1].pk]}
    session.save()
    picture = look(world)
    assert picture["counters"]["assigned"] == 4 and picture["counters"]["guests"] == 1
    assert row_of(picture, world.learners[0])["assigned"] is False
    check_sum(picture)


def test_who_submitted_in_another_session_of_the_placement_is_not_assigned_here(world):
    attempt = start(world, world.learners[0])
    actions_running.submit(attempt_uuid=attempt.uuid, by=world.learners[0].pk, now=world.now)
    world.session = world.add_session("Tuesday, room 3")
    picture = look(world)
    assert picture["counters"]["assigned"] == 5
    assert world.learners[0].pk not in {row["learner"] for row in picture["rows"]}
    check_sum(picture)


def test_a_learner_who_left_the_run_keeps_the_row_and_the_name(world):
    join(world, world.learners[0])
    factories.unenrol(world.learners[0], world.school)
    picture = look(world)
    assert row_of(picture, world.learners[0])["name"] == "Student 1"
    check_sum(picture)


# -- rows ---------------------------------------------------------------------------------------------------------------
def test_a_row_says_how_far_how_long_still_and_when_it_was_saved(world):
    learner = world.learners[0]
    attempt = start(world, learner)
    saved = later(world, minutes=2)
    actions_answers.save_answer(
        attempt_uuid=attempt.uuid,
        by=learner.pk,
        item=world.questions[1].item,
        values=world.answers(1),
        revision=1,
        written_at=None,
        now=saved,
    )
    row = row_of(look(world, at=later(world, minutes=5)), learner)
    assert (row["answered"], row["questions"], row["current"]) == (1, 3, 2)
    assert row["left_ms"] == 40 * 60 * 1000
    assert row["ends_at"] == queries.iso(later(world, minutes=45))
    assert row["last_saved_at"] == queries.iso(saved)


def test_time_stands_still_while_the_session_is_paused(world):
    learner = world.learners[0]
    start(world, learner)
    ids = {"session_id": world.session.pk, "by": world.staff.pk, "attempts": "all", "reason": "fire drill"}
    actions.pause(**ids, now=later(world, minutes=5))
    paused = row_of(look(world, at=later(world, minutes=25)), learner)
    assert (paused["held"], paused["left_ms"], paused["ends_at"]) == ("session", 40 * 60 * 1000, None)
    actions.resume(**ids, now=later(world, minutes=25))
    assert row_of(look(world, at=later(world, minutes=25)), learner)["ends_at"] == queries.iso(later(world, minutes=65))


def test_what_is_handed_in_but_not_scored_is_grade_pending(world):
    attempt = start(world, world.learners[0])
    Attempt.objects.filter(pk=attempt.pk).update(status="submitted", handin="failed", scoring="pending")
    assert row_of(look(world), world.learners[0])["grading"] == "pending"


def test_a_student_who_is_silent_longer_than_a_sign_of_life_takes_counts_as_silent(world):
    attempt = start(world, world.learners[0])
    Attempt.objects.filter(pk=attempt.pk).update(last_seen_at=world.now)
    within = timedelta(seconds=queries_rows.silent_after_s())
    assert row_of(look(world, at=world.now + within), world.learners[0])["connection"] == "connected"
    assert row_of(look(world, at=world.now + within + timedelta(seconds=1)), world.learners[0])["connection"] == "silent"


def test_an_announcement_says_how_many_have_seen_it(world):
    first, second = join(world, world.learners[0]), join(world, world.learners[1])
    ids = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now}
    actions.announce(**ids, attempts="all", text="Ten minutes", request_id=first.uuid)
    number = look(world)["announcements"][0]["number"]
    Attempt.objects.filter(pk=second.pk).update(seen_announcement=number)
    told = look(world)["announcements"][0]
    assert (told["text"], told["seen"], told["of"], told["to_all"]) == ("Ten minutes", 1, 2, True)


def test_a_cache_that_is_down_is_not_knocked_at_by_every_look(world, settings):
    start(world, world.learners[0])
    settings.CACHES = {"default": {"BACKEND": "tests.doors.broken_cache.BrokenCache"}}
    before = BrokenCache.calls
    for _ in range(30):
        picture = look(world)
        assert look(world, picture["since"]) is None
    # Once, or a few times on a machine that stands still for seconds; not a hundred times.
    assert BrokenCache.calls - before < 30


def test_wrong_tries_are_shown_until_their_window_is_over(world):
    WrongTries.objects.create(learner=world.learners[2], course_key=world.school, wrong=5, since=world.now)
    assert [(one["name"], one["wrong"], one["locked"]) for one in look(world)["tries"]] == [("Student 3", 5, True)]
    assert look(world, at=later(world, minutes=6))["tries"] == []


def test_a_session_shows_nothing_of_another_session_of_the_same_run(world):
    other = world.add_session("Tuesday, room 3")
    start(world, world.learners[0])
    actions.announce(
        session_id=other.pk, by=world.staff.pk, attempts="all", text="Other room", request_id=other.uuid, now=world.now
    )
    assert look(world)["announcements"] == []
    world.session = other
    assert look(world)["counters"]["in_progress"] == 0


# -- since --------------------------------------------------------------------------------------------------------------
def test_nothing_new_is_told_as_nothing(world):
    start(world, world.learners[0])
    first = look(world, at=later(world, minutes=1))
    assert look(world, since=first["since"], at=later(world, minutes=2)) is None


def test_a_change_brings_exactly_the_rows_that_changed_and_the_new_counters(world):
    start(world, world.learners[0])
    start(world, world.learners[1])
    first = look(world, at=later(world, minutes=1))
    join(world, world.learners[2], at=later(world, minutes=2))
    second = look(world, since=first["since"], at=later(world, minutes=2))
    assert second["full"] is False
    assert [row["learner"] for row in second["rows"]] == [world.learners[2].pk]
    assert second["counters"]["joined"] == 1
    assert look(world, since=second["since"], at=later(world, minutes=3)) is None


def test_progress_without_a_state_change_is_told_too(world):
    learner = world.learners[0]
    attempt = start(world, learner)
    first = look(world, at=later(world, minutes=1))
    actions_answers.save_answer(
        attempt_uuid=attempt.uuid,
        by=learner.pk,
        item=world.questions[0].item,
        values=world.answers(0),
        revision=1,
        written_at=None,
        now=later(world, minutes=2),
    )
    second = look(world, since=first["since"], at=later(world, minutes=2))
    assert [(row["learner"], row["answered"]) for row in second["rows"]] == [(learner.pk, 1)]


def test_progress_that_was_committed_late_is_not_lost(world):
    attempt = start(world, world.learners[0])
    first = look(world, at=later(world, minutes=1))
    # Stamped five seconds before that picture was taken, and visible only after it.
    Attempt.objects.filter(pk=attempt.pk).update(answered=2, progress_at=later(world, seconds=55))
    assert look(world, since=first["since"], at=later(world, seconds=64))["rows"][0]["answered"] == 2


def test_a_pause_changes_every_row_and_so_brings_the_whole_picture(world):
    start(world, world.learners[0])
    first = look(world, at=later(world, minutes=1))
    actions.pause(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="", now=later(world, minutes=2))
    second = look(world, since=first["since"], at=later(world, minutes=2))
    assert second["full"] is True and second["session"]["held"] is True


def test_somebody_new_on_the_list_brings_the_whole_picture(world):
    first = look(world)
    factories.make_learner(world.school, "late-comer", "Zoe Late")
    # The platform tells nobody of it, so the roster is looked at again after half a minute.
    second = look(world, since=first["since"], at=later(world, seconds=30))
    assert second["full"] is True and second["counters"]["assigned"] == 7


def test_time_running_out_is_told_although_no_row_changed(world):
    start(world, world.learners[0])
    first = look(world, at=later(world, minutes=44, seconds=58))
    second = look(world, since=first["since"], at=later(world, minutes=45, seconds=2))
    assert [row["status"] for row in second["rows"]] == ["ended"]


@pytest.mark.parametrize(
    "token", ["nonsense", "1.2.3", "a.b.c.d", "1.99999999999999999999.x.y", "", "1.-1.x.y", "-5.0..", "1" * 5000]
)
def test_an_unreadable_token_brings_the_whole_picture(world, token):
    assert look(world, since=token)["full"] is True


@pytest.mark.parametrize(
    ("part", "forged"),
    [
        (0, "-" + "9" * 30),
        (1, "-62135596800000"),
        (1, "9" * 30),
        (2, "-62135596800000"),
        (3, "9" * 400),
        (6, "no name for a cache" * 20),
        (6, ""),
        (6, "\n" * 16),
    ],
    ids=str,
)
def test_a_token_that_was_tampered_with_brings_the_whole_picture_and_no_error(world, part, forged):
    told = look(world)["since"].split(".")
    token = ".".join([*told[:part], forged, *told[part + 1 :]])
    assert look(world, since=token)["full"] is True
    assert look(world, since=".".join(told)) is None


# -- cost ---------------------------------------------------------------------------------------------------------------
def our_queries(captured) -> list[str]:
    return [query["sql"] for query in captured.captured_queries if '"assessprep_' in query["sql"]]


@pytest.mark.parametrize("size", [10, 200])
def test_a_picture_costs_as_many_queries_however_many_students_there_are_and_nothing_new_costs_two(now, size):
    cache.clear()
    world = delivered(now, learners=size)
    Attempt.objects.bulk_create(
        Attempt(session=world.session, placement=world.placement, learner=one, joined_at=now, change_no=1, status="joined")
        for one in world.learners
    )
    AssessmentSession.objects.filter(pk=world.session.pk).update(n_joined=size)
    asked = {"session_uuid": world.session.uuid, "user_id": world.staff.pk}
    with CaptureQueriesContext(connection) as captured:
        _session, level, picture = queries.watch(**asked, since="", now=now)
    assert level == "chief" and len(picture["rows"]) == size
    assert len(our_queries(captured)) <= 6, our_queries(captured)
    theirs = len(captured) - len(our_queries(captured))
    assert theirs <= 8, captured.captured_queries
    # A room in which nothing happens is asked about every few seconds by every open Monitor.
    with CaptureQueriesContext(connection) as captured:
        _session, _level, told = queries.watch(**asked, since=picture["since"], now=later(world, seconds=20))
    assert told is None
    assert len(our_queries(captured)) == 2, our_queries(captured)
    # And one in which one student answered.
    Attempt.objects.filter(learner=world.learners[0]).update(answered=1, progress_at=later(world, seconds=21))
    with CaptureQueriesContext(connection) as captured:
        _session, _level, told = queries.watch(**asked, since=picture["since"], now=later(world, seconds=22))
    assert [row["answered"] for row in told["rows"]] == [1]
    assert len(our_queries(captured)) == 3, our_queries(captured)
    assert len(captured) <= 5, captured.captured_queries


def test_who_has_just_joined_was_there_a_moment_ago(world):
    join(world, world.learners[0])
    row = row_of(look(world, at=later(world, seconds=3)), world.learners[0])
    assert (row["connection"], row["last_seen_at"]) == ("connected", queries.iso(world.now))


def test_dots_say_which_questions_are_answered(world):
    attempt = start(world, world.learners[0])
    first = look(world)
    assert row_of(first, world.learners[0])["dots"] == "000"
    save = {"attempt_uuid": attempt.uuid, "by": world.learners[0].pk, "revision": 1, "written_at": None}
    at = later(world, seconds=5)
    actions_answers.save_answer(**save, item=world.questions[2].item, values=world.answers(2), now=at)
    assert row_of(look(world, since=first["since"], at=at), world.learners[0])["dots"] == "001"


def test_a_session_opening_or_time_running_out_is_noticed_at_its_second(world):
    start(world, world.learners[0])
    almost = later(world, minutes=44, seconds=50)
    token = look(world, at=almost)["since"]
    assert look(world, since=token, at=almost + timedelta(seconds=9)) is None
    assert look(world, since=token, at=almost + timedelta(seconds=10))["rows"][0]["status"] == "ended"


@pytest.mark.parametrize("size", [10, 200])
def test_what_changed_costs_as_many_queries_however_many_students_there_are_and_asks_for_no_roster(now, size):
    cache.clear()
    place = room(now, learners=size)
    session = AssessmentSession.objects.select_related("placement__version").get(pk=place.session.pk)
    since = queries.monitor(session, since="", now=now)["since"]
    verify = {"usage_key": place.usage_key, "code": CODE, "now": now + timedelta(seconds=5)}
    actions_entry.verify_code(learner_id=place.learners[0], **verify)
    session = AssessmentSession.objects.select_related("placement__version").get(pk=place.session.pk)
    with CaptureQueriesContext(connection) as captured:
        told = queries.monitor(session, since=since, now=now + timedelta(seconds=6))
    assert [row["learner"] for row in told["rows"]] == [place.learners[0]] and not told["full"]
    assert len(captured) <= 6, "\n".join(query["sql"] for query in captured.captured_queries)
    assert not any("enrolment" in query["sql"].lower() for query in captured.captured_queries)


def test_counters_told_from_what_changed_are_those_of_the_whole_picture(world):
    one, two, three, four, _five, _six = world.learners
    since = look(world)["since"]
    attempt, handed_in = start(world, one), start(world, two)
    join(world, three, at=later(world, seconds=1))
    started = look(world, since=since, at=later(world, seconds=2))
    actions_running.submit(attempt_uuid=handed_in.uuid, by=two.pk, now=later(world, seconds=3))
    ids = {"session_id": world.session.pk, "by": world.staff.pk, "now": later(world, seconds=4)}
    actions.announce(**ids, attempts="all", text="Ten minutes", request_id=attempt.uuid)
    actions.announce(**ids, attempts=[attempt.uuid], text="Sit down", request_id=handed_in.uuid)
    WrongTries.objects.create(learner=four, course_key=world.school, wrong=2, since=later(world, seconds=4))
    delta = look(world, since=started["since"], at=later(world, seconds=5))
    whole = look(world, at=later(world, seconds=5))
    assert not started["full"] and not delta["full"]
    for part in ("session", "counters", "announcements", "tries", "notes"):
        assert delta[part] == whole[part], part
    known = {row["learner"]: row for row in whole["rows"]}
    assert delta["rows"] and all(known[row["learner"]] == {**known[row["learner"]], **row} for row in delta["rows"])
    check_sum(delta)


def test_who_ran_out_of_time_before_stays_counted_as_ended_in_what_changed_later(world):
    start(world, world.learners[0])
    since = look(world, at=later(world, minutes=46))["since"]
    join(world, world.learners[1], at=later(world, minutes=46, seconds=1))
    told = look(world, since=since, at=later(world, minutes=46, seconds=2))
    assert not told["full"]
    assert (told["counters"]["ended"], told["counters"]["in_progress"], told["counters"]["joined"]) == (1, 0, 1)


def test_whose_time_was_over_with_the_last_change_is_counted_as_ended_although_her_row_says_otherwise(world):
    attempt, _other = start(world, world.learners[0]), start(world, world.learners[1])
    since = look(world)["since"]
    change = world.session.change_no + 1
    AssessmentSession.objects.filter(pk=world.session.pk).update(change_no=change + 5)
    Attempt.objects.filter(pk=attempt.pk).update(due_us=F("started_us"), change_no=change + 5)
    for at in (later(world, seconds=2), later(world, seconds=4)):
        told = look(world, since=since, at=at)
        assert not told["full"]
        assert (told["counters"]["ended"], told["counters"]["in_progress"]) == (1, 1)
        check_sum(told)
        since = told["since"]
        AssessmentSession.objects.filter(pk=world.session.pk).update(change_no=change + 6)


def test_who_began_anew_is_counted_once_in_what_changed(world):
    attempt = start(world, world.learners[0])
    since = look(world)["since"]
    ids = {"session_id": world.session.pk, "by": world.staff.pk, "now": later(world, seconds=1)}
    actions_ending.void(**ids, attempts=[attempt.uuid], reason="wrong room")
    actions_renewing.renew(**ids, attempts=[attempt.uuid], reason="")
    told = look(world, since=since, at=later(world, seconds=2))
    assert not told["full"]
    assert told["counters"] == look(world, at=later(world, seconds=2))["counters"]
    check_sum(told)


def test_a_counter_that_is_wrong_in_the_session_s_row_is_not_told(world):
    start(world, world.learners[0])
    AssessmentSession.objects.filter(pk=world.session.pk).update(n_submitted=3)
    since = look(world)["since"]
    join(world, world.learners[1], at=later(world, seconds=1))
    told = look(world, since=since, at=later(world, seconds=2))
    assert not told["full"] and told["counters"]["submitted"] == 0
    check_sum(told)


def test_who_went_to_another_session_leaves_the_picture_at_once(world):
    there = world.add_session("Tuesday, room 3")
    attempt = join(world, world.learners[0])
    since = look(world)["since"]
    actions_moves.move(
        session_id=world.session.pk,
        by=world.staff.pk,
        attempts=[attempt.uuid],
        target=there.uuid,
        reason="",
        now=later(world, seconds=1),
    )
    told = look(world, since=since, at=later(world, seconds=2))
    assert told["full"] and world.learners[0].pk not in {row["learner"] for row in told["rows"]}
    check_sum(told)


def test_somebody_new_is_seen_within_half_a_minute_also_where_something_happens_all_the_time(world):
    attempt = start(world, world.learners[0])
    since, new = look(world)["since"], factories.make_learner(world.school, "late-comer", "Zoe Late")
    for seconds in (8, 16, 24, 32):
        at = later(world, seconds=seconds)
        Attempt.objects.filter(pk=attempt.pk).update(answered=F("answered") + 1, progress_at=at)
        told = look(world, since=since, at=at)
        assert told["full"] is (seconds == 32)
        since = told["since"]
    assert new.pk in {row["learner"] for row in told["rows"]}


def test_of_several_monitors_one_asks_for_the_roster_and_a_quiet_room_costs_no_more_than_that(world):
    start(world, world.learners[0])
    tokens, asked = [look(world)["since"] for _ in range(3)], []
    for seconds in (20, 40, 45, 50, 80):
        for since in tokens:
            with CaptureQueriesContext(connection) as captured:
                assert look(world, since=since, at=later(world, seconds=seconds)) is None
            rosters = [one for one in captured.captured_queries if "enrolment" in one["sql"].lower()]
            asked.append((seconds, bool(rosters)))
    assert [seconds for seconds, roster in asked if roster] == [40, 80]


def test_without_a_cache_what_changed_is_still_told_and_true(world):
    since = look(world)["since"]
    cache.clear()
    join(world, world.learners[0], at=later(world, seconds=1))
    told = look(world, since=since, at=later(world, seconds=2))
    assert [row["learner"] for row in told["rows"]] == [world.learners[0].pk]
    check_sum(told)
