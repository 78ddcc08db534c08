"""Guests without an account on a real edx-platform: the whole way, and what the LMS shows them."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

import contextlib
from datetime import timedelta
from io import StringIO
from uuid import uuid4

from common.djangoapps.student.models import CourseEnrollment, UserProfile
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.utils import timezone
from openedx.core.djangoapps.user_authn.tests.utils import setup_login_oauth_client

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.attempts.queries_guests import MARK
from assessprep_xblock.domain.sessions.models import AssessmentSession, GuestPass
from assessprep_xblock.guests import HARMLESS_PATHS, OURS
from assessprep_xblock.lms import get_lms
from tests.edxapp.district import TEXTS, Browser
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
OPEN = {"guests": True, "guests_no_account": True, "guests_wait": False}


class GuestBrowser(Browser):
    """The browser of somebody without an account."""

    def __init__(self) -> None:
        self.client, self.state = Client(), {}

    def enter(self, district, session, name="Ann Guest"):
        body = {"name": name, "code": session.live_code, "request_id": str(uuid4())}
        return self.call("POST", f"courses/{district.school}/guests/enter", body)

    def resume(self, district, session, pin):
        return self.call("POST", f"courses/{district.school}/guests/resume", {"code": session.live_code, "pin": pin})

    def look(self, district):
        return self.call("GET", f"me/attempt?placement={district.block}".replace("+", "%2B"))

    @property
    def account(self):
        return get_user_model().objects.get(pk=self.client.session["_auth_user_id"])


@pytest.fixture
def session(district, settings):
    settings.ASSESSPREP_GUEST_RUNS = [str(district.school)]
    return district.session("Open day", **OPEN)


def test_a_guest_takes_the_test_from_the_name_to_the_receipt(district, session):
    guest = GuestBrowser()
    assert guest.client.get(f"/assessprep/guests/{district.school}/", HTTP_ACCEPT="text/html").status_code == 200
    came = guest.enter(district, session)
    assert came.status_code == 200, came.content
    start_screen = guest.client.get(came.json()["address"])
    assert start_screen.status_code == 200
    assert "AssessPrepXBlock" in start_screen.content.decode()
    assert guest.look(district).status_code == 200
    assert guest.start().status_code == 200
    choice = district.keys()[0]
    assert TEXTS[0] in guest.handler(choice, "problem_get").json()["html"]
    assert guest.save(choice.block_id, district.answers(0)).status_code == 200
    assert guest.submit().status_code == 200
    attempt = Attempt.objects.get(learner=guest.account)
    assert (attempt.status, attempt.is_guest, attempt.earned) == ("submitted", True, 2.0)
    assert get_lms().people([attempt.learner_id])[attempt.learner_id].full_name == "Ann Guest"


def closed_to_guests(district) -> list[str]:
    """Pages and calls of the run itself, of other runs, of staff, and of an account."""
    run, unit = district.school, get_lms().unit_place(district.block).usage_key
    other = edx.make_run("course-v1:Lakeside+HIST+2026", "History")
    elsewhere = edx.make_unit(other, "Another course's page").location
    return [
        "/account/settings",
        "/login_refresh",
        "/oauth2/authorize/",
        f"/courses/{run}/progress",
        f"/courses/{run}/course/",
        f"/courses/{run}/jump_to/{unit}",
        f"/courses/{run}/instructor",
        reverse("spoc_gradebook", kwargs={"course_id": str(run)}),
        f"/api/course_home/outline/{run}",
        f"/api/course_home/course_metadata/{run}",
        f"/api/courseware/course/{run}",
        f"/api/grades/v1/courses/{run}/",
        f"/xblock/{unit}",
        f"/xblock/{elsewhere}",
        f"/courses/{other}/course/",
        f"/courses/{other}/jump_to/{elsewhere}",
        edx.handler_url(elsewhere, "get_completion"),
        f"/assessprep/courses/{run}/",
        f"/assessprep/courses/{run}/sessions/",
        "/assessprep/library/",
        f"/assessprep/api/v1/courses/{run}/sessions",
    ]


def without_arguments() -> dict[str, str]:
    """Every address of the LMS that is always the same: its name -> its path."""

    def of(patterns, prefix="", spaces=()):
        for one in patterns:
            route = prefix + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from of(one.url_patterns, route, (*spaces, *filter(None, [one.namespace])))
            elif one.name:
                yield ":".join((*spaces, one.name))

    found = {}
    for name in of(get_resolver().url_patterns):
        with contextlib.suppress(NoReverseMatch):
            found[name] = reverse(name)
    return found


#: What a guest may ask of the LMS that is always the same: to leave, its language, and what pages send by themselves.
OPEN_TO_GUESTS = {"javascript-catalog", "csrf_token"}


def test_a_guest_is_shown_nothing_of_the_lms_but_the_test(district, session):
    guest, free = GuestBrowser(), GuestBrowser()
    for browser in (guest, free):
        browser.enter(district, session)
    unmarked = free.client.session
    del unmarked[MARK]
    unmarked.save()
    paths = closed_to_guests(district)
    shown = {path: (guest.client.get(path).status_code, guest.client.post(path).status_code) for path in paths}
    assert {status for pair in shown.values() for status in pair} == {403}, [
        one for one in shown.items() if one[1] != (403, 403)
    ]
    # What the platform itself would have let such an account see.
    unit = get_lms().unit_place(district.block).usage_key
    assert free.client.get(f"/xblock/{unit}").status_code == 200


def test_every_address_of_the_lms_that_needs_no_name_is_closed_to_a_guest(district, session):
    guest = GuestBrowser()
    guest.enter(district, session)
    guest.client.raise_request_exception = False
    paths = {name: path for name, path in without_arguments().items() if not name.endswith("logout")}
    assert len(paths) > 150
    answers = {name: guest.client.get(path) for name, path in paths.items() if name not in OPEN_TO_GUESTS}
    ours = {f"assessprep:{name}" for name in OURS} | {f"assessprep:assessprep-api:{name}" for name in OURS}
    let_through = {name for name, answer in answers.items() if answer.status_code != 403} - ours
    assert {paths[name] for name in let_through if not paths[name].startswith(HARMLESS_PATHS)} == set()
    assert guest.look(district).status_code == 200


def test_a_guest_s_browser_gets_no_token_that_would_go_round_the_list(district, session, settings):
    settings.FEATURES = {**settings.FEATURES, "DISABLE_SET_JWT_COOKIES_FOR_TESTS": False}
    settings.DISABLE_SET_JWT_COOKIES_FOR_TESTS = False  # later releases ask here
    setup_login_oauth_client()
    guest, learner = GuestBrowser(), edx.make_learner(district.school, "ada")
    pin = guest.enter(district, session).json()["pin"]
    guest.client.get(f"/xblock/{district.block}")
    assert guest.look(district).status_code == 200
    assert guest.start().status_code == 200
    for path in ("/login_refresh", "/oauth2/access_token", "/api/user/v1/account/login_session/", "/login_ajax"):
        assert guest.client.post(path).status_code == 403, path
    guest.submit()
    again = GuestBrowser()
    assert again.resume(district, session, pin).status_code == 200
    kept = {name for browser in (guest, again) for name in browser.client.cookies}
    assert not [name for name in kept if "jwt" in name.lower() or "user-info" in name or "loggedin" in name], kept
    # Whoever has an account gets one by the same call.
    signed_in = Browser(learner).client
    assert signed_in.post("/login_refresh").status_code == 200
    assert [name for name in signed_in.cookies if "jwt" in name.lower()]


def test_who_has_an_account_is_not_kept_to_one_test(district, session, ada):
    assert Browser(ada).client.get("/dashboard").status_code in (200, 302)
    assert Browser(ada).client.get(f"/courses/{district.school}/progress").status_code in (200, 302)


def test_a_guest_s_page_is_a_page_of_its_own_and_needs_no_learning_mfe(district, session):
    guest = GuestBrowser()
    address = guest.enter(district, session).json()["address"]
    assert address == f"/xblock/{district.block}"
    page = guest.client.get(address)
    # The LMS lets a site frame this page, as it lets the Learning MFE.
    assert "X-Frame-Options" not in page.headers
    assert page.content.decode().count("AssessPrepXBlock") >= 1
    # A unit in the frame as the MFE asks for it is no guest's, whatever is asked for with it.
    unit = get_lms().unit_place(district.block).usage_key
    framed = f"/xblock/{unit}?show_title=0&show_bookmark_button=0&recheck_access=1&view=student_view"
    assert guest.client.get(framed).status_code == 403


def test_a_guest_is_signed_out_with_the_session_and_a_pin_signs_the_other_browser_out(district, session):
    lost, found = GuestBrowser(), GuestBrowser()
    pin = lost.enter(district, session).json()["pin"]
    account = lost.account
    assert lost.look(district).status_code == 200
    assert found.resume(district, session, pin).status_code == 200
    assert found.account == account
    assert found.look(district).status_code == 200
    assert lost.look(district).status_code == 401
    AssessmentSession.objects.filter(pk=session.pk).update(lifecycle="archived", live_code=None)
    assert found.look(district).status_code == 401
    assert "_auth_user_id" not in found.client.session


def test_a_guest_is_signed_out_when_the_window_is_over(district, settings):
    settings.ASSESSPREP_GUEST_RUNS = [str(district.school)]
    now = timezone.now()
    session = district.session(
        "Open day", opens_at=(now - timedelta(hours=2)).isoformat(), closes_at=(now + timedelta(hours=1)).isoformat(), **OPEN
    )
    guest = GuestBrowser()
    guest.enter(district, session)
    assert guest.look(district).status_code == 200
    fresh = AssessmentSession.objects.get(pk=session.pk)
    fresh.overrides = {**fresh.overrides, "closes_at": (now - timedelta(hours=1)).isoformat()}
    fresh.save(update_fields=["overrides"])
    page = guest.client.get(f"/xblock/{district.block}", HTTP_ACCEPT="text/html")
    assert (page.status_code, page.headers["Location"]) == (302, f"/assessprep/guests/{district.school}/?over=1")
    assert guest.look(district).status_code == 401
    assert "_auth_user_id" not in guest.client.session


def columns_that_say(word: str) -> set[str]:
    """Every column of every table of the LMS that could hold a text and in which this word stands."""
    texts = (models.CharField, models.TextField, models.JSONField)
    found = set()
    for model in apps.get_models():
        named = [one.name for one in model._meta.concrete_fields if isinstance(one, texts)]
        for name in named if model._meta.managed and not model._meta.proxy else ():
            if any(word in str(value) for value in model._default_manager.values_list(name, flat=True).iterator()):
                found.add(f"{model._meta.label}.{name}")
    return found


def test_a_retired_guest_leaves_no_word_in_any_column_of_any_table_of_the_lms(district, session):
    guest = GuestBrowser()
    guest.enter(district, session, "Xanthippe Guest")
    account, text = guest.account, district.keys()[2]
    assert guest.look(district).status_code == 200
    assert guest.start().status_code == 200
    guest.save(text.block_id, district.answers(2, "Xanthippe was here"))
    guest.submit()
    assert columns_that_say("Xanthippe") >= {"student.UserProfile.name", "assessprep.AnswerDraft.values"}
    GuestPass.objects.update(made_at=timezone.now() - timedelta(days=3))
    told = StringIO()
    call_command("assessprep_retire_guests", "--days", "2", stdout=told)
    assert "1 would be retired" in told.getvalue()
    assert UserProfile.objects.get(user=account).name == "Xanthippe Guest"
    call_command("assessprep_retire_guests", "--days", "2", "--confirm", stdout=told)
    assert "1 retired, 0 stay, 0 failed" in told.getvalue()
    assert guest.look(district).status_code == 401
    # What was handed in stays with the platform, as every answer: of it, the words of the answer alone.
    left = columns_that_say("Xanthippe")
    assert columns_that_say("Xanthippe Guest") == set()
    assert left <= {"courseware.StudentModule.state", "coursewarehistoryextended.StudentModuleHistoryExtended.state"}, left
    account.refresh_from_db()
    assert not account.is_active
    assert not CourseEnrollment.objects.filter(user=account, is_active=True).exists()
