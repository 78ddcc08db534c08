"""Every call that writes, with the name of every column of ours beside what it asks for: nothing of that is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from tests.addresses import GUEST_RUN, ROWS
from tests.scene import Scene, everything, make_scene

pytestmark = pytest.mark.django_db

#: Values that no call makes by itself.
MARK, NUMBER, MOMENT, NAME = "xtraxtra", 987_654_321, "2031-07-07T07:07:07Z", "5f0c9a1e-aaaa-4bbb-8ccc-123456789abc"
TRACES = (MARK, str(NUMBER), "2031-07-07", NAME)
#: What a call takes although the row of the matrix does not use it.
ASKED_FOR = {
    "answer": {"written_at", "spent"},
    "beat": {"heard_announcement", "focus_lost"},
    "api_assessment": {"subject", "grade", "description"},
    "api_session_duplicate": {"opens_at", "closes_at"},
}


@pytest.fixture
def scene(settings) -> Scene:
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    return make_scene()


def _value(field: Any) -> Any:
    if isinstance(field, models.UUIDField):
        return NAME
    if isinstance(field, models.DateTimeField):
        return MOMENT
    if isinstance(field, models.IntegerField | models.FloatField | models.ForeignKey | models.OneToOneField):
        return NUMBER
    if isinstance(field, models.JSONField):
        return {MARK: [MARK]}
    return True if isinstance(field, models.BooleanField) else MARK


def columns() -> dict[str, Any]:
    """Every column's name, with and without ``_id``, and a value that could stand in it."""
    found = {}
    for model in apps.get_app_config("assessprep").get_models():
        for field in model._meta.concrete_fields:
            found[field.name] = found[field.attname] = _value(field)
    return found


def test_no_call_writes_a_column_that_it_did_not_ask_for(scene):
    extra = columns()
    assert {"status", "live_code", "due_us", "admitted_at", "n_submitted", "earned", "session_id"} <= set(extra)
    before = json.dumps(everything(), default=str)
    assert not [trace for trace in TRACES if trace in before]
    written, taken = [], 0
    for name, row in ROWS.items():
        for method in (one for one in row.may if one != "GET"):
            body = scene.fill(row.body.get(method, {}))
            known = ASKED_FOR.get(name, set()) | set(body)
            beside = {key: value for key, value in extra.items() if key not in known}
            mark = transaction.savepoint()
            answer = scene.call(sorted(row.may[method])[-1], method, name, {**beside, **body})
            assert answer.status_code < 500, (name, answer.content)
            taken += answer.status_code < 300
            after = {model: json.dumps(rows, default=str) for model, rows in everything().items()}
            written += [(name, trace, model) for model, rows in after.items() for trace in TRACES if trace in rows]
            transaction.savepoint_rollback(mark)
    assert written == []
    assert taken > 60
