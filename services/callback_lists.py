"""Call-backs as the team's page asks for them: open ones with the longest due first, closed ones
with the latest first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import ColumnElement, func, select

from models import Callback, Integration, KnownClient, db
from services.integrations import database_now

PAGE_SIZE = 25
OPEN, MINE, CLOSED = SHOWN = ("open", "mine", "closed")


@dataclass(frozen=True)
class CallbackPage:
    """One page of a list; `counts` are of the open and of the reader's own, `urls` lead to clients
    in the CRM. `seen` changes whenever something on it does, at the latest after a minute: then
    "5 minutes ago" is old."""

    rows: Sequence[Callback]
    number: int
    total: int
    counts: dict[str, int]
    urls: dict[str, str]
    now: datetime

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))

    @property
    def seen(self) -> str:
        parts = [(row.id, row.updated_at, row.due_at < self.now) for row in self.rows]
        minute = self.now.replace(second=0, microsecond=0)
        told = repr((self.total, sorted(self.counts.items()), parts, minute))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def find_callbacks(
    integration: Integration, shown: str, login_id: int, number: int = 1
) -> CallbackPage:
    """The page `number` (from 1) of the open ones, of those that this login has taken, or of the
    closed ones."""
    conditions = _conditions(integration.id, shown, login_id)
    order = (
        (Callback.closed_at.desc(), Callback.id.desc())
        if shown == CLOSED
        else (Callback.due_at, Callback.id)
    )
    rows = db.session.scalars(
        select(Callback)
        .where(*conditions)
        .order_by(*order)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    counts = {each: _count(_conditions(integration.id, each, login_id)) for each in (OPEN, MINE)}
    total = counts[shown] if shown in counts else _count(conditions)
    return CallbackPage(
        rows, number, total, counts, _urls(integration, rows), database_now(db.session())
    )


def count_open(integration_id: int) -> int:
    """How many clients of this office wait for a call; shown beside every page."""
    return _count(_conditions(integration_id, OPEN, 0))


def _conditions(integration_id: int, shown: str, login_id: int) -> list[ColumnElement[bool]]:
    of_office = Callback.integration_id == integration_id
    if shown == CLOSED:
        return [of_office, Callback.closed_at.is_not(None)]
    is_open = Callback.closed_at.is_(None)
    return [of_office, is_open, *([Callback.taken_by == login_id] if shown == MINE else [])]


def _count(conditions: list[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(Callback).where(*conditions)
    return db.session.execute(query).scalar_one()


def _urls(integration: Integration, rows: Sequence[Callback]) -> dict[str, str]:
    """Where the CRM shows these clients, by number, as far as the index of clients knows."""
    query = select(KnownClient.phone, KnownClient.url).where(
        KnownClient.crm_account_row_id == integration.crm_account_row_id,
        KnownClient.phone.in_(sorted({row.contact for row in rows})),
        KnownClient.url.is_not(None),
    )
    return {row.phone: row.url for row in db.session.execute(query)} if rows else {}
