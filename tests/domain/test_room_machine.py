"""A room against a pure model: students, invigilators, the sweeper and the clock, in any order that Hypothesis thinks of.

The model below knows what is left on each student's clock as one number that runs only while the student may work; the
product knows points on a session's clock. After every step both have to say the same, and so have the counters, the ledger
and the audit.
"""

from __future__ import annotations

import uuid
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("hypothesis", reason="pip install hypothesis (requirements/test.in)")

from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from assessprep_xblock.domain.attempts import actions_entry, actions_running, actions_settle
from assessprep_xblock.domain.attempts.models import Attempt, LedgerEntry
from assessprep_xblock.domain.attempts.standing import seen
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring.queries_replay import COUNTED, replay
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.bare import CODE, room
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

DURATION, GRACE, END_GRACE, UNDO = 600, 10, 120, 600
LEARNERS = st.integers(0, 2)
LENGTHS = st.sampled_from([1, 7, 60, 119, 240, 601])


@dataclass
class Student:
    """What the model knows: seconds left, and whatever stops them from running."""

    status: str = "absent"
    left: float = 0
    held: bool = False
    voided: bool = False
    by_staff: bool = False  # who ended it
    ended_at: datetime | None = None
    touched: int = 0  # the last change that was not the sweeper's
    used: float = 0
    allowed: float = 0

    def stop(self, now: datetime, *, by_staff: bool) -> None:
        """Answering ends: what is left now is what a reopened test has."""
        if self.status == "in_progress":
            self.left, self.held, self.by_staff, self.ended_at = max(0, self.left), False, by_staff, now


class RoomMachine(RuleBasedStateMachine):
    """The rules are the calls; each says beforehand, by the model alone, whether it has to be accepted."""

    def __init__(self) -> None:
        super().__init__()
        cache.clear()  # the rows of the example before had the same numbers
        self.point = transaction.savepoint()
        self.now = NOW
        self.place = room(NOW, learners=3, duration_s=DURATION, network_grace_s=GRACE, end_grace_s=END_GRACE)
        self.students = [Student() for _ in range(3)]
        self.paused = False
        self.changes = 0
        self.final: set[int] = set()
        self.reopened: set[int] = set()
        self.replayed: tuple[int, datetime] | None = None
        #: how the room was last at each moment, for looking back
        self.seen: dict[datetime, list[Student]] = {}
        #: (deed, student, the student before, the change's number, when)
        self.deeds: list[tuple[uuid.UUID, int, Student, int, datetime]] = []

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.point)

    # -- how a call is made and judged --------------------------------------------------------------------------------
    def attempt(self, number: int) -> Attempt | None:
        return Attempt.objects.filter(learner_id=self.place.learners[number]).first()

    def accepted(self, call: Any, **given: Any) -> bool:
        try:
            answer = call(**given, now=self.now)
        except Refusal:
            return False
        return not isinstance(answer, dict) or all(row["done"] for row in answer["rows"])

    def staff(self, deed: Any, number: int, **more: Any) -> bool:
        attempt = self.attempt(number)
        if attempt is None:
            return False
        call = {"session_id": self.place.session.pk, "by": self.place.staff, "attempts": [attempt.uuid], "reason": "r"}
        return self.accepted(deed, **call, **more)

    def changed(self, number: int, student: Student) -> None:
        self.changes += 1
        student.touched = self.changes
        self.students[number] = student

    def judge(self, number: int, may: bool, done: bool, **values: Any) -> None:
        assert done == may, (number, self.students[number])
        if may:
            after = copy(self.students[number])
            for name, value in values.items():
                setattr(after, name, value)
            self.changed(number, after)

    @initialize()
    def two_are_working(self) -> None:
        """Most of what can go wrong goes wrong among those who work."""
        for number in (0, 1):
            self.join(number)
            self.start(number)

    # -- students -----------------------------------------------------------------------------------------------------
    @rule(number=LEARNERS)
    def join(self, number: int) -> None:
        student = self.students[number]
        call = {"usage_key": self.place.usage_key, "learner_id": self.place.learners[number], "code": CODE}
        done = self.accepted(actions_entry.verify_code, **call)
        assert done == (student.status != "submitted" and not student.voided)
        if student.status == "absent":
            self.judge(number, True, done, status="joined")

    @rule(number=LEARNERS)
    def start(self, number: int) -> None:
        student, attempt = self.students[number], self.attempt(number)
        if attempt is None:
            return
        done = self.accepted(actions_running.start, attempt_uuid=attempt.uuid, by=attempt.learner_id)
        if student.status == "in_progress":
            assert done == (not student.voided)
            return
        may = student.status == "joined" and not student.voided and not self.paused
        self.judge(number, may, done, status="in_progress", left=DURATION, allowed=DURATION)

    @rule(number=LEARNERS)
    def submit(self, number: int) -> None:
        student, attempt = self.students[number], self.attempt(number)
        if attempt is None or student.status == "submitted":
            return
        done = self.accepted(actions_running.submit, attempt_uuid=attempt.uuid, by=attempt.learner_id)
        stopped = student.held or self.paused
        may = not student.voided and (student.status == "ended" or (student.status == "in_progress" and not stopped))
        after = copy(student)
        after.stop(self.now, by_staff=False)
        self.judge(number, may, done, **{**vars(after), "status": "submitted"})

    # -- invigilators -------------------------------------------------------------------------------------------------
    @rule()
    def pause_or_resume_the_room(self) -> None:
        deed = monitoring.resume if self.paused else monitoring.pause
        call = {"session_id": self.place.session.pk, "by": self.place.staff, "attempts": "all", "reason": "r"}
        assert self.accepted(deed, **call)
        self.paused = not self.paused
        self.changes += 1

    @rule(number=LEARNERS)
    def hold_or_release(self, number: int) -> None:
        student = self.students[number]
        works = student.status == "in_progress" and not student.voided
        if student.held:
            self.judge(number, works, self.staff(monitoring.resume, number), held=False)
        else:
            self.judge(number, works and student.left > 0, self.staff(monitoring.pause, number), held=True)

    @rule(number=LEARNERS, seconds=st.sampled_from([-300, -60, 60, 300]))
    def change_the_time(self, number: int, seconds: int) -> None:
        student = self.students[number]
        done = self.staff(monitoring.extend, number, seconds=seconds, request_id=uuid.uuid4())
        # Over already: what is given counts from now.
        left = max(0, student.left)
        may = student.status == "in_progress" and not student.voided and (seconds > 0 or left + seconds > 0)
        self.judge(number, may, done, left=left + seconds, allowed=student.allowed + seconds)

    def _end(self, deed: Any, number: int, status: str, *, may: bool, **more: Any) -> None:
        before, attempt = copy(self.students[number]), self.attempt(number)
        answer: dict[str, Any] = {"rows": []}
        if attempt is not None:
            call = {"session_id": self.place.session.pk, "by": self.place.staff, "attempts": [attempt.uuid], "reason": "r"}
            answer = deed(**call, now=self.now)
        after = copy(before)
        after.stop(self.now, by_staff=True)
        done = bool(answer["rows"]) and answer["rows"][0]["done"]
        self.judge(number, may, done, **{**vars(after), "status": status, **more})
        if may:
            self.deeds.append((uuid.UUID(answer["undo"]), number, before, self.changes, self.now))

    @rule(number=LEARNERS)
    def end(self, number: int) -> None:
        student = self.students[number]
        self._end(monitoring.end, number, "ended", may=student.status == "in_progress" and not student.voided)

    @rule(number=LEARNERS)
    def hand_in(self, number: int) -> None:
        student = self.students[number]
        may = student.status in ("in_progress", "ended") and not student.voided
        self._end(monitoring.submit, number, "submitted", may=may)

    @rule(number=LEARNERS)
    def void(self, number: int) -> None:
        student = self.students[number]
        status = "ended" if student.status == "in_progress" else student.status
        self._end(monitoring.void, number, status, may=student.status != "absent" and not student.voided, voided=True)

    @rule(number=LEARNERS, seconds=st.sampled_from([0, 60, 300]))
    def reopen(self, number: int, seconds: int) -> None:
        student = self.students[number]
        over = student.status == "in_progress" and not student.held and student.left <= 0
        left = max(0, student.left) + seconds
        may = (student.status in ("ended", "submitted") or over) and not student.voided and student.allowed > 0 and left > 0
        done = self.staff(monitoring.reopen, number, seconds=seconds)
        if may:
            self.reopened.add(number)
        self.judge(number, may, done, status="in_progress", left=left, allowed=student.allowed + seconds, held=False)

    @precondition(lambda self: self.deeds)
    @rule(choice=st.integers(0, 99))
    def undo(self, choice: int) -> None:
        deed, number, before, mark, at = self.deeds[choice % len(self.deeds)]
        student = self.students[number]
        may = student.touched == mark and self.now - at <= timedelta(seconds=UNDO)
        call = {"session_id": self.place.session.pk, "by": self.place.staff, "deed": deed, "reason": "r"}
        done = self.accepted(monitoring.undo, **call)
        if may:
            self.reopened.add(number)
            self.deeds.remove((deed, number, before, mark, at))
            restored = {**vars(before), "left": max(0, before.left) if before.status == "in_progress" else before.left}
            self.judge(number, True, done, **{**restored, "used": student.used, "allowed": student.allowed})
        else:
            assert not done

    @rule(number=LEARNERS, seconds=LENGTHS, swept=st.booleans())
    def end_by_mistake(self, number: int, seconds: int, swept: bool) -> None:
        """What Undo is for; left to chance the three steps would hardly ever meet."""
        before = len(self.deeds)
        self.end(number)
        if len(self.deeds) > before:
            self.time_passes(seconds)
            if swept:
                self.sweep()
            self.undo(before)

    # -- the clock and the sweeper ------------------------------------------------------------------------------------
    @rule(seconds=LENGTHS)
    def time_passes(self, seconds: int) -> None:
        self.seen[self.now] = [copy(student) for student in self.students]
        self.now += timedelta(seconds=seconds)
        for student in self.students:
            if student.status == "in_progress" and not (student.held or student.voided or self.paused):
                student.used += min(seconds, max(0, student.left))
                student.left -= seconds

    @rule()
    def sweep(self) -> None:
        swept = []
        for number, student in enumerate(self.students):
            over = student.status == "in_progress" and not (student.held or self.paused) and student.left <= -GRACE
            grace = timedelta(seconds=END_GRACE if student.by_staff else 0)
            ended = student.status == "ended" and student.ended_at is not None and student.ended_at + grace <= self.now
            if not student.voided and (over or ended):
                swept.append(number)
        assert actions_settle.settle(session_id=self.place.session.pk, now=self.now).submitted == len(swept)
        for number in swept:
            self.students[number].stop(self.now, by_staff=False)
            self.students[number].status = "submitted"
            self.changes += 1

    @precondition(lambda self: self.seen)
    @rule(choice=st.integers(0, 99))
    def look_back(self, choice: int) -> None:
        """The replay of any moment is the room as it was then."""
        moment = sorted(self.seen)[choice % len(self.seen)]
        self.check_replay(moment, self.seen[moment])

    def check_replay(self, moment: datetime, students: list[Student]) -> None:
        session = type(self.place.session).objects.select_related("placement__version").get(pk=self.place.session.pk)
        told = replay(session, at=moment, now=self.now + timedelta(days=1))
        rows = {row["learner"]: row for row in told["rows"]}
        for number, student in enumerate(students):
            row = rows[self.place.learners[number]]
            over = student.status == "in_progress" and not student.held and student.left <= 0
            assert (row["status"], row["voided"]) == ("ended" if over else student.status, student.voided), (moment, student)
            if row["status"] == "in_progress":
                assert row["left_ms"] == round(max(0, student.left) * 1000)
                assert (row["held"] is not None) == (student.held or told["held"])
        assert sum(told["counters"][name] for name in COUNTED) == told["counters"]["assigned"] == len(students)

    # -- what always holds --------------------------------------------------------------------------------------------
    @invariant()
    def both_say_the_same(self) -> None:
        for number, student in enumerate(self.students):
            attempt = self.attempt(number)
            if attempt is None:
                assert student.status == "absent"
                continue
            assert (attempt.status, attempt.voided) == (student.status, student.voided)
            clock = seen(attempt).standing.attempt_clock
            if student.status == "in_progress":
                assert clock is not None
                assert clock.left_us(self.now) == round(student.left * 1_000_000)
                assert (attempt.hold_us is not None) == student.held

    @invariant()
    def the_replay_of_this_moment_is_the_room_as_it_is(self) -> None:
        if self.changes and (self.changes, self.now) != self.replayed:
            self.replayed = (self.changes, self.now)
            self.check_replay(self.now, self.students)

    @invariant()
    def submitted_is_final_unless_staff_reopen(self) -> None:
        now = {number for number, student in enumerate(self.students) if student.status == "submitted"}
        assert self.final - now <= self.reopened
        self.final, self.reopened = now, set()

    @invariant()
    def nobody_used_more_than_was_given(self) -> None:
        for number, student in enumerate(self.students):
            attempt = self.attempt(number)
            if attempt is None or attempt.due_us is None:
                continue
            entries = list(LedgerEntry.objects.filter(attempt=attempt).values_list("kind", "us"))
            assert attempt.due_us - attempt.started_us == sum(us for _kind, us in entries)
            assert attempt.granted_us == sum(us for kind, us in entries if kind != "duration")
            given = sum(us for kind, us in entries if kind in ("duration", "grant"))
            assert given == student.allowed * 1_000_000
            assert student.used <= student.allowed

    @invariant()
    def counters_are_the_rows_and_every_change_left_one_row_in_the_audit(self) -> None:
        assert self.place.counters() == self.place.counted()
        assert AuditRow.objects.filter(session_id=self.place.session.pk).count() == self.changes


def test_students_invigilators_the_sweeper_and_the_clock_agree_with_a_pure_model():
    """Deterministic, so that a failure here is a failure everywhere; Hypothesis prints the steps that led to it."""
    run_state_machine_as_test(
        RoomMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
