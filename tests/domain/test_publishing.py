"""Before a version is published: everything in the way by its name; texts beside questions; standards."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from assessprep_xblock.domain.attempts import queries as attempts
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library import actions, drift, guards, queries
from assessprep_xblock.domain.library.actions_publishing import problems_of
from assessprep_xblock.domain.library.models import PlacedQuestion, VersionItem, VersionText
from assessprep_xblock.domain.library.queries_publishing import checked
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms import get_lms
from devlms import factories
from tests.domain import district as d
from tests.world import Page, delivered

pytestmark = pytest.mark.django_db

PASSAGE = '<html display_name="The lever"><![CDATA[<p>Give me a place to stand.</p>]]></html>'


def test_everything_that_stands_in_the_way_is_named_at_once():
    olx = [
        '<problem display_name="Only words"><p>Nothing is asked.</p></problem>',
        factories.number_olx("Worth nothing", weight="0"),
        factories.number_olx("Dice", rerandomize="always"),
        factories.choice_olx("Sound"),
    ]
    district = d.make_district(publish=False, olx=olx)
    factories.edit_block(factories.children_of(district.block)[3], display_name="Sounder")
    changes = {"tags_required": True}
    actions.change_bank(bank_uuid=district.bank.uuid, changes=changes, by=district.author.pk, now=d.NOW)
    with pytest.raises(Refusal) as caught:
        d.publish_version(district)
    named = [(one["code"], one["question"]) for one in caught.value.facts["problems"]]
    assert named == [
        ("unpublished_changes", ""),
        ("ungradable_question", "Only words"),
        ("missing_tags", "Only words"),
        ("no_points", "Worth nothing"),
        ("missing_tags", "Worth nothing"),
        ("unsuitable_question", "Dice"),
        ("missing_tags", "Dice"),
        ("missing_tags", "Sound"),
    ]
    assert all(one["message"] for one in caught.value.facts["problems"])
    assert caught.value.code == "unpublished_changes"


def test_checks_say_beforehand_what_publishing_would_refuse():
    district = d.make_district(publish=False, olx=[factories.number_olx("Worth nothing", weight="0")])
    assessment = queries.assessment_for_author(assessment_uuid=district.assessment.uuid, user_id=district.author.pk)
    assert [one["code"] for one in problems_of(checked(assessment).findings)] == ["no_points"]


def test_a_bank_that_wants_standards_publishes_once_each_question_names_one():
    district = d.make_district(publish=False)
    by = {"by": district.author.pk, "now": d.NOW}
    actions.change_bank(bank_uuid=district.bank.uuid, changes={"tags_required": True}, **by)
    first, second, third = (key.block_id for key in factories.children_of(district.block))
    named = {first: ["NGSS MS-PS2-1"], second: [" NGSS  MS-PS2-2 ", "NGSS MS-PS2-2"], third: []}
    given = {"assessment_uuid": district.assessment.uuid, **by}
    actions.change_assessment(changes={"question_standards": named}, version=1, **given)
    with pytest.raises(Refusal) as caught:
        d.publish_version(district)
    assert [one["question"] for one in caught.value.facts["problems"]] == ["Unit of force"]
    actions.change_assessment(changes={"standards": ["NGSS MS-PS2"]}, version=2, **given)
    d.publish_version(district)
    assert [item.standards for item in VersionItem.objects.all()] == [["NGSS MS-PS2-1"], ["NGSS MS-PS2-2"], ["NGSS MS-PS2"]]


def test_a_text_stands_beside_the_questions_and_is_none():
    district = d.make_district(olx=[PASSAGE, factories.choice_olx(), factories.number_olx()])
    version = district.assessment.current_version
    assert [(text.title, text.position) for text in VersionText.objects.all()] == [("The lever", 0)]
    assert "Give me a place to stand" in VersionText.objects.get().olx
    assert [item.position for item in version.items.all()] == [1, 2]
    placement = d.place(district, district.a)
    assert placement.state == "ready" and PlacedQuestion.objects.count() == 2
    passage, question, _other = factories.children_of(placement.usage_key)
    found = guards.guards_in(district.a.course_key)
    assert (found.kind(passage), found.kind(question)) == (guards.TEXT, guards.DRAFTS)
    assert drift.drift_of(placement) == []
    factories.edit_block(passage, data="<p>Another place.</p>")
    factories.publish_block(placement.usage_key)
    assert [(one.question, one.what) for one in drift.drift_of(placement)] == [("The lever", "content")]


def test_texts_alone_are_no_assessment():
    district = d.make_district(publish=False, olx=[PASSAGE])
    with pytest.raises(Refusal, match="no_questions"):
        d.publish_version(district)


def test_a_student_reads_a_text_while_the_test_runs_and_at_no_other_time():
    world = delivered(timezone.now(), olx=[PASSAGE, factories.choice_olx()])
    passage = factories.children_of(world.usage_key)[0]
    learner = world.learners[0]
    client = Client()
    client.force_login(learner)
    unit = get_lms().unit_urls([world.usage_key])[world.usage_key]
    assert "Give me a place" not in client.get(unit).content.decode()
    page = Page(learner)
    page.verify(world)
    assert "Give me a place" not in client.get(unit).content.decode()
    page.start()
    running = client.get(unit).content.decode()
    assert "Give me a place" in running and f'data-beside="{passage.block_id}"' in running
    assert f'data-item="{passage.block_id}"' not in running
    attempt = Attempt.objects.get()
    assert len(attempts.questions_of(attempt)) == 1
    page.submit()
    assert "Give me a place" not in client.get(unit).content.decode()
