"""RQ entry points for the employee sync."""

from __future__ import annotations

from time import monotonic

from flask import current_app

from jobs.queue import ring_for_sync
from models import db
from services.sync_employees import Limits, Outcome, work

# A job may last 60 s: lists that are not read by then are given up, and records that are left go on
# in the next job. One request and one look whether it was carried out may still come after this.
READ_SECONDS = 25.0
WORK_SECONDS = 25.0


def sync(run_id: int) -> None:
    """Work on a run of the employee sync; what is left goes on in another job."""
    limits = Limits(
        until=monotonic() + WORK_SECONDS,
        read_by=monotonic() + READ_SECONDS,
        stopping=current_app.extensions.get("stopping"),
    )
    if work(db.engine, current_app.extensions["ports"], run_id, limits) is Outcome.MORE:
        ring_for_sync(current_app.extensions["redis_url"], run_id)
