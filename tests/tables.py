"""The Monitor's rows out of the table in which it tells each name once, as its page reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def rows_of(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One dict for each row of a picture that came over HTTP."""
    usual, kinds, columns = (told["rows"][part] for part in ("usual", "kinds", "columns"))
    return [
        {
            **usual,
            **{name: kind["of"][int(kind["at"][place], 36)] for name, kind in kinds.items()},
            **{name: column[place] for name, column in columns.items()},
        }
        for place in range(len(columns["learner"]))
    ]
