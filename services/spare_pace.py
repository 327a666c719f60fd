"""Requests to the CRM that nobody waits for: they take only what calls leave over.

Half of the bucket stays untouched, and nothing is asked while work on a call of this account is
due: a call that comes finds its tokens there.
"""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from models import CallSession, CrmAccount, Integration
from models.base import from_ms, now_ms
from services.pace import Pace

ACCOUNTS, SESSIONS = CrmAccount.__table__, CallSession.__table__
KEPT_SHARE = 0.5


def may_ask(connection: Connection, pace: Pace, account_row_id: int) -> bool:
    """Permission for one request, to be given back to `pace`; False while calls want the CRM, and
    while it is away, refuses the key or wants silence."""
    row = connection.execute(
        select(ACCOUNTS, now_ms().label("now_at"), _is_call_due(account_row_id).label("is_busy"))
        .where(ACCOUNTS.c.id == account_row_id)
        .with_for_update()
    ).one()
    now = from_ms(row.now_at)
    is_silent = row.paused_until is not None and row.paused_until > now
    if row.breaker != "closed" or row.is_busy or is_silent:
        return False
    passed = max(0.0, (now - row.refilled_at).total_seconds())
    tokens = min(row.burst, row.tokens + passed * row.per_second * row.slow_factor)
    if tokens < min(row.burst, 1 + row.burst * KEPT_SHARE):
        return False
    return bool(pace.take(connection, account_row_id, 1))


def _is_call_due(account_row_id: int):  # type: ignore[no-untyped-def]
    mine = select(Integration.id).where(Integration.crm_account_row_id == account_row_id)
    due = SESSIONS.c.next_at <= now_ms(), SESSIONS.c.integration_id.in_(mine)
    return exists().where(*due)
