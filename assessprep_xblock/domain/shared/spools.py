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
    by = "value IS NULL, value {0}, name, number" if sort.endswith("value") else "name {0}, number {0}"
    # A database without a name is a temporary file of this connection alone, which goes with it.
    spool = sqlite3.connect("", check_same_thread=False)
    try:
        spool.execute("CREATE TABLE spool (name TEXT, value REAL, number INTEGER, cells TEXT)")
        waiting = iter(rows)
        while batch := list(islice(waiting, BATCH)):
            told = [(name, value, number, json.dumps(cells)) for name, value, number, cells in batch]
            spool.executemany("INSERT INTO spool VALUES (?, ?, ?, ?)", told)
        order = by.format("DESC" if sort.startswith("-") else "ASC")
        for (cells,) in spool.execute(f"SELECT cells FROM spool ORDER BY {order}"):  # noqa: S608  two orders of our own
            yield json.loads(cells)
    finally:
        spool.close()
