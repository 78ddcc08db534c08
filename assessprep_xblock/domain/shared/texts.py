"""Texts that people type, as they are kept."""

from __future__ import annotations

import unicodedata

#: Characters that turn the direction of what follows: a name with one of them would rewrite the row it stands in.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = str.maketrans({"\x85": "\n", "\u2028": "\n", "\u2029": "\n"})


def plain(text: str) -> str:
    """The text without control characters but line ends and tabs.

    Whatever writes a language stays: Persian and Hindi need their joiners, French its narrow space, Chinese its wide one.
    """
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    return "".join(ch for ch in lines if ch in "\n\t" or (unicodedata.category(ch) not in ("Cc", "Cs") and ch not in _TURNS))
