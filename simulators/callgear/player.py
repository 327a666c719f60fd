"""Plays the script of a call: waits, tells the webhooks, fills the report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from simulators.callgear import report
from simulators.callgear.account import Account, Webhook
from simulators.callgear.calls import Call, Step
from simulators.callgear.faulting import NOTIFICATION
from simulators.callgear.notices import RECOMMENDED, TEMPLATES, variables
from simulators.callgear.pasted import SHAPE as PASTED
from simulators.callgear.pasted import render_pasted
from simulators.callgear.sender import Sender
from simulators.callgear.shapes import Rendered, render
from simulators.callgear.world import World
from simulators.faults import Fault

Notice = tuple[Webhook, Rendered, str]


class Player:
    """Plays calls in real time divided by their speed; speed 0 = as fast as possible."""

    def __init__(self, world: World, sender: Sender) -> None:
        self._world = world
        self._sender = sender

    async def play(self, call: Call, *, notify: bool = True) -> None:
        """Returns when everything has been told, records included."""
        account = self._world.account(call.app_id)
        started = asyncio.get_running_loop().time()
        held: list[tuple[Step, list[Notice]]] = []
        steps = list(call.steps)
        while steps:
            step = steps.pop(0)
            if not await self._wait_for(call, step, started):
                steps = self._after_release(call)
                continue
            self._happen(call, account, step)
            if notify:
                await self._tell(call, account, step, held)
        await self._flush(call, held)

    async def _wait_for(self, call: Call, step: Step, started: float) -> bool:
        """False if the call was released before this moment."""
        extra = 0.0
        if step.event == "record_ready":
            late = self._world.faults.pick(("record_late",), self._context(call, step))
            extra = (late.seconds or 0.0) if late else 0.0
        due = started + (step.at / call.speed if call.speed else 0.0) + extra
        seconds = due - asyncio.get_running_loop().time()
        if call.is_ended or call.is_cut:
            await asyncio.sleep(max(0.0, seconds))
            return True
        if not await _is_released(call, seconds):
            return True
        passed = asyncio.get_running_loop().time() - started
        call.now = max(call.now, min(step.at, passed * call.speed))
        return False

    def _after_release(self, call: Call) -> list[Step]:
        """The rest of the script of a call that somebody has hung up."""
        now = call.now
        talking = [leg for leg in call.talks if (leg.connect or 0) <= now < (leg.end or 0)]
        call.cut()
        steps = [Step(now, "talk_finished", leg) for leg in talking]
        steps.append(Step(call.now, "call_finished"))
        if call.is_lost and call.direction == "in":
            steps.append(Step(call.now, "lost_call"))
        delay = self._world.config.recording_seconds
        recorded = [leg for leg in call.talks if leg.record]
        return steps + [Step(call.now + delay, "record_ready", leg) for leg in recorded]

    def _happen(self, call: Call, account: Account, step: Step) -> None:
        call.now = step.at
        if step.event in ("call_finished", "lost_call") and not call.is_ended:
            self._end(call, account)
        if step.event == "record_ready" and not call.has_records:
            call.has_records = True
            report.add_records(call, media_base=self._world.media_base)

    def _end(self, call: Call, account: Account) -> None:
        call.is_ended = True
        report.close(call, account, self._world.config)
        late = self._world.faults.pick(("row_late",), self._context(call, Step(0, "row")))
        call.row_from = time.monotonic() + ((late.seconds or 0.0) if late else 0.0)

    async def _tell(
        self, call: Call, account: Account, step: Step, held: list[tuple[Step, list[Notice]]]
    ) -> None:
        notices = list(self._notices(call, account, step))
        if not notices:
            return
        fault = self._world.faults.pick(NOTIFICATION, self._context(call, step))
        if fault and fault.name == "dropped":
            return
        if fault and fault.name == "reordered":
            held.append((step, notices))
            return
        await self._deliver(call, step, notices, fault)
        await self._flush(call, held)

    async def _flush(self, call: Call, held: list[tuple[Step, list[Notice]]]) -> None:
        waiting, held[:] = list(held), []
        for step, notices in waiting:
            await self._deliver(call, step, notices, None)

    def _notices(self, call: Call, account: Account, step: Step) -> Iterator[Notice]:
        values = None
        for webhook in account.webhooks:
            events = RECOMMENDED if webhook.events is None else webhook.events
            if step.event not in events or step.event not in TEMPLATES:
                continue
            if values is None:
                values = variables(account, call, step, media_base=self._world.media_base)
            if webhook.body is not None:
                yield webhook, render_pasted(webhook.body, values), PASTED
                continue
            shape = call.shape or webhook.shape
            extra = webhook.extra + call.extra
            yield (
                webhook,
                render(step.event, values, shape=shape, secret=webhook.secret, extra=extra),
                shape,
            )

    async def _deliver(
        self, call: Call, step: Step, notices: list[Notice], fault: Fault | None
    ) -> None:
        name = fault.name if fault else ""
        pause = (fault.seconds or 0.0) if fault else 0.0
        copies = int(fault.options.get("copies", 2)) if fault and name == "duplicated" else 1
        for attempt in range(1, copies + 1):
            wait = pause if name == "delayed" or attempt > 1 else 0.0
            sending = self._send(call, step, notices, attempt, wait)
            if name == "delayed" or wait or not self._world.config.ordered:
                self._world.start(sending)
            else:
                await sending

    async def _send(
        self, call: Call, step: Step, notices: list[Notice], attempt: int, wait: float
    ) -> None:
        if wait:
            await asyncio.sleep(wait)
        for webhook, rendered, shape in notices:
            await self._sender.send(
                webhook.url,
                rendered,
                event=step.event,
                call_session_id=call.id,
                account=call.app_id,
                shape=shape,
                attempt=attempt,
            )

    def _context(self, call: Call, step: Step) -> dict[str, str]:
        return {"operation": step.event, "account": str(call.app_id), "call": str(call.id)}


async def _is_released(call: Call, seconds: float) -> bool:
    """True as soon as somebody hangs up, within this time; also if it has happened before."""
    if call.released.is_set() or seconds <= 0:
        return call.released.is_set()
    try:
        await asyncio.wait_for(call.released.wait(), seconds)
    except TimeoutError:
        return False
    return True
