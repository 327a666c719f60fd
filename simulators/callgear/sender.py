"""Sends notifications to the webhooks and keeps a log of what became of each."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from yarl import URL

from simulators.callgear.shapes import Rendered
from simulators.callgear.world import World


class Sender:
    """Delivers at most once, like the PBX: no answer and no error is ever tried again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session: ClientSession | None = None

    async def open(self) -> None:
        self._session = ClientSession(connector=TCPConnector(limit=500, limit_per_host=0))

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def send(self, url: str, rendered: Rendered, **facts: Any) -> dict[str, Any]:
        """Send one notification; the row of the log, which holds `status` or `error`."""
        row = self._new_row(url, rendered, facts)
        started = time.perf_counter()
        try:
            status, _ = await self._request(url, rendered)
            row["status"] = status
        except (ClientError, TimeoutError, OSError) as error:
            row["error"] = f"{type(error).__name__}: {error}"
        row["ms"] = round((time.perf_counter() - started) * 1000, 2)
        return row

    async def ask(self, url: str, rendered: Rendered, *, timeout: float) -> tuple[int, str]:
        """A request whose answer counts: interactive call handling."""
        return await asyncio.wait_for(self._request(url, rendered), timeout)

    async def _request(self, url: str, rendered: Rendered) -> tuple[int, str]:
        assert self._session is not None, "the sender is opened when the server starts"
        target = url
        if rendered.query:
            target = f"{url}{'&' if '?' in url else '?'}{rendered.query}"
        headers = {"Content-Type": rendered.content_type} if rendered.content_type else {}
        timeout = ClientTimeout(total=self._world.config.notification_timeout)
        async with self._session.request(
            rendered.method,
            URL(target, encoded=True),
            data=rendered.body or None,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        ) as answer:
            return answer.status, (await answer.read()).decode(errors="replace")

    def _new_row(self, url: str, rendered: Rendered, facts: dict[str, Any]) -> dict[str, Any]:
        world = self._world
        world.sent_total += 1
        row = {
            "id": world.sent_total,
            "at": round(time.time() * 1000),
            **facts,
            "method": rendered.method,
            "url": url,
            "body": rendered.body.decode(errors="replace") or rendered.query,
            "status": None,
            "ms": None,
            "error": None,
        }
        world.sent.append(row)
        return row
