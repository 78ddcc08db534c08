"""Retiring a person: nothing personal is left, asked of every column of every model we have."""

from __future__ import annotations

import json
import uuid

import pytest

from assessprep_xblock.domain.attempts import actions_answers, actions_entry, actions_running
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.retirement.columns import ROWS, WHO_ACTED
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from devlms import factories
from tests.bare import CODE, room
from tests.retiring import MARK, OURS, USER, fill_every_table, left_of, lookups, speaking, without_a_row

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_each_column_about_a_person_is_erased_or_said_why_it_may_stay(model):
    name, ways = model.__name__, lookups(model)
    if not ways:
        assert name not in ROWS or set(ROWS[name].of) <= WHO_ACTED
        return
    assert name in ROWS, f"{name} leads to a person by {ways}: say in domain/retirement/columns.py what becomes of it"
    assert set(ROWS[name].of) <= set(ways)
    assert any(way.split("__")[0] in {of.split("__")[0] for of in ROWS[name].of} for way in ways)
    if not ROWS[name].delete:
        said = {*ROWS[name].erase, *ROWS[name].keep}
        assert [column for column in speaking(model) if column not in said] == []


def test_every_reference_to_an_account_is_about_a_person_or_says_who_acted():
    links = {
        (model.__name__, column.name)
        for model in OURS
        for column in model._meta.concrete_fields
        if column.is_relation and column.related_model is USER and column.name not in WHO_ACTED
    }
    assert {(name, column) for name, column in links if column not in ROWS[name].of} == set()


@pytest.fixture
def retired(now):
    """A learner with a row of every kind, retired by the platform; (her id, another learner's attempt)."""
    place = room(now, learners=2)
    learner, other = place.learners
    USER.objects.filter(pk=learner).update(username="ada", email="ada@example.com", first_name="Ada", last_name="Lovelace")
    attempts = []
    for one in (learner, other):
        view = actions_entry.verify_code(usage_key=place.usage_key, learner_id=one, code=CODE, now=now)
        actions_running.start(attempt_uuid=view.attempt.uuid, by=one, now=now)
        item = place.questions[0].item
        name = f"input_{item}_2_1"
        actions_answers.save_answer(
            attempt_uuid=view.attempt.uuid, by=one, item=item, values={name: MARK}, revision=1, written_at=None, now=now
        )
        attempts.append(view.attempt)
    ask = {"session_id": place.session.pk, "by": place.staff, "attempts": [one.uuid for one in attempts], "now": now}
    monitoring.pause(**ask, reason=MARK)
    monitoring.announce(**ask, text=MARK, request_id=uuid.uuid4())
    roster = {"everyone": False, "classes": [], "students": [learner, other], "excluded": [learner]}
    AssessmentSession.objects.filter(pk=place.session.pk).update(roster=roster)
    fill_every_table(place.session, learner, attempts[0])
    factories.retire(USER.objects.get(pk=learner))
    return learner, attempts[1]


def test_no_column_of_any_table_of_ours_says_anything_of_a_retired_person(retired):
    learner, _other = retired
    assert left_of(learner) == []


def test_every_model_about_a_person_had_a_row_to_lose(retired):
    """The test above would prove nothing of a table that was empty."""
    learner, _other = retired
    assert without_a_row(learner) == []


def test_somebody_else_loses_nothing(retired):
    _learner, other = retired
    assert json.loads(json.dumps(other.drafts.get().values)).popitem()[1] == MARK
    assert AuditRow.objects.get(action="hold", attempt_id=other.pk).reason == MARK
    assert other.announcements.get().text == MARK


def test_results_and_the_room_s_counters_stay_and_the_roster_forgets(retired):
    learner, other = retired
    session = AssessmentSession.objects.get()
    assert Attempt.objects.filter(learner_id=learner, status="in_progress").exists()
    assert session.n_in_progress == 2
    assert session.roster == {"everyone": False, "classes": [], "students": [other.learner_id], "excluded": []}
    assert AuditRow.objects.filter(action="leave_roster", session_id=session.pk).count() == 1


def test_why_somebody_was_put_on_a_roster_is_forgotten_with_them_and_of_others_it_stays(now):
    place = room(now, learners=3)
    ada, bob, carol = place.learners

    def name(*students: int, reason: str) -> None:
        roster, version = {"students": list(students)}, place.reload().version_no
        sessions.set_roster(
            session_uuid=place.session.uuid, roster=roster, version=version, by=place.staff, now=now, reason=reason
        )

    name(bob, reason="")
    name(bob, carol, reason="her bus was late")
    name(bob, carol, ada, reason="was at the doctor's")
    name(bob, carol, reason="went home ill")
    factories.retire(USER.objects.get(pk=ada))
    factories.retire(USER.objects.get(pk=bob))
    rows = AuditRow.objects.filter(action="change_session").order_by("pk")
    assert [row.reason for row in rows] == ["", "her bus was late", "", ""]
    assert [bool(row.reason_digest) for row in rows] == [False, False, True, True]


def test_retiring_twice_changes_nothing_more(retired):
    learner, _other = retired
    before = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in OURS}
    factories.retire(USER.objects.get(pk=learner))
    assert {model.__name__: list(model._default_manager.order_by("pk").values()) for model in OURS} == before
