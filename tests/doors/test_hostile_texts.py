"""Texts that attack: every column that keeps one is known, nothing unseen is kept, and no spreadsheet runs one."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.apps import apps

from assessprep_xblock.domain.library.catalogue import CATALOGUE
from assessprep_xblock.lms import get_lms
from tests.addresses import GUEST_RUN, ROWS
from tests.hostile import NOT_TYPED, OTHER_KINDS, TEXT_KINDS, TYPED, UNSEEN, poison, text_columns
from tests.hostile_scene import EVERYBODY, address_of, lived_in, named, pages_of
from tests.scene import Scene, make_scene

pytestmark = pytest.mark.django_db

#: Names in bodies whose values are free text.
FREE = {"name", "title", "text", "reason", "comment", "description", "release_note", "instructions", "subject", "grade"}


@pytest.fixture
def scene(settings) -> Scene:
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    return make_scene()


def test_every_column_that_keeps_a_text_is_attacked_or_said_to_hold_nobody_s():
    found = {name for name, _model, _field in text_columns()}
    assert not TYPED & NOT_TYPED
    assert found == TYPED | NOT_TYPED, "say of a new text column whether a person's words stand in it"
    assert {one.kind for one in CATALOGUE} <= TEXT_KINDS | OTHER_KINDS


def _worded(value: Any, put: Any) -> tuple[Any, int]:
    """A body with every free text in it changed, and how many those are."""
    if not isinstance(value, dict):
        return value, 0
    body, number = {}, 0
    for name, one in value.items():
        if name in FREE and isinstance(one, str):
            body[name], number = put(one), number + 1
        else:
            body[name], inner = _worded(one, put)
            number += inner
    return body, number


def test_nothing_that_nobody_can_see_is_kept_of_any_text(scene):
    calls = 0
    for name, row in ROWS.items():
        for method, given in row.body.items():
            body, texts = _worded(scene.fill(given), lambda text: f"{text}{UNSEEN}seen")
            if not texts:
                continue
            answer = scene.call(sorted(row.may[method])[-1], method, name, body)
            assert answer.status_code < 400 or answer.status_code in (400, 409), (name, answer.content)
            calls += answer.status_code < 300
    assert calls > 20
    keeping = set()
    for model in apps.get_app_config("assessprep").get_models():
        kept = json.dumps(list(model.objects.values()), default=str, ensure_ascii=False)
        assert not [one for one in UNSEEN if one in kept or json.dumps(one)[1:-1] in kept], model.__name__
        keeping |= {model.__name__} if "seen" in kept else set()
    assert len(keeping) > 8, keeping


@pytest.mark.django_db(transaction=True)
def test_no_page_as_it_is_sent_holds_an_element_that_somebody_typed(scene):
    """Every page of everybody, read as a browser reads it, before any script of ours runs."""
    done = lived_in(scene)
    named(scene)
    poison()
    clients, looked_at = {**scene.people, "handed in": done.client}, 0
    for who in EVERYBODY:
        addresses = [address_of(scene, name, done) for name in pages_of(who)]
        if who in ("learner", "classmate", "handed in", "guest"):
            addresses.append(get_lms().block_url(scene.world.usage_key))
        for address in addresses:
            answer = clients[who].get(address)
            assert answer.status_code == 200, (who, address)
            page = BeautifulSoup(answer.content, "html.parser")
            made = page.select("x-made, [onfocus], [onerror], [onload], [onmouseover], [src=x]")
            assert not made, (who, address, str(made[0])[:200])
            assert not [link["href"] for link in page.select("[href]") if link["href"].strip().lower()[:11] == "javascript:"]
            run = [script for script in page.select("script") if not _is_data(script)]
            assert not [script for script in run if "hit(" in script.text], (who, address)
            looked_at += 1
    assert looked_at > 40


def _is_data(script) -> bool:
    return "json" in script.get("type", "")


def test_no_cell_of_any_spreadsheet_runs(scene):
    """Every download, with formulas in every text that somebody may have typed."""
    scene.call("staff", "POST", "api_session_announce")
    scene.call("staff", "POST", "api_session_irregularities")
    scene.call("staff", "POST", "api_session_pause")
    poison(begin='=HYPERLINK("https://example.com","')
    downloads = cells = formulas = 0
    for name, row in ROWS.items():
        if not name.endswith(("_csv", "_xlsx")):
            continue
        answer = scene.call(sorted(row.may["GET"])[-1], "GET", name)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        downloads += 1
        if name.endswith("_csv"):
            lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
            texts = [cell for line in lines for cell in line]
            assert not [cell for cell in texts if cell[:1] in ("=", "+", "@", "\t", "\r") or cell[:2] == "-H"], name
        else:
            with zipfile.ZipFile(io.BytesIO(body)) as parts:
                inside = {part: parts.read(part).decode() for part in parts.namelist() if part.endswith((".xml", ".rels"))}
            assert not [part for part, xml in inside.items() if re.search(r"<f[ >]|<hyperlink|externalLink", xml)], name
            texts = [text for xml in inside.values() for text in re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", xml)]
        cells += len(texts)
        formulas += sum("HYPERLINK" in text for text in texts)
    assert downloads == sum(name.endswith(("_csv", "_xlsx")) for name in ROWS)
    assert cells > 50 and formulas > 10
