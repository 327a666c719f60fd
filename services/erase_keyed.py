"""What is found by the number itself: the index of clients, address book, ledger, settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, or_, select, update

from models import (
    AddressBookEntry,
    CrmAccount,
    CrmWrite,
    Integration,
    KnownClient,
    SettingsVersion,
)
from rules.keys import client_contact, task_contact
from rules.number_traces import NumberTraces
from services.vault import keyed_hash
from services.wipe_calls import wipe_writes

INDEX, BOOK = KnownClient.__table__, AddressBookEntry.__table__
WRITES, VERSIONS = CrmWrite.__table__, SettingsVersion.__table__
OFFICES, ACCOUNTS = Integration.__table__, CrmAccount.__table__
# What others have said of a connection, where anything might stand.
TOLD = ("crm_error", "pbx_error", "reconcile_error", "connection_checks")


@dataclass(frozen=True)
class Number:
    """A number of one integration. `reference_key` is that of the CRM account: it makes the keyed
    hash that stands for the number in ledger keys."""

    integration_id: int
    account_row_id: int
    account_id: str
    reference_key: str
    traces: NumberTraces

    @property
    def value(self) -> str:
        return self.traces.phone.value

    @property
    def hash(self) -> str:
        return keyed_hash(self.reference_key, f"phone|{self.value}")

    @property
    def contacts(self) -> tuple[str, str]:
        """What the ledger's rows for this number are found by."""
        return (
            client_contact(self.account_id, self.hash),
            task_contact(self.integration_id, None, self.hash),
        )


def erase_keyed(connection: Connection, number: Number) -> dict[str, int]:
    """Erase all of it; returns how many rows of which table. Safe to repeat.

    The ledger before the index, as workers write them, so that neither waits for the other.
    """
    writes = wipe_writes(connection, _own_writes(number))
    mine = INDEX.c.crm_account_row_id == number.account_row_id
    clients = select(INDEX.c.client_id).where(mine, INDEX.c.phone == number.value)
    ids = [each for each in connection.execute(clients).scalars() if each]
    gone = connection.execute(delete(INDEX).where(mine, INDEX.c.phone == number.value)).rowcount
    _rename(connection, number, ids)
    book = (BOOK.c.integration_id == number.integration_id) & (BOOK.c.phone == number.value)
    entries = connection.execute(delete(BOOK).where(book)).rowcount
    return {
        "known_client": gone,
        "address_book_entry": entries,
        "crm_write": writes,
        "settings_version": _clean_settings(connection, number),
        "integration": _clean_told(connection, number),
    }


def _own_writes(number: Number) -> Any:
    mine = WRITES.c.integration_id == number.integration_id
    return mine & WRITES.c.contact.in_(number.contacts) & (cast(WRITES.c.body, Text) != "{}")


def _rename(connection: Connection, number: Number, client_ids: list[str]) -> None:
    """The client's other numbers stay; where his name is the number, it goes."""
    mine = INDEX.c.crm_account_row_id == number.account_row_id
    query = select(INDEX.c.phone, INDEX.c.name, INDEX.c.url)
    for row in connection.execute(query.where(mine, INDEX.c.client_id.in_(client_ids))).all():
        rest = {name: number.traces.without(getattr(row, name)) for name in ("name", "url")}
        if rest != {"name": row.name, "url": row.url}:
            connection.execute(update(INDEX).where(mine, INDEX.c.phone == row.phone).values(rest))


def settings_with(connection: Connection, number: Number) -> Iterator[Any]:
    """The versions of the settings that name the number; `is_published` is the one in force."""
    likes = [cast(VERSIONS.c.document, Text).like(each) for each in number.traces.like_patterns()]
    in_force = (
        select(OFFICES.c.published_version)
        .where(OFFICES.c.id == number.integration_id)
        .scalar_subquery()
    )
    query = select(VERSIONS, (VERSIONS.c.number == in_force).label("is_published")).where(
        VERSIONS.c.integration_id == number.integration_id, or_(*likes)
    )
    for row in connection.execute(query).all():
        if number.traces.is_in(row.document):
            yield row


def _clean_settings(connection: Connection, number: Number) -> int:
    """Older versions and the draft lose the number; the version in force stays as it is, for calls
    are handled by it: an admin takes the number out there."""
    cleaned = 0
    for row in list(settings_with(connection, number)):
        if not row.is_published:
            rest = without_items(row.document, number.traces)
            changed = update(VERSIONS).where(VERSIONS.c.id == row.id).values(document=rest)
            cleaned += connection.execute(changed).rowcount
    # Not against the key: workers hold that while they store what refers to the integration.
    found = select(OFFICES.c.draft).where(OFFICES.c.id == number.integration_id)
    office = connection.execute(found.with_for_update(key_share=True)).one()
    if office.draft is not None and number.traces.is_in(office.draft):
        rest = {"draft": without_items(office.draft, number.traces)}
        rest |= {"draft_revision": OFFICES.c.draft_revision + 1}
        mine = update(OFFICES).where(OFFICES.c.id == number.integration_id)
        cleaned += connection.execute(mine.values(rest)).rowcount
    return cleaned


def without_items(value: Any, traces: NumberTraces) -> Any:
    """A document without the number: from lists the whole item goes, for three stars would be no
    number there."""
    if isinstance(value, dict):
        return {name: without_items(each, traces) for name, each in value.items()}
    if isinstance(value, list):
        plain = (str, int)
        kept = [each for each in value if not (isinstance(each, plain) and traces.is_in(each))]
        return [without_items(each, traces) for each in kept]
    return traces.without(value)


def _clean_told(connection: Connection, number: Number) -> int:
    cleaned = 0
    for table, row_id, names in (
        (OFFICES, number.integration_id, TOLD),
        (ACCOUNTS, number.account_row_id, ("last_error",)),
    ):
        row = connection.execute(select(table).where(table.c.id == row_id)).one()._mapping
        rest = {name: number.traces.without(row[name]) for name in names}
        if rest != {name: row[name] for name in names}:
            cleaned += connection.execute(
                update(table).where(table.c.id == row_id).values(rest)
            ).rowcount
    return cleaned
