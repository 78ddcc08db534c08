"""What is personal and what may be set, as Open edX's own tool reads it, against what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from code_annotations.base import AnnotationConfig
from code_annotations.find_django import DjangoSearch
from code_annotations.find_static import StaticSearch
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from assessprep_xblock import conf
from assessprep_xblock.domain.retirement.columns import BY_OTHER_WAYS, ROWS

ROOT = Path(__file__).resolve().parent.parent
OURS = sorted(apps.get_app_config("assessprep").get_models(), key=lambda model: model.__name__)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tool's configuration, read where its relative paths count from."""
    monkeypatch.chdir(ROOT)
    return lambda name: AnnotationConfig(name, verbosity=0)


def annotated(model: type[models.Model]) -> dict[str, str]:
    """A model's annotations: ``{"pii": ..., "pii_types": ..., "pii_retirement": ...}`` or ``{"no_pii": ...}``."""
    return dict(re.findall(r"^\s*\.\. ((?:no_)?pii\w*): (.+)$", model.__doc__ or "", re.M))


def told_by_the_table(model: type[models.Model]) -> set[str]:
    """What becomes of a model's rows by ``domain/retirement/columns.py``, in Open edX's words; empty: nothing personal."""
    name = model.__name__
    if name in BY_OTHER_WAYS:
        return {"local_api", "retained"}
    if name in ROWS:
        rows = ROWS[name]
        return {"local_api"} if rows.delete else {"local_api", "retained"} if rows.erase else {"retained"}
    accounts = [one for one in model._meta.concrete_fields if one.related_model is get_user_model()]
    return {"retained"} if accounts else set()


def test_every_model_says_whether_it_holds_something_personal(configured):
    search = DjangoSearch(configured(".pii_annotations.yml"), app_name="assessprep_xblock")
    found = search.search()
    assert search.check_results(found), search.errors
    assert search.check_coverage(), search.uncovered_model_ids
    assert search.model_counts["annotated"] == len(OURS)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_what_is_said_of_a_retired_person_s_rows_is_what_becomes_of_them(model):
    said = annotated(model)
    becomes = told_by_the_table(model)
    if not becomes:
        assert set(said) == {"no_pii"}, f"{model.__name__} leads to nobody: say `.. no_pii:`"
        return
    assert set(re.split(r",\s*", said.get("pii_retirement", ""))) == becomes


def test_every_row_of_the_table_is_of_a_model_there_is():
    assert (ROWS.keys() | BY_OTHER_WAYS.keys()) - {model.__name__ for model in OURS} == set()


def test_every_setting_is_annotated_as_it_is_declared(configured):
    search = StaticSearch(configured(".setting_annotations.yml"))
    found = search.search()
    assert search.check_results(found), search.errors
    said = [(one["annotation_token"], one["annotation_data"]) for rows in found.values() for one in rows]
    values = {token: [data for other, data in said if other == token] for token, _data in said}
    assert values[".. setting_name:"] == list(conf.SETTINGS)
    assert values[".. setting_default:"] == [repr(one.default) for one in conf.SETTINGS.values()]
    # The tool joins lines of one description as they stand.
    described = [" ".join(text.split()) for text in values[".. setting_description:"]]
    assert described == [f"{one.why} Allowed: {one.allowed}." for one in conf.SETTINGS.values()]
