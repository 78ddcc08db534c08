"""Tables that people open in a spreadsheet: UTF-8 that Excel reads, and no cell that it would run."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: What makes a spreadsheet take a cell for a formula, first in the cell (OWASP, "CSV Injection").
_FORMULA = "[=+\\-@＝＋－＠]"
# Excel separates by semicolons where the comma is a decimal sign. It then reads our commas and quotes as text, so a cell of
# its own begins after every semicolon and line end inside of ours; quotes and blanks before the sign do not stop it.
_AT_FIRST = rf"(?= *(?:{_FORMULA}|[\t\r\n]))"
_INSIDE = rf"(?=[ \t\"]*{_FORMULA})"
_RUN = re.compile(rf"\A{_AT_FIRST}|(?<=[;\r\n]){_INSIDE}")
_HELD = re.compile(rf"\A'{_AT_FIRST}|(?<=[;\r\n])'{_INSIDE}")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


class _Line:
    """Takes what the csv writer writes and hands it on, so that a long table never is in memory as a whole."""

    def write(self, text: str) -> str:
        return text


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs, separated by commas or by semicolons: an apostrophe stands before what would be run.

    Numbers stay numbers.
    """
    return _RUN.sub("'", value) if isinstance(value, str) else value


def typed(text: str) -> str:
    """What somebody typed, out of a cell that :func:`safe` wrote."""
    return _HELD.sub("", text)


def csv_lines(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a file, the first with the byte order mark; None is an empty cell."""
    writer: Any = csv.writer(_Line())
    yield BYTE_ORDER_MARK + str(writer.writerow([safe(cell) for cell in head]))
    for row in rows:
        yield str(writer.writerow([safe("" if cell is None else cell) for cell in row]))
