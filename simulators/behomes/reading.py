"""The operations that read: section 3 of the contract, the GET rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from simulators.behomes.errors import bad_query, not_found
from simulators.behomes.exchange import Exchange, Reply, whole
from simulators.behomes.store import Row
from simulators.behomes.world import Account

PAGE_DEFAULT, PAGE_MAXIMUM = 50, 200
FAR = 10**9


def get_account(exchange: Exchange) -> Reply:
    exchange.parameters()
    return 200, {"response": exchange.account.describe()}


def list_users(exchange: Exchange) -> Reply:
    values = exchange.parameters("page", "objects_per_page")
    return _page(exchange, values, list(exchange.account.users.values()))


def list_pipelines(exchange: Exchange) -> Reply:
    exchange.parameters()
    ordered = sorted(exchange.account.pipelines.values(), key=lambda one: one["sort"])
    return 200, {"response": ordered}


def list_custom_fields(exchange: Exchange) -> Reply:
    entity = exchange.parameters("entity").get("entity", [""])[0]
    if entity not in ("client", "lead", "deal"):
        raise bad_query("entity", "unknown_value" if entity else "required")
    return 200, {"response": list(exchange.account.custom_fields.get(entity, {}).values())}


def find_clients_by_phone(exchange: Exchange) -> Reply:
    clients = exchange.account.clients
    phones = exchange.parameters("phone")["phone"]
    if not all(any(map(str.isdecimal, phone)) for phone in phones):
        raise bad_query("phone", "invalid_format")
    ignored = "phone_filter_ignored" in exchange.shaping
    rows = clients.rows.values() if ignored else clients.find_phones(phones)
    return _found(exchange, islice(rows, PAGE_DEFAULT))


def find_by_external_id(exchange: Exchange) -> Reply:
    wanted = exchange.parameters("external_id").get("external_id", [])
    if len(wanted) != 1 or not wanted[0]:
        raise bad_query("external_id", "required")
    return _found(exchange, exchange.account.tables[exchange.subject].find_external(wanted[0]))


def list_clients(exchange: Exchange) -> Reply:
    values = exchange.parameters("updated_since", "page", "objects_per_page")
    rows: Iterable[Row] = exchange.account.clients.rows.values()
    since = values.get("updated_since")
    if since is not None:
        if len(since) != 1 or not since[0].isdigit():
            raise bad_query("updated_since", "wrong_type")
        earliest = int(since[0])
        rows = (row for row in rows if row.data["updated_at"] >= earliest)
    return _page(exchange, values, list(rows))


def get_row(exchange: Exchange) -> Reply:
    exchange.parameters()
    return 200, {"response": view(exchange.account, exchange.subject, living_row(exchange))}


def living_row(exchange: Exchange) -> Row:
    """The row that the path names. Raises the refusal for one that is gone or never was."""
    table = exchange.account.tables[exchange.subject]
    row = table.rows.get(exchange.identity)
    if row is None:
        was_there = exchange.identity in table.deleted
        status = 410 if was_there and exchange.world.config.deleted_status == 410 else 404
        raise not_found(exchange.subject, exchange.identity, status=status)
    return row


def view(account: Account, subject: str, row: Row) -> dict[str, Any]:
    """What a caller sees of a row; a client comes with its open leads and deals."""
    if subject != "clients":
        return row.data
    return {
        **row.data,
        "open_leads": account.open_of("leads", row.id),
        "open_deals": account.open_of("deals", row.id),
    }


def _found(exchange: Exchange, rows: Iterable[Row]) -> Reply:
    shown = [view(exchange.account, exchange.subject, row) for row in rows]
    return 200, {"response": shown, "filter_params": {"page": 1, "max_pages": 1}}


def _page(exchange: Exchange, values: dict[str, list[str]], things: list[Any]) -> Reply:
    page = whole(values, "page", 1, maximum=FAR)
    size = whole(values, "objects_per_page", PAGE_DEFAULT, maximum=PAGE_MAXIMUM)
    shown = [
        view(exchange.account, exchange.subject, one) if isinstance(one, Row) else one
        for one in things[(page - 1) * size : page * size]
    ]
    pages = _told_pages(exchange, page, max(1, -(-len(things) // size)))
    paging = {"page": page, "objects_per_page": size, "max_pages": pages}
    return 200, {"response": shown, "filter_params": paging}


def _told_pages(exchange: Exchange, page: int, real: int) -> int:
    """`max_pages` as it is, or as the fault tells it: growing page by page, or off by `by`."""
    fault = exchange.shaping.get("max_pages_changes")
    if fault is None:
        return real
    if "by" in fault.options:
        return max(1, real + int(fault.options["by"]))
    return min(real, page + 1)
