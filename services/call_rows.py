"""Load what working on claimed calls needs: for many at once, a few statements in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import CrmWrite, Decision, Notification
from models.base import reading as reading_only
from models.bulk import any_of, many
from rules.crm import Client
from rules.events import Event
from rules.vocabulary import Entity
from services.call import Call, Stored, Write
from services.click_links import read_clicks
from services.knobs import Knobs
from services.offices import Offices

INBOX = Notification.__table__
WRITES = CrmWrite.__table__
DECISIONS = Decision.__table__
WRITE_COLUMNS = [WRITES.c[each.name] for each in fields(Write)]


class LedgerReader:
    """Reads ledger rows for works that are moved on; opens a connection only if one is needed."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[None]:
        """While this lasts, works may read."""
        self._engine = engine
        try:
            with reading_only():
                yield
        finally:
            if self._connection is not None:
                self._connection.close()
            self._engine = self._connection = None

    def contact(self, *contacts: str) -> list[Write]:
        """The rows of a contact, or of several, the oldest first."""
        return self._read(WRITES.c.contact.in_(contacts))

    def key(self, ledger_key: str) -> Write | None:
        return next(iter(self._read(WRITES.c.ledger_key == ledger_key)), None)

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """The rows of any query."""
        assert self._engine is not None
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection.execute(query).all()

    def _read(self, condition: Any) -> list[Write]:
        query = select(*WRITE_COLUMNS).where(condition).order_by(WRITES.c.id)
        return [Write(**row._mapping) for row in self.rows(query)]


def read_contacts(connection: Connection, contacts: Collection[str]) -> dict[str, list[Write]]:
    """The ledger's rows of several contacts, the oldest first; each has a list, if an empty one."""
    found: dict[str, list[Write]] = {contact: [] for contact in contacts}
    if found:
        named = text(any_of(connection, "contact", "contacts"))
        query = select(*WRITE_COLUMNS).where(named).order_by(WRITES.c.id)
        for row in connection.execute(query, {"contacts": many(connection, found)}):
            found[row.contact or ""].append(Write(**row._mapping))
    return found


def load_calls(
    session: Session,
    rows: Sequence[Row[Any]],
    offices: Offices,
    knobs: Knobs,
    now: Callable[[], datetime],
    ledger: LedgerReader,
) -> list[Call]:
    """The calls of claimed rows, in the order of the rows."""
    ids = sorted(row.id for row in rows)
    events, writes = _events(session, ids), _writes(session, ids)
    decisions = _decisions(session, ids)
    clicks = read_clicks(session, [(row.integration_id, row.call_session_id) for row in rows])
    calls = []
    for row in rows:
        office = offices.get(session, row.integration_id)
        version = row.settings_version or office.published_version
        made = decisions[row.id]
        call = Call(
            row=row,
            office=office,
            settings=offices.find_settings(session, row.integration_id, version),
            rendering=offices.find_settings(session, row.integration_id, row.render_version),
            events=events[row.id],
            now=now,
            knobs=knobs,
            read_contact=ledger.contact,
            read_key=ledger.key,
            read_rows=ledger.rows,
            writes=writes[row.id],
            decisions=made.get(row.decision_number, {}),
            earlier=_earlier(made, row.decision_number),
            created=dict(row.created),
            client=Client(**row.client) if row.client else None,
            clicked=clicks.get((row.integration_id, row.call_session_id)),
        )
        if row.settings_version is None and version:
            call.update_session(settings_version=version)
        calls.append(call)
    return calls


def _earlier(made: Mapping[int, dict[str, Stored]], number: int) -> dict[str, Stored]:
    """Of each kind the last decision before this one."""
    before = [made[each] for each in sorted(made) if each < number]
    return {kind: decision for decisions in before for kind, decision in decisions.items()}


def event_of(row: Any) -> Event:
    """An inbox row as the event that it is."""
    return Event(
        kind=row.kind,
        key=row.event_key,
        call_session_id=row.call_session_id,
        members=row.members,
        row_id=row.id,
        received_at=row.received_at,
    )


def _events(session: Session, ids: Iterable[int]) -> dict[int, list[Event]]:
    query = select(
        INBOX.c.id,
        INBOX.c.session_row_id,
        INBOX.c.kind,
        INBOX.c.event_key,
        INBOX.c.call_session_id,
        INBOX.c.members,
        INBOX.c.received_at,
    ).where(INBOX.c.session_row_id.in_(ids))
    found: dict[int, list[Event]] = defaultdict(list)
    for row in session.execute(query.order_by(INBOX.c.id)):
        found[row.session_row_id].append(event_of(row))
    return found


def _writes(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Write]]:
    """The writes of the calls, and the clients of other calls that these are linked to: whoever
    holds the contact may make him. All else belongs to its call alone, and is read when needed."""
    query = select(*WRITE_COLUMNS).order_by(WRITES.c.id)
    found: dict[int, dict[str, Write]] = defaultdict(dict)
    linked: dict[str, set[int]] = defaultdict(set)
    for row in session.execute(query.where(WRITES.c.session_row_id.in_(ids))):
        write = Write(**row._mapping)
        found[write.session_row_id][write.ledger_key] = write
        link = write.links.get("client", {})
        if write.is_open and "key" in link:
            linked[link["key"]].add(write.session_row_id)
    missing = [key for key, users in linked.items() if any(key not in found[u] for u in users)]
    if missing:
        for row in session.execute(query.where(WRITES.c.ledger_key.in_(sorted(missing)))):
            for user in linked[row.ledger_key]:
                found[user].setdefault(row.ledger_key, Write(**row._mapping))
    return found


def _decisions(session: Session, ids: Iterable[int]) -> dict[int, dict[int, dict[str, Stored]]]:
    """Call -> number of the decision -> kind -> decision."""
    query = select(DECISIONS).where(DECISIONS.c.session_row_id.in_(ids))
    found: dict[int, dict[int, dict[str, Stored]]] = defaultdict(dict)
    for row in session.execute(query.order_by(DECISIONS.c.number)):
        found[row.session_row_id].setdefault(row.number, {})[row.kind] = Stored(
            kind=row.kind,
            rule=row.rule,
            actions=tuple(Entity(action) for action in row.actions),
            contact=row.contact,
            owner_user_id=row.owner_user_id,
            client_id=row.client_id,
        )
    return found
