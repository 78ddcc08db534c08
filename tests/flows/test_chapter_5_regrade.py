"""Chapter 5 of the guide, Grade: an author corrects a key or drops a question after students sat, and schools follow."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_handin import hand_in
from assessprep_xblock.domain.attempts.actions_settle import settle, unsettled_sessions
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.grading import actions_regrading
from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library.models import MarkingCorrection, Placement
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Score
from devlms import factories
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """Three questions; the key of the first is wrong: ``choice_1`` was meant."""
    cache.clear()
    return delivered(timezone.now())


def take(world: World, learner, *values: str | None, session=None) -> Page:
    """A student takes the test with these answers; None leaves a question out."""
    student = Page(learner)
    assert student.verify(world, None if session is None else session.live_code).status_code == 200
    student.start()
    for position, value in enumerate(values):
        if value is not None:
            assert student.save(world.questions[position].item, world.answers(position, value)).status_code == 200
    assert student.submit().status_code == 200
    return student


def publish(world: World, *, key: bool = False, drop: int | None = None, **fields) -> int:
    """The author corrects the key of the first question, drops one, or changes something else; the version's number."""
    assessment = world.placement.version.assessment
    tree = factories.ContentTree.load(assessment.usage_key.course_key, factories.DRAFT)
    children = [tree.nodes[one.block_id] for one in factories.children_of(assessment.usage_key)]
    if key:
        data = children[0].fields["data"].replace('correct="true"', "was").replace('correct="false"', 'correct="true"')
        children[0].fields["data"] = data.replace("was", 'correct="false"')
    children[1].fields.update(fields)
    if drop is not None:
        tree.remove(children[drop].block_id)
    tree.save()
    factories.publish_block(assessment.usage_key)
    by = {"by": world.author.pk, "now": timezone.now()}
    return library.publish_version(assessment_uuid=assessment.uuid, release_note="", **by).number


def call(world: World, method: str, path: str, body=None, *, by=None, status: int = 200) -> dict:
    answer = Page(by or world.staff).call(method, path, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def look(world: World, version: int, dropped: str = "leave") -> dict:
    told = call(world, "POST", f"sessions/{world.session.uuid}/regrade-preview", {"version": version, "dropped": dropped})
    assert told["state"] == "done", told
    return told


def apply(world: World, version: int, dropped: str = "leave") -> str:
    correction = look(world, version, dropped)["correction"]
    assert call(world, "POST", f"sessions/{world.session.uuid}/regrade", {"correction": correction}) == {"behind": 0}
    return correction


def undo(world: World, correction: str, **more) -> dict:
    return call(world, "POST", f"sessions/{world.session.uuid}/regrade/undo", {"correction": correction}, **more)


def points(world: World) -> list[tuple]:
    """What the Grade view says of each student, by name."""
    rows = call(world, "GET", f"sessions/{world.session.uuid}/grades")["results"]
    return [(one["earned"], one["possible"]) for one in sorted(rows, key=lambda one: one["name"])]


def gradebook(world: World) -> list[tuple]:
    """What the platform's gradebook has of each student: a question without a score is 0 of its points there."""
    keys, people = [one.usage_key for one in world.questions], [one.pk for one in world.learners]
    found = get_lms().scores(keys, people)
    mine = [[found.get((person, key), Score(0.0, 1.0)) for key in keys] for person in people]
    return [(sum(one.earned for one in scores), sum(one.possible for one in scores)) for scores in mine]


RIGHT, MEANT = "choice_0", "choice_1"


def sat(world: World) -> None:
    """One by the wrong key, one by the key that was meant, one with no answer to that question."""
    take(world, world.learners[0], RIGHT, "12", "newton")
    take(world, world.learners[1], MEANT, "12", "newton")
    take(world, world.learners[2], None, "12", "newton")


# -- a key that was wrong ----------------------------------------------------------------------------------------------
def test_a_corrected_key_is_looked_at_applied_and_taken_back_and_the_gradebook_follows_each_time(world):
    sat(world)
    version = publish(world, key=True)
    before = [(3, 3), (2, 3), (2, 3)]
    assert points(world) == gradebook(world) == before
    look(world, version)
    numbers = MarkingCorrection.objects.get().numbers["staff"]
    assert (numbers["students"], numbers["changed"], numbers["better"], numbers["worse"]) == (3, 2, 1, 1)
    assert (numbers["crossed"], round(numbers["before"], 2), round(numbers["after"], 2)) == (2, 77.78, 77.78)
    # Looking changed nothing.
    assert points(world) == gradebook(world) == before
    correction = apply(world, version)
    after = [(2, 3), (3, 3), (2, 3)]
    assert points(world) == gradebook(world) == after
    undo(world, correction)
    assert points(world) == gradebook(world) == before
    kept = ItemResult.objects.filter(question=world.questions[0]).values_list("first_machine", "correction", "dropped")
    assert set(kept) == {(None, None, "")}
    actions = AuditRow.objects.filter(action__in=("apply_correction", "undo_correction")).order_by("pk")
    assert [(row.action, row.by_id, row.facts["version"]) for row in actions] == [
        ("apply_correction", world.staff.pk, 2),
        ("undo_correction", world.staff.pk, 2),
    ]
    changes = AuditRow.objects.filter(action="correct_marking").order_by("pk").values_list("facts", flat=True)
    item = world.questions[0].item
    assert [facts["items"][item] for facts in changes] == [[1, 0], [0, 1], [0, 1], [1, 0]]


def test_every_call_may_be_repeated_and_changes_nothing_twice(world):
    sat(world)
    version = publish(world, key=True)
    correction = apply(world, version)
    once = list(ItemResult.objects.order_by("pk").values("pk", "mark_no", "earned", "correction"))
    assert apply(world, version) == correction
    # What it changed stays told, also to who looks again.
    assert MarkingCorrection.objects.get().numbers["staff"]["changed"] == 2
    assert list(ItemResult.objects.order_by("pk").values("pk", "mark_no", "earned", "correction")) == once
    undo(world, correction), undo(world, correction)
    assert points(world) == gradebook(world) == [(3, 3), (2, 3), (2, 3)]
    assert AuditRow.objects.filter(action__in=("apply_correction", "undo_correction")).count() == 2


def test_whoever_hands_in_after_the_correction_is_marked_by_it_at_once(world):
    version = publish(world, key=True)
    take(world, world.learners[0], RIGHT, "12", "newton")
    correction = apply(world, version)
    take(world, world.learners[1], MEANT, "12", "newton")
    assert points(world)[:2] == gradebook(world)[:2] == [(2, 3), (3, 3)]
    # The key of what they were given was asked first, so an undo knows it.
    undo(world, correction)
    assert points(world)[:2] == gradebook(world)[:2] == [(3, 3), (2, 3)]


def test_results_that_are_not_released_are_corrected_and_stay_out_of_the_gradebook_until_they_are():
    world = delivered(timezone.now(), release="manual")
    sat(world)
    apply(world, publish(world, key=True))
    assert points(world) == [(2, 3), (3, 3), (2, 3)]
    assert gradebook(world) == [(0, 3)] * 3
    call(world, "POST", f"sessions/{world.session.uuid}/release", {})
    assert points(world) == gradebook(world) == [(2, 3), (3, 3), (2, 3)]


# -- a question that is dropped ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dropped", "after"),
    [("leave", [(2, 2), (2, 2), (2, 2)]), ("full", [(3, 3), (3, 3), (3, 3)])],
)
def test_a_dropped_question_counts_nothing_or_fully_for_everybody_also_who_left_it_out(world, dropped, after):
    sat(world)
    version = publish(world, drop=0)
    correction = apply(world, version, dropped)
    assert points(world) == gradebook(world) == after
    student = Page(world.learners[2])
    student.verify(world)
    results = student.call("GET", f"attempts/{Attempt.objects.get(learner=world.learners[2]).uuid}").json()["results"]
    assert results[0]["dropped"] == dropped
    undo(world, correction)
    assert points(world) == gradebook(world) == [(3, 3), (2, 3), (2, 3)]


def test_from_one_choice_to_the_other_and_back_step_by_step(world):
    sat(world)
    version = publish(world, drop=0)
    leave, full = apply(world, version, "leave"), apply(world, version, "full")
    assert points(world) == gradebook(world) == [(3, 3)] * 3
    # Only what is in force can be taken back.
    assert undo(world, leave, status=409)["code"] == "state_changed"
    undo(world, full)
    assert points(world) == gradebook(world) == [(2, 2)] * 3
    undo(world, leave)
    assert points(world) == gradebook(world) == [(3, 3), (2, 3), (2, 3)]


def test_a_question_that_does_not_count_takes_no_mark_and_a_mark_given_before_is_there_again_after_the_undo(world):
    sat(world)
    attempt = Attempt.objects.get(learner=world.learners[1])
    item = world.questions[0].item

    def mark(status: int, number: int) -> dict:
        taken = f"{int(attempt.submitted_at.timestamp() * 1_000_000)}-{number}"
        body = {"version": taken, "points": 1, "reason": "It is right."}
        return call(world, "PUT", f"attempts/{attempt.uuid}/marks/{item}", body, status=status)

    assert mark(200, 0)["total"]["earned"] == 3
    correction = apply(world, publish(world, drop=0))
    # The page was read before the correction came.
    assert mark(409, 1)["code"] == "question_dropped"
    undo(world, correction)
    assert points(world)[1] == gradebook(world)[1] == (3, 3)


def test_a_persons_mark_stands_whatever_the_key_says(world):
    sat(world)
    attempt = Attempt.objects.get(learner=world.learners[0])
    result = ItemResult.objects.get(attempt=attempt, question=world.questions[0])
    taken = f"{int(attempt.submitted_at.timestamp() * 1_000_000)}-0"
    body = {"version": taken, "points": 0.5, "reason": "Half right."}
    call(world, "PUT", f"attempts/{attempt.uuid}/marks/{world.questions[0].item}", body)
    apply(world, publish(world, key=True))
    result.refresh_from_db()
    assert (result.mark, result.machine, result.first_machine, result.earned) == (0.5, 0, 1, 0.5)
    assert points(world)[0] == gradebook(world)[0] == (2.5, 3)


# -- what cannot be done -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [{"weight": 3}])
def test_a_version_that_gives_other_points_is_no_correction(world, change):
    sat(world)
    version = publish(world, **change)
    body = {"version": version, "dropped": "leave"}
    told = call(world, "POST", f"sessions/{world.session.uuid}/regrade-preview", body, status=409)
    assert (told["code"], told["question"]) == ("not_a_correction", "Average speed")


def test_what_was_not_looked_at_or_is_another_schools_cannot_be_applied(world):
    sat(world)
    version = publish(world, key=True)
    correction = look(world, version)["correction"]
    MarkingCorrection.objects.update(state="working")
    path = f"sessions/{world.session.uuid}/regrade"
    assert call(world, "POST", path, {"correction": correction}, status=409)["code"] == "preview_first"
    assert call(world, "POST", path, {"correction": str(world.session.uuid)}, status=404)["code"] == "not_found"
    assert call(world, "POST", path, {"correction": 5}, status=400)["code"] == "invalid"
    for who in (world.author, world.learners[0]):
        call(world, "POST", path, {"correction": correction}, by=who, status=404)
    for version, status in ((1, 404), (99, 404), (True, 400), ("x", 400)):
        call(world, "POST", f"{path}-preview", {"version": version}, status=status)
    call(world, "POST", f"{path}-preview", {"version": 2, "dropped": "half"}, status=400)


# -- races and trouble -------------------------------------------------------------------------------------------------
def test_a_hand_in_that_was_scored_before_a_correction_and_ends_after_it_is_marked_by_it(world):
    """The two orders a race can have: each is what one of them finds when it looks."""
    sat(world)
    version = publish(world, key=True)
    correction = apply(world, version)
    row = MarkingCorrection.objects.get(uuid=correction)
    # A worker that had asked the platform before wrote the old key's points after the task had passed.
    ItemResult.objects.filter(question=world.questions[0]).update(correction=None, first_machine=None)
    for attempt in Attempt.objects.all():
        hand_in(attempt_id=attempt.pk, now=timezone.now())
    assert set(ItemResult.objects.values_list("correction_id", flat=True)) == {row.pk}


def test_a_task_that_died_is_gone_on_with_by_the_next_settle(world):
    sat(world)
    correction = look(world, publish(world, key=True))["correction"]
    row = MarkingCorrection.objects.get(uuid=correction)
    # Put in force, and the worker dies before the first submission.
    Placement.objects.update(correction=row, correcting=True)
    assert unsettled_sessions() == [world.session.pk]
    settle(session_id=world.session.pk, now=timezone.now())
    assert points(world) == gradebook(world) == [(2, 3), (3, 3), (2, 3)]
    assert not Placement.objects.get().correcting
    assert unsettled_sessions() == []


def test_two_staff_who_apply_two_corrections_end_with_one_of_them_for_everybody(world):
    sat(world)
    first = look(world, publish(world, key=True))["correction"]
    second = look(world, publish(world, drop=2))["correction"]
    by = {"session_uuid": world.session.uuid, "by": world.staff.pk, "now": timezone.now()}
    actions_regrading.apply(correction_uuid=first, **by)
    actions_regrading.apply(correction_uuid=second, **by)
    assert points(world) == gradebook(world) == [(1, 2), (2, 2), (1, 2)]
    undo(world, second)
    assert points(world) == gradebook(world) == [(2, 3), (3, 3), (2, 3)]


def test_a_void_that_is_taken_back_after_a_correction_is_marked_by_it(world):
    sat(world)
    attempt = Attempt.objects.get(learner=world.learners[1])
    body = {"attempts": [str(attempt.uuid)], "reason": "Wrong room"}
    deed = call(world, "POST", f"sessions/{world.session.uuid}/void", body)["undo"]
    apply(world, publish(world, key=True))
    call(world, "POST", f"sessions/{world.session.uuid}/undo", {"deed": deed, "reason": ""})
    assert points(world)[1] == gradebook(world)[1] == (3, 3)


def test_stored_scores_of_a_dropped_question_are_nothing_of_nothing(world):
    sat(world)
    apply(world, publish(world, drop=0))
    key = world.questions[0].usage_key
    scores = get_lms().scores([key], [one.pk for one in world.learners])
    assert set(scores.values()) == {Score(0.0, 0.0)} and len(scores) == 3


# -- what people see -------------------------------------------------------------------------------------------------
def open_page(world: World, path: str, *, by=None) -> str:
    answer = Page(by or world.staff).client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_staff_are_told_of_a_correction_see_who_changes_by_name_and_what_was_done(world):
    sat(world)
    grade = f"/assessprep/sessions/{world.session.uuid}/grade/"
    page = f"{grade}correction/"
    assert "Corrected marking" not in open_page(world, grade)
    assert "There is nothing to correct by" in open_page(world, page)
    version = publish(world, key=True)
    assert "Version 2 of this assessment corrects" in open_page(world, grade)
    assert "See what would change" in open_page(world, page)
    look(world, version)
    seen = open_page(world, page)
    assert "2 students with other points" in seen and "Apply corrected marking" in seen
    assert "Student 1" in seen and "Student 2" in seen and "Student 3" not in seen
    apply(world, version)
    seen = open_page(world, page)
    assert "Marked by version 2." in seen and "Undo the correction" in seen and "What it changed" in seen
    assert "Marked by version 2, which" in open_page(world, grade)
    one = Attempt.objects.get(learner=world.learners[0]).uuid
    assert "the first one gave 1 points" in open_page(world, f"/assessprep/attempts/{one}/")


def test_names_that_are_hidden_from_graders_stay_hidden_while_a_correction_is_looked_at():
    world = delivered(timezone.now(), anonymous=True)
    sat(world)
    look(world, publish(world, key=True))
    seen = open_page(world, f"/assessprep/sessions/{world.session.uuid}/grade/correction/")
    assert "2 students with other points" in seen and "Student 1" not in seen


def test_an_author_is_told_numbers_of_five_and_more_by_school_and_nobodys_name():
    world = delivered(timezone.now(), learners=12)
    assessment = world.placement.version.assessment
    for number, learner in enumerate(world.learners[:5]):
        take(world, learner, RIGHT if number else MEANT, "12", "newton")
    version = publish(world, key=True)
    path = f"assessments/{assessment.uuid}/impact"

    def told() -> dict:
        return call(world, "POST", path, {"version": version}, by=world.author)

    (school,) = told()["schools"]
    # One is better, four are worse: five change, none of them can be told from the others by that count.
    assert (school["students"], school["changed"], school["name"]) == (5, 5, "Northside")
    # Who takes it sixth is not told alone, however often the author looks.
    take(world, world.learners[5], RIGHT, "12", "newton")
    assert told()["schools"] == [school]
    look(world, version)
    assert told()["schools"] == [school]
    for learner in world.learners[6:10]:
        take(world, learner, RIGHT, "12", "newton")
    (later,) = told()["schools"]
    assert later["students"] == 10
    seen = open_page(world, f"/assessprep/library/assessments/{assessment.uuid}/impact/", by=world.author)
    assert "Student" not in seen.replace("Students", "") and "Monday, room 12" not in seen
    for who, status in ((world.staff, 404), (world.learners[0], 404)):
        call(world, "GET", f"{path}?version={version}", by=who, status=status)


def test_a_school_with_four_submissions_is_left_out_and_a_count_of_one_to_four_is_kept_back():
    world = delivered(timezone.now(), learners=6)
    path = f"assessments/{world.placement.version.assessment.uuid}/impact"
    for learner in world.learners[:4]:
        take(world, learner, RIGHT, "12", "newton")
    version = publish(world, key=True)
    told = call(world, "POST", path, {"version": version}, by=world.author)
    assert (told["schools"], told["kept_back"]) == ([], 1)
    for learner in world.learners[4:]:
        take(world, learner, None, "12", "newton")
    third = publish(world, drop=1)
    told = call(world, "POST", path, {"version": third}, by=world.author)["schools"][0]
    assert (told["students"], told["changed"]) == (6, 6)
    told = call(world, "POST", path, {"version": version}, by=world.author)
    assert told["schools"] == [] and told["kept_back"] == 1


def test_analyse_follows_the_corrected_key_and_leaves_out_what_was_dropped(world):
    sat(world)
    path = f"assessments/{world.placement.version.assessment.uuid}/analysis?session={world.session.uuid}"
    before = call(world, "GET", path)
    assert (before["version"], [one["number"] for one in before["questions"]]) == (1, [1, 2, 3])
    version = publish(world, key=True)
    correction = apply(world, version)
    after = call(world, "GET", path)
    options = after["questions"][0]["parts"][0]["options"]
    assert after["version"] == 2 and [one["right"] for one in options[:2]] == [False, True]
    undo(world, correction)
    assert call(world, "GET", path)["questions"] == before["questions"]
    apply(world, publish(world, drop=0))
    assert [one["title"] for one in call(world, "GET", path)["questions"]] == ["Average speed", "Unit of force"]


@pytest.mark.parametrize("students", [2, 6])
def test_a_page_of_a_correction_costs_the_same_however_many_change(django_assert_num_queries, students):
    world = delivered(timezone.now(), learners=students)
    for learner in world.learners:
        take(world, learner, RIGHT, "12", "newton")
    look(world, publish(world, key=True))
    client = Page(world.staff).client
    path = f"/assessprep/sessions/{world.session.uuid}/grade/correction/"
    client.get(path)
    with django_assert_num_queries(21):
        assert f"{students} students with other points" in client.get(path).content.decode()
