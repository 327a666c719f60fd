"""The web server: gunicorn in this process, its workers forked from a ready application."""

from __future__ import annotations

from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from runtime import application, process
from runtime.config import Config
from runtime.web_worker import PatientWorker

GRACE_SECONDS = 3
MEMORY_FOLDER = Path("/dev/shm")


def serve(config: Config) -> None:
    """Serve until SIGTERM; ends with SystemExit."""
    WebServer(config).run()


class WebServer(BaseApplication):
    """Gunicorn with our settings. It reads no file and no command line."""

    def __init__(self, config: Config) -> None:
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        for name, value in settings(self._config).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = application.create(self._config)
        application.share_memory()
        return app


def settings(config: Config) -> dict[str, Any]:
    """Gunicorn's settings; `forwarded_allow_ips` stays its own (FORWARDED_ALLOW_IPS)."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return {
        "bind": f"{host}:{config.port}",
        "workers": config.web_concurrency,
        "worker_class": WebWorker,
        "threads": config.web_threads,
        "worker_connections": config.web_threads + 1000,
        "preload_app": True,
        "backlog": 1024,
        "keepalive": 75,
        "timeout": 60,
        "graceful_timeout": GRACE_SECONDS,
        "limit_request_line": 8190,
        "limit_request_fields": 60,
        "accesslog": None,
        "logger_class": QuietLogger,
        "control_socket_disable": True,
        "sendfile": False,  # it would wait without end for who does not take his file
        "worker_tmp_dir": str(MEMORY_FOLDER) if MEMORY_FOLDER.is_dir() else None,
        "proc_name": "web",
        "post_fork": after_fork,
    }


class WebWorker(PatientWorker):
    """Tells the application when it has to stop, so that open event streams end by themselves."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.app.wsgi().extensions["stopping"].set()
        super().handle_exit(sig, frame)


class QuietLogger(Logger):
    """Leaves the form of the log lines to runtime/logs.py; tells of problems only."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
        self.error_log.setLevel("WARNING")


def after_fork(arbiter: Arbiter, worker: Worker) -> None:
    process.die_with_parent(arbiter.pid)
    process.set_name("web worker")
    application.cut_connections(worker.app.wsgi())
