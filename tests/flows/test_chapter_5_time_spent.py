"""Chapter 5 of the guide: how long students had each question before them, from their page to staff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from assessprep_xblock.domain.attempts import rules
from assessprep_xblock.domain.attempts.models import Attempt
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
START = NOW - timedelta(minutes=10)
ODD = st.one_of(st.none(), st.text(max_size=3), st.floats(), st.booleans(), st.integers(-5, 10**12), st.lists(st.none()))


def test_the_larger_number_counts_and_none_is_longer_than_the_test_ran():
    known = {"a": 30}
    told = {"a": 20, "b": 40, "c": 10**9, "d": 0, "e": -5, "f": True, "g": "9", 7: 9}
    merged = rules.spent_with(known, told, started_at=START, now=NOW)
    assert merged == {"a": 30, "b": 40, "c": 601}
    assert rules.spent_with(merged, told, started_at=START, now=NOW) == merged
    assert rules.spent_with(known, told, started_at=None, now=NOW) == known


@given(st.one_of(ODD, st.dictionaries(st.one_of(st.text(), st.integers()), ODD, max_size=20)))
def test_whatever_a_page_tells_is_taken_or_left_and_never_refused(told):
    merged = rules.spent_with({"a": 1}, told, started_at=START, now=NOW)
    assert merged["a"] >= 1 and all(0 < seconds <= 601 for seconds in merged.values())


def test_an_attempt_keeps_a_bounded_number_of_times():
    merged: dict[str, int] = {}
    for start in range(0, 3_000, 300):
        told = {str(start + number): 5 for number in range(300)}
        merged = rules.spent_with(merged, told, started_at=START, now=NOW)
    assert len(merged) == rules.MOST_TIMED


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now(), learners=6)


def take(world: World, learner, seconds: int) -> Page:
    student = Page(learner)
    assert student.verify(world).status_code == 200
    student.start()
    Attempt.objects.filter(uuid=student.state["attempt"]).update(started_at=timezone.now() - timedelta(hours=1))
    first, second, third = (question.item for question in world.questions)
    path = f"attempts/{student.state['attempt']}"
    body = {"values": world.answers(0), "revision": 1, "spent": {first: seconds, third: 4}}
    assert student.call("PUT", f"{path}/answers/{first}", body).status_code == 200
    # A reload goes on where the page was.
    assert student.call("GET", path).json()["spent"] == {first: seconds, third: 4}
    assert student.call("POST", f"{path}/submit", {"spent": {first: seconds, second: 65}}).status_code == 200
    return student


def test_seconds_come_with_answers_and_submit_and_are_shown_with_the_submission_and_in_analyse(world):
    for number, learner in enumerate(world.learners):
        student = take(world, learner, 60 + 10 * number)
    attempt = student.state["attempt"]
    assert set(Attempt.objects.get(uuid=attempt).spent.values()) == {110, 65, 4}
    staff = Page(world.staff)
    assert "1:50" in staff.client.get(f"/assessprep/attempts/{attempt}/").content.decode()
    found = staff.call(
        "GET", f"assessments/{world.placement.version.assessment.uuid}/analysis?session={world.session.uuid}"
    ).json()
    first, second, third = (one["spent"] for one in found["questions"])
    assert (first["value"], first["students"], first["guard"]) == (85, 6, "ok")
    assert (first["low"], first["high"]) == (60, 110)
    assert (second["value"], third["value"]) == (65, 4)
    page = staff.client.get(f"/assessprep/sessions/{world.session.uuid}/analyse/").content.decode()
    assert "1:25" in page and "1:00 to 1:50" in page
    uuid = world.placement.version.assessment.uuid
    sheet = staff.client.get(f"/assessprep/api/v1/assessments/{uuid}/analysis.csv?session={world.session.uuid}")
    rows = b"".join(sheet.streaming_content).decode().splitlines()
    assert "Time spent (median, seconds)" in rows[0] and rows[1].endswith("85.0,60.0,110.0,6")


def test_time_that_is_not_known_is_not_told_and_no_answer_is_refused_for_it(world):
    student = Page(world.learners[0])
    student.verify(world)
    student.start()
    path = f"attempts/{student.state['attempt']}"
    for revision, spent in enumerate(("x", [1], {"a": "b"}, None), start=1):
        body = {"values": world.answers(0), "revision": revision, "spent": spent}
        assert student.call("PUT", f"{path}/answers/{world.questions[0].item}", body).status_code == 200
    assert student.call("POST", f"{path}/submit", {"spent": 7}).status_code == 200
    found = Page(world.staff).call(
        "GET", f"assessments/{world.placement.version.assessment.uuid}/analysis?session={world.session.uuid}"
    )
    spent = found.json()["questions"][0]["spent"]
    assert (spent["value"], spent["students"], spent["guard"]) == (None, 0, "few")
