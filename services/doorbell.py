"""Rings between processes over Redis: hints that something new stands in SQL.

Losing one costs a moment, never data: whoever waits looks by himself from time to time.
"""

from __future__ import annotations

import contextlib
import os
import time
from threading import Lock
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

NOTIFICATIONS = "live:notifications"  # rung by the web, heard by the live process
CONSOLES = "live:consoles"  # rung by whoever stores an event, heard by the web processes
CONNECT_SECONDS = 0.3
TRY_AGAIN_SECONDS = 1.0


class Bell:
    """Rings. Never raises; waits a fraction of a second at most, and not at all while Redis is
    known to be away."""

    def __init__(self, redis_url: str | None, channel: str) -> None:
        self._url = redis_url
        self._channel = channel
        self._redis: Redis | None = None
        self._quiet_until = 0.0
        self._pid = 0

    def ring(self) -> None:
        if self._url is None or time.monotonic() < self._quiet_until:
            return
        try:
            self._connected(self._url).publish(self._channel, b"")
        except (RedisError, OSError):
            self._quiet_until = time.monotonic() + TRY_AGAIN_SECONDS

    def _connected(self, url: str) -> Redis:
        if self._redis is None or self._pid != os.getpid():
            self._redis, self._pid = _open(url), os.getpid()
        return self._redis


class Doorbell:
    """Hears the rings of one channel; used by one thread."""

    def __init__(self, redis_url: str | None, channel: str) -> None:
        self._url = redis_url
        self._channel = channel
        self._hearing: Any = None
        self._try_at = 0.0
        self._lock = Lock()

    @property
    def is_connected(self) -> bool:
        return self._hearing is not None

    def wait(self, seconds: float, *, alone: float) -> None:
        """Until it rings, at most so long; without Redis at most `alone` seconds."""
        if not self._connect():
            time.sleep(alone)
            return
        try:
            if self._hearing.get_message(timeout=seconds) is not None:
                while self._hearing.get_message(timeout=0.0) is not None:
                    pass  # many rings are one
        except (RedisError, OSError, ValueError):
            self.close()

    def close(self) -> None:
        with self._lock, contextlib.suppress(RedisError, OSError):
            if self._hearing is not None:
                self._hearing.close()
        self._hearing = None

    def _connect(self) -> bool:
        if self._hearing is not None:
            return True
        if self._url is None or time.monotonic() < self._try_at:
            return False
        self._try_at = time.monotonic() + TRY_AGAIN_SECONDS
        try:
            hearing = _open(self._url).pubsub(ignore_subscribe_messages=True)
            hearing.subscribe(self._channel)
        except (RedisError, OSError):
            return False
        self._hearing = hearing
        return True


def _open(url: str) -> Redis:
    return Redis.from_url(
        url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
    )
