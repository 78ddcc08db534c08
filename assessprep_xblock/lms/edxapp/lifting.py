"""Due dates, attempt limits and waits lifted while the server hands in, and only then, for the work in hand only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from opaque_keys.edx.keys import CourseKey

from . import releases

#: A late settle or a question with one attempt must not lose answers.
LIFTED = {"due": None, "graceperiod": None, "max_attempts": None, "submission_wait_seconds": 0}

_lifting: ContextVar[bool] = ContextVar("assessprep_lifting", default=False)


@contextlib.contextmanager
def lifted(course_key: CourseKey) -> Iterator[None]:
    """Blocks bound in here are not closed by time or attempts."""
    releases.forget_enabled_overrides(course_key)
    token = _lifting.set(True)
    try:
        yield
    finally:
        _lifting.reset(token)
        releases.forget_enabled_overrides(course_key)


class LiftedLimits:
    """A field override provider of the platform (``FIELD_OVERRIDE_PROVIDERS``).

    Enabled for the length of a hand-in: a provider that is enabled is asked thousands of times in one request.
    """

    def __init__(self, user: Any, fallback_field_data: Any) -> None:
        self.user = user
        self.fallback_field_data = fallback_field_data

    def get(self, _block: Any, name: str, default: Any) -> Any:
        """The lifted value of a limit; anything else stays."""
        return LIFTED.get(name, default) if _lifting.get() else default

    @classmethod
    def enabled_for(cls, _course: Any) -> bool:
        """While the server hands in."""
        return _lifting.get()
