"""What the simulated CRM tells tests and the fault campaign about itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any

from simulators.behomes.store import digits
from simulators.behomes.world import ENTITIES, Account, World


def written(
    world: World, only: Account | None, *, untouched: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Per entity all rows that the API wrote to, in order of creation; `untouched`: all rows."""
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {name: [] for name in ENTITIES}
    for account, name, row in world.every_row():
        if only not in (None, account) or not (untouched or row.writes):
            continue
        about = {
            "_account": account.account_id,
            "_origin": row.origin,
            "_writes": row.writes,
            "_deleted": row.id in account.tables[name].deleted,
        }
        found[name].append((row.number, {**row.data, **about}))
    return {
        name: [data for _number, data in sorted(rows, key=lambda pair: pair[0])]
        for name, rows in found.items()
    }


def audit(world: World, only: Account | None, *, counts: bool = True) -> dict[str, Any]:
    """How many rows the API ever made per external_id, and clients that share a phone."""
    accounts = [only] if only else list(world)
    entities = {name: _audit_table(accounts, name, counts=counts) for name in ENTITIES}
    doubled = _doubled_phones(accounts)
    return {"pending": world.pending, "entities": entities, "doubled_phones": doubled}


def _audit_table(accounts: Iterable[Account], name: str, *, counts: bool) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for account in accounts:
        total.update(account.tables[name].inserted)
    doubled = {external: number for external, number in total.items() if number > 1}
    about = {"total": total.total(), "distinct": len(total), "doubled": doubled}
    return {**about, "counts": dict(total)} if counts else about


def _doubled_phones(accounts: Iterable[Account]) -> dict[str, int]:
    """Phones of several clients, at least one of which the API made."""
    found: dict[str, int] = {}
    for account in accounts:
        phones: Counter[str] = Counter()
        made_by_api = set()
        for row in chain(account.clients.rows.values(), account.clients.deleted.values()):
            bare = {digits(phone) for phone in row.data["phones"]}
            phones.update(bare)
            made_by_api |= bare if row.origin == "api" else set()
        found.update({one: n for one, n in phones.items() if n > 1 and one in made_by_api})
    return found
