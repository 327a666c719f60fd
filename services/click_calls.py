"""Call somebody by a click: stored first, asked of the PBX at most once, answered from the store.

What is dialled is committed as `sent` before the PBX hears of it. Whatever dies afterwards leaves
a click of which nobody knows whether a phone rang; it is told so and never dialled again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from clients.errors import ClientError
from models import ClickCall, Integration
from models.integration import LIVE
from rules.dialling import Refusal, over_cap, read_destination
from rules.settings import load
from services import click_answers as answers
from services import console_events
from services.click_answers import Answer
from services.click_counts import counts, lock_office
from services.click_people import Caller, find_caller, outgoing_number
from services.dial_events import tell
from services.integrations import database_now, settings_document
from services.office_lists import read_office_lists
from services.ports import Ports

DIAL_SECONDS = 10.0
# Longer than any request to the PBX may take: who is still asking then has died.
PATIENCE = timedelta(seconds=40)
LONGEST_REQUEST_ID = 100


@dataclass(frozen=True)
class Wanted:
    """A call that is asked for. The CRM names its user, our pages the employee himself.

    `origin`: api, console, history, callback, embed or test. `links`: what of the CRM the call
    belongs to (`client_id`, `lead_id`, `deal_id`).
    """

    integration_id: int
    request_id: str
    phone: str
    origin: str
    crm_user_id: str | None = None
    employee_id: str | None = None
    login_id: int | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """What the PBX is asked for."""

    pbx: CallGearClient
    employee_id: str
    phone: str
    virtual_number: str


def ask_call(session: Session, wanted: Wanted, ports: Ports) -> Answer:
    """Dial, once per `request_id` of an integration; a repeated one gets the first answer. Never
    raises for what the PBX does. Whatever the session had open is given up; it is left without a
    transaction while the PBX is asked."""
    session.rollback()
    row_id, is_new = _store(session, wanted)
    if not is_new:
        return _again(session, row_id)
    order = _prepare(session, row_id, wanted, ports)
    if order is not None:
        _dial(session, row_id, wanted.request_id, order)
    return _first(session, row_id)


def _store(session: Session, wanted: Wanted) -> tuple[int, bool]:
    """The click's row, and whether this request has made it."""
    row = ClickCall(
        integration_id=wanted.integration_id,
        request_id=wanted.request_id,
        origin=wanted.origin,
        login_id=wanted.login_id,
        crm_user_id=wanted.crm_user_id,
        employee_id=wanted.employee_id,
        phone="".join(sign for sign in wanted.phone if sign.isprintable())[:40],
        links=dict(wanted.links),
        asked_at=database_now(session),
        state="asked",
    )
    session.add(row)
    try:
        session.commit()
        return row.id, True
    except IntegrityError:
        session.rollback()
    query = select(ClickCall.id).where(
        ClickCall.integration_id == wanted.integration_id,
        ClickCall.request_id == wanted.request_id,
    )
    return session.execute(query).scalar_one(), False


def _again(session: Session, row_id: int) -> Answer:
    """The answer to a repeated request. One that was cut off gets its last answer now."""
    row = session.get_one(ClickCall, row_id, populate_existing=True)
    if row.answer is None and database_now(session) - (row.sent_at or row.asked_at) > PATIENCE:
        is_sent = row.state == "sent"
        state = "unclear" if is_sent else "refused"
        code = answers.UNKNOWN_OUTCOME if is_sent else answers.NOT_SENT
        _finish(session, row_id, row.state, state, answers.failed(504 if is_sent else 502, code))
        row = session.get_one(ClickCall, row_id, populate_existing=True)
    stored = row.answer or answers.failed(409, answers.IN_PROGRESS)
    session.rollback()
    return answers.repeated(row_id, stored)


def _prepare(session: Session, row_id: int, wanted: Wanted, ports: Ports) -> Order | None:
    """Judge the call and mark it as sent, in one transaction that excludes others of the office:
    calls at the same moment cannot pass a limit together. None: it was refused."""
    lock_office(session, wanted.integration_id)
    office = session.scalars(
        select(Integration).where(Integration.id == wanted.integration_id, LIVE)
    ).one()
    found = find_caller(session, wanted.integration_id, wanted.crm_user_id, wanted.employee_id)
    if not isinstance(found, Caller):
        _refuse(session, row_id, found)
        return None
    click = load(settings_document(session, office)).outgoing.click_to_call
    own = read_office_lists(session, office.id, office.default_country).own_numbers
    to = read_destination(
        wanted.phone,
        country=office.default_country,
        allowed=click.allowed_countries,
        own_numbers=own,
    )
    number = click.virtual_number or outgoing_number(session, office.id)
    refusal = to.refusal or over_cap(
        counts(session, office.id, found.employee_id, to.phone), click.caps
    )
    if refusal or number is None:
        refusal = refusal or Refusal.NO_VIRTUAL_NUMBER
        _refuse(session, row_id, refusal, found, to.phone)
        return None
    pbx = ports.pbx(office)
    if pbx is None:
        _finish(session, row_id, "asked", "refused", answers.failed(502, answers.NOT_CONNECTED))
        return None
    values = found.columns | {"phone": to.phone, "virtual_number": number}
    if not _move(session, row_id, "asked", "sent", sent_at=database_now(session), **values):
        session.rollback()
        return None
    session.commit()
    return Order(pbx, found.employee_id, to.phone, number)


def _refuse(
    session: Session, row_id: int, refusal: Refusal, caller: Caller | None = None, phone: str = ""
) -> None:
    values: dict[str, Any] = dict(caller.columns) if caller else {}
    if phone:
        values["phone"] = phone
    _finish(session, row_id, "asked", "blocked", answers.refused(refusal), **values)


def _dial(session: Session, row_id: int, request_id: str, order: Order) -> None:
    """Ask the PBX, with no transaction open, and store what came of it."""
    try:
        call_session_id = order.pbx.start_employee_call(
            employee_id=order.employee_id,
            contact_phone=order.phone,
            virtual_number=order.virtual_number,
            external_id=request_id,
            timeout=DIAL_SECONDS,
        )
    except ClientError as error:
        state, stored = answers.by_error(error)
        _finish(session, row_id, "sent", state, stored)
        return
    stored = answers.dialled(request_id, call_session_id)
    values = {"call_session_id": call_session_id, "progress": "calling_employee"}
    _finish(session, row_id, "sent", "dialing", stored, **values)


def _first(session: Session, row_id: int) -> Answer:
    row = session.get_one(ClickCall, row_id, populate_existing=True)
    stored = row.answer or answers.failed(409, answers.IN_PROGRESS)
    session.rollback()
    return answers.first(row_id, stored)


def _finish(
    session: Session, row_id: int, before: str, state: str, stored: dict[str, Any], **values: Any
) -> None:
    """Store the answer, unless somebody else has moved the click on, and tell the console."""
    error = stored["body"].get("error", {}).get("code")
    values |= {"answer": stored, "error": error and str(error)[:60]}
    if _move(session, row_id, before, state, **values):
        tell(session, session.get_one(ClickCall, row_id, populate_existing=True))
    session.commit()
    console_events.wake()


def _move(session: Session, row_id: int, before: str, state: str, **values: Any) -> bool:
    moved = session.execute(
        update(ClickCall)
        .where(ClickCall.id == row_id, ClickCall.state == before)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount)  # type: ignore[attr-defined]
