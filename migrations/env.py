"""Alembic's entry: migrates the application's database over its own engine."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection

from models.base import Moment, db


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """Migrations stand alone: our column type is written as what it is in the database."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.BigInteger()"
    return False


def let_tables_be_remade(connection: Connection) -> None:
    """SQLite changes a table by making it anew; other tables' rows refer to it all the while, and
    those that go with a row would go with the table. Without effect within a transaction."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA foreign_keys=OFF")


def stop_if_broken(connection: Connection) -> None:
    """What nobody watched over meanwhile is looked through before it is kept."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if lost:
            raise RuntimeError(f"{len(lost)} rows refer to rows that are gone: nothing was changed")


def watch_again(connection: Connection) -> None:
    """The connection goes back to others."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA foreign_keys=ON")


def migrate() -> None:
    with current_app.app_context(), db.engine.connect() as connection:
        let_tables_be_remade(connection)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
                stop_if_broken(connection)
            connection.commit()
        finally:
            connection.rollback()
            watch_again(connection)


migrate()
