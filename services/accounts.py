"""Find out whose key it is: verify CRM accounts, share them, and probe those that are blocked."""

from __future__ import annotations

import logging

from sqlalchemy import or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.errors import ClientError, KeyRefusedError
from models import CrmAccount, CrmLane, Integration
from models.base import from_ms, now_ms
from models.integration import LIVE
from rules.crm import CrmAccount as AccountFacts
from services import breaker
from services.ports import Ports
from services.side_by_side import side_by_side

logger = logging.getLogger(__name__)

PROBE_SECONDS = 10.0
DEFAULT_LIMITS = (2.0, 10.0, 4)
ACCOUNTS = CrmAccount.__table__


def probe_due(engine: Engine, ports: Ports) -> int:
    """Ask every account whose breaker is not closed and whose time has come; returns how many.

    Safe to run in several places: the time of the next probe is moved before the question.
    """
    with engine.begin() as connection:
        due = connection.execute(
            update(ACCOUNTS)
            .where(
                ACCOUNTS.c.breaker != "closed",
                ACCOUNTS.c.id.in_(select(Integration.crm_account_row_id).where(LIVE)),
                or_(ACCOUNTS.c.probe_at.is_(None), ACCOUNTS.c.probe_at <= now_ms()),
            )
            .values(probe_at=now_ms() + breaker.PROBE_MS)
            .returning(ACCOUNTS.c.id)
        ).scalars()
        ids = list(due)
    side_by_side(
        lambda row_id: verify_account(engine, row_id, ports, timeout=PROBE_SECONDS), ids, ports
    )
    return len(ids)


def verify_account(
    engine: Engine,
    account_row_id: int,
    ports: Ports,
    *,
    integration_id: int | None = None,
    timeout: float = PROBE_SECONDS,
) -> ClientError | None:
    """Read `account` with the key of an integration, the newest one unless it is named.

    On an answer the breaker closes and what waited is due; returns the error otherwise. Safe to
    call any number of times.
    """
    with Session(engine) as session:
        query = select(Integration).where(LIVE, Integration.crm_account_row_id == account_row_id)
        if integration_id is not None:
            query = query.where(Integration.id == integration_id)
        integration = session.scalars(query.order_by(Integration.id.desc()).limit(1)).first()
        crm = ports.crm(integration) if integration else None
        known_id = integration.crm_account.account_id if integration else None
    if crm is None:
        return None
    try:
        facts = crm.account(timeout=timeout)
    except ClientError as error:
        logger.warning("account %s cannot be verified: %s", account_row_id, error.code)
        _remember_failure(engine, account_row_id, error)
        return error
    if known_id not in (None, facts.account_id):
        # Its clients are other people: nothing may be written with this key.
        other = KeyRefusedError("the key opens another account", code="other_account")
        _remember_failure(engine, account_row_id, other)
        return other
    take_over(engine, account_row_id, facts)
    return None


def take_over(engine: Engine, account_row_id: int, facts: AccountFacts) -> None:
    """The account has answered, and it is the one that it always was: the breaker closes, what
    waited is due. Safe to call any number of times."""
    with Session(engine) as session, session.begin():
        kept = _settle_identity(session, account_row_id, facts)
        breaker.close(session.connection(), kept)
        # Lists that could not be read with this account before are read at the next look.
        session.execute(
            update(Integration)
            .where(Integration.crm_account_row_id == kept, Integration.crm_read_at.is_(None))
            .values(pbx_tried_at=None)
        )


def note_refused(engine: Engine, account_row_id: int, error: KeyRefusedError) -> None:
    """The key of this account was refused just now: nothing is sent before it is replaced."""
    _remember_failure(engine, account_row_id, error)


def _settle_identity(session: Session, account_row_id: int, facts: AccountFacts) -> int:
    """Write down whose account it is; integrations of one account share one row from then on."""
    row = session.get_one(CrmAccount, account_row_id, with_for_update=True)
    now = from_ms(session.execute(select(now_ms())).scalar_one())
    known = session.scalars(
        select(CrmAccount).where(
            CrmAccount.base_url == row.base_url,
            CrmAccount.account_id == facts.account_id,
            CrmAccount.id != row.id,
        )
    ).first()
    if known is None or row.account_id is not None:
        # An account that has answered once keeps its identity: its keys are scoped by it.
        row.account_id = row.account_id or facts.account_id
        row.name, row.verified_at = facts.name, now
        return row.id
    session.execute(
        update(Integration)
        .where(Integration.crm_account_row_id == row.id)
        .values(crm_account_row_id=known.id)
    )
    known.verified_at = now
    if (row.per_second, row.burst, row.in_flight) != DEFAULT_LIMITS:
        # The limits that somebody chose last are those of the account.
        known.per_second, known.burst, known.in_flight = row.per_second, row.burst, row.in_flight
    session.query(CrmLane).filter_by(crm_account_row_id=row.id).delete()
    session.delete(row)
    return known.id


def _remember_failure(engine: Engine, account_row_id: int, error: ClientError) -> None:
    is_key = isinstance(error, KeyRefusedError)
    later = breaker.KEY_PROBE_MS if is_key else breaker.PROBE_MS
    values: dict[str, object] = {
        "last_error": breaker.as_json(error),
        "probe_at": now_ms() + later,
        "failures": ACCOUNTS.c.failures + 1,
    }
    if is_key:
        values["breaker"] = "key"
    with engine.begin() as connection:
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_row_id).values(values))
