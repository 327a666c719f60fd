"""One account of the simulated PBX: its people, numbers, address book, calls and keys."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.callgear.calls import Call
from simulators.callgear.points import Points

Row = dict[str, Any]


@dataclass
class Webhook:
    """One target of HTTP notifications. `events` None = the recommended set of the reference.
    `body` is what the admin typed; without it the body has the shape."""

    url: str
    events: tuple[str, ...] | None = None
    shape: str = "flat"
    secret: str | None = None
    extra: tuple[str, ...] = ()
    body: str | None = None


@dataclass
class Account:
    """A client account. Rows are kept as the Data API shows them."""

    app_id: int
    name: str
    timezone: str = "Asia/Dubai"
    is_active: bool = True
    tokens: dict[str, str] = field(default_factory=dict)  # key -> active, expired, blocked
    logins: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, float] = field(default_factory=dict)  # session key -> expires at
    employees: dict[int, Row] = field(default_factory=dict)
    numbers: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)
    scenarios: list[Row] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)
    campaigns: list[Row] = field(default_factory=list)
    contacts: dict[int, Row] = field(default_factory=dict)
    media_files: set[int] = field(default_factory=set)
    blacklist: set[str] = field(default_factory=set)
    webhooks: list[Webhook] = field(default_factory=list)
    manager_url: str | None = None
    calls: dict[int, Call] = field(default_factory=dict)
    by_start: list[tuple[str, int]] = field(default_factory=list)
    points: dict[str, Points] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The time on the account's clock, without an offset as the PBX writes it."""
        return datetime.now(self.zone).replace(tzinfo=None)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def add_call(self, call: Call) -> None:
        self.calls[call.id] = call
        insort(self.by_start, (call.time_at(0), call.id))

    def active_phones(self, employee: Row) -> list[str]:
        rows = employee["phone_numbers"]
        return [row["phone_number"] for row in rows if row["status"] == "active"]

    def employee_by_phone(self, phone: str) -> Row | None:
        digits = phone.lstrip("+")
        for employee in self.employees.values():
            extension = (employee["extension"] or {}).get("extension_phone_number")
            phones = [row["phone_number"] for row in employee["phone_numbers"]]
            if digits == extension or digits in phones:
                return employee
        return None

    def contact_by_phone(self, phone: str | None) -> Row | None:
        for contact in self.contacts.values():
            if phone and phone in contact["phone_numbers"]:
                return contact
        return None

    def number(self, virtual_number: str) -> Row | None:
        for row in self.numbers:
            if row["virtual_phone_number"] == virtual_number:
                return row
        return None

    def scenario_of(self, virtual_number: str) -> Row:
        for scenario in self.scenarios:
            if virtual_number in scenario["virtual_phone_numbers"]:
                return scenario
        return {"id": None, "name": None}
