"""Every address below ``/assessprep/``, every method, everybody.

A row of ``tests/addresses.py`` says whose an address is and what a call of theirs looks like; one without a row fails.
Everything else follows from the addresses themselves.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse

from assessprep_xblock.domain.shared.models import AuditRow
from tests.addresses import CODE, GUEST_RUN, PAGES, ROWS, addresses
from tests.scene import Scene, everything, make_scene
from tests.spelled import spells

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
NOBODY_S_BUSINESS = {401, 403, 404, 405}


@pytest.fixture
def scene(settings) -> Scene:
    """Northside in the middle of a test; Lakeside has nothing to do with it."""
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 10_000
    return make_scene()


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
