"""The world of the simulator: accounts by key, and settings that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from itertools import chain, count
from typing import Any

from simulators.behomes.store import ClientTable, Row, Table

SCOPES = ["users.read", "clients", "leads", "deals", "tasks", "calls", "call_events"]
PREFIX = {
    "clients": "c",
    "leads": "l",
    "deals": "d",
    "tasks": "t",
    "calls": "k",
    "call_events": "e",
}
ENTITIES = tuple(PREFIX)
BEYOND_DOUBLES = 2**53 + 1
CHOICES: dict[str, tuple[Any, ...]] = {
    "idempotency": ("on", "conflict", "off"),
    "ids": ("plain", "big", "big_number"),
    "deleted_status": (404, 410, 422),
    "validation_status": (422, 400),
}


@dataclass
class Config:
    """Settings of the simulator; `control.py` says what each does."""

    latency_seconds: float = 0.0
    idempotency: str = "on"
    search_lag_phone_seconds: float = 0.0
    search_lag_external_id_seconds: float = 0.0
    ids: str = "plain"
    odd_keys: bool = False
    key_places: list[str] = field(default_factory=lambda: ["query"])
    deleted_status: int = 404
    validation_status: int = 422
    refuse_inactive_users: bool = False

    def update(self, values: dict[str, Any]) -> None:
        """Change some settings. Raises ValueError, and changes nothing, if one is not known."""
        kinds = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        if isinstance(values.get("idempotency"), bool):
            values = {**values, "idempotency": "on" if values["idempotency"] else "off"}
        for key, value in values.items():
            if key not in kinds:
                raise ValueError(f"unknown setting {key!r}; known: {', '.join(kinds)}")
            wanted = (int, float) if kinds[key] is float else kinds[key]
            if not isinstance(value, wanted) or value not in CHOICES.get(key, (value,)):
                raise ValueError(f"{key} cannot be {value!r}")
        for key, value in values.items():
            setattr(self, key, value)

    def describe(self) -> dict[str, Any]:
        return asdict(self)


class Account:
    """One customer of the CRM with everything it owns."""

    def __init__(self, key: str, **about: Any) -> None:
        self.key = key
        self.revoked = False
        self.account_id: str = about.get("account_id") or f"acc_{key}"
        self.name: str = about.get("name") or "Sample Brokerage LLC"
        self.timezone: str = about.get("timezone") or "Asia/Dubai"
        self.currency: str = about.get("currency") or "AED"
        self.default_country: str = about.get("default_country") or "AE"
        self.scopes: list[str] = list(about.get("scopes", SCOPES))
        self.users: dict[str, dict[str, Any]] = {}
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.custom_fields: dict[str, dict[str, dict[str, Any]]] = {}
        self.clients = ClientTable()
        self.tables: dict[str, Table] = {
            name: self.clients if name == "clients" else Table(name) for name in ENTITIES
        }
        self.of_client: dict[str, dict[str, list[Row]]] = {"leads": {}, "deals": {}}
        self.stages: dict[str, tuple[str, str]] = {}  # stage id -> pipeline id, kind

    def describe(self) -> dict[str, Any]:
        names = ("account_id", "name", "timezone", "currency", "default_country", "scopes")
        return {name: getattr(self, name) for name in names}

    def add_pipeline(self, pipeline: dict[str, Any]) -> None:
        self.pipelines[pipeline["id"]] = pipeline
        for stage in pipeline["stages"]:
            self.stages[stage["id"]] = (pipeline["id"], stage["kind"])

    def tie_to_client(self, table: str, row: Row, *, before: str | None = None) -> None:
        """Remember that this lead or deal belongs to its client; `before` = to which it did."""
        client_id = row.data.get("client_id")
        if table in self.of_client and client_id not in (None, before):
            self.of_client[table].setdefault(client_id, []).append(row)

    def open_of(self, table: str, client_id: str) -> list[dict[str, Any]]:
        """The open leads or deals of a client, in the short form of a search result."""
        living = self.tables[table].rows
        return [
            {name: row.data[name] for name in ("id", "pipeline_id", "stage_id")}
            for row in dict.fromkeys(self.of_client[table].get(client_id, ()))
            if row.id in living
            and row.data["client_id"] == client_id
            and self.stages.get(row.data["stage_id"], ("", "open"))[1] == "open"
        ]


class World:
    """All accounts. A reset makes a new world, so writes still under way land nowhere."""

    def __init__(self) -> None:
        self.config = Config()
        self.accounts: dict[str, Account] = {}  # by key
        self.pending = 0  # late commits under way
        self.version = 0  # grows with every change, for the board
        self._numbers = count(1001)

    def __iter__(self) -> Iterator[Account]:
        return iter(self.accounts.values())

    def account(self, name: str | None) -> Account | None:
        """An account by its key or its id; the first one without a name."""
        if not name:
            return next(iter(self), None)
        by_id = (account for account in self if account.account_id == name)
        return self.accounts.get(name) or next(by_id, None)

    def next_id(self, table: str) -> tuple[int, str]:
        number = next(self._numbers)
        if self.config.ids == "plain":
            return number, f"{PREFIX[table]}_{number}"
        return number, str(BEYOND_DOUBLES + number)

    def every_row(self) -> Iterator[tuple[Account, str, Row]]:
        for account in self:
            for name, table in account.tables.items():
                for row in chain(table.rows.values(), table.deleted.values()):
                    yield account, name, row
