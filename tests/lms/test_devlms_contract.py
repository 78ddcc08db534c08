"""The contract with the platform, on the embedded LMS."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model

from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.gateway import DevLms
from devlms.gateway.answers import acting_as
from devlms.models import Block, StudentModule
from devlms.resets import delete_state
from devlms.runtime import DevRuntime
from devlms.services import anonymous_id
from devlms.state import LearnerStates
from tests.lms.contract import AnswersContract, ContentContract, GuestsContract, PeopleContract

pytestmark = pytest.mark.django_db


class DevWorld(SimpleNamespace):
    """The world of the contract, out of the embedded LMS's own builders."""

    def edit_bank_question(self, block_id, **fields):
        row = Block.objects.get(course_key=self.bank, branch="draft", block_id=block_id)
        factories.edit_block(self.bank.make_usage_key(row.block_type, block_id), **fields)

    def publish_bank(self):
        factories.publish_block(self.assessment)

    def enrol(self, user_id, course_key=None):
        factories.enrol(get_user_model().objects.get(pk=user_id), course_key or self.school)

    def unenrol(self, user_id):
        factories.unenrol(get_user_model().objects.get(pk=user_id), self.school)

    def retire(self, user_id):
        factories.retire(get_user_model().objects.get(pk=user_id))

    def delete_state(self, usage_key, user_id):
        people = get_user_model().objects
        delete_state(people.get(pk=user_id), usage_key, by=people.get(pk=self.staff_id))

    def pseudonym(self, user_id):
        return anonymous_id(user_id)

    def view(self, usage_key, user_id):
        learner = get_user_model().objects.get(pk=user_id)
        with acting_as(learner):
            DevRuntime(usage_key.course_key, learner).get_block(usage_key).render("student_view", {})

    def stored_rows(self):
        return {"states": StudentModule.objects.count()}

    def user_state(self, usage_key, user_id):
        return LearnerStates(user_id).state(usage_key)

    def right(self, question):
        return {factories.input_name(question.usage_key): self._by_kind(question, "choice_0", "12", "Newton")}

    def wrong(self, question):
        return {factories.input_name(question.usage_key): self._by_kind(question, "choice_1", "13", "metre")}

    @staticmethod
    def _by_kind(question, choice, number, text):
        if "multiplechoiceresponse" in question.olx:
            return choice
        return number if "numericalresponse" in question.olx else text

    def many_learners(self, number):
        cohort = factories.Cohort.objects.get(pk=self.class_a)
        made = [factories.make_learner(self.school, f"more-{count}", school_class=cohort) for count in range(number)]
        return [user.pk for user in made]


@pytest.fixture
def lms_world():
    """A bank, two schools and seven people."""
    bank = factories.make_course_run("course-v1:Riverside+BANK+2026", "Question bank")
    school = factories.make_course_run("course-v1:Northside+SCI7+2026", "Science 7")
    other = factories.make_course_run("course-v1:Lakeside+SCI7+2026", "Science 7")
    class_a, class_b = factories.make_class(school, "7A"), factories.make_class(school, "7B")
    questions = [
        factories.choice_olx(weight=2),
        factories.number_olx(),
        factories.text_olx(),
        '<drag-and-drop-v2 display_name="Layers"/>',
    ]
    return DevWorld(
        lms=get_lms(),
        bank=bank,
        school=school,
        other_school=other,
        assessment=factories.make_assessment_block(bank, questions),
        staff_id=factories.make_staff(school, "staff").pk,
        global_staff_id=factories.make_user("root", is_staff=True).pk,
        outsider_id=factories.make_user("outsider").pk,
        ada_id=factories.make_learner(school, "ada", "Ada Lovelace", school_class=class_a).pk,
        ben_id=factories.make_learner(school, "ben", "Ben O'Neill", school_class=class_a).pk,
        cleo_id=factories.make_learner(school, "cleo", "Cleo Ptolemy", school_class=class_b).pk,
        dan_id=factories.make_learner(school, "dan", "Dan").pk,
        class_a=class_a.pk,
        class_b=class_b.pk,
    )


def test_the_embedded_lms_is_the_one_in_use():
    assert isinstance(get_lms(), DevLms)


class TestPeople(PeopleContract):
    """Roles, classes and names on the embedded LMS."""


class TestGuests(GuestsContract):
    """Throw-away accounts on the embedded LMS."""


class TestContent(ContentContract):
    """Content on the embedded LMS."""


class TestAnswers(AnswersContract):
    """Answers and scores on the embedded LMS."""
