"""Rows that are sorted on disk: ten thousand of them, or a hundred thousand, in the memory of some hundred."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

BATCH = 500


def in_order(rows: Iterable[tuple[str, float | None, int, Sequence[Any]]], sort: str) -> Iterator[list[Any]]:
    """The cells of rows (name, value, number, cells), sorted; cells are what JSON holds.

    ``sort``: ``name`` or ``value``, with ``-`` the other way round. Whoever has no value comes last, whichever way; of equal
    values, and of equal names, the name and the number decide. Texts are compared by code points, as Python does it.
    """
    # A database without a name is a temporary file of this connection alone, which goes with it.
    spool = sqlite3.connect("", check_same_thread=False)
    try:
        spool.execute("CREATE TABLE spool (name TEXT, value REAL, number INTEGER, cells TEXT)")
        waiting = iter(rows)
        while batch := list(islice(waiting, BATCH)):
            told = [(name, value, number, json.dumps(cells)) for name, value, number, cells in batch]
            spool.executemany("INSERT INTO spool VALUES (?, ?, ?, ?)", told)
        for (cells,) in _read(spool, sort):
            yield json.loads(cells)
    finally:
        spool.close()


def _read(spool: sqlite3.Connection, sort: str) -> sqlite3.Cursor:
    """Whole statements, so that nobody has to ask what is put into them."""
    match sort:
        case "name":
            return spool.execute("SELECT cells FROM spool ORDER BY name ASC, number ASC")
        case "-name":
            return spool.execute("SELECT cells FROM spool ORDER BY name DESC, number DESC")
        case "value":
            return spool.execute("SELECT cells FROM spool ORDER BY value IS NULL, value ASC, name, number")
        case _:
            return spool.execute("SELECT cells FROM spool ORDER BY value IS NULL, value DESC, name, number")
