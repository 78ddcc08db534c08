"""Whether a text gives a session code away."""

from __future__ import annotations

import re


def spells(text: str, code: str) -> bool:
    """Whether the code stands in the text as a number of its own.

    Four digits are also found by chance: within keys and tokens, in the year of a course run, in the number of an Arabic
    letter as JSON writes it. None of these tells anybody the code.
    """
    return re.search(rf"(?<![\w+-]){code}(?![\w-])", text) is not None
