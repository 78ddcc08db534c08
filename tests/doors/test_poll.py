"""The student's calls over HTTP, with real problem blocks: what they answer, what they cost, what they refuse."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_settle
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, ItemResult
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.models import AssessmentSession, WrongTries
from assessprep_xblock.lms import get_lms
from devlms import factories
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now())


@pytest.fixture
def student(world) -> Page:
    return Page(world.learners[0])


@pytest.fixture
def working(world, student) -> Page:
    student.verify(world)
    student.start()
    student.call("GET", f"attempts/{student.state['attempt']}")
    return student


#: Statements that open or close a transaction touch no table. The account and its login are the platform's, not ours.
NOT_OURS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
PLATFORM_TABLES = ('FROM "auth_user" WHERE "auth_user"."id"', "django_session")


def our_queries(captured: CaptureQueriesContext) -> list[str]:
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not sql.startswith(NOT_OURS) and not any(table in sql for table in PLATFORM_TABLES)]


def cost(call, *args, **kwargs):
    with CaptureQueriesContext(connection) as captured:
        answer = call(*args, **kwargs)
    return answer, our_queries(captured)


# -- entering -----------------------------------------------------------------------------------------------------------
def test_the_right_code_joins_and_says_which_test_where_and_how_long(world, student):
    answer = student.verify(world)
    assert answer.status_code == 200
    assert student.state["status"] == "joined"
    assert student.state["assessment"] == "Forces and motion"
    assert student.state["session"] == "Monday, room 12"
    assert student.state["duration_s"] == 2700
    assert "questions" not in answer.json()


def test_a_wrong_code_and_somebody_else_s_session_read_the_same(world, student):
    world.session.roster = {**world.session.roster, "everyone": False, "students": [world.learners[1].pk]}
    world.session.save()
    not_mine = student.verify(world)
    wrong = student.verify(world, "0000" if world.reload().live_code != "0000" else "0001")
    assert not_mine.status_code == wrong.status_code == 403
    assert not_mine.content == wrong.content
    assert wrong.json()["code"] == "code_wrong"


@pytest.mark.parametrize("code", ["", "12", "abcd", "１２３４", "12345678901234567890", " ", "0' OR 1"])
def test_what_is_no_code_is_one_wrong_try_like_any_other(world, student, code):
    assert student.verify(world, code).json()["code"] == "code_wrong"


@pytest.mark.parametrize("code", [4271, None, ["1"], {"a": 1}, True])
def test_a_code_that_is_no_text_is_unreadable(world, student, code):
    answer = student.call("POST", f"placements/{world.usage_key}/verify", {"code": code})
    assert (answer.status_code, answer.json()["field"]) == (400, "code")


@pytest.mark.parametrize("body", ["", "[", "[]", "1", '{"code": NaN}', "\xff" * 3, "{" * 10000])
def test_a_body_that_is_no_json_object_is_malformed(world, student, body):
    answer = student.client.generic(
        "POST", f"/assessprep/api/v1/placements/{world.usage_key}/verify", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert set(answer.json()) >= {"code", "message"}


def test_the_sixth_try_waits_and_the_right_code_then_waits_too(world, student):
    for _ in range(5):
        assert student.verify(world, "-").status_code == 403
    refused = student.verify(world)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 301
    # Nobody else is locked out, and staff can clear the tries.
    assert Page(world.learners[1]).verify(world).status_code == 200
    monitoring.clear_tries(
        session_id=world.session.pk, by=world.staff.pk, learner_ids=[world.learners[0].pk], now=timezone.now()
    )
    assert student.verify(world).status_code == 200


def test_whoever_is_not_of_the_run_learns_nothing_and_leaves_no_row_however_many_runs_are_made_up(world):
    stranger, code = Page(world.author), world.reload().live_code
    _guards_are_cached = stranger.verify(world, "-")
    (right, its_queries), (wrong, queries) = cost(stranger.verify, world, code), cost(stranger.verify, world, "-")
    assert right.json()["code"] == "code_wrong" and right.content == wrong.content
    assert its_queries == queries
    for number in range(7):
        path = f"placements/block-v1:None+MADE+UP{number}+type@assessprep+block@x/verify"
        assert stranger.call("POST", path, {"code": "1234"}).json()["code"] == "code_wrong"
    assert not WrongTries.objects.exists()


def test_the_right_code_at_the_wrong_time_is_told_the_truth_and_is_no_wrong_try(world, student):
    opens = timezone.now() + timedelta(hours=2)
    world.session.overrides = {"opens_at": opens.isoformat()}
    world.session.save()
    for _ in range(7):
        early = student.verify(world)
        assert (early.status_code, early.json()["code"]) == (409, "not_open_yet")
    world.session.overrides = {
        "opens_at": (timezone.now() - timedelta(hours=2)).isoformat(),
        "closes_at": (timezone.now() - timedelta(hours=1)).isoformat(),
    }
    world.session.save()
    assert student.verify(world).json()["code"] == "session_closed"


def test_a_guest_is_refused_unless_guests_are_allowed_and_then_waits_to_be_let_in(world, student):
    world.session.roster = {**world.session.roster, "everyone": False}
    world.session.save()
    assert student.verify(world).json()["code"] == "code_wrong"
    world.session.overrides = {"guests": True}
    world.session.save()
    assert student.verify(world).status_code == 200
    assert student.start().json()["code"] == "not_admitted"
    attempt = uuid.UUID(student.state["attempt"])
    monitoring.admit(session_id=world.session.pk, by=world.staff.pk, attempts=[attempt], now=timezone.now())
    assert student.start().status_code == 200
    assert Attempt.objects.get(uuid=attempt).is_guest


def test_guests_who_need_not_wait_start_at_once_and_a_waiting_room_holds_them_still(world, student):
    world.session.roster = {**world.session.roster, "everyone": False}
    for waiting_room, answered in ((True, "not_admitted"), (False, None)):
        page = Page(world.learners[1] if waiting_room else world.learners[0])
        world.session.overrides = {"guests": True, "guests_wait": False, "waiting_room": waiting_room}
        world.session.save()
        assert page.verify(world).status_code == 200
        assert page.start().json().get("code") == answered


def test_one_guest_too_many_is_refused_and_who_is_turned_away_leaves_the_place(world, student):
    world.session.roster = {**world.session.roster, "everyone": False, "students": [world.learners[2].pk]}
    world.session.overrides = {"guests": True, "guest_limit": 1}
    world.session.save()
    assert student.verify(world).status_code == 200
    late = Page(world.learners[1])
    refused = late.verify(world)
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "guests_full", 1)
    # Nothing of it is kept: neither an attempt, nor a place in the counters, nor a wrong try.
    assert world.reload().n_joined == 1 and not Attempt.objects.filter(learner=world.learners[1]).exists()
    # Who is on the list is no guest, and coming back takes no second place.
    assert Page(world.learners[2]).verify(world).status_code == 200
    assert student.verify(world).status_code == 200
    Attempt.objects.filter(learner=world.learners[0]).update(admitted_at=None, denied_at=timezone.now())
    assert late.verify(world).status_code == 200


# -- what it costs ------------------------------------------------------------------------------------------------------
def test_course_staff_join_no_session_although_they_are_enrolled_and_the_room_s_counters_stay_true(world):
    factories.enrol(world.staff, world.school)
    answer = Page(world.staff).verify(world)
    assert (answer.status_code, answer.json()["code"]) == (403, "code_wrong")
    assert world.reload().n_joined == 0


def test_a_wrong_code_costs_four_queries_at_most_whoever_s_it_is(world, student):
    _guards_are_cached = Page(world.learners[1]).verify(world)
    first, queries = cost(student.verify, world, "-")
    assert first.status_code == 403
    assert len(queries) <= 4, queries
    _again, again = cost(student.verify, world, "-")
    assert len(again) <= 4, again
    world.session.roster = {**world.session.roster, "everyone": False}
    world.session.save()
    code = world.reload().live_code
    _not_mine, not_mine = cost(student.verify, world, code)
    assert len(not_mine) == len(again)


def test_a_right_code_costs_nine_queries_at_most_with_the_block_s_state(world, student):
    code = world.reload().live_code
    _guards_are_cached = Page(world.learners[1]).verify(world)
    answer, queries = cost(student.verify, world, code)
    assert answer.status_code == 200
    assert len(queries) <= 9, "\n".join(queries)


def test_a_code_typed_again_costs_five_queries_at_most(world, student):
    student.verify(world)
    answer, queries = cost(student.verify, world, world.reload().live_code)
    assert answer.status_code == 200
    assert len(queries) <= 5, "\n".join(queries)


def test_start_and_submit_cost_six_at_most_before_the_hand_off_and_either_again_costs_one(world, student):
    student.verify(world)
    started, queries = cost(student.start)
    assert started.status_code == 200
    assert len(queries) <= 6, "\n".join(queries)
    again, queries = cost(student.start)
    assert (again.json()["ends_at"], len(queries)) == (started.json()["ends_at"], 1)
    student.save(world.questions[0].item, world.answers(0))
    submitted, queries = cost(student.submit)
    assert submitted.status_code == 200
    handed_off = next(n for n, sql in enumerate(queries) if "assessprep_itemresult" in sql or "placedquestion" in sql)
    # The hand-off begins by reading the attempt and claiming it.
    assert handed_off <= 8, "\n".join(queries)
    again, queries = cost(student.submit)
    assert (again.json()["status"], len(queries)) == ("submitted", 1)


@pytest.mark.parametrize("deed", ["start", "submit"])
def test_what_a_change_is_answered_with_is_what_the_table_holds(world, student, deed):
    student.verify(world)
    answer = student.start()
    if deed == "submit":
        answer = student.submit()
    moving = {"server_time", "left_ms", "next_poll_ms", "token", "receipt", "announcements", "seen_announcement"}
    read = student.call("GET", f"attempts/{student.state['attempt']}").json()
    said = {name: value for name, value in answer.json().items() if name not in moving}
    assert said == {name: read[name] for name in said}


def test_a_heartbeat_costs_no_query_of_ours_when_nothing_changed_and_brings_the_next_change(world, working):
    session, by = world.session.pk, world.staff.pk
    working.beat()
    quiet, queries = cost(working.beat)
    assert (quiet.status_code, quiet.content, queries) == (204, b"", [])

    monitoring.pause(session_id=session, by=by, attempts="all", reason="", now=timezone.now())
    assert working.beat().json()["held"] is True
    assert working.beat().status_code == 204
    monitoring.resume(session_id=session, by=by, attempts="all", reason="", now=timezone.now())
    assert working.beat().json()["held"] is False

    request = {"session_id": session, "by": by, "attempts": "all", "now": timezone.now()}
    monitoring.announce(**request, text="Page 3: read “m/s”.", request_id=uuid.uuid4())
    told = working.beat(seen_announcement=0).json()["announcements"]
    assert [entry["text"] for entry in told] == ["Page 3: read “m/s”."]

    before = working.state["left_ms"]
    attempt = uuid.UUID(working.state["attempt"])
    monitoring.extend(**{**request, "attempts": [attempt]}, seconds=300, reason="", request_id=uuid.uuid4())
    assert working.beat().json()["left_ms"] > before + 290_000
    quiet, queries = cost(working.beat, seen_announcement=told[0]["number"])
    assert quiet.status_code == 204


def test_a_page_cannot_say_that_it_heard_or_showed_what_nobody_has_announced_yet(world, working):
    working.beat(seen_announcement=2**40, heard_announcement=2**40)
    working.beat(seen_announcement=2**41, heard_announcement=2**41)
    ask = {"session_id": world.session.pk, "by": world.staff.pk, "attempts": "all", "now": timezone.now()}
    monitoring.announce(**ask, text="Ten minutes left", request_id=uuid.uuid4())
    told = Page(world.staff).call("GET", f"sessions/{world.session.uuid}/monitor").json()["announcements"]
    assert [(one["seen"], one["delivered"]) for one in told] == [(0, 0)]
    said = working.beat().json()["announcements"][0]["number"]
    working.beat(seen_announcement=said, heard_announcement=said)
    told = Page(world.staff).call("GET", f"sessions/{world.session.uuid}/monitor").json()["announcements"]
    assert [(one["seen"], one["delivered"]) for one in told] == [(1, 1)]


def test_a_heartbeat_with_somebody_else_s_token_is_not_there(world, working):
    other = Page(world.learners[1])
    other.state = dict(working.state)
    assert other.beat().status_code == 404
    working.state["token"] = "made-up"
    assert working.beat().status_code == 400


# -- answers ------------------------------------------------------------------------------------------------------------
def test_an_answer_is_there_again_after_a_reload(world, working):
    item = world.questions[1].item
    saved = working.save(item, world.answers(1, "11"))
    assert (saved.status_code, saved.json()["answered"]) == (200, 1)
    again = Page(world.learners[0])
    again.call("GET", f"me/attempt?placement={str(world.usage_key).replace('+', '%2B')}")
    assert again.state["drafts"] == {item: {"values": world.answers(1, "11"), "revision": 1, "written_at": None}}


def test_an_older_revision_never_replaces_a_newer_one_and_a_repeat_is_acknowledged(world, working):
    item = world.questions[1].item
    assert working.save(item, world.answers(1, "11"), 3).status_code == 200
    assert working.save(item, world.answers(1, "11"), 3).status_code == 200
    late = working.save(item, world.answers(1, "9"), 2)
    assert (late.status_code, late.json()["code"], late.json()["revision"]) == (409, "stale_draft", 3)
    assert AnswerDraft.objects.get().values == world.answers(1, "11")


def test_an_answer_typed_before_a_pause_arrived_is_kept_and_submit_waits(world, working):
    monitoring.pause(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="", now=timezone.now())
    assert working.save(world.questions[0].item, world.answers(0)).status_code == 200
    assert working.submit().json()["code"] == "held"


def test_nothing_of_another_learner_s_attempt_can_be_read_or_written(world, working):
    other = Page(world.learners[1])
    other.state = dict(working.state)
    attempt = working.state["attempt"]
    assert other.call("GET", f"attempts/{attempt}").status_code == 404
    assert other.start().status_code == other.submit().status_code == 404
    assert other.save(world.questions[0].item, world.answers(0)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"values": {}, "revision": 0}, "revision"),
        ({"values": {}, "revision": "1"}, "revision"),
        ({"values": {}, "revision": True}, "revision"),
        ({"values": {}, "revision": 10**30}, "revision"),
        ({"values": [], "revision": 1}, "values"),
        ({"revision": 1}, "values"),
        ({"values": {}, "revision": 1, "written_at": "yesterday"}, "written_at"),
        ({"values": {}, "revision": 1, "written_at": 5}, "written_at"),
    ],
)
def test_an_unreadable_answer_is_refused_with_the_field_named(world, working, body, field):
    item = world.questions[0].item
    answer = working.call("PUT", f"attempts/{working.state['attempt']}/answers/{item}", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_an_answer_longer_than_64_kilobytes_is_too_large(world, working):
    values = world.answers(2, "x" * 70_000)
    assert working.save(world.questions[2].item, values).json()["code"] == "too_large"


# -- submitting ---------------------------------------------------------------------------------------------------------
def test_submit_grades_what_was_saved_by_the_platform_s_own_grading(world, working):
    for position, value in enumerate([None, "11", None]):
        working.save(world.questions[position].item, world.answers(position, value))
    assert working.submit().status_code == 200
    receipt = working.call("GET", f"attempts/{working.state['attempt']}").json()["receipt"]
    assert (receipt["handin"], receipt["answered"]) == ("done", 3)
    assert receipt["score"] == {"earned": 2.0, "possible": 3.0}
    keys = [question.usage_key for question in world.questions]
    stored = get_lms().scores(keys, [world.learners[0].pk])
    assert sum(score.earned for score in stored.values()) == 2.0


def test_submitting_again_changes_nothing(world, working):
    working.submit()
    first = Attempt.objects.get()
    assert working.submit().status_code == 200
    assert Attempt.objects.get().submitted_at == first.submitted_at
    assert working.save(world.questions[0].item, world.answers(0)).json()["code"] == "already_submitted"
    assert working.start().json()["code"] == "already_submitted"


def test_who_never_submits_is_graded_on_what_was_saved_once_the_time_is_over(world, working):
    working.save(world.questions[1].item, world.answers(1))
    over = timezone.now() + timedelta(seconds=2700 + 11)
    assert actions_settle.settle(session_id=world.session.pk, now=over - timedelta(seconds=12)).submitted == 0
    assert actions_settle.settle(session_id=world.session.pk, now=over).submitted == 1
    assert actions_settle.settle(session_id=world.session.pk, now=over).submitted == 0
    row = Attempt.objects.get()
    assert (row.status, row.end_reason, row.handin, row.earned) == ("submitted", "clock", "done", 1.0)
    assert row.ended_at - row.started_at == timedelta(seconds=2700)
    assert row.submitted_at == over


def test_results_to_be_released_by_staff_are_scored_at_once_and_nowhere_on_the_platform(world, student):
    world.session.overrides = {"release": "manual"}
    world.session.save()
    student.verify(world)
    student.start()
    student.save(world.questions[1].item, world.answers(1))
    student.submit()
    row = Attempt.objects.get()
    assert (row.handin, row.scoring, row.earned) == ("none", "scored", 1.0)
    keys = [question.usage_key for question in world.questions]
    assert get_lms().scores(keys, [row.learner_id]) == {}
    assert student.call("GET", f"attempts/{row.uuid}").json()["receipt"]["score"] is None

    from assessprep_xblock.domain.attempts.actions_release import release

    assert release(session_id=world.session.pk, by=world.staff.pk, now=timezone.now()) == 1
    assert release(session_id=world.session.pk, by=world.staff.pk, now=timezone.now()) == 0
    row.refresh_from_db()
    assert (row.handin, row.earned) == ("done", 1.0)
    assert sum(score.earned for score in get_lms().scores(keys, [row.learner_id]).values()) == 1.0


def test_a_hand_in_run_twice_hands_in_once(world, working):
    working.save(world.questions[1].item, world.answers(1))
    working.submit()
    before = list(ItemResult.objects.order_by("pk").values_list("tries", "scored_at"))

    from assessprep_xblock.domain.attempts.actions_handin import hand_in_task

    hand_in_task(Attempt.objects.get().pk)
    assert list(ItemResult.objects.order_by("pk").values_list("tries", "scored_at")) == before


def test_signed_out_is_told_so_and_another_method_is_refused(world, working):
    working.client.logout()
    assert working.submit().json()["code"] == "signed_out"
    assert Page(world.learners[0]).call("GET", f"attempts/{working.state['attempt']}/start").status_code == 405


def test_before_start_a_student_is_told_nothing_of_the_questions(world):
    page = Page(world.learners[0])
    page.verify(world)
    told = page.call("GET", f"attempts/{page.state['attempt']}")
    assert told.json()["questions"] == []
    for question in world.questions:
        assert question.title not in told.content.decode()
        assert question.item not in told.content.decode()
    page.start()
    assert len(page.call("GET", f"attempts/{page.state['attempt']}").json()["questions"]) == len(world.questions)


def test_one_input_sent_twice_is_refused_because_the_platform_could_never_grade_it(world, working):
    item, answers = world.questions[0].item, world.answers(0)
    twice = {**answers, **{f"{name}[]": [value] for name, value in answers.items()}}
    refused = working.save(item, twice)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


def test_without_a_cache_a_heartbeat_costs_one_query_of_ours_and_writes_once_a_minute(world, working, settings):
    broken, sound = "tests.doors.broken_cache.BrokenCache", "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": broken}, "sessions": {"BACKEND": sound}}
    settings.SESSION_CACHE_ALIAS = "sessions"
    AssessmentSession.objects.update(notice_no=3)
    working.beat()
    quiet, queries = cost(working.beat)
    assert quiet.status_code == 204
    assert [query.split()[0] for query in queries] == ["SELECT"]
    seen = Attempt.objects.get().last_seen_at
    announced = working.beat(heard_announcement=3)
    assert announced.status_code in (200, 204)
    assert (Attempt.objects.get().heard_announcement, Attempt.objects.get().last_seen_at >= seen) == (3, True)
    monitoring.pause(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="", now=timezone.now())
    assert working.beat().json()["held"] is True
