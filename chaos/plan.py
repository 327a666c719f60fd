"""What is going to happen, all from one seed: which calls, whose, and what the PBX forgets."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chaos.office import EMPLOYEES, IGNORED, KNOWN_CLIENTS, LINES, Office, office_of

FIRST_ID = 800_000_001
SPACING = timedelta(seconds=7)
RECIPES = {
    "inbound_answered": 30,
    "inbound_lost": 18,
    "inbound_transfer": 6,
    "group_ring": 5,
    "several_talks": 3,
    "out_of_hours": 4,
    "outbound_answered": 16,
    "outbound_silent": 12,
}
KINDS = {"new": 44, "burst": 18, "again": 22, "known": 5, "hidden": 3, "ignored": 3, "internal": 5}
SHAPES = ("flat", "flat", "nested", "form", "query", "flat+no_event", "nested+numbers_as_text+plus")
DROPPED = 0.05
REPEATED = 0.2
COPIES = 5
PEOPLE_OF = {"inbound_lost": 3, "group_ring": 3, "inbound_transfer": 2, "several_talks": 2}


@dataclass(frozen=True)
class PlannedCall:
    """One call. `kind`: ordinary, hidden, ignored, internal (by the PBX) or own (from one of our
    numbers). `dropped`: what the PBX never tells, all, end or record, as far as there is such."""

    id: int
    recipe: str
    kind: str
    contact: str
    employees: tuple[int, ...]
    talk_seconds: int
    line: str
    started: datetime
    shape: str
    utm_source: str
    dropped: str = ""

    @property
    def direction(self) -> str:
        return "outbound" if self.recipe.startswith("outbound") else "inbound"

    @property
    def talkers(self) -> tuple[int, ...]:
        """Who talks to the client, in order."""
        people = self.employees
        match self.recipe:
            case "inbound_lost" | "out_of_hours" | "outbound_silent":
                return ()
            case "inbound_transfer":
                return people[:2]
            case "several_talks":
                return (people[0], people[1], people[0])
            case "group_ring":
                return (people[1],)
            case _:
                return people[:1]

    def order(self) -> dict[str, Any]:
        """The order of this call to the simulated PBX, which plays it in no time."""
        marketing = {"utm_source": self.utm_source} if self.utm_source else {}
        contact = {} if self.kind == "internal" else {"contact": self.contact}
        return {
            "recipe": self.recipe,
            "employees": list(self.employees),
            "talk_seconds": self.talk_seconds,
            "ring_seconds": 5,
            "virtual_number": self.line,
            "call_session_id": self.id,
            "started_at": self.started.isoformat(" ", "seconds"),
            "shape": self.shape,
            "marketing": marketing,
            "speed": 0,
            "wait": True,
            **contact,
        }

    def is_told(self, event: str) -> bool:
        """Whether the PBX tells this event of this call."""
        if self.dropped == "all":
            return False
        ends = ("call_finished", "lost_call")
        return not (
            (self.dropped == "end" and event in ends)
            or (self.dropped == "record" and event == "record_ready")
        )


@dataclass
class Plan:
    """A campaign's calls in the order of their start, and the settings that they meet."""

    seed: int
    office: Office
    calls: list[PlannedCall]
    dice: random.Random = field(repr=False)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From before the first call to after the last one, in the account's zone."""
        margin = timedelta(minutes=2)
        return self.calls[0].started - margin, self.calls[-1].started + margin


def make_plan(seed: int, calls: int, *, now: datetime, drops: bool = True) -> Plan:
    """`now` is the account's time: all calls are over by then. Only times depend on it."""
    dice = random.Random(f"calls {seed}")
    begin = now.replace(microsecond=0) - calls * SPACING - timedelta(minutes=5)
    writer = _Writer(dice, begin, drops=drops)
    while len(writer.calls) < calls:
        writer.write(calls - len(writer.calls))
    return Plan(seed, office_of(seed), writer.calls, dice)


class _Writer:
    """Draws the calls one after the other."""

    def __init__(self, dice: random.Random, begin: datetime, *, drops: bool) -> None:
        self.calls: list[PlannedCall] = []
        self._dice = dice
        self._begin = begin
        self._drops = drops
        self._clients: list[str] = []

    def write(self, room: int) -> None:
        dice = self._dice
        kind = dice.choices(list(KINDS), weights=list(KINDS.values()))[0]
        match kind:
            case "burst":
                contact = self._new_client()
                for _ in range(min(room, dice.randint(2, 5))):
                    self._add("ordinary", contact)
            case "again" if self._clients:
                self._add("ordinary", dice.choice(self._clients[-200:]))
            case "known":
                self._add("ordinary", dice.choice(list(KNOWN_CLIENTS)))
            case "hidden":
                self._add("hidden", "anonymous")
            case "ignored":
                self._add("ignored", IGNORED)
            case "internal":
                own = dice.random() < 0.5
                self._add("own", LINES[1]) if own else self._add("internal", "")
            case _:
                self._add("ordinary", self._new_client())

    def _new_client(self) -> str:
        self._clients.append(f"97152{1_000_000 + len(self._clients)}")
        return self._clients[-1]

    def _add(self, kind: str, contact: str) -> None:
        dice, number = self._dice, len(self.calls)
        recipe = self._recipe(kind)
        call = PlannedCall(
            id=FIRST_ID + number,
            recipe=recipe,
            kind=kind,
            contact=contact,
            employees=tuple(dice.sample(EMPLOYEES, PEOPLE_OF.get(recipe, 2))),
            talk_seconds=dice.randint(3, 200),
            line=LINES[0] if kind == "own" else dice.choice(LINES),
            started=self._begin + number * SPACING,
            shape=dice.choice(SHAPES),
            utm_source=f"source{number % 5}" if dice.random() < 0.4 else "",
        )
        self.calls.append(self._forget(call))

    def _recipe(self, kind: str) -> str:
        if kind == "internal":
            return "internal"
        if kind in ("hidden", "own"):
            return "inbound_answered"
        return self._dice.choices(list(RECIPES), weights=list(RECIPES.values()))[0]

    def _forget(self, call: PlannedCall) -> PlannedCall:
        """Some calls are never told of, some not to their end, some without their recording."""
        lost = self._dice.random() < DROPPED
        word = self._dice.choices(("all", "end", "record"), weights=(5, 3, 2))[0]
        if not (lost and self._drops) or call.kind == "internal":
            return call
        return PlannedCall(**{**call.__dict__, "dropped": word})
