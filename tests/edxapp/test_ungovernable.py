"""Blocks that no session can govern, as they are installed on a real edx-platform: none gets into an assessment."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from django.test import override_settings
from django.utils import timezone
from webob import Response
from xblock.core import XBlock
from xblock.fields import Boolean
from xmodule.modulestore.django import modulestore
from xmodule.modulestore.tests.factories import BlockFactory

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.gate import GateMixin
from assessprep_xblock.lms import get_lms
from tests.edxapp.district import STUDIO_HERE
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

PEERS = [
    {"name": "peer-assessment", "start": None, "due": None, "must_grade": 5, "must_be_graded_by": 3},
    {"name": "staff-assessment", "start": None, "due": None, "required": True},
]
STAFF_ALONE = [{"name": "staff-assessment", "start": None, "due": None, "required": True}]


class AnswersBeforeTheGate(XBlock):
    """A question of somebody's own that takes calls itself, as an old block might."""

    has_score = Boolean(default=True)

    def max_score(self) -> float:
        """One point."""
        return 1.0

    def handle(self, _name: str, _request: object, _suffix: str = "") -> Response:
        """Whoever asks gets the answer."""
        return Response("A push or a pull")


installed = XBlock.register_temp_plugin(AnswersBeforeTheGate, "answers_before_the_gate")


@pytest.fixture
def bank(db):
    """An assessment of a bank, into which anything may be put."""
    with edx.isolated():
        run = edx.make_run("course-v1:Riverside+BANK+2026", "Question bank")
        author, source = edx.make_staff(run, "author"), edx.make_assessment(run)
        with override_settings(ASSESSPREP_LMS=STUDIO_HERE):
            made = {"by": author.pk, "now": timezone.now()}
            bank = library.create_bank(course_key=run, title="Bank", shared_with_all=True, shared_with=[], **made)
            yield library.add_assessment(bank_uuid=bank.uuid, usage_key=source, **made), made


def with_blocks(assessment, **blocks):
    """These blocks at the end of the assessment, published; what the seam tells of each."""
    parent = modulestore().get_item(assessment.usage_key)
    for title, (kind, fields) in blocks.items():
        BlockFactory.create(parent=parent, category=kind, display_name=title, **fields)
    found = get_lms().snapshot(assessment.usage_key).questions
    return {one.title: one for one in found if one.title in blocks}


@installed
def test_the_seam_names_what_stands_in_the_way_of_each_real_block(bank):
    assessment, made = bank
    told = with_blocks(
        assessment,
        own=("answers_before_the_gate", {}),
        drawn=("itembank", {}),
        library=("library_content", {}),
        tool=("lti_consumer", {}),
        peers=("openassessment", {"rubric_assessments": PEERS}),
        open=("openassessment", {"rubric_assessments": STAFF_ALONE}),
        upload=("edx_sga", {}),
        layers=("drag-and-drop-v2", {}),
    )
    obstacles = {title: one.obstacle for title, one in told.items()}
    assert {title: why for title, why in obstacles.items() if why} == {
        "own": "own_calls",
        "drawn": "holds_blocks",
        "library": "holds_blocks",
    }
    with override_settings(ASSESSPREP_LMS=STUDIO_HERE), pytest.raises(Refusal) as refused:
        library.publish_version(assessment_uuid=assessment.uuid, release_note="", **made)
    assert refused.value.code == "unsuitable_question"
    problems = {one["question"]: one["code"] for one in refused.value.facts["problems"]}
    assert problems == dict.fromkeys(("own", "drawn", "library", "tool", "peers"), "unsuitable_question")


@installed
def test_such_a_block_would_have_answered_without_the_gate(bank):
    """Why it is refused: its own class comes first, on the real runtime too."""
    assessment, _made = bank
    with_blocks(assessment, own=("answers_before_the_gate", {}))
    block = modulestore().get_item(assessment.usage_key).get_children()[-1]
    mro = type(block).__mro__
    assert GateMixin in mro
    assert next(one for one in mro if "handle" in vars(one)).__name__ == "AnswersBeforeTheGate"
