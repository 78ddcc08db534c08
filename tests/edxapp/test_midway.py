"""What happens to a test while the platform moves under it, on a real edx-platform: people leave, classes change, staff
delete, and everything is told."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from common.djangoapps.student.models import CourseEnrollment
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from eventtracking import tracker
from lms.djangoapps.instructor_task.tasks_helper.grades import ProblemResponses
from openedx.core.djangoapps.course_groups.cohorts import add_user_to_cohort

from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt
from assessprep_xblock.domain.monitoring import actions_renewing
from assessprep_xblock.domain.monitoring.queries import monitor
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from tests.edxapp.district import Browser
from tests.lms import edxapp_world as edx
from tests.spelled import spells

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def counters(session) -> dict[str, int]:
    """The monitor's picture, summed up; it always adds up."""
    fresh = AssessmentSession.objects.select_related("placement__version").get(pk=session.pk)
    return monitor(fresh, since="", now=timezone.now())["counters"]


# -- people and classes ------------------------------------------------------------------------------------------------
def test_who_is_unenrolled_in_the_middle_works_no_longer_and_comes_back_to_every_answer(district, ada):
    session = district.session("Monday, room 12")
    browser = district.working(ada, session)
    CourseEnrollment.unenroll(ada, district.school)
    assert browser.handler(district.keys()[0], "problem_get").status_code in (200, 403)
    assert "html" not in browser.handler(district.keys()[0], "problem_get").json()
    CourseEnrollment.enroll(ada, district.school)
    assert "html" in browser.handler(district.keys()[0], "problem_get").json()
    assert AnswerDraft.objects.filter(attempt__learner=ada, answered=True).count() == 1
    assert browser.submit().status_code == 200
    assert district.subsection(ada) == (2.0, 4.0)


def test_who_changes_class_in_the_middle_finishes_where_the_test_was_begun(district):
    class_a, class_b = edx.make_cohorts(district.school, "7A", "7B")
    ben = edx.make_learner(district.school, "ben", cohort=class_a)
    edx.make_learner(district.school, "cleo", cohort=class_b)
    first = district.session("7A", roster={"everyone": False, "classes": [class_a.pk]})
    second = district.session("7B", roster={"everyone": False, "classes": [class_b.pk]})
    browser = district.working(ben, first)
    add_user_to_cohort(class_b, ben.username)
    # In the new class's session there is nothing to begin; in the old one the test goes on.
    assert Browser(ben).verify(district.block, second.live_code).status_code in (403, 409)
    assert browser.save(district.keys()[1].block_id, district.answers(1)).status_code == 200
    assert browser.submit().status_code == 200
    assert Attempt.objects.get(learner=ben).session_id == first.pk
    assert district.subsection(ben) == (3.0, 4.0)
    picture = counters(first)
    assert picture["submitted"] == 1


def test_course_staff_who_are_enrolled_join_nothing_and_are_counted_nowhere(district, ada):
    session = district.session("Monday, room 12")
    CourseEnrollment.enroll(district.staff, district.school)
    assert Browser(district.staff).verify(district.block, session.live_code).status_code == 403
    district.working(ada, session)
    picture = counters(session)
    assert (picture["in_progress"], picture["absent"]) == (1, 0)


# -- the platform's own tools ------------------------------------------------------------------------------------------
def delete_state(district, learner, key) -> None:
    """In the instructor dashboard: Student Admin, Delete learner's state."""
    url = reverse("reset_student_attempts", kwargs={"course_id": str(district.school)})
    named = {"problem_to_reset": str(key), "unique_student_identifier": learner.username, "delete_module": "true"}
    answer = edx.signed_in(district.staff).post(url, named)
    assert answer.status_code == 200, answer.content


def test_a_learner_whose_state_staff_delete_in_the_dashboard_loses_no_answer(district, ada):
    session = district.session("Monday, room 12")
    browser = district.working(ada, session)
    browser.submit()
    assert district.subsection(ada) == (2.0, 4.0)
    delete_state(district, ada, district.block)
    assert district.stored(ada) == {}
    assert district.subsection(ada) == (0.0, 4.0)
    attempt = Attempt.objects.get(learner=ada)
    assert attempt.voided
    assert AnswerDraft.objects.get(attempt=attempt).values == district.answers(0)
    deeds = AuditRow.objects.filter(attempt_id=attempt.pk, action__in=("state_deleted", "void"))
    assert {row.by_id for row in deeds} == {district.staff.pk}
    # And staff may let the learner begin anew.
    actions_renewing.renew(
        session_id=session.pk, by=district.staff.pk, attempts=[attempt.uuid], reason="", now=timezone.now()
    )
    again = Attempt.objects.get(learner=ada, number=2)
    assert (again.voided, again.status) == (False, "joined")


def test_who_begins_anew_leaves_nothing_in_the_gradebook_and_is_graded_on_the_new_answers(district, ada):
    session = district.session("Monday, room 12")
    browser = district.working(ada, session)
    browser.submit()
    first = Attempt.objects.get(learner=ada)
    actions_renewing.renew(session_id=session.pk, by=district.staff.pk, attempts=[first.uuid], reason="", now=timezone.now())
    assert district.stored(ada) == {}
    assert district.subsection(ada) == (0.0, 4.0)
    first.refresh_from_db()
    assert (first.voided, first.earned) == (True, 2.0)
    anew = Browser(ada)
    assert anew.verify(district.block, session.live_code).json()["status"] == "joined"
    anew.start()
    anew.save(district.keys()[1].block_id, district.answers(1))
    anew.submit()
    assert district.subsection(ada) == (1.0, 4.0)
    first.refresh_from_db()
    assert first.earned == 2.0


def test_the_report_of_answers_tells_of_the_assessment_and_of_each_question(district, ada):
    session = district.session("Monday, room 12")
    district.working(ada, session).submit()
    rows, columns = ProblemResponses._build_student_data(
        user_id=district.staff.pk, course_key=district.school, usage_key_str_list=[str(district.block)]
    )
    ours = next(row for row in rows if row["block_key"] == str(district.block))
    # A site may have its own words for a column.
    told = [ours[word] for word in ("username", _("Session"), _("Status"), _("Points"))]
    assert told == ["ada", "Monday, room 12", "Submitted", 2.0]
    question = next(row for row in rows if row["block_key"] == str(district.keys()[0]))
    assert question[_("Answer")] == "A push or a pull"
    assert columns.index(_("Session")) < columns.index(_("Points"))


# -- events ------------------------------------------------------------------------------------------------------------
def test_what_happens_is_in_the_tracking_log_beside_the_platform_s_own_events(district, ada):
    sent: list[dict] = []

    class Memory:
        """A backend of the platform's tracker, as an operator would configure one."""

        def send(self, event):
            sent.append(event)

    backends = tracker.get_tracker().backends
    backends["test"] = Memory()
    try:
        session = district.session("Monday, room 12")
        district.working(ada, session).submit()
    finally:
        del backends["test"]
    told = {event["name"]: event for event in sent}
    assert "edx.grades.problem.submitted" in told
    ours = {name for name in told if name.startswith("edx.assessprep.")}
    assert {
        "edx.assessprep.session.published",
        "edx.assessprep.attempt.joined",
        "edx.assessprep.attempt.started",
        "edx.assessprep.attempt.submitted",
    } <= ours
    for name in ours:
        assert told[name]["context"]["course_id"] == str(district.school)
        assert not spells(str(told[name]["data"]), session.live_code)
