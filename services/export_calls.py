"""The calls of a filter, a few hundred at a time: an export holds neither memory nor a transaction
for its whole length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import CallSession, Integration
from models.base import reading
from services.call_clients import CallClient, find_clients
from services.call_filter import CallFilter, conditions

CHUNK = 500
MOST_ROWS = 50_000


@dataclass(frozen=True)
class Chunk:
    """`is_cut`: there were more calls than an export holds; these are the last of it."""

    calls: Sequence[CallSession]
    clients: Mapping[int, CallClient]
    is_cut: bool = False


def export_calls(
    engine: Engine, integration_id: int, wanted: CallFilter, *, most: int = MOST_ROWS
) -> Iterator[Chunk]:
    """All calls of the filter, newest first, at most so many."""
    last: CallSession | None = None
    left = most
    while left > 0:
        with reading(), Session(engine, expire_on_commit=False) as session:
            integration = session.get_one(Integration, integration_id)
            calls = _read(session, integration_id, wanted, last, min(CHUNK, left) + 1)
            is_more, calls = len(calls) > min(CHUNK, left), calls[: min(CHUNK, left)]
            clients = find_clients(session, integration, calls)
        left -= len(calls)
        if calls:
            yield Chunk(calls, clients, is_cut=is_more and left == 0)
        if not is_more:
            return
        last = calls[-1]


def _read(
    session: Session,
    integration_id: int,
    wanted: CallFilter,
    last: CallSession | None,
    limit: int,
) -> Sequence[CallSession]:
    query = select(CallSession).where(*conditions(integration_id, wanted))
    if last is not None:
        is_same = and_(CallSession.started_at == last.started_at, CallSession.id < last.id)
        # The first condition alone bounds the part of the index that is read.
        query = query.where(CallSession.started_at <= last.started_at)
        query = query.where(or_(CallSession.started_at < last.started_at, is_same))
    order = CallSession.started_at.desc(), CallSession.id.desc()
    return session.scalars(query.order_by(*order).limit(limit)).all()
