"""Reads whose SQL is written once instead of at every call.

Django writes the SQL of a queryset anew each time it is used. For the read that every call of a running test begins with
(four tables, some hundred columns) that takes five times as long as sending it and reading the row; see
``docs/decisions/0028-reads-of-a-running-test-are-written-once.rst``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, Field, QuerySet

R = TypeVar("R")


class Given(Expression):
    """A value that each call tells, named; it stands in a filter where the value would."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        # What is compared with a foreign key is what the key points to.
        super().__init__(output_field=getattr(field, "target_field", field))
        self.name = name

    def as_sql(self, _compiler: Any, _connection: Any) -> Any:
        """A place for one parameter, which is this very object until the call."""
        return "%s", [self]

    def parameter(self, value: Any, connection: Any) -> Any:
        """The value as the database's driver takes it."""
        return self.output_field.get_db_prep_value(self.output_field.get_prep_value(value), connection, prepared=True)


class PreparedRead(Generic[R]):
    """The rows of a queryset, told anew what its :class:`Given` are: ``read(name=value, ...)``; the same rows, one query.

    Its SQL is written once for each thread's database connection. ``rows`` makes the queryset, at the first call.
    """

    def __init__(self, rows: Callable[[], QuerySet[Any, R]]) -> None:
        self._rows = rows
        self._written = threading.local()

    def __call__(self, **values: Any) -> list[R]:
        """The rows for these values. Raises KeyError where one is not told."""
        rows, _compiler = self._told(values)
        return list(rows._iterable_class(rows))

    def columns(self, **values: Any) -> list[Sequence[Any]]:
        """The same rows turned over: the values of each column. For thousands of rows, of which each would be converted
        value by value, NULL too; here NULL is None. Annotations come last, as Django's ``values_list`` tells them.
        """
        _rows, compiler = self._told(values)
        found = list(zip(*chain.from_iterable(compiler.execute_sql()), strict=True))
        columns: list[Sequence[Any]] = list(found) if found else [()] * len(compiler.select)
        converted = compiler.get_converters([one[0] for one in compiler.select])
        for place, (converters, expression) in converted.items():
            for convert in converters:
                columns[place] = [
                    None if value is None else convert(value, expression, compiler.connection) for value in columns[place]
                ]
        return columns

    def _told(self, values: dict[str, Any]) -> tuple[Any, Any]:
        """The queryset and its compiler, which has the SQL and now these values."""
        rows, compiler, sql, parameters = self._for_this_connection()
        connection = compiler.connection
        told = tuple(one.parameter(values[one.name], connection) if isinstance(one, Given) else one for one in parameters)
        compiler.as_sql = lambda *_, **__: (sql, told)
        return rows, compiler

    def _for_this_connection(self) -> tuple[Any, Any, str, tuple[Any, ...]]:
        known = getattr(self._written, "known", None)
        if known is not None and known[1].connection is connections[known[0].db]:
            return known
        rows: Any = self._rows()
        compiler = rows.query.get_compiler(using=rows.db)
        # Writing it also notes which column goes where, which is what reading the rows asks this compiler for.
        sql, parameters = compiler.as_sql()
        rows.query.get_compiler = lambda *_, **__: compiler
        self._written.known = (rows, compiler, sql, tuple(parameters))
        return self._written.known
