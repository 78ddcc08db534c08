"""Students who take the test over HTTP as their pages do: whatever fails is tried again until it is acknowledged."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread
from typing import Any

import requests
from django.conf import settings
from django.db import connections
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_handin import CLAIM_LASTS
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, ItemResult, LedgerEntry
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.lms import get_lms
from devlms import factories
from tests.world import RIGHT

from .conftest import Deployment

TOKEN = "t" * 32
#: Longer than any server of a test is away; a student who waits longer than this fails the test.
PATIENCE_S = 90
FEWEST_ANSWERS = 4
#: What the whole run did, for its last line.
TOLD: Counter[str] = Counter()


class Trouble:
    """Something happens so many times while a room works: students come, answer and submit in the middle of it."""

    def __init__(self, happen: Callable[[], None] | None = None, times: int = 0, *, pause_s: float = 0) -> None:
        self.happen, self.times, self.pause_s = happen, times if happen else 0, pause_s
        self.done, self.failed = 0, False
        self.news = Condition()

    def run(self) -> None:
        """Let it happen; whoever waits for it is told even when it fails."""
        try:
            for _ in range(self.times):
                time.sleep(self.pause_s)
                assert self.happen is not None
                self.happen()
                with self.news:
                    self.done += 1
                    self.news.notify_all()
        finally:
            with self.news:
                self.failed = self.done < self.times
                self.news.notify_all()

    def wait_for(self, number: int) -> None:
        """Until it happened so often."""
        with self.news:
            assert self.news.wait_for(lambda: self.failed or self.done >= number, timeout=900)


CALM = Trouble()


@dataclass
class Student:
    """One learner's page: what it sent, and what the server acknowledged."""

    deployment: Deployment
    learner: Any
    seed: int
    twice: bool = False
    code: str = ""
    attempt: str = ""
    acknowledged: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    submitted: bool = False
    failures: int = 0
    first_success_after_failure: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.http = requests.Session()
        self.http.trust_env = False
        client = Client()
        client.force_login(self.learner)
        cookie = settings.SESSION_COOKIE_NAME
        self.http.cookies.update({cookie: client.cookies[cookie].value, "csrftoken": TOKEN})
        self.code = self.deployment.world.session.live_code
        self.questions = [(one.item, one.usage_key) for one in self.deployment.world.questions]
        self.placement = str(self.deployment.world.usage_key)

    def take_the_test(self, trouble: Trouble = CALM) -> None:
        """Verify, Start, answer again and again (the right answer last), Submit: each somewhere in the middle of trouble."""
        comes = self.chance.randint(0, trouble.times // 2)
        leaves = self.chance.randint(comes, trouble.times)
        trouble.wait_for(comes)
        self.attempt = self.call("POST", f"placements/{self.placement}/verify", {"code": self.code})["attempt"]
        self.call("POST", f"attempts/{self.attempt}/start", {})
        revision, last = 0, False
        while not last:
            revision += 1
            last = revision >= FEWEST_ANSWERS and (trouble.failed or trouble.done >= leaves)
            for place, (item, key) in enumerate(self.questions):
                typed = RIGHT[place] if last else f"draft {revision}"
                values = {factories.input_name(key): typed}
                self.call("PUT", f"attempts/{self.attempt}/answers/{item}", {"values": values, "revision": revision})
                self.acknowledged[item] = (revision, values)
                TOLD["answers"] += 1
                time.sleep(self.chance.uniform(0, 0.05))
        self.submit()

    def submit(self) -> None:
        """Submit, until the server says that it has it."""
        said = self.call("POST", f"attempts/{self.attempt}/submit", {})
        assert said["status"] == "submitted", said
        self.submitted = True
        TOLD["submits"] += 1

    def call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call, repeated while the server is away (no answer, 5xx); any other refusal fails the test."""
        until, failing = time.monotonic() + PATIENCE_S, False
        while True:
            answer = self._once(method, path, body)
            if self.twice:
                answer = self._once(method, path, body) or answer
            if answer is not None and answer.status_code < 500:
                if failing:
                    self.first_success_after_failure.append(time.monotonic())
                # An older revision that comes again is told that a newer one is there: nothing is lost by it.
                assert answer.status_code == 200 or answer.json().get("code") == "stale_draft", answer.text
                return answer.json()
            failing = True
            self.failures += 1
            assert time.monotonic() < until, f"{method} {path}: no answer for {PATIENCE_S} s"
            time.sleep(self.chance.uniform(0.05, 0.2))

    def _once(self, method: str, path: str, body: dict[str, Any]) -> requests.Response | None:
        try:
            return self.http.request(
                method,
                f"{self.deployment.stack.site}/assessprep/api/v1/{path}",
                json=body,
                headers={"X-CSRFToken": TOKEN, "Referer": self.deployment.stack.site},
                timeout=20,
            )
        except requests.RequestException:
            return None


def students(deployment: Deployment, *, twice: bool = False) -> list[Student]:
    """A page for every learner of the session."""
    return [Student(deployment, learner, seed, twice) for seed, learner in enumerate(deployment.world.learners)]


def work(room: list[Student], trouble: Trouble = CALM) -> None:
    """Let everybody take the test while ``trouble`` happens beside them."""
    problems: list[BaseException] = []

    def guarded(call: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                call()
            except BaseException as problem:  # noqa: BLE001  it is raised again in the test's own thread
                problems.append(problem)

        return run

    threads = [Thread(target=guarded(partial(student.take_the_test, trouble))) for student in room]
    threads.append(Thread(target=guarded(trouble.run)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()  # this thread's connection may have died with the database
    if problems:
        raise problems[0]


def check_nothing_lost(room: list[Student]) -> None:
    """What was acknowledged is there, once: attempts, starts, answers, submits; and the counters are the rows."""
    world = room[0].deployment.world
    attempts = {one.learner_id: one for one in Attempt.objects.filter(placement=world.placement)}
    assert Attempt.objects.count() == len(attempts) == len(room)
    for student in room:
        attempt = attempts[student.learner.pk]
        assert str(attempt.uuid) == student.attempt
        assert not student.submitted or attempt.status == "submitted"
        kept = {
            draft.question.item: draft for draft in AnswerDraft.objects.filter(attempt=attempt).select_related("question")
        }
        for item, (revision, values) in student.acknowledged.items():
            assert (kept[item].revision, kept[item].values) == (revision, values)
        told = list(AuditRow.objects.filter(attempt_id=attempt.pk).values_list("action", flat=True))
        assert sorted(told) == sorted(set(told)), f"done twice: {told}"
        assert LedgerEntry.objects.filter(attempt=attempt, kind="duration").count() == 1
    session = world.reload()
    assert session.n_submitted == sum(student.submitted for student in room)
    assert session.n_joined + session.n_in_progress + session.n_ended + session.n_submitted == len(room)


def check_every_grade(room: list[Student], *, patience_s: float = 60, claims_lapse: bool = False) -> None:
    """Everybody's grade is in the platform's gradebook, from one hand-in of each question.

    ``claims_lapse``: what was cut off in the middle of a hand-in is taken up by the first settle after its claim lapsed.
    """
    world, deployment = room[0].deployment.world, room[0].deployment
    if not _all_handed_in(patience_s) and claims_lapse:
        ItemResult.objects.filter(state="claimed").update(claimed_at=timezone.now() - 2 * CLAIM_LASTS)
        deployment.settle()
    assert _all_handed_in(0), list(ItemResult.objects.values_list("state").annotate(n=Count("pk")))
    assert ItemResult.objects.count() == len(room) * len(world.questions)
    assert set(ItemResult.objects.values_list("state", "earned")) == {("done", 1.0)}
    keys = [question.usage_key for question in world.questions]
    scores = get_lms().scores(keys, [student.learner.pk for student in room])
    assert len(scores) == len(room) * len(keys)
    assert {score.earned for score in scores.values()} == {1.0}


def _all_handed_in(patience_s: float) -> bool:
    until = time.monotonic() + patience_s
    while not (done := set(Attempt.objects.values_list("handin", flat=True)) == {"done"}) and time.monotonic() < until:
        time.sleep(0.2)
    return done
