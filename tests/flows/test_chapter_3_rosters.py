"""Chapter 3, step 4: who is assigned. Nobody sits in two sessions at once, and lint says what else is in the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from assessprep_xblock.domain.attempts.models import AbsentMark, Attempt
from assessprep_xblock.domain.sessions import actions, lint, queries
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms.models import Cohort
from tests.domain import district as d
from tests.spelled import spells
from tests.world import Page

pytestmark = pytest.mark.django_db
A_WEEK = timedelta(days=7)


def window(day: datetime, hours: int = 1) -> dict[str, str]:
    return {"opens_at": day.isoformat(), "closes_at": (day + timedelta(hours=hours)).isoformat()}


def found(session, now=d.NOW) -> dict[str, str]:
    fresh = queries.session_for_staff(session_uuid=session.uuid, user_id=session.created_by_id)
    return {problem.code: problem.sentence for problem in lint.lint(fresh, now)}


def publish(session, district):
    return actions.publish_session(session_uuid=session.uuid, by=district.a.staff.pk, now=d.NOW)


def change(session, district, **changes):
    session.refresh_from_db()
    given = {"session_uuid": session.uuid, "version": session.version_no, "changes": changes}
    return actions.change_session(by=district.a.staff.pk, now=d.NOW, **given)


def test_a_student_in_two_open_sessions_is_refused_at_publish_with_both_named(district):
    school = district.a
    first = d.published(district, school, name="Morning", roster={"classes": [school.class_a.pk]})
    second = d.draft(district, school, placement=first.placement, name="Noon", roster={"students": [school.learners[0].pk]})
    assert "“Morning”" in found(second)["in_two_sessions"] and "“Noon”" in found(second)["in_two_sessions"]
    with pytest.raises(Refusal) as refused:
        publish(second, district)
    assert refused.value.code == "lint_errors"
    change(second, district, roster={"classes": [school.class_b.pk]})
    assert publish(second, district).lifecycle == "published"


def test_a_late_addition_to_a_published_session_is_refused_where_the_student_sits_in_another(district):
    school = district.a
    first = d.published(district, school, name="Morning", roster={"classes": [school.class_a.pk]})
    second = d.published(district, school, placement=first.placement, name="Noon", roster={"classes": [school.class_b.pk]})
    with pytest.raises(Refusal) as refused:
        change(second, district, roster={"classes": [school.class_b.pk], "students": [school.learners[0].pk]})
    facts = refused.value.facts
    assert refused.value.code == "in_two_sessions"
    assert (facts["session"], facts["other"], facts["count"]) == ("Noon", "Morning", 1)
    # Taken out of the one, she may be added to the other while both are open.
    change(first, district, roster={"classes": [school.class_a.pk], "excluded": [school.learners[0].pk]})
    assert change(second, district, roster={"students": [school.learners[0].pk]}).roster["students"]


def test_a_late_addition_while_the_session_is_open_is_made_with_a_reason_that_its_log_keeps(district):
    school, staff = district.a, Page(district.a.staff)
    session = d.published(district, school, settings={}, roster={"classes": [school.class_a.pk]})
    late = Page(school.learners[2])
    enter = f"placements/{session.placement.usage_key}/verify"
    assert late.call("POST", enter, {"code": session.live_code}).status_code == 403
    edit = staff.client.get(reverse("assessprep:session_edit", args=[session.uuid])).content.decode()
    assert "Why the students change (kept in the log)" in edit
    roster = {"classes": [school.class_a.pk], "students": [school.learners[2].pk]}
    body = {"version": session.version_no, "roster": roster, "reason": "Moved here yesterday"}
    assert staff.call("PATCH", f"sessions/{session.uuid}", body).status_code == 200
    assert late.call("POST", enter, {"code": session.live_code}).json()["status"] == "joined"
    log = staff.client.get(f"/assessprep/api/v1/sessions/{session.uuid}/log.csv")
    line = next(line for line in b"".join(log.streaming_content).decode().splitlines() if "Moved here yesterday" in line)
    assert "change_session" in line
    too_long = {"version": session.version_no + 1, "roster": roster, "reason": "x" * 501}
    refused = staff.call("PATCH", f"sessions/{session.uuid}", too_long)
    assert (refused.status_code, refused.json()["field"]) == (400, "reason")


def test_who_has_submitted_or_whose_attempt_is_void_may_be_in_another_session_meanwhile(district):
    school = district.a
    first = d.published(district, school, name="Morning", roster={"classes": [school.class_a.pk]})
    second = d.draft(district, school, placement=first.placement, name="Noon", roster={"classes": [school.class_a.pk]})
    one, two, *_rest = school.learners
    for learner, more in ((one, {"status": "submitted"}), (two, {"status": "in_progress", "voided": True})):
        Attempt.objects.create(
            session=first, placement=first.placement, learner=learner, joined_at=d.NOW, progress_at=d.NOW, **more
        )
    assert "in_two_sessions" not in found(second)
    Attempt.objects.filter(learner=one).update(status="in_progress")
    assert "1 students" in found(second)["in_two_sessions"]


def test_a_make_up_session_stands_beside_the_first_once_that_lets_nobody_in_any_more(district):
    school = district.a
    first = d.published(district, school, name="Morning", settings={**window(d.NOW), "last_entry_s": 600})
    one, two, *_rest = school.learners
    Attempt.objects.create(
        session=first, placement=first.placement, learner=one, status="in_progress", joined_at=d.NOW, progress_at=d.NOW
    )
    late = d.NOW + timedelta(minutes=11)
    absent = {"students": [learner.pk for learner in school.learners[1:]]}
    makeup = d.draft(district, school, placement=first.placement, name="Make-up", roster=absent)
    told = found(makeup)["in_two_sessions"]
    assert "absent in the Monitor of “Morning”" in told and "lets nobody in any more" in told
    assert "in_two_sessions" not in found(makeup, late)
    # Who is at work in the first session cannot be in the other, however late it is.
    change(makeup, district, roster={"students": [one.pk, two.pk]})
    assert "1 students" in found(makeup, late)["in_two_sessions"]
    change(makeup, district, roster=absent)
    actions.publish_session(session_uuid=makeup.uuid, by=school.staff.pk, now=late)
    # The first session cannot be opened to them again behind the other's back.
    first.refresh_from_db()
    with pytest.raises(Refusal) as refused:
        actions.change_session(
            session_uuid=first.uuid,
            version=first.version_no,
            changes={"settings": {"last_entry_s": 1800}},
            by=school.staff.pk,
            now=late,
        )
    assert refused.value.code == "in_two_sessions"


def test_who_is_marked_absent_in_the_first_session_may_be_in_its_make_up_at_once(district):
    school = district.a
    first = d.published(district, school, name="Morning")
    makeup = d.draft(district, school, placement=first.placement, roster={"students": [school.learners[0].pk]})
    assert "in_two_sessions" in found(makeup)
    AbsentMark.objects.create(session=first, learner=school.learners[0], at=d.NOW)
    assert publish(makeup, district).lifecycle == "published"


def test_two_sessions_one_after_the_other_may_name_the_same_students(district):
    tomorrow = d.NOW + timedelta(days=1)
    first = d.published(district, district.a, name="Monday", settings=window(tomorrow))
    later = d.published(
        district, district.a, placement=first.placement, name="Later", settings=window(tomorrow + timedelta(hours=1))
    )
    with pytest.raises(Refusal) as refused:
        change(first, district, settings=window(tomorrow, hours=2))
    assert (refused.value.code, refused.value.facts["other"]) == ("in_two_sessions", "Later")
    assert later.lifecycle == "published"


def test_a_class_that_is_deleted_after_it_was_assigned_is_shown_and_the_session_lives(district):
    school = district.a
    session = d.published(district, school, roster={"classes": [school.class_a.pk, school.class_b.pk]})
    Cohort.objects.filter(pk=school.class_a.pk).delete()
    assert "class_gone" in found(session)
    assert change(session, district, name="Renamed").name == "Renamed"


def test_lint_warns_of_answers_told_before_another_session_is_held(district):
    tomorrow = d.NOW + timedelta(days=1)
    first = d.published(district, district.a, settings={**window(tomorrow), "release": "on_submit", "show_answers": True})
    assert "results_leak" not in found(first)
    d.published(district, district.a, placement=first.placement, name="Later", settings=window(tomorrow + timedelta(days=1)))
    assert "“Later”" in found(first)["results_leak"]


def test_lint_warns_of_a_window_too_short_for_a_student_s_extra_time(district):
    from assessprep_xblock.domain.sessions.actions_accommodations import set_accommodation

    session = d.draft(district, district.a, settings={"duration_s": 3600, **window(d.NOW)})
    assert "extra_time_window" not in found(session)
    set_accommodation(
        course_key=district.a.course_key,
        learner_id=district.a.learners[0].pk,
        extra_s=0,
        percent=150,
        by=district.a.staff.pk,
        now=d.NOW,
    )
    assert "30 minutes" in found(session)["extra_time_window"]


def test_lint_warns_of_clocks_that_are_changed_in_the_window(district):
    # Clocks in Berlin go back on the last Sunday of October at 01:00 UTC.
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for zone, warned in (("Europe/Berlin", True), ("Asia/Tokyo", False)):
        session = d.draft(district, district.a, settings={**window(night), "time_zone": zone})
        assert ("clock_change" in found(session)) is warned, zone


def test_the_operator_s_lint_tells_each_finding_and_ends_with_an_error_where_there_is_one(district):
    session = d.published(district, district.a, settings={})
    out = StringIO()
    call_command("assessprep_lint", stdout=out)
    assert "1 sessions, 0 errors" in out.getvalue()
    AssessmentSession.objects.filter(pk=session.pk).update(
        roster={"everyone": False, "classes": [], "students": [], "excluded": []}
    )
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("assessprep_lint", "--course", str(district.a.course_key), stdout=out)
    assert "error: nobody_assigned" in out.getvalue() and str(session.uuid) in out.getvalue()
    assert not spells(out.getvalue(), session.live_code)
    out = StringIO()
    call_command("assessprep_lint", "--course", str(district.b.course_key), "--drafts", stdout=out)
    assert "0 sessions" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("assessprep_lint", "--course", "no course")
