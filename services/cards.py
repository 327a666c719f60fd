"""Makes and changes the cards of ringing calls: what the live process does, again and again.

SQL is the truth. Any number of processes may do this at once: a card is made once, changed only as
it was read, and its events are stored with the change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, NoResultFound, OperationalError
from sqlalchemy.orm import Session

from models.base import from_ms, now_ms, reading
from rules.cards import CardFacts, fold_card, news_for_crm, seats_as_json
from rules.events import Event
from rules.material import Surroundings
from rules.phones import Phone
from services import card_answers, card_rows, console_events, dial_progress, meters, urgent
from services.card_context import FRESH_SECONDS, read_known, read_source
from services.card_errands import Errands, LookUp, Tell
from services.card_inbox import Key, Watch, read_events
from services.card_news import news
from services.card_view import concerned, view
from services.offices import Office, Offices
from services.ports import Ports
from services.saying import about_call

LOOK_AFTER_SECONDS = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What one card is to become. `row`: as it was read, None for a new one."""

    key: Key
    office: Office
    row: card_rows.Row | None
    values: dict[str, Any]
    tells: dict[str, list[str]]
    look_up: Phone | None
    told_at: datetime | None = None  # when the notification came that made a new card


class LiveCards:
    """`on_done` is called, in another thread, when `step` should be called again soon."""

    def __init__(
        self, engine: Engine, ports: Ports, on_done: Callable[[], None] = lambda: None
    ) -> None:
        self._engine = engine
        self._offices = Offices(ports)
        self._watch = Watch()
        self._errands = Errands(on_done)
        self._again: set[Key] = set()
        self._look_after_at = 0.0
        # Waiting for the turn to write to SQLite fails with the driver's own error.
        self._busy = (OperationalError, engine.dialect.loaded_dbapi.OperationalError)

    def step(self) -> bool:
        """Bring all cards up to date; False if there was nothing to do."""
        results = self._errands.results()
        began = monotonic()
        with reading(), Session(self._engine) as session:
            connection = session.connection()
            now = from_ms(connection.execute(select(now_ms())).scalar_one())
            # Kept until their plans are made: if reading fails, they come again.
            self._again |= self._watch.find_new(connection)
            keys = set(self._again)
            closed = self._look_after(session, now)
            plans = self._plan_all(session, keys | closed, closed, now)
            dials = dial_progress.behind(connection, keys)
        self._again -= keys
        if not plans and not results and not dials:
            return False
        orders = self._store(plans, results, now)
        self._measure(plans, now, monotonic() - began)
        self._follow(dials)
        console_events.wake()
        for order in orders:
            self._errands.look_up(order) if isinstance(order, LookUp) else self._errands.tell(order)
        return True

    def _measure(self, plans: list[Plan], now: datetime, took: float) -> None:
        """Say and count how soon the new cards were there."""
        for plan in plans:
            if plan.told_at is not None and plan.key not in self._again:
                seconds = max(0.0, (now - plan.told_at).total_seconds()) + took
                meters.observe("popup_seconds", seconds=seconds)
                with about_call(*plan.key):
                    logger.info("card made after %.3f s", seconds)

    def close(self, *, wait: bool = False) -> None:
        self._errands.close(wait=wait)

    def _follow(self, dials: set[Key]) -> None:
        """Tell those who asked for these calls by a click how they come about."""
        try:
            if dials:
                with self._engine.begin() as connection:
                    dial_progress.follow(connection, dials)
        except (DBAPIError, *self._busy):
            logger.exception("calls by a click could not be followed")

    def _plan_all(
        self, session: Session, keys: Iterable[Key], closed: set[Key], now: datetime
    ) -> list[Plan]:
        keys = sorted(keys)
        if not keys:
            return []
        rows = card_rows.read(session.connection(), keys)
        events = read_events(session.connection(), keys)
        plans = []
        for key in keys:
            with about_call(*key):
                try:
                    plan = self._plan(session, key, rows.get(key), events[key], key in closed, now)
                except NoResultFound:
                    continue  # the integration is gone
                except Exception:
                    # The edge of this process: one card must not keep the others from their pages.
                    logger.exception("a card could not be made")
                    continue
            plans += [plan] if plan else []
        return plans

    def _plan(
        self,
        session: Session,
        key: Key,
        row: card_rows.Row | None,
        events: list[Event],
        is_closed: bool,
        now: datetime,
    ) -> Plan | None:
        office = self._offices.get(session, key[0])
        facts = fold_card(events, _around(office, is_closed=is_closed))
        if facts is None:
            return None
        values = _values(facts)
        if row is None:
            if facts.ended_at and (now - facts.ended_at).total_seconds() > FRESH_SECONDS:
                return None
            values |= {"integration_id": key[0], "call_session_id": key[1], "told": {}}
            values["source"] = read_source(session, self._offices, office, key[1], facts)
        elif all(row[name] == value for name, value in values.items()):
            return None
        look_up = None
        if row is None or row["client_phone"] != values["client_phone"]:
            values |= _known(session, office, facts)
            look_up = facts.phone if values["crm_state"] == "asking" else None
        told = row["told"] if row else {}
        tells = {} if is_closed else news_for_crm(facts, told, now)
        if not office.crm.supports("call_events"):
            tells = {}
        told_at = None if row else max((each.received_at or now for each in events), default=now)
        return Plan(key, office, row, values, tells, look_up, told_at)

    def _look_after(self, session: Session, now: datetime) -> set[Key]:
        """From time to time: calls whose end never came, and look-ups that died with a process."""
        if monotonic() < self._look_after_at:
            return set()
        self._look_after_at = monotonic() + LOOK_AFTER_SECONDS
        return card_answers.look_after(
            session, self._offices, card_rows.find_open(session.connection()), self._errands, now
        )

    def _store(self, plans: list[Plan], results: list[Any], now: datetime) -> list[LookUp | Tell]:
        try:
            with self._engine.begin() as connection:
                return self._store_in(connection, plans, results, now)
        except self._busy:  # no turn to write, or the database is away
            logger.warning("cards could not be stored now")
            self._again |= {plan.key for plan in plans}
            self._errands.forget(results)
            return []
        except DBAPIError:
            if len(plans) + len(results) <= 1:
                logger.exception("a card could not be stored")
                self._errands.forget(results)
                return []
        orders: list[LookUp | Tell] = []
        for plan in plans:
            orders += self._store([plan], [], now)
        for result in results:
            orders += self._store([], [result], now)
        return orders

    def _store_in(
        self, connection: Connection, plans: list[Plan], results: list[Any], now: datetime
    ) -> list[LookUp | Tell]:
        orders: list[LookUp | Tell] = []
        for plan in plans:
            orders += self._carry_out(connection, plan, now)
        for result in results:
            card_answers.take_result(connection, result)
        self._errands.forget(results)
        return orders

    def _carry_out(self, connection: Connection, plan: Plan, now: datetime) -> list[LookUp | Tell]:
        account = plan.office.account_row_id
        values, phone = dict(plan.values), plan.look_up
        requests = len(plan.tells) + bool(phone)
        may_ask = not requests or urgent.may_ask(connection, account, requests)
        if phone and not may_ask:
            values["crm_state"], phone = "away", None
        told = plan.row["told"] if plan.row else {}
        values["told"] = told | dict.fromkeys(plan.tells, "sent" if may_ask else "dropped")
        after = (
            card_rows.change(connection, plan.row, values)
            if plan.row
            else card_rows.make(connection, values)
        )
        if after is None:
            self._again.add(plan.key)
            return []
        publish_card(connection, plan.row, after)
        orders: list[LookUp | Tell] = []
        if phone:
            orders.append(LookUp(after["id"], plan.key, plan.office, phone, now))
        return orders + [
            Tell(after["id"], plan.office, news(after, event, whose, plan.office, now), plan.key[1])
            for event, whose in plan.tells.items()
            if may_ask
        ]


def publish_card(
    connection: Connection, before: card_rows.Row | None, after: card_rows.Row
) -> None:
    """Tell the consoles of those whom the change concerns."""
    console_events.publish_many(
        connection,
        [
            (after["integration_id"], who, console_events.CARD, view(after, who))
            for who in concerned(before, after)
        ],
    )


def _around(office: Office, *, is_closed: bool) -> Surroundings:
    return Surroundings(
        zone=office.zone,
        country=office.country,
        own_numbers=office.own_numbers,
        employee_by_email=office.employee_by_email,
        is_closed=is_closed,
    )


def _values(facts: CardFacts) -> dict[str, Any]:
    """The columns that the events of the call tell."""
    return {
        "state": str(facts.state),
        "started_at": facts.started_at,
        "talking_since": facts.talking_since,
        "ended_at": facts.ended_at,
        "client_phone": facts.phone.value if facts.phone else None,
        "virtual_number": facts.virtual_number[:40] if facts.virtual_number else None,
        "employees": seats_as_json(facts.seats),
    }


def _known(session: Session, office: Office, facts: CardFacts) -> dict[str, Any]:
    """What the card says of the client before the CRM is asked."""
    if facts.phone is None:
        return {"crm_state": "hidden", "client": None}
    known = read_known(session, office, facts.phone)
    if known is None:
        return {"crm_state": "asking", "client": None}
    client, is_fresh = known
    final = "known" if client else "unknown"
    return {"crm_state": final if is_fresh else "asking", "client": client}
