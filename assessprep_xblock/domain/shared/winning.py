"""Every write has one winner: what to do when somebody else was faster."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

from .refusals import Refusal

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

TRIES = 4
#: MySQL and MariaDB: deadlock found, lock wait timeout. PostgreSQL: serialization failure, deadlock detected.
_LOCK_ERRORS = {1213, 1205, "40001", "40P01"}


class Lost(Exception):
    """A conditional write met no row: what the rule relied on is no longer so. The transaction is rolled back."""


def one_winner(action: Callable[P, R]) -> Callable[P, R]:
    """Run an action again, from its first read, when it lost a race or the database ended a deadlock; then refuse.

    Reading again lets the *rule* name what changed ("the test is paused"), so ``state_changed`` is met only by somebody
    who loses every time. Inside a transaction of the caller's nothing is tried again: it could not be rolled back.
    """

    @wraps(action)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for left in reversed(range(TRIES)):
            try:
                return action(*args, **kwargs)
            except (Lost, OperationalError) as problem:
                if isinstance(problem, OperationalError) and not _is_lock_error(problem):
                    raise
                if not left or connection.in_atomic_block:
                    raise Refusal("state_changed") from problem
                log.info("%s lost a race and reads again", action.__name__)
                time.sleep(0.01 * (TRIES - left))
        raise AssertionError("unreachable")

    return again


def _is_lock_error(problem: OperationalError) -> bool:
    cause = problem.__cause__
    code = getattr(cause, "sqlstate", None) or (problem.args[0] if problem.args else None)
    return code in _LOCK_ERRORS
