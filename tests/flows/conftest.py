"""What the chapters about authors and schools begin with."""

from __future__ import annotations

import pytest

from tests.domain import district as d
from tests.world import Page


@pytest.fixture
def district() -> d.District:
    """A bank with one published assessment, and two schools that may use it."""
    return d.make_district()


@pytest.fixture
def staff(district: d.District) -> Page:
    """A member of the first school's staff."""
    return Page(district.a.staff)
