"""Copies of recordings: what is to be kept is fetched beside the other tasks, for audio is slow."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from flask import current_app
from sqlalchemy.engine import Engine

from models import db
from services.fetch_recordings import fetch_recordings
from services.keep_recordings import expire_copies, plan_copies, remove_orphans, remove_strays
from services.ports import Ports

FETCH_SECONDS = 60.0

logger = logging.getLogger(__name__)
_walked: dict[int, datetime] = {}
_fetching: list[threading.Thread] = []


def keep_recordings() -> None:
    """Put down what is to be kept, and let one thread fetch it: the other tasks do not wait."""
    plan_copies(db.engine, _walked)
    if any(thread.is_alive() for thread in _fetching):
        return
    ports, stopping = current_app.extensions["ports"], current_app.extensions.get("stopping")
    until = monotonic() + FETCH_SECONDS

    def go_on() -> bool:
        return monotonic() < until and not (stopping is not None and stopping.is_set())

    thread = threading.Thread(target=_fetch, args=(db.engine, ports, go_on), daemon=True)
    _fetching[:] = [thread]
    thread.start()


def let_recordings_go() -> None:
    """Delete copies whose time is over, and those of integrations that are gone."""
    ports = current_app.extensions["ports"]
    expire_copies(db.engine, ports)
    remove_orphans(db.engine, ports)


def remove_stray_recordings() -> None:
    """Delete files that no copy needs any more: a host alone with its folder, or one erased."""
    remove_strays(db.engine, current_app.extensions["ports"])


def _fetch(engine: Engine, ports: Ports, go_on: Callable[[], bool]) -> None:
    try:
        fetch_recordings(engine, ports, go_on=go_on)
    except Exception:
        # The edge of this thread: what broke is claimed until its time and then tried again.
        logger.exception("fetching recordings failed")
    finally:
        ports.http.close()
