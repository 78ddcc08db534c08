"""The name that somebody without an account types: it stands on staff's screens, in tables and in the platform's pages."""

from __future__ import annotations

import unicodedata

from ..shared.refusals import Refusal
from ..shared.texts import plain

LONGEST = 60
#: What begins a formula in a spreadsheet, and what makes an address or an element: nothing of it is part of a name.
_NEVER = ("<", ">", "://", "www.", "\\", "{", "}")
_NEVER_FIRST = tuple("=+-@＝＋－＠")


def read_guest_name(typed: str) -> str:
    """The name as it is kept: one line, single spaces, at most 60 characters, with a letter or a digit in it."""
    name = " ".join(plain(typed).split())
    if len(name) > LONGEST:
        raise Refusal("too_large", field="name", limit=f"{LONGEST} characters")
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        raise Refusal("invalid", field="name", why="type your name")
    if name.startswith(_NEVER_FIRST) or any(part in name.casefold() for part in _NEVER):
        raise Refusal("invalid", field="name", why="a name is letters, and begins with one")
    return name
