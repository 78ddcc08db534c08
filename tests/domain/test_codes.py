"""Session codes: digits with leading zeros, one live session each, resting after use, never in a trail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assessprep_xblock.domain.sessions import actions, codes
from assessprep_xblock.domain.sessions.models import AssessmentSession, SpentCode
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.domain import district as d

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return d.make_district()


def test_a_code_is_four_digits_with_its_leading_zeros(district):
    drawn = {codes.draw(district.a.course_key, d.NOW) for _ in range(400)}
    assert all(len(code) == 4 and code.isdecimal() for code in drawn)
    assert any(code.startswith("0") for code in drawn)


def test_live_sessions_of_a_run_have_different_codes(district, settings):
    # Codes so few that a random draw would soon repeat itself.
    settings.ASSESSPREP_CODE_SPACE_LIMIT = 1.0
    key = district.a.course_key
    SpentCode.objects.bulk_create(
        SpentCode(course_key=key, code=f"{n:04d}", until=d.NOW + timedelta(hours=1)) for n in range(9995)
    )
    placement = d.place(district, district.a)
    given = [d.published(district, district.a, placement=placement, period=n).live_code for n in range(5)]
    assert sorted(given) == ["9995", "9996", "9997", "9998", "9999"]
    with pytest.raises(Refusal) as refused:
        d.published(district, district.a, placement=placement, period=6)
    assert refused.value.code == "lint_errors"
    with pytest.raises(Refusal) as refused:
        codes.draw(key, d.NOW)
    assert refused.value.code == "code_space_full"


def test_a_nearly_full_run_gives_no_code_out(district, settings):
    settings.ASSESSPREP_CODE_SPACE_LIMIT = 0.01
    key = district.a.course_key
    SpentCode.objects.bulk_create(
        SpentCode(course_key=key, code=f"{n:04d}", until=d.NOW + timedelta(hours=1)) for n in range(100)
    )
    assert codes.is_full(key, d.NOW)
    assert not codes.is_full(key, d.NOW + timedelta(hours=2))
    assert not codes.is_full(district.b.course_key, d.NOW)


@pytest.mark.parametrize("name", ["archive_session", "unpublish_session", "delete_session", "rotate_code"])
def test_a_code_rests_whichever_way_its_session_lets_go_of_it(district, name):
    session = d.published(district, district.a)
    getattr(actions, name)(session_uuid=session.uuid, by=district.a.staff.pk, now=d.NOW)
    assert session.live_code in codes.taken(district.a.course_key, d.NOW)
    assert not AssessmentSession.objects.filter(live_code=session.live_code).exists()
    tomorrow = d.NOW + timedelta(days=1, seconds=1)
    assert session.live_code not in codes.taken(district.a.course_key, tomorrow)


def test_a_rotated_code_is_another_one(district):
    session = d.published(district, district.a)
    after = actions.rotate_code(session_uuid=session.uuid, by=district.a.staff.pk, now=d.NOW)
    assert after.live_code != session.live_code and after.lifecycle == "published"


def test_publishing_again_after_unarchiving_gives_a_new_code(district):
    session = d.published(district, district.a)
    given = {"session_uuid": session.uuid, "by": district.a.staff.pk, "now": d.NOW}
    actions.archive_session(**given)
    assert actions.unarchive_session(**given).live_code is None
    assert actions.publish_session(**given).live_code not in (None, session.live_code)


def test_no_code_stands_in_the_trail(district):
    session = d.published(district, district.a)
    actions.rotate_code(session_uuid=session.uuid, by=district.a.staff.pk, now=d.NOW)
    for row in AuditRow.objects.all():
        assert session.live_code not in f"{row.reason} {row.facts.get('code', '')}"
        assert "code" not in row.facts


def test_longer_codes_are_drawn_where_the_operator_wants_them(district, settings):
    settings.ASSESSPREP_CODE_LENGTH = 6
    assert len(codes.draw(district.a.course_key, d.NOW)) == 6
