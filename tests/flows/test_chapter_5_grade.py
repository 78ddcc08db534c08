"""Chapter 5 of the guide, Grade: submissions are reviewed and scored, from the essay a student writes to its result."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_settle import settle, unsettled_sessions
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Score
from devlms import factories
from devlms.runtime import DevRuntime
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)

ESSAY = (
    '<assessprep_written display_name="Essay" prompt="Why do things fall?" words_most="200" '
    'rubric="4 | Argument | A clear claim&#10;2 | Language"/>'
)
TEXT = "Because of gravity.\n\nNewton said so."


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now(), olx=[factories.choice_olx(), ESSAY], release="manual")


def write(world: World, learner, *, right: bool = True, text: str = TEXT, session=None) -> Page:
    """A student takes the test: one question, one essay."""
    student = Page(learner)
    code = None if session is None else session.live_code
    assert student.verify(world, code).status_code == 200
    student.start()
    choice, essay = world.questions
    student.save(choice.item, world.answers(0, "choice_0" if right else "choice_1"))
    if text:
        assert student.save(essay.item, {f"input_{essay.item}_2_1": text}).status_code == 200
    assert student.submit().status_code == 200
    return student


def grader(world: World) -> Page:
    return Page(world.staff)


def row(world: World, learner) -> dict:
    found = grader(world).call("GET", f"sessions/{world.session.uuid}/grades").json()
    return next(one for one in found["results"] if one["learner"] == learner.pk)


def version(attempt: str, position: int = 1) -> str:
    result = ItemResult.objects.get(attempt__uuid=attempt, question__position=position)
    taken = Attempt.objects.get(uuid=attempt).submitted_at
    return f"{int(taken.timestamp() * 1_000_000)}-{result.mark_no}"


def mark(world: World, attempt: str, *, position: int = 1, by: Page | None = None, **given):
    """One mark; the essay's unless another question is named."""
    body = {"version": version(attempt, position), "comment": "", "reason": "", **given}
    item = world.questions[position].item
    return (by or grader(world)).call("PUT", f"attempts/{attempt}/marks/{item}", body)


FULL = {"points": 5, "criteria": {"1": 3.5, "2": 1.5}, "comment": "Well argued."}


def stored(world: World, learner) -> dict:
    scores = get_lms().scores([one.usage_key for one in world.questions], [learner.pk])
    return {key.block_type: score for (_one, key), score in scores.items()}


# -- a written response, from the student's page to the gradebook -----------------------------------------------------
def test_an_essay_is_written_handed_in_marked_released_and_read_by_its_student(world):
    learner = world.learners[0]
    student = write(world, learner)
    attempt = student.state["attempt"]
    # Needs marking: partly graded, for the other question has its points. Nothing of it is in the platform.
    before = row(world, learner)
    assert (before["status"], before["to_mark"], before["earned"]) == ("partly", 1, None)
    assert stored(world, learner) == {}
    told = mark(world, attempt, **FULL).json()
    assert (told["earned"], told["possible"], told["state"]) == (5, 6, "marked")
    assert (told["total"]["status"], told["total"]["earned"], told["total"]["possible"]) == ("scored", 6, 7)
    assert stored(world, learner) == {}
    state = student.call("GET", f"attempts/{attempt}").json()
    assert state["results"] == [] and state["receipt"]["score"] is None and "argued" not in str(state)
    released = grader(world).call("POST", f"sessions/{world.session.uuid}/release", {})
    assert released.json() == {"released": 1}
    # The gradebook and the Grade view agree, and the student reads points, rubric, comment and the own text.
    assert stored(world, learner) == {"problem": Score(1.0, 1.0), "assessprep_written": Score(5.0, 6.0)}
    assert row(world, learner)["earned"] == sum(score.earned for score in stored(world, learner).values())
    state = student.call("GET", f"attempts/{attempt}").json()
    assert state["receipt"]["score"] == {"earned": 6.0, "possible": 7.0}
    essay = state["results"][1]
    assert (essay["earned"], essay["comment"], essay["text"]) == (5, "Well argued.", TEXT)
    assert essay["rubric"][0] == {"title": "Argument", "points": 3.5, "possible": 4.0}


def test_what_was_written_stands_in_the_block_read_only_after_the_hand_in(world):
    learner = world.learners[0]
    write(world, learner)
    grader(world).call("POST", f"sessions/{world.session.uuid}/release", {})
    key = world.questions[1].usage_key
    html = DevRuntime(key.course_key, learner).get_block(key).render("student_view", {}).body_html()
    assert "Newton said so." in html and "readonly" in html and "A clear claim" in html


def test_an_essay_that_was_left_empty_has_no_points_and_waits_for_nobody(world):
    learner = world.learners[0]
    write(world, learner, text="")
    assert (row(world, learner)["status"], row(world, learner)["earned"]) == ("scored", 1)


def test_whoever_answered_nothing_is_unattempted_and_whose_only_answer_waits_is_ungraded(world):
    one, two, _three = world.learners
    page = Page(one)
    page.verify(world), page.start(), page.submit()
    page = Page(two)
    page.verify(world), page.start()
    page.save(world.questions[1].item, {f"input_{world.questions[1].item}_2_1": "x"})
    page.submit()
    assert [row(world, learner)["status"] for learner in world.learners] == ["unattempted", "ungraded", "unattempted"]


# -- marking ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"points": -1}, "mark_out_of_range"),
        ({"points": 6.5}, "mark_out_of_range"),
        ({"points": 1e8}, "mark_out_of_range"),
        ({"points": 1.3}, "mark_step"),
        ({"points": 5, "criteria": {"1": 5, "2": 0}}, "mark_out_of_range"),
        ({"points": 4, "criteria": {"1": 3, "2": 2}}, "invalid"),
        ({"points": 3, "criteria": {"1": 3}}, "invalid"),
        ({"points": 3, "criteria": {"9": 3}}, "invalid"),
        ({"points": "3"}, "invalid"),
        ({"points": True}, "invalid"),
        ({"points": 3, "version": "0-0"}, "stale_version"),
    ],
)
def test_points_are_within_the_question_in_steps_and_add_up(shared_world, given, code):
    world, attempt = shared_world
    refused = mark(world, attempt, **{"criteria": {}, **given})
    assert refused.json()["code"] == code, refused.json()
    assert ItemResult.objects.get(attempt__uuid=attempt, question__position=1).mark_no == 0


@pytest.fixture
def shared_world(world):
    return world, write(world, world.learners[0]).state["attempt"]


def test_the_platforms_score_is_changed_with_a_reason_only_and_undone_again(world):
    learner = world.learners[0]
    attempt = write(world, learner, right=False).state["attempt"]
    assert mark(world, attempt, position=0, points=0.5).json()["code"] == "reason_needed"
    told = mark(world, attempt, position=0, points=0.5, reason="The picture was unclear.").json()
    assert (told["earned"], told["machine"], told["mark"]) == (0.5, 0, 0.5)
    change = AuditRow.objects.get(action="mark")
    assert (change.reason, change.by_id, change.facts["before"]) == ("The picture was unclear.", world.staff.pk, 0)
    undo = f"attempts/{attempt}/marks/{world.questions[0].item}/undo"
    undone = grader(world).call("POST", undo, {"version": told["version"]}).json()
    assert (undone["earned"], undone["mark"]) == (0, None)
    redone = grader(world).call("POST", undo, {"version": undone["version"]}).json()
    assert redone["earned"] == 0.5
    page = grader(world).client.get(f"/assessprep/attempts/{attempt}/").content.decode()
    assert page.count("The picture was unclear.") == 2 and "taken back" in page


def test_of_two_graders_one_wins_and_a_repeat_of_the_same_mark_changes_nothing(world):
    attempt = write(world, world.learners[0]).state["attempt"]
    colleague = factories.make_staff(world.school, "staff-c", "Colleague")
    read = version(attempt)
    assert mark(world, attempt, **FULL).status_code == 200
    assert mark(world, attempt, **FULL, version=read).status_code == 200
    lost = mark(world, attempt, by=Page(colleague), points=2, version=read)
    assert (lost.status_code, lost.json()["code"]) == (409, "stale_version")
    assert AuditRow.objects.filter(action="mark").count() == 1


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [({"voided": True}, "voided"), ({"status": "in_progress"}, "not_submitted"), ({}, "stale_version")],
)
def test_a_mark_for_what_was_voided_reopened_or_handed_in_again_meanwhile_is_refused(world, meanwhile, code):
    attempt = write(world, world.learners[0]).state["attempt"]
    read = version(attempt)
    again = meanwhile or {"submitted_at": timezone.now() + timedelta(minutes=5)}
    Attempt.objects.filter(uuid=attempt).update(**again)
    refused = mark(world, attempt, **FULL, version=read)
    assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_a_mark_after_the_release_reaches_the_gradebook_and_an_undone_one_leaves_it(world):
    learner = world.learners[0]
    attempt = write(world, learner).state["attempt"]
    grader(world).call("POST", f"sessions/{world.session.uuid}/release", {})
    assert "assessprep_written" not in stored(world, learner)
    told = mark(world, attempt, **FULL).json()
    assert stored(world, learner)["assessprep_written"] == Score(5.0, 6.0)
    assert row(world, learner)["earned"] == 6 and row(world, learner)["status"] == "scored"
    item = world.questions[1].item
    grader(world).call("POST", f"attempts/{attempt}/marks/{item}/undo", {"version": told["version"]})
    assert stored(world, learner)["assessprep_written"] == Score(0.0, 6.0)
    assert row(world, learner)["status"] == "partly"


def test_a_score_that_staff_change_in_the_platform_itself_is_the_score_here_too(world):
    learner = world.learners[0]
    attempt = write(world, learner).state["attempt"]
    mark(world, attempt, **FULL)
    grader(world).call("POST", f"sessions/{world.session.uuid}/release", {})
    get_lms().set_score(world.questions[0].usage_key, learner.pk, 0.25)
    get_lms().set_score(world.questions[1].usage_key, learner.pk, 4.0)
    assert row(world, learner)["earned"] == sum(score.earned for score in stored(world, learner).values()) == 4.25
    assert AuditRow.objects.filter(action="platform_score").count() == 2


def test_the_next_ungraded_submission_is_found_by_student_and_by_question(world):
    first, second = (write(world, learner).state["attempt"] for learner in world.learners[:2])
    here = f"/assessprep/sessions/{world.session.uuid}/grade"
    client, item = grader(world).client, world.questions[1].item
    assert f"/attempts/{first}/#question-{item}" in client.get(f"{here}/next/")["Location"]
    assert f"/attempts/{second}/" in client.get(f"{here}/next/?after={first}&question={item}")["Location"]
    # Round once: after the last comes the first that still waits.
    assert f"/attempts/{first}/" in client.get(f"{here}/next/?after={second}&question={item}")["Location"]
    overview = client.get(f"{here}/questions/").content.decode()
    assert "Still to mark" in overview and f"next/?question={item}" in overview
    for attempt in (first, second):
        mark(world, attempt, **FULL)
    assert client.get(f"{here}/next/?question={item}")["Location"].endswith("/questions/?done=1")


def test_a_submission_is_one_graders_for_a_short_while_and_can_be_taken_over(world):
    attempt = write(world, world.learners[0]).state["attempt"]
    mine, other = grader(world), Page(factories.make_staff(world.school, "staff-c", "Colleague"))
    assert mine.call("POST", f"attempts/{attempt}/lease", {}).status_code == 200
    assert mine.call("POST", f"attempts/{attempt}/lease", {}).status_code == 200
    for refused in (other.call("POST", f"attempts/{attempt}/lease", {}), mark(world, attempt, by=other, **FULL)):
        assert (refused.status_code, refused.json()["code"], refused.json()["who"]) == (409, "leased", "Staff A")
    assert "is marking it" in other.client.get(f"/assessprep/attempts/{attempt}/").content.decode()
    # Whoever looks for the next one is led past it.
    assert "done=1" in other.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/next/")["Location"]
    assert other.call("POST", f"attempts/{attempt}/lease", {"take_over": True}).status_code == 200
    assert AuditRow.objects.filter(action="take_over_marking").count() == 1
    assert mark(world, attempt, **FULL).json()["code"] == "leased"
    assert other.call("DELETE", f"attempts/{attempt}/lease").status_code == 204
    assert mark(world, attempt, **FULL).status_code == 200


def test_a_question_is_shown_as_the_student_saw_it_in_a_frame_that_runs_nothing(world):
    attempt = write(world, world.learners[0], right=False).state["attempt"]
    answer = grader(world).client.get(f"/assessprep/attempts/{attempt}/questions/{world.questions[0].item}/")
    body = answer.content.decode()
    assert "What is a force?" in body and "A kind of energy" in body
    assert "sandbox" in answer["Content-Security-Policy"] and "checked" in body


# -- release ----------------------------------------------------------------------------------------------------------
def settings_world(**settings) -> World:
    cache.clear()
    return delivered(timezone.now(), olx=[factories.choice_olx(), ESSAY], **settings)


def told(student: Page) -> dict:
    return student.call("GET", f"attempts/{student.state['attempt']}").json()


def test_results_that_are_never_shown_cannot_be_released():
    world = settings_world(release="never")
    student = write(world, world.learners[0])
    refused = grader(world).call("POST", f"sessions/{world.session.uuid}/release", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "never_released")
    assert told(student)["receipt"]["released"] is False and stored(world, world.learners[0]) == {}


def test_a_date_releases_by_itself_once_however_often_the_server_looks():
    day = timezone.now() + timedelta(days=1)
    world = settings_world(release="on_date", release_at=day.isoformat())
    student = write(world, world.learners[0])
    assert world.session.pk in unsettled_sessions()
    assert settle(session_id=world.session.pk, now=day - timedelta(seconds=1)).released == 0
    assert told(student)["receipt"]["released"] is False and stored(world, world.learners[0]) == {}
    assert [settle(session_id=world.session.pk, now=day).released for _twice in range(2)] == [1, 0]
    assert told(student)["receipt"]["released"] is True
    assert stored(world, world.learners[0])["problem"] == Score(1.0, 1.0)
    assert AuditRow.objects.filter(action="release").count() == 1
    assert world.session.pk not in unsettled_sessions()


def test_single_students_know_their_results_before_the_others(world):
    one, two = (write(world, learner) for learner in world.learners[:2])
    for student in (one, two):
        mark(world, student.state["attempt"], **FULL)
    chosen = {"attempts": [one.state["attempt"]]}
    assert grader(world).call("POST", f"sessions/{world.session.uuid}/release", chosen).json() == {"released": 1}
    assert told(one)["receipt"]["score"]["earned"] == 6 and told(two)["receipt"]["released"] is False
    assert stored(world, world.learners[0]) and not stored(world, world.learners[1])
    assert [row(world, learner)["released"] for learner in world.learners[:2]] == [True, False]


def test_without_points_the_release_puts_nothing_into_the_gradebook_and_later_points_do():
    world = settings_world(release="on_submit", show_score=False)
    learner = world.learners[0]
    student = write(world, learner)
    mark(world, student.state["attempt"], **FULL)
    state = told(student)
    assert state["receipt"]["released"] and state["receipt"]["score"] is None and state["results"] == []
    assert stored(world, learner) == {}
    world.session.refresh_from_db()
    type(world.session).objects.filter(pk=world.session.pk).update(overrides={"release": "on_submit"})
    assert settle(session_id=world.session.pk, now=timezone.now()).released == 1
    assert stored(world, learner)["assessprep_written"] == Score(5.0, 6.0)


@pytest.mark.parametrize(
    ("shows", "page", "answers"),
    [({}, 403, 403), ({"show_correctness": True}, 200, 403), ({"show_answers": True}, 200, 200)],
)
def test_questions_and_right_answers_are_released_apart_from_each_other(shows, page, answers):
    world = settings_world(release="on_submit", **shows)
    student = write(world, world.learners[0])
    key, run = world.questions[0].usage_key, world.school
    assert student.client.get(f"/xblock/{key}").status_code == page
    handler = f"/courses/{run}/xblock/{key}/handler/xmodule_handler"
    shown = student.client.post(f"{handler}/problem_show", headers={"X-CSRFToken": "x"})
    # Capa's script reads a refusal in an answer of 200 only.
    assert ("answers" in shown.json()) is (answers == 200)
    assert told(student)["review"] is (page == 200)


def test_a_release_says_which_other_session_it_could_help_and_when_it_is_safe(world):
    closes = timezone.now() + timedelta(days=2)
    write(world, world.learners[0])
    other = world.add_session("Tuesday", closes_at=closes.isoformat(), opens_at=(closes - timedelta(days=1)).isoformat())
    before = grader(world).call("GET", f"sessions/{world.session.uuid}/release").json()
    assert [(leak["name"], leak["phase"]) for leak in before["leaks"]] == [("Tuesday", "scheduled")]
    assert before["safe_at"].startswith(closes.strftime("%Y-%m-%dT%H:%M"))
    assert (before["waiting"], before["to_mark"]) == (1, 1)
    type(other).objects.filter(pk=other.pk).update(lifecycle="archived")
    assert grader(world).call("GET", f"sessions/{world.session.uuid}/release").json()["leaks"] == []


# -- without names ----------------------------------------------------------------------------------------------------
def test_marking_without_names_shows_the_same_made_up_name_everywhere_until_somebody_reveals_them():
    world = settings_world(release="manual", anonymous=True)
    attempt = write(world, world.learners[0]).state["attempt"]
    client, here = grader(world).client, f"/assessprep/sessions/{world.session.uuid}/grade/"
    api = f"/assessprep/api/v1/sessions/{world.session.uuid}"

    def pages() -> list[str]:
        sheet = b"".join(client.get(f"{api}/grades.csv").streaming_content).decode()
        return [
            client.get(here).content.decode(),
            client.get(f"/assessprep/attempts/{attempt}/").content.decode(),
            client.get(f"{api}/grades").content.decode(),
            sheet,
        ]

    (one,) = client.get(f"{api}/grades").json()["results"]
    assert one["learner"] is None and one["username"] == "" and len(one["name"]) == 9
    for text in pages():
        assert one["name"] in text and "Student 1" not in text and "student-a-01" not in text
    # Found by the made-up name, and by no other.
    assert client.get(f"{api}/grades?search={one['name']}").json()["count"] == 1
    assert client.get(f"{api}/grades?search=student-a").json()["count"] == 0
    for _twice in range(2):
        assert grader(world).call("POST", f"sessions/{world.session.uuid}/reveal-names", {"reason": "Marks are set."})
    assert all("Student 1" in text for text in pages())
    revealed = AuditRow.objects.get(action="reveal_names")
    assert (revealed.by_id, revealed.reason) == (world.staff.pk, "Marks are set.")
