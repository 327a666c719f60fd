"""What each event of the CRM changes with us: users, the index of clients, the ledger's keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from models import CallSession, CrmUserRow, CrmWrite, Integration, KnownClient
from models.base import to_ms
from rules.vocabulary import Entity, WriteStatus

INDEX = KnownClient.__table__
WRITES = CrmWrite.__table__
SESSIONS = CallSession.__table__
USERS = CrmUserRow.__table__
INTEGRATIONS = Integration.__table__
# Older than the index may be to answer by itself: the CRM is asked before it counts again.
DOUBTFUL = timedelta(seconds=61)
TAKEN_OVER = ("name", "responsible_user_id", "url", "open_leads", "open_deals", "created_at")


@dataclass(frozen=True)
class Event:
    integration_id: int
    occurred_at: datetime
    data: Mapping[str, Any]

    def not_after(self, now: datetime) -> Event:
        """A clock of the CRM that is ahead must not shut out what is read from now on."""
        return replace(self, occurred_at=min(self.occurred_at, now))


def user_updated(connection: Connection, event: Event) -> None:
    """Take the user over as told, unless something later was told of him."""
    data, at = event.data, event.occurred_at
    mine = (USERS.c.integration_id == event.integration_id) & (USERS.c.user_id == data["id"])
    known = connection.execute(select(USERS).where(mine).with_for_update()).first()
    if known is not None and known.told_at is not None and known.told_at > at:
        return
    told = {name: data[name] for name in ("name", "email", "extension", "phones") if name in data}
    values: dict[str, Any] = {**told, "gone": False, "told_at": to_ms(at)}
    if "active" in data:
        values["active"] = data["active"] is not False
    if known is not None:
        connection.execute(update(USERS).where(mine).values(values))
        return
    new = {"phones": [], "active": True, "kept_apart": False, **values}
    key = {"integration_id": event.integration_id, "user_id": data["id"]}
    connection.execute(USERS.insert().values({**key, **new}))


def responsible_changed(connection: Connection, event: Event) -> None:
    """The numbers of this client that the index knows now lead to another manager."""
    values = {"responsible_user_id": event.data["responsible_user_id"]}
    _change(connection, event, event.data["client_id"], values)


def client_merged(connection: Connection, event: Event) -> None:
    """His numbers and our create of him are the other client's from now on.

    Of a client whom the index does not know nothing but the id is sure: the CRM is asked again.
    """
    account = _account(connection, event)
    gone, into = event.data["client_id"], event.data["into_client_id"]
    query = select(INDEX).where(INDEX.c.crm_account_row_id == account, INDEX.c.client_id == into)
    other = connection.execute(query.order_by(INDEX.c.read_at.desc()).limit(1)).first()
    values: dict[str, Any] = {"client_id": into}
    if other is not None:
        values |= {name: other._mapping[name] for name in TAKEN_OVER}
    read_at = event.occurred_at if other else event.occurred_at - DOUBTFUL
    _change(connection, event, gone, values, read_at=read_at)
    ids = _own_creates(connection, account, gone)
    connection.execute(update(WRITES).where(WRITES.c.id.in_(ids)).values(crm_id=into))


def client_deleted(connection: Connection, event: Event) -> None:
    """Nobody has his numbers now, and the key of our create is closed: the next first contact
    opens the next one."""
    account, client_id = _account(connection, event), event.data["client_id"]
    nobody = dict.fromkeys(("client_id", *TAKEN_OVER)) | {"open_leads": [], "open_deals": []}
    _change(connection, event, client_id, nobody)
    ids = _own_creates(connection, account, client_id)
    closed = {"closed_at": to_ms(event.occurred_at)}
    connection.execute(update(WRITES).where(WRITES.c.id.in_(ids)).values(closed))


def _change(
    connection: Connection,
    event: Event,
    client_id: str,
    values: Mapping[str, Any],
    *,
    read_at: datetime | None = None,
) -> None:
    """Change what the index knew of a client when it happened; what was read later stays."""
    told = {"read_at": to_ms(read_at or event.occurred_at), "source": "event"}
    connection.execute(
        update(INDEX)
        .where(
            INDEX.c.crm_account_row_id == _account(connection, event),
            INDEX.c.client_id == client_id,
            INDEX.c.read_at < to_ms(event.occurred_at),
        )
        .values({**values, **told})
    )


def _own_creates(connection: Connection, account_row_id: int, client_id: str) -> list[int]:
    """Our creates of this client that stand open, in all integrations of the account."""
    mine = select(INTEGRATIONS.c.id).where(INTEGRATIONS.c.crm_account_row_id == account_row_id)
    query = select(WRITES.c.id).where(
        WRITES.c.integration_id.in_(mine),
        WRITES.c.kind == Entity.CLIENT,
        WRITES.c.status == WriteStatus.DONE,
        WRITES.c.crm_id == client_id,
        WRITES.c.closed_at.is_(None),
    )
    return list(connection.execute(query).scalars())


def _account(connection: Connection, event: Event) -> int:
    query = select(INTEGRATIONS.c.crm_account_row_id)
    found: int = connection.execute(
        query.where(INTEGRATIONS.c.id == event.integration_id)
    ).scalar_one()
    return found
