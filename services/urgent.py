"""Requests to the CRM for somebody who waits: they go ahead of the work on calls.

Each takes its token from the account's bucket even when there is none: the bucket goes into debt,
as deep as one burst, and the others wait until it is paid. So the rate is kept on the whole.
"""

from __future__ import annotations

from sqlalchemy import Connection, or_, update

from models import CrmAccount
from models.base import now_ms

ACCOUNTS = CrmAccount.__table__


def may_ask(connection: Connection, account_row_id: int, requests: int = 1) -> bool:
    """Spend a token for each; False while the CRM is away, refuses the key or wants silence."""
    changed = connection.execute(
        update(ACCOUNTS)
        .where(
            ACCOUNTS.c.id == account_row_id,
            ACCOUNTS.c.breaker == "closed",
            ACCOUNTS.c.tokens > -ACCOUNTS.c.burst,
            or_(ACCOUNTS.c.paused_until.is_(None), ACCOUNTS.c.paused_until < now_ms()),
        )
        .values(tokens=ACCOUNTS.c.tokens - requests)
    )
    return bool(changed.rowcount)
