"""Which request is which operation, and what scope of the key it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from simulators.behomes import reading, writing
from simulators.behomes.errors import Refusal
from simulators.behomes.exchange import Exchange, Reply
from simulators.behomes.writing import Commit

PREFIX = "/v4/crm/"
SINGULAR = {"clients": "client", "leads": "lead", "deals": "deal", "tasks": "task"}
NO_SCOPE = ""


@dataclass(frozen=True)
class Operation:
    """One row of section 3. It either reads, or prepares a write."""

    name: str
    subject: str
    scope: str
    read: Callable[[Exchange], Reply] | None = None
    write: Callable[[Exchange], Commit] | None = None


def _table() -> dict[tuple[str, str, bool], Operation]:
    """(method, collection, with an id) -> operation."""
    table = {
        ("GET", "account", False): Operation(
            "get_account", "account", NO_SCOPE, read=reading.get_account
        ),
        ("GET", "users", False): Operation(
            "list_users", "users", "users.read", read=reading.list_users
        ),
        ("GET", "pipelines", False): Operation(
            "list_pipelines", "pipelines", NO_SCOPE, read=reading.list_pipelines
        ),
        ("GET", "custom_fields", False): Operation(
            "list_custom_fields", "custom_fields", NO_SCOPE, read=reading.list_custom_fields
        ),
        ("PUT", "calls", True): Operation("put_call", "calls", "calls", write=writing.put_call),
        ("PATCH", "calls", True): Operation(
            "patch_call", "calls", "calls", write=writing.patch_call
        ),
        ("POST", "call_events", False): Operation(
            "create_call_event", "call_events", "call_events", write=writing.create_call_event
        ),
    }
    for plural, one in SINGULAR.items():
        table["GET", plural, False] = Operation(
            f"find_{one}", plural, plural, read=reading.find_by_external_id
        )
        table["GET", plural, True] = Operation(f"get_{one}", plural, plural, read=reading.get_row)
        table["POST", plural, False] = Operation(
            f"create_{one}", plural, plural, write=writing.create_row
        )
        table["PATCH", plural, True] = Operation(
            f"update_{one}", plural, plural, write=writing.update_row
        )
    return table


OPERATIONS = _table()
BY_PHONE = Operation(
    "find_clients_by_phone", "clients", "clients", read=reading.find_clients_by_phone
)
LIST_CLIENTS = Operation("list_clients", "clients", "clients", read=reading.list_clients)
EVERY = (*OPERATIONS.values(), BY_PHONE, LIST_CLIENTS)


def resolve(method: str, path: str, query: list[tuple[str, str]]) -> tuple[Operation, str]:
    """The operation of a request and the id in its path. Raises 404 or 405 as a refusal."""
    collection, slash, identity = path[len(PREFIX) :].partition("/")
    with_id = bool(slash and identity)
    operation = OPERATIONS.get((method, collection, with_id))
    if operation is None:
        if any(key[1:] == (collection, with_id) for key in OPERATIONS):
            raise Refusal(405, "method_not_allowed", f"{method} is not allowed here")
        raise Refusal(404, "unknown_path", "there is no such address")
    if operation.name == "find_client":
        operation = _which_search(operation, query)
    return operation, unquote(identity)


def _which_search(by_external_id: Operation, query: list[tuple[str, str]]) -> Operation:
    names = {name for name, _value in query}
    if "phone" in names:
        return BY_PHONE
    return by_external_id if "external_id" in names else LIST_CLIENTS
