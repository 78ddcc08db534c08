"""Banks, versions and placements: what may be published, what never changes, and that guards come before questions."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessprep_xblock.domain.library import actions, actions_placing, drift, queries, rules
from assessprep_xblock.domain.library.models import AssessmentVersion, GuardedSource, Placement, VersionItem
from assessprep_xblock.domain.sessions import queries_usage as sessions
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms.base import LmsError
from devlms import factories
from tests.domain import district as d

pytestmark = pytest.mark.django_db


def refusal(call, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value


def test_only_course_staff_of_a_run_make_it_a_bank():
    district = d.make_district(publish=False)
    school = district.a
    given = {"course_key": school.course_key, "title": "Ours", "shared_with_all": True, "shared_with": [], "now": d.NOW}
    assert refusal(actions.create_bank, by=district.author.pk, **given).code == "not_found"
    assert actions.create_bank(by=school.staff.pk, **given).organization == "SchoolA"


def test_a_run_is_one_bank_and_a_block_one_assessment_however_often_the_button_is_pressed():
    district = d.make_district(publish=False)
    again = actions.create_bank(
        course_key=district.bank_key, title="X", shared_with_all=False, shared_with=[], by=district.author.pk, now=d.NOW
    )
    assert again.pk == district.bank.pk and again.title == "Science bank"
    twice = actions.add_assessment(bank_uuid=district.bank.uuid, usage_key=district.block, by=district.author.pk, now=d.NOW)
    assert twice.pk == district.assessment.pk


def test_a_bank_is_shared_only_with_organizations_that_exist():
    district = d.make_district(publish=False)
    changes = {"shared_with": ["Nowhere"]}
    refused = refusal(actions.change_bank, bank_uuid=district.bank.uuid, changes=changes, by=district.author.pk, now=d.NOW)
    assert (refused.code, refused.facts["field"]) == ("invalid", "shared_with")


def test_the_questions_of_a_bank_are_guarded_as_soon_as_its_block_is_an_assessment():
    district = d.make_district(publish=False)
    keys = {str(key) for key in factories.children_of(district.block)}
    assert {str(key) for key in GuardedSource.objects.values_list("usage_key", flat=True)} == keys


def test_a_version_holds_the_questions_with_hash_points_and_effective_values():
    district = d.make_district()
    items = list(VersionItem.objects.all())
    assert [item.title for item in items] == ["Push and pull", "Average speed", "Unit of force"]
    assert all(len(item.sha256) == 64 and item.olx and item.max_points == 1 for item in items)
    assert all("rerandomize" in item.effective for item in items)
    assert district.assessment.current_version.number == 1


def test_publishing_again_makes_the_next_version_and_leaves_the_first_as_it_was():
    district = d.make_district()
    before = AssessmentVersion.objects.values().get()
    items_before = list(VersionItem.objects.values())
    factories.edit_block(factories.children_of(district.block)[0], display_name="Changed")
    factories.publish_block(district.block)
    second = d.publish_version(district, note="Clearer words")
    assert second.number == 2 and district.assessment.current_version_id == second.pk
    assert AssessmentVersion.objects.values().get(number=1) == before
    assert list(VersionItem.objects.filter(version__number=1).values()) == items_before
    assert second.items.first().title == "Changed"


def test_no_statement_ever_updates_a_version_or_its_questions():
    district = d.make_district()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        d.publish_version(district)
        d.place(district, district.a)
        actions.withdraw_version(
            version_uuid=district.assessment.current_version.uuid, reason="", by=district.author.pk, now=d.NOW
        )
    updates = [query["sql"] for query in seen.captured_queries if query["sql"].startswith(("UPDATE", "DELETE"))]
    assert not [sql for sql in updates if "assessmentversion" in sql.split("SET")[0] or "versionitem" in sql.split("SET")[0]]


def test_changes_that_studio_holds_unpublished_stand_in_the_way():
    district = d.make_district(publish=False)
    factories.edit_block(factories.children_of(district.block)[0], display_name="Changed")
    assert refusal(d.publish_version, district).code == "unpublished_changes"


def test_an_assessment_without_questions_is_not_published():
    district = d.make_district(publish=False, olx=[])
    assert refusal(d.publish_version, district).code == "no_questions"


def test_a_block_that_was_never_published_in_studio_is_not_published():
    key = factories.make_course_run("course-v1:District+BANK+2026", "Bank")
    author = factories.make_staff(key, "author")
    block = factories.make_assessment_block(key, publish=False)
    bank = actions.create_bank(course_key=key, title="", shared_with_all=True, shared_with=[], by=author.pk, now=d.NOW)
    assessment = actions.add_assessment(bank_uuid=bank.uuid, usage_key=block, by=author.pk, now=d.NOW)
    given = {"assessment_uuid": assessment.uuid, "release_note": "", "by": author.pk, "now": d.NOW}
    assert refusal(actions.publish_version, **given).code == "nothing_to_publish"


def test_a_question_that_changes_its_values_at_each_look_is_named_and_refused_at_hand_in():
    district = d.make_district(publish=False, olx=[factories.number_olx("Dice", rerandomize="always")])
    refused = refusal(d.publish_version, district)
    assert (refused.code, refused.facts["question"]) == ("unsuitable_question", "Dice")
    practice = {"settings": {"checking": {"default": "as_you_go", "rule": "locked"}}}
    actions.change_assessment(
        assessment_uuid=district.assessment.uuid, changes=practice, version=1, by=district.author.pk, now=d.NOW
    )
    assert d.publish_version(district).number == 1


def test_of_two_authors_who_save_at_once_the_second_is_told():
    district = d.make_district(publish=False)
    given = {"assessment_uuid": district.assessment.uuid, "version": 1, "by": district.author.pk, "now": d.NOW}
    actions.change_assessment(changes={"title": "First"}, **given)
    assert refusal(actions.change_assessment, changes={"title": "Second"}, **given).code == "stale_version"
    district.assessment.refresh_from_db()
    assert district.assessment.title == "First"


def test_a_copy_is_guarded_before_it_is_published(settings):
    settings.ASSESSPREP_LMS = "tests.domain.district.WatchingLms"
    d.WatchingLms.guards_at_publish.clear()
    district = d.make_district()
    placement = d.place(district, district.a)
    assert d.WatchingLms.guards_at_publish == [3]
    assert placement.state == "ready"
    children = {str(key) for key in factories.children_of(placement.usage_key)}
    assert {str(key) for key in placement.questions.values_list("usage_key", flat=True)} == children


def test_a_platform_that_cannot_write_content_leaves_a_placement_that_says_what_to_do(settings):
    settings.ASSESSPREP_LMS = "tests.domain.district.ReadOnlyLms"
    district = d.make_district()
    placement = d.place(district, district.a)
    assert placement.state == "failed" and "Studio" in placement.problem
    session = d.draft(district, district.a, placement=placement)
    assert session.lifecycle == "draft"


def test_adding_to_the_course_twice_leaves_one_unit_and_the_same_questions():
    district = d.make_district()
    first = d.place(district, district.a)
    keys = list(first.questions.values_list("pk", "usage_key"))
    again = actions_placing.add_to_course(placement_uuid=first.uuid, by=district.a.staff.pk, now=d.NOW)
    assert again.usage_key == first.usage_key
    assert list(again.questions.values_list("pk", "usage_key")) == keys
    assert Placement.objects.count() == 1


def test_assessments_that_are_not_in_a_course_yet_stand_beside_each_other_in_every_school():
    district = d.make_district()
    by = {"by": district.author.pk, "now": d.NOW}
    block = factories.make_assessment_block(district.bank_key, title="Energy")
    other = actions.add_assessment(bank_uuid=district.bank.uuid, usage_key=block, **by)
    actions.publish_version(assessment_uuid=other.uuid, release_note="", **by)
    for school in (district.a, district.b):
        for uuid in (district.assessment.uuid, other.uuid):
            wanted = actions_placing.want_placement(
                course_key=school.course_key, assessment_uuid=uuid, by=school.staff.pk, now=d.NOW
            )
            assert wanted.state == "wanted"
    assert Placement.objects.filter(usage_key=None).count() == Placement.objects.filter(usage_key__isnull=True).count() == 4
    ready = actions_placing.add_to_course(placement_uuid=wanted.uuid, by=district.b.staff.pk, now=d.NOW)
    assert ready.state == "ready" and Placement.objects.exclude(usage_key=None).get() == ready


def test_wanting_an_assessment_twice_is_one_placement():
    district = d.make_district()
    given = {"course_key": district.a.course_key, "assessment_uuid": district.assessment.uuid, "now": d.NOW}
    first = actions_placing.want_placement(by=district.a.staff.pk, **given)
    assert actions_placing.want_placement(by=district.a.staff.pk, **given).pk == first.pk
    assert first.state == "wanted"
    assert refusal(actions_placing.want_placement, by=district.b.staff.pk, **given).code == "not_found"


def test_a_bank_that_is_not_shared_with_an_organization_does_not_exist_for_it():
    district = d.make_district(shared_with_all=False)
    assert refusal(d.place, district, district.a).code == "not_found"
    changes = {"shared_with": ["SchoolA"]}
    actions.change_bank(bank_uuid=district.bank.uuid, changes=changes, by=district.author.pk, now=d.NOW)
    assert d.place(district, district.a).state == "ready"
    assert refusal(d.place, district, district.b).code == "not_found"


def test_a_withdrawn_version_is_placed_nowhere_any_more():
    district = d.make_district()
    version = district.assessment.current_version
    actions.withdraw_version(version_uuid=version.uuid, reason="wrong key", by=district.author.pk, now=d.NOW)
    assert refusal(d.place, district, district.a).code == "withdrawn"
    assert queries.versions_open_to("SchoolA", d.NOW) == []


def test_a_block_in_a_unit_takes_over_the_placement_that_waited_for_it():
    district = d.make_district()
    school, version = district.a, district.assessment.current_version
    given = {"course_key": school.course_key, "assessment_uuid": district.assessment.uuid}
    wanted = actions_placing.want_placement(by=school.staff.pk, now=d.NOW, **given)
    block = factories.make_assessment_block(school.course_key, [])
    placed = actions_placing.place_version(usage_key=block, version_uuid=version.uuid, by=school.staff.pk, now=d.NOW)
    assert (placed.pk, placed.state, placed.usage_key) == (wanted.pk, "ready", block)
    assert placed.questions.count() == 3


def test_copying_never_writes_into_a_banks_own_block():
    district = d.make_district()
    given = {"usage_key": district.block, "version_uuid": district.assessment.current_version.uuid, "now": d.NOW}
    assert refusal(actions_placing.place_version, by=district.author.pk, **given).code == "invalid"
    assert refusal(actions_placing.place_version, by=district.a.staff.pk, **given).code == "not_found"
    assert len(factories.children_of(district.block)) == 3


def test_a_newer_version_replaces_the_questions_while_nobody_has_begun():
    district = d.make_district()
    placement = d.place(district, district.a)
    gone = factories.children_of(district.block)[0]
    tree = factories.ContentTree.load(district.bank_key, factories.DRAFT)
    tree.remove(gone.block_id)
    tree.save()
    factories.publish_block(district.block)
    second = d.publish_version(district)
    given = {"usage_key": placement.usage_key, "version_uuid": second.uuid, "by": district.a.staff.pk, "now": d.NOW}
    placed = actions_placing.place_version(**given)
    assert (placed.pk, placed.version_id, placed.questions.count()) == (placement.pk, second.pk, 2)


def test_a_copy_that_delivers_the_version_has_not_drifted_and_a_changed_one_is_named():
    district = d.make_district()
    placement = d.place(district, district.a)
    assert drift.drift_of(placement) == []
    question = factories.children_of(placement.usage_key)[1]
    factories.edit_block(question, max_attempts=99)
    factories.publish_block(placement.usage_key)
    assert [(one.question, one.what) for one in drift.drift_of(placement)] == [("Average speed", "max_attempts")]
    actions_placing.add_to_course(placement_uuid=placement.uuid, by=district.a.staff.pk, now=d.NOW)
    assert drift.drift_of(placement) == []


def test_a_schools_own_course_settings_do_not_change_a_copied_test():
    district = d.make_district()
    tree = factories.ContentTree.load(district.a.course_key, factories.DRAFT)
    tree.nodes[factories.ROOT_ID].fields.update({"showanswer": "always", "rerandomize": "always", "max_attempts": 1})
    tree.save()
    assert drift.drift_of(d.place(district, district.a)) == []


def test_a_placement_that_is_only_wanted_cannot_be_judged():
    district = d.make_district()
    given = {"course_key": district.a.course_key, "assessment_uuid": district.assessment.uuid, "now": d.NOW}
    wanted = actions_placing.want_placement(by=district.a.staff.pk, **given)
    with pytest.raises(LmsError):
        drift.drift_of(wanted)


def test_answers_are_offered_after_hand_in_only_where_the_author_lets_them_be():
    open_envelope = {"show_answers": {"default": False, "rule": "open"}}
    locked = {"show_answers": {"default": False, "rule": "locked"}}
    practice = {"checking": {"default": "as_you_go", "rule": "locked"}}
    values = {"showanswer": "always", "max_attempts": 2, "due": None}
    assert rules.values_for_copy(values, open_envelope)["showanswer"] == "attempted_no_past_due"
    assert rules.values_for_copy(values, locked) == {"showanswer": "never", "max_attempts": 2, "due": None}
    assert rules.values_for_copy(values, practice)["showanswer"] == "always"


def test_an_author_sees_who_uses_an_assessment_as_counts_and_settings_alone():
    district = d.make_district()
    d.published(district, district.a, settings={"duration_s": 1200, "closes_at": "2026-09-14T12:00:00Z"})
    d.draft(district, district.b)
    usage = sessions.usage_of(district.assessment, d.NOW)
    assert [(one.organization, one.submitted, one.changed["duration_s"]) for one in usage] == [("SchoolA", 0, 1200)]
    words = str([sessions.usage_view(one) for one in usage])
    for learner in district.a.learners:
        assert learner.username not in words
    assert sessions.placements_without_sessions(district.assessment) == ["SchoolB"]


def test_usage_costs_the_same_however_many_sessions_there_are(django_assert_num_queries):
    district = d.make_district()
    first = d.published(district, district.a)
    for more in range(2):
        with CaptureQueriesContext(connection) as seen:
            sessions.usage_of(district.assessment, d.NOW)
        assert len(seen) == 3
        for number in range(1, 6):
            d.published(district, district.a, placement=first.placement, period=5 * more + number)
