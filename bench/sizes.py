"""How cost grows with a session's students (performance goals P7, P8, P10, P11, P14, P16, P17): 100, 1,000 and 10,000 who
work at once, over HTTP, beside a signed-in view that does nothing in the same run.

CPU is that of gunicorn's workers, MariaDB and Redis together. ``BENCH_SIZES=20,50`` measures other sizes, most of them
without goals.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import uuid
from collections.abc import Callable

from bench.endpoints import Caller, Measured, floor
from bench.rows import Row
from bench.servers import Stack, python, stack

SIZES = tuple(int(size) for size in os.environ.get("BENCH_SIZES", "100,1000,10000").split(","))
CALLS = 5
#: Goals by size: the whole picture in multiples of the floor, in kB as sent without and with gzip.
WHOLE = {1_000: ("<= 5", "<= 45", "<= 10"), 10_000: ("<= 20", "<= 450", "<= 90")}


def run(note: Callable[[str], None]) -> list[Row]:
    """Rows of the table, by size."""
    rows: list[Row] = []
    with stack() as servers:
        note("a course run")
        room = json.loads(python(servers.environment, "-m", "bench.room", "room"))
        pages: dict[int, float] = {}
        # Workers that have just started load what they need with their first calls.
        warm = Caller(servers, room, room["staff"])
        for _ in range(20):
            floor(warm)
            warm.call("GET", f"/assessprep/api/v1/sessions/{room['session']}/monitor")
            warm.close()
        for size in SIZES:
            note(f"{size:,} students")
            made = json.loads(python(servers.environment, "-m", "bench.crowd", "make", str(size)))
            one = _Size(servers, Caller(servers, room, room["staff"]), made["session"], size)
            rows += one.monitor() + one.actions()
            python(servers.environment, "-m", "bench.crowd", "submitted", made["session"])
            found, pages[size] = one.grades()
            rows += found
            again = json.loads(python(servers.environment, "-m", "bench.crowd", "make", str(size + 1)))
            rows += one.sweep(again["session"])
    least, most = min(SIZES), max(SIZES)
    grown = pages[most] / pages[least]
    rows.append(Row(f"grade page of 50: {most:,} students / {least:,} students", "<= 1.5", grown, "times"))
    return rows


class _Size:
    """One session of so many students."""

    def __init__(self, servers: Stack, staff: Caller, session: str, size: int) -> None:
        self.servers, self.staff, self.session, self.size = servers, staff, session, size
        self.measured = Measured(servers)
        self.path = f"/assessprep/api/v1/sessions/{session}"

    def _row(self, name: str, goal: str, figure: float, unit: str) -> Row:
        return Row(f"{name} ({self.size:,} students)", goal, figure, unit)

    def _time(self, name: str, call: Callable[[Caller], bytes], calls: int = CALLS) -> None:
        # Beside a floor of its own: a call that is measured once is compared with the moment before it.
        self.measured.time(f"floor of {name}", [self.staff] * 20, floor)
        self.measured.time(name, [self.staff] * calls, call)

    def _told(self, name: str, goal: str = "") -> list[Row]:
        return [
            self._row(f"{name}: CPU", goal, self._ratio(name), "x floor"),
            self._row(f"{name}: statements", "", self.measured.statements[name], "SQL, with BEGIN and COMMIT"),
        ]

    def _ratio(self, name: str) -> float:
        return self.measured.ratio(name, f"floor of {name}")

    def monitor(self) -> list[Row]:
        """Whole, one in a hundred changed, nothing changed."""
        path = f"{self.path}/monitor"
        goals = WHOLE.get(self.size, ("", "", ""))
        for _ in range(3):
            self._time("Monitor, whole", lambda one: one.call("GET", path))
            body = self.staff.call("GET", path)
            python(self.servers.environment, "-m", "bench.crowd", "touch", self.session, "100", "6")
            newer = f"{path}?since={json.loads(body)['since']}"
            self._time("Monitor, 1 % changed", lambda one, newer=newer: one.call("GET", newer))
            changes = self.staff.call("GET", newer)
        told = json.loads(changes)
        now = told["since"]
        self._time("Monitor, nothing changed", lambda one: one.ask("GET", f"{path}?since={now}")[1], calls=1)
        changed = max(1, len(told["rows"]["columns"]["learner"]))
        return [
            *self._told("Monitor, whole", goals[0]),
            self._row("Monitor, whole: body", goals[1], len(body) / 1024, "kB"),
            self._row("Monitor, whole: body with gzip", goals[2], len(gzip.compress(body)) / 1024, "kB"),
            *self._told("Monitor, 1 % changed", "<= 2.2" if self.size == 10_000 else ""),
            self._row(
                "Monitor, 1 % changed: a row", "<= 40" if self.size == 10_000 else "", len(changes) / changed, "bytes"
            ),
            *self._told("Monitor, nothing changed"),
        ]

    def actions(self) -> list[Row]:
        """Pause, resume and an announcement for all; five minutes more for each."""
        for deed in ("pause", "resume"):
            self._time(deed, lambda one, deed=deed: one.call("POST", f"{self.path}/{deed}", {"attempts": "all"}), calls=1)
        said = {"attempts": "all", "text": "Ten minutes left.", "request_id": str(uuid.uuid4())}
        self._time("announce", lambda one: one.call("POST", f"{self.path}/announce", said), calls=1)
        given = {"attempts": "all", "seconds": 300, "request_id": str(uuid.uuid4())}
        self._time("extend", lambda one: one.call("POST", f"{self.path}/extend", given), calls=1)
        rows = [row for deed in ("pause", "resume", "announce") for row in self._told(f"{deed}")]
        seconds = statistics.median(self.measured.cpu["extend"])
        big = self.size == 10_000
        rows.append(self._row("extend each: CPU", "<= 2" if big else "", seconds, "s"))
        statements = self.measured.statements["extend"]
        rows.append(self._row("extend each: statements", "<= 25" if big else "", statements, "SQL, with BEGIN and COMMIT"))
        return rows

    def grades(self) -> tuple[list[Row], float]:
        """A page of 50 results, filtered; the spreadsheet. Also the page's cost in multiples of the floor."""
        for _ in range(3):
            self._time("grade page", lambda one: one.call("GET", f"{self.path}/grades?page_size=50&band=50-75"))
        found = json.loads(python(self.servers.environment, "-m", "bench.crowd", "export", self.session))
        if found["lines"] != self.size + 1:
            raise RuntimeError(f"a spreadsheet of {self.size} students has {found['lines']} lines")
        return [
            *self._told("grade page"),
            self._row("results as CSV: statements", "<= 6", found["statements"], "SQL"),
            self._row("results as CSV: memory", "<= 20", found["memory"], "MB"),
        ], self._ratio("grade page")

    def sweep(self, session: str) -> list[Row]:
        """Everybody's time is over."""
        found = json.loads(python(self.servers.environment, "-m", "bench.crowd", "sweep", session).splitlines()[-1])
        if found["submitted"] != self.size + 1 or found["again"]:
            raise RuntimeError(f"a sweep of {self.size + 1} handed in {found['submitted']}, and then {found['again']}")
        big = self.size == 10_000
        return [
            self._row("sweep: seconds, as the clock on the wall", "<= 5" if big else "", found["seconds"], "s"),
            self._row("sweep: statements for 500", "<= 3" if big else "", found["statements"] / found["batches"], "SQL"),
        ]
