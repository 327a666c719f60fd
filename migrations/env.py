"""Alembic's entry: migrates the application's database over its own engine."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from models.base import Moment, db


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """Migrations stand alone: our column type is written as what it is in the database."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.BigInteger()"
    return False


def migrate() -> None:
    with current_app.app_context(), db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


migrate()
