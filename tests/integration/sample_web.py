"""A small application under our gunicorn: `python sample_web.py PORT`, see test_web.py."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask, Response, request

from runtime import application, web_worker
from runtime.config import Config
from runtime.web import WebServer


def make_app(config: Config) -> Flask:
    app = Flask("sample")
    app.extensions |= {"stopping": application.StopFlag(), "after_fork": []}
    app.extensions["sqlalchemy"] = type("NoDatabase", (), {"engines": {}})
    stopping = app.extensions["stopping"]

    @app.get("/length")
    def length() -> str:
        return str(len(request.query_string))

    @app.get("/scheme")
    def scheme() -> str:
        return request.scheme

    @app.post("/body")
    def body() -> str:
        return str(len(request.get_data()))

    @app.get("/answer/<int:size>")
    def answer(size: int) -> Response:
        return Response(b"x" * size)

    @app.get("/stream")
    def stream() -> Response:
        def lines() -> Iterator[str]:
            while not stopping.is_set():
                yield "data: x\n\n"
                time.sleep(0.05)
            yield "data: bye\n\n"

        return Response(lines(), mimetype="text/event-stream")

    return app


if __name__ == "__main__":
    application.create = make_app
    # Long enough to be seen, short enough for a test.
    web_worker.HEAD_SECONDS = web_worker.SLOW_SECONDS = 1.0
    web_worker.SEND_SECONDS = 1
    with TemporaryDirectory() as folder:
        variables = {"PORT": sys.argv[1], "INSTANCE_DIR": str(Path(folder)), "WEB_THREADS": "20"}
        WebServer(Config.from_environ(variables)).run()
