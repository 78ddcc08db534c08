"""What a student's and an invigilator's calls cost (performance goals P1, P4 to P8), as a ratio to a signed-in view
that does nothing, in the same round.

CPU of gunicorn's workers, MariaDB and Redis together; rounds interleave all calls, and the median round counts.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from bench.room import LEARNERS
from bench.rows import Row
from bench.servers import Stack, python, stack

ROUNDS, BATCH = 5, 40
CSRF = "b" * 32


class Caller:
    """Somebody's browser: one connection, her cookies."""

    def __init__(self, servers: Stack, room: dict[str, Any], key: str, *, port: int | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port or servers.port, timeout=60)
        self._cookies = {room["cookie"]: key, "csrftoken": CSRF}
        self.state: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> bytes:
        """One call; another status than expected ends the bench."""
        status, read = self.ask(method, path, body)
        if status != expect:
            raise RuntimeError(f"{method} {path} answered {status}: {read[:300]!r}")
        return read

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """One call: its status and what it brought."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        read = answer.read()
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = header.split(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, read

    def close(self) -> None:
        """Give the connection back: the servers have few threads."""
        self._connection.close()


class Measured:
    """CPU per call and statements per call, by round."""

    def __init__(self, servers: Stack) -> None:
        self.servers = servers
        self.cpu: dict[str, list[float]] = defaultdict(list)
        self.statements: dict[str, float] = {}
        self.size: dict[str, int] = {}

    def time(self, name: str, people: list[Caller], call: Callable[[Caller], bytes]) -> None:
        """Everybody calls once, one after the other."""
        asked, used = self.servers.statements(), self.servers.cpu()
        for one in people:
            self.size[name] = len(call(one))
            one.close()
        self.cpu[name].append((self.servers.cpu() - used) / len(people))
        # Two of them are this very question and its connection's.
        self.statements[name] = round((self.servers.statements() - asked - 2) / len(people), 1)

    def ratio(self, name: str, floor: str = "floor") -> float:
        """The median, over rounds, of this call's CPU to the floor's of the same round."""
        return statistics.median(one / base for one, base in zip(self.cpu[name], self.cpu[floor], strict=False))


def run(note: Callable[[str], None]) -> list[Row]:
    """All calls of a room of 1,000."""
    rows: list[Row] = []
    with stack() as servers:
        note(f"a room of {LEARNERS:,} students")
        room = json.loads(python(servers.environment, "-m", "bench.room", "room"))
        fresh = iter(room["students"])
        measured = Measured(servers)
        for number in range(1, ROUNDS + 1):
            note(f"a student's calls, round {number} of {ROUNDS}")
            _student(measured, [Caller(servers, room, next(fresh)) for _ in range(BATCH)], room)
        staff = Caller(servers, room, room["staff"])
        for number in range(1, ROUNDS + 1):
            note(f"the Monitor, round {number} of {ROUNDS}")
            _monitor(measured, staff, [Caller(servers, room, next(fresh)) for _ in range(LEARNERS // 100)], room)
        for codes in (10, 1_000, 9_000):
            note(f"{codes:,} live codes")
            python(servers.environment, "-m", "bench.room", "codes", str(codes))
            for _ in range(3):
                people = [Caller(servers, room, next(fresh)) for _ in range(BATCH)]
                measured.time(f"floor {codes}", people, floor)
                measured.time(f"verify {codes}", people, lambda one: verify(one, room))
        note("the cache goes away")
        people = [Caller(servers, room, key) for key in room["students"][:BATCH]]
        for one in people:
            one.state = json.loads(one.call("GET", f"/assessprep/api/v1/me/attempt?placement={_quoted(room)}"))
            one.close()
        os.kill(servers.cache_pid, signal.SIGTERM)
        for _ in range(3):
            measured.time("floor down", people, floor)
            measured.time("beat, cache down", people, lambda one: beat(one, one.state["notice_no"]))
    rows += _rows(measured)
    return rows


def _quoted(room: dict[str, Any]) -> str:
    return room["placement"].replace("+", "%2B")


def _student(measured: Measured, people: list[Caller], room: dict[str, Any]) -> None:
    measured.time("floor", people, floor)
    measured.time("verify", people, lambda one: verify(one, room))
    measured.time("start", people, lambda one: act(one, "start"))
    measured.time("save an answer", people, lambda one: _save(one, room["item"]))
    # The first beat after a change fills the cache; the second is what nearly all of them are.
    measured.time("beat, first", people, lambda one: beat(one, one.state["notice_no"]))
    measured.time("beat, nothing new", people, lambda one: beat(one, one.state["notice_no"]))
    measured.time("beat, something new", people, lambda one: beat(one, one.state["notice_no"] + 1, expect=200))
    measured.time("submit", people, lambda one: act(one, "submit"))


def _monitor(measured: Measured, staff: Caller, changing: list[Caller], room: dict[str, Any]) -> None:
    calls = 5
    path = f"/assessprep/api/v1/sessions/{room['session']}/monitor"
    measured.time("floor monitor", [staff] * calls, floor)
    measured.time("monitor, whole", [staff] * calls, lambda one: one.call("GET", path))
    since = json.loads(staff.call("GET", path))["since"]
    for one in changing:
        verify(one, room)
        one.close()
    measured.time("monitor, 1 % changed", [staff] * calls, lambda one: one.call("GET", f"{path}?since={since}"))


def floor(one: Caller) -> bytes:
    """The view that does nothing."""
    return one.call("GET", "/bench/floor", expect=204)


def verify(one: Caller, room: dict[str, Any]) -> bytes:
    """Verify Session Code."""
    read = one.call("POST", f"/assessprep/api/v1/placements/{_quoted(room)}/verify", {"code": room["code"]})
    one.state = json.loads(read)
    return read


def act(one: Caller, deed: str) -> bytes:
    """Start, or Submit."""
    read = one.call("POST", f"/assessprep/api/v1/attempts/{one.state['attempt']}/{deed}", {"agreed": True})
    one.state = {**one.state, **json.loads(read)}
    return read


def _save(one: Caller, item: str) -> bytes:
    body = {"values": {f"input_{item}_2_1": "choice_1"}, "revision": 1}
    return one.call("PUT", f"/assessprep/api/v1/attempts/{one.state['attempt']}/answers/{item}", body)


def beat(one: Caller, notice: int, *, expect: int = 204) -> bytes:
    """The heartbeat of a page that knows the notices up to this one."""
    body = {"token": one.state["token"], "notice_no": notice}
    return one.call("POST", f"/assessprep/api/v1/attempts/{one.state['attempt']}/beat", body, expect=expect)


def _rows(measured: Measured) -> list[Row]:
    goals = {
        "beat, nothing new": ("<= 1.6", "floor"),
        "beat, something new": ("", "floor"),
        "beat, cache down": ("<= 2.0", "floor down"),
        "verify 10": ("<= 2.5", "floor 10"),
        "verify 1000": ("<= 2.5", "floor 1000"),
        "verify 9000": ("<= 2.5", "floor 9000"),
        "start": ("<= 3.5", "floor"),
        "save an answer": ("", "floor"),
        "submit": ("<= 3", "floor"),
        "monitor, whole": ("<= 5", "floor monitor"),
        "monitor, 1 % changed": ("<= 2.2", "floor monitor"),
    }
    rows = [Row("floor: signed in, does nothing", "", 1000 * statistics.median(measured.cpu["floor"]), "CPU ms")]
    for name, (goal, floor) in goals.items():
        shown = name.replace("verify ", "verify, live codes: ")
        rows.append(Row(f"{shown}: CPU", goal, measured.ratio(name, floor), "x floor"))
        rows.append(Row(f"{shown}: statements", "", measured.statements[name], "SQL, with BEGIN and COMMIT"))
    rows.append(Row("beat, nothing new: body", "== 0", measured.size["beat, nothing new"], "bytes"))
    rows.append(Row(f"monitor of {LEARNERS:,}, whole: body", "<= 45", measured.size["monitor, whole"] / 1024, "kB"))
    return rows
