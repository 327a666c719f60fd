"""The address book of the Data API (reference 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.callgear.account import Account, Row
from simulators.callgear.checks import Param
from simulators.callgear.errors import RpcError
from simulators.callgear.fields import CONTACTS
from simulators.callgear.results import created, note_written, page
from simulators.callgear.rpc import Asked, Method, Result
from simulators.callgear.selection import PAGING


def _writable(*, is_update: bool) -> tuple[Param, ...]:
    return (
        Param("last_name", required=not is_update, highest=255),
        Param("phone_numbers", "array", required=not is_update, item="phone", highest=10),
        Param("first_name", highest=255),
        Param("patronymic", highest=255),
        Param("emails", "array", item="email", highest=10),
        Param("personal_manager_id", "number"),
        Param("organization_id", "number"),
        Param("groups", "array", item="number"),
    )


def apply(account: Account, row: Row, values: Mapping[str, Any]) -> None:
    """Write these values into the contact; arrays replace the stored ones whole."""
    for name, value in values.items():
        if name in CONTACTS and name != "id":
            row[name] = value
    manager = account.employees.get(row["personal_manager_id"])
    row["personal_manager_full_name"] = manager["full_name"] if manager else None
    parts = (row["last_name"], row["first_name"], row["patronymic"])
    row["full_name"] = " ".join(part for part in parts if part)


def new_contact(account: Account, contact_id: int, values: Mapping[str, Any]) -> Row:
    row: Row = {**dict.fromkeys(CONTACTS), "id": contact_id, "emails": [], "groups": []}
    apply(account, row, values)
    return row


def _check(asked: Asked) -> None:
    phones = asked.params.get("phone_numbers") or []
    if len(set(phones)) < len(phones):
        raise RpcError("invalid_parameter_value", field="phone_numbers")
    manager_id = asked.params.get("personal_manager_id")
    if manager_id is not None and manager_id not in asked.account.employees:
        raise RpcError("entity_not_found", field="personal_manager_id", value=manager_id)


def _get(asked: Asked) -> Result:
    return page(asked, list(asked.account.contacts.values()), CONTACTS)


def _create(asked: Asked) -> Result:
    _check(asked)
    new_id = asked.world.next_id("entity")
    asked.account.contacts[new_id] = new_contact(asked.account, new_id, asked.params)
    note_written(asked, "create.contacts", new_id)
    return created(asked, new_id)


def _update(asked: Asked) -> Result:
    contact_id = asked.params["id"]
    row = asked.account.contacts.get(contact_id)
    if row is None:
        raise RpcError("entity_not_found", field="id", value=contact_id)
    _check(asked)
    apply(asked.account, row, asked.params)
    note_written(asked, "update.contacts", contact_id)
    return {}


METHODS = {
    "get.contacts": Method(_get, PAGING),
    "create.contacts": Method(_create, _writable(is_update=False)),
    "update.contacts": Method(
        _update, (Param("id", "number", required=True), *_writable(is_update=True))
    ),
}
