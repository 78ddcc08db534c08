"""Everybody submits at the same moment: 16 at a time in one session, beside 16 in sixteen sessions (performance goal P12).

The one row that a session's students share may not make them wait for each other. Sixteen processes, each with its own
connection, call the action itself; both kinds take turns.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

from bench.rows import Row
from bench.servers import python, stack

AT_ONCE, EACH, ROUNDS = 16, 12, 5


def run(note: Callable[[str], None]) -> list[Row]:
    """Rates of both, and the ratio."""
    with stack() as servers:
        python(servers.environment, "-m", "bench.room", "room")
        note(f"{ROUNDS} rounds of {AT_ONCE} x {EACH} submits, in one session and in {AT_ONCE}")
        told = json.loads(python(servers.environment, "-m", "bench.storm").splitlines()[-1])
    rounds = told["rounds"]
    apart = statistics.median(one["one"] / one["many"] for one in rounds)
    return [
        Row("storm, one session: submits a second, as the clock on the wall", "", _median(rounds, "one"), ""),
        Row(f"storm, {AT_ONCE} sessions: submits a second, as the clock on the wall", "", _median(rounds, "many"), ""),
        Row(f"storm: rate in one session / in {AT_ONCE}", ">= 0.9", apart, "times"),
        Row("storm: acknowledged and not submitted", "== 0", told["lost"], ""),
        Row("storm: counters that differ from their rows", "== 0", told["miscounted"], ""),
    ]


def _median(rounds: list[dict[str, float]], name: str) -> float:
    return statistics.median(one[name] for one in rounds)


def _storm() -> dict[str, Any]:
    """``rounds``: submits a second in one session and in many; and what the tables say after all of them."""
    from assessprep_xblock.domain.attempts.models import Attempt
    from assessprep_xblock.domain.sessions.models import AssessmentSession

    found = []
    for number in range(ROUNDS):
        rates: dict[str, float] = {}
        # Who goes first takes turns: what one leaves warm helps the other.
        for kind in ("one", "many") if number % 2 else ("many", "one"):
            sessions = _sessions(number, 1 if kind == "one" else AT_ONCE)
            rates[kind] = _rate(
                [[attempt for session in sessions for attempt in session][at::AT_ONCE] for at in range(AT_ONCE)]
            )
        found.append(rates)
    rows = AssessmentSession.objects.filter(name__startswith="Storm")
    unlike = sum(row.n_submitted != Attempt.objects.filter(session=row, status="submitted").count() for row in rows)
    lost = Attempt.objects.filter(session__in=rows).exclude(status="submitted").count()
    return {"rounds": found, "lost": lost, "miscounted": unlike}


def _sessions(number: int, count: int) -> list[list[Any]]:
    """So many new sessions that share the students of a storm; their attempts as ``(uuid, learner)``, session by session."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from assessprep_xblock.domain.attempts.models import Attempt
    from assessprep_xblock.domain.sessions.models import AssessmentSession
    from bench.crowd import put_to_work
    from devlms.models import Enrolment
    from tests import bare

    accounts, name = get_user_model(), f"storm{number}-{count}-"
    accounts.objects.bulk_create(
        accounts(username=f"{name}{n}", email=f"{name}{n}@example.com") for n in range(AT_ONCE * EACH)
    )
    ids = list(accounts.objects.filter(username__startswith=name).order_by("pk").values_list("pk", flat=True))
    first = AssessmentSession.objects.order_by("pk")[0]
    Enrolment.objects.bulk_create(Enrolment(user_id=pk, course_key=first.course_key) for pk in ids)
    made = []
    for place in range(count):
        code = f"{number + 1}{count:02}{place:03}"
        session = bare.add_session(first.placement, first.created_by_id, timezone.now(), name=f"Storm {code}", code=code)
        put_to_work(session, ids[place::count], timezone.now())
        made.append(list(Attempt.objects.filter(session=session).order_by("pk").values_list("uuid", "learner_id")))
    return made


def _rate(parts: list[list[Any]]) -> float:
    """Submits a second of so many processes, from the moment at which all of them are ready."""
    from django.db import connections

    connections.close_all()
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(len(parts) + 1)
    processes = [fork.Process(target=_submit, args=(part, ready)) for part in parts]
    for one in processes:
        one.start()
    ready.wait(120)
    begun = time.monotonic()
    for one in processes:
        one.join()
    if any(one.exitcode for one in processes):
        raise RuntimeError("a submit of the storm failed")
    return sum(map(len, parts)) / (time.monotonic() - begun)


def _submit(part: list[Any], ready: Any) -> None:
    from django.db import connection
    from django.utils import timezone

    from assessprep_xblock.domain.attempts.actions_running import submit

    connection.ensure_connection()
    ready.wait(120)
    for uuid, learner in part:
        submit(attempt_uuid=uuid, by=learner, now=timezone.now())


if __name__ == "__main__":
    django.setup()
    json.dump(_storm(), sys.stdout)
