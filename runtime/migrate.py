"""Brings the database to this version's schema; two processes that start at once do it once."""

from __future__ import annotations

import contextlib
import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from runtime import application
from runtime.config import ROOT, Config, ConfigError
from runtime.part import TRY_AGAIN_CODE

FOLDER = ROOT / "migrations"
ADVISORY_LOCK = 4_178_220_617  # any number that nobody else takes in this database

logger = logging.getLogger(__name__)


class NewerDatabase(ConfigError):
    """The schema was made by a newer version; this one must not touch it."""


def upgrade(config: Config) -> None:
    """Apply the migrations that are missing. Safe to call any number of times. Raises NewerDatabase
    for a schema that this version does not know."""
    from flask_migrate import upgrade as apply

    from runtime import demo

    app = application.create(config)
    with app.app_context():
        with _lock(config, app.extensions["sqlalchemy"].engine):
            refuse_newer(app.extensions["sqlalchemy"].engine)
            apply(directory=str(FOLDER))
        if not config.demo:
            demo.retire()
        app.extensions["sqlalchemy"].engine.dispose()


def upgrade_or_try_again(config: Config) -> None:
    """`upgrade` for the supervisor: a database that cannot be reached yet is worth waiting for."""
    try:
        upgrade(config)
    except NewerDatabase as error:
        logger.error("%s", error)
        raise SystemExit(1) from error
    except OperationalError as error:
        logger.warning("the database cannot be used: %s", error.orig)
        raise SystemExit(TRY_AGAIN_CODE) from error


def refuse_newer(engine: Engine) -> None:
    """Raises NewerDatabase if the schema is not one of this version's migrations."""
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    known = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
    if revision is not None and revision not in known:
        raise NewerDatabase(
            [
                f"the database has the schema {revision} of a newer version; this one knows"
                f" {known[0]} at most: start the newer version, or take a backup of before back"
            ]
        )


def look(config: Config) -> None:
    """`refuse_newer` for a part that starts alone; a database that is away is not its business."""
    engine = create_engine(config.database_url, poolclass=NullPool)
    with contextlib.suppress(OperationalError):
        refuse_newer(engine)


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
