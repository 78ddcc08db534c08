"""A check says what was expected and what was seen, in words a teacher can read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


class Deviation(Exception):
    """The product did something else than it should. The text says what was expected and what was seen."""


class CannotStart(Exception):
    """The demo cannot be started here. The text says why, and what to do."""


def equal(what: str, seen: Any, expected: Any) -> None:
    """``seen`` is ``expected``."""
    if seen != expected:
        raise Deviation(f"{what}: expected {_short(expected)}, saw {_short(seen)}")


def among(what: str, seen: Any, expected: Collection[Any]) -> None:
    """``seen`` is one of ``expected``."""
    if seen not in expected:
        raise Deviation(f"{what}: expected one of {', '.join(map(_short, expected))}, saw {_short(seen)}")


def true(what: str, seen: Any, *, expected: str) -> None:
    """``seen`` is true-ish; ``expected`` says in words what that means."""
    if not seen:
        raise Deviation(f"{what}: expected {expected}, saw {_short(seen)}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split()) or "nothing"
    return text if len(text) <= 300 else f"{text[:300]} …"
