"""Reads and conditional changes whose SQL is written once instead of at every call.

Django writes the SQL of a queryset anew each time it is used. For the read that every call of a running test begins with
(four tables, some hundred columns) that takes five times as long as sending it and reading the row; see
``docs/decisions/0028-reads-of-a-running-test-are-written-once.rst``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections, transaction
from django.db.models import Exists, Expression, F, Field, Func, Model, Q, QuerySet
from django.db.models.sql import UpdateQuery

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


class NextNumber(Func):
    """A column's value and one, which MySQL and MariaDB tell with the change itself: elsewhere it has to be read."""

    template = "%(expressions)s + 1"
    arity = 1

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Told as the key of the row, where another statement would tell it."""
        return super().as_sql(compiler, connection, template="LAST_INSERT_ID(%(expressions)s + 1)", **context)


class Unless(NamedTuple):
    """Rows that forbid a change: ``rows`` is a function (the same one each time) that says which, by :class:`Given` whose
    ``values`` these are."""

    rows: Callable[[], Exists | Q]
    values: Mapping[str, Any]


class Written(NamedTuple):
    """How many rows were changed, and the :class:`NextNumber` of the one where the database told it (else None)."""

    rows: int
    number: int | None


class PreparedUpdate:
    """One shape of a change, as ``rows.update(**changes)`` of the two that ``make`` gives, told anew what its :class:`Given`
    are. Its SQL is written once for each thread's database connection."""

    def __init__(self, make: Callable[[], tuple[QuerySet[Any], dict[str, Any]]]) -> None:
        self._make = make
        self._written = threading.local()

    def __call__(self, values: Mapping[str, Any]) -> Written:
        """Change the rows for these values: one statement."""
        connection, sql, parameters = self._for_this_connection()
        told = [one.parameter(values[one.name], connection) if isinstance(one, Given) else one for one in parameters]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            # The ORM's own compiler wrote it, from names of columns alone; values are parameters.
            cursor.execute(sql, told)  # nosemgrep: no-sql-from-strings
            return Written(cursor.rowcount, cursor.lastrowid if connection.vendor == "mysql" else None)

    def _for_this_connection(self) -> tuple[Any, str, tuple[Any, ...]]:
        known = getattr(self._written, "known", None)
        if known is not None and known[0] is connections[known[0].alias]:
            return known
        rows, changes = self._make()
        # Where reads may go to a copy of the database, a change does not.
        rows._for_write = True  # type: ignore[attr-defined]
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        query.annotations = {}
        compiler = query.get_compiler(using=rows.db)
        sql, parameters = compiler.as_sql()
        self._written.known = (compiler.connection, sql, tuple(parameters))
        return self._written.known


#: By shape: which columns, which of them are compared with NULL, what is added to which.
_updates: dict[Any, PreparedUpdate] = {}


def update(
    model: type[Model],
    *,
    where: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    plus: Mapping[str, int] | None = None,
    number: str = "",
    unless: Unless | None = None,
) -> Written:
    """Change rows as ``filter(**where).exclude(unless).update(**values)`` does: one statement, written once for each shape.

    ``where``: columns and what they have to hold, None for NULL, or ``<column>__isnull``. ``values``: columns and what they
    get. ``plus``: columns and what is added: few different numbers, for each of them is a shape. ``number``: a column that
    is counted up by one. A column may be named with Django's way to compare it, ``<column>__lt``.
    """
    compared = tuple((name, value if name.endswith("__isnull") else value is None) for name, value in where.items())
    # Made later, and perhaps by another thread: of the caller's values, which may change, only the names are kept.
    added, names = tuple((plus or {}).items()), tuple(values or ())
    forbids = unless.rows if unless else None
    shape = (model, compared, names, added, number, forbids)

    def made() -> tuple[QuerySet[Any], dict[str, Any]]:
        column: Callable[[str], Any] = model._meta.get_field
        rows = model._base_manager.all()
        for name, fixed in compared:
            field = model._meta.pk if name == "pk" else column(name.partition("__")[0])
            given = fixed if name.endswith("__isnull") else None if fixed else Given(f"where {name}", field)
            rows = rows.filter(**{name: given})
        if forbids is not None:
            rows = rows.filter(~forbids())
        changes: dict[str, Any] = {name: Given(f"set {name}", column(name)) for name in names}
        changes |= {name: F(name) + more for name, more in added}
        return rows, {**changes, **({number: NextNumber(F(number))} if number else {})}

    told = {**{f"where {name}": value for name, value in where.items()}, **(unless.values if unless else {})}
    told |= {f"set {name}": value for name, value in (values or {}).items()}
    known = _updates.get(shape)
    return (known or _updates.setdefault(shape, PreparedUpdate(made)))(told)
