"""Guests without an account on a real edx-platform: the whole way, and what the LMS shows them."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

import json
from uuid import uuid4

from common.djangoapps.student.models import CourseEnrollment, UserProfile
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.attempts.queries_guests import MARK
from assessprep_xblock.domain.retirement.actions_guests import retire_guest
from assessprep_xblock.domain.sessions.models import AssessmentSession, GuestPass
from assessprep_xblock.lms import get_lms
from tests.edxapp.district import TEXTS, Browser

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


def addresses(district) -> list[str]:
    run, unit = district.school, get_lms().unit_place(district.block).usage_key
    return [
        "/dashboard",
        "/account/settings",
        "/login_refresh",
        "/oauth2/authorize/",
        "/password_reset/",
        f"/courses/{run}/progress",
        f"/courses/{run}/course/",
        f"/courses/{run}/jump_to/{unit}",
        f"/api/course_home/outline/{run}",
        f"/api/courseware/course/{run}",
        f"/xblock/{unit}",
        f"/assessprep/courses/{run}/",
    ]


def test_a_guest_is_shown_nothing_of_the_lms_but_the_test(district, session):
    guest, free = GuestBrowser(), GuestBrowser()
    for browser in (guest, free):
        browser.enter(district, session)
    unmarked = free.client.session
    del unmarked[MARK]
    unmarked.save()
    shown = {address: guest.client.get(address).status_code for address in addresses(district)}
    assert set(shown.values()) <= {403, 404}, shown
    posts = {address: guest.client.post(address).status_code for address in ("/login_refresh", "/api/user/v1/preferences/x")}
    assert set(posts.values()) <= {403, 404}, posts
    # What the platform itself would have let such an account see.
    would = {address: free.client.get(address).status_code for address in addresses(district)}
    assert would[f"/xblock/{get_lms().unit_place(district.block).usage_key}"] == 200, would


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


def test_a_retired_guest_leaves_no_name_in_the_lms(district, session):
    guest = GuestBrowser()
    guest.enter(district, session, "Xanthippe Guest")
    account = guest.account
    assert retire_guest(pass_id=GuestPass.objects.get().pk, now=timezone.now())
    assert guest.look(district).status_code == 401
    account.refresh_from_db()
    assert not account.is_active
    assert UserProfile.objects.get(user=account).name == ""
    assert not CourseEnrollment.objects.filter(user=account, is_active=True).exists()
    everything = json.dumps(list(UserProfile.objects.filter(user=account).values()), default=str)
    assert "Xanthippe" not in everything + str(get_user_model().objects.filter(pk=account.pk).values())
