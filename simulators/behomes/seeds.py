"""Puts seed documents into the world. Seeds are trusted: short forms get defaults."""

from __future__ import annotations

from typing import Any

from simulators.behomes import demo
from simulators.behomes.rows import complete
from simulators.behomes.store import Row, now_ms
from simulators.behomes.world import Account, World

ROWS = ("clients", "leads", "deals", "tasks")
REQUIRED = {"clients": ("name", "phones"), "leads": ("title",), "deals": ("title",), "tasks": ()}


def seeded_world(seed: str | dict[str, Any]) -> World:
    """A new world from `demo`, `empty` (the demo key alone) or a seed document."""
    world = World()
    match seed:
        case "demo":
            add_seed(world, {"accounts": [demo.demo_account()]})
        case "empty":
            add_seed(world, {"accounts": [{"key": demo.KEY, "account_id": "acc_1001"}]})
        case dict():
            add_seed(world, seed)
        case _:
            raise ValueError(f"unknown seed {seed!r}; known: demo, empty, or a document")
    return world


def add_seed(world: World, document: dict[str, Any]) -> list[str]:
    """Add what the document holds; the ids of the accounts it touched. Raises ValueError."""
    parts = document.get("accounts")
    if parts is None:
        account = world.account(document.get("account"))
        if account is None:
            raise ValueError(f"no account {document.get('account')!r}")
        _fill(world, account, document)
        return [account.account_id]
    return [_add_account(world, part).account_id for part in parts]


def _add_account(world: World, part: dict[str, Any]) -> Account:
    if not isinstance(part.get("key"), str):
        raise ValueError("an account needs a key")
    if part.get("template") == "demo":
        part = {**demo.demo_account(part["key"]), **part}
    account = world.accounts.get(part["key"])
    if account is None:
        about = {key: value for key, value in part.items() if key != "key"}
        account = world.accounts[part["key"]] = Account(part["key"], **about)
    _fill(world, account, part)
    return account


def _fill(world: World, account: Account, part: dict[str, Any]) -> None:
    for user in part.get("users", ()):
        account.users[user["id"]] = _whole_user(user)
    for pipeline in part.get("pipelines", ()):
        account.add_pipeline(_whole_pipeline(pipeline))
    for spec in part.get("custom_fields", ()):
        of_entity = account.custom_fields.setdefault(spec["entity"], {})
        whole = {"title": spec["key"], "type": "string", "required": False, "options": [], **spec}
        of_entity[spec["key"]] = whole
    for table in ROWS:
        for body in part.get(table, ()):
            add_row(world, account, table, body, origin="seed")
    _generate(world, account, part.get("generate") or {})
    world.version += 1


def add_row(
    world: World, account: Account, table: str, body: dict[str, Any], *, origin: str
) -> Row:
    """One row that did not come through the API."""
    missing = [name for name in REQUIRED[table] if name not in body]
    if missing:
        raise ValueError(f"{table}: {', '.join(missing)} missing")
    number, identity = world.next_id(table)
    identity = body.get("id", identity)
    data = complete(account, table, identity, {"external_id": None, **body})
    row = Row(number, identity, data, origin)
    account.tables[table].insert(row)
    account.tie_to_client(table, row)
    return row


def _whole_user(user: dict[str, Any]) -> dict[str, Any]:
    blank = {"name": user["id"], "email": None, "phones": [], "extension": None, "team": None}
    return {**blank, "active": True, "updated_at": now_ms(), **user}


def _whole_pipeline(pipeline: dict[str, Any]) -> dict[str, Any]:
    stages = [
        {"name": stage["id"], "kind": "open", "sort": 10 * (index + 1), **stage}
        for index, stage in enumerate(pipeline["stages"])
    ]
    blank = {"entity": "deal", "name": pipeline["id"], "sort": 10}
    return {**blank, **pipeline, "stages": stages}


def _generate(world: World, account: Account, wanted: dict[str, int]) -> None:
    """Many rows of an invented kind, for paging and for benchmarks."""
    for index in range(wanted.get("users", 0)):
        user = {
            "id": f"u_{10_000 + index}",
            "name": f"Agent Generated {index}",
            "email": f"generated.{index}@example.com",
            "extension": f"{10_000 + index}",
        }
        account.users[user["id"]] = _whole_user(user)
    users: list[str | None] = list(account.users) or [None]
    for index in range(wanted.get("clients", 0)):
        body = {
            "name": f"Client Generated {index}",
            "phones": [f"+97155{index:07d}"],
            "responsible_user_id": users[index % len(users)],
        }
        add_row(world, account, "clients", body, origin="seed")
