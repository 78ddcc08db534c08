"""What the platform itself says of scores on a real edx-platform, by the addresses that people and programs ask."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from edx_toggles.toggles.testutils import override_waffle_flag
from lms.djangoapps.course_home_api.toggles import COURSE_HOME_MICROFRONTEND_PROGRESS_TAB
from lms.djangoapps.grades.config.waffle import WRITABLE_GRADEBOOK

from tests.edxapp.district import Browser, District


def course_percent(district: District, learner: Any) -> float:
    """The grades API's answer to the learner: the part of the course's points."""
    url = reverse("grades_api:v1:course_grades", kwargs={"course_id": str(district.school)})
    (row,) = Browser(learner).client.get(url, {"username": learner.username}).json()
    return float(row["percent"])


def progress(learner: Any, district: District) -> dict[str, Any]:
    """The learner's Progress page, as the Learning MFE gets it: the subsection of the assessment."""
    with override_waffle_flag(COURSE_HOME_MICROFRONTEND_PROGRESS_TAB, active=True):
        answer = Browser(learner).client.get(reverse("course-home:progress-tab", args=[district.school]))
    assert answer.status_code == 200, answer.content
    subsections = [one for section in answer.json()["section_scores"] for one in section["subsections"]]
    (ours,) = [one for one in subsections if one["has_graded_assignment"] and one["problem_scores"]]
    return ours


def gradebook(district: District) -> dict[str, float]:
    """The staff gradebook's API: user name -> points in the subsection of the assessment."""
    url = reverse("grades_api:v1:course_gradebook", kwargs={"course_id": str(district.school)})
    with override_waffle_flag(WRITABLE_GRADEBOOK, active=True):
        answer = Browser(district.staff).client.get(url)
    assert answer.status_code == 200, answer.content
    return {
        row["username"]: sum(one["score_earned"] for one in row["section_breakdown"]) for row in answer.json()["results"]
    }


def override(district: District, learner: Any, position: int, points: float) -> None:
    """Instructor dashboard, Student Admin: override a learner's score in one problem."""
    _student_admin(district, "override_problem_score", learner, position, score=str(points))


def rescore(district: District, learner: Any, position: int) -> None:
    """Instructor dashboard, Student Admin: rescore one problem of a learner."""
    _student_admin(district, "rescore_problem", learner, position, only_if_higher="false")


def _student_admin(district: District, name: str, learner: Any, position: int, **more: str) -> None:
    named = {"problem_to_reset": str(district.keys()[position]), "unique_student_identifier": learner.username, **more}
    url = reverse(name, kwargs={"course_id": str(district.school)})
    answer = Browser(district.staff).client.post(url, named)
    assert answer.status_code == 200, answer.content
