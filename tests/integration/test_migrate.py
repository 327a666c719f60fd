from __future__ import annotations

import subprocess
import sys

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models import db
from runtime import application, migrate
from runtime.config import ROOT, Config
from runtime.part import TRY_AGAIN_CODE


def load(tmp_path, **variables):
    return Config.from_environ({"INSTANCE_DIR": str(tmp_path / "instance"), **variables})


def tables(url):
    engine = sa.create_engine(url)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_empty_database_gets_the_schema_and_keeps_it(tmp_path):
    config = load(tmp_path)

    migrate.upgrade(config)
    first = tables(config.database_url)
    migrate.upgrade(config)

    assert "alembic_version" in first
    assert len(first) > 5
    assert tables(config.database_url) == first


def test_two_starts_at_once_migrate_once(tmp_path):
    command = [sys.executable, "-m", "runtime", "migrate"]
    environment = {"INSTANCE_DIR": str(tmp_path / "instance"), "PATH": "/bin:/usr/bin"}

    starts = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ends = [(start.communicate(timeout=60)[1], start.returncode) for start in starts]

    assert [code for _, code in ends] == [0, 0, 0], ends


FILLED = {
    "crm_account": {"id": 1},
    "integration": {"id": 1, "crm_account_row_id": 1, "draft": {"schema": 1}, "draft_revision": 4},
    "webhook_token": {"integration_id": 1, "token_hash": "hash"},
    "login": {"id": 1, "email": "admin@example.com"},
    "login_integration": {"login_id": 1, "integration_id": 1},
    "login_session": {"login_id": 1},
    "crm_user": {"integration_id": 1, "user_id": "u_1"},
    "settings_version": {"integration_id": 1, "number": 1},
    "call_session": {"integration_id": 1},
    "notification": {"integration_id": 1},
}


def plain(column):
    """A value for a column that has to have one."""
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.JSON):
        return []
    return 0 if isinstance(kind, sa.Integer | sa.Float) else "x"


def fill(connection, known):
    for name, given in FILLED.items():
        needed = [c for c in known.tables[name].c if not c.nullable and c.name != "id"]
        row = {column.name: plain(column) for column in needed} | given
        connection.execute(known.tables[name].insert().values(row))


def rows_of(connection, known):
    return {
        name: [dict(row._mapping) for row in connection.execute(sa.select(known.tables[name]))]
        for name in FILLED
    }


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_config(request, tmp_path):
    if request.param == "sqlite":
        return load(tmp_path)
    url = request.getfixturevalue("postgres_url")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA IF EXISTS migrate_tests CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA migrate_tests"))
    engine.dispose()
    mark = "&" if "?" in url else "?"
    return load(tmp_path, DATABASE_URL=f"{url}{mark}options=-csearch_path%3Dmigrate_tests")


def test_update_of_a_filled_database_and_the_way_back_keep_every_row(any_config):
    folder = str(migrate.FOLDER)
    with application.create(any_config).app_context():
        flask_migrate.upgrade(folder, "0001")
        known = sa.MetaData()
        with db.engine.begin() as connection:
            known.reflect(connection)
            fill(connection, known)
            before = rows_of(connection, known)

        flask_migrate.upgrade(folder)
        with db.engine.connect() as connection:
            assert rows_of(connection, known) == before
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []
        flask_migrate.downgrade(folder, revision="0001")

        with db.engine.connect() as connection:
            assert rows_of(connection, known) == before
            assert set(sa.inspect(connection).get_table_names()) == set(known.tables)
        db.engine.dispose()


@pytest.mark.postgres
def test_postgresql_gets_the_same_tables(tmp_path, postgres_url):
    sqlite, postgres = load(tmp_path), load(tmp_path, DATABASE_URL=postgres_url)

    migrate.upgrade(sqlite)
    migrate.upgrade(postgres)

    assert tables(postgres.database_url) == tables(sqlite.database_url)


def test_database_that_is_away_is_worth_another_try(tmp_path):
    config = load(tmp_path, DATABASE_URL="postgresql://u@127.0.0.1:1/d")

    with pytest.raises(SystemExit) as raised:
        migrate.upgrade_or_try_again(config)

    assert raised.value.code == TRY_AGAIN_CODE
