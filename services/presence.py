"""Who has a console open, and who wants to be left alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select
from sqlalchemy.engine import Engine

from models import CrmUserRow, Login, LoginIntegration, Presence, UserMapping
from models.base import now_ms, reading
from models.bulk import inserting
from services import console_events

# A stream says every MARK_SECONDS that it is there; the last one gone, this long is waited.
MARK_SECONDS = 15.0
GONE_MS = 45_000
FORGOTTEN_MS = 30 * 24 * 3_600_000

PRESENCES = Presence.__table__


@dataclass(frozen=True)
class Present:
    """A person whose console is open now."""

    login_id: int
    name: str
    employee_id: str | None
    do_not_disturb: bool


def mark_seen(connection: Connection, pairs: Collection[tuple[int, int]]) -> None:
    """Consoles of these logins (login, integration) are open now."""
    rows = [{"login_id": login, "integration_id": office} for login, office in sorted(pairs)]
    if rows:
        statement = _insert(connection, do_not_disturb=False, seen_at=now_ms())
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["login_id", "integration_id"],
                set_={"seen_at": statement.excluded.seen_at},
            ),
            rows,
        )


def set_do_not_disturb(
    engine: Engine, login_id: int, integration_id: int, *, on: bool, employee_id: str | None
) -> None:
    """Cards stay silent, or sound again; the person's other consoles are told (`presence`)."""
    with engine.begin() as connection:
        statement = _insert(connection, do_not_disturb=on)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["login_id", "integration_id"], set_={"do_not_disturb": on}
            ),
            [{"login_id": login_id, "integration_id": integration_id}],
        )
        if employee_id is not None:
            data = {"integration": integration_id, "do_not_disturb": on}
            console_events.publish(
                connection, integration_id, employee_id, console_events.PRESENCE, data
            )
    console_events.wake()


def read_do_not_disturb(engine: Engine, login_id: int) -> dict[int, bool]:
    """Integration -> whether this person wants to be left alone there."""
    query = select(PRESENCES.c.integration_id, PRESENCES.c.do_not_disturb).where(
        PRESENCES.c.login_id == login_id
    )
    with reading(), engine.connect() as connection:
        return {row.integration_id: row.do_not_disturb for row in connection.execute(query)}


def who_is_there(engine: Engine, integration_id: int) -> list[Present]:
    """The people whose consoles are open, by name."""
    chosen = and_(
        LoginIntegration.login_id == Login.id, LoginIntegration.integration_id == integration_id
    )
    user = and_(
        CrmUserRow.integration_id == integration_id,
        or_(
            CrmUserRow.user_id == LoginIntegration.crm_user_id,
            and_(
                LoginIntegration.crm_user_id.is_(None),
                func.lower(CrmUserRow.email) == func.lower(Login.email),
            ),
        ),
    )
    pair = and_(
        UserMapping.integration_id == integration_id, UserMapping.crm_user_id == CrmUserRow.user_id
    )
    query = (
        select(
            Login.id,
            func.coalesce(Login.name, Login.email).label("name"),
            func.min(UserMapping.employee_id).label("employee_id"),
            Presence.do_not_disturb,
        )
        .join(Presence, Presence.login_id == Login.id)
        .outerjoin(LoginIntegration, chosen)
        .outerjoin(CrmUserRow, user)
        .outerjoin(UserMapping, pair)
        .where(
            Presence.integration_id == integration_id,
            Presence.seen_at > now_ms() - GONE_MS,
            Login.disabled_at.is_(None),
        )
        .group_by(Login.id, Login.name, Login.email, Presence.do_not_disturb)
        .order_by("name")
    )
    with reading(), engine.connect() as connection:
        rows = connection.execute(query).all()
    return [Present(row.id, row.name, row.employee_id, row.do_not_disturb) for row in rows]


def purge(connection: Connection) -> int:
    """Forget whose console was not open for a month and who does not mind being disturbed."""
    old = PRESENCES.c.seen_at < now_ms() - FORGOTTEN_MS
    return connection.execute(delete(PRESENCES).where(old, ~PRESENCES.c.do_not_disturb)).rowcount


def _insert(connection: Connection, **values: object) -> Any:
    return inserting(connection, PRESENCES).values(**values)
