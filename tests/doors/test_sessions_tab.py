"""The course tab: who sees it, and that the platform can do with it what it does with a tab."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from assessprep_xblock.lms import get_lms
from assessprep_xblock.tabs import CommonAssessmentsTab
from tests.domain import district as d

pytestmark = pytest.mark.django_db


def test_staff_and_learners_of_a_run_see_the_tab_and_nobody_else():
    school, other = d.make_school("A"), d.make_school("B")
    course = SimpleNamespace(id=school.course_key)
    assert CommonAssessmentsTab.is_enabled(course, school.staff)
    assert CommonAssessmentsTab.is_enabled(course, school.learners[0])
    for stranger in (other.staff, other.learners[0], AnonymousUser(), None):
        assert not CommonAssessmentsTab.is_enabled(course, stranger)


def test_the_tab_leads_to_the_page_of_its_run():
    school = d.make_school("A")
    address = reverse(CommonAssessmentsTab.view_name, args=[str(school.course_key)])
    assert ("Common Assessments", address) in get_lms().course_tabs(school.staff.pk, school.course_key)
