"""Erase what is older than it is kept: a few hundred rows at a time, each in a short transaction.

Safe in several places at once, twice, and killed anywhere: each batch finds anew what is due. Calls
are wiped, not deleted (`services/wipe_calls.py`): their ids and ledger keys remain, so that neither
a comparison with the calls report nor a repeated notification makes them anew.
"""

from __future__ import annotations

import logging
from random import shuffle
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, or_, select
from sqlalchemy.engine import Engine

from models import Decision, TraceEntry
from models.base import reading
from models.integration import LIVE
from rules.reasons import Code
from rules.retention import Kind, days_of
from services.ports import Ports
from services.recording_copies import copy_path
from services.retention_plan import (
    BATCH,
    CALLS_AT_ONCE,
    CHANGES,
    INBOX,
    INDEX,
    OFFICES,
    STORES,
    due,
    numbers_of_nobody,
    old_calls,
    old_changes,
    told_of_wiped,
    unknown_numbers,
)
from services.wipe_calls import lock_free, wipe

logger = logging.getLogger(__name__)

PASS_SECONDS = 3.0
OF_WIPED = (Decision.__table__, TraceEntry.__table__)


def forget_old(engine: Engine, ports: Ports, *, seconds: float = PASS_SECONDS) -> int:
    """Erase what is due, of all integrations, for some seconds; returns how many rows."""
    until = monotonic() + seconds
    with reading(), engine.connect() as connection:
        offices = list(connection.execute(select(OFFICES.c.id, OFFICES.c.kept_days).where(LIVE)))
    shuffle(offices)  # so that a large one does not take the time of every pass
    erased = sum(_forget_of(engine, ports, office, until) for office in offices)
    erased += _delete(engine, CHANGES, old_changes(), until)
    erased += _delete(engine, INDEX, unknown_numbers(), until)
    return erased + _delete(engine, INDEX, numbers_of_nobody(), until)


def _forget_of(engine: Engine, ports: Ports, office: Any, until: float) -> int:
    days = days_of(office.kept_days)
    erased = _wipe_calls(engine, ports, office.id, days[Kind.CALLS], until)
    erased += _delete(engine, INBOX, told_of_wiped(office.id, days[Kind.CALLS]), until)
    for kind, stores in STORES.items():
        for store in stores:
            erased += _delete(engine, store.table, due(store, office.id, days[kind]), until)
    if erased:
        logger.info("integration %s: %s old rows were erased", office.id, erased)
    return erased


def _delete(engine: Engine, table: Table, query: Select[Any], until: float) -> int:
    """Delete what a query finds, batch by batch. What is old stays old: it is looked for without
    SQLite's turn to write."""
    erased = 0
    while monotonic() < until:
        with reading(), engine.connect() as connection:
            found = connection.execute(query).all()
        if found:
            with engine.begin() as connection:
                connection.execute(delete(table).where(_named(table, found)))
        erased += len(found)
        if len(found) < BATCH:
            break
    return erased


def _named(table: Table, rows: Any) -> ColumnElement[bool]:
    keys = list(table.primary_key.columns)
    if len(keys) == 1:
        return keys[0].in_([row[0] for row in rows])
    return or_(*(and_(*(key == row[place] for place, key in enumerate(keys))) for row in rows))


def _wipe_calls(engine: Engine, ports: Ports, integration_id: int, days: int, until: float) -> int:
    wiped = 0
    while monotonic() < until:
        with reading(), engine.connect() as connection:
            ids = list(connection.execute(old_calls(integration_id, days)).scalars())
        done = _wipe(engine, ports, ids) if ids else 0
        wiped += done
        if done < CALLS_AT_ONCE:
            break
    return wiped


def _wipe(engine: Engine, ports: Ports, ids: list[int]) -> int:
    with engine.begin() as connection:
        calls = lock_free(connection, ids)
        files = wipe(connection, calls, why=Code.AGED)
        for table in OF_WIPED:
            gone = table.c.session_row_id.in_([call.id for call in calls])
            connection.execute(delete(table).where(gone))
    for office, copy_id in files:
        copy_path(ports, office, copy_id).unlink(missing_ok=True)
    return len(calls)
