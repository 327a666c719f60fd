"""Replay many calls in the background: a few at a time, never ahead of what comes in now.

Each step is one transaction that makes some calls due and moves the run on: whoever dies in the
middle has done nothing, and the next step goes on from there.
"""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import CallSession, Integration, ReplayRun
from models.base import now_ms
from models.integration import LIVE
from rules.audit import Change
from rules.journal_states import AS_DECIDED, NOTIFICATION_STATES
from services import replay
from services.audit_log import record
from services.find_notifications import JournalFilter, find_call_ids, find_told_call_ids
from services.integrations import database_now

MOST_CALLS = 5000  # of one run
AT_ONCE = 50  # calls of a run that are under way at a time
SESSIONS, RUNS = CallSession.__table__, ReplayRun.__table__
RUNNING = "running"


def find_wanted(
    session: Session, integration_id: int, wanted: JournalFilter, mode: str
) -> list[int]:
    """The calls that a run would carry out again, at most MOST_CALLS of the latest: as decided only
    those that failed, by today's settings all that have ended."""
    # Calls that only the report told of have no notifications: they count where no period and no
    # event is asked for.
    is_of_events = wanted.days or wanted.kind or wanted.state in NOTIFICATION_STATES
    find = find_told_call_ids if is_of_events else find_call_ids
    ids = find(session, integration_id, wanted, MOST_CALLS)
    fits = SESSIONS.c.state == "failed" if mode == AS_DECIDED else SESSIONS.c.ended_at.is_not(None)
    is_whole = SESSIONS.c.erased_at.is_(None)
    query = (
        select(SESSIONS.c.id).where(SESSIONS.c.id.in_(ids), fits, is_whole).order_by(SESSIONS.c.id)
    )
    return list(session.scalars(query))


def start(
    session: Session, integration_id: int, wanted: JournalFilter, mode: str, *, author: str
) -> ReplayRun | None:
    """Begin a run, or give back the one that is under way; None if no call fits."""
    ids = find_wanted(session, integration_id, wanted, mode)
    if not ids:
        return find_running(session, integration_id)
    run = begin(session, integration_id, ids, wanted, mode, author=author)
    if run is None:
        return find_running(session, integration_id)
    record(session, Change.REPLAY_STARTED, integration_id, mode=mode, calls=len(ids))
    session.commit()
    return run


def begin(
    session: Session,
    integration_id: int,
    ids: list[int],
    wanted: JournalFilter,
    mode: str,
    *,
    author: str | None,
) -> ReplayRun | None:
    """Add a run of these calls, for the caller to commit; None while another is under way."""
    if find_running(session, integration_id) is not None:
        return None
    run = ReplayRun(
        integration_id=integration_id,
        mode=mode,
        wanted=asdict(wanted) | {"ids": ids},
        upto=ids[-1],
        author=author,
        state=RUNNING,
        total=len(ids),
        created_at=database_now(session),
    )
    session.add(run)
    try:
        session.flush()
    except IntegrityError:  # begun in the same moment
        session.rollback()
        return None
    return run


def stop(session: Session, integration_id: int, run_id: int) -> None:
    """Stop a run after the calls that are under way."""
    stopped = session.execute(
        update(RUNS)
        .where(
            RUNS.c.id == run_id,
            RUNS.c.integration_id == integration_id,
            RUNS.c.state == RUNNING,
        )
        .values(state="stopped", finished_at=now_ms())
        .returning(RUNS.c.id)
    ).all()
    if stopped:
        record(session, Change.REPLAY_STOPPED, integration_id)
    session.commit()


def find_run(session: Session, integration_id: int, run_id: int) -> ReplayRun | None:
    """A run of this integration; None for a stranger's."""
    query = select(ReplayRun).where(
        ReplayRun.id == run_id, ReplayRun.integration_id == integration_id
    )
    return session.scalar(query)


def find_running(session: Session, integration_id: int) -> ReplayRun | None:
    query = select(ReplayRun).where(
        ReplayRun.integration_id == integration_id, ReplayRun.state == RUNNING
    )
    return session.scalar(query)


def count_unfinished(session: Session, run: ReplayRun) -> int:
    """How many of the calls that the run has taken so far are still being worked on."""
    ids = [each for each in run.wanted["ids"] if each <= run.position]
    query = select(func.count()).where(
        SESSIONS.c.integration_id == run.integration_id,
        or_(SESSIONS.c.state == "waiting", SESSIONS.c.next_at.is_not(None)),
        SESSIONS.c.id.in_(ids),
    )
    return int(session.execute(query).scalar_one())


def take_steps(engine: Engine) -> int:
    """Move every run on by one step; returns how many calls were made due."""
    with engine.connect() as connection:
        live = select(RUNS.c.id).join(Integration, Integration.id == RUNS.c.integration_id)
        ids = list(connection.execute(live.where(RUNS.c.state == RUNNING, LIVE)).scalars())
    moved = 0
    for run_id in ids:
        with engine.begin() as connection:
            moved += _step(connection, run_id)
    return moved


def _step(connection: Connection, run_id: int) -> int:
    """Take the next calls of a run, as many as there is room for; whoever has it locked does it."""
    run = connection.execute(
        select(RUNS)
        .where(RUNS.c.id == run_id, RUNS.c.state == RUNNING)
        .with_for_update(skip_locked=True)
    ).first()
    if run is None:
        return 0
    left = [each for each in run.wanted["ids"] if each > run.position]
    some = left[: max(0, AT_ONCE - _due(connection, run.integration_id))]
    if left and not some:
        return 0
    if some and run.mode == AS_DECIDED:
        # Some may have been mended meanwhile by somebody else.
        failed = select(SESSIONS.c.id).where(SESSIONS.c.id.in_(some), SESSIONS.c.state == "failed")
        ids = list(connection.execute(failed).scalars())
        replay.replay_as_decided(connection, run.integration_id, ids)
    elif some:
        replay.decide_anew(connection, run.integration_id, some, by=run.author or "")
    values = {"position": some[-1] if some else run.position, "done": run.done + len(some)}
    ended = {"state": "finished", "finished_at": now_ms()} if _is_over(some, left) else {}
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values | ended))
    return len(some)


def _is_over(taken: list[int], left: list[int]) -> bool:
    return len(taken) == len(left)


def _due(connection: Connection, integration_id: int) -> int:
    """Calls of the integration that could be worked on now."""
    due = (
        select(SESSIONS.c.id)
        .where(SESSIONS.c.integration_id == integration_id, SESSIONS.c.next_at <= now_ms())
        .limit(AT_ONCE)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(due)).scalar_one())
