"""Writing and reading many rows at once: what SQLAlchemy does for each row is done for each column."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    LargeBinary,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

_AT_ONCE = 500  # values that a query asks for


def collect_rarely() -> None:
    """Have Python look for garbage in larger portions, in a process that takes in or reports many rows.

    They make millions of objects of which none is garbage: to look through them again and again would take
    a third of the time of an import, and a fifth of that of reports.
    """
    gc.set_threshold(200_000, 10, 10)


def found(c: Connection, query: Select[Any], column: Any, values: Iterable[Any]) -> Iterator[Row[Any]]:
    """The rows of a query in which a column has one of these values, in no order."""
    known = list(dict.fromkeys(value for value in values if value is not None))
    # One parameter for all values: as many would be looked at one by one for each query.
    if c.dialect.name == "sqlite" and not isinstance(column.type, LargeBinary):  # which JSON does not know
        these = func.json_each(bindparam("these", type_=JSON)).table_valued("value")
        asked = query.where(column.in_(select(these.c.value)))
    else:
        asked = query.where(column.in_(bindparam("these", expanding=True)))
    for i in range(0, len(known), _AT_ONCE):
        yield from c.execute(asked, {"these": known[i : i + _AT_ONCE]})


def insert_all(c: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """As ``c.execute(insert(table), rows)`` of rows with the same columns, in a fraction of the time."""
    _execute(c, table, insert(table).inline(), rows)


def put_all(c: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or put them in the place of those with their keys."""
    query = (sqlite if c.dialect.name == "sqlite" else postgresql).insert(table)
    others = {column.name: query.excluded[column.name] for column in table.c if not column.primary_key}
    put = query.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)
    _execute(c, table, put, rows)


def change_all(c: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give the rows with these keys other values in the columns that are named besides."""
    if not rows:
        return
    keys = list(table.primary_key)
    # A parameter of a column's own name would be a value to set.
    at = {column.name: f"key_{column.name}" for column in keys}
    query = update(table).where(and_(*(column == bindparam(at[column.name]) for column in keys)))
    others = [name for name in rows[0] if name not in at]
    of = {at.get(name, name): name for name in rows[0]}
    _execute(c, table, query.values({name: bindparam(name) for name in others}), rows, of)


def _execute(
    c: Connection,
    table: Table,
    query: Any,
    rows: Sequence[Mapping[str, Any]],
    of: Mapping[str, str] | None = None,
) -> None:
    """Execute a statement once for each row; ``of`` has the column of each parameter."""
    if not rows:
        return
    of = of or {name: name for name in rows[0]}
    names = list(of)
    statement = query.compile(dialect=c.dialect, column_keys=names)
    columns = []
    for name in of.values():
        kind = table.c[name].type.dialect_impl(c.dialect)
        # The drivers take bytes as they are.
        write = None if isinstance(kind, LargeBinary) else kind.bind_processor(c.dialect)
        values = [row[name] for row in rows]
        columns.append(values if write is None else _written(write, values))
    if statement.positional:
        order = [names.index(name) for name in statement.positiontup or ()]
        given: Any = list(zip(*(columns[i] for i in order), strict=True))
    else:
        given = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    c.exec_driver_sql(str(statement), given)


def _written(write: Any, values: list[Any]) -> list[Any]:
    """The same object, such as the moment of a change, is written once."""
    if all(value is values[0] for value in values):
        return [write(values[0])] * len(values)
    return [write(value) for value in values]
