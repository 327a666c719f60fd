"""Personal managers in the PBX's own address book: a net for when our server is away.

From the index of clients, the latest read first: what stands in the book already is not written
again, and what was refused three times is left until something else is to be written. A run writes
a few numbers and stops at the reserve of points; where the setting is off nothing is written.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from clients.errors import (
    AmbiguousError,
    ClientError,
    KeyRefusedError,
    LimitExceeded,
    NotExecutedError,
    NotFoundError,
)
from models import AddressBookEntry, CrmUserRow, Integration, KnownClient, UserMapping
from models.base import from_ms, now_ms, reading
from rules.settings import PersonalManager
from services.employee_statuses import needing
from services.points import seconds_to_wait
from services.ports import Ports
from services.task_turns import Turn

logger = logging.getLogger(__name__)

AT_ONCE = 10
TRIES = 3
RESERVE = 0.4  # of the day's points: the net is the least urgent of all that spends them
LONGEST_NAME = 100


@dataclass(frozen=True)
class Wish:
    """A number and who is to be its manager in the book (None: nobody)."""

    phone: str
    name: str | None
    employee_id: str | None
    contact_id: str | None


class AddressBooks:
    """Writes the books of the integrations that want it; one thread of one process uses it, and of
    several hosts one at a time: two that look for a number at once would both make a contact."""

    def __init__(self, engine: Engine, ports: Ports) -> None:
        self._engine = engine
        self._ports = ports
        self._turn = Turn(engine, "write address books")
        self._next_at: dict[int, float] = {}

    def write_due(self) -> int:
        """Write a few numbers for each whose points allow it; returns how many were written."""
        ids = needing(self._engine, wants_book)
        return sum(self._write_some(each) for each in ids if self._may_begin(each))

    def _may_begin(self, integration_id: int) -> bool:
        return monotonic() >= self._next_at.get(integration_id, 0.0)

    def _write_some(self, integration_id: int) -> int:
        with reading(), Session(self._engine) as session:
            pbx = self._ports.pbx(session.get_one(Integration, integration_id))
            due = wishes(session, integration_id)
        written = 0
        for wish in due if pbx else ():
            assert pbx is not None
            if not self._turn.hold():
                break
            error = _write(self._engine, integration_id, pbx, wish)
            written += error is None
            wait = seconds_to_wait(pbx.limits, reserve=RESERVE)
            if isinstance(error, LimitExceeded):
                wait = max(wait, error.retry_after or 0.0)
            self._next_at[integration_id] = monotonic() + wait
            if wait or isinstance(error, (NotExecutedError, KeyRefusedError, AmbiguousError)):
                break  # it is not this number's fault: a later run goes on
        return written


def wants_book(rule: PersonalManager) -> bool:
    return rule.enabled and rule.address_book


def wishes(session: Session, integration_id: int, *, limit: int = AT_ONCE) -> list[Wish]:
    """What the book should say and does not, the latest read clients first."""
    entry, known = AddressBookEntry, KnownClient
    employee = func.coalesce(_employee_of(integration_id), "")
    is_given_up = and_(entry.tries >= TRIES, func.coalesce(entry.wanted, "") == employee)
    query = (
        select(known.phone, known.name, employee.label("employee_id"), entry.contact_id)
        .join(Integration, Integration.crm_account_row_id == known.crm_account_row_id)
        .outerjoin(entry, and_(entry.integration_id == Integration.id, entry.phone == known.phone))
        .where(
            Integration.id == integration_id,
            known.phone.like("+%"),
            func.coalesce(entry.employee_id, "") != employee,
            or_(entry.phone.is_(None), ~is_given_up),
        )
        .order_by(known.read_at.desc(), known.phone)
        .limit(limit)
    )
    return [
        Wish(row.phone, row.name, row.employee_id or None, row.contact_id)
        for row in session.execute(query)
    ]


def _employee_of(integration_id: int) -> Any:
    """The employee who is joined to a client's responsible; none of one who has left."""
    user = CrmUserRow
    is_same = and_(
        user.integration_id == UserMapping.integration_id, user.user_id == UserMapping.crm_user_id
    )
    has_left = or_(user.gone.is_(True), user.active.is_(False))
    return (
        select(UserMapping.employee_id)
        .join(user, is_same, isouter=True)
        .where(
            UserMapping.integration_id == integration_id,
            UserMapping.crm_user_id == KnownClient.responsible_user_id,
            or_(user.user_id.is_(None), ~has_left),
        )
        .limit(1)
        .correlate(KnownClient)
        .scalar_subquery()
    )


def _write(
    engine: Engine, integration_id: int, pbx: CallGearClient, wish: Wish
) -> ClientError | None:
    try:
        contact_id = _put(pbx, wish)
    except ClientError as error:
        logger.warning("address book of integration %s: %s", integration_id, error.code)
        is_ours = not isinstance(error, (NotExecutedError, KeyRefusedError))
        if is_ours:
            _keep(engine, integration_id, wish, error=error.code)
        return error
    _keep(engine, integration_id, wish, contact_id=contact_id)
    return None


def _put(pbx: CallGearClient, wish: Wish) -> str | None:
    """Set the manager of the number's contact, made if there is none; the id of the contact."""
    contact_id = wish.contact_id
    if contact_id is not None:
        # If somebody has deleted it, it is as if it had never been.
        with contextlib.suppress(NotFoundError):
            pbx.update_contact(contact_id, personal_manager_id=wish.employee_id)
            return contact_id
    found = pbx.find_contact(wish.phone)
    if found is not None:
        if found.personal_manager_id != wish.employee_id:
            pbx.update_contact(found.id, personal_manager_id=wish.employee_id)
        return found.id
    if wish.employee_id is None:
        return None
    return pbx.create_contact(
        last_name=(wish.name or wish.phone)[:LONGEST_NAME],
        phones=[wish.phone],
        personal_manager_id=wish.employee_id,
    )


def _keep(
    engine: Engine,
    integration_id: int,
    wish: Wish,
    *,
    contact_id: str | None = None,
    error: str | None = None,
) -> None:
    with Session(engine) as session, session.begin():
        key = (integration_id, wish.phone)
        row = session.get(AddressBookEntry, key) or AddressBookEntry(
            integration_id=integration_id, phone=wish.phone, tries=0
        )
        if error is None:
            row.contact_id, row.employee_id = contact_id, wish.employee_id
            row.written_at = from_ms(session.execute(select(now_ms())).scalar_one())
            row.wanted, row.tries, row.error = None, 0, None
        else:
            is_same = row.wanted == wish.employee_id
            row.tries = row.tries + 1 if is_same else 1
            row.wanted, row.error = wish.employee_id, error[:80]
        session.add(row)
