"""Databases for tests of the server: SQLite in a folder, PostgreSQL in a schema of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from tests.factories import Server, create_tables, empty_tables, server_on
from tests.simulated import Simulator, behomes_simulator

SCHEMA = "drain_tests"


@pytest.fixture(scope="session")
def crm_process() -> Iterator[Simulator]:
    """One simulated CRM for all tests; each makes itself an empty account."""
    with behomes_simulator() as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A database file with tables, to copy."""
    folder = tmp_path_factory.mktemp("template")
    create_tables(f"sqlite:///{folder}/app.db", folder)
    return folder / "app.db"


@pytest.fixture(scope="session")
def postgres_schema(postgres_url, tmp_path_factory) -> str:
    """The address of a schema with tables, beside the tables of other tests."""
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    engine.dispose()
    mark = "&" if "?" in postgres_url else "?"
    url = f"{postgres_url}{mark}options=-csearch_path%3D{SCHEMA}"
    create_tables(url, tmp_path_factory.mktemp("postgres"))
    return url


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path) -> str:
    shutil.copy(sqlite_template, tmp_path / "app.db")
    return f"sqlite:///{tmp_path}/app.db"


@pytest.fixture
def emptied_postgres_url(postgres_schema) -> str:
    engine = create_engine(postgres_schema)
    empty_tables(engine)
    engine.dispose()
    return postgres_schema


@pytest.fixture
def server(sqlite_url, tmp_path, crm_process) -> Iterator[Server]:
    """A server on SQLite."""
    with server_on(sqlite_url, tmp_path, crm_process) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_server(request, tmp_path, crm_process) -> Iterator[Server]:
    """A server on each database, one after the other."""
    urls = {"sqlite": "sqlite_url", "postgres": "emptied_postgres_url"}
    url = request.getfixturevalue(urls[request.param])
    with server_on(url, tmp_path, crm_process) as made:
        yield made
