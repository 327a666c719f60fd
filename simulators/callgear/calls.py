"""One call of the simulated PBX: its legs, its script and what is known at each moment of it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]


@dataclass
class Leg:
    """One party's branch. Times are seconds of the script, from the start of the call."""

    id: int
    employee: Row | None  # None = the outside party
    start: float
    connect: float | None = None
    end: float | None = None
    reason: str = ""
    record: str | None = None
    is_picked_up: bool = False  # "answered" of the reference; talking with the client is more

    @property
    def employee_id(self) -> int | None:
        return int(self.employee["id"]) if self.employee else None

    @property
    def talked(self) -> bool:
        return self.connect is not None and self.employee is not None

    @property
    def talk_seconds(self) -> float:
        if self.connect is None or self.end is None:
            return 0.0
        return self.end - self.connect


@dataclass(frozen=True)
class Step:
    """Something that happens at a moment of the script and is told by a notification."""

    at: float
    event: str
    leg: Leg | None = None


@dataclass
class Call:
    """A call session with everything that the notifications and the reports say about it."""

    id: int
    app_id: int
    recipe: str
    direction: str
    source: str
    contact: str | None
    virtual_number: str
    started: datetime
    scenario: Row
    speed: float = 1.0
    shape: str | None = None
    extra: tuple[str, ...] = ()
    marketing: Row = field(default_factory=dict)
    tags: list[Row] = field(default_factory=list)
    contact_row: Row | None = None
    external_id: str | None = None
    request_id: int | None = None
    initiator: Row | None = None
    is_internal: bool = False
    in_report: bool = True
    client_leg_id: int = 0
    legs: list[Leg] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    finish_reason: str = ""
    total: float = 0.0
    now: float = 0.0  # how far the script has been played
    is_ended: bool = False
    is_cut: bool = False
    has_records: bool = False
    row_from: float = 0.0  # time.monotonic() from which the report shows the row
    row: Row = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def talks(self) -> list[Leg]:
        return sorted((leg for leg in self.legs if leg.talked), key=lambda leg: leg.connect or 0)

    @property
    def is_lost(self) -> bool:
        return not self.talks

    @property
    def is_transfer(self) -> bool:
        return len({leg.employee_id for leg in self.talks}) > 1

    @property
    def talk_seconds(self) -> int:
        return round(sum(leg.talk_seconds for leg in self.talks))

    @property
    def wait_seconds(self) -> int:
        talks = self.talks
        return int((talks[0].connect or 0.0) if talks else self.total)

    @property
    def state(self) -> str:
        if self.is_ended:
            return "lost" if self.is_lost else "answered"
        talking = any((leg.connect or self.now + 1) <= self.now for leg in self.talks)
        return "talking" if talking else "ringing"

    def time_at(self, at: float, *, milliseconds: bool = False) -> str:
        """A moment of the script in the account's zone, as the PBX writes it."""
        moment = self.started + timedelta(seconds=at)
        return moment.isoformat(sep=" ", timespec="milliseconds" if milliseconds else "seconds")

    def record_id(self, leg: Leg) -> str:
        return hashlib.md5(f"{self.id}/{leg.id}".encode(), usedforsecurity=False).hexdigest()

    def cut(self) -> None:
        """Hang up now: what has not happened yet never will."""
        self.is_cut = True
        self.legs = [leg for leg in self.legs if leg.start <= self.now]
        for leg in self.legs:
            if leg.connect is not None and leg.connect > self.now:
                leg.connect = None
                leg.is_picked_up = False
            if leg.end is None or leg.end > self.now:
                leg.end = self.now
                leg.reason = self.finish_reason = "operator_disconnects"
        self.total = self.now
