"""Tables that people open in a spreadsheet, as CSV or as XLSX: read by Excel as they are, and no cell that it would run."""

from __future__ import annotations

import csv
import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Any
from urllib.parse import quote

#: What makes a spreadsheet take a cell for a formula, first in the cell (OWASP, "CSV Injection").
_FORMULA = "[=+\\-@＝＋－＠]"
# Excel separates by semicolons where the comma is a decimal sign, and LibreOffice by tabs as well.
# They then read our commas and quotes as text, so a cell of its own begins after every semicolon, tab and line end inside of
# ours; quotes and blanks before the sign do not stop it.
_AT_FIRST = rf"(?= *(?:{_FORMULA}|[\t\r\n]))"
_INSIDE = rf"(?=[ \"]*{_FORMULA})"
_RUN = re.compile(rf"\A{_AT_FIRST}|(?<=[;\t\r\n]){_INSIDE}")
_HELD = re.compile(rf"\A'{_AT_FIRST}|(?<=[;\t\r\n])'{_INSIDE}")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


#: Kind of file -> what it is called in an answer's headers.
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What Excel takes in one cell, and in the name of a sheet.
LONGEST_CELL = 32_767
LONGEST_NAME = 31
#: Bytes of a file handed on at once.
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Table:
    """One table: its name, its titles and its rows, which may be read only once. A cell is text, a number or None."""

    name: str
    head: Sequence[Any]
    rows: Iterable[Sequence[Any]]


def headers(kind: str, name: str) -> dict[str, str]:
    """What goes with a file that is downloaded: its type, a name in any script, and that nobody keeps it on the way."""
    plain = quote(f"{name}.{kind}", safe="")
    return {
        "Content-Type": KINDS[kind],
        "Content-Disposition": f"attachment; filename=\"table.{kind}\"; filename*=UTF-8''{plain}",
        "Cache-Control": "no-store",
    }


def content(kind: str, tables: Sequence[Table]) -> Iterator[Any]:
    """A file's content piece by piece, never in memory as a whole: a CSV of the first table, or a workbook of all."""
    if kind == "csv":
        return csv_lines(tables[0].head, tables[0].rows)
    return _pieces(xlsx(tables))


def xlsx(tables: Sequence[Table]) -> IO[bytes]:
    """A workbook with a sheet for each table, as a temporary file at its beginning.

    Texts are written as texts, so nothing in them is run; rows go to disk as they come. Whatever is no finite number, a date
    too, is text. Raises nothing for what is too long: Excel's cells end at 32,767 characters.
    """
    # Imported here: whoever never asks for a workbook need not have it loaded.
    import xlsxwriter

    file = tempfile.TemporaryFile()  # noqa: SIM115  handed on open
    made = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = made.add_format({"bold": True})
    names: set[str] = set()
    for table in tables:
        sheet = made.add_worksheet(_sheet_name(table.name, names))
        sheet.freeze_panes(1, 0)
        for place, cell in enumerate(table.head):
            sheet.set_column(place, place, min(40, max(10, len(str(cell)) + 2)))
            _write(sheet, 0, place, cell, bold)
        for number, row in enumerate(table.rows, start=1):
            for place, cell in enumerate(row):
                _write(sheet, number, place, cell)
    made.close()
    file.seek(0)
    return file


def _write(sheet: Any, row: int, place: int, cell: Any, look: Any = None) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        sheet.write_number(row, place, cell, look)
    else:
        sheet.write_string(row, place, str(cell)[:LONGEST_CELL], look)


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes: short, without its own signs, and no two alike in small letters."""
    clean = re.sub(r"[\[\]:*?/\\]", " ", wanted).strip("' ")[:LONGEST_NAME] or "1"
    name, number = clean, 1
    while name.casefold() in taken:
        number += 1
        name = f"{clean[: LONGEST_NAME - 5]} ({number})"
    taken.add(name.casefold())
    return name


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from iter(partial(file.read, CHUNK), b"")


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
