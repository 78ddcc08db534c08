"""Operators' commands: what they say, what they mend, and how they end."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from assessprep_xblock.domain.attempts import actions_entry, actions_running, actions_settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library.models import Placement
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared import sealing
from assessprep_xblock.domain.shared.models import AuditRow, AuditSeal
from assessprep_xblock.management.commands import assessprep_doctor
from devlms import factories
from tests.bare import CODE, room

pytestmark = pytest.mark.django_db


def run(name: str, *options: str) -> str:
    out = io.StringIO()
    call_command(name, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def place(now):
    """A session in which one learner works and one waits."""
    made = room(now, duration_s=600)
    for learner in made.learners:
        view = actions_entry.verify_code(usage_key=made.usage_key, learner_id=learner, code=CODE, now=now)
    actions_running.start(attempt_uuid=view.attempt.uuid, by=learner, now=now)
    return made


def test_a_recount_says_what_differs_and_mends_it_when_asked(place):
    assert run("assessprep_recount") == "0 sessions differ\n"
    AssessmentSession.objects.update(n_joined=7, n_submitted=2)
    with pytest.raises(CommandError, match="--fix"):
        run("assessprep_recount")
    assert place.reload().n_joined == 7
    said = run("assessprep_recount", "--fix", "--session", str(place.session.uuid))
    assert f"{place.session.uuid}: joined 7 instead of 1, submitted 2 instead of 0; mended" in said
    assert place.counters() == place.counted()
    assert AuditRow.objects.get(action="recount").facts["stored"]["joined"] == 7
    assert run("assessprep_recount", "--fix") == "0 sessions differ\n"


def test_a_dry_run_of_settle_says_what_settle_then_does_and_changes_nothing(place, now, transactional_db):
    before = list(Attempt.objects.order_by("pk").values())
    assert run("assessprep_settle", "--dry-run").startswith("would be submitted 1, ")
    assert list(Attempt.objects.order_by("pk").values()) == before
    assert run("assessprep_settle").startswith("submitted 1, ")
    assert run("assessprep_settle", "--dry-run").startswith("would be submitted 0, ")


def test_a_dry_run_of_settle_counts_results_whose_date_has_come(now, transactional_db):
    made = room(now, learners=2, release="on_date", release_at=(now - timedelta(minutes=1)).isoformat())
    for learner in made.learners:
        view = actions_entry.verify_code(usage_key=made.usage_key, learner_id=learner, code=CODE, now=now)
        actions_running.start(attempt_uuid=view.attempt.uuid, by=learner, now=now)
    Attempt.objects.update(status="submitted", submitted_at=now, handin="none", scoring="scored")
    assert run("assessprep_settle", "--dry-run").endswith("would be released 2\n")
    assert set(Attempt.objects.values_list("handin", flat=True)) == {"none"}
    assert run("assessprep_settle").endswith("released 2\n")


def test_the_doctor_finds_counters_that_differ_and_placements_in_trouble(place):
    assert assessprep_doctor.check_counters()[0] == "ok"
    assert assessprep_doctor.check_placements()[0] == "ok"
    assert assessprep_doctor.check_offered()[0] == "ok"
    AssessmentSession.objects.update(n_joined=7)
    Placement.objects.update(state="drifted")
    state, words = assessprep_doctor.check_counters()
    assert (state, str(place.session.uuid) in words) == ("error", True)
    assert assessprep_doctor.check_placements() == (
        "warning",
        "Placements in trouble: 1 drifted. Course staff see what to do on the assessment's page.",
    )


def test_a_session_is_sealed_when_it_is_over_and_when_it_is_archived(place, now, django_capture_on_commit_callbacks):
    later = now + timedelta(hours=1)
    actions_settle.settle(session_id=place.session.pk, now=later)
    first = AuditSeal.objects.get()
    assert first.rows == AuditRow.objects.filter(session_id=place.session.pk).count()
    actions_settle.settle(session_id=place.session.pk, now=later)
    assert AuditSeal.objects.count() == 1
    staff = factories.make_staff(place.session.course_key, "archivist")
    with django_capture_on_commit_callbacks(execute=True):
        sessions.archive_session(session_uuid=place.session.uuid, by=staff.pk, now=later)
    assert AuditSeal.objects.count() == 2
    assert run("assessprep_verify_audit") == "2 seals verified, 0 broken\n"


def tampered_with(place):
    """What somebody with the database in hand could do to the trail."""
    rows = AuditRow.objects.filter(session_id=place.session.pk)
    return {
        "another time": lambda: rows.filter(action="start").update(at=rows.first().at + timedelta(seconds=1)),
        "another person": lambda: rows.filter(action="start").update(by_id=place.staff),
        "another fact": lambda: rows.filter(action="start").update(facts={"agreed": True}),
        "another reason": lambda: rows.filter(action="start").update(reason="said so"),
        "a row less": lambda: rows.filter(action="start").delete(),
    }


@pytest.mark.parametrize("what", ["another time", "another person", "another fact", "another reason", "a row less"])
def test_whatever_is_changed_under_a_seal_is_found(place, now, what):
    sealing.seal(session_id=place.session.pk, now=now)
    assert [one.ok for one in sealing.verify()] == [True]
    tampered_with(place)[what]()
    with pytest.raises(CommandError, match="changed under a seal"):
        run("assessprep_verify_audit", "--session", str(place.session.uuid))


def test_a_seal_holds_when_what_was_typed_about_somebody_is_taken_away(place, now):
    from django.contrib.auth import get_user_model

    from assessprep_xblock.domain.attempts.models import Attempt
    from assessprep_xblock.domain.monitoring import actions as monitoring

    attempt = Attempt.objects.get(status="in_progress")
    ask = {"session_id": place.session.pk, "by": place.staff, "attempts": [attempt.uuid], "now": now}
    monitoring.pause(**ask, reason="Ada was ill")
    sealing.seal(session_id=place.session.pk, now=now)
    factories.retire(get_user_model().objects.get(pk=attempt.learner_id))
    assert AuditRow.objects.get(action="hold").reason == ""
    assert [one.ok for one in sealing.verify()] == [True]
