"""Every call accounted for: count the calls of days, say how far they were compared, list them.

Counts and lists ask by `conditions` of the same choice, so that each count is the length of its
list. What was counted of a day that is over and compared is stored, and outlives the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    and_,
    column,
    func,
    select,
    values,
)
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import CallSession, DayAccount, Integration, ReconcileRun
from models.base import now_ms, reading, to_ms
from models.bulk import inserting
from models.integration import LIVE
from rules.accounting import (
    DAYS,
    Account,
    Compared,
    DaySpan,
    Standing,
    Tally,
    account_of,
    add_up,
    compared_till,
    last_days,
    span_of_day,
)
from rules.vocabulary import CallState
from services.integrations import database_now

SESSIONS, RUNS = CallSession.__table__, ReconcileRun.__table__
KEPT = DayAccount.__table__
# Runs that compare whole days; what the periodic ones did, the watermark says.
OF_DAYS = ("nightly", "repair", "command")
PAGE_SIZE = 50


class Choice(StrEnum):
    """Which calls of a day a list holds."""

    REST = "rest"  # waiting or failed
    WAITING = "waiting"
    FAILED = "failed"
    WRITTEN = "written"
    SKIPPED = "skipped"
    FROM_REPORT = "from_report"
    NOT_IN_REPORT = "not_in_report"
    ALL = "all"


@dataclass(frozen=True)
class Listed:
    """One page of a list, newest call first, and how many there are in all."""

    rows: Sequence[CallSession]
    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def read_accounts(session: Session, integration: Integration, *, days: int = DAYS) -> list[Account]:
    """The last days of an integration, newest first; none before it was made."""
    now = database_now(session)
    spans = last_days(now, integration.timezone, integration.created_at, days=days)
    return _accounts(session, integration, spans, now)


def read_account(session: Session, integration: Integration, day: date) -> Account | None:
    """One day; None for days to come and days before the integration was made, if no call is of
    them."""
    now = database_now(session)
    span = span_of_day(day, integration.timezone)
    if span.start > now:
        return None
    (found,) = _accounts(session, integration, [span], now)
    is_before = span.until <= integration.created_at
    return None if is_before and not found.tally.calls else found


def list_calls(
    session: Session, integration_id: int, span: DaySpan, choice: Choice, number: int = 1
) -> Listed:
    """The calls of a day that a count of it counts."""
    wanted = conditions(integration_id, span, choice)
    total = session.execute(select(func.count()).where(*wanted)).scalar_one()
    newest = CallSession.started_at.desc(), CallSession.id.desc()
    query = select(CallSession).where(*wanted).order_by(*newest)
    rows = session.scalars(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE))
    return Listed(rows.all(), number, total)


def conditions(
    integration_id: int, span: DaySpan, choice: Choice = Choice.ALL
) -> list[ColumnElement[bool]]:
    """The calls of a day that a choice means."""
    of_day: list[ColumnElement[bool]] = [
        CallSession.integration_id == integration_id,
        CallSession.started_at >= span.start,
        CallSession.started_at < span.until,
    ]
    match choice:
        case Choice.ALL:
            return of_day
        case Choice.REST:
            open_ones = (CallState.WAITING, CallState.FAILED)
            return [*of_day, CallSession.state.in_([str(each) for each in open_ones])]
        case Choice.FROM_REPORT:
            return [*of_day, CallSession.from_report.is_(True)]
        case Choice.NOT_IN_REPORT:
            return [*of_day, CallSession.in_report.is_(False)]
        case _:
            return [*of_day, CallSession.state == str(choice)]


def read_compared(session: Session, integration: Integration, since: datetime) -> Compared:
    """What was compared with the calls report from `since` on."""
    of_days = select(RUNS.c.from_at, RUNS.c.till_at).where(
        RUNS.c.integration_id == integration.id,
        RUNS.c.kind.in_(OF_DAYS),
        RUNS.c.finished_at.is_not(None),
        RUNS.c.error.is_(None),
        # A run that reaches into these days cannot have begun before them.
        RUNS.c.started_at >= since,
    )
    stretches = [(row.from_at, row.till_at) for row in session.execute(of_days)]
    began = _began(session, integration.id)
    if began is not None and integration.reconciled_till is not None:
        stretches.append((began, integration.reconciled_till))
    has_key = bool(integration.access_token_sealed and integration.data_api_url)
    return Compared(tuple(stretches), (integration.reconcile_error or "") if has_key else "no_key")


def store_due(engine: Engine) -> int:
    """Store the counts of days that are over and compared, and anew while some of their calls were
    open; returns how many days. Safe to run in several places: the same day, the same row."""
    with reading(), engine.connect() as connection:
        ids = list(connection.execute(select(Integration.id).where(LIVE)).scalars())
    return sum(store_days(engine, integration_id) for integration_id in ids)


def store_days(engine: Engine, integration_id: int) -> int:
    """The same for one integration."""
    with reading(), Session(engine) as session:
        integration = session.scalar(
            select(Integration).where(Integration.id == integration_id, LIVE)
        )
        if integration is None:
            return 0
        wanted = _unsettled(session, integration)
        found = _accounts(session, integration, wanted, database_now(session)) if wanted else []
        over = [each for each in found if each.standing in (Standing.COMPLETE, Standing.OPEN)]
    for account in over:
        if not account.is_kept:
            with engine.begin() as connection:
                _store(connection, integration_id, account)
    return len(over)


def _unsettled(session: Session, integration: Integration) -> list[DaySpan]:
    """The days that are over and compared, and not yet stored with all their calls accounted
    for: only these need counting."""
    now, since = database_now(session), integration.created_at
    spans = last_days(now, integration.timezone, since)
    kept = _kept(session, integration.id, spans)
    stretches = read_compared(session, integration, spans[-1].start).stretches
    return [
        span
        for span in spans
        if span.until <= now
        and (span.day not in kept or kept[span.day].rest)
        and compared_till(stretches, max(span.start, since), span.until) == span.until
    ]


def _accounts(
    session: Session, integration: Integration, spans: Sequence[DaySpan], now: datetime
) -> list[Account]:
    tallies = _count(session, integration.id, spans)
    kept = _kept(session, integration.id, spans)
    since = integration.created_at
    compared = read_compared(session, integration, min(span.start for span in spans))
    return [
        account_of(
            span,
            tallies.get(span.day, Tally()),
            kept.get(span.day),
            compared,
            since=since,
            now=now,
        )
        for span in spans
    ]


def _count(session: Session, integration_id: int, spans: Sequence[DaySpan]) -> Mapping[date, Tally]:
    """One statement: each day looks its calls up in the index of their starts."""
    days = (
        values(
            column("number", Integer),
            column("start_at", BigInteger),
            column("until_at", BigInteger),
            name="days",
        )
        .data([(n, to_ms(span.start), to_ms(span.until)) for n, span in enumerate(spans)])
        .cte("days")
    )
    of_day = and_(
        SESSIONS.c.integration_id == integration_id,
        SESSIONS.c.started_at >= days.c.start_at,
        SESSIONS.c.started_at < days.c.until_at,
    )
    groups = (days.c.number, SESSIONS.c.state, SESSIONS.c.in_report, SESSIONS.c.from_report)
    query = select(*groups, func.count()).select_from(days.join(SESSIONS, of_day)).group_by(*groups)
    rows = session.execute(query)
    return add_up((spans[row[0]].day, row[1], row[2], row[3], row[4]) for row in rows)


def _kept(session: Session, integration_id: int, spans: Sequence[DaySpan]) -> Mapping[date, Tally]:
    names = [each.name for each in fields(Tally)]
    query = select(KEPT.c.day, *(KEPT.c[name] for name in names)).where(
        KEPT.c.integration_id == integration_id, KEPT.c.day.in_([span.day for span in spans])
    )
    return {row.day: Tally(*row[1:]) for row in session.execute(query)}


def _store(connection: Connection, integration_id: int, account: Account) -> None:
    columns: dict[str, Any] = asdict(account.tally) | {"counted_at": now_ms()}
    statement = inserting(connection, KEPT).values(
        integration_id=integration_id, day=account.span.day, **columns
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["integration_id", "day"], set_=columns)
    )


def _began(session: Session, integration_id: int) -> datetime | None:
    """From where on the watermark tells: an integration that is older than the comparison was not
    compared from its making on. Runs are kept for longer than days are shown."""
    query = select(RUNS.c.from_at).where(
        RUNS.c.integration_id == integration_id, RUNS.c.kind == "periodic"
    )
    return session.execute(query.order_by(RUNS.c.started_at).limit(1)).scalar()
