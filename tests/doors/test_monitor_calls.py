"""The Monitor over HTTP: who may watch, who may do what, what is refused and how, and that it stays in its session."""

from __future__ import annotations

import uuid

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import queries
from assessprep_xblock.domain.sessions.models import AssessmentSession, Invigilator, WrongTries
from devlms import factories
from tests.tables import rows_of
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)

EVERYONE = {"attempts": "all"}


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now())


def invigilator(world, level="invigilator"):
    user = factories.make_user(f"watch-{level}", "Ivo Watch")
    Invigilator.objects.create(session=world.session, user=user, level=level)
    return user


def stranger():
    return factories.make_staff(factories.make_course_run("course-v1:Lakeside+SCI7+2026", "Lakeside"), "staff-b")


def at(world, path):
    return f"sessions/{world.session.uuid}/{path}"


@pytest.fixture
def working(world) -> Page:
    student = Page(world.learners[0])
    student.verify(world)
    student.start()
    return student


BODIES = {
    "pause": EVERYONE,
    "resume": EVERYONE,
    "announce": {**EVERYONE, "text": "Ten minutes", "request_id": str(uuid.uuid4())},
    "admit": EVERYONE,
    "extend": {**EVERYONE, "seconds": 60, "request_id": str(uuid.uuid4())},
    "end": EVERYONE,
    "submit": EVERYONE,
    "void": EVERYONE,
    "reopen": {**EVERYONE, "seconds": 60},
    "deny": EVERYONE,
    "mark-absent": {"learner_ids": [1]},
    "unmark-absent": {"learner_ids": [1]},
    "clear-tries": {"learner_ids": [1]},
    "settle": {},
}
PAGES = ("monitor", "grade")


# -- who ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["staff of another school", "a student of the session"])
def test_nobody_else_is_told_that_the_session_exists(world, working, who):
    user = stranger() if who.startswith("staff") else world.learners[0]
    page = Page(user)
    attempt = working.state["attempt"]
    calls = [("GET", at(world, "monitor"), None), ("GET", f"attempts/{attempt}/log", None)]
    calls += [("GET", at(world, "grades"), None), ("GET", at(world, "grades.csv"), None), ("POST", at(world, "release"), {})]
    calls += [("POST", at(world, action), body) for action, body in BODIES.items()]
    for method, path, body in calls:
        answer = page.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    for address in [f"/assessprep/sessions/{world.session.uuid}/{name}/" for name in PAGES] + [
        f"/assessprep/attempts/{attempt}/"
    ]:
        assert page.client.get(address).status_code == 404, address
    assert Attempt.objects.get(uuid=attempt).status == "in_progress"


def test_whoever_is_signed_out_is_sent_to_sign_in_or_told_so(world):
    client = Client()
    answer = client.get(f"/assessprep/sessions/{world.session.uuid}/monitor/")
    assert answer.status_code == 302 and "/login" in answer["Location"]
    assert client.get(f"/assessprep/api/v1/{at(world, 'monitor')}").status_code in (401, 403)


def test_a_write_without_the_page_s_token_is_refused(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.staff)
    answer = client.post(f"/assessprep/api/v1/{at(world, 'pause')}", EVERYONE, content_type="application/json")
    assert answer.status_code == 403
    assert world.reload().held_since is None


@pytest.mark.parametrize("action", sorted(BODIES))
def test_an_invigilator_acts_on_time_and_on_the_door_and_ends_nothing(world, working, action):
    page = Page(invigilator(world))
    if action == "resume":
        page.call("POST", at(world, "pause"), EVERYONE)
    answer = page.call("POST", at(world, action), BODIES[action])
    if action in ("end", "submit", "void", "reopen"):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert Attempt.objects.get(uuid=working.state["attempt"]).status == "in_progress"
    else:
        assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("action", ["end", "submit", "extend", "void"])
def test_a_chief_invigilator_may_do_all_of_it(world, working, action):
    answer = Page(invigilator(world, "chief")).call("POST", at(world, action), BODIES[action])
    assert answer.status_code == 200
    assert [row["done"] for row in answer.json()["rows"]] == [True]


def test_an_invigilator_watches_but_sees_no_code_no_question_and_no_grade(world, working):
    page = Page(invigilator(world))
    picture = page.call("GET", at(world, "monitor")).json()
    assert picture["level"] == "invigilator" and picture["session"]["code"] is None
    assert page.client.get(f"/assessprep/sessions/{world.session.uuid}/monitor/").status_code == 200
    assert page.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/").status_code == 404
    assert page.client.get(f"/assessprep/attempts/{working.state['attempt']}/").status_code == 404
    assert page.call("GET", at(world, "grades")).status_code == 404


def test_an_invigilator_of_one_session_is_nobody_in_another(world):
    watcher = Page(invigilator(world))
    other = world.add_session("Tuesday, room 3")
    assert watcher.call("GET", f"sessions/{other.uuid}/monitor").status_code == 404
    assert watcher.call("POST", f"sessions/{other.uuid}/pause", EVERYONE).status_code == 404


def test_the_page_offers_an_invigilator_no_button_that_would_be_refused(world):
    address = f"/assessprep/sessions/{world.session.uuid}/monitor/"
    mine = Page(invigilator(world)).client.get(address).content.decode()
    theirs = Page(world.staff).client.get(address).content.decode()
    for action in ("end", "submit", "reopen", "move", "renew", "void"):
        assert f'data-action="{action}"' not in mine
        assert f'data-action="{action}"' in theirs
    assert 'data-action="extend"' in mine and 'data-action="extend"' in theirs


# -- what ---------------------------------------------------------------------------------------------------------------
def test_the_picture_over_http_and_204_when_nothing_is_new(world, working):
    staff = Page(world.staff)
    picture = staff.call("GET", at(world, "monitor")).json()
    assert picture["full"] is True
    assert picture["session"]["code"] == world.reload().live_code
    assert picture["counters"]["in_progress"] == 1 and picture["counters"]["absent"] == 2
    again = staff.call("GET", at(world, f"monitor?since={picture['since']}"))
    assert again.status_code == 204 and again.content == b""
    staff.call("POST", at(world, "pause"), EVERYONE)
    changed = staff.call("GET", at(world, f"monitor?since={picture['since']}")).json()
    assert changed["session"]["held"] is True


def test_a_picture_over_http_says_in_a_table_what_its_rows_say(world, working):
    answer = Page(world.staff).call("GET", at(world, "monitor")).json()
    session = AssessmentSession.objects.select_related("placement__version").get(pk=world.session.pk)
    rows = queries.monitor(session, since="", now=timezone.now())["rows"]
    told = rows_of(answer)
    assert {row["status"] for row in told} == {"absent", "in_progress"}
    moving = {"left_ms", "last_seen_at"}
    for short, row in zip(told, rows, strict=True):
        assert {name: short[name] for name in row.keys() - moving} == {name: row[name] for name in row.keys() - moving}
    assert answer["rows"]["usual"]["voided"] is False, "what all say is told once"


def test_pausing_one_session_leaves_another_of_the_same_run_untouched(world):
    other = world.add_session("Tuesday, room 3")
    before = (other.held_since, other.change_no, other.notice_no)
    assert Page(world.staff).call("POST", at(world, "pause"), EVERYONE).status_code == 200
    other.refresh_from_db()
    assert world.reload().held_since is not None
    assert (other.held_since, other.change_no, other.notice_no) == before


def test_an_attempt_of_another_session_is_answered_as_not_found_in_its_row(world, working):
    other = world.add_session("Tuesday, room 3")
    body = {"attempts": [working.state["attempt"]]}
    rows = Page(world.staff).call("POST", f"sessions/{other.uuid}/end", body).json()["rows"]
    assert [(row["done"], row["code"]) for row in rows] == [(False, "not_found")]
    assert Attempt.objects.get(uuid=working.state["attempt"]).status == "in_progress"


def test_a_bulk_action_answers_row_by_row_with_the_reason_where_it_refused(world, working):
    waiting = Page(world.learners[1])
    waiting.verify(world)
    body = {"attempts": [working.state["attempt"], waiting.state["attempt"]], "reason": "done"}
    rows = {row["attempt"]: row for row in Page(world.staff).call("POST", at(world, "end"), body).json()["rows"]}
    assert rows[working.state["attempt"]]["done"] is True
    refused = rows[waiting.state["attempt"]]
    assert refused["done"] is False and refused["code"] == "move_refused" and refused["message"]


def test_the_same_request_twice_gives_time_once(world, working):
    staff, before = Page(world.staff), Attempt.objects.get(uuid=working.state["attempt"]).due_us
    first = staff.call("POST", at(world, "extend"), BODIES["extend"])
    second = staff.call("POST", at(world, "extend"), BODIES["extend"])
    assert first.json() == second.json()
    assert Attempt.objects.get(uuid=working.state["attempt"]).due_us == before + 60_000_000


def test_cleared_tries_are_no_longer_on_the_monitor(world):
    WrongTries.objects.create(learner=world.learners[2], course_key=world.school, wrong=5, since=timezone.now())
    staff = Page(world.staff)
    assert len(staff.call("GET", at(world, "monitor")).json()["tries"]) == 1
    assert staff.call("POST", at(world, "clear-tries"), {"learner_ids": [world.learners[2].pk]}).json() == {"cleared": 1}
    assert staff.call("GET", at(world, "monitor")).json()["tries"] == []


def test_an_invigilator_clears_the_tries_only_of_those_whom_the_code_may_let_in(world):
    mine, guest, excluded = (learner.pk for learner in world.learners[:3])
    elsewhere = factories.make_learner(world.school, "else").pk
    for learner in (mine, guest, excluded, elsewhere):
        WrongTries.objects.create(learner_id=learner, course_key=world.school, wrong=5, since=timezone.now())
    roster = {"everyone": False, "classes": [], "students": [mine], "excluded": [excluded]}
    AssessmentSession.objects.filter(pk=world.session.pk).update(roster=roster)
    everybody = {"learner_ids": [mine, guest, excluded, elsewhere]}
    watch = Page(invigilator(world))
    assert watch.call("POST", at(world, "clear-tries"), everybody).json() == {"cleared": 1}
    assert set(WrongTries.objects.filter(wrong=0).values_list("learner_id", flat=True)) == {mine}
    AssessmentSession.objects.filter(pk=world.session.pk).update(overrides={**world.session.overrides, "guests": True})
    assert watch.call("POST", at(world, "clear-tries"), everybody).json() == {"cleared": 2}
    assert set(WrongTries.objects.exclude(wrong=0).values_list("learner_id", flat=True)) == {excluded}
    closed = watch.call("GET", at(world, f"why/{excluded}")).json()["gates"]
    assert [gate["open"] for gate in closed if gate["gate"] == "assigned"] == [False]


def test_the_log_tells_in_words_what_happened(world, working):
    staff = Page(world.staff)
    staff.call("POST", at(world, "pause"), {**EVERYONE, "reason": "Fire drill"})
    staff.call("POST", at(world, "resume"), EVERYONE)
    staff.call("POST", at(world, "extend"), BODIES["extend"])
    log = staff.call("GET", f"attempts/{working.state['attempt']}/log").json()
    told = [event["words"] for event in log["events"]]
    assert told[0].startswith("Student 1 joined")
    assert any("paused the session. Reason: Fire drill" in one for one in told)
    assert [entry["kind"] for entry in log["ledger"]] == ["duration", "pause", "grant"]
    assert log["ledger"][-1]["seconds"] == 60


# -- bad input ----------------------------------------------------------------------------------------------------------
BAD = [
    ("pause", {}, "attempts"),
    ("pause", {"attempts": []}, "attempts"),
    ("pause", {"attempts": "some"}, "attempts"),
    ("pause", {"attempts": [1]}, "attempts"),
    ("pause", {"attempts": ["x"]}, "attempts"),
    ("pause", {"attempts": {"a": 1}}, "attempts"),
    ("pause", {"attempts": ["00000000-0000-0000-0000-000000000000"] * 5001}, "attempts"),
    ("pause", {**EVERYONE, "reason": "x" * 501}, "reason"),
    ("pause", {**EVERYONE, "reason": 5}, "reason"),
    ("end", {**EVERYONE, "reason": None}, "reason"),
    ("extend", {**EVERYONE, "request_id": str(uuid.uuid4())}, "seconds"),
    ("extend", {**EVERYONE, "seconds": 0, "request_id": str(uuid.uuid4())}, "seconds"),
    ("extend", {**EVERYONE, "seconds": 86_401, "request_id": str(uuid.uuid4())}, "seconds"),
    ("extend", {**EVERYONE, "seconds": 1.5, "request_id": str(uuid.uuid4())}, "seconds"),
    ("extend", {**EVERYONE, "seconds": True, "request_id": str(uuid.uuid4())}, "seconds"),
    ("extend", {**EVERYONE, "seconds": 60}, "request_id"),
    ("announce", {**EVERYONE, "text": "Hello"}, "request_id"),
    ("announce", {**EVERYONE, "text": "   ", "request_id": str(uuid.uuid4())}, "text"),
    ("announce", {**EVERYONE, "text": "x" * 1001, "request_id": str(uuid.uuid4())}, "text"),
    ("announce", {**EVERYONE, "request_id": str(uuid.uuid4())}, "text"),
    ("clear-tries", {}, "learner_ids"),
    ("clear-tries", {"learner_ids": ["1"]}, "learner_ids"),
    ("clear-tries", {"learner_ids": [True]}, "learner_ids"),
    ("clear-tries", {"learner_ids": [2**63]}, "learner_ids"),
]


@pytest.mark.parametrize(("action", "body", "field"), BAD)
def test_what_cannot_be_used_is_refused_with_the_field_named_and_changes_nothing(world, working, action, body, field):
    before = world.reload().change_no
    answer = Page(world.staff).call("POST", at(world, action), body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["field"] == field and answer.json()["message"]
    assert world.reload().change_no == before


@pytest.mark.parametrize("raw", ["{", "[]", "null", '"all"', ""])
def test_a_body_that_is_no_object_is_malformed(world, raw):
    client = Client()
    client.force_login(world.staff)
    answer = client.generic("POST", f"/assessprep/api/v1/{at(world, 'pause')}", raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("malformed", "invalid") and answer.json()["message"]


def test_the_state_says_no_with_409(world):
    staff = Page(world.staff)
    assert staff.call("POST", at(world, "resume"), EVERYONE).json()["code"] == "not_held"
    staff.call("POST", at(world, "pause"), EVERYONE)
    twice = staff.call("POST", at(world, "pause"), EVERYONE)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_held")


def test_pages_only_read(world):
    client = Page(world.staff).client
    for name in PAGES:
        assert client.post(f"/assessprep/sessions/{world.session.uuid}/{name}/").status_code == 405


def test_a_name_that_is_markup_stays_a_name(world):
    world.session.name = "</script><b>x</b>"
    world.session.save()
    for name in PAGES:
        body = Page(world.staff).client.get(f"/assessprep/sessions/{world.session.uuid}/{name}/").content.decode()
        assert "<b>x</b>" not in body and "&lt;b&gt;x&lt;/b&gt;" in body


# -- what is taken back -------------------------------------------------------------------------------------------------
def test_an_end_is_undone_over_http_and_the_student_goes_on_writing(world, working):
    staff = Page(world.staff)
    done = staff.call("POST", at(world, "end"), {"attempts": [working.state["attempt"]], "reason": "wrong row"}).json()
    assert working.beat().json()["status"] == "ended"
    answer = staff.call("POST", at(world, "undo"), {"deed": done["undo"]})
    assert [row["done"] for row in answer.json()["rows"]] == [True]
    assert working.beat().json()["status"] == "in_progress"
    assert working.save(world.questions[0].item, world.answers(0)).status_code == 200


def test_a_reopened_test_is_handed_in_again_and_scored_anew(world, working):
    staff, question = Page(world.staff), world.questions[0]
    assert working.save(question.item, world.answers(0, "choice_1")).status_code == 200
    assert working.submit().status_code == 200
    attempt = Attempt.objects.get(uuid=working.state["attempt"])
    assert attempt.scoring == "scored" and attempt.earned == 0
    staff.call("POST", at(world, "reopen"), {"attempts": [str(attempt.uuid)], "seconds": 60, "reason": "network"})
    state = working.beat().json()
    assert state["status"] == "in_progress"
    assert working.save(question.item, world.answers(0), revision=2).status_code == 200
    assert working.submit().status_code == 200
    attempt.refresh_from_db()
    assert (attempt.scoring, attempt.earned, attempt.handin) == ("scored", 1.0, "done")


def test_a_new_attempt_begins_empty_and_the_old_one_is_kept(world, working):
    staff = Page(world.staff)
    working.save(world.questions[0].item, world.answers(0))
    working.submit()
    old = Attempt.objects.get(uuid=working.state["attempt"])
    body = {"attempts": [str(old.uuid)], "reason": "fire", "request_id": str(uuid.uuid4())}
    first = staff.call("POST", at(world, "renew"), body).json()
    assert [row["done"] for row in first["rows"]] == [True]
    assert staff.call("POST", at(world, "renew"), body).json() == first
    old.refresh_from_db()
    assert old.voided and old.drafts.count() == 1 and old.earned == 1.0 and old.archive.kept
    again = Page(world.learners[0])
    again.verify(world)
    assert again.state["attempt"] != str(old.uuid)
    assert again.start().status_code == 200
    state = again.call("GET", f"attempts/{again.state['attempt']}").json()
    assert state["drafts"] == {} and state["answered"] == 0
    assert (world.reload().n_in_progress, world.reload().n_submitted) == (1, 1)
    refused = staff.call("POST", at(world, "renew"), {"attempts": [str(old.uuid)]}).json()["rows"]
    assert [row["code"] for row in refused] == ["move_refused"]


def test_a_moved_student_s_page_goes_on_in_the_other_session(world, working):
    other = world.add_session("Library")
    # There announcements are numbered for themselves: this page has heard more here than was ever said there.
    AssessmentSession.objects.filter(pk=world.session.pk).update(notice_no=50)
    working.beat(seen_announcement=50, heard_announcement=50)
    said = Page(world.staff).call(
        "POST", f"sessions/{other.uuid}/announce", {**EVERYONE, "text": "Books away", "request_id": str(uuid.uuid4())}
    )
    assert said.status_code == 200
    body = {"attempts": [working.state["attempt"]], "target": str(other.uuid), "reason": "noise"}
    assert Page(world.staff).call("POST", at(world, "move"), body).json()["rows"][0]["done"] is True
    state = working.beat(seen_announcement=50, heard_announcement=50).json()
    assert (state["session"], state["status"]) == ("Library", "in_progress")
    assert [one["text"] for one in state["announcements"]] == ["Books away"]
    told = Page(world.staff).call("GET", f"sessions/{other.uuid}/monitor").json()["announcements"]
    assert [(one["seen"], one["delivered"]) for one in told] == [(0, 0)]
    assert working.beat(heard_announcement=state["announcements"][0]["number"]).status_code == 204
    told = Page(world.staff).call("GET", f"sessions/{other.uuid}/monitor").json()["announcements"]
    assert [(one["seen"], one["delivered"]) for one in told] == [(0, 1)]
    chief_here = Page(invigilator(world, "chief"))
    assert chief_here.call("POST", at(world, "move"), body).status_code == 404
