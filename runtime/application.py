"""Makes the Flask application for one process, and cuts its connections after a fork.

What the application may rely on: `app.extensions["stopping"].is_set()` becomes true when this
process is asked to stop; the functions in `app.extensions["after_fork"]` (a list) are called,
inside an application context, in each process that was forked from a ready application.
"""

from __future__ import annotations

import gc

from flask import Flask

from runtime.config import Config
from runtime.process import StopFlag


def create(config: Config) -> Flask:
    from app import create_app

    app = create_app(config)
    app.extensions.setdefault("stopping", StopFlag())
    app.extensions.setdefault("after_fork", [])
    return app


def share_memory() -> None:
    """Before forking: what exists now is never garbage, so collecting must not touch its pages."""
    gc.collect()
    gc.freeze()


def cut_connections(app: Flask) -> None:
    """In a forked child: drop pooled connections without closing the parent's."""
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)
        for hook in app.extensions["after_fork"]:
            hook()
