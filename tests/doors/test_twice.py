"""Every POST of ours sent twice, whatever it is for: a new address is found by itself.

The same request again changes nothing, and where it carries a ``request_id`` it gets the first answer. Under another name it
is another request: what adds something adds once more. What is refused changes nothing the first time either.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.urls import resolve, reverse

from assessprep_xblock.domain.attempts.models import Attempt, LedgerEntry
from tests.addresses import ROWS, addresses
from tests.doors.test_matrix import scene  # noqa: F401  (a fixture)
from tests.scene import Scene

pytestmark = pytest.mark.django_db

#: What only says when somebody was there last, so that saying it again is the point.
MOMENTS = {
    ("MarkingLease", "until"): "opening a submission again keeps it open for longer",
    ("Attempt", "progress_at"): "when the row was touched last",
    ("Attempt", "last_seen_at"): "a sign of life",
}
#: Adds nothing under another name either, and why.
ONCE = {
    "api_session_outages": "the same silence is never made up for twice, whoever asks",
}
#: Each time something of its own, and why that is right.
EACH_TIME = {
    "guest_resume": "the log says how often somebody came back by her words",
    "api_placement_add": "the course is looked at again, and the log says so",
}
#: Refused in the scene of the matrix: what it needs first. Refused twice, it changes nothing.
REFUSED = {
    "api_session_archive": "nobody who works",
    "api_session_unarchive": "an archived session",
    "api_mark_undo": "a mark",
    "api_mark_settle": "two marks that differ",
    "api_regrade_preview": "a corrected question",
    "api_regrade": "a preview",
    "api_impact": "a corrected question",
}


def _settings(there: Scene, **overrides: Any) -> None:
    session = there.world.session
    type(session).objects.filter(pk=session.pk).update(overrides={**session.overrides, **overrides})


def _a_grant(there: Scene) -> None:
    attempt = Attempt.objects.get(uuid=there.facts["attempt"])
    given = LedgerEntry.objects.create(
        session_id=attempt.session_id, attempt=attempt, kind="grant", us=60, at=attempt.joined_at
    )
    there.facts["entry"] = given.pk


def _another_session(there: Scene) -> None:
    there.facts["session"] = there.facts["draft"]


def _a_draft(there: Scene) -> None:
    """Alone in its placement: nobody sits in two sessions."""
    _another_session(there)
    sessions = type(there.world.session).objects
    sessions.exclude(uuid=there.facts["draft"]).update(lifecycle="archived")
    sessions.filter(uuid=there.facts["draft"]).update(lifecycle="draft", live_code=None)


def _a_browser(there: Scene) -> None:
    there.call("learner", "GET", "my-attempt")


#: What some calls need that would stand in the way of others.
FIRST: dict[str, Callable[[Scene], None]] = {
    "api_session_publish": _a_draft,
    "api_session_unpublish": _another_session,
    "move-here": _a_browser,
    "api_session_reverse": _a_grant,
    "api_session_begin": lambda there: _settings(there, start="invigilator"),
    "forward": lambda there: _settings(there, navigation="forward"),
}


def world() -> dict[str, list[dict[str, Any]]]:
    """Every row of ours and of the embedded LMS, but for the moments above."""
    found = {}
    for label in ("assessprep", "devlms"):
        for model in apps.get_app_config(label).get_models():
            name = model.__name__
            rows = model._default_manager.order_by("pk").values()
            found[f"{label}.{name}"] = [
                {column: value for column, value in row.items() if (name, column) not in MOMENTS} for row in rows
            ]
    return found


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What changed, table by table, short enough to be read."""
    return {
        name: [row for row in rows if row not in before[name]][:3] or f"{len(before[name])} -> {len(rows)} rows"
        for name, rows in after.items()
        if rows != before[name]
    }


class Twice:
    """Sends valid POSTs of the matrix, by a name of one's own choice."""

    def __init__(self, there: Scene, name: str) -> None:
        self.scene, self.name, row = there, name, ROWS[name]
        self.who = next((one for one in ("staff", "learner") if one in row.may["POST"]), sorted(row.may["POST"])[0])
        self.body = there.fill(row.body.get("POST", {}))
        self.named = "request_id" in self.body
        address = reverse(f"assessprep:{name}", args=[there.facts[one] for one in row.at])
        view = getattr(resolve(address).func, "view_class", None)
        #: Whether it takes a name: a student's call looks at none.
        self.takes_name = view is None or "request_id" in getattr(view.post.takes, "_declared_fields", ())

    def send(self, request_id: str) -> Any:
        name = {"request_id": request_id} if self.takes_name else {}
        answer = self.scene.call(self.who, "POST", self.name, {**self.body, **name})
        assert answer.status_code < 500, (self.name, answer.content[:300])
        return answer


def posts() -> list[str]:
    """Every address of ours that takes a POST from somebody."""
    return [name for name, _pattern in addresses() if ROWS[name].may.get("POST")]


def run(there: Scene, name: str) -> list[str]:
    """What is wrong with one address; everything it did is taken back."""
    wrong: list[str] = []
    point, facts = transaction.savepoint(), dict(there.facts)
    cache.clear()
    try:
        FIRST.get(name, lambda _there: None)(there)
        call, first_id, untouched = Twice(there, name), str(uuid4()), world()
        first = call.send(first_id)
        if first.status_code >= 400 and name not in REFUSED:
            return [f"{name}: the valid call of the matrix is refused: {first.content[:200]!r}"]
        before = untouched if name in REFUSED else world()
        second = call.send(first_id)
        if (changed := difference(before, world())) and name not in EACH_TIME:
            wrong.append(f"{name}: the same request again changed {json.dumps(changed, default=str)[:600]}")
        if call.named and (second.status_code, second.json()) != (first.status_code, first.json()):
            wrong.append(f"{name}: a repeat is answered otherwise: {second.content[:200]!r}, not {first.content[:200]!r}")
        call.send(str(uuid4()))
        if call.named and (world() == before) != (name in ONCE):
            wrong.append(f"{name}: under another name it {'adds nothing' if world() == before else 'adds again'}")
        return wrong
    finally:
        there.facts.clear()
        there.facts.update(facts)
        transaction.savepoint_rollback(point)


def test_every_post_sent_twice_changes_the_world_once_and_under_another_name_twice(scene):  # noqa: F811
    # What is done to attempts is done to one that is there.
    scene.facts["nobody"] = scene.facts["attempt"]
    wrong = [line for name in posts() for line in run(scene, name)]
    assert wrong == [], "\n".join(wrong)


def test_the_exceptions_are_of_addresses_and_columns_that_there_are():
    assert {*ONCE, *EACH_TIME, *REFUSED, *FIRST} <= set(posts())
    models = apps.get_app_config("assessprep").get_models()
    assert set(MOMENTS) <= {(model.__name__, column.name) for model in models for column in model._meta.fields}
