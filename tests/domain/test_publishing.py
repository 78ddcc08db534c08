"""Before a version is published: everything in the way by its name; texts beside questions; standards."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import etree
from xblock.core import XBlock
from xblock.fields import Scope, String
from xblock.plugin import PLUGIN_CACHE

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


class OwnCalls(XBlock):
    """A question that takes its calls before anybody else is asked."""

    has_score = True
    display_name = String(scope=Scope.settings, default="")

    def max_score(self):
        return 1

    def handle(self, handler_name, request, suffix=""):
        return super().handle(handler_name, request, suffix)


class Chooser(XBlock):
    """A block that gives each learner some of the questions below it."""

    has_children = True
    display_name = String(scope=Scope.settings, default="")


class OpenResponse(XBlock):
    """An open response, as far as it says who assesses it."""

    has_score = True
    display_name = String(scope=Scope.settings, default="")
    data = String(scope=Scope.content, default="")

    def max_score(self):
        return 5

    @classmethod
    def parse_xml(cls, node, runtime, keys):
        block = runtime.construct_xblock_from_class(cls, keys)
        block.display_name, block.data = node.get("display_name"), etree.tostring(node[0], encoding="unicode")
        return block

    def add_xml_to_node(self, node):
        node.tag = "openassessment"
        node.append(etree.fromstring(self.data))


@pytest.fixture
def _installed(monkeypatch):
    kinds = {"own-calls": OwnCalls, "library_content": Chooser, "openassessment": OpenResponse}
    for name, kind in {**kinds, "lti": XBlock.load_class("_lti_extracted")}.items():
        monkeypatch.setitem(PLUGIN_CACHE, ("xblock.v1", name), kind)


@pytest.mark.usefixtures("_installed")
def test_a_block_that_no_session_can_govern_is_refused_by_its_name():
    below = factories.choice_olx("Drawn by lot")
    assessed = '<assessments><assessment name="{}-assessment"/></assessments>'
    olx = [
        factories.choice_olx("Sound"),
        '<own-calls display_name="Simulation"/>',
        f'<library_content display_name="Ten of fifty">{below}</library_content>',
        '<lti display_name="Tool" has_score="true" weight="1"/>',
        f'<openassessment display_name="Essay of peers">{assessed.format("peer")}</openassessment>',
        f'<openassessment display_name="Essay for staff">{assessed.format("staff")}</openassessment>',
    ]
    district = d.make_district(publish=False, olx=olx)
    with pytest.raises(Refusal) as caught:
        d.publish_version(district)
    named = {one["question"]: (one["code"], one["message"]) for one in caught.value.facts["problems"]}
    assert {name: words for name, (_code, words) in named.items()} == {
        "Simulation": "“Simulation” cannot be used: this kind of block answers calls by itself, so no session could keep it "
        "closed before the start or after the end",
        "Ten of fifty": "“Ten of fifty” cannot be used: it decides by itself which of its questions a student gets; put the "
        "questions directly into the assessment",
        "Tool": "“Tool” cannot be used: its score comes from an outside tool, which no session can let in",
        "Essay of peers": "“Essay of peers” cannot be used: students would assess one another after they have handed in; "
        "leave only the assessment by staff in it",
    }
    assert {code for code, _words in named.values()} == {"unsuitable_question"}
    page = Page(district.author).client.get(reverse("assessprep:assessment", args=[district.assessment.uuid]))
    assert "Ten of fifty" in page.content.decode()


def test_every_kind_of_question_that_comes_with_the_platform_can_be_governed():
    district = d.make_district(
        publish=False, olx=[PASSAGE, factories.text_olx(), "<drag-and-drop-v2/>", "<assessprep_written/>"]
    )
    found = get_lms().snapshot(district.block).questions
    assert [one.obstacle for one in found] == [""] * 4


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
