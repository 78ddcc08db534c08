"""Studio's half on a real edx-platform: writing content, its chooser, and a learner at its preview."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("cms")

import json

from django.urls import reverse
from django.utils import timezone
from openedx.core.lib.url_utils import quote_slashes
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.django import modulestore

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.library import guards
from assessprep_xblock.domain.library.drift import drift_of
from assessprep_xblock.domain.library.models import Placement
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.edxapp import EdxApp
from tests.edxapp.district import TEXTS, Browser
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def preview(client, key, handler, suffix="", data=None, *, name="preview_handler"):
    named = {"usage_key_string": quote_slashes(str(key)), "handler": handler}
    if suffix:
        named["suffix"] = suffix
    return client.post(reverse(name, kwargs=named), data or {})


def refused(answer) -> bool:
    return answer.status_code == 403 and not any(text in answer.content.decode() for text in TEXTS)


@pytest.mark.parametrize("name", ["preview_handler", "component_handler"])
@pytest.mark.parametrize("where", ["bank", "school"])
def test_studio_tells_a_learner_no_question_and_no_answer(district, where, name):
    learner = edx.signed_in(edx.make_learner(district.school, "ada"))
    source = district.placement.version.assessment.usage_key
    keys = district.keys() if where == "school" else modulestore().get_item(source).children
    for key in keys:
        for suffix in ("problem_get", "problem_check", "problem_show"):
            data = {edx.input_name(key): "choice_0"}
            assert refused(preview(learner, key, "xmodule_handler", suffix, data, name=name))


def test_studio_still_serves_authors_and_course_staff(district):
    source = modulestore().get_item(district.placement.version.assessment.usage_key)
    for user, key in ((district.author, source.children[0]), (district.staff, district.keys()[0])):
        answer = preview(edx.signed_in(user), key, "xmodule_handler", "problem_get")
        assert answer.status_code == 200
        assert TEXTS[0] in answer.json()["html"]


def an_empty_block(district):
    unit = edx.make_unit(district.school, "Test")
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.school):
        block = store.create_child(district.staff.pk, unit.location, "assessprep", fields={"display_name": "Test"})
    return block.location


def test_the_chooser_copies_guards_and_publishes_and_only_for_staff(district):
    assert type(get_lms()) is EdxApp
    block = an_empty_block(district)
    body = {"usage_key": str(block), "version": str(district.placement.version.uuid)}
    path = f"courses/{district.school}/placements"
    assert Browser(edx.make_learner(district.school, "ada")).call("POST", path, body).status_code in (403, 404)
    answer = Browser(district.staff).call("POST", path, body)
    assert answer.status_code in (200, 201), answer.content
    assert answer.json()["state"] == "ready", answer.json()
    placement = Placement.objects.get(usage_key=block)
    assert placement.questions.count() == 3
    place = get_lms().unit_place(block)
    assert (place.published, place.visible_to_students, place.graded) == (True, True, True)
    assert drift_of(placement) == []


def second_version(district):
    """The author gives the first question another title, and publishes."""
    assessment, store, by = district.placement.version.assessment, modulestore(), district.author.pk
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.bank):
        question = store.get_item(assessment.usage_key).get_children()[0]
        question.display_name = "Rewritten"
        store.update_item(question, by)
        store.publish(store.get_item(assessment.usage_key).parent, by)
    return library.publish_version(assessment_uuid=assessment.uuid, release_note="", by=by, now=timezone.now())


def test_a_new_version_leaves_the_old_placement_as_it_was(district):
    assert second_version(district).number == 2
    assert [one.title for one in get_lms().snapshot(district.block).questions][0] == "Push and pull"
    # And the first version can still be copied, pinned, from where the bank has long gone on.
    block = an_empty_block(district)
    copied = get_lms().copy_version(pin=district.placement.version.pin, into=block, effective={}, by=district.staff.pk)
    assert copied[0].title == "Push and pull"


def test_two_schools_deliver_the_version_each_has_chosen(district):
    first, lms, store = district.placement.version, get_lms(), modulestore()
    assessment, second = first.assessment, second_version(district)
    other = edx.make_run("course-v1:Lakeside+SCI7+2026", "Science 7")
    staff, unit = edx.make_staff(other, "staff-b"), edx.make_unit(other, "Tests")

    def chosen(version):
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, other):
            block = store.create_child(staff.pk, unit.location, "assessprep", fields={"display_name": "Test"}).location
        body = {"usage_key": str(block), "version": str(version.uuid)}
        assert Browser(staff).call("POST", f"courses/{other}/placements", body).json()["state"] == "ready"
        return block

    blocks = {"Northside": district.block, "Lakeside": chosen(first), "Lakeside, newer": chosen(second)}
    told = {name: lms.snapshot(block).questions for name, block in blocks.items()}
    assert {name: questions[0].title for name, questions in told.items()} == {
        "Northside": "Push and pull",
        "Lakeside": "Push and pull",
        "Lakeside, newer": "Rewritten",
    }
    ids = [one.usage_key for questions in told.values() for one in questions]
    assert len(set(ids)) == 9
    sources = {source for block in blocks.values() for source in lms.source_block_ids(block).values()}
    assert sources == {one.block_id for one in lms.snapshot(assessment.usage_key).questions}
    for placement in Placement.objects.all():
        assert drift_of(placement) == []
    # The bank's staff have no say in a school's run, nor one school's in another's.
    body = {"usage_key": str(blocks["Lakeside"]), "version": str(second.uuid)}
    for stranger in (district.author, district.staff):
        assert Browser(stranger).call("POST", f"courses/{other}/placements", body).status_code in (403, 404)


def test_only_course_staff_rename_the_block(district):
    def rename(user):
        named = {"usage_key_string": quote_slashes(str(district.block)), "handler": "rename"}
        body = json.dumps({"display_name": "Another title"})
        return edx.signed_in(user).post(reverse("component_handler", kwargs=named), body, content_type="application/json")

    assert rename(edx.make_learner(district.school, "ada")).status_code in (403, 404)
    assert modulestore().get_item(district.block).display_name == "Forces and motion"
    assert rename(district.staff).status_code == 200
    assert modulestore().get_item(district.block).display_name == "Another title"


def test_what_a_school_changed_is_seen_and_taken_back(district):
    key = district.keys()[0]
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.school):
        question = store.get_item(key)
        question.max_attempts, question.display_name = 99, "Easier"
        store.update_item(question, district.staff.pk)
        store.publish(store.get_item(district.block).parent, district.staff.pk)
    assert [one.what for one in drift_of(district.placement)] == ["max_attempts"]
    by = district.staff.pk
    placing.add_to_course(placement_uuid=district.placement.uuid, by=by, now=timezone.now())
    assert drift_of(district.placement) == []
    assert get_lms().snapshot(district.block).questions[0].title == "Push and pull"


def test_files_that_a_question_shows_come_with_it(district):
    from xmodule.contentstore.content import StaticContent
    from xmodule.contentstore.django import contentstore

    there = StaticContent.compute_location(district.bank, "ramp.png")
    contentstore().save(StaticContent(there, "ramp.png", "image/png", b"a picture"))
    assessment = district.placement.version.assessment
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.bank):
        first = store.get_item(assessment.usage_key).get_children()[0]
        first.data = first.data.replace("What is a force?", "What is it? <img src='/static/ramp.png'/>")
        store.update_item(first, district.author.pk)
        store.publish(store.get_item(assessment.usage_key).parent, district.author.pk)
    block = an_empty_block(district)
    lms = get_lms()
    lms.copy_version(pin=lms.snapshot(assessment.usage_key).pin, into=block, effective={}, by=district.staff.pk)
    copied = contentstore().find(StaticContent.compute_location(district.school, "ramp.png"))
    assert copied.data == b"a picture"


def test_what_an_author_and_a_school_see_of_the_block_in_studio(district):
    for user, key in (
        (district.author, district.placement.version.assessment.usage_key),
        (district.staff, district.block),
    ):
        url = reverse(
            "xblock_view_handler", kwargs={"usage_key_string": quote_slashes(str(key)), "view_name": "container_preview"}
        )
        answer = edx.signed_in(user).get(url, HTTP_ACCEPT="application/json")
        assert answer.status_code == 200, answer.content
        html = answer.json()["html"]
        assert "Push and pull" in html
        # A school reads its copy; the author edits.
        assert ("edit-button" in html) == (user == district.author)


def test_our_pages_are_there_in_studio_and_can_add_to_the_course(district):
    placement = district.placement
    for path in ("library/", f"courses/{district.school}/", f"courses/{district.school}/sessions/"):
        answer = Browser(district.staff).client.get(f"/assessprep/{path}")
        assert answer.status_code == 200
        assert 'id="assessprep-page"' in answer.content.decode()
    Placement.objects.filter(pk=placement.pk).update(usage_key=None, state="wanted")
    placement.questions.all().delete()
    answer = Browser(district.staff).call("POST", f"placements/{placement.uuid}/add", {})
    assert answer.json()["state"] == "ready", answer.json()
    assert get_lms().unit_place(Placement.objects.get(pk=placement.pk).usage_key).published


def test_a_copy_pasted_in_studio_is_for_course_staff_alone(district):
    store = modulestore()
    unit = edx.make_unit(district.school, "Pasted")
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.school):
        block = store.create_child(district.staff.pk, unit.location, "assessprep", fields={"display_name": "Pasted"})
        question = store.create_child(district.staff.pk, block.location, "problem", fields={"data": edx.CHOICE})
        store.publish(unit.location, district.staff.pk)
    assert guards.guards_in(district.school).kind(question.location) == guards.SOURCE
