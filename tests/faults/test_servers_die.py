"""Servers die, freeze and come back while a room is working."""

from __future__ import annotations

import time

import pytest
import redis as redis_client
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_handin import hand_in
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.sessions.models import WrongTries

from .conftest import KILLS, LEARNERS, Deployment
from .room import TOLD, Student, Trouble, check_every_grade, check_nothing_lost, students, work

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def test_every_server_dies_once_while_a_room_works_and_nothing_is_lost_or_doubled(deployment: Deployment):
    """The short form, which stands for all the others in CI."""
    stack = deployment.stack

    def cut_the_broker() -> None:
        stack.broker.kill()
        time.sleep(0.3)
        stack.broker.start()

    def freeze_the_cache() -> None:
        stack.cache.freeze()
        time.sleep(1.2)
        stack.cache.thaw()

    deaths = iter(
        [
            lambda: kill_the_database(deployment),
            lambda: stack.web.kill_a_worker(deployment.chance),
            cut_the_broker,
            freeze_the_cache,
            lambda: kill_the_database(deployment),
            stack.worker.kill,
        ]
    )
    room = students(deployment)
    work(room, Trouble(lambda: next(deaths)(), 6, pause_s=0.3))
    assert sum(student.failures for student in room), "nobody noticed: nothing died while they worked"
    check_nothing_lost(room)
    # The worker is gone for good: cron alone brings the grades.
    deployment.settle()
    check_every_grade(room, claims_lapse=True)


def kill_the_database(deployment: Deployment) -> None:
    deployment.stack.database.kill()
    time.sleep(0.3)
    deployment.restart_database()
    TOLD["kills"] += 1


def test_a_killed_database_loses_and_doubles_nothing_that_was_acknowledged(deployment: Deployment):
    room = students(deployment)
    work(room, Trouble(lambda: kill_the_database(deployment), KILLS, pause_s=0.7))
    assert sum(student.failures for student in room), "nobody noticed: the database was not killed while they worked"
    deployment.settle()
    check_nothing_lost(room)
    check_every_grade(room, claims_lapse=True)


def test_a_web_worker_killed_in_mid_request_loses_and_doubles_nothing(deployment: Deployment):
    def kill() -> None:
        deployment.stack.web.kill_a_worker(deployment.chance)
        TOLD["kills"] += 1

    room = students(deployment)
    # Long enough for the next worker to have taken up requests.
    work(room, Trouble(kill, KILLS, pause_s=1.5))
    assert sum(student.failures for student in room)
    deployment.settle()
    check_nothing_lost(room)
    check_every_grade(room, claims_lapse=True)


@pytest.mark.parametrize("how", ["killed", "frozen", "flushed"])
def test_a_cache_that_is_lost_costs_nobody_an_answer(deployment: Deployment, how: str):
    cache = redis_client.Redis.from_url(deployment.stack.cache_url)

    def trouble() -> None:
        if how == "killed":
            deployment.stack.cache.kill()
            time.sleep(0.5)
            deployment.stack.cache.start()
        elif how == "frozen":
            deployment.stack.cache.freeze()
            time.sleep(1.5)
            deployment.stack.cache.thaw()
        else:
            cache.flushall()

    room = students(deployment)
    work(room, Trouble(trouble, KILLS, pause_s=0.5))
    deployment.settle()
    check_nothing_lost(room)
    check_every_grade(room)


@pytest.mark.parametrize("how", ["up", "killed", "frozen"])
def test_exactly_five_wrong_codes_are_looked_at_whatever_the_cache_does(deployment: Deployment, how: str):
    if how == "killed":
        deployment.stack.cache.kill()
    elif how == "frozen":
        deployment.stack.cache.freeze()
    student = students(deployment)[0]
    wrong = "0000" if student.code != "0000" else "1111"
    answers = [student._once("POST", f"placements/{student.placement}/verify", {"code": wrong}) for _ in range(7)]
    assert [answer.status_code for answer in answers if answer is not None] == [403] * 5 + [429] * 2
    assert WrongTries.objects.get(learner=student.learner).wrong == 5
    other = students(deployment)[1]
    assert other.call("POST", f"placements/{other.placement}/verify", {"code": other.code})["attempt"], (
        "others are not locked out"
    )


def test_grades_arrive_when_a_dead_worker_comes_back(deployment: Deployment):
    deployment.stack.worker.kill()
    room = students(deployment)
    work(room)
    check_nothing_lost(room)
    assert set(Attempt.objects.values_list("handin", flat=True)) == {"pending"}, "visible as waiting"
    deployment.stack.worker.start()
    check_every_grade(room)


def test_with_the_broker_down_a_submit_is_taken_and_the_next_settle_hands_in(deployment: Deployment):
    deployment.stack.broker.kill()
    room = students(deployment)[:3]
    work(room)
    assert all(student.submitted for student in room)
    deployment.settle()
    check_every_grade(room)


def test_a_platform_that_cannot_grade_now_is_tried_again_and_nothing_is_lost(deployment: Deployment):
    broken = deployment.stack.build / "hand-in-fails"
    broken.touch()
    room = students(deployment)
    work(room)
    until = time.monotonic() + 90
    while time.monotonic() < until and Attempt.objects.filter(handin="failed").count() < LEARNERS:
        time.sleep(0.2)
    assert set(Attempt.objects.values_list("handin", flat=True)) == {"failed"}, "shown to staff as grade pending"
    check_nothing_lost(room)
    broken.unlink()
    deployment.settle()
    check_every_grade(room)


def test_every_hand_in_may_run_twice(deployment: Deployment):
    room = students(deployment)
    work(room)
    check_every_grade(room)
    for attempt in Attempt.objects.all():
        assert hand_in(attempt_id=attempt.pk, now=timezone.now()) == "done"
    check_every_grade(room)


def test_requests_that_come_twice_change_the_world_once(deployment: Deployment):
    room = students(deployment, twice=True)
    work(room)
    check_nothing_lost(room)
    check_every_grade(room)


def test_who_was_signed_out_by_a_lost_session_store_goes_on_after_signing_in(deployment: Deployment):
    student = students(deployment)[0]
    student.attempt = student.call("POST", f"placements/{student.placement}/verify", {"code": student.code})["attempt"]
    before = student.call("POST", f"attempts/{student.attempt}/start", {})
    item = student.questions[0][0]
    student.call("PUT", f"attempts/{student.attempt}/answers/{item}", {"values": {}, "revision": 1})
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()
    redis_client.Redis.from_url(deployment.stack.cache_url).flushall()
    refused = student._once("PUT", f"attempts/{student.attempt}/answers/{item}", {"values": {}, "revision": 2})
    assert refused is not None
    assert (refused.status_code, refused.json()["code"]) == (401, "signed_out")
    again = Student(deployment, student.learner, seed=1)
    state = again._once("GET", f"attempts/{student.attempt}", {})
    assert state is not None
    assert (state.json()["status"], state.json()["ends_at"]) == ("in_progress", before["ends_at"])
