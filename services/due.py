"""What is due, asked of SQL alone."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, or_, select, update

from models import CallSession, CrmAccount, Integration, Notification
from models.base import now_ms
from models.integration import LIVE
from models.notification import PENDING

SESSIONS = CallSession.__table__
INBOX = Notification.__table__


def is_any_due(connection: Connection) -> bool:
    """Whether a drain would find something to do now."""
    pending = select(INBOX.c.id).where(INBOX.c.state == PENDING).limit(1)
    if connection.execute(pending).first():
        return True
    may_write = or_(
        CrmAccount.breaker == "closed", SESSIONS.c.events_version > SESSIONS.c.folded_version
    )
    query = (
        select(SESSIONS.c.id)
        .join(Integration, Integration.id == SESSIONS.c.integration_id)
        .join(CrmAccount, CrmAccount.id == Integration.crm_account_row_id)
        .where(
            SESSIONS.c.next_at <= now_ms(),
            or_(SESSIONS.c.leased_until.is_(None), SESSIONS.c.leased_until < now_ms()),
            may_write,
            LIVE,
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def close_forgotten(connection: Connection) -> int:
    """The 4-hour rule: calls whose end nobody told are closed with the outcome `unknown`."""
    statement = (
        update(SESSIONS)
        .where(SESSIONS.c.close_at <= now_ms())
        .values(
            closed=True,
            close_at=None,
            next_at=now_ms(),
            events_version=SESSIONS.c.events_version + 1,
        )
    )
    return int(connection.execute(statement).rowcount)


def unfinished(connection: Connection, integration_id: int) -> int:
    """How many calls of an integration have unfinished work, now or planned for later; a recording
    that has not come and calls in progress do not count."""
    pending = select(func.count()).where(
        INBOX.c.integration_id == integration_id, INBOX.c.state == PENDING
    )
    working = select(func.count()).where(
        SESSIONS.c.integration_id == integration_id,
        or_(SESSIONS.c.next_at.is_not(None), SESSIONS.c.report_at.is_not(None)),
    )
    inbox = connection.execute(pending).scalar_one()
    return int(inbox) + int(connection.execute(working).scalar_one())


def wake_forgotten(connection: Connection) -> int:
    """Calls that wait for what is there already: they were worked on just while the integration was
    resumed or turned on, by somebody who did not know it yet. Returns how many are due now."""
    resumed = select(Integration.id).where(LIVE, Integration.paused_at.is_(None))
    published = select(Integration.id).where(LIVE, Integration.published_version.is_not(None))
    rests = SESSIONS.c.state == "waiting", SESSIONS.c.next_at.is_(None)
    waits_for_nothing = or_(
        and_(SESSIONS.c.state_reason == "paused", SESSIONS.c.integration_id.in_(resumed)),
        and_(SESSIONS.c.state_reason == "not_published", SESSIONS.c.integration_id.in_(published)),
    )
    ids = list(connection.execute(select(SESSIONS.c.id).where(*rests, waits_for_nothing)).scalars())
    if ids:
        connection.execute(
            update(SESSIONS).where(SESSIONS.c.id.in_(ids), *rests).values(next_at=now_ms())
        )
    return len(ids)


def make_due(connection: Connection, integration_id: int, reasons: tuple[str, ...]) -> None:
    """Calls that waited for something that is there now (a published version, the end of a pause)
    are due."""
    connection.execute(
        update(SESSIONS)
        .where(
            SESSIONS.c.integration_id == integration_id,
            SESSIONS.c.state == "waiting",
            SESSIONS.c.state_reason.in_(reasons),
        )
        .values(next_at=now_ms())
    )
