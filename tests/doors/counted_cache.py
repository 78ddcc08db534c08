"""A cache that works, and notes every call made to it."""

from typing import Any

from django.core.cache.backends.locmem import LocMemCache

#: The calls of all caches of this kind, in order: what was asked, never of which key.
CALLS: list[str] = []


def _noting(name: str) -> Any:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        CALLS.append(name)
        return getattr(super(CountedCache, self), name)(*args, **kwargs)

    return call


class CountedCache(LocMemCache):
    """Django's cache in memory, noting what it is asked."""

    add, get, set, touch, delete, clear, incr, has_key = map(
        _noting, ("add", "get", "set", "touch", "delete", "clear", "incr", "has_key")
    )
    get_many, set_many, delete_many = map(_noting, ("get_many", "set_many", "delete_many"))
