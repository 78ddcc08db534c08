"""A day of 200 virtual students in compressed time, over HTTP: every one of them verifies, starts, answers, reloads, sends
things twice, waits out a pause, submits; invigilators watch all the while (performance goal P20).

Nobody waits between two calls, so that an hour's work takes minutes. At the end the tables are asked whether anything was
lost, written twice or miscounted.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.endpoints import Caller
from bench.rows import Row
from bench.servers import Stack, python, stack

STUDENTS, AT_ONCE, BEATS = 200, 12, 3


class _Day:
    """What everybody shares: the room, what was acknowledged, and what should not have happened."""

    def __init__(self, servers: Stack, room: dict[str, Any]) -> None:
        self.servers, self.room = servers, room
        self.calls: Counter[str] = Counter()
        self.errors: list[str] = []
        self.acknowledged: dict[str, dict[str, str]] = {}
        #: The students are done, or the bench was told to end.
        self.over, self.broken_off = threading.Event(), False
        self._lock = threading.Lock()

    def note(self, name: str, status: int, read: bytes, expected: tuple[int, ...]) -> None:
        with self._lock:
            self.calls[name] += 1
            if status not in expected:
                self.errors.append(f"{name}: {status} {read[:200]!r}")


class _Somebody:
    """One browser of the day; every call is counted, and one that fails is an error of the day."""

    def __init__(self, day: _Day, key: str) -> None:
        self.day, self.caller, self.state = day, Caller(day.servers, day.room, key), dict[str, Any]()

    def call(self, name: str, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200,)) -> int:
        if self.day.broken_off:
            raise RuntimeError("the day was broken off")
        status, read = self.caller.ask(method, f"/assessprep/api/v1/{path}", body)
        self.day.note(name, status, read, expected)
        if status == 200 and read[:1] == b"{":
            self.state = {**self.state, **json.loads(read)}
        self.caller.close()
        return status


def _student(day: _Day, key: str, chance: random.Random) -> None:
    one, room = _Somebody(day, key), day.room
    enter = f"placements/{room['placement'].replace('+', '%2B')}/verify"
    twice = lambda: 2 if chance.random() < 0.3 else 1  # noqa: E731  a press too many, a proxy that repeats
    for _ in range(twice()):
        one.call("verify", "POST", enter, {"code": room["code"]})
    attempt = f"attempts/{one.state['attempt']}"
    # While the room is paused nobody starts: the page asks again.
    while one.call("start", "POST", f"{attempt}/start", {"agreed": True}, (200, 409)) != 200:
        time.sleep(0.2)
    for _ in range(twice() - 1):
        one.call("start", "POST", f"{attempt}/start", {"agreed": True})
    kept: dict[str, str] = {}
    for revision, item in enumerate(chance.sample(room["items"], len(room["items"])) * 2, start=1):
        choice = f"choice_{chance.randrange(4)}"
        body = {"values": {f"input_{item}_2_1": choice}, "revision": revision}
        for _ in range(twice()):
            one.call("answer", "PUT", f"{attempt}/answers/{item}", body)
        kept[item] = choice
        if revision % BEATS == 0:
            beat = {"token": one.state["token"], "notice_no": one.state["notice_no"]}
            one.call("beat", "POST", f"{attempt}/beat", beat, (200, 204))
    one.call("reload", "GET", attempt)
    while one.call("submit", "POST", f"{attempt}/submit", {}, (200, 409)) != 200:
        time.sleep(0.2)
    for _ in range(twice() - 1):
        one.call("submit", "POST", f"{attempt}/submit", {})
    day.acknowledged[one.state["attempt"]] = kept


def _invigilator(day: _Day) -> None:
    """Watches by what changed, pauses and resumes the room, announces, and gives time, until the day is over."""
    one, turn = _Somebody(day, day.room["staff"]), 0
    path = f"sessions/{day.room['session']}"
    while not day.over.is_set():
        turn += 1
        one.call("monitor", "GET", f"{path}/monitor?since={one.state.get('since', '')}", None, (200, 204))
        if turn % 10 == 0:
            for deed in ("pause", "resume"):
                one.call(deed, "POST", f"{path}/{deed}", {"attempts": "all"})
        if turn % 15 == 0:
            said = {"attempts": "all", "text": f"Announcement {turn}", "request_id": str(uuid.uuid4())}
            for _ in range(2):
                one.call("announce", "POST", f"{path}/announce", said)
        day.over.wait(0.5)


def run(note: Callable[[str], None]) -> list[Row]:
    """The day, and what the tables say after it."""
    with stack() as servers:
        room = json.loads(python(servers.environment, "-m", "bench.room", "room"))
        day, begun = _Day(servers, room), time.monotonic()
        note(f"{STUDENTS} students, {AT_ONCE} at a time")
        staff = threading.Thread(target=_invigilator, args=(day,))
        staff.start()
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                keys = enumerate(room["students"][:STUDENTS])
                works = [pool.submit(_student, day, key, random.Random(n)) for n, key in keys]
                try:
                    for work in works:
                        work.result()
                except BaseException:
                    day.broken_off = True
                    raise
        finally:
            day.over.set()
            staff.join()
        seconds = time.monotonic() - begun
        books = json.loads(python(servers.environment, "-m", "bench.day", room["session"]).splitlines()[-1])
    lost = sum(books["answers"].get(attempt) != kept for attempt, kept in day.acknowledged.items())
    lost += STUDENTS - books["submitted"]
    for error in day.errors[:5]:
        note(error)
    return [
        Row("day of 200: calls", "", sum(day.calls.values()), ""),
        Row("day of 200: calls a second, as the clock on the wall", "", sum(day.calls.values()) / seconds, ""),
        Row("day of 200: errors", "== 0", len(day.errors), ""),
        Row("day of 200: acknowledged and lost", "== 0", lost, ""),
        Row("day of 200: written twice", "== 0", books["twice"], ""),
        Row("day of 200: counters that differ from their rows", "== 0", books["miscounted"], ""),
        Row("day of 200: announcements", "", books["announcements"], ""),
    ]


def _books(uuid_of_session: str) -> dict[str, Any]:
    """What the tables hold of the day."""
    import django

    django.setup()
    from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, LedgerEntry
    from assessprep_xblock.domain.monitoring.models import Announcement
    from assessprep_xblock.domain.sessions.models import AssessmentSession
    from assessprep_xblock.domain.shared.models import AuditRow

    session = AssessmentSession.objects.get(uuid=uuid_of_session)
    rows = list(Attempt.objects.filter(session=session))
    answers: dict[str, dict[str, str]] = {}
    for attempt, item, values in AnswerDraft.objects.values_list("attempt__uuid", "question__item", "values"):
        answers.setdefault(str(attempt), {})[item] = next(iter(values.values()))
    trail = AuditRow.objects.filter(session_id=session.pk, attempt_id__isnull=False)
    told = Counter(trail.values_list("attempt_id", "action"))
    spent = Counter(LedgerEntry.objects.filter(session=session, kind="duration").values_list("attempt_id", flat=True))
    said = Announcement.objects.filter(session=session)
    again = said.count() - said.values("text").distinct().count()
    statuses = Counter(row.status for row in rows)
    return {
        "submitted": statuses["submitted"],
        "answers": answers,
        "twice": sum(n - 1 for counter in (told, spent) for n in counter.values())
        + len(rows)
        - len({row.learner_id for row in rows})
        + again,
        "miscounted": sum(
            getattr(session, f"n_{status}") != statuses[status] for status in ("joined", "in_progress", "ended", "submitted")
        )
        + sum(row.answered != len(answers[str(row.uuid)]) for row in rows),
        "announcements": said.count(),
    }


if __name__ == "__main__":
    json.dump(_books(sys.argv[1]), sys.stdout)
