"""Write many rows with one statement whose text never changes: the rows travel as one JSON text.

A statement per row costs a round trip or a pipeline's bookkeeping each; a statement with as many
placeholders as there are values is compiled anew for every new size. Here the database unpacks the
rows itself (`json_to_recordset` on PostgreSQL, `json_each` on SQLite).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Connection, Float, Integer, Row, Table, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.sql.elements import TextClause

from models.base import Moment, to_ms

Values = Mapping[str, Any]


def inserting(connection: Connection, table: Table) -> Any:
    """An INSERT of the connection's dialect: with `on_conflict_do_update` and `_do_nothing`, which
    both databases spell alike."""
    is_sqlite = connection.dialect.name == "sqlite"
    return insert_sqlite(table) if is_sqlite else insert_postgresql(table)


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Values], *, or_else: str = ""
) -> None:
    """Insert rows that all have the same members; `or_else` is an ON CONFLICT clause."""
    if rows:
        names = tuple(rows[0])
        statement = _insert(connection.dialect.name, table, names, or_else)
        connection.execute(statement, {"rows": _as_json(rows)})


def insert_returning(
    connection: Connection,
    table: Table,
    rows: Sequence[Values],
    *,
    or_else: str,
    returning: str,
) -> list[Row[Any]]:
    """Insert rows and read back what was inserted or changed."""
    if not rows:
        return []
    names = tuple(rows[0])
    statement = _insert(connection.dialect.name, table, names, f"{or_else} RETURNING {returning}")
    return list(connection.execute(statement, {"rows": _as_json(rows)}))


def update_rows(
    connection: Connection, table: Table, rows: Iterable[Values], *, key: str, also: str = ""
) -> None:
    """Set the members of each row in the table's row with the same `key`. `also` is more to set,
    in terms of the table's columns and of the row, which is called `r`."""
    groups: dict[tuple[str, ...], list[Values]] = defaultdict(list)
    for row in rows:
        groups[tuple(sorted(row))].append(row)
    for names, group in groups.items():
        statement = _update(connection.dialect.name, table, names, key, also)
        connection.execute(statement, {"rows": _as_json(group)})


def any_of(connection: Connection, column: str, parameter: str) -> str:
    """A condition: the column is one of the values of a parameter made by `many`."""
    if connection.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"
    return f"{column} = ANY(:{parameter})"


def many(connection: Connection, values: Collection[Any]) -> Any:
    """Values for `any_of`, in one order."""
    ordered = sorted(values)
    return json.dumps(ordered) if connection.dialect.name == "sqlite" else ordered


@lru_cache(maxsize=256)
def _insert(dialect: str, table: Table, names: tuple[str, ...], or_else: str) -> TextClause:
    columns = ", ".join(f'"{name}"' for name in names)
    # SQLite reads "ON" after a SELECT without WHERE as part of a join.
    return text(
        f"INSERT INTO {table.name} ({columns}) "
        f"SELECT {_selected(dialect, table, names)} FROM {_source(dialect, table, names)} "
        f"WHERE true {or_else}"
    )


@lru_cache(maxsize=256)
def _update(dialect: str, table: Table, names: tuple[str, ...], key: str, also: str) -> TextClause:
    inner = f"SELECT {_selected(dialect, table, names)} FROM {_source(dialect, table, names)}"
    columns = ", ".join(f'"{name}"' for name in names)
    settings = [f'"{name}" = r."{name}"' for name in names if name != key and name in table.c]
    settings += [also] if also else []
    return text(
        f"WITH given ({columns}) AS ({inner}) UPDATE {table.name} SET {', '.join(settings)} "
        f'FROM given AS r WHERE {table.name}."{key}" = r."{key}"'
    )


def _source(dialect: str, table: Table, names: tuple[str, ...]) -> str:
    if dialect == "sqlite":
        return "json_each(:rows)"
    typed = ", ".join(f'"{name}" {_type(table, name)}' for name in names)
    return f"json_to_recordset(CAST(:rows AS json)) AS given_rows({typed})"


def _selected(dialect: str, table: Table, names: tuple[str, ...]) -> str:
    if dialect == "sqlite":
        return ", ".join(f"json_extract(value, '$.{name}')" for name in names)
    return ", ".join(f'"{name}"' for name in names)


def _type(table: Table, name: str) -> str:
    """The PostgreSQL type of a column; members that are no column are numbers."""
    kind = table.c[name].type if name in table.c else BigInteger()
    if isinstance(kind, (Moment, BigInteger, Integer)):
        return "bigint"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, Float):
        return "double precision"
    return "json" if isinstance(kind, JSON) else "text"


def _as_json(rows: Sequence[Values]) -> str:
    return json.dumps(rows, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")
