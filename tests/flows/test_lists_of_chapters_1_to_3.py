"""Every list of the guide's first three chapters costs the same for ten rows and for two hundred."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessprep_xblock.domain.library.models import Assessment, AssessmentVersion, Bank, Placement, VersionItem
from assessprep_xblock.domain.sessions.models import Accommodation, AssessmentSession, Invigilator
from devlms import factories
from devlms.models import Cohort, CohortMembership, CourseRole, Enrolment
from tests.domain import district as d

pytestmark = pytest.mark.django_db

FEW, MANY = 10, 200


def grow(district, session, number: int) -> None:
    """So many more of everything that a list of these chapters shows."""
    begin, now, run = AssessmentSession.objects.count(), d.NOW, district.a.course_key
    # banks of the author, their assessments, versions of one, questions of its newest
    keys = [factories.make_course_run(f"course-v1:District+B{begin + n}+2026", f"Bank {begin + n}") for n in range(number)]
    CourseRole.objects.bulk_create(CourseRole(course_key=key, user=district.author, role="staff") for key in keys)
    banks = Bank.objects.bulk_create(
        Bank(course_key=key, title=f"Bank {key.course}", organization="District", shared_with_all=True, created_at=now)
        for key in keys
    )
    last = AssessmentVersion.objects.filter(assessment=district.assessment).order_by("-number").first()
    made = AssessmentVersion.objects.bulk_create(
        AssessmentVersion(
            assessment=district.assessment,
            number=last.number + 1 + n,
            title=last.title,
            pin=last.pin,
            settings=last.settings,
            published_by=district.author,
            published_at=now,
        )
        for n in range(number)
    )
    VersionItem.objects.bulk_create(
        VersionItem(
            version=last,
            position=100 + begin + n,
            block_id=uuid4().hex,
            block_type="problem",
            title=f"Question {begin + n}",
            olx="<problem/>",
            sha256="0" * 64,
            max_points=1,
            drafts=True,
            effective={},
        )
        for n in range(number)
    )
    assert made
    assessments = Assessment.objects.bulk_create(
        Assessment(
            bank=bank,
            usage_key=bank.course_key.make_usage_key("assessprep", uuid4().hex),
            title=f"Test {bank.title}",
            settings=last.settings,
            created_at=now,
        )
        for bank in [*banks, *[district.bank] * number]
    )
    for assessment in assessments:
        assessment.current_version = AssessmentVersion(
            assessment=assessment,
            number=1,
            title=assessment.title,
            pin=last.pin,
            settings=last.settings,
            published_by=district.author,
            published_at=now,
        )
    AssessmentVersion.objects.bulk_create([one.current_version for one in assessments])
    Assessment.objects.bulk_update(assessments, ["current_version"])
    # placements and sessions of the school, learners and classes of it, extra time, invigilators
    about = {"created_by": district.a.staff, "created_at": now}
    Placement.objects.bulk_create(
        Placement(course_key=run, organization="SchoolA", version=one.current_version, **about)
        for one in assessments[:number]
    )
    overrides = {"closes_at": (now + timedelta(days=365)).isoformat()}
    AssessmentSession.objects.bulk_create(
        AssessmentSession(
            placement=session.placement,
            course_key=run,
            name=f"Session {begin + n}",
            lifecycle="published",
            overrides=overrides,
            roster={"everyone": True, "classes": [], "students": [], "excluded": []},
            **about,
        )
        for n in range(number)
    )
    learners = [factories.make_user(f"more-{begin + n}") for n in range(number)]
    Enrolment.objects.bulk_create(Enrolment(course_key=run, user=one) for one in learners)
    cohorts = Cohort.objects.bulk_create(Cohort(course_key=run, name=f"Class {begin + n}") for n in range(number))
    CohortMembership.objects.bulk_create(
        CohortMembership(cohort=cohort, user=one, course_key=run) for cohort, one in zip(cohorts, learners, strict=True)
    )
    Accommodation.objects.bulk_create(
        Accommodation(course_key=run, learner=one, extra_s=600, set_at=now) for one in learners
    )
    Invigilator.objects.bulk_create(Invigilator(session=session, user=one) for one in learners)
    watched = AssessmentSession.objects.filter(name__startswith="Session", invigilators=None)
    Invigilator.objects.bulk_create(Invigilator(session=one, user=district.b.staff) for one in watched)


def addresses(district, session) -> dict[str, tuple]:
    """Every list, and who reads it."""
    run, bank, assessment = str(district.a.course_key), district.bank.uuid, district.assessment.uuid
    author, staff, learner = district.author, district.a.staff, district.a.learners[0]

    def at(name: str, *args) -> str:
        return reverse(f"assessprep:{name}", args=[*args])

    return {
        "banks": (author, at("library")),
        "assessments of a bank": (author, at("bank", bank)),
        "questions and versions of an assessment": (author, at("assessment", assessment)),
        "what changed": (author, at("assessment_changes", assessment)),
        "banks, REST": (author, at("api_banks")),
        "assessments of a bank, REST": (author, at("api_bank_assessments", bank)),
        "versions, REST": (author, at("api_assessment_versions", assessment)),
        "the tab of staff": (staff, at("course", run)),
        "an assessment in a school": (staff, at("course_assessment", run, assessment)),
        "questions to read": (staff, at("course_preview", run, assessment)),
        "what is offered, REST": (staff, at("api_course_assessments", run)),
        "placements, REST": (staff, at("api_placements", run)),
        "sessions": (staff, at("sessions", run)),
        "sessions, REST": (staff, at("api_course_sessions", run)),
        "a session with its invigilators": (staff, at("session", session.uuid)),
        "the form with its classes": (staff, at("session_edit", session.uuid)),
        "many sessions": (staff, at("sessions_together", run)),
        "extra time": (staff, at("accommodations", run)),
        "the sheet of a room": (staff, at("session_sheet", session.uuid)),
        "the tab of a student": (learner, at("course", run)),
        "a student's sessions, REST": (learner, at("api_my_sessions")),
        "sessions somebody watches": (district.b.staff, at("rooms")),
    }


def test_every_list_costs_the_same_for_ten_rows_and_for_two_hundred():
    district = d.make_district()
    session = d.published(district, district.a)
    counts: dict[str, list[int]] = {}
    for number in (FEW, MANY - FEW):
        grow(district, session, number)
        for name, (reader, address) in addresses(district, session).items():
            client = Client()
            client.force_login(reader)
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address)
            assert answer.status_code == 200, (name, answer.status_code)
            counts.setdefault(name, []).append(len(asked))
    assert {name: pair for name, pair in counts.items() if pair[0] != pair[1]} == {}
    assert {name: pair for name, pair in counts.items() if pair[1] > 40} == {}
