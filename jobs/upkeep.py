"""What is done from time to time: each task finds in SQL what is due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from jobs.accounting import audit_crm, repair_days, start_audits, store_days
from jobs.aside import Aside
from jobs.queue import enqueue_drain, open_queue, ring_for_sync
from jobs.recordings import keep_recordings, let_recordings_go, remove_stray_recordings
from models import db
from models.base import reading
from services import (
    accounts,
    callbacks,
    card_rows,
    console_events,
    crm_events,
    delete_integration,
    due,
    erasures,
    invitations,
    kept_forms,
    lists,
    presence,
    replay_runs,
    retention,
    sessions,
    sync_runs,
)
from services import refresh_clients as refresh
from services.address_book import AddressBooks
from services.drain import Drain
from services.employee_statuses import StatusReader
from services.knobs import Knobs
from services.offices import Offices
from services.reconcile_due import reconcile_due
from services.reports import read_due_reports
from services.sync_employees import Limits, work

logger = logging.getLogger(__name__)

ALONE_SECONDS = 4.0
SYNC_READ_SECONDS = 25.0


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


def handle_crm_events() -> None:
    """Do what the CRM's events mean: users, the index of clients, keys of the ledger."""
    crm_events.handle_due(db.engine)


def refresh_clients() -> None:
    """A page of each CRM's list of clients, for the index of numbers."""
    refresh.refresh_due(db.engine, current_app.extensions["ports"])


def write_address_books() -> None:
    """Personal managers in the address books of the PBX, where a setting wants it."""
    extensions = current_app.extensions
    books = extensions.setdefault("address_books", AddressBooks(db.engine, extensions["ports"]))
    books.write_due()


def read_statuses() -> None:
    """Who is away by his status in the PBX, where a setting wants to know it."""
    extensions = current_app.extensions
    reader = extensions.setdefault("status_reader", StatusReader(db.engine, extensions["ports"]))
    reader.read_due()


def compare_with_reports() -> None:
    """Compare calls with the calls reports of the PBX; take in what no notification told."""
    extensions = current_app.extensions
    stopping = extensions.get("stopping")
    is_stopping = stopping.is_set if stopping else lambda: False
    reconcile_due(db.engine, extensions["ports"], is_stopping)


def start_nightly_syncs() -> None:
    """Start the employee sync of every integration that wants it each night."""
    sync_runs.start_nightly(db.engine)


def take_up_syncs() -> None:
    """Ring for an employee sync that nobody works on; while Redis is away, work on it here."""
    with reading(), db.engine.connect() as connection:
        run_id = sync_runs.find_due(connection)
    if run_id is None or ring_for_sync(current_app.extensions["redis_url"], run_id):
        return
    limits = Limits(until=monotonic() + ALONE_SECONDS, read_by=monotonic() + SYNC_READ_SECONDS)
    work(db.engine, current_app.extensions["ports"], run_id, limits)


def wake_forgotten() -> None:
    """Make calls due that wait for the end of a pause, or for settings, that is there already."""
    with db.engine.begin() as connection:
        due.wake_forgotten(connection)


def move_replays_on() -> None:
    """Make the next calls of a replay due."""
    replay_runs.take_steps(db.engine)


def keep_call_backs() -> None:
    """Open and close call-backs after calls that have ended, if no worker has done it."""
    callbacks.keep_up(db.engine)


def purge_deleted() -> None:
    """Take out the data of integrations that were deleted a day ago."""
    delete_integration.purge_due(db.engine)


def forget_old_logins() -> None:
    """Take out what ended long ago: sessions, invitations, kept forms, wrong passwords."""
    for purge in (kept_forms.purge, invitations.purge, sessions.purge):
        purge()


def forget_old_cards() -> None:
    """Take out what pop-ups need no more: events after minutes, cards after a week."""
    for purge in (console_events.purge, card_rows.purge, presence.purge):
        with db.engine.begin() as connection:
            purge(connection)


def erase_numbers() -> None:
    """Go on with erasures that somebody asked for."""
    erasures.move_on(db.engine, current_app.extensions["ports"])


def forget_old_data() -> None:
    """Erase what is older than it is kept, a few hundred rows at a time."""
    retention.forget_old(db.engine, current_app.extensions["ports"])


TASKS: tuple[tuple[str, float, Callable[[], object]], ...] = (
    ("sweep", 1.0, sweep),
    ("probe accounts", 2.0, Aside("probe accounts", probe_accounts)),
    ("read reports", 2.0, Aside("read reports", read_reports)),
    ("refresh lists", 2.0, Aside("refresh lists", refresh_lists)),
    ("compare with reports", 5.0, Aside("compare with reports", compare_with_reports)),
    ("start nightly syncs", 30.0, start_nightly_syncs),
    ("handle CRM events", 1.0, handle_crm_events),
    ("refresh clients", 1.0, Aside("refresh clients", refresh_clients)),
    ("read statuses", 15.0, Aside("read statuses", read_statuses)),
    ("write address books", 60.0, Aside("write address books", write_address_books)),
    ("take up syncs", 2.0, take_up_syncs),
    ("wake forgotten calls", 5.0, wake_forgotten),
    ("move replays on", 1.0, move_replays_on),
    ("keep call-backs", 1.0, keep_call_backs),
    ("store days", 300.0, store_days),
    ("repair days", 1.0, Aside("repair days", repair_days)),
    ("start audits", 60.0, start_audits),
    ("audit the CRM", 1.0, Aside("audit the CRM", audit_crm)),
    ("purge deleted", 10.0, purge_deleted),
    ("keep recordings", 5.0, keep_recordings),
    ("let recordings go", 60.0, let_recordings_go),
    ("remove strays", 3600.0, Aside("remove strays", remove_stray_recordings)),
    ("forget old cards", 60.0, forget_old_cards),
    ("forget old logins", 600.0, forget_old_logins),
    ("erase numbers", 2.0, Aside("erase numbers", erase_numbers)),
    ("forget old data", 300.0, Aside("forget old data", forget_old_data)),
)
