"""People without an account: how they come in, what they may touch, how they come back, and when they are out again."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.attempts.queries_guests import MARK
from assessprep_xblock.domain.sessions import rosters
from assessprep_xblock.domain.sessions.models import AssessmentSession, GuestPass, GuestTries, Invigilator
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import CourseRole, Enrolment
from tests.tables import rows_of
from tests.world import GuestBrowser, Page, World, delivered

pytestmark = pytest.mark.django_db
API = "/assessprep/api/v1/"
HTML = {"HTTP_ACCEPT": "text/html"}
OPEN = {"guests": True, "guests_no_account": True, "guests_wait": False}


@pytest.fixture
def world(settings):
    """A school's run that the operator opened, and a session that lets in people without an account."""
    found = delivered(timezone.now(), learners=1, **OPEN)
    settings.ASSESSPREP_GUEST_RUNS = [str(found.school)]
    return found


def set_up(world: World, **overrides: Any) -> None:
    AssessmentSession.objects.filter(pk=world.session.pk).update(overrides={**OPEN, **overrides})


# -- coming in ---------------------------------------------------------------------------------------------------------
def test_a_guest_types_name_and_code_and_takes_the_test(world, django_capture_on_commit_callbacks):
    browser = GuestBrowser(world)
    assert browser.page().status_code == 200
    came = browser.enter("  Ann \t Guest ")
    assert came.status_code == 200, came.content
    assert came.json()["address"] == get_lms().block_url(world.usage_key)
    assert "no-store" in came["Cache-Control"]
    assert browser.client.get(came.json()["address"]).status_code == 200
    state = browser.state().json()
    assert state["status"] == "joined"
    assert browser.post(f"attempts/{state['attempt']}/start", {}).status_code == 200
    answers = {"values": world.answers(0), "revision": 1}
    path = f"{API}attempts/{state['attempt']}/answers/{world.questions[0].item}"
    assert browser.client.put(path, json.dumps(answers), content_type="application/json").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(f"attempts/{state['attempt']}/submit", {}).status_code == 200
    attempt = Attempt.objects.get(learner=browser.account)
    assert (attempt.is_guest, attempt.status, attempt.earned) == (True, "submitted", 1)
    person = get_lms().people([attempt.learner_id])[attempt.learner_id]
    assert person.full_name == "Ann Guest"


def test_staff_see_the_typed_name_marked_as_a_guest_and_let_her_in_or_turn_her_away(world):
    set_up(world, guests_wait=True)
    ann, bob = GuestBrowser(world), GuestBrowser(world)
    assert (ann.enter("Ann").status_code, bob.enter("Bob").status_code) == (200, 200)
    staff = Page(world.staff)
    told = staff.call("GET", f"sessions/{world.session.uuid}/monitor").json()
    rows = {row["name"]: row for row in rows_of(told)}
    assert rows["Ann"]["guest"]
    assert not rows["Ann"]["assigned"]
    assert rows["Ann"]["waiting"]
    assert told["counters"]["assigned"] == 1
    assert told["counters"]["guests"] == 2
    attempt = rows["Ann"]["attempt"]
    assert ann.post(f"attempts/{attempt}/start", {}).json()["code"] == "not_admitted"
    staff.call("POST", f"sessions/{world.session.uuid}/admit", {"attempts": [attempt]})
    assert ann.post(f"attempts/{attempt}/start", {}).status_code == 200
    staff.call("POST", f"sessions/{world.session.uuid}/deny", {"attempts": [rows["Bob"]["attempt"]], "reason": ""})
    assert bob.post(f"attempts/{rows['Bob']['attempt']}/start", {}).json()["code"] == "denied"


def test_a_guest_is_on_nobody_s_list_though_everybody_enrolled_is(world):
    browser = GuestBrowser(world)
    browser.enter()
    assert set(rosters.assigned(world.reload())) == {world.learners[0].pk}
    world.add_session("Tuesday")
    assert browser.post(f"placements/{world.usage_key}/enter", {}).json()["status"] == "joined"  # her own, again


def test_a_guest_cannot_enter_another_session_with_its_code(world):
    browser = GuestBrowser(world)
    browser.enter()
    other = world.add_session("Tuesday", **OPEN, attempts_allowed=2)
    Attempt.objects.filter(learner=browser.account).update(status="submitted", handin="done", submitted_at=world.now)
    answer = browser.post(f"placements/{world.usage_key}/verify", {"code": other.live_code})
    assert (answer.status_code, answer.json()["code"]) == (403, "code_wrong")


@pytest.mark.parametrize("switched_off", ["operator", "other run", "session", "no account", "draft", "archived"])
def test_nobody_comes_in_where_it_is_not_switched_on(world, settings, switched_off):
    if switched_off in ("operator", "other run"):
        settings.ASSESSPREP_GUEST_RUNS = [] if switched_off == "operator" else ["course-v1:Lakeside+SCI7+2026"]
        assert GuestBrowser(world).enter().status_code == 404
        assert GuestBrowser(world).page().status_code == 404
    else:
        off = {"session": {"guests": False}, "no account": {"guests_no_account": False}}.get(switched_off, {})
        set_up(world, **off)
        if switched_off in ("draft", "archived"):
            AssessmentSession.objects.update(lifecycle=switched_off)
        answer = GuestBrowser(world).enter()
        assert (answer.status_code, answer.json()["code"]) == (403, "code_wrong")
    assert not GuestPass.objects.exists()
    assert not get_user_model().objects.filter(username__startswith="guest_").exists()


def test_guests_are_off_unless_an_operator_names_a_run():
    from assessprep_xblock import conf

    assert conf.SETTINGS["ASSESSPREP_GUEST_RUNS"].default == ()


def test_a_right_code_is_told_the_truth_and_makes_no_account(world):
    now = timezone.now()
    for overrides, code in (
        ({"opens_at": (now + timedelta(days=1)).isoformat()}, "not_open_yet"),
        ({"closes_at": (now - timedelta(hours=1)).isoformat()}, "session_closed"),
        ({"ip_allow_list": ["198.51.100.0/24"]}, "wrong_network"),
    ):
        set_up(world, **overrides)
        assert GuestBrowser(world).enter().json()["code"] == code
    assert not GuestTries.objects.exists()
    assert not get_user_model().objects.filter(username__startswith="guest_").exists()


def test_no_more_guests_than_there_are_places_and_who_was_turned_away_keeps_none(world):
    set_up(world, guest_limit=2)
    browsers = [GuestBrowser(world) for _n in range(3)]
    assert [one.enter().status_code for one in browsers] == [200, 200, 409]
    assert get_user_model().objects.filter(username__startswith="guest_").count() == 2
    Attempt.objects.filter(learner=browsers[0].account).update(denied_at=timezone.now())
    assert browsers[2].enter().status_code == 200


# -- the name ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "", "   ", "\u200b\u200d", "...", "<b>Ann</b>", "=1+1", "@sum", "-1", "https://x.org", "WWW.x.org", "a" * 61,
        "{{x}}", "\u202eAnn>", "\n\n", 5, None, "x" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_at_its_field_and_counts_no_try(world, name):
    answer = GuestBrowser(world).enter(name)
    assert answer.status_code == 400
    assert answer.json()["field"] == "name"
    assert not GuestTries.objects.exists()
    assert not GuestPass.objects.exists()


@pytest.mark.parametrize("name", ["Ann O’Neill", "José", "李小龍", "عائشة", "Ann (2)", "’t Hooft", "7", "Zoë-Ann", "a" * 60])
def test_names_of_all_the_world_are_names(world, name):
    browser = GuestBrowser(world)
    assert browser.enter(name).status_code == 200
    assert get_lms().people([browser.account.pk])[browser.account.pk].full_name == name


# -- wrong codes -------------------------------------------------------------------------------------------------------
def test_wrong_codes_from_one_network_are_counted_exactly_and_another_network_goes_on(world, settings):
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 6
    browsers = [GuestBrowser(world) for _n in range(3)]
    codes = [one.enter(code="999999").json()["code"] for _n in range(2) for one in browsers]
    assert codes == ["code_wrong"] * 6
    # A new browser, another name, and the right code: it is the network that waits.
    refused = GuestBrowser(world).enter("Bob")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
    assert int(refused["Retry-After"]) <= 301
    assert GuestBrowser(world).resume("00000000").status_code == 429
    assert GuestBrowser(world, "198.51.100.9").enter().status_code == 200
    assert GuestTries.objects.get().wrong == 6
    GuestTries.objects.update(since=timezone.now() - timedelta(seconds=301))
    assert GuestBrowser(world).enter().status_code == 200


def test_wrong_pins_and_wrong_codes_spend_one_budget(world, settings):
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 5
    for n in range(5):
        answer = GuestBrowser(world).resume(f"{n:08}") if n % 2 else GuestBrowser(world).enter(code="0000000")
        assert answer.status_code == 403
    assert GuestBrowser(world).resume("12345678").status_code == 429


def test_a_line_of_ipv6_is_one_network_and_no_address_is_kept(world, settings):
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 5
    for n in range(5):
        GuestBrowser(world, f"2001:db8:1:2::{n:x}").enter(code="000000")
    assert GuestBrowser(world, "2001:db8:1:2:ffff::1").enter().status_code == 429
    assert GuestBrowser(world, "2001:db8:1:3::1").enter().status_code == 200
    assert "2001:" not in str(
        list(GuestTries.objects.values())
    )  # without the colon it stands in a microsecond, now and then


def test_tries_are_counted_with_the_cache_down(world, settings):
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 5
    settings.CACHES = {"default": {"BACKEND": "tests.doors.broken_cache.BrokenCache"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    assert [GuestBrowser(world).enter(code="000000").status_code for _n in range(6)] == [403] * 5 + [429]


def test_no_such_code_and_a_session_without_such_guests_cost_the_same_and_read_the_same(world):
    closed = world.add_session("Only for the class")
    answers, costs = [], []
    GuestBrowser(world).enter(code="000000")  # the row of the tries is there
    for code in ("00000000", closed.live_code, "", "no code", "٠٠٠٠"):
        with CaptureQueriesContext(connection) as sql:
            answers.append(GuestBrowser(world).enter(code=code))
        costs.append([query["sql"].split(" WHERE ")[0] for query in sql.captured_queries])
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {403}
    assert all(cost == costs[0] for cost in costs)


def test_no_such_code_and_a_wrong_pin_cost_the_same_and_read_the_same(world):
    pin = GuestBrowser(world).enter().json()["pin"]
    wrong = f"{(int(pin) + 1) % 10**8:08}"
    GuestBrowser(world).resume(wrong)
    answers, costs, code = [], [], world.reload().live_code
    for given in ({"pin": wrong, "code": code}, {"pin": pin, "code": "00000000"}, {"pin": "x", "code": code}):
        with CaptureQueriesContext(connection) as sql:
            answers.append(GuestBrowser(world).resume(**given))
        costs.append([query["sql"].split(" WHERE ")[0] for query in sql.captured_queries])
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "pin_wrong"
    assert all(cost == costs[0] for cost in costs)


def test_digits_of_other_scripts_are_digits(world):
    AssessmentSession.objects.filter(pk=world.session.pk).update(live_code="0427")
    assert GuestBrowser(world).enter("عائشة", code="٠٤٢٧").status_code == 200
    assert GuestBrowser(world).enter("Ann", code="04 27").status_code == 200


def test_neither_name_nor_code_nor_pin_is_logged_or_told(world, caplog):
    caplog.set_level(logging.DEBUG)
    AssessmentSession.objects.filter(pk=world.session.pk).update(live_code="90817263")
    browser = GuestBrowser(world)
    pin = browser.enter("Xanthippe").json()["pin"]
    GuestBrowser(world).resume(pin)
    GuestBrowser(world).resume("11112222")
    kept = json.dumps([*AuditRow.objects.values(), *GuestPass.objects.values()], default=str)
    for secret in ("Xanthippe", "90817263", pin, "11112222"):
        assert secret not in caplog.text
        assert secret not in kept


# -- the same call again -----------------------------------------------------------------------------------------------
def test_a_repeated_call_gives_the_same_guest_and_the_same_pin(world):
    request_id, browser = uuid4(), GuestBrowser(world)
    first, again = browser.enter(request_id=request_id), browser.enter(request_id=request_id)
    # The answer was lost before it came: the browser has no cookie yet.
    lost = GuestBrowser(world)
    third = lost.enter(request_id=request_id)
    assert first.json() == again.json() == third.json()
    assert lost.account == browser.account
    assert GuestPass.objects.count() == Attempt.objects.count() == 1


def test_a_call_is_no_key_for_later(world):
    request_id, browser = uuid4(), GuestBrowser(world)
    browser.enter(request_id=request_id)
    GuestPass.objects.update(made_at=timezone.now() - timedelta(minutes=11))
    assert GuestBrowser(world).enter(request_id=request_id).json()["field"] == "request_id"


def test_whoever_is_signed_in_is_not_signed_in_as_somebody_else(world):
    ann = GuestBrowser(world)
    pin = ann.enter("Ann").json()["pin"]
    account = ann.account
    assert ann.enter("Bob").json()["code"] == "signed_in_already"
    assert ann.resume(pin).json()["code"] == "signed_in_already"
    assert ann.account == account
    learner = GuestBrowser(world)
    learner.client.force_login(world.learners[0])
    assert learner.enter().json()["code"] == "signed_in_already"
    assert learner.resume(pin).json()["code"] == "signed_in_already"
    assert learner.account == world.learners[0]
    assert "signed in as" in learner.page().content.decode()
    assert "You are in as Ann" in ann.page().content.decode()


def test_the_cookie_of_before_is_not_the_cookie_of_after(world):
    """Session fixation: a cookie that somebody else put into the browser is worth nothing afterwards."""
    browser = GuestBrowser(world)
    planted = browser.client.session
    planted["x"] = 1
    planted.save()
    browser.client.cookies["devlms_session"] = planted.session_key
    browser.enter()
    assert browser.client.cookies["devlms_session"].value != planted.session_key
    thief = Client()
    thief.cookies["devlms_session"] = planted.session_key
    assert thief.get(f"{API}me/attempt?placement=x").status_code == 401


def test_no_guest_is_made_without_the_pages_token(world):
    strict = Client(enforce_csrf_checks=True)
    body = json.dumps({"name": "Ann", "code": world.reload().live_code, "request_id": str(uuid4())})
    path = f"{API}courses/{world.school}/guests/enter"
    assert strict.post(path, body, content_type="application/json").status_code == 403
    page = strict.get(f"/assessprep/guests/{world.school}/", **HTML)
    token = page.cookies["csrftoken"].value
    assert strict.post(path, body, content_type="application/json", headers={"X-CSRFToken": token}).status_code == 200


# -- coming back -------------------------------------------------------------------------------------------------------
def test_a_pin_brings_a_guest_back_and_signs_the_other_browser_out(world):
    lost, found = GuestBrowser(world), GuestBrowser(world)
    pin = lost.enter("Ann").json()["pin"]
    assert len(pin) == 8
    before = lost.account
    came = found.resume(f"{pin[:4]} {pin[4:]}")
    assert came.status_code == 200
    assert came.json() == {"pin": "", "address": get_lms().block_url(world.usage_key)}
    assert found.account == before
    assert found.state().json()["status"] == "joined"
    assert lost.state().status_code == 401
    assert GuestPass.objects.count() == 1
    row = AuditRow.objects.get(action="guest_came_back")
    assert (row.session_id, row.by_id, row.facts) == (world.session.pk, before.pk, {})


def test_a_pin_opens_no_other_session_and_no_other_run(world, settings):
    pin = GuestBrowser(world).enter().json()["pin"]
    other = world.add_session("Tuesday", **OPEN)
    assert GuestBrowser(world).resume(pin, code=other.live_code).json()["code"] == "pin_wrong"
    lakeside = factories.make_course_run("course-v1:Lakeside+SCI7+2026", "Science 7")
    settings.ASSESSPREP_GUEST_RUNS = [str(world.school), str(lakeside)]
    answer = GuestBrowser(world).post(f"courses/{lakeside}/guests/resume", {"code": world.reload().live_code, "pin": pin})
    assert answer.json()["code"] == "pin_wrong"


def test_a_pin_is_kept_as_a_digest_only(world):
    pin = GuestBrowser(world).enter().json()["pin"]
    assert pin not in str(list(GuestPass.objects.values()))


def test_who_leaves_is_signed_out_and_comes_back_with_the_pin(world):
    browser = GuestBrowser(world)
    pin = browser.enter().json()["pin"]
    assert browser.post("guests/leave", {}).json() == {"left": True}
    assert browser.state().status_code == 401
    assert browser.post("guests/leave", {}).status_code == 404
    assert browser.resume(pin).status_code == 200


def test_nobody_but_a_guest_is_signed_out_here(world):
    page = Page(world.learners[0])
    assert page.call("POST", "guests/leave", {}).status_code == 404
    assert page.client.session["_auth_user_id"] == str(world.learners[0].pk)


# -- until when --------------------------------------------------------------------------------------------------------
def end_of(world: World, *, hours_ago: float, **values: Any) -> None:
    closes = timezone.now() - timedelta(hours=hours_ago)
    set_up(world, closes_at=closes.isoformat(), **values)


@pytest.mark.parametrize("how", ["archived", "closed", "switched off", "retired"])
def test_a_guest_is_signed_out_when_the_session_is_over(world, settings, how):
    browser = GuestBrowser(world)
    pin = browser.enter().json()["pin"]
    assert browser.state().status_code == 200
    if how == "archived":
        AssessmentSession.objects.update(lifecycle="archived", live_code=None)
    elif how == "closed":
        end_of(world, hours_ago=1)
    elif how == "switched off":
        settings.ASSESSPREP_GUEST_RUNS = []
    else:
        GuestPass.objects.update(retired_at=timezone.now())
    assert browser.state().status_code == 401
    assert "_auth_user_id" not in browser.client.session
    back = browser.resume(pin, code=world.session.live_code)
    assert back.status_code in (403, 404, 409)


def test_a_reader_whose_session_is_over_is_led_to_the_door_and_told(world):
    browser = GuestBrowser(world)
    address = browser.enter().json()["address"]
    end_of(world, hours_ago=1)
    led = browser.client.get(address, **HTML)
    assert (led.status_code, led["Location"]) == (302, f"/assessprep/guests/{world.school}/?over=1")
    assert "Your session is over" in browser.client.get(led["Location"], **HTML).content.decode()


def test_a_test_that_still_runs_after_the_close_is_not_cut_by_the_door(world):
    browser = GuestBrowser(world)
    browser.enter()
    attempt = Attempt.objects.get()
    Attempt.objects.update(status="in_progress")
    end_of(world, hours_ago=1, at_close="let_finish")
    assert browser.client.get(f"{API}attempts/{attempt.uuid}").status_code == 200
    Attempt.objects.update(status="submitted", submitted_at=timezone.now() - timedelta(minutes=14))
    assert browser.client.get(f"{API}attempts/{attempt.uuid}").status_code == 200
    Attempt.objects.update(submitted_at=timezone.now() - timedelta(minutes=16))
    assert browser.client.get(f"{API}attempts/{attempt.uuid}").status_code == 401


def test_a_guest_s_cookie_ends_by_itself(world):
    browser = GuestBrowser(world)
    browser.enter()
    assert 0 < browser.client.session.get_expiry_age() <= 12 * 3600
    assert browser.client.cookies["devlms_session"]["max-age"] <= 12 * 3600


# -- what a guest may touch --------------------------------------------------------------------------------------------
def forbidden(world: World) -> list[str]:
    """Addresses that the same account, signed in without the mark of the door, would be shown or let into."""
    school = world.school
    return [
        "/",
        f"/courses/{school}/course/",
        f"/courses/{school}/progress/",
        f"/assessprep/courses/{school}/",
        "/assessprep/rooms/",
        f"{API}me/sessions",
        f"{API}schema/",
    ]


def test_a_guest_reads_nothing_of_the_run_but_the_test(world):
    browser = GuestBrowser(world)
    browser.enter()
    free = Client()
    free.force_login(browser.account)
    for address in forbidden(world):
        assert free.get(address).status_code == 200, address  # the platform itself would show it
        assert browser.client.get(address).status_code == 403, address
        told = browser.client.get(address, **HTML)
        assert (told.status_code, "your test, and nothing else" in told.content.decode()) == (403, True)


def test_a_guest_touches_no_other_block_of_the_run(world):
    browser = GuestBrowser(world)
    browser.enter()
    other = factories.make_unit(world.school, "Practice", publish=False)
    note = factories.make_block(other, '<html display_name="Note"><p>For everybody enrolled.</p></html>')
    factories.publish_block(other)
    free = Client()
    free.force_login(browser.account)
    assert "For everybody enrolled." in free.get(f"/xblock/{note}").content.decode()  # the platform itself would show it
    for key in (get_lms().unit_place(world.usage_key).usage_key, other, note):
        assert browser.client.get(f"/xblock/{key}").status_code == 403
        assert browser.client.post(f"/courses/{world.school}/xblock/{key}/handler/x").status_code == 403
    question = world.questions[0].usage_key
    refused = browser.client.get(f"/xblock/{question}")
    assert (refused.status_code, refused.json()["code"]) == (403, "question_closed")  # the gate's own word: not started


def test_a_guest_whom_somebody_gives_a_role_is_still_no_staff(world):
    browser = GuestBrowser(world)
    browser.enter()
    CourseRole.objects.create(user=browser.account, course_key=world.school, role="staff")
    Invigilator.objects.create(session=world.session, user=browser.account, level="chief")
    for path in (f"sessions/{world.session.uuid}", f"sessions/{world.session.uuid}/monitor"):
        assert browser.client.get(API + path).status_code == 403
        assert browser.client.get(f"/assessprep/{path}/").status_code == 403
    assert browser.post(f"sessions/{world.session.uuid}/archive", {}).status_code == 403


def test_a_guest_has_no_password_to_type_or_to_reset_and_no_mailbox(world):
    browser = GuestBrowser(world)
    browser.enter()
    account = browser.account
    assert not account.has_usable_password()
    assert account.email.endswith(".invalid")
    assert not Client().login(username=account.username, password="")
    assert not Client().login(username=account.username, password=account.password)
    assert browser.client.post("/login", {"username": "x", "password": "y"}).status_code == 403


def test_whoever_is_no_guest_pays_nothing_for_guests(world):
    page = Page(world.learners[0])
    page.verify(world)
    path = f"{API}attempts/{page.state['attempt']}"
    page.client.get(path)
    with CaptureQueriesContext(connection) as sql:
        assert page.client.get(path).status_code == 200
    assert "guestpass" not in str(sql.captured_queries)


def test_a_guest_s_request_costs_two_queries_more(world):
    browser = GuestBrowser(world)
    browser.enter()
    attempt = Attempt.objects.get()
    free = Client()
    free.force_login(browser.account)
    costs = []
    for client in (free, browser.client):
        client.get(f"{API}attempts/{attempt.uuid}")
        with CaptureQueriesContext(connection) as sql:
            client.get(f"{API}attempts/{attempt.uuid}")
        costs.append(len(sql))
    assert costs[1] - costs[0] == 2


def test_a_mark_of_somebody_else_s_pass_is_worth_nothing(world):
    ann, bob = GuestBrowser(world), GuestBrowser(world)
    ann.enter("Ann")
    bob.enter("Bob")
    session = bob.client.session
    session[MARK] = GuestPass.objects.get(account=ann.account).pk
    session.save()
    assert bob.state().status_code == 401


def test_an_account_is_only_there_together_with_its_attempt(world):
    """Nobody can be enrolled: all of it is taken back."""
    Enrolment.objects.all().delete()
    from devlms.models import CourseRun

    CourseRun.objects.filter(key=world.school).delete()
    assert GuestBrowser(world).enter().json()["code"] == "platform_unavailable"
    assert not GuestPass.objects.exists()
    assert not get_user_model().objects.filter(username__startswith="guest_").exists()


# -- what staff see of the door ----------------------------------------------------------------------------------------
def test_the_monitor_tells_of_wrong_codes_at_the_guests_door_and_staff_clear_them(world, settings):
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 5
    staff, path = Page(world.staff), f"sessions/{world.session.uuid}/monitor"
    first = staff.call("GET", path).json()
    assert first["door"] == {"wrong": 0, "networks": 0, "locked": 0}
    for address, times in (("192.0.2.7", 5), ("198.51.100.9", 2)):
        for _n in range(times):
            GuestBrowser(world, address).enter(code="000000")
    assert GuestBrowser(world).enter().status_code == 429
    # Told though nobody in the room moved.
    told = staff.call("GET", f"{path}?since={first['since']}")
    assert told.json()["door"] == {"wrong": 7, "networks": 2, "locked": 1}
    cleared = staff.call("POST", f"sessions/{world.session.uuid}/clear-tries", {"guests": True})
    assert cleared.json() == {"cleared": 2}
    assert GuestBrowser(world).enter().status_code == 200
    assert AuditRow.objects.get(action="clear_tries").facts == {"networks": 2}


def test_of_a_session_without_such_guests_no_door_is_told_and_nothing_is_cleared(world):
    GuestBrowser(world).enter(code="000000")
    set_up(world, guests_no_account=False)
    staff = Page(world.staff)
    assert staff.call("GET", f"sessions/{world.session.uuid}/monitor").json()["door"] is None
    answer = staff.call("POST", f"sessions/{world.session.uuid}/clear-tries", {"guests": True})
    assert answer.json() == {"cleared": 0}
    assert GuestTries.objects.get().wrong == 1


def test_staff_are_told_where_guests_come_in_on_every_page_that_tells_the_code(world):
    client = Client()
    client.force_login(world.staff)
    address = f"http://testserver/assessprep/guests/{world.school}/"
    for page in ("", "display/", "sheet/"):
        assert address in client.get(f"/assessprep/sessions/{world.session.uuid}/{page}").content.decode(), page
    set_up(world, guests_no_account=False)
    for page in ("", "display/", "sheet/"):
        assert address not in client.get(f"/assessprep/sessions/{world.session.uuid}/{page}").content.decode(), page


def test_the_form_says_why_the_setting_cannot_be_switched_on_here(world, settings):
    client = Client()
    client.force_login(world.staff)
    set_up(world, guests_no_account=False)
    page = f"/assessprep/sessions/{world.session.uuid}/edit/"
    assert "has not opened this course run" not in client.get(page).content.decode()
    settings.ASSESSPREP_GUEST_RUNS = []
    shown = client.get(page).content.decode()
    assert "has not opened this course run" in shown
    assert " disabled" in shown.split('id="set-guests_no_account"')[1].split(">")[0]
    set_up(world)
    # What is on can still be switched off.
    assert " disabled" not in client.get(page).content.decode().split('id="set-guests_no_account"')[1].split(">")[0]


def test_the_check_before_publishing_speaks_of_guests(world, settings):
    staff = Page(world.staff)

    def found() -> set[str]:
        answer = staff.call("POST", f"sessions/{world.session.uuid}/lint", {}).json()
        return {one["code"] for one in answer["problems"]}

    assert "guests_unseen" in found()
    set_up(world, guests_wait=True)
    assert not {"guests_unseen", "guests_not_here"} & found()
    settings.ASSESSPREP_GUEST_RUNS = []
    assert "guests_not_here" in found()


def test_nobody_needs_no_account_where_nobody_may_be_a_guest(world):
    staff = Page(world.staff)
    body = {"version": world.reload().version_no, "settings": {"guests": False, "guests_no_account": True}}
    answer = staff.call("PATCH", f"sessions/{world.session.uuid}", body)
    assert (answer.status_code, answer.json()["field"]) == (400, "guests_no_account")


def test_staff_find_no_guest_to_put_on_a_list(world):
    GuestBrowser(world).enter("Xanthippe")
    found = Page(world.staff).call("GET", f"courses/{world.school}/learners?search=Xanthippe".replace("+", "%2B"))
    assert found.json()["results"] == []


def test_a_guest_s_test_page_leads_to_the_way_out(world):
    browser = GuestBrowser(world)
    page = browser.client.get(browser.enter().json()["address"]).content.decode()
    assert "You are here as a guest: Ann Guest." in page
    assert f'href="/assessprep/guests/{world.school}/"' in page
    learner = Client()
    learner.force_login(world.learners[0])
    assert "as a guest" not in learner.get(get_lms().block_url(world.usage_key)).content.decode()
