"""Builders of small worlds for tests and for the demo: runs, people, classes, units, questions.

Every builder writes to the database and returns keys or model rows. Names are defaults that read well in a failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from opaque_keys.edx.keys import CourseKey, UsageKey
from organizations.models import Organization, OrganizationCourse

from . import signals
from .content import ROOT_ID, ContentTree, new_course_tree, publish_unit
from .models import DRAFT, Cohort, CohortMembership, CourseRole, CourseRun, Enrolment, Profile
from .olx import add_olx

# -- organizations and runs ----------------------------------------------------------------------------------------


def make_organization(short_name: str, name: str = "") -> Organization:
    """An organization; the same one if it is there."""
    return Organization.objects.get_or_create(short_name=short_name, defaults={"name": name or short_name})[0]


def make_course_run(
    key: str | CourseKey = "course-v1:Northside+SCI7+2026",
    name: str = "Science 7",
    *,
    organization: str = "",
    advanced_settings: dict[str, Any] | None = None,
) -> CourseKey:
    """A run with an empty course, linked to its organization (the key's own unless named); its key."""
    course_key = key if isinstance(key, CourseKey) else CourseKey.from_string(key)
    row = make_organization(organization or course_key.org)
    CourseRun.objects.create(key=course_key, name=name)
    OrganizationCourse.objects.create(course_id=str(course_key), organization=row)
    new_course_tree(course_key, {"display_name": name, **(advanced_settings or {})}).save()
    return course_key


# -- people --------------------------------------------------------------------------------------------------------


def make_user(username: str, name: str = "", *, is_staff: bool = False, password: str | None = None):
    """An account with a full name. The password is ``settings.DEMO_PASSWORD`` unless given."""
    user = get_user_model().objects.create(
        username=username,
        email=f"{username}@example.com",
        is_staff=is_staff,
        is_superuser=is_staff,
        password=make_password(password or settings.DEMO_PASSWORD),
    )
    Profile.objects.create(user=user, name=name or username.replace("-", " ").title())
    return user


def make_learner(course_key: CourseKey, username: str = "ada", name: str = "", *, school_class: Cohort | None = None):
    """An account enrolled in a run, in a class where one is given."""
    user = make_user(username, name)
    enrol(user, course_key)
    if school_class is not None:
        CohortMembership.objects.create(user=user, course_key=course_key, cohort=school_class)
    return user


def make_staff(course_key: CourseKey, username: str = "staff", name: str = "", *, role: str = "staff"):
    """Course staff of one run."""
    user = make_user(username, name)
    CourseRole.objects.create(user=user, course_key=course_key, role=role)
    return user


def make_class(course_key: CourseKey, name: str = "7A", learners: Iterable = ()) -> Cohort:
    """A class of a run with these learners, who leave the class they were in."""
    cohort = Cohort.objects.create(course_key=course_key, name=name)
    for user in learners:
        CohortMembership.objects.update_or_create(user=user, course_key=course_key, defaults={"cohort": cohort})
    return cohort


def enrol(user, course_key: CourseKey) -> None:
    """Enrol, or enrol again."""
    Enrolment.objects.update_or_create(user=user, course_key=course_key, defaults={"is_active": True})


def unenrol(user, course_key: CourseKey) -> None:
    """Unenrol: the row stays, inactive."""
    Enrolment.objects.filter(user=user, course_key=course_key).update(is_active=False)


# -- content -------------------------------------------------------------------------------------------------------


def make_unit(
    course_key: CourseKey,
    title: str = "Unit",
    *,
    section: str = "Section",
    subsection: str = "Subsection",
    graded: bool = True,
    publish: bool = True,
    **fields: Any,
) -> UsageKey:
    """A unit in a new subsection (``fields`` are the subsection's settings) of a new section."""
    tree = ContentTree.load(course_key, DRAFT)
    chapter = tree.add("chapter", ROOT_ID, fields={"display_name": section})
    sequential = tree.add("sequential", chapter.block_id, fields={"display_name": subsection, "graded": graded, **fields})
    unit = tree.add("vertical", sequential.block_id, fields={"display_name": title})
    tree.save()
    if publish:
        publish_unit(course_key, unit.block_id)
    return tree.usage_key(unit.block_id)


def make_block(parent: UsageKey, olx: str, *, publish: bool = False) -> UsageKey:
    """A block from OLX at the end of a unit or another block (draft, unless published)."""
    tree = ContentTree.load(parent.course_key, DRAFT)
    block_id = add_olx(tree, olx, parent.block_id)
    tree.save()
    key = tree.usage_key(block_id)
    if publish:
        publish_block(key)
    return key


def make_assessment_block(
    course_key: CourseKey,
    olx: Sequence[str] | None = None,
    *,
    title: str = "Forces and motion",
    publish: bool = True,
    **fields: Any,
) -> UsageKey:
    """A block of ours with questions below it (default: one of each of three kinds), in a new graded unit; its key.

    ``fields`` are settings of the subsection: ``due="2020-01-01T00:00:00Z"``, ``show_correctness="never"`` ...
    """
    unit = make_unit(course_key, title, section=title, subsection=title, publish=False, **fields)
    tree = ContentTree.load(course_key, DRAFT)
    container = tree.add("assessprep", unit.block_id, fields={"display_name": title})
    for one in olx if olx is not None else [choice_olx(), number_olx(), text_olx()]:
        add_olx(tree, one, container.block_id)
    tree.save()
    key = tree.usage_key(container.block_id)
    if publish:
        publish_block(key)
    return key


def edit_block(usage_key: UsageKey, **fields: Any) -> None:
    """Set fields of a block in the draft, as JSON values; not published."""
    tree = ContentTree.load(usage_key.course_key, DRAFT)
    tree.nodes[usage_key.block_id].fields.update(fields)
    tree.save()


def publish_block(usage_key: UsageKey) -> None:
    """Publish the unit that holds this block."""
    unit = ContentTree.load(usage_key.course_key, DRAFT).unit_of(usage_key.block_id)
    assert unit is not None, f"{usage_key} stands in no unit"
    publish_unit(usage_key.course_key, unit.block_id)


def children_of(usage_key: UsageKey, branch: str = DRAFT) -> list[UsageKey]:
    """Keys of a block's children, in order."""
    tree = ContentTree.load(usage_key.course_key, branch)
    return [tree.usage_key(child) for child in tree.nodes[usage_key.block_id].children]


# -- questions -----------------------------------------------------------------------------------------------------


def choice_olx(
    title: str = "Push and pull",
    right: str = "A push or a pull",
    wrong: Sequence[str] = ("A kind of energy",),
    **settings_: Any,
) -> str:
    """A multiple choice question; the right one comes first and posts ``choice_0``."""
    choices = "".join(f'<choice correct="false">{text}</choice>' for text in wrong)
    return (
        f'<problem display_name="{title}"{_attributes(settings_)}><multiplechoiceresponse><label>What is a force?</label>'
        f'<choicegroup type="MultipleChoice"><choice correct="true">{right}</choice>{choices}</choicegroup>'
        "</multiplechoiceresponse></problem>"
    )


def number_olx(title: str = "Average speed", answer: str = "12", **settings_: Any) -> str:
    """A numerical question."""
    return (
        f'<problem display_name="{title}"{_attributes(settings_)}><numericalresponse answer="{answer}">'
        "<label>How fast is it, in metres per second?</label><formulaequationinput/></numericalresponse></problem>"
    )


def text_olx(title: str = "Unit of force", answer: str = "newton", **settings_: Any) -> str:
    """A question answered with a word, in either case."""
    return (
        f'<problem display_name="{title}"{_attributes(settings_)}><stringresponse answer="{answer}" type="ci">'
        '<label>What is the unit of force?</label><textline size="20"/></stringresponse></problem>'
    )


def input_name(usage_key: UsageKey, part: int = 1, *, many: bool = False) -> str:
    """The name a question's form posts for its ``part``-th response (counted from 1)."""
    return f"input_{usage_key.block_id}_{part + 1}_1" + ("[]" if many else "")


def _attributes(values: dict[str, Any]) -> str:
    return "".join(f' {name}="{value}"' for name, value in values.items())


def retire(user: Any) -> None:
    """Take an account away as the platform does: name and address become nobody's, then plugins are told."""
    digest = hashlib.sha256(user.username.encode()).hexdigest()[:24]
    user.username, user.email = f"retired__user_{digest}", f"retired__user_{digest}@retired.invalid"
    user.first_name = user.last_name = ""
    user.is_active = False
    user.set_unusable_password()
    user.save()
    signals.user_retired.send(sender=None, user=user)
