"""Compare every integration with its calls report: every five minutes, and the days before nightly.

When it is due stands in SQL. Who takes an integration moves that on first, and again after each
page, so that several processes never compare the same one at once; if they did, it would only cost
points.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import Engine

from clients.errors import ClientError, LimitExceeded
from models import Integration
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.reconcile import Window, is_night_due, nightly_window, periodic_window
from services.points import seconds_to_wait
from services.ports import Ports
from services.reconcile import Comparison, NoPbx
from services.report_pages import OutOfPoints

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
# A PBX that does not answer holds one of them up, not the comparison of all the others.
LANES = 4
INTEGRATIONS = Integration.__table__
DUE = (
    LIVE,
    INTEGRATIONS.c.access_token_sealed.is_not(None),
    or_(
        INTEGRATIONS.c.reconcile_next_at.is_(None),
        INTEGRATIONS.c.reconcile_next_at <= now_ms(),
    ),
)


@dataclass(frozen=True)
class Due:
    """An integration whose comparison is ours now."""

    id: int
    made_at: datetime
    watermark: datetime | None
    nightly_at: datetime | None
    zone: ZoneInfo
    now: datetime


def reconcile_due(
    engine: Engine, ports: Ports, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Compare what is due; returns how many integrations were compared, well or not."""
    with reading(), engine.connect() as connection:
        ids = connection.execute(select(INTEGRATIONS.c.id).where(*DUE).limit(LANES)).all()
    done: list[int] = []

    def lane() -> None:
        while not is_stopping() and (due := _claim(engine)) is not None:
            done.append(due.id)
            _compare(engine, ports, due)

    lanes = [Thread(target=lane, daemon=True) for _ in ids[1:]]
    for thread in lanes:
        thread.start()
    if ids:
        lane()
    for thread in lanes:
        thread.join()
    return len(done)


def _claim(engine: Engine) -> Due | None:
    first = (
        select(INTEGRATIONS.c.id)
        .where(*DUE)
        .order_by(func.coalesce(INTEGRATIONS.c.reconcile_next_at, 0), INTEGRATIONS.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = (
        update(INTEGRATIONS)
        .where(INTEGRATIONS.c.id == first, *DUE)
        .values(reconcile_next_at=_later(EVERY))
        .returning(INTEGRATIONS, now_ms().label("now_at"))
    )
    with engine.begin() as connection:
        row = connection.execute(claimed).one_or_none()
    if row is None:
        return None
    zone = ZoneInfo(row.timezone)
    now = from_ms(row.now_at)
    return Due(row.id, row.created_at, row.reconciled_till, row.nightly_reconciled_at, zone, now)


def _compare(engine: Engine, ports: Ports, due: Due) -> None:
    try:
        window = periodic_window(due.watermark, due.made_at, due.now)
        _run(engine, ports, due, window, "periodic")
        if is_night_due(due.nightly_at, due.made_at, due.now, due.zone):
            _run(engine, ports, due, nightly_window(due.made_at, due.now), "nightly")
            _set(engine, due, nightly_reconciled_at=_later(timedelta()))
    except OutOfPoints as error:
        _stop(engine, due, error.code, timedelta(seconds=error.seconds))
    except LimitExceeded as error:
        _stop(engine, due, error.code, timedelta(seconds=error.retry_after or 0.0))
    except ClientError as error:
        _stop(engine, due, error.code, EVERY, is_told=True)
    except NoPbx:
        return
    except Exception as error:
        # One whose key is lost must not keep the others waiting. Without the message: a database's
        # can hold a whole row, with phones.
        logger.error("comparison of integration %s failed: %s", due.id, type(error).__name__)


def _run(engine: Engine, ports: Ports, due: Due, window: Window, kind: str) -> None:
    """Compare a window. The watermark moves after each page's commit, and never back."""
    comparison = Comparison(engine, due.id, window, kind)
    watermark = func.coalesce(INTEGRATIONS.c.reconciled_till, 0)
    for _ in comparison.pages(ports):
        till = comparison.till
        with engine.begin() as connection:
            mine = update(INTEGRATIONS).where(INTEGRATIONS.c.id == due.id)
            connection.execute(mine.values(reconcile_next_at=_later(EVERY)))
            if kind == "periodic":
                connection.execute(mine.where(watermark < till).values(reconciled_till=till))
    counts = comparison.counts
    if counts.taken_in or counts.completed:
        logger.info(
            "calls report of integration %s: %s taken in, %s completed",
            due.id,
            counts.taken_in,
            counts.completed,
        )
    wait = seconds_to_wait(comparison.pbx.limits) if comparison.pbx else 0.0
    if wait > EVERY.total_seconds():
        raise OutOfPoints(wait)
    _set(engine, due, reconcile_error=None)


def _stop(engine: Engine, due: Due, code: str, wait: timedelta, *, is_told: bool = False) -> None:
    """Go on later. A short wait for points is nothing to tell anybody."""
    logger.warning("calls report of integration %s: %s", due.id, code)
    is_told = is_told or wait > EVERY
    wait = min(max(wait, EVERY), LONGEST_WAIT)
    error = code[:60] if is_told else None
    _set(engine, due, reconcile_next_at=_later(wait), reconcile_error=error)


def _set(engine: Engine, due: Due, **columns: Any) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(INTEGRATIONS).where(INTEGRATIONS.c.id == due.id).values(**columns)
        )


def _later(wait: timedelta) -> Any:
    return now_ms() + int(wait.total_seconds() * 1000)
