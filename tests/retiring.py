"""A row of every model about one learner, with a name in every column that could hold one, and what is left of it.

For the tests of retirement, in the embedded LMS and on a real platform: everything is asked of Django, nothing is listed.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.retirement.columns import ROWS, WHO_ACTED
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow

OURS = sorted(apps.get_app_config("assessprep").get_models(), key=lambda model: model.__name__)
USER = get_user_model()
MARK = "Ada Lovelace, ada@example.com"


def lookups(model: type[models.Model], hops: int = 2) -> list[str]:
    """The ways that lead from a row of this model to the person it is about."""
    found = []
    for column in model._meta.concrete_fields:
        if column.name in WHO_ACTED or not column.is_relation:
            continue
        if column.related_model is USER:
            found.append(column.name)
        elif hops and column.related_model in OURS and not found:
            found += [f"{column.name}__{rest}" for rest in lookups(column.related_model, hops - 1)]
    return found


def speaking(model: type[models.Model]) -> list[str]:
    """Columns that could hold what somebody typed: texts without a list of choices, JSON, bytes, files."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)
    own = [column for column in model._meta.concrete_fields if isinstance(column, kinds)]
    return [one.name for one in own if type(one).__module__.startswith("django.") and not one.choices]


class Filler:
    """Makes one row of any model about one learner, with a mark in every column that could hold a word."""

    def __init__(self, session: AssessmentSession, learner: int, attempt: Attempt) -> None:
        self.known: dict[type, Any] = {
            USER: USER.objects.get(pk=learner),
            Attempt: attempt,
            AssessmentSession: session,
            type(session.placement): session.placement,
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
                # Where several learners have rows, the one of this learner.
                rows = column.related_model._default_manager.all()
                about = _about(column.related_model, self.known[USER].pk) if column.related_model.__name__ in ROWS else None
                first = (rows.filter(about).first() if about else None) or rows.first()
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


def fill_every_table(session: AssessmentSession, learner: int, attempt: Attempt) -> None:
    """A row in every table that could hold something about this learner, and a mark in every column of it."""
    fill = Filler(session, learner, attempt)
    for name in ROWS:
        if name not in ("Attempt", "AnswerDraft") and name in {model.__name__ for model in OURS}:
            fill.row(apps.get_model("assessprep", name))
    Attempt.objects.filter(pk=attempt.pk).update(
        **{column: MARK for column in ROWS["Attempt"].erase if column in {f.name for f in Attempt._meta.get_fields()}}
    )
    facts = {"user": learner, "factor": 1.5, "note": MARK}
    AuditRow.objects.create(action="set_accommodation", at=timezone.now(), facts=facts)


def left_of(learner: int) -> list[tuple[str, str]]:
    """Model and column of whatever still says something of this person, over every column of every table of ours."""
    left = []
    for model in OURS:
        rows = ROWS.get(model.__name__)
        kept = set(rows.keep) if rows else set()
        found = model._default_manager.filter(_about(model, learner)) if rows else model._default_manager.all()
        if rows and rows.delete and found.exists():
            left.append((model.__name__, "*"))
        for row in found.values():
            if model is AuditRow and not _of(row, learner):
                continue
            left += [
                (model.__name__, column)
                for column, value in row.items()
                if column not in kept and any(word in str(value) for word in ("Ada", "Lovelace", "ada@", "factor"))
            ]
    return left


def without_a_row(learner: int) -> list[str]:
    """Models about a person that keep their rows, and have none of this one."""
    kept = [model for model in OURS if model.__name__ in ROWS and not ROWS[model.__name__].delete]
    return [model.__name__ for model in kept if not model._default_manager.filter(_about(model, learner)).exists()]


def _about(model: type[models.Model], learner: int) -> models.Q:
    about = models.Q()
    for lookup in ROWS[model.__name__].of:
        about |= models.Q(**{lookup: learner})
    return about


def _of(row: dict[str, Any], learner: int) -> bool:
    return row["attempt_id"] is None or Attempt.objects.filter(pk=row["attempt_id"], learner_id=learner).exists()
