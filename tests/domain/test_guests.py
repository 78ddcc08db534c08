"""Clearing guests away, and what the doctor says of them."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_tries as tries
from assessprep_xblock.domain.attempts.actions_guests import enter_as_guest
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.sessions import rosters
from assessprep_xblock.domain.sessions.models import GuestPass, GuestTries
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms import get_lms
from assessprep_xblock.management.commands.assessprep_doctor import check_guests
from devlms import factories
from tests.bare import CODE, room

pytestmark = pytest.mark.django_db
OPEN = {"guests": True, "guests_no_account": True, "guests_wait": False}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def hall(now, settings):
    """A session with two learners of the run, open to people without an account."""
    found = room(now, **OPEN)
    settings.ASSESSPREP_GUEST_RUNS = [str(found.session.course_key)]
    return found


def come(hall, name="Ann Guest", *, days_ago=0, **attempt):
    """A guest who came in some days ago; with the attempt as it stands since."""
    now = timezone.now()
    call = {"code": CODE, "request_id": uuid4(), "address": "192.0.2.7", "now": now}
    came = enter_as_guest(course_key=hall.session.course_key, name=name, **call)
    GuestPass.objects.filter(pk=came.pass_id).update(made_at=now - timedelta(days=days_ago))
    if attempt:
        Attempt.objects.filter(learner_id=came.account_id).update(**attempt)
    return came


def told(*arguments):
    out = io.StringIO()
    call_command("assessprep_retire_guests", *arguments, stdout=out, stderr=out)
    return out.getvalue()


DONE = {"status": "submitted", "handin": "done", "scoring": "scored", "earned": 2.0, "possible": 3.0}


def test_the_command_only_tells_unless_it_is_confirmed(hall):
    came = come(hall, days_ago=40, **DONE)
    said = told()
    assert "would go: guest" in said
    assert "1 would be retired, 0 stay, 0 failed" in said
    assert GuestPass.objects.get(pk=came.pass_id).retired_at is None
    assert get_lms().people([came.account_id])[came.account_id].full_name == "Ann Guest"


def test_a_retired_guest_is_nobody_and_the_result_stays(hall):
    came = come(hall, "Xanthippe", days_ago=40, device_label="Firefox", **DONE)
    attempt = Attempt.objects.get(learner_id=came.account_id)
    AnswerDraft.objects.create(
        attempt=attempt, question=hall.questions[0], values={"a": "secret"}, revision=1, saved_at=timezone.now()
    )
    said = told("--confirm")
    assert "1 retired, 0 stay, 0 failed" in said
    assert "Xanthippe" not in said
    account = get_user_model().objects.get(pk=came.account_id)
    assert not account.is_active
    assert get_lms().people([account.pk])[account.pk].full_name == account.username
    assert not get_lms().is_enrolled(account.pk, hall.session.course_key)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.earned, attempt.possible, attempt.device_label) == ("submitted", 2.0, 3.0, "")
    assert AnswerDraft.objects.get().values == {}
    given = GuestPass.objects.get()
    assert given.pin_digest is None
    assert given.retired_at is not None
    row = AuditRow.objects.get(action="retire_guest")
    assert (row.session_id, row.attempt_id, row.by_id) == (hall.session.pk, attempt.pk, None)
    assert hall.counters() == {**hall.counters(), "joined": 1}


def test_retiring_twice_does_nothing_more_and_what_stopped_half_way_is_finished(hall):
    came = come(hall, days_ago=40, **DONE)
    get_lms().retire_guest(came.account_id)  # the platform did its part, and the command was stopped
    assert "1 retired" in told("--confirm")
    assert "0 retired" in told("--confirm")
    assert AuditRow.objects.filter(action="retire_guest").count() == 1


def test_only_the_old_go_and_only_of_the_run_that_was_named(hall):
    come(hall, "Old", days_ago=40, **DONE)
    come(hall, "New", days_ago=3, **DONE)
    assert "0 retired" in told("--confirm", "--course", "course-v1:Other+X+2026")
    assert "1 retired" in told("--confirm", "--course", str(hall.session.course_key))
    assert "1 retired" in told("--confirm", "--days", "2")
    with pytest.raises(CommandError):
        told("--days", "0")
    with pytest.raises(CommandError):
        told("--course", "nonsense")


def test_who_is_at_work_or_waits_for_marks_stays_and_it_is_said_why(hall):
    come(hall, "A", days_ago=40, status="in_progress")
    come(hall, "B", days_ago=40, **{**DONE, "handin": "pending"})
    come(hall, "C", days_ago=40, **{**DONE, "scoring": "needs_marking"})
    come(hall, "D", days_ago=40)  # joined and never started
    said = told("--confirm")
    assert [why in said for why in (": working", ": on its way", ": unmarked")] == [True] * 3
    assert "1 retired, 3 stay, 0 failed" in said
    assert "1 retired, 2 stay, 0 failed" in told("--confirm", "--unmarked")


def test_an_account_that_is_no_guest_s_is_never_retired_and_the_rest_goes_on(hall):
    wrong, right = come(hall, "A", days_ago=40, **DONE), come(hall, "B", days_ago=40, **DONE)
    get_user_model().objects.filter(pk=wrong.account_id).update(username="principal")
    with pytest.raises(CommandError):
        told("--confirm")
    assert GuestPass.objects.get(pk=wrong.pass_id).retired_at is None
    assert GuestPass.objects.get(pk=right.pass_id).retired_at is not None


def test_tries_of_networks_go_after_a_day(hall, now):
    for hours, network in ((1, "a"), (25, "b")):
        since = now - timedelta(hours=hours)
        GuestTries.objects.create(course_key=hall.session.course_key, network=network, wrong=1, since=since)
    told()
    assert GuestTries.objects.count() == 2
    told("--confirm")
    assert list(GuestTries.objects.values_list("network", flat=True)) == ["a"]


def test_what_the_platform_itself_retires_loses_its_pin(hall):
    came = come(hall)
    factories.retire(get_user_model().objects.get(pk=came.account_id))
    assert GuestPass.objects.get().pin_digest is None


def test_guests_take_no_place_on_a_list_that_names_everybody(hall):
    came = come(hall)
    assert set(rosters.assigned(hall.session)) == set(hall.learners)
    assert rosters.count(hall.session.course_key, {**hall.session.roster, "students": [came.account_id]}) == 2


def test_a_network_is_told_from_another_and_from_no_address(settings):
    same = [("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8::1", "2001:db8::ffff:1")]
    assert all(tries.digest_of(one) == tries.digest_of(other) for one, other in same)
    different = {tries.digest_of(one) for one in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "", "x")}
    assert len(different) == 6
    before = tries.digest_of("192.0.2.1")
    settings.SECRET_KEY = "another"
    assert tries.digest_of("192.0.2.1") != before


def test_a_thousand_names_at_one_door_find_as_many_places_as_there_are(hall, settings):
    hall.session.overrides = {**hall.session.overrides, "guest_limit": 3}
    hall.session.save(update_fields=["overrides"])
    for n in range(3):
        come(hall, f"Guest {n}")
    for n in range(40):
        with pytest.raises(Refusal) as full:
            come(hall, f"Late {n}")
        assert full.value.code == "guests_full"
    assert get_user_model().objects.filter(username__startswith="guest_").count() == 3


# -- the doctor --------------------------------------------------------------------------------------------------------
def test_the_doctor_says_when_guests_are_off(settings):
    settings.ASSESSPREP_GUEST_RUNS = []
    assert check_guests() == ("ok", "Guests without an account are switched off.")


def test_the_doctor_warns_of_a_run_that_is_not_the_guests_own(hall, settings):
    settings.ASSESSPREP_CODE_LENGTH = 6
    state, words = check_guests()
    assert (state, "2 learners with accounts" in words) == ("warning", True)
    from devlms.models import Enrolment

    come(hall)
    Enrolment.objects.filter(user_id__in=hall.learners).delete()
    assert check_guests() == ("ok", "Guests without an account may come into 1 course runs.")
    settings.ASSESSPREP_CODE_LENGTH = 4
    assert "ASSESSPREP_CODE_LENGTH" in check_guests()[1]
    settings.ASSESSPREP_GUEST_RUNS = ["course-v1:No+Such+Run"]
    assert "no such course run" in check_guests()[1]


def test_the_doctor_calls_a_missing_guard_an_error(hall, settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "GuestMiddleware" not in one]
    assert check_guests()[0] == "error"


def test_the_doctor_reminds_of_guests_that_nobody_cleared_away(hall, settings):
    come(hall, days_ago=91, **DONE)
    settings.ASSESSPREP_GUEST_RUNS = []
    state, words = check_guests()
    assert (state, "assessprep_retire_guests" in words) == ("warning", True)


def test_the_setting_takes_course_runs_and_nothing_else(settings):
    from assessprep_xblock import conf

    for wrong in ("course-v1:a+b+c", ["nonsense"], [5], {"course-v1:a+b+c": 1}, None, True):
        settings.ASSESSPREP_GUEST_RUNS = wrong
        assert any("ASSESSPREP_GUEST_RUNS" in problem for problem in conf.problems()), wrong
    settings.ASSESSPREP_GUEST_RUNS = ["course-v1:a+b+c"]
    assert conf.get_runs("ASSESSPREP_GUEST_RUNS") == ("course-v1:a+b+c",)
    assert json.dumps(conf.get_runs("ASSESSPREP_GUEST_RUNS"))
