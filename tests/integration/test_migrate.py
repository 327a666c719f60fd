from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa

from runtime import migrate
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
