"""The operator's check: what it finds well, what it finds wrong, and how a monitoring system reads it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_entry, actions_running
from assessprep_xblock.domain.attempts.actions_settle import settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.settings.lms import GATE_MIDDLEWARE, GATE_MIXIN
from tests.bare import CODE, Room, room

pytestmark = pytest.mark.django_db


def examine(*options: str) -> dict[str, tuple[str, str]]:
    """check -> (state, words); the exit status has to fit."""
    out, failed = StringIO(), False
    try:
        call_command("assessprep_doctor", "--json", *options, stdout=out)
    except CommandError:
        failed = True
    found = {one["check"]: (one["state"], one["words"]) for one in json.loads(out.getvalue())}
    assert failed == any(state == "error" for state, _words in found.values())
    return found


def worked(place: Room, began) -> Attempt:
    """An attempt that began then."""
    learner = place.learners[0]
    view = actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=CODE, now=began)
    actions_running.start(attempt_uuid=view.attempt.uuid, by=learner, now=began)
    return Attempt.objects.get()


def test_a_sound_installation_has_no_error_and_says_so_in_words():
    found = examine()
    assert {check for check, (state, _words) in found.items() if state == "error"} == set()
    out = StringIO()
    call_command("assessprep_doctor", stdout=out)
    assert "Mixin and middleware are active on a real problem block." in out.getvalue()


def test_a_missing_or_doubled_gate_is_an_error(settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != GATE_MIDDLEWARE]
    assert examine()["gate"][0] == "error"


@pytest.mark.parametrize("mixins", [(), (GATE_MIXIN, GATE_MIXIN)])
def test_the_mixin_has_to_be_there_once(settings, mixins):
    settings.XBLOCK_MIXINS = mixins
    assert examine()["gate"][0] == "error"


def test_a_setting_that_cannot_be_used_is_named(settings):
    settings.ASSESSPREP_CODE_LENGTH = 3
    state, words = examine()["settings"]
    assert state == "error"
    assert "ASSESSPREP_CODE_LENGTH" in words


def test_a_cache_that_forgets_costs_queries_and_no_more(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert examine()["cache"][0] == "warning"


def test_an_attempt_left_open_is_an_error_until_it_is_settled():
    now = timezone.now()
    place = room(now)
    worked(place, now - timedelta(minutes=45 + 9))
    assert examine()["settled"][0] == "ok"
    Attempt.objects.update(due_us=Attempt.objects.get().due_us - 120_000_000)
    state, words = examine()["settled"]
    assert state == "error"
    assert str(place.session.uuid) in words
    settle(session_id=place.session.pk, now=timezone.now())
    assert examine()["settled"][0] == "ok"


def test_a_paused_room_is_not_overdue():
    now = timezone.now()
    place = room(now)
    worked(place, now - timedelta(hours=3))
    place.session.held_since = now - timedelta(hours=2, minutes=50)
    place.session.save(update_fields=["held_since"])
    assert examine()["settled"][0] == "ok"


def test_a_grade_that_waits_is_a_warning_with_its_session():
    now = timezone.now()
    place = room(now)
    worked(place, now - timedelta(hours=2))
    Attempt.objects.update(status="submitted", handin="failed", submitted_at=now - timedelta(minutes=11))
    state, words = examine()["grades"]
    assert state == "warning"
    assert str(place.session.uuid) in words
