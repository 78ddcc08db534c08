"""What Studio can do to a run that delivers an assessment: what it makes is closed to learners until staff choose anew."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("cms")

import json

from cms.djangoapps.contentstore.tasks import rerun_course
from common.djangoapps.course_action_state.models import CourseRerunState
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey
from openedx.core.lib.url_utils import quote_slashes
from xmodule.contentstore.django import contentstore
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.django import modulestore
from xmodule.modulestore.xml_exporter import export_course_to_xml
from xmodule.modulestore.xml_importer import import_course_from_xml

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library import guards, queries
from assessprep_xblock.domain.library.drift import drift_of
from assessprep_xblock.domain.library.models import Placement
from assessprep_xblock.lms import get_lms
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def studio(district, method: str, key: UsageKey | None = None, body=None):
    """One call of Studio's own REST by a member of the school's staff."""
    url = reverse("xblock_handler", kwargs={"usage_key_string": quote_slashes(str(key))} if key else None)
    client = edx.signed_in(district.staff)
    answer = client.generic(
        method, url, json.dumps(body or {}), content_type="application/json", HTTP_ACCEPT="application/json"
    )
    assert answer.status_code in (200, 201, 204), answer.content
    return answer.json() if answer.content else None


def publish(course_key: CourseKey, usage_key: UsageKey, by: int) -> None:
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, course_key):
        store.publish(usage_key, by)


def unit_of(district) -> UsageKey:
    return get_lms().unit_place(district.block).usage_key


def our_blocks(course_key: CourseKey) -> list:
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.published_only, course_key):
        return store.get_items(course_key, qualifiers={"category": "assessprep"})


def kinds(keys) -> set:
    """How the questions are guarded, for everybody's eyes: without the short memory of the cache."""
    cache.clear()
    return {guards.guards_in(key.course_key).kind(key) for key in keys}


def assert_closed_and_undelivered(block) -> None:
    """Its questions are for course staff alone, and no student is offered a start screen there."""
    assert kinds(block.children) == {guards.SOURCE}
    assert queries.placement_at(UsageKey.from_string(guards.plain(block.location))) is None


def test_a_duplicate_is_closed_until_an_assessment_is_chosen_for_it(district):
    body = {"parent_locator": str(unit_of(district)), "duplicate_source_locator": str(district.block)}
    made = UsageKey.from_string(studio(district, "POST", body=body)["locator"])
    publish(district.school, unit_of(district), district.staff.pk)
    copy = next(one for one in our_blocks(district.school) if one.location.block_id == made.block_id)
    assert len(copy.children) == 3
    assert_closed_and_undelivered(copy)
    # The placement beside it is what it was.
    assert kinds(district.keys()) == {guards.DRAFTS}
    assert drift_of(district.placement) == []


@pytest.mark.parametrize("where", ["same run", "another school's run"])
def test_a_pasted_block_is_closed_until_an_assessment_is_chosen_for_it(district, where):
    target = district.school
    if where != "same run":
        target = edx.make_run("course-v1:Lakeside+SCI7+2026", "Science 7")
        edx.CourseStaffRole(target).add_users(district.staff)
    unit = edx.make_unit(target, "Pasted here")
    client = edx.signed_in(district.staff)
    copied = client.post(
        "/api/content-staging/v1/clipboard/", {"usage_key": str(district.block)}, content_type="application/json"
    )
    assert copied.status_code == 200, copied.content
    studio(district, "POST", body={"parent_locator": str(unit.location), "staged_content": "clipboard"})
    publish(target, unit.location, district.staff.pk)
    (copy,) = [one for one in our_blocks(target) if guards.plain(one.location) != str(district.block)]
    assert len(copy.children) == 3
    assert_closed_and_undelivered(copy)


def test_a_rerun_brings_the_questions_closed_and_no_session(district, ada):
    session = district.session("Monday, room 12")
    rerun = CourseKey.from_string("course-v1:Northside+SCI7+2027")
    CourseRerunState.objects.initiated(district.school, rerun, district.staff, "Science 7")
    assert rerun_course.delay(str(district.school), str(rerun), district.staff.pk).get() == "succeeded"
    (block,) = our_blocks(rerun)
    assert len(block.children) == 3
    assert_closed_and_undelivered(block)
    assert not Placement.objects.filter(course_key=rerun).exists()
    session.refresh_from_db()
    assert session.course_key == district.school


def round_trip(district, target: CourseKey, folder) -> None:
    store = modulestore()
    export_course_to_xml(store, contentstore(), district.school, str(folder), "exported")
    import_course_from_xml(
        store,
        district.staff.pk,
        str(folder),
        ["exported"],
        static_content_store=contentstore(),
        target_id=target,
        raise_on_failure=True,
        create_if_not_present=True,
    )


def test_exported_and_imported_again_the_run_delivers_what_it_did(district, tmp_path):
    before = [one.olx for one in get_lms().snapshot(district.block).questions]
    round_trip(district, district.school, tmp_path)
    after = get_lms().snapshot(district.block)
    assert [one.usage_key for one in after.questions] == district.keys()
    assert [one.olx for one in after.questions] == before
    assert drift_of(district.placement) == []
    assert kinds(district.keys()) == {guards.DRAFTS}


def test_imported_into_another_run_the_questions_are_closed(district, tmp_path):
    target = edx.make_run("course-v1:Lakeside+SCI7+2026", "Science 7")
    round_trip(district, target, tmp_path)
    (block,) = our_blocks(target)
    assert len(block.children) == 3
    assert_closed_and_undelivered(block)


def test_a_block_taken_out_of_the_course_takes_no_answer_with_it(district, ada):
    session = district.session("Monday, room 12")
    Attempt.objects.create(
        session=session, placement=district.placement, learner=ada, status="submitted", joined_at=timezone.now()
    )
    unit = unit_of(district)
    studio(district, "DELETE", district.block)
    publish(district.school, unit, district.staff.pk)
    assert get_lms().unit_place(district.block) is None
    assert our_blocks(district.school) == []
    assert Attempt.objects.filter(placement=district.placement).count() == 1
    assert district.placement.questions.count() == 3
    # What was a question stays closed, should anybody bring it back.
    assert kinds(district.keys()) == {guards.DRAFTS}


def test_a_run_that_is_deleted_takes_no_answer_with_it(district, ada):
    from cms.djangoapps.contentstore.utils import delete_course

    district.session("Monday, room 12")
    delete_course(district.school, district.staff.pk)
    assert get_lms().unit_place(district.block) is None
    assert get_lms().unit_urls([district.block]) == {}
    assert Placement.objects.filter(pk=district.placement.pk).exists()
