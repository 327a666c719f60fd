"""The breaker of a CRM account: stop on a refused key, stop while the CRM is away, probe, go on.

Nothing is dropped and no attempt is burnt while it is open: due work stays due.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from clients.errors import ClientError, KeyRefusedError
from models import CallSession, CrmAccount, CrmWrite, Integration
from models.base import now_ms

OPEN_AFTER = 5  # failures in a row
PROBE_MS = 15_000
KEY_PROBE_MS = 60_000

WAITING_FOR_ACCOUNT = ("crm_away", "key_refused", "crm_unknown", "retry")

ACCOUNTS = CrmAccount.__table__


def note_success(connection: Connection, account_row_id: int) -> None:
    connection.execute(
        update(ACCOUNTS)
        .where(ACCOUNTS.c.id == account_row_id, ACCOUNTS.c.failures > 0)
        .values(failures=0)
    )


def note_failure(connection: Connection, account_row_id: int, error: ClientError) -> bool:
    """Count a failure; True if the breaker is open now."""
    is_key = isinstance(error, KeyRefusedError)
    columns: dict[str, Any] = {"failures": ACCOUNTS.c.failures + 1, "last_error": as_json(error)}
    failures = connection.execute(
        update(ACCOUNTS)
        .where(ACCOUNTS.c.id == account_row_id)
        .values(columns)
        .returning(ACCOUNTS.c.failures)
    ).scalar_one()
    if not is_key and failures < OPEN_AFTER:
        return False
    connection.execute(
        update(ACCOUNTS)
        .where(ACCOUNTS.c.id == account_row_id, ACCOUNTS.c.breaker.in_(("closed", "open")))
        .values(
            breaker="key" if is_key else "open",
            opened_at=now_ms(),
            probe_at=now_ms() + (KEY_PROBE_MS if is_key else PROBE_MS),
        )
    )
    return True


def close(connection: Connection, account_row_id: int) -> None:
    """All is well again: what waited only for this account is due now."""
    connection.execute(
        update(ACCOUNTS)
        .where(ACCOUNTS.c.id == account_row_id)
        .values(breaker="closed", failures=0, probe_at=None, last_error=None, opened_at=None)
    )
    sessions, writes = CallSession.__table__, CrmWrite.__table__
    mine = select(Integration.id).where(Integration.crm_account_row_id == account_row_id)
    waited = (
        sessions.c.integration_id.in_(mine),
        sessions.c.state == "waiting",
        sessions.c.state_reason.in_(WAITING_FOR_ACCOUNT),
    )
    connection.execute(
        update(writes)
        .where(
            writes.c.session_row_id.in_(select(sessions.c.id).where(*waited)),
            writes.c.status == "planned",
            writes.c.next_at > now_ms(),
            writes.c.refusals == 0,
        )
        .values(next_at=None)
    )
    connection.execute(
        update(sessions).where(*waited, sessions.c.next_at > now_ms()).values(next_at=now_ms())
    )


def as_json(error: ClientError) -> dict[str, Any]:
    """An error as the pages and the trace show it; its words are masked already."""
    return {
        "code": error.code,
        "message": error.message,
        "status": error.status,
        "details": [
            {"field": detail.field, "code": detail.code, "message": detail.message}
            for detail in error.details
        ],
    }
