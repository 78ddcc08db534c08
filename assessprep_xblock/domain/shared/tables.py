"""Tables for a spreadsheet, line by line, in which no cell is ever run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

#: What makes a spreadsheet take a cell for a formula, first in the cell (OWASP, "CSV Injection"); tab and line ends as well.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that would begin a formula gets an apostrophe. Numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value


class _Line:
    """Takes what the csv writer writes and hands it on, so that a long table never is in memory as a whole."""

    def write(self, text: str) -> str:
        return text


def lines(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The lines of the file, the first with the byte order mark."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + str(writer.writerow([safe(str(cell)) for cell in head]))
    for row in rows:
        yield str(writer.writerow([safe(cell) for cell in row]))
