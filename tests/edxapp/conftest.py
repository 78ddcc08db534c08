"""A district on a real edx-platform. Imported everywhere, so that what only the platform has is imported inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.utils import timezone

if TYPE_CHECKING:
    from tests.edxapp.district import District


# The platform's own root is pytest's, and these files lie outside it: for pytest all of them are in one place, so a fixture
# that one file defines again would be that of every file.
@pytest.fixture
def district() -> Iterator[District]:
    """A bank, and a school that delivers its assessment; nobody is enrolled yet."""
    from tests.edxapp.district import make_district
    from tests.lms import edxapp_world as edx

    cache.clear()
    with edx.isolated():
        yield make_district(timezone.now())


@pytest.fixture
def writing() -> Iterator[District]:
    """The same, with an essay as the fourth question."""
    from tests.edxapp.district import make_district
    from tests.lms import edxapp_world as edx

    cache.clear()
    with edx.isolated():
        yield make_district(timezone.now(), essay=True)


@pytest.fixture
def ada(district: District) -> Any:
    """A learner of the school."""
    from tests.lms import edxapp_world as edx

    return edx.make_learner(district.school, "ada", "Ada Lovelace")
