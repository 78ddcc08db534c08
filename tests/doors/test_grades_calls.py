"""The Grade view over HTTP: one page, one submission, the spreadsheet and the release."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.lms import get_lms
from devlms import factories
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    cache.clear()
    return delivered(timezone.now())


@pytest.fixture
def manual() -> World:
    cache.clear()
    return delivered(timezone.now(), release="manual")


def hand_in(world, learner, *positions) -> Page:
    student = Page(learner)
    student.verify(world)
    student.start()
    for position in positions:
        student.save(world.questions[position].item, world.answers(position))
    student.submit()
    return student


def grade_page(world, query=""):
    return Page(world.staff).client.get(f"/assessprep/sessions/{world.session.uuid}/grade/{query}").content.decode()


def test_the_page_lists_submissions_with_their_score_and_range_in_words(world):
    hand_in(world, world.learners[0], 0, 1, 2)
    body = grade_page(world)
    assert 'data-earned="3" data-possible="3"' in body
    assert "75 to 100 %" in body and "top quarter" in body
    assert "Unattempted" in body


def test_filters_are_in_the_address_and_narrow_the_list(world):
    hand_in(world, world.learners[0], 0, 1, 2)
    assert 'data-learner="student-a-01"' in grade_page(world, "?band=75-100")
    assert "student-a-02" not in grade_page(world, "?band=75-100")
    assert "No submission fits these filters." in grade_page(world, "?band=0-25")


@pytest.mark.parametrize(
    "query", ["?band=x&status=y&class=z&page=-1", "?page=99999999999", "?class=" + "9" * 5000, "?search=%00"]
)
def test_an_address_that_makes_no_sense_shows_the_list(world, query):
    assert "student-a-01" in grade_page(world, query) or "No submission fits" in grade_page(world, query)


def test_a_long_list_comes_in_pages(world):
    for number in range(60):
        factories.make_learner(world.school, f"more-{number:02}")
    first = grade_page(world)
    assert "page 1 of 2" in first and "?page=2" in first
    assert "page 2 of 2" in grade_page(world, "?page=2")


def test_the_results_as_json_page_by_page(world):
    hand_in(world, world.learners[0], 0, 1)
    staff = Page(world.staff)
    answer = staff.call("GET", f"sessions/{world.session.uuid}/grades?page_size=2&sort=-score").json()
    assert answer["count"] == 3 and len(answer["results"]) == 2
    first = answer["results"][0]
    assert (first["earned"], first["possible"], first["status"], first["band"]) == (2, 3, "scored", "50-75")
    rest = staff.client.get(answer["next"]).json()
    assert len(rest["results"]) == 1 and rest["next"] is None


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=" + "9" * 5000, "page_size=0", "page_size=100000"])
def test_a_page_that_is_no_page_is_answered(world, query):
    assert Page(world.staff).call("GET", f"sessions/{world.session.uuid}/grades?{query}").status_code == 200


def test_one_submission_shows_the_answers_that_were_handed_in(world):
    student = hand_in(world, world.learners[0], 0, 2)
    body = Page(world.staff).client.get(f"/assessprep/attempts/{student.state['attempt']}/").content.decode()
    assert "A push or a pull" in body and "newton" in body and "No answer" in body
    assert 'data-earned="2" data-possible="3"' in body


def test_a_question_and_its_answers_keep_their_own_direction_on_a_page_of_another(world):
    """Else "Why do things fall?" has its question mark in front on an Arabic page."""
    student, session = hand_in(world, world.learners[0], 0, 2), f"/assessprep/sessions/{world.session.uuid}"
    client = Page(world.staff).client
    submission = client.get(f"/assessprep/attempts/{student.state['attempt']}/").content.decode()
    assert "<bdi>1. Push and pull</bdi>" in submission
    assert '<span class="ap-answer" dir="auto">A push or a pull</span>' in submission
    assert "<bdi>1. Push and pull</bdi>" in client.get(f"{session}/grade/questions/").content.decode()
    analyse = client.get(f"{session}/analyse/").content.decode()
    assert "<bdi>Push and pull</bdi>" in analyse and '<b dir="auto">1. Push and pull</b>' in analyse


def test_what_a_student_typed_is_never_markup(world):
    student = Page(world.learners[0])
    student.verify(world)
    student.start()
    student.save(world.questions[2].item, world.answers(2, "<script>alert(1)</script>"))
    student.submit()
    body = Page(world.staff).client.get(f"/assessprep/attempts/{student.state['attempt']}/").content.decode()
    assert "<script>alert(1)" not in body and "&lt;script&gt;alert(1)" in body


def test_the_spreadsheet_is_a_download_in_utf_8(world):
    hand_in(world, world.learners[0], 0)
    answer = Page(world.staff).client.get(
        f"/assessprep/api/v1/sessions/{world.session.uuid}/grades.csv", HTTP_ACCEPT="text/csv"
    )
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer["Content-Disposition"].startswith("attachment") and "Monday%2C%20room%2012" in answer["Content-Disposition"]
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 4


def test_results_wait_for_their_release_and_then_the_student_and_the_gradebook_have_them(manual):
    student = hand_in(manual, manual.learners[0], 0, 1)
    keys = [one.usage_key for one in manual.questions]
    assert get_lms().scores(keys, [manual.learners[0].pk]) == {}
    assert student.call("GET", f"attempts/{student.state['attempt']}").json()["receipt"]["score"] is None
    assert "Release results" in grade_page(manual) and 'data-earned="2"' in grade_page(manual)
    staff = Page(manual.staff)
    assert staff.call("POST", f"sessions/{manual.session.uuid}/release", {}).json() == {"released": 1}
    assert staff.call("POST", f"sessions/{manual.session.uuid}/release", {}).json() == {"released": 0}
    state = student.call("GET", f"attempts/{student.state['attempt']}").json()
    assert state["receipt"]["score"] == {"earned": 2.0, "possible": 3.0}
    assert Attempt.objects.get(uuid=student.state["attempt"]).handin == "done"
    assert 'grade-release"' not in grade_page(manual)
    stored = get_lms().scores(keys, [manual.learners[0].pk]).values()
    assert sum(score.earned for score in stored) == 2.0
