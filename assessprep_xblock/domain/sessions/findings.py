"""What lint says: one finding, with where to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One finding. An ``error`` keeps the session from being published. ``link`` names where to mend it: ``roster``,
    ``settings``, ``placement`` or ``studio``; ``field`` is the delivery setting it is about, where there is one."""

    severity: str
    code: str
    sentence: str
    link: str
    field: str = ""

    def as_json(self) -> dict[str, Any]:
        """For REST."""
        return asdict(self)


def error(code: str, sentence: str, link: str, field: str = "") -> Problem:
    """Something that keeps students from the test."""
    return Problem("error", code, sentence, link, field)


def warning(code: str, sentence: str, link: str, field: str = "") -> Problem:
    """Something to look at."""
    return Problem("warning", code, sentence, link, field)
