"""What our acknowledgement is compared with: a bare Flask view under our gunicorn settings.

python -m bench.baseline empty|insert --port N [--database URL]
`empty` answers 204 and does nothing; `insert` commits one row of a notification's size through the
database's driver, one connection per thread, and answers 204.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, request

from bench.stack import ROOT, STOP_SECONDS, WEB_PROCESSES, free_port, status, wait_until
from runtime import web
from runtime.config import Config
from runtime.process import StopFlag

TABLE = "CREATE TABLE IF NOT EXISTS bench_row (id {id} PRIMARY KEY, body TEXT NOT NULL)"
PATH = "/hooks/bench"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.baseline", description=__doc__)
    parser.add_argument("view", choices=("empty", "insert"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"INSTANCE_DIR": folder, "DEMO": "0", "PORT": str(options.port)}
        config = replace(Config.load(), web_concurrency=WEB_PROCESSES)
        Server(config, _application(options.view, options.database)).run()


class Server(web.WebServer):
    """Our web server with another application in it."""

    def __init__(self, config: Config, app: Flask) -> None:
        self._other = app
        super().__init__(config)

    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("post_fork", lambda arbiter, worker: None)

    def load(self) -> Flask:
        return self._other


def _application(view: str, database: str) -> Flask:
    app = Flask(__name__)
    app.extensions["stopping"] = StopFlag()
    store = _insert_into(database) if view == "insert" else None

    @app.post(PATH)
    def receive() -> tuple[str, int]:
        body = request.get_data(as_text=True)
        if store:
            store(body)
        return "", 204

    @app.get("/healthz")
    def healthz() -> tuple[str, int]:
        return "", 204

    return app


def _insert_into(database: str) -> Callable[[str], None]:
    """Commits one row; the driver's own connection, kept per thread."""
    is_sqlite = database.startswith("sqlite:///")
    local = threading.local()
    with _connect(database) as connection:
        connection.execute(TABLE.format(id="INTEGER" if is_sqlite else "BIGSERIAL"))
    statement = f"INSERT INTO bench_row (body) VALUES ({'?' if is_sqlite else '%s'})"

    def insert(body: str) -> None:
        if not hasattr(local, "connection"):
            local.connection = _connect(database)
        local.connection.execute(statement, (body,))

    return insert


def _connect(database: str) -> Any:
    if not database.startswith("sqlite:///"):
        return psycopg.connect(database.replace("+psycopg", ""), autocommit=True)
    path = database.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def running(view: str, database: str = "") -> Iterator[tuple[int, int]]:
    """Run such a server; its port and process id."""
    port = free_port()
    words = [sys.executable, "-m", "bench.baseline", view, "--port", str(port)]
    process = subprocess.Popen([*words, "--database", database], cwd=ROOT)
    try:
        wait_until(lambda: status(f"http://127.0.0.1:{port}/healthz") == 204)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def sqlite_file(folder: Path) -> str:
    return f"sqlite:///{folder / 'baseline.db'}"


if __name__ == "__main__":
    main()
