"""What one delivery setting is. No framework is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """One delivery setting.

    ``kind`` says how it is stored (JSON) and typed: ``datetime`` (ISO 8601 with offset, or None), ``seconds``, ``number``,
    ``points`` (a number, halves and quarters too), ``flag``, ``choice``, ``text`` (lines), ``line`` (one line), ``minutes``
    (a list of whole minutes, longest first), ``networks`` (a list of networks in CIDR notation), ``zone`` (an IANA name, or
    ""), ``link`` (an https address, or "").
    """

    name: str
    kind: str
    default: Any
    label: str
    group: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    #: largest number; of texts the most characters, of lists the most entries
    most: int | None = None
    #: whether nothing may be given: None
    nullable: bool = False
    #: the step between the stored unit (seconds) and the one people type (60: minutes)
    unit: int = 1

    @property
    def in_numbers(self) -> bool:
        """Whether an author may bind it by a range."""
        return self.kind in ("seconds", "number", "points")


def N(text: str) -> str:
    """Mark a text for translation without translating it (the door does)."""
    return text
