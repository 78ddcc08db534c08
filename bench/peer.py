"""The same job beside edx-proctoring of PyPI, in the same run and on the same servers (goals P2, P5, P6, P7; R-a).

It lives in an environment of its own (``build/peer``), made with pip where there is none; where that cannot be made,
this bench says so and has no rows. CPU is that of gunicorn's workers, MariaDB and Redis together; rounds interleave both
sides. It tells more of an attempt than we do and mails results: part of what it costs is features.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.endpoints import Caller, Measured, act, beat, floor, verify
from bench.rows import Row
from bench.servers import ROOT, Stack, gunicorn, python, stack

PEER = "edx-proctoring==6.1.4"
HOME, SITE = ROOT / "build" / "peer", Path(__file__).resolve().parent
#: Its listing shows so many at a time.
PAGE = 25
ROUNDS, BATCH, STUDENTS, RACES = 5, 30, 1_000, 30
API = "/api/edx_proctoring/v1/proctored_exam"


def run(note: Callable[[str], None]) -> list[Row]:
    """Its cost beside ours, and both raced."""
    program = environment(note)
    if program is None:
        return []
    with stack() as servers, _peer(servers, program) as (port, told):
        note(f"{STUDENTS:,} students on either side")
        ours = json.loads(python(servers.environment, "-m", "bench.room", "room"))
        crowd = json.loads(python(servers.environment, "-m", "bench.crowd", "make", str(STUDENTS)))
        theirs = json.loads(told("room", STUDENTS))
        measured = Measured(servers)
        fresh, begin = iter(ours["students"]), iter(theirs["fresh"])
        for number in range(1, ROUNDS + 1):
            note(f"round {number} of {ROUNDS}")
            _ours(measured, [Caller(servers, ours, next(fresh)) for _ in range(BATCH)], ours)
            working = theirs["working"][number * BATCH : (number + 1) * BATCH]
            people = [Caller(servers, theirs, one["key"], port=port) for one in working]
            for one, about in zip(people, working, strict=True):
                one.state = about
            _theirs(measured, people, [Caller(servers, theirs, next(begin), port=port) for _ in range(BATCH)], theirs)
            staff = Caller(servers, ours, ours["staff"]), Caller(servers, theirs, theirs["staff"], port=port)
            _listings(measured, *staff, crowd["session"], theirs["run"])
        note(f"{RACES} races of each kind")
        raced = json.loads(told("race", RACES))
        own = json.loads(python(servers.environment, "-m", "bench.race", str(RACES)).splitlines()[-1])
    return _rows(measured) + _races(raced, own)


def environment(note: Callable[[str], None]) -> Path | None:
    """The Python that has edx-proctoring, or None where it cannot be had; which is said aloud."""
    program, done = HOME / "bin" / "python", HOME / PEER
    if done.exists():
        return program
    note(f"an environment for {PEER}")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(HOME)],
        [str(program), "-m", "pip", "install", "--quiet", PEER, "mysqlclient", "gunicorn", "redis"],
    ):
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ran.returncode:
            note(f"*** NOT BESIDE {PEER}: {ran.stderr.strip()[-300:]} ***")
            return None
    done.touch()
    return program


@contextlib.contextmanager
def _peer(servers: Stack, program: Path) -> Iterator[tuple[int, Callable[..., str]]]:
    """Its site on a database of its own; yields its port, and what fills it."""
    servers.execute("CREATE DATABASE peer CHARACTER SET utf8mb4")
    about = {**servers.environment, "DJANGO_SETTINGS_MODULE": "peer_site.settings"}

    def told(deed: str, *given: object) -> str:
        words = ("-m", "peer_site.fill", deed, *map(str, given))
        return python(about, *words, program=str(program), folder=SITE).splitlines()[-1]

    python(about, "-m", "django", "migrate", "--verbosity", "0", program=str(program), folder=SITE)
    with gunicorn(about, "django.core.wsgi:get_wsgi_application()", program=str(program), folder=SITE) as port:
        yield port, told


def _ours(measured: Measured, people: list[Caller], room: dict[str, Any]) -> None:
    measured.time("floor", people, floor)
    for one in people:
        verify(one, room)
        one.close()
    measured.time("start", people, lambda one: act(one, "start"))
    measured.time("first", people, lambda one: beat(one, one.state["notice_no"]))
    measured.time("poll", people, lambda one: beat(one, one.state["notice_no"]))
    measured.time("submit", people, lambda one: act(one, "submit"))


def _theirs(measured: Measured, working: list[Caller], fresh: list[Caller], room: dict[str, Any]) -> None:
    measured.time("their floor", working, floor)
    begin = {"exam_id": room["exam"], "start_clock": "true"}
    measured.time("their start", fresh, lambda one: one.call("POST", f"{API}/attempt", begin))
    measured.time("their poll", working, lambda one: one.call("GET", f"{API}/attempt/{one.state['attempt']}"))
    measured.time("their timer", working, lambda one: one.call("GET", f"{API}/active_attempt"))
    submit = {"action": "submit"}
    measured.time("their submit", working, lambda one: one.call("PUT", f"{API}/attempt/{one.state['attempt']}", submit))


def _listings(measured: Measured, ours: Caller, theirs: Caller, session: str, run: str) -> None:
    measured.time("floor listing", [ours] * 10, floor)
    measured.time("monitor", [ours] * 3, lambda one: one.call("GET", f"/assessprep/api/v1/sessions/{session}/monitor"))
    address = f"{API}/attempt/grouped/course_id/{run}?page=7"
    measured.time("their page", [theirs] * 3, lambda one: one.call("GET", address))


def _rows(measured: Measured) -> list[Row]:
    rows = []
    for name, of, ours, goal in (
        ("poll, attempt/<id>", "their poll", "poll", ">= 2.2"),
        ("poll, active_attempt", "their timer", "poll", ">= 5"),
        ("create and start", "their start", "start", ">= 5"),
        ("submit", "their submit", "submit", ">= 4"),
    ):
        rows.append(Row(f"edx-proctoring, {name}: CPU", "", measured.ratio(of), "x floor"))
        rows.append(Row(f"edx-proctoring, {name}: statements", "", measured.statements[of], "SQL, with BEGIN and COMMIT"))
        rows.append(Row(f"edx-proctoring / ours, {name}", goal, measured.ratio(of, ours), "times the CPU"))
    rows.append(Row("edx-proctoring, floor: CPU", "", measured.ratio("their floor"), "x floor"))
    pages = STUDENTS / PAGE
    rows += [
        Row(
            f"edx-proctoring, a page of {PAGE} of {STUDENTS:,}: CPU",
            "",
            measured.ratio("their page", "floor listing"),
            "x floor",
        ),
        Row(
            f"edx-proctoring, a page of {PAGE}: statements",
            "",
            measured.statements["their page"],
            "SQL, with BEGIN and COMMIT",
        ),
        Row(
            f"edx-proctoring / ours, {STUDENTS:,} students seen once ({pages:.0f} pages)",
            ">= 500",
            pages * measured.ratio("their page", "monitor"),
            "times the CPU",
        ),
    ]
    return rows


def _races(theirs: dict[str, int], ours: dict[str, int]) -> list[Row]:
    rows = []
    for name, words in (
        ("several", "four starts at once: learners with several attempts"),
        ("lost", "submit beside stop: acknowledged and not submitted"),
        ("both", "two submits at once: written twice"),
    ):
        rows.append(Row(f"race of {RACES}, {words}: edx-proctoring", "", theirs[name], ""))
        rows.append(Row(f"race of {RACES}, {words}: ours", "== 0", ours[name], ""))
    return rows
