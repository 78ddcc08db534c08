"""Races of staff on MariaDB: one winner of each change, one number for each version, one code for each session."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.domain.library import actions_placing
from assessprep_xblock.domain.library.models import AssessmentVersion, Placement
from assessprep_xblock.domain.sessions import actions
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.domain import district as d

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


def codes_of(outcomes) -> list[str]:
    """Refusal codes among outcomes; anything else that was raised fails the test."""
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, Refusal):
            raise outcome
    return sorted(outcome.code for outcome in outcomes if isinstance(outcome, Refusal))


def test_publishing_a_session_from_four_screens_gives_it_one_code(threads):
    district = d.make_district()
    session = d.draft(district, district.a)
    publish = partial(actions.publish_session, session_uuid=session.uuid, by=district.a.staff.pk, now=d.NOW)
    outcomes = threads(*[publish] * 4)
    assert codes_of(outcomes) == ["already_published"] * 3
    assert AuditRow.objects.filter(action="publish_session").count() == 1
    session.refresh_from_db()
    assert session.live_code is not None and session.change_no == 1


def test_sessions_published_together_get_different_codes(threads, settings):
    # One free code more than sessions, so that draws collide.
    settings.ASSESSPREP_CODE_SPACE_LIMIT = 1.0
    district = d.make_district()
    from assessprep_xblock.domain.sessions.models import SpentCode

    until = d.NOW.replace(year=2030)
    SpentCode.objects.bulk_create(
        SpentCode(course_key=district.a.course_key, code=f"{n:04d}", until=until) for n in range(9995)
    )
    placement = d.place(district, district.a)
    drafts = [d.draft(district, district.a, placement=placement, period=n) for n in range(4)]
    given = {"by": district.a.staff.pk, "now": d.NOW}
    outcomes = threads(*[partial(actions.publish_session, session_uuid=one.uuid, **given) for one in drafts])
    assert codes_of(outcomes) == []
    assert len(set(AssessmentSession.objects.values_list("live_code", flat=True))) == 4


def test_of_four_editors_one_wins_and_the_others_are_told(threads):
    district = d.make_district()
    session = d.draft(district, district.a)
    given = {"session_uuid": session.uuid, "version": 1, "by": district.a.staff.pk, "now": d.NOW}
    outcomes = threads(*[partial(actions.change_session, changes={"name": f"Name {n}"}, **given) for n in range(4)])
    assert codes_of(outcomes) == ["stale_version"] * 3
    session.refresh_from_db()
    assert session.version_no == 2


def test_one_request_sent_four_times_makes_one_session(threads):
    district = d.make_district()
    placement = d.place(district, district.a)
    request_id = uuid4()
    create = partial(d.draft, district, district.a, placement=placement, request_id=request_id)
    outcomes = threads(*[create] * 4)
    assert codes_of(outcomes) == []
    assert {outcome.pk for outcome in outcomes} == {AssessmentSession.objects.get().pk}


def test_versions_published_together_have_a_number_each(threads):
    district = d.make_district()
    given = {"assessment_uuid": district.assessment.uuid, "by": district.author.pk, "now": d.NOW}
    outcomes = threads(*[partial(library.publish_version, release_note=f"{n}", **given) for n in range(3)])
    assert codes_of(outcomes) in ([], ["state_changed"])
    numbers = sorted(AssessmentVersion.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 3
    district.assessment.refresh_from_db()
    assert district.assessment.current_version.number == numbers[-1]


def test_colleagues_who_want_an_assessment_together_get_one_placement(threads):
    district = d.make_district()
    given = {"course_key": district.a.course_key, "assessment_uuid": district.assessment.uuid}
    want = partial(actions_placing.want_placement, by=district.a.staff.pk, now=d.NOW, **given)
    outcomes = threads(*[want] * 4)
    assert codes_of(outcomes) == []
    assert Placement.objects.count() == 1
