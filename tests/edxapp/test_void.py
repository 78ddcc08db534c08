"""An attempt declared void, on a real edx-platform: what its grades, kept and told, are made of then, and after the undo."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from uuid import UUID

from django.utils import timezone
from lms.djangoapps.grades.models import PersistentCourseGrade, PersistentSubsectionGrade

from assessprep_xblock.domain.monitoring import actions as monitoring
from tests.edxapp.platform_numbers import course_percent, gradebook, progress
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def grades(district, learner) -> dict[str, float]:
    """Points kept and told of one learner, by everybody who keeps or tells them."""
    kept = PersistentSubsectionGrade.objects.get(user_id=learner.pk, course_id=district.school)
    return {
        "subsection": kept.earned_graded,
        "of": kept.possible_graded,
        "course": PersistentCourseGrade.objects.get(user_id=learner.pk, course_id=district.school).percent_grade,
        "grades API": course_percent(district, learner),
        "progress": progress(learner, district)["num_points_earned"],
        "gradebook": gradebook(district)[learner.username],
        "factory": district.subsection(learner)[0],
    }


def same(points: float) -> dict[str, float]:
    part = points / 4
    told = dict.fromkeys(("subsection", "progress", "gradebook", "factory"), points)
    return {**told, "of": 4.0, "course": part, "grades API": part}


def test_a_void_attempt_counts_in_no_grade_of_the_platform_and_its_undo_brings_every_point_back(district, ada):
    ben = edx.make_learner(district.school, "ben")
    session = district.session("Monday, room 12")
    browsers = {learner: district.working(learner, session) for learner in (ada, ben)}
    for browser in browsers.values():
        assert browser.submit().status_code == 200
    assert grades(district, ada) == grades(district, ben) == same(2.0)
    answers = edx.EdxWorld().user_state(district.keys()[0], ada.pk)["student_answers"]
    about = {"session_id": session.pk, "by": district.staff.pk}
    attempt = UUID(browsers[ada].state["attempt"])
    deed = monitoring.void(attempts=[attempt], reason="phone on the table", now=timezone.now(), **about)["undo"]
    assert grades(district, ada) == same(0.0)
    assert grades(district, ben) == same(2.0)
    assert edx.EdxWorld().user_state(district.keys()[0], ada.pk)["student_answers"] == answers
    monitoring.undo(deed=UUID(deed), reason="", now=timezone.now(), **about)
    assert grades(district, ada) == grades(district, ben) == same(2.0)
