"""What the gate adds to a call that names a block, on a course without placements and at a guarded question; and what the
page of a placement brings to a browser (performance goal P18).

The view behind the gate does nothing, so the difference to the floor is the gate's own.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import django

from bench.endpoints import Caller, Measured, act, floor, verify
from bench.rows import Row
from bench.servers import ROOT, python, stack

ROUNDS, BATCH = 5, 40
STATIC = ROOT / "assessprep_xblock" / "static"
SQL = "SQL, with BEGIN and COMMIT"


def run(note: Callable[[str], None]) -> list[Row]:
    """The gate's rows and the page's."""
    with stack() as servers:
        room = json.loads(python(servers.environment, "-m", "bench.room", "room"))
        measured, fresh = Measured(servers), iter(room["students"])
        elsewhere = room["question"].replace("School", "Elsewhere")
        for number in range(1, ROUNDS + 1):
            note(f"the gate, round {number} of {ROUNDS}")
            people = [Caller(servers, room, next(fresh)) for _ in range(BATCH)]
            measured.time("floor", people, floor)
            measured.time("unguarded", people, lambda one: _block(one, elsewhere))
            measured.time("closed", people, lambda one: _block(one, room["question"], expect=403))
            for one in people:
                verify(one, room)
                act(one, "start")
                one.close()
            measured.time("open", people, lambda one: _block(one, room["question"]))
        note("the page of a placement")
        page = json.loads(python(servers.environment, "-m", "bench.gates").splitlines()[-1])
    rows = []
    for name, words in (
        ("unguarded", "gate, course without placements"),
        ("closed", "gate, guarded question, closed"),
        ("open", "gate, guarded question, open"),
    ):
        rows.append(Row(f"{words}: CPU", "", measured.ratio(name), "x floor"))
        rows.append(Row(f"{words}: statements", "", measured.statements[name], SQL))
    ours = measured.statements["unguarded"] - measured.statements["floor"]
    rows.append(Row("gate, course without placements: statements of ours", "== 0", ours, "SQL"))
    files = [(STATIC / name).read_bytes() for name in page["files"]]
    return [
        *rows,
        Row("page of a placement: our scripts and styles", "", sum(map(len, files)) / 1024, "kB"),
        Row("page of a placement: the same with gzip", "<= 40", sum(len(gzip.compress(one)) for one in files) / 1024, "kB"),
        Row("page of a placement, before Start: statements of ours", "<= 3", page["statements"], "SQL"),
    ]


def _block(one: Caller, usage_key: str, *, expect: int = 204) -> bytes:
    return one.call("GET", f"/bench/block/{usage_key.replace('+', '%2B')}", expect=expect)


def _page() -> dict[str, Any]:
    """Which of our files a student's page of a placement asks for, and how many statements of ours it takes."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from tests import world

    made, client = world.delivered(timezone.now()), Client()
    client.force_login(made.learners[0])
    address = f"/courses/{made.school}/jump_to/{made.usage_key}"
    client.get(address, follow=True)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address, follow=True)
    if page.status_code != 200:
        raise RuntimeError(f"the page of a placement answered {page.status_code}")
    files = sorted(set(re.findall(r"/static/(assessprep_xblock/[\w./-]+\.(?:js|css))", page.content.decode())))
    if not any(name.endswith("student/assessment.js") for name in files):
        raise RuntimeError(f"the page of a placement brings only {files}")
    return {"files": files, "statements": sum("`assessprep_" in one["sql"] for one in asked.captured_queries)}


if __name__ == "__main__":
    django.setup()
    json.dump(_page(), sys.stdout)
