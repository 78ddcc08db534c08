"""Tables that people open in a spreadsheet: UTF-8 that Excel reads, and no cell that it would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: What makes a spreadsheet take a cell for a formula, first in the cell (OWASP, "CSV Injection"); tab and line ends as well.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


class _Line:
    """Takes what the csv writer writes and hands it on, so that a long table never is in memory as a whole."""

    def write(self, text: str) -> str:
        return text


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that would begin one gets an apostrophe. Numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value


def csv_lines(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a file, the first with the byte order mark; None is an empty cell."""
    writer: Any = csv.writer(_Line())
    yield BYTE_ORDER_MARK + str(writer.writerow([safe(cell) for cell in head]))
    for row in rows:
        yield str(writer.writerow([safe("" if cell is None else cell) for cell in row]))
