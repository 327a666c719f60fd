"""The database handle and the column types that every table shares.

Moments are stored as whole milliseconds since 1970 in UTC: one type that orders, adds and compares
alike on SQLite and on PostgreSQL. In Python they are aware datetimes. The clock is the
database's: `now_ms()` is an SQL expression, so that several hosts agree.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, Dialect, Integer, MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from models.writer_turn import FairConnection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

# Names make constraints addressable in migrations, on SQLite too.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={dict[str, Any]: JSON, list[Any]: JSON, list[str]: JSON},
    )


db = SQLAlchemy(model_class=Base)

# Set around work that writes nothing (a page that is shown), so that SQLite readers do not queue.
only_reading: ContextVar[bool] = ContextVar("only_reading", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions that begin while this lasts only read."""
    token = only_reading.set(True)
    try:
        yield
    finally:
        only_reading.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """Transactions that begin while this lasts write, within work that otherwise only reads."""
    token = only_reading.set(False)
    try:
        yield
    finally:
        only_reading.reset(token)


# SQLite only counts rows by itself in a column of the exact type INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as milliseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | int | None, dialect: Dialect) -> int | None:
        return to_ms(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


class now_ms(FunctionElement[int]):
    """The database's clock in milliseconds since 1970; moves on within a transaction."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _now_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(now_ms, "postgresql")
def _now_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


def to_ms(value: datetime) -> int:
    return (value - EPOCH) // MILLISECOND


def from_ms(value: int) -> datetime:
    return EPOCH + value * MILLISECOND


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, record: Any) -> None:
    """SQLite: write-ahead log, durable commits, waiting instead of failing, foreign keys on."""
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver's own transaction handling is switched off; `_begin_sqlite` begins explicitly.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        # What is deleted is overwritten, whatever this SQLite was built with.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    """Begin as a writer unless only reading: a read that turns into a write fails when busy."""
    if connection.dialect.name != "sqlite":
        return
    if only_reading.get():
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.dbapi_connection
    if isinstance(driver, FairConnection):
        driver.take_turn()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
