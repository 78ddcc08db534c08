"""Fills the database with the demo district. Does nothing where it is there already."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction
from opaque_keys.edx.keys import CourseKey

from devlms import demo, factories
from devlms.content import ContentTree, publish_unit
from devlms.demo import district
from devlms.models import DRAFT, Cohort, CohortMembership, CourseRole, CourseRun, Enrolment, Profile
from devlms.olx import add_olx

OLX = Path(demo.__file__).parent


class Command(BaseCommand):
    """``manage.py seed_demo``"""

    help = "Make the demo district: a bank with an assessment, three schools with classes, students and staff."

    def handle(self, *args, **options) -> None:
        """Seed in one transaction, and say who can sign in."""
        with transaction.atomic():
            if CourseRun.objects.filter(key=CourseKey.from_string(district.BANK)).exists():
                self.stdout.write("The demo district is there already.")
            else:
                self._seed()
        self._say_who()

    def _seed(self) -> None:
        factories.make_organization(*district.DISTRICT)
        bank = factories.make_course_run(district.BANK, district.BANK_NAME)
        self._person(*district.AUTHOR, staff_of=bank)
        self._person(*district.INVIGILATOR)
        self._assessment(bank)
        for number, school in enumerate(district.SCHOOLS):
            factories.make_organization(school.short_name, school.name)
            course = factories.make_course_run(school.course, school.course_name)
            self._person(f"staff-{school.letter}", school.staff_name, staff_of=course)
            self._learners(course, school.letter, district.learner_names(number))
            self._unit(course)

    @staticmethod
    def _person(username: str, name: str, *, staff_of: CourseKey | None = None) -> None:
        user = factories.make_user(username, name)
        if staff_of is not None:
            CourseRole.objects.create(user=user, course_key=staff_of)

    @staticmethod
    def _assessment(bank: CourseKey) -> None:
        """The district's assessment, published in Studio. Its first version is published by its author, by hand."""
        unit = factories.make_unit(bank, "Energy and Matter", section="Science", subsection="Grade 7", publish=False)
        tree = ContentTree.load(bank, DRAFT)
        add_olx(tree, (OLX / "assessment.xml").read_text(encoding="utf-8"), unit.block_id)
        tree.save()
        publish_unit(bank, unit.block_id)

    @staticmethod
    def _unit(course: CourseKey) -> None:
        """A graded unit where staff can add our block."""
        unit = factories.make_unit(
            course,
            "Common assessment",
            section="Term 1",
            subsection="District tests",
            publish=False,
            format="Common assessment",
        )
        factories.make_block(unit, (OLX / "intro.xml").read_text(encoding="utf-8"), publish=True)

    @staticmethod
    def _learners(course: CourseKey, letter: str, names: list[str]) -> None:
        """All learners of a school in a handful of statements; one password, so hashed once."""
        password = make_password(settings.DEMO_PASSWORD)
        usernames = [f"student-{letter}-{number:02d}" for number in range(1, len(names) + 1)]
        accounts = get_user_model()
        accounts.objects.bulk_create(
            accounts(username=username, email=f"{username}@example.com", password=password) for username in usernames
        )
        by_name = dict(accounts.objects.filter(username__in=usernames).values_list("username", "pk"))
        ids = [by_name[username] for username in usernames]
        Profile.objects.bulk_create(Profile(user_id=pk, name=name) for pk, name in zip(ids, names, strict=True))
        Enrolment.objects.bulk_create(Enrolment(user_id=pk, course_key=course) for pk in ids)
        classes = [Cohort.objects.create(course_key=course, name=name) for name in district.CLASSES]
        CohortMembership.objects.bulk_create(
            CohortMembership(user_id=pk, course_key=course, cohort=classes[number // district.LEARNERS_PER_CLASS])
            for number, pk in enumerate(ids)
        )

    def _say_who(self) -> None:
        say = self.stdout.write
        last = len(district.CLASSES) * district.LEARNERS_PER_CLASS
        say(f"Everybody's password: {settings.DEMO_PASSWORD}")
        say(f"  author                    writes in {district.BANK_NAME}: /studio/course/{district.BANK}")
        for school in district.SCHOOLS:
            letter = school.letter
            say(f"  staff-{letter}                   course staff at {school.name}: /courses/{school.course}/course/")
            say(f"  student-{letter}-01 … -{last}      students there, in classes {', '.join(district.CLASSES)}")
        say("  invigilator               no course role; staff name this person for a session")
