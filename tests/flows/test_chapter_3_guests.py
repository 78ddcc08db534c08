"""Chapter 3, step 5 of the guide, "Optionally enable 'Allow guests' in Access Settings": two kinds of guests, a story each.

First a signed-in learner of the course run who is not on the roster; then, where the operator opened a run for it, people
without an account. What each call refuses, and what a guest may touch, is in ``tests/doors/test_guests.py``.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock import conf
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import AssessmentSession, GuestPass
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import CourseRole
from tests.tables import rows_of
from tests.world import GuestBrowser, Page, World, delivered

# What is handed in is handed off after the commit, for real.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """A session for the first two learners of the run; the other three are on nobody's list."""
    made = delivered(timezone.now(), learners=5)
    roster = {"everyone": False, "classes": [], "students": [one.pk for one in made.learners[:2]]}
    change(made, roster=roster)
    return made


def change(world: World, **changes: Any) -> dict[str, Any]:
    """What staff save in the session's form."""
    body = {"version": world.reload().version_no, **changes}
    answer = Page(world.staff).call("PATCH", f"sessions/{world.session.uuid}", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def watched(world: World) -> dict[str, Any]:
    """The Monitor's picture, with the rows by name."""
    told = Page(world.staff).call("GET", f"sessions/{world.session.uuid}/monitor").json()
    return {**told, "rows": {row["name"]: row for row in rows_of(told)}}


def decide(world: World, deed: str, attempt: str) -> None:
    """Admit or deny, in the Monitor."""
    body = {"attempts": [attempt], **({"reason": "Unknown here"} if deed == "deny" else {})}
    assert Page(world.staff).call("POST", f"sessions/{world.session.uuid}/{deed}", body).status_code == 200


def shown(world: World, view: str, *args: Any) -> str:
    """A page of staff."""
    return Page(world.staff).client.get(reverse(f"assessprep:{view}", args=args)).content.decode()


# -- a learner of the run who is not on the roster ------------------------------------------------------------------------
def test_with_allow_guests_a_learner_who_is_not_on_the_roster_enters_with_the_code_and_is_marked_guest(world):
    stranger = Page(world.learners[2])
    assert stranger.verify(world).json()["code"] == "code_wrong"  # as if there were no such session
    change(world, settings={"guests": True, "guests_wait": False})
    assert stranger.verify(world, "no code").json()["code"] == "code_wrong"
    assert stranger.verify(world).json()["status"] == "joined"
    assert Page(world.learners[0]).verify(world).json()["status"] == "joined"  # who is on the roster is no guest
    assert stranger.start().json()["status"] == "in_progress"
    assert stranger.save(world.questions[0].item, world.answers(0)).status_code == 200
    assert stranger.submit().json()["status"] == "submitted"
    told = watched(world)
    marks = {name: (row["guest"], row["no_account"], row["assigned"]) for name, row in told["rows"].items()}
    assert marks == {
        "Student 1": (False, False, True),
        "Student 2": (False, False, True),
        "Student 3": (True, False, False),
    }
    assert (told["counters"]["assigned"], told["counters"]["guests"]) == (2, 1)
    line = shown(world, "grade", world.session.uuid).split('data-learner="student-a-03"')[1].split("</th>")[0]
    assert ">Guest<" in line
    assert "Guest without an account" not in line


def test_a_guest_waits_until_admitted_and_one_who_is_denied_stays_outside(world):
    # On by default: nothing is said of it here.
    assert change(world, settings={"guests": True})["settings"]["guests_wait"] is True
    known, unknown = Page(world.learners[2]), Page(world.learners[3])
    for page in (known, unknown):
        page.verify(world)
        assert page.start().json()["code"] == "not_admitted"
    rows = watched(world)["rows"]
    assert rows["Student 3"]["waiting"] and rows["Student 4"]["waiting"]
    decide(world, "admit", known.state["attempt"])
    decide(world, "deny", unknown.state["attempt"])
    assert known.start().json()["status"] == "in_progress"
    assert unknown.start().json()["code"] == "denied"
    assert unknown.verify(world).json()["attempt"] == unknown.state["attempt"]  # the code is no way round it
    assert unknown.start().json()["code"] == "denied"
    assert watched(world)["rows"]["Student 4"]["denied"]


def test_guests_are_capped_per_session_and_who_is_turned_away_gives_the_place_back(world):
    change(world, settings={"guests": True, "guest_limit": 1})
    first, second = Page(world.learners[2]), Page(world.learners[3])
    first.verify(world)
    full = second.verify(world)
    assert (full.status_code, full.json()["code"]) == (409, "guests_full")
    assert "1" in full.json()["message"]
    assert Page(world.learners[0]).verify(world).status_code == 200  # a place on the roster is no guest's place
    # Another session of the run has places of its own.
    other = world.add_session("Tuesday", guests=True, guest_limit=1)
    AssessmentSession.objects.filter(pk=other.pk).update(roster=world.reload().roster)
    assert Page(world.learners[4]).verify(world, other.live_code).status_code == 200
    decide(world, "deny", first.state["attempt"])
    assert second.verify(world).status_code == 200


def test_without_allow_guests_nobody_and_with_it_nobody_from_outside_the_run_comes_in(world):
    change(world, settings={"guests": True})
    outside = factories.make_user("somebody-else")
    assert Page(outside).verify(world).json()["code"] == "code_wrong"
    roster = {**world.reload().roster, "excluded": [world.learners[4].pk]}
    change(world, roster=roster)
    assert Page(world.learners[4]).verify(world).json()["code"] == "code_wrong"  # excluded by name is no guest either
    assert not Attempt.objects.exists()


# -- people without an account --------------------------------------------------------------------------------------------
@pytest.fixture
def hall(world, settings) -> World:
    """The same where the operator opened the run, and staff said that guests need no account."""
    settings.ASSESSPREP_GUEST_RUNS = [str(world.school)]
    change(world, settings={"guests": True, "guests_no_account": True})
    return world


def test_until_the_operator_opens_a_run_nobody_without_an_account_comes_in_whatever_staff_set(world, settings):
    assert conf.get_runs("ASSESSPREP_GUEST_RUNS") == ()  # off by default
    change(world, settings={"guests": True, "guests_no_account": True})
    guest = GuestBrowser(world)
    assert (guest.page().status_code, guest.enter().status_code) == (404, 404)
    form = shown(world, "session_edit", world.session.uuid)
    assert "Your operator has not opened this course run to people without an account." in form
    # Another run that was opened opens this one not: its guests' accounts could read all of it.
    settings.ASSESSPREP_GUEST_RUNS = ["course-v1:Northside+GUESTS+2026"]
    assert guest.enter().status_code == 404
    settings.ASSESSPREP_GUEST_RUNS = [str(world.school)]
    assert guest.page().status_code == 200
    assert guest.enter().status_code == 200
    assert GuestPass.objects.count() == 1


def test_name_and_code_lead_somebody_without_an_account_through_the_waiting_room_into_the_test(hall):
    # Staff find the address where the code is shown.
    assert f"/assessprep/guests/{hall.school}/" in shown(hall, "session_display", hall.session.uuid)
    ann = GuestBrowser(hall)
    came = ann.enter("Ann Guest")
    assert ann.client.get(came.json()["address"]).status_code == 200
    attempt = ann.state().json()["attempt"]
    assert ann.post(f"attempts/{attempt}/start", {}).json()["code"] == "not_admitted"
    told = watched(hall)
    assert [told["rows"]["Ann Guest"][mark] for mark in ("waiting", "guest", "no_account")] == [True] * 3
    assert (told["counters"]["assigned"], told["counters"]["guests"]) == (2, 1)
    decide(hall, "admit", attempt)
    assert ann.post(f"attempts/{attempt}/start", {}).json()["status"] == "in_progress"
    assert ann.post(f"attempts/{attempt}/submit", {}).json()["status"] == "submitted"
    assert "Guest without an account" in shown(hall, "grade", hall.session.uuid)
    assert "Guest without an account" in shown(hall, "submission", attempt)
    # The list of who was there tells both kinds of guests apart, too.
    Page(hall.learners[2]).verify(hall)
    sheet = Page(hall.staff).client.get(f"/assessprep/api/v1/sessions/{hall.session.uuid}/attendance.csv")
    text = b"".join(sheet.streaming_content).decode("utf-8-sig")
    lines = {line["Name"]: (line["Guest"], line["Without an account"]) for line in csv.DictReader(io.StringIO(text))}
    assert lines == {
        "Student 1": ("", ""),
        "Student 2": ("", ""),
        "Student 3": ("yes", ""),
        "Ann Guest": ("yes", "yes"),
    }


def test_the_account_has_no_usable_password_and_is_never_staff(hall):
    ann = GuestBrowser(hall)
    ann.enter("Ann Guest")
    account = ann.account
    assert not account.has_usable_password()
    assert not (account.is_staff or account.is_superuser)
    # Somebody makes it staff of the run by mistake: the browser of a guest gets none of it.
    CourseRole.objects.create(user=account, course_key=hall.school, role="staff")
    assert ann.client.get(f"/assessprep/api/v1/sessions/{hall.session.uuid}/monitor").status_code == 403
    assert ann.client.get(f"/assessprep/courses/{hall.school}/").status_code == 403
    assert ann.client.get(f"/courses/{hall.school}/course/").status_code == 403


def test_a_guest_is_signed_in_for_the_window_of_the_session_only(hall):
    change(hall, settings={"closes_at": (timezone.now() + timedelta(hours=1)).isoformat()})
    ann = GuestBrowser(hall)
    address = ann.enter("Ann Guest").json()["address"]
    assert ann.state().status_code == 200
    ended = (timezone.now() - timedelta(hours=1)).isoformat()
    AssessmentSession.objects.update(overrides={**hall.reload().overrides, "closes_at": ended})
    led = ann.client.get(address, headers={"accept": "text/html"})
    assert (led.status_code, led["Location"]) == (302, f"/assessprep/guests/{hall.school}/?over=1")
    assert "_auth_user_id" not in ann.client.session
    assert ann.enter("Ann Guest").json()["code"] == "session_closed"


def test_who_loses_the_cookie_comes_back_to_the_same_test_with_the_pin(hall):
    change(hall, settings={"guests_wait": False})
    lost, found = GuestBrowser(hall), GuestBrowser(hall)
    pin = lost.enter("Ann Guest").json()["pin"]
    attempt = lost.state().json()["attempt"]
    lost.post(f"attempts/{attempt}/start", {})
    assert found.resume(f"{(int(pin) + 1) % 10**8:08}").json()["code"] == "pin_wrong"
    assert found.resume(pin).status_code == 200
    state = found.state().json()
    assert (state["attempt"], state["status"]) == (attempt, "in_progress")
    assert lost.state().status_code == 401  # the browser that was left behind is signed out
    assert Attempt.objects.count() == GuestPass.objects.count() == 1


def test_whoever_is_signed_in_as_somebody_else_is_refused_and_stays_who_she_is(hall):
    learner = GuestBrowser(hall)
    learner.client.force_login(hall.learners[2])
    assert "You are signed in as" in learner.page().content.decode()
    refused = learner.enter("Ann Guest")
    assert (refused.status_code, refused.json()["code"]) == (403, "signed_in_already")
    assert learner.account == hall.learners[2]
    ann = GuestBrowser(hall)
    ann.enter("Ann Guest")
    assert ann.enter("Bob Guest").json()["code"] == "signed_in_already"
    assert not Attempt.objects.filter(learner=hall.learners[2]).exists()
    assert GuestPass.objects.count() == 1


def test_guests_of_long_ago_are_retired_by_a_command_and_their_results_stay(hall):
    change(hall, settings={"guests_wait": False})
    ann = GuestBrowser(hall)
    ann.enter("Ann Guest")
    attempt = ann.state().json()["attempt"]
    ann.post(f"attempts/{attempt}/start", {})
    path = f"/assessprep/api/v1/attempts/{attempt}/answers/{hall.questions[0].item}"
    body = {"values": hall.answers(0), "revision": 1}
    assert ann.client.put(path, body, content_type="application/json").status_code == 200
    ann.post(f"attempts/{attempt}/submit", {})
    account = ann.account
    GuestPass.objects.update(made_at=timezone.now() - timedelta(days=31))

    def retire(*arguments: str) -> str:
        said = io.StringIO()
        call_command("assessprep_retire_guests", *arguments, stdout=said)
        return said.getvalue()

    assert "1 would be retired" in retire()
    assert get_lms().people([account.pk])[account.pk].full_name == "Ann Guest"  # it only told
    assert "1 retired, 0 stay, 0 failed" in retire("--confirm")
    account.refresh_from_db()
    assert not account.is_active
    assert "Ann Guest" not in shown(hall, "grade", hall.session.uuid)
    row = Attempt.objects.get(learner=account)
    assert (row.status, row.earned, row.is_guest, row.no_account) == ("submitted", 1, True, True)
