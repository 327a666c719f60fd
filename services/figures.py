"""Read the figures of the overview: the calls of a period, counted by the database in one look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Callback, CallSession
from models.base import to_ms
from rules.figures import Figures, Row, Span, Spread, figures_of, spread_of
from rules.vocabulary import CallState, Direction, Outcome
from services.call_filter import CallFilter, conditions

HOUR_MS = 3_600_000
TENTH_MS = 100
REACHED = ("inbound", "outbound")


@dataclass(frozen=True)
class Promises:
    """Call-backs that were opened in a period: how many, how many reached the client, how many
    still wait; and the working seconds until a client was reached."""

    opened: int
    reached: int
    waiting: int
    wait: Spread


def read_figures(session: Session, integration_id: int, span: Span) -> Figures:
    """The figures of a span. One statement, so that every grouping counts the same calls."""
    calls = _calls(integration_id, span)
    parts = (
        _by_hour(calls),
        _by_words(calls, "sort", calls.c.direction, calls.c.outcome, is_now=False),
        _by_words(calls, "employee", calls.c.employee_id, calls.c.outcome, is_now=True),
        _by_source(calls),
        _by_state(calls),
        _valued(calls, "made", calls.c.made, calls.c.made != 0),
        _valued(calls, "wait", calls.c.wait, calls.c.wait.is_not(None)),
        _valued(calls, "delay", calls.c.delay, calls.c.delay.is_not(None)),
    )
    rows = session.execute(union_all(*parts))
    return figures_of(span, (Row(row[0], bool(row[1]), *row[2:]) for row in rows))


def read_promises(session: Session, integration_id: int, span: Span) -> Promises:
    """What became of the lost calls of a span."""
    query = select(Callback.closed_how, Callback.working_seconds, func.count()).where(
        Callback.integration_id == integration_id,
        Callback.opened_at >= span.start,
        Callback.opened_at < span.until,
    )
    opened = waiting = 0
    waits = Counter[int]()
    for how, seconds, count in session.execute(
        query.group_by(Callback.closed_how, Callback.working_seconds)
    ):
        opened += count
        waiting += count if how is None else 0
        if how in REACHED:
            waits[seconds or 0] += count
    return Promises(opened, waits.total(), waiting, spread_of(waits))


def count_waiting(session: Session, integration_id: int) -> int:
    """How many calls are not done with, whenever they were."""
    query = select(func.count()).where(
        *conditions(integration_id, CallFilter(state=CallState.WAITING)),
        # Said twice, so that the index of unfinished calls answers.
        or_(
            CallSession.state == CallState.WAITING,
            CallSession.next_at.is_not(None),
            CallSession.report_at.is_not(None),
        ),
    )
    return session.execute(query).scalar_one()


def _calls(integration_id: int, span: Span) -> CTE:
    """The calls of both periods, each once, with what is counted of them."""
    started, whole = _ms(CallSession.started_at), CallFilter(since=span.before, until=span.until)
    is_between = and_(
        CallSession.started_at >= span.before_until, CallSession.started_at < span.start
    )
    is_answered = and_(
        CallSession.direction == Direction.INBOUND, CallSession.outcome == Outcome.ANSWERED
    )
    delay = (_ms(CallSession.written_at) - _ms(CallSession.ended_at)) // TENTH_MS
    query = select(
        case((CallSession.started_at >= span.start, 1), else_=0).label("is_now"),
        ((started - to_ms(span.start)) // HOUR_MS).label("hour"),
        CallSession.direction,
        CallSession.outcome,
        CallSession.state,
        CallSession.employee_id,
        func.coalesce(CallSession.campaign, CallSession.virtual_number).label("source"),
        case((CallSession.campaign.is_not(None), 1), else_=0).label("is_campaign"),
        CallSession.made,
        case((is_answered, CallSession.wait_seconds)).label("wait"),
        case((CallSession.state == CallState.WRITTEN, delay)).label("delay"),
    ).where(*conditions(integration_id, whole), ~is_between)
    return query.cte("calls").prefix_with("MATERIALIZED")


def _by_hour(calls: CTE) -> Select[Any]:
    keys = (calls.c.hour, calls.c.direction, calls.c.outcome)
    return _row("hour", literal(1), *keys).where(calls.c.is_now == 1).group_by(*keys)


def _by_source(calls: CTE) -> Select[Any]:
    keys = (calls.c.is_campaign, calls.c.source, calls.c.outcome)
    return _row("source", literal(1), *keys).where(calls.c.is_now == 1).group_by(*keys)


def _by_words(calls: CTE, kind: str, word: Any, other: Any, *, is_now: bool) -> Select[Any]:
    number = cast(null(), BigInteger)
    query = _row(kind, literal(int(is_now)), number, word, other)
    return query.where(calls.c.is_now == int(is_now)).group_by(word, other)


def _by_state(calls: CTE) -> Select[Any]:
    keys = (calls.c.is_now, calls.c.state)
    number = cast(null(), BigInteger)
    return _row("state", keys[0], number, keys[1], _no_word()).group_by(*keys)


def _valued(calls: CTE, kind: str, number: Any, *wanted: ColumnElement[bool]) -> Select[Any]:
    keys = (calls.c.is_now, number)
    return _row(kind, *keys, _no_word(), _no_word()).where(*wanted).group_by(*keys)


def _row(kind: str, is_now: Any, number: Any, word: Any, other: Any) -> Select[Any]:
    whole = cast(number, BigInteger)
    return select(literal(kind), cast(is_now, Integer), whole, word, other, func.count())


def _no_word() -> ColumnElement[str | None]:
    return cast(null(), String)


def _ms(column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)
