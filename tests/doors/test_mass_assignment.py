"""Every call that writes, with the name of every column of ours beside what it asks for: nothing of that is written.

Staff calls refuse what they do not know. A student's calls leave it alone, so that a page of one release can hand in to the
server of another (docs/decisions/0036-staff-calls-refuse-what-they-do-not-know.rst).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.test import Client

from assessprep_xblock.api.doors import StaffView
from tests.addresses import GUEST_RUN, PAGES, ROWS, addresses
from tests.scene import Scene, everything, make_scene

#: Values that no call makes by itself.
MARK, NUMBER, MOMENT, NAME = "xtraxtra", 987_654_321, "2031-07-07T07:07:07Z", "5f0c9a1e-aaaa-4bbb-8ccc-123456789abc"
TRACES = (MARK, str(NUMBER), "2031-07-07", NAME)
#: What a student's call takes although the row of the matrix does not use it.
ASKED_FOR = {
    "answer": {"written_at", "spent"},
    "beat": {"heard_announcement", "focus_lost"},
}
WRITES = ("post", "put", "patch", "delete")


@pytest.fixture
def scene(db, settings) -> Scene:
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


def staff_writes() -> dict[tuple[str, str], Any]:
    """(address, method) -> the view's own function, of every write that is no student's."""
    found = {}
    for name, pattern in addresses():
        view = getattr(pattern.callback, "view_class", None)
        if name in PAGES or view is None or not issubclass(view, StaffView):
            continue
        found |= {(name, method.upper()): getattr(view, method) for method in WRITES if hasattr(view, method)}
    return found


def test_every_staff_write_says_what_it_takes():
    """Through ``doors.takes``, which refuses everything else."""
    writes = staff_writes()
    assert {(name, method) for name, method in writes if not hasattr(writes[name, method], "takes")} == set()
    told = {(name, method) for name, row in ROWS.items() for method in row.may if method != "GET"}
    students = told - writes.keys()
    assert {name for name, _method in students} == {
        *("verify", "enter", "start", "submit", "answer", "beat", "forward", "flags", "move-here"),
        *("guest_enter", "guest_leave", "guest_resume"),
    }
    assert len(writes) > 60


def _fields(write: Any) -> dict[str, Any]:
    return getattr(write.takes, "_declared_fields", {})


def test_no_staff_call_takes_anything_beside_what_it_asked_for(scene):
    extra = columns()
    assert {"status", "live_code", "due_us", "admitted_at", "n_submitted", "earned", "session_id"} <= set(extra)
    before = everything()
    for (name, method), write in staff_writes().items():
        beside = {key: value for key, value in extra.items() if key not in _fields(write)}
        body = scene.fill(ROWS[name].body.get(method, {}))
        assert set(body) <= set(_fields(write)), (name, method)
        who = sorted(ROWS[name].may[method])[-1]
        for one in ("live_code", "Name", "name ", "\u200bname", "__proto__", "pk", "x" * 1000, ""):
            answer = scene.call(who, method, name, {**body, one: MARK})
            assert (answer.status_code, answer.json()["field"]) == (400, one[:60]), (name, method, one)
        answer = scene.call(who, method, name, {**beside, **body})
        assert answer.status_code == 400, (name, method, answer.content)
        assert answer.json()["field"] in beside, (name, method)
    assert everything() == before


def test_what_is_misspelt_within_a_row_or_a_roster_is_refused_too(scene):
    rows = [{"name": "A", "students": []}, {"name": "B", "student": [1]}]
    answer = scene.call("staff", "POST", "api_sessions_together", {**_together(scene), "rows": rows})
    assert (answer.status_code, answer.json()["field"]) == (400, "student")
    answer = scene.call("staff", "PATCH", "api_session", {"version": 1, "roster": {"everybody": True}})
    assert (answer.status_code, answer.json()["field"]) == (400, "everybody")
    answer = scene.call("staff", "PATCH", "api_session", {"version": 1, "setings": {"duration_s": 60}})
    assert (answer.status_code, answer.json()["field"]) == (400, "setings")
    assert "settings" in answer.json()["message"]


def _together(scene: Scene) -> dict[str, Any]:
    return scene.fill(ROWS["api_sessions_together"].body["POST"])


@pytest.mark.parametrize(
    "body", [b'{"version": 1, "version": 2, "name": "x"}', b'{"version": 1, "roster": {"everyone": true, "everyone": 0}}']
)
def test_a_name_that_is_said_twice_is_unreadable(scene, body):
    """Each reader on the way takes another of the two."""
    assert scene.call("staff", "PATCH", "api_session", body).json()["code"] == "malformed"
    assert scene.call("learner", "PUT", "answer", body).json()["code"] == "malformed"


def test_no_call_of_a_student_writes_a_column_that_it_did_not_ask_for(scene):
    extra = columns()
    before = json.dumps(everything(), default=str)
    assert not [trace for trace in TRACES if trace in before]
    written, taken, staff = [], 0, staff_writes()
    for name, row in ROWS.items():
        for method in (one for one in row.may if one != "GET" and (name, one) not in staff):
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
    assert taken > 8


def test_the_schema_tells_that_nothing_else_is_taken(db):
    told = Client().get("/assessprep/api/v1/schema/?format=json").json()
    shapes = told["components"]["schemas"]
    asked = 0
    for address, operations in told["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                assert shapes[name]["additionalProperties"] is False, (address, method)
                asked += 1
    assert asked > 40
    assert shapes["SessionRowIn"]["additionalProperties"] is False
