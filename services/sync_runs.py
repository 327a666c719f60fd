"""Runs of the employee sync as pages, commands and the night start, stop and find them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Integration, SyncItem, SyncRun
from models.base import from_ms, now_ms
from rules.audit import Change
from services.audit_log import record

# More changes than this are shown before they are written.
SHOWN_FIRST = 5
UNFINISHED = ("queued", "running")
NIGHT = (time(2), time(6))
# A run that was just made belongs to who made it: its ring, or its command.
LEAVE_ALONE_MS = 1_000
RUNS = SyncRun.__table__


class NoPbx(Exception):
    """The integration has no key of CallGear: there is nothing to write to."""


@dataclass(frozen=True)
class Started:
    """`is_new` is False when a run was under way already: this is that one."""

    run_id: int
    is_new: bool


def start(
    session: Session,
    integration_id: int,
    *,
    origin: str,
    author: str | None = None,
    is_dry: bool = False,
    max_changes: int | None = None,
) -> Started:
    """Put a run on the list and commit, or give back the one that is under way. Raises NoPbx."""
    integration = session.get_one(Integration, integration_id)
    if not (integration.access_token_sealed and integration.data_api_url):
        raise NoPbx
    running = find_unfinished(session, integration_id)
    if running is None:
        run = SyncRun(
            integration_id=integration_id,
            origin=origin,
            author=author,
            is_dry=is_dry,
            max_changes=max_changes,
            created_at=_now(session),
        )
        session.add(run)
        try:
            session.flush()
            run_id = run.id
            if origin != "nightly":  # that it is wanted each night was written down once
                record(session, Change.SYNC_STARTED, integration_id, dry=is_dry)
            session.commit()
            return Started(run_id, True)
        except IntegrityError:  # somebody pressed in the same moment
            session.rollback()
            running = find_unfinished(session, integration_id)
            if running is None:
                raise
    run_id = running.id
    session.rollback()
    return Started(run_id, False)


def stop(session: Session, run_id: int) -> None:
    """Ask a run to stop after the record it is at; one that nobody works on stops at once."""
    is_mine = RUNS.c.id == run_id, RUNS.c.state.in_(UNFINISHED)
    is_idle = or_(RUNS.c.lease_token.is_(None), RUNS.c.leased_until < now_ms())
    asked = update(RUNS).where(*is_mine, ~RUNS.c.stop_requested).values(stop_requested=True)
    for integration_id in session.execute(asked.returning(RUNS.c.integration_id)).scalars().all():
        record(session, Change.SYNC_STOPPED, integration_id)
    session.execute(
        update(RUNS)
        .where(*is_mine, is_idle)
        .values(state="stopped", finished_at=now_ms(), lease_token=None, leased_until=None)
    )
    session.commit()


def find_unfinished(session: Session, integration_id: int) -> SyncRun | None:
    return session.scalars(
        select(SyncRun)
        .where(SyncRun.integration_id == integration_id, SyncRun.state.in_(UNFINISHED))
        .limit(1)
    ).first()


def find_run(session: Session, integration_id: int, run_id: int) -> SyncRun | None:
    """A run of this integration; None for a stranger's."""
    return session.scalars(
        select(SyncRun).where(SyncRun.id == run_id, SyncRun.integration_id == integration_id)
    ).first()


def latest_runs(session: Session, integration_id: int, limit: int = 20) -> Sequence[SyncRun]:
    """The last runs, newest first."""
    return session.scalars(
        select(SyncRun)
        .where(SyncRun.integration_id == integration_id)
        .order_by(SyncRun.created_at.desc(), SyncRun.id.desc())
        .limit(limit)
    ).all()


def find_due(connection: Connection) -> int | None:
    """A run that nobody works on: its ring was lost, or its worker. One at a time, so that a night
    with many integrations does not take all workers from the calls."""
    is_held = and_(RUNS.c.lease_token.is_not(None), RUNS.c.leased_until >= now_ms())
    unfinished = RUNS.c.state.in_(UNFINISHED)
    if connection.execute(select(RUNS.c.id).where(unfinished, is_held).limit(1)).first():
        return None
    is_free = or_(RUNS.c.leased_until.is_(None), RUNS.c.leased_until < now_ms())
    is_left = or_(RUNS.c.state == "running", RUNS.c.created_at < now_ms() - LEAVE_ALONE_MS)
    query = select(RUNS.c.id).where(unfinished, is_free, is_left).order_by(RUNS.c.created_at)
    return connection.execute(query.limit(1)).scalar_one_or_none()


def start_nightly(engine: Engine) -> int:
    """Start a run for every integration that wants one each night, once a night between 02:00 and
    06:00 of its zone; returns how many. Safe to run in several places."""
    with Session(engine) as session:
        wanting = select(Integration.id).where(
            Integration.nightly_sync, Integration.deleted_at.is_(None)
        )
        ids = list(session.scalars(wanting))
    return sum(_start_night(engine, integration_id) for integration_id in ids)


def _start_night(engine: Engine, integration_id: int) -> bool:
    with Session(engine) as session:
        # Held until the commit of `start`, so that of two processes one sees the other's run.
        integration = session.get_one(
            Integration, integration_id, with_for_update={"of": Integration}
        )
        midnight = tonight(_now(session), integration.timezone)
        if midnight is None or _has_night_run(session, integration_id, midnight):
            return False
        try:
            made = start(session, integration_id, origin="nightly", max_changes=SHOWN_FIRST)
        except NoPbx:
            return False
        return made.is_new


def tonight(now: datetime, zone: str) -> datetime | None:
    """The midnight before, while it is night in the zone; None by day."""
    local = now.astimezone(ZoneInfo(zone))
    if not NIGHT[0] <= local.time() < NIGHT[1]:
        return None
    return datetime.combine(local.date(), time(), local.tzinfo)


def _has_night_run(session: Session, integration_id: int, since: datetime) -> bool:
    query = select(SyncRun.id).where(
        SyncRun.integration_id == integration_id,
        SyncRun.origin == "nightly",
        SyncRun.created_at >= since,
    )
    return session.scalars(query.limit(1)).first() is not None


def _now(session: Session) -> datetime:
    return from_ms(session.execute(select(now_ms())).scalar_one())


def items_of(session: Session, run_id: int) -> Sequence[SyncItem]:
    """What became of each CRM user in a run."""
    query = select(SyncItem).where(SyncItem.run_id == run_id).order_by(SyncItem.position)
    return session.scalars(query).all()


def count_results(session: Session, run_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Run id -> result -> how many."""
    query = (
        select(SyncItem.run_id, SyncItem.result, func.count())
        .where(SyncItem.run_id.in_(list(run_ids)))
        .group_by(SyncItem.run_id, SyncItem.result)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, result, count in session.execute(query):
        found.setdefault(run_id, {})[result] = count
    return found
