"""A light HTTP load generator: raw keep-alive connections in one asyncio loop.

It measures what it costs itself, because it shares the machine's processors with the server.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

GIVE_UP_SECONDS = 30.0


@dataclass
class Load:
    """What came of a load: latencies in seconds, answers by status, the generator's own CPU."""

    seconds: float = 0.0
    own_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def milliseconds(self, percentile: float) -> float:
        ordered = sorted(self.latencies)
        place = min(len(ordered) - 1, int(len(ordered) * percentile / 100))
        return ordered[place] * 1000 if ordered else float("nan")

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)


class Connection(asyncio.Protocol):
    """One request at a time; tells `owner` when the answer is whole."""

    def __init__(self, owner: _Generator) -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes, since: float) -> None:
        assert self._transport is not None
        self._since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        self._buffer = b""
        self._owner.answered(self, int(head[9:12]), perf_counter() - self._since)

    def connection_lost(self, _error: Exception | None) -> None:
        self._owner.lost()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class _Generator:
    """Sends requests over `connections` until there are none or the time is over."""

    def __init__(self, port: int, requests: Iterator[bytes], connections: int) -> None:
        self._port = port
        self._requests = requests
        self._count = connections
        self._idle: list[Connection] = []
        self._late: deque[tuple[bytes, float]] = deque()
        self._out = 0
        self._ends_at = float("inf")
        self._is_paced = False
        self._is_closing = False
        self._over = asyncio.Event()
        self.load = Load()

    async def run(self, *, seconds: float, per_second: float | None) -> Load:
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
            for _ in range(self._count)
        ]
        connections = [protocol for _, protocol in made]
        began, cpu = perf_counter(), _own_cpu()
        self._ends_at = began + seconds
        self._is_paced = per_second is not None
        for connection in connections:
            self._idle.append(connection) if per_second else self._next(connection)
        if per_second:
            await self._pace(per_second)
        await asyncio.wait_for(self._over.wait(), seconds + GIVE_UP_SECONDS)
        self.load.seconds = perf_counter() - began
        self.load.own_cpu = _own_cpu() - cpu
        self._is_closing = True
        for connection in connections:
            connection.close()
        return self.load

    def answered(self, connection: Connection, status: int, seconds: float) -> None:
        self.load.latencies.append(seconds)
        self.load.statuses[status] += 1
        self._out -= 1
        if self._late:
            self._out += 1
            connection.send(*self._late.popleft())
        elif self._is_paced:
            self._idle.append(connection)
        else:
            self._next(connection)
        if not self._out and (not self._is_paced or perf_counter() >= self._ends_at):
            self._over.set()

    def lost(self) -> None:
        if not self._is_closing:
            self.load.statuses[0] += 1
            self._over.set()

    def stop(self) -> None:
        """End a paced load before its time."""
        self._ends_at = 0.0

    def _next(self, connection: Connection) -> None:
        now = perf_counter()
        request = next(self._requests, None) if now < self._ends_at else None
        if request is not None:
            self._out += 1
            connection.send(request, now)

    async def _pace(self, per_second: float) -> None:
        """One request each 1/per_second; one that finds no free connection counts its waiting."""
        due = perf_counter()
        while due < self._ends_at:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            request = next(self._requests, None)
            if request is None:
                break
            self._ends_at = min(self._ends_at, due + 1e9)
            if self._idle:
                self._out += 1
                self._idle.pop().send(request, due)
            else:
                self._late.append((request, due))
            due += 1 / per_second
        self._ends_at = 0.0
        if not self._out:
            self._over.set()


def closed_loop(
    port: int, requests: Iterator[bytes], *, connections: int = 16, seconds: float = 600.0
) -> Load:
    """Each connection sends its next request when its answer is there."""
    return asyncio.run(
        _Generator(port, requests, connections).run(seconds=seconds, per_second=None)
    )


def paced(
    port: int,
    requests: Iterator[bytes],
    *,
    per_second: float,
    seconds: float,
    connections: int = 8,
) -> Load:
    """So many requests a second, whether answers come or not; latency from the planned moment."""
    generator = _Generator(port, requests, connections)
    return asyncio.run(generator.run(seconds=seconds, per_second=per_second))


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
