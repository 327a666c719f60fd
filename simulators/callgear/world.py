"""Everything the simulator knows and may change, in one object that the handlers share."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from typing import Any

from simulators.callgear.account import Account
from simulators.kit import Faults, RequestLog

FIRST_IDS = {"call": 700000200, "leg": 9100, "entity": 5000, "request": 880000, "tag": 300}
CHOICES = {
    "anchor": ("start", "end"),
    "finish_reasons": ("platform", "english"),
    "create_result": ("data", "flat"),
    "success": ("text", "boolean"),
    "metadata_name": ("metadata", "meta_data"),
}


@dataclass
class Config:
    """How the PBX behaves while nothing is wrong; what is open in the reference is a switch."""

    speed: float = 1.0
    shape: str | None = None  # over the shape of each webhook
    anchor: str = "start"  # a fast call starts now (its end lies ahead) or ends now
    ring_seconds: float = 10.0
    talk_seconds: float = 12.0
    recording_seconds: float = 8.0  # from the end of the call to its record
    ordered: bool = True  # the notifications of one call wait for each other's answers
    notification_timeout: float = 15.0
    media_base: str | None = None  # None = this process
    click_recipe: str = "click_to_call"
    click_outgoing_event: bool = True
    finish_reasons: str = "platform"
    create_result: str = "data"
    success: str = "text"
    metadata_name: str = "metadata"
    report_milliseconds: bool = False

    def update(self, changes: dict[str, Any]) -> None:
        """Raises ValueError for an unknown name, a wrong type or a wrong word."""
        known = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; known: {', '.join(known)}")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
            if isinstance(known[name], float) and not _is_positive(value):
                raise ValueError(f"{name} must be a number of 0 or more")
            setattr(self, name, value)

    def describe(self) -> dict[str, Any]:
        return asdict(self)


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


@dataclass
class World:
    """The simulated PBX."""

    faults: Faults
    log: RequestLog
    config: Config = field(default_factory=Config)
    accounts: dict[int, Account] = field(default_factory=dict)
    sent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=50_000))
    dialed: list[dict[str, Any]] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    ids: dict[str, count[int]] = field(default_factory=dict)
    base_url: str = ""
    sent_total: int = 0

    def __post_init__(self) -> None:
        self.ids = {name: count(first) for name, first in FIRST_IDS.items()}

    def next_id(self, name: str) -> int:
        return next(self.ids[name])

    def next_call_id(self) -> int:
        """The next free one: ids may also have been given by hand."""
        number = self.next_id("call")
        while any(number in account.calls for account in self.accounts.values()):
            number = self.next_id("call")
        return number

    def account(self, app_id: int | None = None) -> Account:
        """The account of this id, or the first one. Raises KeyError."""
        return self.accounts[next(iter(self.accounts)) if app_id is None else app_id]

    def account_of_token(self, token: str) -> Account | None:
        for account in self.accounts.values():
            if token in account.tokens or token in account.sessions:
                return account
        return None

    def token_state(self, account: Account, token: str) -> str:
        if token in account.tokens:
            return account.tokens[token]
        return "active" if account.sessions[token] > time.time() else "expired"

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run in the background; stopped by `stop_tasks`."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def stop_tasks(self) -> None:
        running = list(self.tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @property
    def media_base(self) -> str:
        return (self.config.media_base or self.base_url).rstrip("/")
