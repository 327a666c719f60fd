"""Brings the database to this version's schema; two processes that start at once do it once."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from runtime import application
from runtime.config import ROOT, Config
from runtime.part import TRY_AGAIN_CODE

FOLDER = ROOT / "migrations"
ADVISORY_LOCK = 4_178_220_617  # any number that nobody else takes in this database

logger = logging.getLogger(__name__)


def upgrade(config: Config) -> None:
    """Apply the migrations that are missing. Safe to call any number of times."""
    from flask_migrate import upgrade as apply

    from runtime import demo

    app = application.create(config)
    with app.app_context():
        with _lock(config, app.extensions["sqlalchemy"].engine):
            apply(directory=str(FOLDER))
        if not config.demo:
            demo.retire()
        app.extensions["sqlalchemy"].engine.dispose()


def upgrade_or_try_again(config: Config) -> None:
    """`upgrade` for the supervisor: a database that cannot be reached yet is worth waiting for."""
    try:
        upgrade(config)
    except OperationalError as error:
        logger.warning("the database cannot be used: %s", error.orig)
        raise SystemExit(TRY_AGAIN_CODE) from error


@contextmanager
def _lock(config: Config, engine: Engine) -> Iterator[None]:
    if config.is_sqlite:
        with (config.instance_dir / "migrate.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        yield
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
