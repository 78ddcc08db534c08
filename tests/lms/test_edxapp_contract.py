"""The contract with the platform, on a real edx-platform: ``make test-edxapp``."""

from __future__ import annotations

from importlib.util import find_spec

import crum
import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest

if find_spec("xmodule") is None:
    pytest.skip("needs a real edx-platform: make test-edxapp", allow_module_level=True)

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError
from assessprep_xblock.lms.edxapp import EdxApp
from tests.lms import edxapp_world
from tests.lms.contract import AnswersContract, ContentContract, GuestsContract, PeopleContract, statements

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def lms_world():
    """A bank, two schools and seven people, on the platform's own stores."""
    with edxapp_world.isolated():
        yield edxapp_world.make_world()


def test_open_edx_is_the_one_in_use_unless_another_is_chosen():
    assert type(get_lms()) is EdxApp


class TestPeople(PeopleContract):
    """Roles, classes and names on Open edX."""

    def test_asking_for_a_role_costs_one_query(self, lms_world):
        """The account and its roles are two readings here. Whoever makes the request is read already: then it is one."""
        lms, staff = lms_world.lms, lms_world.staff_id
        _answer, sql = statements(lambda: lms.is_course_staff(staff, lms_world.school))
        assert len(sql) <= 2
        request = HttpRequest()
        request.user = get_user_model().objects.get(pk=staff)
        crum.set_current_request(request)
        try:
            answer, sql = statements(lambda: lms.is_course_staff(staff, lms_world.school))
        finally:
            crum.set_current_request(None)
        assert answer
        assert len(sql) <= 1


@pytest.mark.skipif(edxapp_world.IN_STUDIO, reason="guests come through the LMS")
class TestGuests(GuestsContract):
    """Throw-away accounts on Open edX."""


class TestContent(ContentContract):
    """Content on Open edX."""


@pytest.mark.skipif(edxapp_world.IN_STUDIO, reason="learners answer in the LMS")
class TestAnswers(AnswersContract):
    """Answers and scores on Open edX."""


@pytest.mark.skipif(edxapp_world.IN_STUDIO, reason="of the LMS")
def test_the_lms_writes_no_course_content(lms_world):
    lms = EdxApp()
    pin = lms.snapshot(lms_world.assessment).pin
    with pytest.raises(LmsError):
        lms.place(lms_world.school, title="Test", by=lms_world.staff_id)
    with pytest.raises(LmsError):
        lms.copy_version(pin=pin, into=lms_world.assessment, effective={}, by=lms_world.staff_id)
    with pytest.raises(LmsError):
        lms.publish(lms_world.assessment, by=lms_world.staff_id)


@pytest.mark.skipif(not edxapp_world.IN_STUDIO, reason="of Studio")
def test_nobody_is_made_a_guest_in_studio(lms_world):
    with pytest.raises(LmsError):
        lms_world.lms.make_guest(lms_world.school, name="Ada", domain="guests.invalid")
