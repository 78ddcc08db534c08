"""The demo's open evening: a course run of its own, into which people without an account come by name and code."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.sessions import actions as sessions
from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories
from devlms.models import CourseRole

#: The bank is shared with the district's own organization only: no school meets it in its tab.
BANK, BANK_NAME = "course-v1:Riverside+SAMPLES+2026", "Riverside samples"
RUN, RUN_NAME = "course-v1:Riverside+OPEN+2026", "Open evening"
HOST = ("host", "Odette Marchetti")
DOOR = f"/assessprep/guests/{RUN}/"
#: As delivery settings say it: anybody with the code, let in by the host.
SETTINGS = {"guests": True, "guests_no_account": True, "duration_s": 900}


def seed() -> AssessmentSession:
    """The published session of the open evening; made where it is not there yet."""
    run = CourseKey.from_string(RUN)
    made = AssessmentSession.objects.filter(course_key=run, lifecycle="published").first()
    return made or _made(run)


def _made(run: CourseKey) -> AssessmentSession:
    now = timezone.now()
    bank_run = factories.make_course_run(BANK, BANK_NAME)
    source = factories.make_assessment_block(bank_run, title="Forces, a first look")
    factories.make_course_run(run, RUN_NAME)
    host = factories.make_staff(bank_run, *HOST)
    CourseRole.objects.create(user=host, course_key=run)
    act = {"by": host.pk, "now": now}
    bank = library.create_bank(
        course_key=bank_run, title=BANK_NAME, shared_with_all=False, shared_with=[bank_run.org], **act
    )
    assessment = library.add_assessment(bank_uuid=bank.uuid, usage_key=source, **act)
    library.publish_version(assessment_uuid=assessment.uuid, release_note="", **act)
    wanted = placing.want_placement(course_key=run, assessment_uuid=assessment.uuid, **act)
    placing.add_to_course(placement_uuid=wanted.uuid, **act)
    session = sessions.create_session(
        placement_uuid=wanted.uuid, name=RUN_NAME, settings=SETTINGS, roster={}, request_id=uuid5(NAMESPACE_URL, RUN), **act
    )
    return sessions.publish_session(session_uuid=session.uuid, **act)
