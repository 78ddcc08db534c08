"""Our pages in an LMS that writes no course content: what has to be done in Studio leads there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from devlms.gateway import DevLms
from tests.domain import district as d

pytestmark = pytest.mark.django_db


class LmsApartFromStudio(DevLms):
    """The embedded LMS, as one whose Studio is another site."""

    def studio_page(self, path):
        return f"//studio.example.com{path}"


@pytest.fixture
def page():
    district = d.make_district()
    client = Client()
    client.force_login(district.a.staff)
    address = reverse("assessprep:course_assessment", args=[district.a.course_key, district.assessment.uuid])
    return lambda: client.get(address), address


def test_where_the_lms_cannot_write_the_button_is_a_link_to_the_same_page_in_studio(page, settings):
    get, address = page
    settings.ASSESSPREP_LMS = f"{__name__}.LmsApartFromStudio"
    html = get().content.decode()
    assert f'href="//studio.example.com{address}"' in html
    assert 'id="assessment-add"' not in html


def test_where_it_can_the_button_does_it(page):
    get, _address = page
    html = get().content.decode()
    assert 'id="assessment-add"' in html
    assert "in Studio</a>" not in html
