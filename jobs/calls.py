"""RQ entry points for work on calls."""

from __future__ import annotations

from time import monotonic

from flask import current_app

from jobs.queue import DRAIN_SECONDS
from models import db
from services import callbacks
from services.drain import Drain
from services.knobs import Knobs
from services.offices import Offices


def drain() -> None:
    """Work on due calls until there are none, 15 seconds at most; then on the call-backs that
    follow from them."""
    ports = current_app.extensions["ports"]
    stopping = current_app.extensions.get("stopping")
    until = monotonic() + DRAIN_SECONDS
    Drain(db.engine, Offices(ports), Knobs.of(ports), stopping=stopping).run(until)
    callbacks.keep_up(db.engine)
