"""The contract's world on a real edx-platform, out of the platform's own factories. Importable only where that is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from common.djangoapps.student.models import CourseEnrollment, UserProfile, anonymous_id_for_user
from common.djangoapps.student.roles import CourseStaffRole
from common.djangoapps.student.tests.factories import UserFactory
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import reverse
from lms.djangoapps.courseware.field_overrides import OverrideFieldData
from lms.djangoapps.courseware.models import StudentModule
from lms.djangoapps.courseware.user_state_client import DjangoXBlockUserStateClient
from lms.djangoapps.grades.models import PersistentSubsectionGrade
from opaque_keys.edx.keys import CourseKey, UsageKey
from openedx.core.djangoapps.content.course_overviews.models import CourseOverview
from openedx.core.djangoapps.course_groups.cohorts import add_cohort, add_user_to_cohort
from openedx.core.djangoapps.course_groups.models import CohortMembership, CourseCohort
from openedx.core.djangoapps.course_groups.tests.helpers import config_course_cohorts
from openedx.core.djangoapps.user_api.accounts.signals import USER_RETIRE_LMS_CRITICAL, USER_RETIRE_LMS_MISC
from openedx.core.lib.url_utils import quote_slashes
from organizations.models import Organization, OrganizationCourse
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.django import modulestore
from xmodule.modulestore.tests.django_utils import TEST_DATA_SPLIT_MODULESTORE, ModuleStoreIsolationMixin
from xmodule.modulestore.tests.factories import BlockFactory, CourseFactory

from assessprep_xblock.lms.edxapp import EdxApp

#: Which of the platform's two processes runs the tests.
IN_STUDIO = str(settings.ROOT_URLCONF).startswith("cms.")
PAST = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "test"
POLICY = {
    "GRADER": [{"type": "Homework", "min_count": 1, "drop_count": 0, "short_label": "HW", "weight": 1}],
    "GRADE_CUTOFFS": {"Pass": 0.5},
}
CHOICE = (
    "<problem><multiplechoiceresponse><label>What is a force?</label><choicegroup type='MultipleChoice'>"
    "<choice correct='true'>A push or a pull</choice><choice correct='false'>A kind of energy</choice>"
    "</choicegroup></multiplechoiceresponse></problem>"
)
NUMBER = (
    "<problem><numericalresponse answer='12'><label>How fast is it?</label><formulaequationinput/>"
    "</numericalresponse></problem>"
)
TEXT = (
    "<problem><stringresponse answer='newton' type='ci'><label>What is the unit of force?</label>"
    "<textline size='20'/></stringresponse></problem>"
)


class Isolation(ModuleStoreIsolationMixin):
    """Course content of one test alone."""

    MODULESTORE = TEST_DATA_SPLIT_MODULESTORE
    ENABLED_SIGNALS = ["course_published"]


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """A course store that is thrown away."""
    OverrideFieldData.provider_classes = None
    Isolation.start_modulestore_isolation()
    try:
        yield
    finally:
        Isolation.end_modulestore_isolation()


class StudioHere(EdxApp):
    """Open edX where this very process may write course content, as Studio's processes do."""

    def _needs_studio(self) -> None:
        """Taken for granted."""


# -- builders ----------------------------------------------------------------------------------------------------------
def make_run(key: str, name: str) -> CourseKey:
    """A run of an organization that Studio has linked to it."""
    course_key = CourseKey.from_string(key)
    CourseFactory.create(
        org=course_key.org,
        number=course_key.course,
        run=course_key.run,
        display_name=name,
        start=PAST,
        grading_policy=POLICY,
        modulestore=modulestore(),
    )
    CourseOverview.get_from_id(course_key)
    row, _made = Organization.objects.get_or_create(short_name=course_key.org, defaults={"name": course_key.org})
    OrganizationCourse.objects.get_or_create(course_id=str(course_key), organization=row)
    return course_key


def make_user(username: str, name: str = "", **fields: Any) -> Any:
    """An account with a full name."""
    user = UserFactory.create(username=username, password=PASSWORD, **fields)
    UserProfile.objects.filter(user=user).update(name=name or username.title())
    return get_user_model().objects.get(pk=user.pk)


def make_staff(course_key: CourseKey, username: str) -> Any:
    """Course staff of one run."""
    user = make_user(username)
    CourseStaffRole(course_key).add_users(user)
    return user


def make_learner(course_key: CourseKey, username: str, name: str = "", *, cohort: Any = None) -> Any:
    """A learner of one run who has been in it before: the platform's pseudonyms are made on the first page."""
    user = make_user(username, name)
    CourseEnrollment.enroll(user, course_key)
    if cohort is not None:
        add_user_to_cohort(cohort, user.username)
    for run in (course_key, None):
        anonymous_id_for_user(get_user_model().objects.get(pk=user.pk), run)
    return get_user_model().objects.get(pk=user.pk)


def make_cohorts(course_key: CourseKey, *names: str) -> list[Any]:
    """Classes of a run."""
    config_course_cohorts(modulestore().get_course(course_key), is_cohorted=True)
    return [add_cohort(course_key, name, CourseCohort.MANUAL) for name in names]


def make_unit(course_key: CourseKey, title: str = "Unit") -> Any:
    """An empty published unit in a graded subsection of its own."""
    course = modulestore().get_course(course_key)
    chapter = BlockFactory.create(parent=course, category="chapter", display_name="Section", start=PAST)
    sequential = BlockFactory.create(
        parent=chapter, category="sequential", display_name="Subsection", graded=True, format="Homework", start=PAST
    )
    return BlockFactory.create(parent=sequential, category="vertical", display_name=title)


#: A question that a person marks, worth 6 points.
ESSAY = {
    "display_name": "Falling",
    "prompt": "Why do things fall?",
    "rubric": "4 | Argument | A clear claim\n2 | Language",
}


def make_assessment(course_key: CourseKey, *, own_state: bool = True, essay: bool = False) -> UsageKey:
    """A published block of ours with a choice (weight 2), a number, a text and, where asked for, an essay and a drag and
    drop."""
    unit = make_unit(course_key, "Forces and motion")
    container = BlockFactory.create(parent=unit, category="assessprep", display_name="Forces and motion")
    for title, data, more in (
        ("Push and pull", CHOICE, {"weight": 2}),
        ("Average speed", NUMBER, {}),
        ("Unit of force", TEXT, {}),
    ):
        BlockFactory.create(parent=container, category="problem", display_name=title, data=data, **more)
    if essay:
        BlockFactory.create(parent=container, category="assessprep_written", **ESSAY)
    if own_state:
        BlockFactory.create(parent=container, category="drag-and-drop-v2", display_name="Layers")
    return container.location


def input_name(usage_key: UsageKey) -> str:
    """The name a question's form posts."""
    return f"input_{usage_key.html_id()}_2_1"


def handler_url(usage_key: UsageKey, handler: str, suffix: str = "", *, noauth: bool = False) -> str:
    """The platform's own address of a block's handler."""
    named = {"course_id": str(usage_key.course_key), "usage_id": quote_slashes(str(usage_key)), "handler": handler}
    if suffix:
        named["suffix"] = suffix
    return reverse("xblock_handler_noauth" if noauth else "xblock_handler", kwargs=named)


def signed_in(user: Any) -> Client:
    """A browser of this person's."""
    client = Client()
    assert client.login(username=user.username, password=PASSWORD)
    return client


class EdxWorld(SimpleNamespace):
    """The world of the contract."""

    def edit_bank_question(self, block_id: str, **fields: Any) -> None:
        """In the draft branch."""
        store = modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, self.bank):
            for child in store.get_item(self.assessment).get_children():
                if child.location.block_id == block_id:
                    for name, value in fields.items():
                        setattr(child, name, value)
                    store.update_item(child, self.staff_id)

    def publish_bank(self) -> None:
        """The unit."""
        store = modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, self.bank):
            store.publish(store.get_item(self.assessment).parent, self.staff_id)

    def enrol(self, user_id: int, course_key: CourseKey | None = None) -> None:
        """As the instructor dashboard does."""
        CourseEnrollment.enroll(get_user_model().objects.get(pk=user_id), course_key or self.school)

    def unenrol(self, user_id: int) -> None:
        """As the instructor dashboard does."""
        CourseEnrollment.unenroll(get_user_model().objects.get(pk=user_id), self.school)

    def retire(self, user_id: int) -> None:
        """As the two steps of the retirement pipeline tell it, inside the transaction of their views."""
        user = get_user_model().objects.get(pk=user_id)
        with transaction.atomic():
            USER_RETIRE_LMS_MISC.send(sender=None, user=user)
            USER_RETIRE_LMS_CRITICAL.send(sender=None, user=user)

    def delete_state(self, usage_key: UsageKey, user_id: int) -> None:
        """As the instructor dashboard does."""
        from lms.djangoapps.instructor.enrollment import reset_student_attempts  # of the LMS's process alone

        people = get_user_model().objects
        learner, staff = people.get(pk=user_id), people.get(pk=self.staff_id)
        reset_student_attempts(usage_key.course_key, learner, usage_key, staff, delete_module=True)

    def pseudonym(self, user_id: int) -> str:
        """By run."""
        return anonymous_id_for_user(get_user_model().objects.get(pk=user_id), self.school)

    def view(self, usage_key: UsageKey, user_id: int) -> None:
        """Through the question's own handler, as its page does."""
        client = signed_in(get_user_model().objects.get(pk=user_id))
        assert client.post(handler_url(usage_key, "xmodule_handler", "problem_get")).status_code == 200

    def stored_rows(self) -> dict[str, int]:
        """State with scores, and grades."""
        return {"states": StudentModule.objects.count(), "grades": PersistentSubsectionGrade.objects.count()}

    def user_state(self, usage_key: UsageKey, user_id: int) -> dict[str, Any]:
        """Through the platform's client."""
        user = get_user_model().objects.get(pk=user_id)
        found = list(DjangoXBlockUserStateClient(user=user).get_many(user.username, [usage_key]))
        return dict(found[0].state) if found else {}

    def right(self, question: Any) -> dict[str, str]:
        """By kind."""
        return {input_name(question.usage_key): self._by_kind(question, "choice_0", "12", "Newton")}

    def wrong(self, question: Any) -> dict[str, str]:
        """By kind."""
        return {input_name(question.usage_key): self._by_kind(question, "choice_1", "13", "metre")}

    @staticmethod
    def _by_kind(question: Any, choice: str, number: str, text: str) -> str:
        if "multiplechoiceresponse" in question.olx:
            return choice
        return number if "numericalresponse" in question.olx else text

    def many_learners(self, number: int) -> list[int]:
        """Rows only: the platform's signals for each would take minutes."""
        users = get_user_model()
        users.objects.bulk_create(
            users(username=f"more-{count}", email=f"more-{count}@example.com", is_active=True) for count in range(number)
        )
        made = list(users.objects.filter(username__startswith="more-"))
        UserProfile.objects.bulk_create(UserProfile(user=user, name=user.username) for user in made)
        CourseEnrollment.objects.bulk_create(
            CourseEnrollment(user=user, course_id=self.school, is_active=True, mode="audit") for user in made
        )
        CohortMembership.objects.bulk_create(
            CohortMembership(user=user, course_user_group_id=self.class_a, course_id=self.school) for user in made
        )
        return [user.pk for user in made]


def make_world() -> EdxWorld:
    """A bank, two schools and seven people."""
    bank = make_run("course-v1:Riverside+BANK+2026", "Question bank")
    school = make_run("course-v1:Northside+SCI7+2026", "Science 7")
    other = make_run("course-v1:Lakeside+SCI7+2026", "Science 7")
    class_a, class_b = make_cohorts(school, "7A", "7B")
    return EdxWorld(
        lms=EdxApp() if IN_STUDIO else StudioHere(),
        bank=bank,
        school=school,
        other_school=other,
        assessment=make_assessment(bank),
        staff_id=make_staff(school, "staff").pk,
        global_staff_id=make_user("root", is_staff=True).pk,
        outsider_id=make_user("outsider").pk,
        ada_id=make_learner(school, "ada", "Ada Lovelace", cohort=class_a).pk,
        ben_id=make_learner(school, "ben", "Ben O'Neill", cohort=class_a).pk,
        cleo_id=make_learner(school, "cleo", "Cleo Ptolemy", cohort=class_b).pk,
        dan_id=make_learner(school, "dan", "Dan").pk,
        class_a=class_a.pk,
        class_b=class_b.pk,
    )
