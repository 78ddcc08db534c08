"""Chapter 5 of the guide, Grade: two people have marked, and then the tolerance, the key or the questions are others."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.grading.models import MarkStep
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.lms.base import Score
from tests.flows import test_chapter_5_regrade as regrade
from tests.flows.test_chapter_5_grade_twice import Graders, disagree, opened, sheet, write
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return opened()


def pairs(world: World, *marks: tuple[float, float]) -> tuple[Graders, list[str]]:
    """One student after the other hands in and is marked by two people."""
    graders, attempts = Graders(world), []
    for learner, (one, other) in zip(world.learners, marks, strict=False):
        attempts.append(write(world, learner)[1])
        graders.mark(graders.one, attempts[-1], one)
        graders.mark(graders.two, attempts[-1], other)
    return graders, attempts


def allow(world: World, points: float, **more: Any) -> None:
    """Staff save the session's form with another tolerance."""
    settings = {"mark_tolerance": points, **more}
    body = {"settings": settings, "version": world.reload().version_no}
    regrade.call(world, "PATCH", f"sessions/{world.session.uuid}", body)


def stands(graders: Graders, attempts: list[str]) -> list[tuple[float | None, str]]:
    return [(one.earned, one.way) for one in map(graders.result, attempts)]


# -- what is no points ---------------------------------------------------------------------------------------------------
NO_POINTS = ["NaN", "Infinity", "-Infinity", "1e400", '"1,5"', '"٣"', '"3"', "true", "[3]", "{}", "9" * 400, "-1e308"]


def test_what_is_no_number_of_points_is_refused_as_a_mark_as_a_criterion_and_as_a_settlement(world):
    graders, (attempt,) = pairs(world, (6, 2))
    address = f"/assessprep/api/v1/attempts/{attempt}/marks/{world.questions[1].item}"
    before, version = stands(graders, [attempt]), graders.read(graders.three, attempt)["version"]
    told = f'"version": "{version}", "reason": "Read together.", "comment": ""'
    for points, (call, path) in product(NO_POINTS, (("PUT", address), ("POST", f"{address}/settle"))):
        for given in (f'"points": {points}, "criteria": {{}}', f'"points": 3, "criteria": {{"1": {points}}}'):
            answer = graders.three.client.generic(call, path, f"{{{told}, {given}}}", content_type="application/json")
            assert answer.status_code == 400 and answer.json()["code"] in ("invalid", "malformed"), (path, given)
    assert stands(graders, [attempt]) == before
    # And the least there is is written as people write it.
    assert graders.settle(graders.three, attempt, -0.0).json()["earned"] == 0
    assert str(AuditRow.objects.get(action="settle_marks").facts["points"]) == "0.0"


# -- the tolerance ------------------------------------------------------------------------------------------------------
def test_a_raised_tolerance_lets_the_mean_count_of_conflicts_that_lie_within_it_and_what_was_settled_stays(world):
    graders, attempts = pairs(world, (6, 4), (6, 2), (5, 2))
    graders.settle(graders.three, attempts[2], 2)
    steps = MarkStep.objects.count()
    allow(world, 3)
    assert stands(graders, attempts) == [(5, "agreed"), (None, ""), (2, "settled")]
    listed = graders.listed(graders.one, attempts[0])
    assert (listed["status"], listed["conflicts"], listed["earned"]) == ("scored", 0, 6)
    # Noted with who changed it, once; and a step of the mark's own history.
    row = AuditRow.objects.get(action="judge_marks")
    assert (row.by_id, row.facts["of"], row.facts["points"], row.facts["tolerance"]) == (world.staff.pk, [6, 4], 5, 3)
    assert MarkStep.objects.count() == steps + 1
    text = graders.two.client.get(f"/assessprep/attempts/{attempts[0]}/").content.decode()
    assert "the mean of both marks" in text and "First mark: 6" in text
    allow(world, 3)
    assert AuditRow.objects.filter(action="judge_marks").count() == 1


def test_a_lowered_tolerance_brings_conflicts_back_and_a_slip_is_undone_by_the_former_one(world):
    graders, attempts = pairs(world, (5, 4), (6, 2))
    assert stands(graders, attempts) == [(4.5, "agreed"), (None, "")]
    allow(world, 4)
    assert stands(graders, attempts) == [(4.5, "agreed"), (4, "agreed")]
    allow(world, 0)
    assert stands(graders, attempts) == [(None, ""), (None, "")]
    assert graders.listed(graders.one, attempts[0])["conflicts"] == 1
    page = graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/conflicts/").content.decode()
    assert "2 answers to settle" in page
    allow(world, 1)
    assert stands(graders, attempts) == [(4.5, "agreed"), (None, "")]
    # A page that was open meanwhile is out of date, and says so; settled, no tolerance changes it any more.
    assert graders.settle(graders.three, attempts[0], 4, version="0-1").json()["code"] == "stale_version"
    graders.settle(graders.three, attempts[0], 6)
    allow(world, 0)
    assert stands(graders, attempts)[0] == (6, "settled")


def test_what_students_know_is_not_taken_back_by_a_lower_tolerance_and_a_higher_one_reaches_the_gradebook(world):
    graders, attempts = pairs(world, (5, 4), (6, 2))
    graders.release()
    allow(world, 0)
    assert stands(graders, attempts) == [(4.5, "agreed"), (None, "")]
    assert graders.stored(world.learners[0]) == Score(4.5, 6.0)
    assert graders.stored(world.learners[1]) is None
    allow(world, 4)
    assert graders.stored(world.learners[1]) == Score(4.0, 6.0)


def test_only_the_student_who_knows_her_results_keeps_them_when_the_tolerance_falls(world):
    graders, attempts = pairs(world, (5, 4), (4, 5))
    released = {"attempts": attempts[:1]}
    assert graders.one.call("POST", f"sessions/{world.session.uuid}/release", released).status_code == 200
    allow(world, 0)
    assert stands(graders, attempts) == [(4.5, "agreed"), (None, "")]


def test_another_tolerance_touches_nothing_that_is_void_dropped_or_has_one_mark(world):
    graders, attempts = pairs(world, (6, 4), (6, 4))
    _student, half = write(world, world.learners[2])
    graders.mark(graders.one, half, 3)
    void = {"attempts": attempts[:1], "reason": "r"}
    assert graders.one.call("POST", f"sessions/{world.session.uuid}/void", void).status_code == 200
    correction = regrade.apply(world, regrade.publish(world, drop=1), "full")
    allow(world, 5)
    assert AuditRow.objects.filter(action="judge_marks").count() == 0
    assert stands(graders, attempts[1:]) == [(6, "")] and graders.result(half).marks_in == 1
    regrade.undo(world, correction)
    assert stands(graders, [attempts[1], half]) == [(None, ""), (None, "")]
    # What came back is judged when the settings are saved the next time.
    allow(world, 5)
    assert stands(graders, [attempts[1], half]) == [(5, "agreed"), (None, "")]


def test_a_change_of_other_settings_judges_nothing(world):
    graders, attempts = pairs(world, (5, 4))
    body = {"settings": {"instructions": "Breathe."}, "version": world.reload().version_no}
    regrade.call(world, "PATCH", f"sessions/{world.session.uuid}", body)
    assert stands(graders, attempts) == [(4.5, "agreed")]


# -- a corrected key ----------------------------------------------------------------------------------------------------
def whole(world: World) -> list[tuple[float | None, float | None, str]]:
    rows = regrade.call(world, "GET", f"sessions/{world.session.uuid}/grades")["results"]
    return [(one["earned"], one["possible"], one["status"]) for one in sorted(rows, key=lambda one: one["name"])]


def test_a_corrected_key_leaves_marks_of_two_as_they_are_in_every_state_of_them_and_the_totals_follow(world):
    graders, (agreed, conflict) = pairs(world, (5, 4), (6, 2))
    _student, half = write(world, world.learners[2])
    graders.mark(graders.one, half, 3)
    # Everybody took choice_0, which is right by the first key only.
    assert whole(world) == [(5.5, 7, "scored"), (None, None, "partly"), (None, None, "partly")]
    open_page = graders.read(graders.two, half)["version"]
    correction = regrade.apply(world, regrade.publish(world, key=True))
    assert whole(world) == [(4.5, 7, "scored"), (None, None, "partly"), (None, None, "partly")]
    assert stands(graders, [agreed, conflict, half]) == [(4.5, "agreed"), (None, ""), (None, "")]
    # The essay's page that a colleague has open is not out of date: nothing of the essay changed.
    assert graders.mark(graders.two, half, 3, version=open_page).json()["total"]["earned"] == 3
    assert graders.settle(graders.three, conflict, 6).json()["total"]["earned"] == 6
    assert whole(world) == [(4.5, 7, "scored"), (6, 7, "scored"), (3, 7, "scored")]
    regrade.undo(world, correction)
    assert whole(world) == [(5.5, 7, "scored"), (7, 7, "scored"), (4, 7, "scored")]
    assert stands(graders, [agreed, conflict, half]) == [(4.5, "agreed"), (6, "settled"), (3, "agreed")]


def test_released_results_of_two_marks_follow_a_corrected_key_into_the_gradebook_with_their_mean(world):
    graders, (_agreed,) = pairs(world, (5, 4))
    graders.release()
    learner, choice = world.learners[0], world.questions[0].usage_key
    lms = regrade.get_lms()
    assert lms.scores([choice], [learner.pk])[learner.pk, choice] == Score(1.0, 1.0)
    correction = regrade.apply(world, regrade.publish(world, key=True))
    assert lms.scores([choice], [learner.pk])[learner.pk, choice] == Score(0.0, 1.0)
    assert graders.stored(learner) == Score(4.5, 6.0)
    regrade.undo(world, correction)
    assert lms.scores([choice], [learner.pk])[learner.pk, choice] == Score(1.0, 1.0)
    assert graders.stored(learner) == Score(4.5, 6.0)


@pytest.mark.parametrize(("dropped", "essay"), [("leave", (0, 0)), ("full", (6, 6))])
def test_a_dropped_question_counts_for_everybody_alike_however_far_two_marks_were_and_they_are_back_when_it_is(
    world, dropped, essay
):
    graders, (agreed, conflict) = pairs(world, (5, 4), (6, 2))
    _student, half = write(world, world.learners[2])
    graders.mark(graders.one, half, 3)
    before = whole(world)
    correction = regrade.apply(world, regrade.publish(world, drop=1), dropped)
    earned, possible = essay
    assert whole(world) == [(1 + earned, 1 + possible, "scored")] * 3
    assert list(Attempt.objects.values_list("to_mark", "to_second", "conflicts").distinct()) == [(0, 0, 0)]
    for refused in (
        graders.mark(graders.two, half, 3),
        graders.undo(graders.one, half),
        graders.settle(graders.three, agreed, 1),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "question_dropped")
    progress = graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/").context["progress"]
    assert (progress.answers, progress.conflicts) == (0, 0)
    # The file tells of no conflict that nobody can settle.
    assert [row[-1] for row in sheet(world, graders.one)[1:]] == ["Dropped by its author"] * 2 + [""]
    regrade.undo(world, correction)
    assert whole(world) == before
    assert graders.mark(graders.two, half, 3).json()["state"] == "agreed"
    assert graders.settle(graders.three, conflict, 6).json()["earned"] == 6


def test_a_void_that_is_taken_back_after_a_corrected_key_has_both_marks_and_the_new_points(world):
    graders, (attempt,) = pairs(world, (5, 4))
    session = f"sessions/{world.session.uuid}"
    deed = graders.one.call("POST", f"{session}/void", {"attempts": [attempt], "reason": "r"}).json()["undo"]
    assert graders.mark(graders.two, attempt, 3).json()["code"] == "voided"
    regrade.apply(world, regrade.publish(world, key=True))
    assert graders.one.call("POST", f"{session}/undo", {"deed": deed}).status_code == 200
    assert stands(graders, [attempt]) == [(4.5, "agreed")]
    assert graders.listed(graders.one, attempt)["earned"] == 4.5


def test_what_was_reopened_after_a_corrected_key_is_marked_by_two_people_anew_and_by_the_new_key(world):
    graders = Graders(world)
    student, attempt = write(world, world.learners[0])
    disagree(graders, attempt)
    regrade.apply(world, regrade.publish(world, key=True))
    body = {"attempts": [attempt], "reason": "r", "seconds": 600}
    assert graders.one.call("POST", f"sessions/{world.session.uuid}/reopen", body).status_code == 200
    assert graders.settle(graders.three, attempt, 4).json()["code"] == "not_submitted"
    assert student.submit().status_code == 200
    assert graders.mark(graders.one, attempt, 5).json()["state"] == "waits"
    told = graders.mark(graders.two, attempt, 5).json()
    assert (told["state"], told["total"]["earned"], told["total"]["possible"]) == ("agreed", 5, 7)
