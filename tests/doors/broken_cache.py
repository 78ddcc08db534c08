"""A cache that is down: every call to it fails, as a client library does when its server is gone."""

from django.core.cache.backends.base import BaseCache


class BrokenCache(BaseCache):
    """Raises on every call, and counts them."""

    calls = 0

    def __init__(self, _location, params):
        super().__init__(params)

    def _down(self, *_args, **_kwargs):
        BrokenCache.calls += 1
        raise ConnectionError("the cache is down")

    add = get = set = touch = delete = clear = get_many = set_many = delete_many = _down
