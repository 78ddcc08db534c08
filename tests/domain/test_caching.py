"""The cache helps where it is there, and costs next to nothing where it is not."""

from __future__ import annotations

from assessprep_xblock.domain.shared import caching
from tests.doors.broken_cache import BrokenCache

SOUND = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "another"}}
BROKEN = {"default": {"BACKEND": "tests.doors.broken_cache.BrokenCache"}}


def test_what_is_put_is_known_and_what_is_not_put_is_none(settings):
    settings.CACHES = SOUND
    caching.put("one", {"a": 1}, 60)
    assert (caching.get("one"), caching.get("two")) == ({"a": 1}, None)


def test_a_cache_that_fails_is_left_alone_for_a_while_and_another_one_is_asked_at_once(settings):
    settings.CACHES = BROKEN
    before = BrokenCache.calls
    for number in range(100):
        assert caching.get("one") is None
        caching.put("one", number, 60)
    # Once, or a few times on a machine that stands still for seconds; not two hundred times.
    assert 1 <= BrokenCache.calls - before < 50
    settings.CACHES = SOUND
    caching.put("one", 7, 60)
    assert caching.get("one") == 7
