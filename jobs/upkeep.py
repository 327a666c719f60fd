"""What is done from time to time: each task finds in SQL what is due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from jobs.queue import enqueue_drain, open_queue
from models import db
from services import accounts, delete_integration, due, lists
from services.drain import Drain
from services.knobs import Knobs
from services.offices import Offices
from services.reports import read_due_reports

logger = logging.getLogger(__name__)

ALONE_SECONDS = 4.0


def sweep() -> None:
    """Find what is due and ring for it; while Redis is away, work on it here."""
    with db.engine.begin() as connection:
        due.close_forgotten(connection)
        if not due.is_any_due(connection):
            return
    config = current_app.extensions["config"]
    url = current_app.extensions["redis_url"]
    try:
        if url is None:
            raise RedisError("no broker")
        connection_to_redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        enqueue_drain(open_queue(connection_to_redis), config.call_workers)
        connection_to_redis.close()
    except (RedisError, OSError):
        _drain_here()


def _drain_here() -> None:
    ports = current_app.extensions["ports"]
    stopping = current_app.extensions.get("stopping")
    drain = Drain(db.engine, Offices(ports), Knobs.of(ports), stopping=stopping)
    drain.run(monotonic() + ALONE_SECONDS)


def probe_accounts() -> None:
    """Ask blocked CRM accounts whether they answer again."""
    accounts.probe_due(db.engine, current_app.extensions["ports"])


def read_reports() -> None:
    """Read the calls report for calls that need it."""
    read_due_reports(db.engine, current_app.extensions["ports"])


def refresh_lists() -> None:
    """Employees, numbers, CRM users, pipelines and fields: hourly, a failed one each minute."""
    lists.refresh_due(db.engine, current_app.extensions["ports"])


def wake_forgotten() -> None:
    """Make calls due that wait for the end of a pause, or for settings, that is there already."""
    with db.engine.begin() as connection:
        due.wake_forgotten(connection)


def purge_deleted() -> None:
    """Take out the data of integrations that were deleted a day ago."""
    delete_integration.purge_due(db.engine)


TASKS: tuple[tuple[str, float, Callable[[], object]], ...] = (
    ("sweep", 1.0, sweep),
    ("probe accounts", 2.0, probe_accounts),
    ("read reports", 2.0, read_reports),
    ("refresh lists", 10.0, refresh_lists),
    ("wake forgotten calls", 5.0, wake_forgotten),
    ("purge deleted", 10.0, purge_deleted),
)
