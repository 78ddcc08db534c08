"""Retiring a person: nothing personal is left, asked of every column of every model we have."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_answers, actions_entry, actions_running
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.retirement.columns import ROWS, WHO_ACTED
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from devlms import factories
from tests.bare import CODE, room

pytestmark = pytest.mark.django_db

OURS = sorted(apps.get_app_config("assessprep").get_models(), key=lambda model: model.__name__)
USER = get_user_model()
MARK = "Ada Lovelace, ada@example.com"


def lookups(model: type[models.Model], far: bool = True) -> list[str]:
    """The ways that lead from a row of this model to the person it is about."""
    found = []
    for column in model._meta.concrete_fields:
        if column.name in WHO_ACTED or not column.is_relation:
            continue
        if column.related_model is USER:
            found.append(column.name)
        elif far and column.related_model in OURS and not found:
            found += [f"{column.name}__{rest}" for rest in lookups(column.related_model, far=False)]
    return found


def speaking(model: type[models.Model]) -> list[str]:
    """Columns that could hold what somebody typed: texts without a list of choices, JSON, bytes, files."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)
    own = [column for column in model._meta.concrete_fields if isinstance(column, kinds)]
    return [one.name for one in own if type(one).__module__.startswith("django.") and not one.choices]


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


class Filler:
    """Makes one row of any model about one learner, with a mark in every column that could hold a word."""

    def __init__(self, place, learner: int, attempt: Attempt) -> None:
        self.known: dict[type, Any] = {
            USER: USER.objects.get(pk=learner),
            Attempt: attempt,
            AssessmentSession: place.session,
            type(place.session.placement): place.session.placement,
        }

    def row(self, model: type[models.Model]) -> models.Model:
        values = {column.name: self.value(column) for column in model._meta.concrete_fields if self.wanted(column)}
        unique = {name: value for name, value in values.items() if model._meta.get_field(name).unique}
        if unique and (there := model._default_manager.filter(**unique).first()):
            model._default_manager.filter(pk=there.pk).update(**values)
            return there
        return model._default_manager.create(**values)

    @staticmethod
    def wanted(column: models.Field) -> bool:
        if isinstance(column, models.AutoField):
            return False
        return (
            column.name in speaking(column.model)
            or not (column.null or column.has_default())
            or (column.is_relation and column.related_model in (USER, Attempt) and column.name not in WHO_ACTED)
        )

    def value(self, column: models.Field) -> Any:
        if column.is_relation:
            if column.related_model not in self.known:
                first = column.related_model._default_manager.first()
                self.known[column.related_model] = first or self.row(column.related_model)
            return self.known[column.related_model]
        if column.name in speaking(column.model):
            if isinstance(column, models.JSONField):
                return {"typed": MARK}
            return MARK.encode() if isinstance(column, models.BinaryField) else MARK[: column.max_length or None]
        if column.choices:
            return column.choices[0][0]
        if isinstance(column, models.DateTimeField):
            return timezone.now()
        if isinstance(column, models.UUIDField):
            return uuid.uuid4()
        if isinstance(column, models.BooleanField):
            return False
        if isinstance(column, models.IntegerField | models.FloatField):
            return 7
        return "course-v1:School+SCI+2026"


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
    fill = Filler(place, learner, attempts[0])
    for name in ROWS:
        if name not in ("Attempt", "AnswerDraft") and name in {model.__name__ for model in OURS}:
            fill.row(apps.get_model("assessprep", name))
    Attempt.objects.filter(pk=attempts[0].pk).update(
        **{column: MARK for column in ROWS["Attempt"].erase if column in {f.name for f in Attempt._meta.get_fields()}}
    )
    AuditRow.objects.create(action="set_accommodation", at=now, facts={"user": learner, "factor": 1.5, "note": MARK})
    factories.retire(USER.objects.get(pk=learner))
    return learner, attempts[1]


def test_no_column_of_any_table_of_ours_says_anything_of_a_retired_person(retired):
    learner, _other = retired
    left = []
    for model in OURS:
        rows = ROWS.get(model.__name__)
        kept = set(rows.keep) if rows else set()
        about = models.Q()
        for lookup in rows.of if rows else ():
            about |= models.Q(**{lookup: learner})
        found = model._default_manager.filter(about) if rows else model._default_manager.all()
        if rows and rows.delete:
            assert not found.exists(), model.__name__
        for row in found.values():
            if model.__name__ == "AuditRow" and not _about(row, learner):
                continue
            left += [
                (model.__name__, column)
                for column, value in row.items()
                if column not in kept and any(word in str(value) for word in ("Ada", "Lovelace", "ada@", "factor"))
            ]
    assert left == []


def _about(row: dict[str, Any], learner: int) -> bool:
    return row["attempt_id"] is None or Attempt.objects.filter(pk=row["attempt_id"], learner_id=learner).exists()


def test_every_model_about_a_person_had_a_row_to_lose(retired):
    """The test above would prove nothing of a table that was empty."""
    learner, _other = retired
    for model in OURS:
        rows = ROWS.get(model.__name__)
        if rows and not rows.delete:
            about = models.Q()
            for lookup in rows.of:
                about |= models.Q(**{lookup: learner})
            assert model._default_manager.filter(about).exists(), model.__name__


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


def test_retiring_twice_changes_nothing_more(retired):
    learner, _other = retired
    before = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in OURS}
    factories.retire(USER.objects.get(pk=learner))
    assert {model.__name__: list(model._default_manager.order_by("pk").values()) for model in OURS} == before
