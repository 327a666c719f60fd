"""Accounts to start with: the demo account, and accounts of your own by `POST /_sim/seed`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulators.callgear.account import Account, Row
from simulators.callgear.contacts import new_contact
from simulators.callgear.employees import STATUS_WORDS, new_employee
from simulators.callgear.fields import CAMPAIGNS, NUMBERS, STATUSES
from simulators.callgear.points import Points
from simulators.callgear.world import World
from simulators.kit import RequestLog

DEMO_TOKEN = "demo-callgear-token"
WORDS = ("One", "Two", "Three", "Four", "Five", "Six")
DEMO: dict[str, Any] = {
    "app_id": 50001,
    "name": "Sample Brokerage LLC",
    "timezone": "Asia/Dubai",
    "tokens": {DEMO_TOKEN: "active"},
    "logins": {"demo": "demo-password"},
    "employees": [
        {
            "id": 101 + index,
            "last_name": "Agent",  # full_name = last + first, so "Agent One"
            "first_name": word,
            "email": f"agent.{word.lower()}@example.com",
            "extension": str(117 + index),
            "phones": [f"016000{index + 1}", f"1202555{117 + index:04}"],
        }
        for index, word in enumerate(WORDS)
    ],
    "numbers": [
        {"virtual_phone_number": "97140000001", "name": "Main line"},
        {"virtual_phone_number": "97140000002", "name": "Second line"},
        {
            "virtual_phone_number": "97140000003",
            "name": "Portal campaign",
            "comment": "Number shown on the property portal",
            "type": "call_tracking",
            "campaign": "Portal campaign",
        },
    ],
    "tags": ["VIP", "Off-plan", "Viewing"],
    "contacts": [
        {"last_name": "Client", "first_name": "Sample", "phone_numbers": ["12025550143"]},
    ],
}


def reset(world: World, *, keep_webhooks: bool = False) -> None:
    """Forget everything and put the demo account back. Running calls must be stopped before."""
    old = world.account() if keep_webhooks else None
    fresh = World(world.faults, RequestLog(), config=type(world.config)())
    for name in ("config", "accounts", "dialed", "written", "asked", "ids", "sent_total"):
        setattr(world, name, getattr(fresh, name))
    world.sent.clear()
    world.log.clear()
    world.faults.reset()
    demo = plant(world, [DEMO])[0]
    if old is not None:
        demo.webhooks, demo.manager_url = old.webhooks, old.manager_url


def plant(world: World, accounts: Iterable[dict[str, Any]]) -> list[Account]:
    """Make these accounts; one with a known app_id is replaced. Raises KeyError, TypeError."""
    made = [_account(world, values) for values in accounts]
    for account in made:
        world.accounts[account.app_id] = account
    return made


def _account(world: World, values: dict[str, Any]) -> Account:
    limits = values.get("limits", {})
    account = Account(
        app_id=values["app_id"],
        name=values.get("name", f"Account {values['app_id']}"),
        timezone=values.get("timezone", "Asia/Dubai"),
        is_active=values.get("is_active", True),
        tokens=dict(values.get("tokens", {})),
        logins=dict(values.get("logins", {})),
        statuses=_statuses(),
        media_files={10, 11},
        blacklist=set(values.get("blacklist", [])),
        points={name: Points(**limits) for name in ("data", "call")},
    )
    for row in values.get("employees", []):
        account.employees[row["id"]] = _employee(world, row)
    account.numbers = [_number(world, row) for row in values.get("numbers", DEMO["numbers"])]
    account.scenarios = [_scenario(world, row) for row in account.numbers]
    account.campaigns = [_campaign(row) for one in account.numbers for row in one["campaigns"]]
    account.tags = [_tag(world, name) for name in values.get("tags", [])]
    for row in values.get("contacts", []):
        contact_id = world.next_id("entity")
        account.contacts[contact_id] = new_contact(account, contact_id, row)
    return account


def _employee(world: World, values: dict[str, Any]) -> Row:
    """`phones` and `extension` may be given in short: texts instead of objects."""
    row = {name: value for name, value in values.items() if name not in ("phones", "extension")}
    if "phones" in values:
        row["phone_numbers"] = [{"phone_number": phone} for phone in values["phones"]]
    extension = values.get("extension")
    if extension:
        is_short = isinstance(extension, str)
        row["extension"] = {"extension_phone_number": extension} if is_short else extension
    return new_employee(world, values["id"], row)


def _number(world: World, values: dict[str, Any]) -> Row:
    row = {
        **dict.fromkeys(NUMBERS),
        "id": world.next_id("entity"),
        "activation_date": "2026-01-01 00:00:00",
        "status": "active",
        "category": "usual",
        "type": "va",
        "campaigns": [],
        "scenarios": [],
        **{name: value for name, value in values.items() if name in NUMBERS},
    }
    if "campaign" in values:
        campaign = {"campaign_id": world.next_id("entity"), "campaign_name": values["campaign"]}
        site: Row = {"site_id": None, "site_domain_name": None, "site_blocks": []}
        row["campaigns"] = [{**campaign, **site}]
    return row


def _scenario(world: World, number: Row) -> Row:
    """Each number has a scenario of its own name; the number tells which."""
    scenario_id = world.next_id("entity")
    name = number["name"] or number["virtual_phone_number"]
    number["scenarios"] = [
        {
            "scenario_id": scenario_id,
            "scenario_name": name,
            "call_processing_rule_id": world.next_id("entity"),
            "is_active": True,
        }
    ]
    return {
        "id": scenario_id,
        "name": name,
        "virtual_phone_numbers": [number["virtual_phone_number"]],
        "sites": [],
        "campaigns": number["campaigns"],
        "operations": [{"id": 1, "name": "Redirect"}],
    }


def _campaign(row: Row) -> Row:
    return {
        **dict.fromkeys(CAMPAIGNS),
        "id": row["campaign_id"],
        "name": row["campaign_name"],
        "status": "active",
        "creation_time": "2026-01-01 00:00:00",
        "type": "basic",
        "site_blocks": [],
    }


def _statuses() -> list[Row]:
    return [
        {
            **dict.fromkeys(STATUSES),
            "id": number,
            "name": word.replace("_", " ").capitalize(),
            "mnemonic": word,
            "is_deleted": False,
            "is_worktime": word != "not_at_work",
            "allowed_phone_protocols": ["PSTN", "SIP", "SIP_TRUNK", "FMC"],
        }
        for number, word in enumerate(STATUS_WORDS, start=1)
    ]


def _tag(world: World, name: str) -> Row:
    return {"id": world.next_id("tag"), "name": name, "is_system": False}
