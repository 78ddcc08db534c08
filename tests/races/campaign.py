"""Rounds and rounds of the races that students meet, and the books afterwards: what was acknowledged is there, once.

Three rounds are one learner's whole test: four tabs join, four start, and then Submit, twice at once, meets an answer and a
rival (a pause, an End, the sweep at the very end of the time, a staff submit, more time, a release).
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from assessprep_xblock.domain.attempts import (
    actions_answers,
    actions_entry,
    actions_release,
    actions_running,
    actions_settle,
)
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, LedgerEntry
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import actions_ending
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms.models import Enrolment
from tests.bare import Room, add_session, room

DURATION_S = 600
#: Learners of one session; then the next session of the same placement begins.
CLASS = 10
#: What somebody may be told who came second; any other refusal is a fault.
REFUSED = {"held", "already_held", "already_submitted", "not_in_progress", "time_over", "move_refused", "nothing_to_release"}
#: Rounds of racing threads in one learner's test: joining, starting, submitting.
RACES = 3
Together = Callable[..., list[Any]]


class Team:
    """Four threads that keep their database connections from race to race, released by one barrier each time."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(4)

    def __call__(self, *calls: Callable[[], Any]) -> list[Any]:
        """Results, or exceptions, in the same order."""
        start = Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            connection.ensure_connection()
            start.wait(60)
            try:
                return call()
            except Exception as error:  # noqa: BLE001  (the outcome is the exception)
                return error

        return list(self.pool.map(run, calls))

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_problem: object) -> None:
        self(*[connection.close] * 4)
        self.pool.shutdown()


@dataclass
class Tally:
    """What came of it. ``lost``: acknowledged and not there. ``doubled``: there twice."""

    tests: int = 0
    submits: int = 0
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    told: set[str] = field(default_factory=set)

    def news(self) -> list[str]:
        """What went wrong since it was last asked."""
        by_kind = (("lost", self.lost), ("doubled", self.doubled), ("wrong", self.wrong))
        fresh = [f"{kind}: {one}" for kind, them in by_kind for one in them if f"{kind}: {one}" not in self.told]
        self.told.update(fresh)
        return fresh

    def line(self) -> str:
        """The result in one line."""
        return (
            f"{self.tests * RACES} raced rounds in {self.tests} whole tests, {self.submits} submits and {self.answers} "
            f"answers acknowledged: {len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.wrong)} otherwise wrong"
        )


class Campaign:
    """Races, one learner after the other, in a room that never ends."""

    def __init__(self, now: datetime, together: Together, *, seed: int = 1) -> None:
        self.place: Room = room(now, learners=0, duration_s=DURATION_S, release="manual")
        self.now, self.together = now, together
        self.chance = random.Random(seed)
        self.tally = Tally()
        self.session = self.place.session

    def run(self, tests: int, *, told: Callable[[str], None] = lambda _line: None) -> Tally:
        """So many tests; the books of each session are checked when it is full."""
        for number in range(tests):
            if number % CLASS == 0:
                self._next_session(number // CLASS)
            self._test(self._learner(number))
            self.tally.tests += 1
            if number % CLASS == CLASS - 1 or number == tests - 1:
                self._check_books()
            for problem in self.tally.news():
                told(problem)
            if number % 500 == 499:
                told(self.tally.line())
        return self.tally

    # -- what happens --------------------------------------------------------------------------------------------------
    def _next_session(self, number: int) -> None:
        AssessmentSession.objects.filter(pk=self.session.pk).update(live_code=None)
        self.session = add_session(
            self.place.session.placement, self.place.staff, self.now, name=f"Class {number}", code="4711",
            duration_s=DURATION_S, release="manual",
        )  # fmt: skip

    def _learner(self, number: int) -> int:
        learner = get_user_model().objects.create(username=f"racer{number}", email=f"racer{number}@example.com")
        Enrolment.objects.create(user_id=learner.pk, course_key=self.session.course_key)
        return int(learner.pk)

    def _test(self, learner: int) -> None:
        join = partial(
            actions_entry.verify_code, usage_key=self.place.usage_key, learner_id=learner, code="4711", now=self.now
        )
        joined = self._acknowledged(self.together(join, join, join, join))
        (attempt,) = {one.attempt.uuid for one in joined}
        start = partial(actions_running.start, attempt_uuid=attempt, by=learner, now=self.now)
        if len({one.attempt.due_us for one in self._acknowledged(self.together(start, start, start, start))}) != 1:
            self.tally.doubled.append(f"{attempt}: two starts")
        rival, at = self._rival(attempt)
        submit = partial(actions_running.submit, attempt_uuid=attempt, by=learner, now=at)
        first = self._answer(attempt, learner, 1, self.now + timedelta(seconds=5))
        saved = self._acknowledged([first()])
        outcomes = self.together(submit, submit, rival, self._answer(attempt, learner, 2, at))
        done = self._acknowledged(outcomes[:2])
        self._acknowledged(outcomes[2:3])
        saved += self._acknowledged(outcomes[3:])
        self.tally.submits += len(done)
        self.tally.answers += len(saved)
        self._check_test(attempt, acknowledged=bool(done), revision=max(one.revision for one in saved))
        if AssessmentSession.objects.values_list("held_since", flat=True).get(pk=self.session.pk):
            monitoring.resume(session_id=self.session.pk, by=self.place.staff, attempts="all", reason="", now=at)

    def _answer(self, attempt: uuid.UUID, learner: int, revision: int, at: datetime) -> Callable[[], Any]:
        item = self.place.questions[0].item
        values = {f"input_{item}_2_1": f"answer {revision}"}
        given: dict[str, Any] = {"item": item, "values": values, "revision": revision, "written_at": None}
        return partial(actions_answers.save_answer, attempt_uuid=attempt, by=learner, now=at, **given)

    def _rival(self, attempt: uuid.UUID) -> tuple[Callable[[], Any], datetime]:
        """Who comes between, and when."""
        soon, over = self.now + timedelta(seconds=30), self.now + timedelta(seconds=DURATION_S + 120)
        staff: dict[str, Any] = {"session_id": self.session.pk, "by": self.place.staff, "reason": "race"}
        rivals: list[tuple[Callable[..., Any], datetime, dict[str, Any]]] = [
            (monitoring.pause, soon, {**staff, "attempts": "all"}),
            (monitoring.pause, soon, {**staff, "attempts": [attempt]}),
            (monitoring.end, soon, {**staff, "attempts": "all"}),
            (actions_ending.submit, soon, {**staff, "attempts": [attempt]}),
            (actions_settle.settle, over, {"session_id": self.session.pk}),
            (
                monitoring.extend,
                soon,
                {**staff, "attempts": [attempt], "seconds": 60, "request_id": uuid.uuid4()},
            ),
            (actions_release.release, soon, {"session_id": self.session.pk, "by": self.place.staff}),
        ]
        act, at, given = self.chance.choice(rivals)
        return partial(act, **given, now=at), at

    def _acknowledged(self, outcomes: list[Any]) -> list[Any]:
        """Those that were not refused; a refusal is counted, and anything else that was raised is a fault."""
        kept = []
        for one in outcomes:
            if isinstance(one, Refusal):
                self.tally.refused[one.code] += 1
                if one.code not in REFUSED:
                    self.tally.wrong.append(f"refused: {one.code}")
            elif isinstance(one, Exception):
                self.tally.wrong.append(repr(one))
            else:
                kept.append(one)
        return kept

    # -- what has to hold ----------------------------------------------------------------------------------------------
    def _check_test(self, attempt: uuid.UUID, *, acknowledged: bool, revision: int) -> None:
        row = Attempt.objects.get(uuid=attempt)
        if acknowledged and row.status != "submitted":
            self.tally.lost.append(f"{attempt}: submit acknowledged, and it is {row.status}")
        if Attempt.objects.filter(learner_id=row.learner_id).count() != 1:
            self.tally.doubled.append(f"{attempt}: another attempt beside it")
        drafts = list(AnswerDraft.objects.filter(attempt=row).values_list("revision", flat=True))
        if drafts != [revision]:
            self.tally.lost.append(f"{attempt}: revision {revision} acknowledged, kept are {drafts}")
        told = Counter(AuditRow.objects.filter(attempt_id=row.pk).values_list("action", flat=True))
        ending = sum(told[one] for one in ("submit", "settle"))
        if told["join"] != 1 or told["start"] != 1 or ending > 1:
            self.tally.doubled.append(f"{attempt}: {dict(told)}")
        if row.status == "submitted" and ending != 1:
            self.tally.wrong.append(f"{attempt}: submitted, and the trail says {dict(told)}")
        if LedgerEntry.objects.filter(attempt=row, kind="duration").count() != 1:
            self.tally.doubled.append(f"{attempt}: the time of the test was given twice")
        entries = LedgerEntry.objects.filter(attempt=row).values_list("us", flat=True)
        if row.hold_us is None and row.started_us is not None and sum(entries) != (row.due_us or 0) - row.started_us:
            self.tally.wrong.append(f"{attempt}: the ledger does not add up to the time there was")

    def _check_books(self) -> None:
        session = AssessmentSession.objects.get(pk=self.session.pk)
        counted = Counter(Attempt.objects.filter(session=session).values_list("status", flat=True))
        for status in ("joined", "in_progress", "ended", "submitted"):
            if getattr(session, f"n_{status}") != counted[status]:
                self.tally.wrong.append(
                    f"{session.name}: {getattr(session, f'n_{status}')} {status}, {counted[status]} rows"
                )
        newest = max(AuditRow.objects.filter(session_id=session.pk).values_list("change_no", flat=True))
        if newest != session.change_no:
            self.tally.wrong.append(f"{session.name}: a change without its audit row")


def deadlocks() -> int:
    """How many the server has broken up since it started."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        return int(cursor.fetchone()[1])
