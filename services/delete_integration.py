"""Delete an integration: at once for everybody, its data a day later and piece by piece.

Until then a person who sees all integrations may undo it. Nothing in the CRM is touched.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import CallSession, CrmWrite, Integration, Notification, SyncRun, db
from models.base import now_ms
from rules.audit import Change
from services import due
from services.audit_log import record
from services.integrations import database_now
from services.sync_runs import UNFINISHED

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
KEPT_MS = int(KEPT.total_seconds() * 1000)
CHUNK = 300
PURGE_SECONDS = 3.0

INTEGRATIONS = Integration.__table__
SESSIONS, INBOX, WRITES = CallSession.__table__, Notification.__table__, CrmWrite.__table__
# What is taken out in pieces, before the rest.
LARGE = (SESSIONS.name, INBOX.name, WRITES.name)
# Who was limited to an integration must not see all others because it is gone: that he was stays
# written down, and so the emptied row of the integration. Who changed what stays for its time.
STAYS = ("login_integration", "audit_entry")


class TitleDiffers(Exception):
    """What was typed is not the title of the integration: nothing was deleted."""


@dataclass(frozen=True)
class Loss:
    """What goes with an integration: calls in the journal, and those with unfinished work."""

    calls: int
    unfinished: int
    unfinished_ids: tuple[str, ...]


def describe_loss(session: Session, integration_id: int, *, named: int = 10) -> Loss:
    """What would be lost; `named` unfinished calls are told by their id, the newest first."""
    mine = SESSIONS.c.integration_id == integration_id
    has_work = mine, SESSIONS.c.next_at.is_not(None)
    ids = session.execute(
        select(SESSIONS.c.call_session_id)
        .where(*has_work)
        .order_by(SESSIONS.c.started_at.desc())
        .limit(named)
    ).scalars()
    calls = session.execute(select(func.count()).where(mine)).scalar_one()
    return Loss(int(calls), due.unfinished(session.connection(), integration_id), tuple(ids))


def delete_integration(session: Session, integration_id: int, *, typed_title: str) -> None:
    """Stop everything of it and hide it from everybody. Raises TitleDiffers."""
    integration = session.get_one(Integration, integration_id)
    if " ".join(typed_title.split()) != " ".join(integration.title.split()):
        raise TitleDiffers
    # First the run, as the sync itself does: two that wait for each other's rows would be stuck.
    session.execute(
        update(SyncRun)
        .where(SyncRun.integration_id == integration_id, SyncRun.state.in_(UNFINISHED))
        .values(stop_requested=True)
    )
    if integration.deleted_at is None:
        integration.deleted_at = database_now(session)
        record(session, Change.DELETED, integration_id, title=integration.title)
    session.commit()
    logger.warning("integration %s was deleted", integration_id)


def undo_delete(session: Session, integration_id: int) -> bool:
    """Bring it back as it was, with its addresses and keys; False if it is too late."""
    statement = (
        update(Integration)
        .where(Integration.id == integration_id, _is_kept())
        .values(deleted_at=None, pbx_tried_at=None)
    )
    is_back = bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    if is_back:
        record(session, Change.RESTORED, integration_id)
    session.commit()
    return is_back


def find_deleted(session: Session) -> Sequence[Integration]:
    """The integrations that can still be brought back, the last deleted first."""
    query = select(Integration).where(_is_kept()).order_by(Integration.deleted_at.desc())
    return session.scalars(query).unique().all()


def gone_at(integration: Integration) -> datetime:
    """When a deleted integration cannot be brought back any more."""
    assert integration.deleted_at is not None
    return integration.deleted_at + KEPT


def purge_due(engine: Engine, *, seconds: float = PURGE_SECONDS) -> int:
    """Take out data of integrations that were deleted a day ago, in pieces and for some seconds;
    returns how many integrations are finished. Safe to run in several places."""
    until, finished = monotonic() + seconds, 0
    old = INTEGRATIONS.c.deleted_at <= now_ms() - KEPT_MS
    with engine.connect() as connection:
        query = select(INTEGRATIONS.c.id).where(old, INTEGRATIONS.c.behomes_key_sealed != "")
        ids = list(connection.execute(query).scalars())
    for integration_id in ids:
        while monotonic() < until:
            with engine.begin() as connection:
                if not _purge_some(connection, integration_id):
                    finished += 1
                    logger.info("data of integration %s is gone", integration_id)
                    break
    return finished


def _purge_some(connection: Connection, integration_id: int) -> bool:
    """Take one piece out; False when it was the last."""
    return (
        _purge_calls(connection, integration_id)
        or _purge_rows(connection, INBOX, integration_id)
        or _purge_rows(connection, WRITES, integration_id)
        or _empty(connection, integration_id)
    )


def _purge_calls(connection: Connection, integration_id: int) -> bool:
    """Some calls with all that belongs to them; traces and decisions go by themselves."""
    query = select(SESSIONS.c.id).where(SESSIONS.c.integration_id == integration_id).limit(CHUNK)
    ids = list(connection.execute(query).scalars())
    for table in (INBOX, WRITES):
        connection.execute(delete(table).where(table.c.session_row_id.in_(ids)))
    connection.execute(delete(SESSIONS).where(SESSIONS.c.id.in_(ids)))
    return bool(ids)


def _purge_rows(connection: Connection, table: Any, integration_id: int) -> bool:
    some = select(table.c.id).where(table.c.integration_id == integration_id).limit(CHUNK)
    return connection.execute(delete(table).where(table.c.id.in_(some))).rowcount > 0


def _empty(connection: Connection, integration_id: int) -> bool:
    """All the rest, and the secrets; what stays of the integration is its id and its title."""
    for table in reversed(db.metadata.sorted_tables):
        if "integration_id" in table.c and table.name not in (*LARGE, *STAYS):
            connection.execute(delete(table).where(table.c.integration_id == integration_id))
    connection.execute(
        update(INTEGRATIONS)
        .where(INTEGRATIONS.c.id == integration_id)
        .values(
            behomes_key_sealed="",
            access_token_sealed=None,
            webhook_secret_sealed="",
            api_key_hash=f"deleted-{integration_id}",
            draft=None,
            setup_progress={},
            connection_checks={},
        )
    )
    return False


def _is_kept() -> Any:
    return Integration.deleted_at > now_ms() - KEPT_MS
