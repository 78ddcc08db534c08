"""A school's run that delivers an assessment, exported and imported: as Studio's own tools do it, in OLX."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from assessprep_xblock.domain.library import guards, queries
from assessprep_xblock.domain.library.drift import drift_of
from assessprep_xblock.domain.library.models import PlacedQuestion, Placement
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.content import ContentTree
from devlms.models import DRAFT, PUBLISHED
from devlms.olx import export_run, import_run
from tests.domain import district as d
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db(transaction=True)

PASSAGE = '<html display_name="The lever"><![CDATA[<p>Give me a place to stand.</p>]]></html>'


def test_exported_and_imported_again_a_run_goes_on_with_its_session():
    world = delivered(timezone.now(), olx=[PASSAGE, factories.choice_olx(), factories.number_olx(weight="2")])
    course_key, block = world.school, world.usage_key
    before = get_lms().snapshot(block)
    told = {key: guards.guards_in(course_key).kind(key) for key in factories.children_of(block)}
    olx = export_run(course_key)
    (ours,) = etree.fromstring(olx).iter("assessprep")
    # Our block says nothing in OLX but its name: no code, no version, no learner's state.
    said = {"url_name": block.block_id, "display_name": "Forces and motion", "xblock-family": "xblock.v1"}
    assert dict(ours.attrib) == said
    assert [child.get("url_name") for child in ours] == [key.block_id for key in factories.children_of(block)]
    page = Page(world.learners[0])
    page.verify(world), page.start()
    page.save(world.questions[0].item, world.answers(0))

    import_run(course_key, olx)

    after = get_lms().snapshot(block)
    assert [(one.usage_key, one.olx, one.effective, one.max_points) for one in after.questions] == [
        (one.usage_key, one.olx, one.effective, one.max_points) for one in before.questions
    ]
    placement = queries.placement_at(block)
    assert placement is not None and (placement.pk, placement.state, drift_of(placement)) == (
        world.placement.pk,
        "ready",
        [],
    )
    assert {key: guards.guards_in(course_key).kind(key) for key in factories.children_of(block)} == told
    # She goes on where she was, and is marked.
    assert page.save(world.questions[1].item, world.answers(1), revision=2).status_code == 200
    assert page.submit().json()["status"] == "submitted"
    result = page.call("GET", f"attempts/{page.state['attempt']}").json()
    assert [one["earned"] for one in result["results"]] == [1, 2]


def test_a_question_that_was_changed_in_the_exported_file_is_named():
    world = delivered(timezone.now())
    olx = export_run(world.school).replace("A push or a pull", "A kind of energy")
    import_run(world.school, olx)
    world.placement.refresh_from_db()
    assert world.placement.state == "drifted"
    assert [(one["question"], one["what"]) for one in world.placement.drift] == [("Push and pull", "content")]


def test_imported_into_another_run_the_questions_are_closed_until_an_assessment_is_chosen():
    district = d.make_district()
    placement = d.place(district, district.a)
    target = district.b.course_key
    import_run(target, export_run(district.a.course_key))
    block = target.make_usage_key("assessprep", placement.usage_key.block_id)
    questions = factories.children_of(block)
    assert len(questions) == 3 and not Placement.objects.filter(course_key=target).exists()
    assert {guards.guards_in(target).kind(key) for key in questions} == {guards.SOURCE}
    client = Client()
    client.force_login(district.b.learners[0])
    page = client.get(get_lms().unit_urls([block])[block]).content.decode()
    assert "A push or a pull" not in page
    # Staff choose for it, and it is a placement like any other: the blocks are made anew, and theirs alone are guarded.
    staff = Page(district.b.staff)
    body = {"usage_key": str(block), "version": str(district.assessment.current_version.uuid)}
    placed = staff.call("POST", f"courses/{target}/placements", body)
    assert (placed.status_code, placed.json()["state"]) == (201, "ready")
    keys = set(factories.children_of(block, PUBLISHED))
    assert keys == set(PlacedQuestion.objects.filter(course_key=target).values_list("usage_key", flat=True))
    assert {guards.guards_in(target).kind(key) for key in keys} == {guards.DRAFTS}
    tree = ContentTree.load(target, DRAFT)
    assert {tree.usage_key(node.block_id) for node in tree.below(block.block_id)} == keys
