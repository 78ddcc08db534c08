"""Tables that people send us: pasted, or saved by a spreadsheet, in whichever encoding and with whichever separator it uses.

A cell is text and stays text: what would be a formula in a spreadsheet is nothing more than its characters here.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .refusals import Refusal
from .spreadsheets import BYTE_ORDER_MARK, typed
from .texts import plain

MOST_ROWS = 10_000
SEPARATORS = (",", ";", "\t")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Line:
    """One row of a table: the number of its (first) line in the file, from 1, and its cells without spaces around them."""

    number: int
    cells: tuple[str, ...]


def text_of(raw: bytes) -> tuple[str, str]:
    """A file's text and the name of its encoding: by its mark, else UTF-8, else what Windows writes in Western Europe."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decoded(raw, encoding), "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "Latin-1"


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal("invalid", field="file", why=_("its characters cannot be read; save it as CSV (UTF-8)")) from None


def lines_of(text: str) -> list[Line]:
    """The rows of a table that are not empty, at most 10,000; separated by commas, semicolons or tabs, as its first line is.

    Raises ``invalid`` for what is no table at all, ``too_large`` for more rows.
    """
    if "\x00" in text:
        raise Refusal("invalid", field="file", why=_("this is no text; save the table as CSV (UTF-8)"))
    text = text.removeprefix(BYTE_ORDER_MARK)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    found: list[Line] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Line(begins, tuple(_cell(cell) for cell in cells)))
            begins = reader.line_num + 1
            # One more than may be: the first names the columns.
            if len(found) > MOST_ROWS + 1:
                raise Refusal("too_large", field="file", limit=_("{n} rows").format(n=MOST_ROWS))
    except csv.Error:
        raise Refusal("invalid", field="file", why=_("line {n} cannot be read as a row of a table"), n=begins) from None
    return found


def _cell(cell: str) -> str:
    # The apostrophes that our own tables put before what a spreadsheet would run are no part of the text.
    return typed(plain(cell).strip())


def by_columns(lines: list[Line], known: Mapping[str, str], *, needed: str) -> list[tuple[int, dict[str, str]]]:
    """(line number, column -> cell) for each row below the heading. ``known``: heading in small letters -> its column.

    Raises ``invalid`` that names headings which are not known, stand twice or are missing, and rows without a heading.
    """
    if not lines:
        raise Refusal("invalid", field="file", why=_("there is nothing in it"))
    heads = [head.casefold() for head in lines[0].cells]
    while heads and not heads[-1]:
        heads.pop()
    unknown = [head or "–" for head in heads if head not in known]
    columns = [known.get(head, "") for head in heads]
    if unknown or needed not in columns or len(set(columns)) < len(columns):
        why = _("its first line has to name the columns, each once: {known}. “{needed}” is needed. Found: {found}")
        wanted = ", ".join(dict.fromkeys(known.values()))
        raise Refusal("invalid", field="file", why=why, known=wanted, needed=needed, found=", ".join(heads)[:200])
    if len(lines) > MOST_ROWS + 1:
        raise Refusal("too_large", field="file", limit=_("{n} rows").format(n=MOST_ROWS))
    found = []
    for line in lines[1:]:
        if any(line.cells[len(columns) :]):
            raise Refusal(
                "invalid", field="file", why=_("line {n} has more cells than the first line has columns"), n=line.number
            )
        cells = [*line.cells, *[""] * len(columns)]
        found.append((line.number, dict(zip(columns, cells, strict=False))))
    return found
