"""What we add to the platform's settings while it is still putting them together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from assessprep_xblock.settings import cms, lms
from assessprep_xblock.settings.locale import LOCALE


class Derived:
    """A value that the platform works out once all of its settings are read, in the shape its own class has."""

    def __init__(self, calculate_value):
        self.calculate_value = calculate_value


@pytest.mark.parametrize("half", [lms, cms])
def test_our_catalogues_come_after_the_paths_that_the_platform_works_out_at_the_end(half):
    given = SimpleNamespace(MIDDLEWARE=[], INSTALLED_APPS=[], THEMES=[])
    given.LOCALE_PATHS = Derived(lambda settings: [*settings.THEMES, "/platform/locale"])
    for _time in range(2):
        half.plugin_settings(given)
    given.THEMES = ["/theme/locale"]
    assert given.LOCALE_PATHS.calculate_value(given) == ["/theme/locale", "/platform/locale", str(LOCALE)]


def test_where_they_are_known_already_they_are_added_once():
    given = SimpleNamespace(MIDDLEWARE=[], INSTALLED_APPS=[], LOCALE_PATHS=("/platform/locale",))
    for _time in range(2):
        lms.plugin_settings(given)
    assert ["/platform/locale", str(LOCALE)] == given.LOCALE_PATHS
