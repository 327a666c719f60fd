"""Many calls over a time: a mix of recipes, spread evenly or at random, the same for one seed."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

from simulators.callgear.orders import Order, make_call
from simulators.callgear.player import Player
from simulators.callgear.world import World

MIX = {
    "inbound_answered": 5,
    "inbound_lost": 2,
    "inbound_transfer": 1,
    "outbound_answered": 2,
    "outbound_silent": 1,
}


class Stream:
    """N calls in T seconds. `plan` is made at once, so that the caller learns all ids."""

    def __init__(self, world: World, player: Player, body: dict[str, Any]) -> None:
        """Raises ValueError or KeyError if the order cannot be understood."""
        self._world = world
        self._player = player
        self._random = random.Random(body.get("seed", 1))
        self.count = int(body["count"])
        self.seconds = float(body.get("seconds", 0))
        self._mix: dict[str, int] = body.get("mix") or MIX
        self._contacts = int(body.get("contacts", self.count)) or 1
        self._contact_base = int(body.get("contact_base", 971500100000))
        self._call = Order.read({"recipe": next(iter(self._mix)), **body.get("call", {})})
        for recipe in self._mix:
            Order.read({"recipe": recipe})

    def plan(self) -> list[tuple[float, Order]]:
        """(seconds from now, the order) for each call, in time."""
        moments = sorted(self._random.uniform(0, self.seconds) for _ in range(self.count))
        return [(moment, self._order()) for moment in moments]

    async def play(self, plan: list[tuple[float, Order]]) -> None:
        """Starts each call at its moment; returns when all have been told."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        playing = []
        for moment, order in plan:
            await asyncio.sleep(max(0.0, started + moment - loop.time()))
            call = make_call(self._world, order)
            playing.append(self._world.start(self._player.play(call, notify=order.notify)))
        await asyncio.gather(*playing)

    def _order(self) -> Order:
        chance = self._random
        recipe = chance.choices(list(self._mix), weights=list(self._mix.values()))[0]
        account = self._world.account(self._call.account)
        people = self._call.employees or list(account.employees)
        employees = chance.sample(people, k=min(2, len(people)))
        return replace(
            self._call,
            recipe=recipe,
            contact=str(self._contact_base + chance.randrange(self._contacts)),
            employees=employees,
            call_session_id=self._world.next_call_id(),
        )
