"""Sessions: their life, their settings inside the author's envelope, one winner of two editors, copies and lint."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.sessions import actions, queries
from assessprep_xblock.domain.sessions.actions_bulk import create_sessions
from assessprep_xblock.domain.sessions.bulk import Row
from assessprep_xblock.domain.sessions.lint import lint
from assessprep_xblock.domain.sessions.models import AssessmentSession, GradedCount
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from devlms import factories
from tests.domain import district as d

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return d.make_district()


def refusal(call, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value


def act(action, session, district, **more):
    """One of the actions, as school A's staff."""
    return getattr(actions, action)(session_uuid=session.uuid, by=district.a.staff.pk, now=d.NOW, **more)


def change(session, district, version=None, **changes):
    version = session.version_no if version is None else version
    return act("change_session", session, district, version=version, changes=changes)


def joined(session) -> None:
    """Somebody is in: the counter that rules read."""
    AssessmentSession.objects.filter(pk=session.pk).update(n_joined=1)


LIFE = ["publish_session", "unpublish_session", "archive_session", "unarchive_session", "rotate_code"]
#: (lifecycle, action) -> the lifecycle it leads to, or the refusal's code.
MOVES = {
    ("draft", "publish_session"): "published",
    ("draft", "unpublish_session"): "!not_published",
    ("draft", "archive_session"): "archived",
    ("draft", "unarchive_session"): "!state_changed",
    ("draft", "rotate_code"): "!not_published",
    ("published", "publish_session"): "!already_published",
    ("published", "unpublish_session"): "draft",
    ("published", "archive_session"): "archived",
    ("published", "unarchive_session"): "!state_changed",
    ("published", "rotate_code"): "published",
    ("archived", "publish_session"): "!archived",
    ("archived", "unpublish_session"): "!archived",
    ("archived", "archive_session"): "!archived",
    ("archived", "unarchive_session"): "draft",
    ("archived", "rotate_code"): "!archived",
}


@pytest.mark.parametrize(("lifecycle", "move"), sorted(MOVES))
def test_each_move_leads_where_the_table_says_or_is_refused(district, lifecycle, move):
    session = d.draft(district, district.a)
    if lifecycle != "draft":
        act("publish_session", session, district)
    if lifecycle == "archived":
        act("archive_session", session, district)
    expected = MOVES[lifecycle, move]
    if expected.startswith("!"):
        assert refusal(act, move, session, district).code == expected[1:]
    else:
        after = act(move, session, district)
        assert after.lifecycle == expected
        assert (after.live_code is not None) == (expected == "published")


def test_a_session_that_somebody_joined_is_neither_taken_back_nor_deleted(district):
    session = d.published(district, district.a)
    joined(session)
    assert refusal(act, "unpublish_session", session, district).code == "has_attempts"
    assert refusal(act, "delete_session", session, district).code == "has_attempts"
    assert act("archive_session", session, district).lifecycle == "archived"


def test_a_session_is_not_archived_under_working_students(district):
    session = d.published(district, district.a)
    AssessmentSession.objects.filter(pk=session.pk).update(n_in_progress=2)
    refused = refusal(act, "archive_session", session, district)
    assert (refused.code, refused.facts["count"]) == ("students_working", 2)


def test_a_deleted_session_is_gone_and_the_trail_remembers_it(district):
    session = d.published(district, district.a)
    act("delete_session", session, district)
    assert not AssessmentSession.objects.exists()
    assert AuditRow.objects.filter(action="delete_session", facts__session=str(session.uuid)).exists()


def test_a_repeated_request_makes_one_session(district):
    request_id = uuid4()
    placement = d.place(district, district.a)
    first = d.draft(district, district.a, placement=placement, request_id=request_id)
    again = d.draft(district, district.a, placement=placement, request_id=request_id, name="Another name")
    assert again.pk == first.pk and again.name == "Period 1"
    assert AssessmentSession.objects.count() == 1


def test_only_what_differs_from_the_default_is_stored(district):
    session = d.draft(district, district.a, settings={"duration_s": 2700, "guests": True})
    assert session.overrides == {"guests": True}
    assert change(session, district, settings={"guests": False}).overrides == {}


def test_a_locked_setting_stays_and_a_range_holds():
    district = d.make_district(publish=False)
    envelope = {
        "guests": {"default": False, "rule": "locked"},
        "duration_s": {"default": 1800, "rule": "range", "least": 1200, "most": 2400},
    }
    library.change_assessment(
        assessment_uuid=district.assessment.uuid,
        changes={"settings": envelope},
        version=1,
        by=district.author.pk,
        now=d.NOW,
    )
    d.publish_version(district)
    placement = d.place(district, district.a)
    assert refusal(d.draft, district, district.a, placement=placement, settings={"guests": True}).code == "setting_locked"
    for seconds in (1199, 2401):
        refused = refusal(d.draft, district, district.a, placement=placement, settings={"duration_s": seconds})
        assert (refused.code, refused.facts["field"]) == ("setting_out_of_range", "duration_s")
    session = d.draft(district, district.a, placement=placement, settings={"duration_s": 2400, "guests": False})
    assert queries.settings_of(session)["duration_s"] == 2400


@pytest.mark.parametrize(
    "settings",
    [
        {"opens_at": "2026-09-14T10:00:00Z", "closes_at": "2026-09-14T09:00:00Z"},
        {"duration_s": 0},
        {"duration_s": True},
        {"opens_at": "tomorrow"},
        {"opens_at": "2026-09-14T10:00:00"},
        {"no_such": 1},
        ["a list"],
    ],
)
def test_settings_that_make_no_sense_are_refused_and_nothing_is_kept(district, settings):
    placement = d.place(district, district.a)
    assert refusal(d.draft, district, district.a, placement=placement, settings=settings).status == 400
    assert not AssessmentSession.objects.exists()


def test_of_two_colleagues_who_edit_at_once_the_second_is_told(district):
    session = d.draft(district, district.a)
    change(session, district, name="First")
    assert refusal(change, session, district, name="Second").code == "stale_version"
    session.refresh_from_db()
    assert (session.name, session.version_no) == ("First", 2)


def test_once_students_have_joined_the_close_may_move_but_not_what_they_rely_on(district):
    session = d.published(district, district.a)
    joined(session)
    later = (d.NOW + timedelta(hours=2)).isoformat()
    moved = change(session, district, settings={"closes_at": later})
    assert queries.settings_of(moved)["closes_at"] == "2026-09-14T11:00:00Z"
    for settings in ({"duration_s": 600}, {"opens_at": None}, {"checking": "as_you_go"}, {"anonymous": True}):
        assert refusal(change, moved, district, settings=settings).code == "has_attempts"
    assert change(moved, district, name="Still renamed").name == "Still renamed"


def test_a_moved_close_is_a_notice_to_the_students(district):
    session = d.published(district, district.a)
    before = session.notice_no
    assert change(session, district, settings={"closes_at": "2026-09-14T12:00:00Z"}).notice_no == before + 1


def test_an_archived_session_is_not_edited(district):
    session = act("archive_session", d.published(district, district.a), district)
    assert refusal(change, session, district, name="No").code == "archived"


def test_a_copy_is_a_draft_without_dates_code_or_attempts(district):
    source = d.published(district, district.a, settings={"duration_s": 1200, "closes_at": "2026-09-14T12:00:00Z"})
    joined(source)
    copy = act("duplicate_session", source, district, name="Again", roster="same", request_id=uuid4())
    assert (copy.lifecycle, copy.live_code, copy.overrides) == ("draft", None, {"duration_s": 1200})
    assert copy.roster["everyone"] is True
    assert not queries.has_attempts(copy)


def test_a_make_up_session_is_for_those_who_have_not_submitted(district):
    source = d.published(district, district.a)
    done, *rest = (learner.pk for learner in district.a.learners)
    given = {"name": "Make-up", "roster": "absent", "request_id": uuid4(), "submitted_ids": {done}}
    assert act("duplicate_session", source, district, **given).roster["students"] == sorted(rest)


def test_a_session_of_nobody_is_not_published_and_says_why(district):
    session = d.draft(district, district.a, roster={})
    refused = refusal(act, "publish_session", session, district)
    assert refused.code == "lint_errors"
    assert [problem["code"] for problem in refused.facts["lint"]] == ["nobody_assigned"]


def found(session, now=d.NOW) -> dict[str, str]:
    fresh = queries.session_for_staff(session_uuid=session.uuid, user_id=session.created_by_id)
    return {problem.code: problem.severity for problem in lint(fresh, now)}


def test_lint_is_silent_about_a_session_that_is_ready(district):
    assert found(d.draft(district, district.a, settings={})) == {}


def test_lint_names_what_stands_between_a_session_and_its_students(district):
    session = d.draft(district, district.a, settings={"closes_at": "2026-09-14T09:30:00Z"})
    assert found(session) == {"window_short": "warning"}
    assert found(session, d.NOW + timedelta(hours=1)) == {"window_over": "error"}
    only_guests = d.draft(district, district.a, placement=session.placement, roster={}, settings={"guests": True})
    assert found(only_guests) == {"only_guests": "warning"}
    question = factories.children_of(session.placement.usage_key)[0]
    factories.edit_block(question, weight=7, max_attempts=99)
    factories.publish_block(session.placement.usage_key)
    assert found(session)["drifted"] == "error"
    # In words, and not by the names that Studio stores.
    [told] = [one.sentence for one in lint(session, d.NOW) if one.code == "drifted"]
    assert "how often it may be answered" in told and told.count("its points") == 1
    assert "weight" not in told and "max_attempts" not in told


def test_lint_sees_a_unit_that_students_cannot_reach(district):
    session = d.draft(district, district.a, settings={})
    tree = factories.ContentTree.load(district.a.course_key, factories.DRAFT)
    unit = tree.unit_of(session.placement.usage_key.block_id)
    factories.edit_block(tree.usage_key(unit.block_id), visible_to_staff_only=True)
    factories.publish_block(session.placement.usage_key)
    assert found(session) == {"unit_hidden": "error"}


def test_a_session_can_be_drafted_before_the_assessment_is_in_the_course(district):
    from assessprep_xblock.domain.library import actions_placing

    given = {"course_key": district.a.course_key, "assessment_uuid": district.assessment.uuid, "now": d.NOW}
    wanted = actions_placing.want_placement(by=district.a.staff.pk, **given)
    session = d.draft(district, district.a, placement=wanted)
    assert found(session) == {"placement_not_ready": "error"}
    actions_placing.add_to_course(placement_uuid=wanted.uuid, by=district.a.staff.pk, now=d.NOW)
    assert act("publish_session", session, district).lifecycle == "published"


@pytest.mark.parametrize("name", [*LIFE, "delete_session"])
def test_staff_of_another_school_find_nothing_to_act_on(district, name):
    session = d.published(district, district.a)
    for stranger in (district.b.staff, district.author, district.a.learners[0]):
        call = getattr(actions, name)
        assert refusal(call, session_uuid=session.uuid, by=stranger.pk, now=d.NOW).code == "not_found"


def test_whatever_makes_a_session_makes_the_row_that_counts_its_graded_submissions(district):
    placement = d.place(district, district.a)
    first = d.draft(district, district.a, placement=placement)
    act("duplicate_session", first, district, name="Copy", roster="same", request_id=None)
    rows = [Row(line=n, name=f"Room {n}") for n in (1, 2)]
    create_sessions(
        placement_uuid=placement.uuid, settings={}, rows=rows, request_id=uuid4(), by=district.a.staff.pk, now=d.NOW
    )
    assert GradedCount.objects.count() == AssessmentSession.objects.count() == 4
