"""Every address below ``/assessprep/``, every method, everybody: a new address without a row here fails.

A row says whose it is and what a call of theirs looks like. Everything else follows from the addresses themselves.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from assessprep_xblock import urls
from assessprep_xblock.domain.attempts.models import LedgerEntry
from assessprep_xblock.domain.library.models import MarkingCorrection
from assessprep_xblock.domain.monitoring.models import Deed, Irregularity
from assessprep_xblock.domain.sessions.models import Invigilator
from assessprep_xblock.domain.shared.models import AuditRow
from devlms import factories
from tests.spelled import spells
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
NOBODY_S_BUSINESS = {401, 403, 404, 405}
#: A code that stands nowhere by accident (what keys and numbers hold of it by chance is no code: tests/spelled.py).
CODE = "90817263"
#: That of another session, into which people without an account may come.
GUESTS_CODE = "51627384"
GUEST_RUN = "course-v1:Northside+SCI7+2026"

STAFF, AUTHOR, WATCHERS, LEARNER = {"staff"}, {"author"}, {"staff", "watcher", "chief"}, {"learner"}
CHIEFS = {"staff", "chief"}
EVERYBODY = {"staff", "author", "watcher", "chief", "learner", "classmate", "other_staff", "other_learner"}
#: Without an account: not come in yet, and come in.
GUEST, ANYBODY = {"guest"}, EVERYBODY | {"anonymous", "guest"}


@dataclass(frozen=True)
class Row:
    """Whose an address is, by method, and the bodies of valid calls; ``at``: the names of what stands in the address."""

    at: tuple[str, ...] = ()
    may: dict[str, set[str]] = field(default_factory=dict)
    body: dict[str, dict[str, Any]] = field(default_factory=dict)
    query: str = ""


def _deed(who: set[str], **body: Any) -> Row:
    return Row(("session",), {"POST": who}, {"POST": body})


ROWS: dict[str, Row] = {
    # students
    "my-attempt": Row((), {"GET": LEARNER | GUEST}, query="?placement={placement_key}"),
    "verify": Row(("placement_key",), {"POST": {"learner", "classmate"}}, {"POST": {"code": CODE}}),
    "enter": Row(("placement_key",), {"POST": {"learner", "classmate", "guest"}}, {"POST": {}}),
    # Everybody may ask why they cannot start, and is told of themselves alone.
    "entry": Row(("placement_key",), {"GET": EVERYBODY | GUEST}),
    "attempt": Row(("attempt",), {"GET": LEARNER}),
    "start": Row(("attempt",), {"POST": LEARNER}, {"POST": {}}),
    "submit": Row(("attempt",), {"POST": LEARNER}, {"POST": {}}),
    "answer": Row(("attempt", "item"), {"PUT": LEARNER}, {"PUT": {"values": "{values}", "revision": 7}}),
    "beat": Row(("attempt",), {"POST": LEARNER}, {"POST": {"token": "{token}", "notice_no": 0, "seen_announcement": 0}}),
    "forward": Row(("attempt",), {"POST": LEARNER}, {"POST": {"passed": 1}}),
    "flags": Row(("attempt",), {"PUT": LEARNER}, {"PUT": {"items": ["{item}"]}}),
    "move-here": Row(("attempt",), {"POST": LEARNER}, {"POST": {}}),
    "guest_enter": Row(
        ("run",), {"POST": {"anonymous"}}, {"POST": {"name": "Ann Guest", "code": GUESTS_CODE, "request_id": "{new}"}}
    ),
    # Before the next one, which signs this guest out everywhere else.
    "guest_leave": Row((), {"POST": GUEST}, {"POST": {}}),
    "guest_resume": Row(("run",), {"POST": {"anonymous"}}, {"POST": {"code": GUESTS_CODE, "pin": "{pin}"}}),
    "api_my_sessions": Row((), {"GET": EVERYBODY}),
    # authors
    "api_banks": Row(
        (), {"GET": EVERYBODY, "POST": AUTHOR}, {"POST": {"course_id": "{bank_run}", "title": "B", "shared_with": []}}
    ),
    "api_bank": Row(("bank",), {"PATCH": AUTHOR}, {"PATCH": {"title": "B", "sessions_enabled": True, "shared_with": []}}),
    "api_bank_availability": Row(
        ("bank",),
        {"PUT": AUTHOR},
        {"PUT": {"organization": "Northside", "opens_at": None, "closes_at": "2099-01-01T00:00:00Z", "stopped": False}},
    ),
    "api_bank_assessments": Row(("bank",), {"GET": AUTHOR, "POST": AUTHOR}, {"POST": {"usage_key": "{source_key}"}}),
    "api_assessment": Row(
        ("assessment",),
        {"GET": AUTHOR, "PATCH": AUTHOR},
        {
            "PATCH": {
                "version": 1,
                "title": "T",
                "standards": ["S1"],
                "question_standards": {"a": ["S2"]},
                "embargo_until": None,
                "settings": {"instructions": {"default": "Read.", "rule": "open"}},
            }
        },
    ),
    "api_assessment_publish": Row(("assessment",), {"POST": AUTHOR}, {"POST": {"release_note": "n"}}),
    "api_assessment_checks": Row(("assessment",), {"GET": AUTHOR}),
    "api_assessment_changes": Row(("assessment",), {"GET": AUTHOR}),
    "api_assessment_versions": Row(("assessment",), {"GET": AUTHOR}),
    "api_assessment_usage": Row(("assessment",), {"GET": AUTHOR}),
    "api_version_withdraw": Row(("version",), {"POST": AUTHOR}, {"POST": {"reason": "r"}}),
    # school staff
    "api_course_assessments": Row(("run",), {"GET": STAFF}),
    "api_placements": Row(("run",), {"GET": STAFF, "POST": STAFF}, {"POST": {"assessment": "{assessment}"}}),
    "api_placement": Row(("placement",), {"GET": STAFF}),
    "api_placement_check": Row(("placement",), {"POST": STAFF}, {"POST": {}}),
    "api_placement_version": Row(("placement",), {"PUT": STAFF}, {"PUT": {"version": "{version}"}}),
    "api_placement_add": Row(("placement",), {"POST": STAFF}, {"POST": {}}),
    "api_course_sessions": Row(
        ("run",),
        {"GET": STAFF, "POST": STAFF},
        {
            "POST": {
                "placement": "{placement}",
                "name": "X",
                "settings": {"instructions": "i", "duration_s": 600},
                "roster": {"everyone": True, "classes": [], "students": [], "excluded": []},
                "request_id": "{new}",
            }
        },
    ),
    "api_learners": Row(("run",), {"GET": STAFF}, query="?search=student"),
    "api_sessions_check": Row(
        ("run",),
        {"POST": STAFF},
        {"POST": {"assessment": "{assessment}", "settings": {"duration_s": 600}, "rows": [{"name": "N", "students": []}]}},
    ),
    "api_sessions_together": Row(
        ("run",),
        {"POST": STAFF},
        {"POST": {"placement": "{placement}", "settings": {}, "rows": [{"name": "N"}], "request_id": "{new}"}},
    ),
    "api_learners_listed": Row(("run",), {"POST": STAFF}, {"POST": {"text": "student-a-01"}}),
    "api_roster_count": Row(
        ("run",), {"POST": STAFF}, {"POST": {"everyone": True, "classes": [], "students": [], "excluded": []}}
    ),
    "api_session": Row(
        ("draft",),
        {"GET": STAFF, "PATCH": STAFF, "DELETE": STAFF},
        {
            "PATCH": {
                "version": 1,
                "name": "Y",
                "settings": {"closes_at": "2099-01-01T00:00:00Z"},
                "roster": {"everyone": True},
            }
        },
    ),
    "api_session_roster": Row(
        ("session",),
        {"PUT": STAFF},
        {"PUT": {"version": 1, "everyone": True, "classes": [], "students": [], "excluded": []}},
    ),
    "api_session_publish": _deed(STAFF),
    "api_session_unpublish": _deed(STAFF),
    "api_session_archive": _deed(STAFF),
    "api_session_unarchive": _deed(STAFF),
    "api_session_rotate_code": Row(("second",), {"POST": STAFF}, {"POST": {}}),
    "api_session_duplicate": _deed(STAFF, name="D", roster="absent", request_id="{new}"),
    "api_session_lint": _deed(STAFF),
    "api_invigilators": Row(
        ("session",), {"GET": STAFF, "POST": STAFF}, {"POST": {"who": "watcher", "level": "invigilator"}}
    ),
    "api_invigilator": Row(("session", "watcher_id"), {"DELETE": STAFF}),
    "api_accommodations": Row(("run",), {"GET": STAFF}),
    "api_accommodation": Row(
        ("run", "learner_id"), {"PUT": STAFF, "DELETE": STAFF}, {"PUT": {"percent": 150, "extra_s": 60}}
    ),
    # the Monitor
    "api_monitor": Row(("session",), {"GET": WATCHERS}),
    "api_session_pause": _deed(WATCHERS, attempts=["{attempt}"], reason="r"),
    "api_session_resume": _deed(WATCHERS, attempts=["{attempt}"], reason="r"),
    "api_session_announce": _deed(WATCHERS, attempts="all", text="t", request_id="{new}"),
    "api_session_admit": _deed(WATCHERS, attempts="all"),
    "api_session_deny": _deed(WATCHERS, attempts=["{attempt}"], reason="r"),
    "api_session_extend": _deed(WATCHERS, attempts=["{attempt}"], seconds=60, reason="r", request_id="{new}"),
    "api_session_reverse": _deed(WATCHERS, entry="{entry}", reason="r"),
    "api_session_mark_absent": _deed(WATCHERS, learner_ids=[1], reason="r"),
    "api_session_unmark_absent": _deed(WATCHERS, learner_ids=[1]),
    "api_session_end": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_submit": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_begin": _deed(WATCHERS),
    "api_session_reopen": _deed(CHIEFS, attempts=["{nobody}"], seconds=60, reason="r"),
    "api_session_void": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_renew": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_move": _deed(CHIEFS, attempts=["{nobody}"], target="{second}", reason="r"),
    "api_session_undo": _deed(CHIEFS, deed="{deed}", reason="r"),
    "api_session_irregularities": _deed(
        WATCHERS,
        learner_ids="session",
        category="technical",
        subcategory="network",
        comment="c",
        request_id="{new}",
    ),
    "api_session_withdraw_irregularity": _deed(WATCHERS, irregularity="{irregularity}", reason="r"),
    "api_session_claim": _deed(WATCHERS, learner_ids=["{learner_id}"]),
    "api_session_release_claim": _deed(WATCHERS, learner_ids=["{learner_id}"]),
    "api_session_why": Row(("session", "learner_id"), {"GET": WATCHERS}),
    "api_attendance_csv": Row(("session",), {"GET": WATCHERS}),
    "api_attendance_xlsx": Row(("session",), {"GET": WATCHERS}),
    "api_incidents_csv": Row(("session",), {"GET": WATCHERS}),
    "api_incidents_xlsx": Row(("session",), {"GET": WATCHERS}),
    "api_log_csv": Row(("session",), {"GET": WATCHERS}),
    "api_log_xlsx": Row(("session",), {"GET": WATCHERS}),
    "api_session_let_back": _deed(WATCHERS, attempts=["{attempt}"]),
    "api_session_replay": Row(("session",), {"GET": WATCHERS}),
    "api_course_rooms": Row(("run",), {"GET": WATCHERS}),
    "api_my_rooms": Row((), {"GET": EVERYBODY}),
    "api_session_outages": Row(
        ("session",),
        {"GET": WATCHERS, "POST": WATCHERS},
        {"POST": {"since": "{ago}", "until": "{now}", "attempts": ["{attempt}"], "reason": "r", "request_id": "{new}"}},
    ),
    "api_session_clear_tries": _deed(WATCHERS, learner_ids=[1]),
    "api_session_settle": _deed(WATCHERS),
    "api_attempt_log": Row(("attempt",), {"GET": WATCHERS}),
    # results
    "api_grades": Row(("session",), {"GET": STAFF}),
    "api_grades_csv": Row(("session",), {"GET": STAFF}),
    "api_grades_xlsx": Row(("session",), {"GET": STAFF}),
    "api_release": Row(("session",), {"GET": STAFF, "POST": STAFF}, {"POST": {"attempts": ["{attempt}"]}}),
    "api_mark": Row(
        ("attempt", "item"),
        {"PUT": STAFF},
        {"PUT": {"version": "0-0", "points": 1, "criteria": {}, "comment": "c", "reason": "r"}},
    ),
    "api_mark_undo": Row(("attempt", "item"), {"POST": STAFF}, {"POST": {"version": "0-0"}}),
    "api_mark_settle": Row(
        ("attempt", "item"),
        {"POST": STAFF},
        {"POST": {"version": "0-0", "points": 1, "criteria": {}, "comment": "c", "reason": "r"}},
    ),
    "api_lease": Row(("attempt",), {"POST": STAFF, "DELETE": STAFF}, {"POST": {"take_over": True}}),
    "api_reveal_names": _deed(STAFF, reason="r"),
    "api_regrade_preview": Row(
        ("session",), {"GET": STAFF, "POST": STAFF}, {"POST": {"version": 2, "dropped": "leave"}}, query="?version=2"
    ),
    "api_regrade": _deed(STAFF, correction="{correction}"),
    "api_regrade_undo": _deed(STAFF, correction="{correction}"),
    "api_impact": Row(("assessment",), {"GET": AUTHOR, "POST": AUTHOR}, {"POST": {"version": 1, "dropped": "full"}}),
    # analysis
    "api_analysis": Row(("assessment",), {"GET": STAFF | AUTHOR}),
    "api_analysis_csv": Row(("assessment",), {"GET": STAFF | AUTHOR}),
    "api_analysis_xlsx": Row(("assessment",), {"GET": STAFF | AUTHOR}),
    "api_analysis_prepare": Row(("assessment",), {"POST": STAFF | AUTHOR}, {"POST": {}}),
    # for everybody who builds on it
    "api_schema": Row((), {"GET": EVERYBODY | {"anonymous"}}),
    # pages
    "library": Row((), {"GET": {"author", "staff", "other_staff"}}),
    "guest_entry": Row(("run",), {"GET": ANYBODY}),
    "library_add": Row((), {"GET": AUTHOR}, query="?block={source_key}"),
    "bank": Row(("bank",), {"GET": AUTHOR}),
    "assessment": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_changes": Row(("assessment",), {"GET": AUTHOR}),
    "impact": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_usage": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_usage_csv": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_usage_xlsx": Row(("assessment",), {"GET": AUTHOR}),
    "course": Row(("run",), {"GET": STAFF | {"learner", "classmate"}}),
    "sessions": Row(("run",), {"GET": STAFF}),
    "rooms": Row((), {"GET": EVERYBODY}),
    "control_room": Row(("run",), {"GET": WATCHERS}),
    "sessions_together": Row(("run",), {"GET": STAFF}, query="?assessment={assessment}"),
    "course_preview": Row(("run", "assessment"), {"GET": STAFF}),
    "course_assessment": Row(("run", "assessment"), {"GET": STAFF}),
    "session_new": Row(("run", "assessment"), {"GET": STAFF}),
    "session": Row(("session",), {"GET": STAFF}),
    "accommodations": Row(("run",), {"GET": STAFF}),
    "session_display": Row(("session",), {"GET": STAFF}),
    "session_sheet": Row(("session",), {"GET": STAFF}),
    "session_edit": Row(("session",), {"GET": STAFF}),
    "monitor": Row(("session",), {"GET": WATCHERS}),
    "outages": Row(("session",), {"GET": WATCHERS}),
    "replay": Row(("session",), {"GET": WATCHERS}),
    "grade": Row(("session",), {"GET": STAFF}),
    "regrading": Row(("session",), {"GET": STAFF}),
    "submission": Row(("attempt",), {"GET": STAFF}),
    "as_answered": Row(("attempt", "item"), {"GET": STAFF}),
    "grade_next": Row(("session",), {"GET": STAFF}),
    "grade_questions": Row(("session",), {"GET": STAFF}),
    "conflicts": Row(("session",), {"GET": STAFF}),
    "analyse": Row(("session",), {"GET": STAFF}),
    "assessment_analyse": Row(("assessment",), {"GET": STAFF | AUTHOR}),
}


PAGES = frozenset(list(ROWS)[list(ROWS).index("library") :])


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Every address of ours by its name."""

    def below(patterns: list[Any]) -> Iterator[tuple[str, URLPattern]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from below(one.url_patterns)
            else:
                yield one.name, one

    return below(urls.urlpatterns)


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


@pytest.fixture
def scene(settings) -> Scene:
    """Northside in the middle of a test; Lakeside has nothing to do with it."""
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 10_000
    return make_scene()


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


def text_of(answer: Any) -> str:
    """Body and headers, as far as somebody could read them."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"".join(archive.read(name) for name in archive.namelist())
    return body.decode() + str(answer.headers)


def _describes(answer: Any) -> bool:
    """What the framework says of a call by itself."""
    return "json" in answer["Content-Type"] and set(json.loads(answer.content)) <= {
        "name",
        "description",
        "renders",
        "parses",
    }


def test_every_address_has_a_row():
    found = [name for name, _pattern in addresses()]
    assert sorted(found) == sorted(ROWS), "say whose a new address is"


def test_nobody_gets_anything_that_is_not_theirs_and_nobody_but_staff_gets_a_code(scene, caplog):
    caplog.set_level(logging.DEBUG)
    before = everything()
    wrong = []
    for who in scene.people:
        for name, row in ROWS.items():
            for method in METHODS:
                if who in row.may.get("GET" if method == "HEAD" else method, ()):
                    continue
                answer = scene.call(who, method, name)
                signed_out = who == "anonymous" and answer.status_code == 302 and "login" in answer["Location"]
                # What a call is for says the schema too; nothing of anybody's is in it.
                described = method == "OPTIONS" and answer.status_code == 200 and _describes(answer)
                if name == "api_schema" and method == "OPTIONS":
                    continue
                if answer.status_code not in NOBODY_S_BUSINESS and not signed_out and not described:
                    wrong.append((who, method, name, answer.status_code))
                if spells(text_of(answer), CODE) and name != "verify":
                    wrong.append((who, method, name, "the code"))
    assert wrong == [], wrong
    after = everything()
    # Whoever is not on the list and knows the code has still tried: that is counted, and it is all.
    before.pop("WrongTries"), after.pop("WrongTries")
    assert after == before
    assert not spells(caplog.text, CODE)


def test_whoever_it_is_for_is_served_and_reading_writes_nothing(scene, caplog):
    caplog.set_level(logging.DEBUG)
    before = everything()
    wrong = []
    for name, row in ROWS.items():
        for who in sorted(row.may.get("GET", ())):
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = scene.call(who, method, name)
                # The way to the next submission leads on, or back to the list.
                led_on = answer.status_code == 302 and name == "grade_next" and "/login" not in answer["Location"]
                if not led_on and answer.status_code not in ((200,) if method == "GET" else (200, 405)):
                    wrong.append((who, method, name, answer.status_code))
                if who not in ("staff", "chief"):
                    assert not spells(text_of(answer), CODE), (who, name)
                # Devices are shared: nobody goes back to what the one before was shown.
                if not led_on and method == "GET" and name != "api_schema":
                    assert "no-store" in answer.get("Cache-Control", ""), (who, name)
    assert wrong == [], wrong
    assert everything() == before
    trail = list(AuditRow.objects.order_by("pk").values())
    for name, row in ROWS.items():
        for method, who in ((one, who) for one in row.may if one != "GET" for who in sorted(row.may[one])):
            answer = scene.call(who, method, name)
            assert answer.status_code < 400 or answer.status_code == 409, (
                who,
                method,
                name,
                answer.status_code,
                answer.content,
            )
            if who not in ("staff", "chief"):
                assert not spells(text_of(answer), CODE), (who, name)
    # Whatever was done: what stood in the trail before stands there as it did.
    assert list(AuditRow.objects.order_by("pk").values())[: len(trail)] == trail
    assert AuditRow.objects.count() > len(trail) > 0
    assert not spells(caplog.text, CODE)
    assert not spells(json.dumps(list(AuditRow.objects.values()), default=str), CODE)


def test_no_write_is_taken_without_the_pages_token(scene):
    before = everything()
    for name, row in ROWS.items():
        for method in (one for one in row.may if one != "GET"):
            for who in row.may[method]:
                scene.people[who].handler.enforce_csrf_checks = True
                assert scene.call(who, method, name).status_code == 403, (who, method, name)
    assert everything() == before


BAD = [
    None, True, 0, -1, 1.5, 10**30, -(10**30), 2**63, "", " ", "\x00", "a\x00b", "\ud800", "x" * 100_000, [], [None], [[[]]],
    [10**30], ["\ud800"], {}, {"a": {"b": [None]}}, {"\ud800": 1}, {"default": "\ud800"}, "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "course-v1:a+b",
    "block-v1:a+b+c+type@problem+block@x", "lib:a:b",
]  # fmt: skip
RAW = [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e999}',
    b"\xed\xa0\x80",
    b'{"\xed\xa0\x80": 1}', b'{"settings": {"\xed\xa0\x80": 1}}', b"[" * 50_000, b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b'{"a": ' + b"9" * 5000 + b"}", b'{"values": ' + b"[" * 900 + b"]" * 900 + b', "revision": 9}',
]  # fmt: skip


def _worse(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A valid body with one thing in it, at any depth, replaced by each bad value, and with something added."""
    for name, value in body.items():
        yield from ({**body, name: bad} for bad in BAD)
        if isinstance(value, dict):
            yield from ({**body, name: worse} for worse in _worse(value))
    for bad in BAD[::4]:
        yield {**body, "\ud800": bad}


#: So that no process is the last one at work for a minute.
PARTS = 4


def _writes(*, keeps: bool) -> list[tuple[str, str]]:
    """Writes that keep what was typed and show it again; and all others, which may share one scene."""
    keep = {
        "api_banks",
        "api_bank",
        "api_assessment",
        "api_course_sessions",
        "api_session",
        "api_session_announce",
        "answer",
    }
    calls = [(name, method) for name, row in ROWS.items() for method in row.may if method in ("POST", "PUT", "PATCH")]
    return [(name, method) for name, method in calls if (name in keep) == keeps]


def _broken(scene: Scene, name: str, method: str) -> list[Any]:
    who = sorted(ROWS[name].may[method])[-1]
    bodies = [*_worse(scene.fill(ROWS[name].body[method])), *RAW]
    found = [(scene.call(who, method, name, body).status_code, str(body)[:200].encode("unicode_escape")) for body in bodies]
    return [one for one in found if one[0] >= 500]


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_sent_is_answered(scene, part):
    mine = _writes(keeps=False)[part::PARTS]
    assert [(name, found) for name, method in mine if (found := _broken(scene, name, method))] == []


@pytest.mark.parametrize(("name", "method"), _writes(keeps=True))
def test_whatever_is_kept_breaks_no_page(scene, name, method):
    assert _broken(scene, name, method) == []
    for page, row in ROWS.items():
        for reader in sorted(row.may.get("GET", ()))[-1:]:
            assert scene.call(reader, "GET", page).status_code < 500, (reader, page)


KEYS = [
    "x", "%00", "a%00b", "%F0%9F%98%80", "%ED%A0%80", "block-v1:a+b+c+type@problem+block@x",
    "block-v1:a+b+c+branch@d+type@problem+block@x",
    "course-v1:a+b+c", "library-v1:a+b", "lib:a:b", "lb:a:b:problem:c", "lib-block-v1:a+b+type@problem+block@x",
    "aside-usage-v2:block-v1$:a+b+c+type@problem+block@x::x", "i4x:", "ccx-v1:a+b+c+ccx@1", "x" * 3000,
    "999999999999999999999",
]  # fmt: skip


def test_whatever_stands_in_an_address_is_answered(scene):
    """Names, numbers and keys that no converter refuses by itself."""
    broken = []
    for name, pattern in addresses():
        row = ROWS[name]
        open_ended = [one for one in row.at if one in ("placement_key", "item", "run", "watcher_id", "learner_id")]
        for kept, key in ((one, key) for one in open_ended for key in KEYS):
            address = "/assessprep/" + ("" if name in PAGES else "api/v1/") + str(pattern.pattern)
            for one, converter in zip(row.at, re.findall(r"<\w+:\w+>", address), strict=True):
                address = address.replace(converter, key if one == kept else quote(str(scene.facts[one]), safe=":@+"))
            for method in row.may:
                data = json.dumps(scene.fill(row.body.get(method, {})))
                who = sorted(row.may[method])[-1]
                answer = scene.people[who].generic(method, address, data, content_type="application/json")
                if answer.status_code >= 500:
                    broken.append((method, address[:200]))
    for query in ("me/attempt?placement=", "courses/course-v1:Northside+SCI7+2026/learners?search="):
        broken += [key for key in KEYS if scene.people["staff"].get(f"/assessprep/api/v1/{query}{key}").status_code >= 500]
    for query in ("page", "page_size", "search", "class", "status", "band", "sort", "since", "block"):
        for name in (
            "api_grades",
            "grade",
            "api_grades_csv",
            "api_monitor",
            "sessions",
            "api_course_sessions",
            "library_add",
        ):
            address = reverse(f"assessprep:{name}", args=[scene.facts[one] for one in ROWS[name].at])
            found = [key for key in KEYS if scene.people["staff"].get(f"{address}?{query}={key}").status_code >= 500]
            broken += [(name, query, key) for key in found]
    assert broken == [], broken


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", ""]
)
def test_a_body_of_another_kind_is_unreadable_and_no_error(scene, content_type):
    body = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n{}\r\n--x--\r\n'
    for name in ("answer", "verify", "api_session_pause", "api_course_sessions"):
        (method,) = (one for one in ROWS[name].may if one != "GET")
        who = sorted(ROWS[name].may[method])[-1]
        client = scene.people[who]
        client.handler.enforce_csrf_checks = True
        client.cookies["csrftoken"] = "a" * 32
        address = reverse(f"assessprep:{name}", args=[scene.facts[one] for one in ROWS[name].at])
        answer = client.generic(method, address, body, content_type=content_type, headers={"X-CSRFToken": "a" * 32})
        assert answer.status_code in (400, 415), (name, answer.status_code)
