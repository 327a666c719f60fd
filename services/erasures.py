"""Erase what we hold about one number: asked for once, done step by step, wherever it is run.

The order is kept in SQL with the number sealed, so that a run that is killed goes on from where it
was; each step is one short transaction. Calls that are under way, or in a worker's hands, are
waited for. When all is done the number itself is forgotten too; a keyed hash remains.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from models import CallSession, Erasure, Integration
from models.base import now_ms, reading
from models.integration import LIVE
from rules.audit import Change
from rules.number_traces import NumberTraces
from rules.phones import Phone, mask, normalise
from rules.reasons import Code
from services.audit_log import Actor, current_actor, record
from services.erase_keyed import Number, erase_keyed
from services.erase_mentions import erase_mentions
from services.intake import take_in
from services.number_tables import SWEPT, find_mentions
from services.ports import Ports
from services.recording_copies import copy_path
from services.wipe_calls import lock_free, wipe

logger = logging.getLogger(__name__)

CALLS_AT_ONCE = 50
STEP_SECONDS = 2.0
# A card is made of events of the last minute: a call is left alone until nothing comes of it.
QUIET_MS = 120_000
# PostgreSQL: a lock was not given in time; two transactions waited for each other.
HELD_BY_OTHERS = ("55P03", "40P01")
ERASURES, SESSIONS = Erasure.__table__, CallSession.__table__


class NoNumber(Exception):
    """What was typed cannot be read as a phone number."""


def read_number(session: Session, integration_id: int, typed: str, ports: Ports) -> Number:
    """The number in its one spelling, of a live integration. Raises NoNumber."""
    office = (
        session.execute(select(Integration).where(Integration.id == integration_id, LIVE))
        .unique()
        .scalar_one()
    )
    phone = normalise(typed, country=office.default_country)
    if phone is None:
        raise NoNumber
    return _number(office, phone, ports)


def _number(office: Integration, phone: Phone, ports: Ports) -> Number:
    account = office.crm_account
    return Number(
        integration_id=office.id,
        account_row_id=account.id,
        account_id=account.account_id or "",
        reference_key=ports.vault.open(account.reference_key_sealed),
        traces=NumberTraces(phone, office.default_country),
    )


def ask(session: Session, number: Number, ports: Ports) -> int:
    """Order the erasure and commit; the id of the order, or of the one under way."""
    values = {
        "integration_id": number.integration_id,
        "phone_hash": number.hash,
        "masked": mask(number.traces.phone),
        "phone_sealed": ports.vault.seal(number.value),
        "author": current_actor().who,
        "asked_at": now_ms(),
        "position": {},
        "counts": {},
        "waiting": 0,
    }
    session.rollback()
    try:
        order = insert(ERASURES).values(values).returning(ERASURES.c.id)
        made = session.execute(order).scalar_one()
        record(
            session,
            Change.ERASURE_ASKED,
            number.integration_id,
            number=values["masked"],
            hash=number.hash,
        )
        session.commit()
        return int(made)
    except IntegrityError:  # it is under way already
        session.rollback()
    running = select(ERASURES.c.id).where(
        ERASURES.c.integration_id == number.integration_id,
        ERASURES.c.phone_hash == number.hash,
        ERASURES.c.finished_at.is_(None),
    )
    return int(session.execute(running).scalar_one())


def find_erasures(session: Session, integration_id: int, limit: int = 10) -> Sequence[Erasure]:
    """The last orders, the newest first."""
    query = select(Erasure).where(Erasure.integration_id == integration_id)
    order = Erasure.asked_at.desc(), Erasure.id.desc()
    return session.scalars(query.order_by(*order).limit(limit)).all()


def move_on(engine: Engine, ports: Ports, *, seconds: float = STEP_SECONDS) -> int:
    """Go on with every erasure that is under way, for some seconds; returns how many were finished.
    Safe to run in several places at once, and to be killed anywhere."""
    is_mine = Integration.id == ERASURES.c.integration_id
    with reading(), engine.connect() as connection:
        query = select(ERASURES.c.id).join(Integration, LIVE & is_mine)
        unfinished = query.where(ERASURES.c.finished_at.is_(None))
        ids = list(connection.execute(unfinished.order_by(ERASURES.c.id)).scalars())
    until = monotonic() + seconds
    return sum(run(engine, ports, erasure_id, until=until) for erasure_id in ids)


def run(engine: Engine, ports: Ports, erasure_id: int, *, until: float) -> bool:
    """Work on one erasure until it is finished (True), has to wait, or the time is over."""
    while monotonic() < until:
        files: list[tuple[int, int]] = []
        try:
            with engine.begin() as connection:
                _give_way(connection)
                state = _step(connection, ports, erasure_id, files)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in HELD_BY_OTHERS:
                raise
            continue
        for integration_id, copy_id in files:
            copy_path(ports, integration_id, copy_id).unlink(missing_ok=True)
        if state == "finished":
            empty_log(engine)
            return True
        if state == "waiting":
            return False
    return False


def _give_way(connection: Connection) -> None:
    """PostgreSQL: whoever works on calls holds the same rows in another order. A step of ours gives
    up before the database would end one of the two, and is done again."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '400ms'"))


def empty_log(engine: Engine) -> None:
    """SQLite: what was overwritten still stands in the write-ahead log until that is emptied. It is
    not while somebody reads: then the next run of the log overwrites it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _step(
    connection: Connection, ports: Ports, erasure_id: int, files: list[tuple[int, int]]
) -> str:
    """One piece of the work: on, waiting or finished. Files that were kept come into `files`."""
    order = connection.execute(
        select(ERASURES)
        .where(ERASURES.c.id == erasure_id, ERASURES.c.finished_at.is_(None))
        .with_for_update(skip_locked=True)
    ).first()
    if order is None:
        return "waiting"  # somebody else is at it
    number = _of_order(connection, order, ports)
    position, counts = dict(order.position), dict(order.counts)
    left = _erase_calls(connection, number, counts, files)
    if left.more:
        # What came while they were waited for stands behind what was looked through already.
        position = {name: at for name, at in position.items() if name not in ("keyed", "done")}
        return _keep(connection, order.id, position, counts, left.busy)
    if "keyed" not in position:
        take_in(connection)
        _add(counts, erase_keyed(connection, number))
        position["keyed"] = 1
        return _keep(connection, order.id, position, counts, left.busy)
    done = list(position.get("done", ()))
    table = next((table for table in SWEPT if table.name not in done), None)
    if table is not None:
        after = position.get(table.name, 0)
        rows, till = find_mentions(connection, table, number.integration_id, number.traces, after)
        busy, calls = erase_mentions(connection, table, rows, number, files)
        _add(counts, {table.name: len(rows) - busy - calls, "call_session": calls})
        if till is None:
            position["done"] = [*done, table.name]
        elif not busy:
            position[table.name] = till
        return _keep(connection, order.id, position, counts, busy, is_waiting=bool(busy))
    if left.busy:
        return _keep(connection, order.id, position, counts, left.busy, is_waiting=True)
    return _finish(connection, order, counts)


class _Left:
    """`more`: there are calls to wipe yet; `busy`: so many are to be waited for."""

    def __init__(self, *, more: bool, busy: int) -> None:
        self.more, self.busy = more, busy


def _erase_calls(
    connection: Connection, number: Number, counts: dict[str, int], files: list[tuple[int, int]]
) -> _Left:
    mine = (
        SESSIONS.c.integration_id == number.integration_id,
        SESSIONS.c.client_phone == number.value,
    )
    known = connection.execute(
        select(SESSIONS.c.id, is_under_way().label("is_under_way")).where(*mine)
    ).all()
    over = [row.id for row in known if not row.is_under_way][:CALLS_AT_ONCE]
    calls = lock_free(connection, over) if over else []
    files += wipe(connection, calls, why=Code.ERASED)
    _add(counts, {"call_session": len(calls)})
    return _Left(more=bool(calls), busy=len(known) - len(calls))


def is_under_way() -> Any:
    """A call that goes on, or has ended just now."""
    goes_on = SESSIONS.c.ended_at.is_(None) & (SESSIONS.c.close_at > now_ms())
    return goes_on | (SESSIONS.c.ended_at > now_ms() - QUIET_MS)


def _of_order(connection: Connection, order: Any, ports: Ports) -> Number:
    with Session(connection) as session:
        office = session.get_one(Integration, order.integration_id)
        value = ports.vault.open(order.phone_sealed)
        return _number(office, Phone(value, value.startswith("+")), ports)


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, number in more.items():
        if number:
            counts[name] = counts.get(name, 0) + number


def _keep(
    connection: Connection,
    erasure_id: int,
    position: dict[str, Any],
    counts: dict[str, int],
    waiting: int,
    *,
    is_waiting: bool = False,
) -> str:
    values = {"position": position, "counts": counts, "waiting": waiting}
    connection.execute(update(ERASURES).where(ERASURES.c.id == erasure_id).values(values))
    return "waiting" if is_waiting else "on"


def _finish(connection: Connection, order: Any, counts: dict[str, int]) -> str:
    values = {
        "finished_at": now_ms(),
        "phone_sealed": None,
        "position": {},
        "counts": counts,
        "waiting": 0,
    }
    connection.execute(update(ERASURES).where(ERASURES.c.id == order.id).values(values))
    told = {"number": order.masked, "hash": order.phone_hash, "rows": counts}
    author = Actor("system", order.author)
    record(connection, Change.ERASED, order.integration_id, actor=author, **told)
    logger.info("integration %s: erasure %s is finished", order.integration_id, order.id)
    return "finished"
