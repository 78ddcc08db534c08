"""A test in progress, everybody who might call, and what their calls hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import LedgerEntry
from assessprep_xblock.domain.library.models import MarkingCorrection
from assessprep_xblock.domain.monitoring.models import Deed, Irregularity
from assessprep_xblock.domain.sessions.models import Invigilator
from devlms import factories
from tests.addresses import CODE, GUESTS_CODE, ROWS
from tests.world import Page, delivered


@dataclass
class Scene:
    """A test in progress, everybody who might call, and what stands in addresses and bodies."""

    world: Any
    people: dict[str, Client]
    facts: dict[str, Any]

    def call(self, who: str, method: str, name: str, body: Any = None):
        """A valid call, unless another body is given."""
        row = ROWS[name]
        address = reverse(f"assessprep:{name}", args=[self.facts[one] for one in row.at])
        address += self.fill(row.query).replace("+", "%2B")
        given = self.fill(row.body.get(method, {})) if body is None else body
        data = (
            json.dumps(given) if method not in ("GET", "HEAD", "OPTIONS") and not isinstance(given, bytes) else given or b""
        )
        data = b"" if method in ("GET", "HEAD", "OPTIONS") else data
        if who == "anonymous" and name.startswith("guest_"):
            self.people[who].logout()  # the call before may have signed a guest in
        return self.people[who].generic(method, address, data, content_type="application/json")

    def fill(self, value: Any) -> Any:
        """``{name}`` in a row's body, by what it is here."""
        if isinstance(value, dict):
            return {key: self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if not isinstance(value, str) or "{" not in value:
            return value
        if value in ("{values}", "{entry}", "{learner_id}"):
            return self.facts[value.strip("{}")]
        if value == "{new}":
            return str(uuid4())
        return value.format_map({key: str(one) for key, one in self.facts.items()})


def make_scene() -> Scene:
    """See the fixture; whoever builds one of its own opens ``GUEST_RUN`` to guests first."""
    now = timezone.now()
    world = delivered(now)
    second, draft = world.add_session("Second", guests=True, guests_no_account=True), world.add_session("Third")
    for session in (world.session, second):
        type(session).objects.filter(pk=session.pk).update(live_code=CODE if session is world.session else GUESTS_CODE)
    lakeside = factories.make_course_run("course-v1:Lakeside+SCI7+2026", "Science 7")
    watcher, chief = factories.make_user("watcher"), factories.make_user("chief")
    for user, level in ((watcher, "invigilator"), (chief, "chief")):
        Invigilator.objects.create(session=world.session, user=user, level=level)
    Invigilator.objects.create(session=second, user=chief, level="chief")
    page = Page(world.learners[0])
    assert page.verify(world).status_code == 200
    assert page.start().status_code == 200
    page.call("GET", f"attempts/{page.state['attempt']}")
    users = {
        "staff": world.staff,
        "author": world.author,
        "watcher": watcher,
        "chief": chief,
        "learner": world.learners[0],
        "classmate": world.learners[1],
        "other_staff": factories.make_staff(lakeside, "staff-b"),
        "other_learner": factories.make_learner(lakeside, "student-b"),
    }
    people = {name: Client(raise_request_exception=False) for name in [*users, "anonymous", "guest"]}
    for name, user in users.items():
        people[name].force_login(user)
    came = people["guest"].post(
        reverse("assessprep:guest_enter", args=[world.school]),
        json.dumps({"name": "Bob Guest", "code": GUESTS_CODE, "request_id": str(uuid4())}),
        content_type="application/json",
    )
    assert came.status_code == 200, came.content
    version = world.placement.version
    facts = {
        "placement_key": world.usage_key,
        "attempt": page.state["attempt"],
        "item": world.questions[0].item,
        "values": world.answers(0),
        "token": page.state["token"],
        "pin": came.json()["pin"],
        "bank": version.assessment.bank.uuid,
        "bank_run": version.assessment.bank.course_key,
        "source_key": version.assessment.usage_key,
        "assessment": version.assessment.uuid,
        "version": version.uuid,
        "run": world.school,
        "placement": world.placement.uuid,
        "session": world.session.uuid,
        "second": second.uuid,
        "draft": draft.uuid,
        "watcher_id": 10**6,
        "learner_id": world.learners[1].pk,
        "nobody": uuid4(),
        "ago": (now - timedelta(minutes=5)).isoformat(),
        "now": now.isoformat(),
        "irregularity": Irregularity.objects.create(
            session=world.session, category="other", subcategory="other", at=now
        ).uuid,
        "correction": MarkingCorrection.objects.create(
            placement=world.placement, version=version, asked_at=now, applied_at=now, created_by=world.staff
        ).uuid,
        "entry": LedgerEntry.objects.get().pk,
        "deed": Deed.objects.create(session=world.session, action="end", change_no=1, at=now).uuid,
    }
    return Scene(world, people, facts)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of ours, to see whether anything was written."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in apps.get_app_config("assessprep").get_models()
    }
