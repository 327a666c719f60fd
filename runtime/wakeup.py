"""Sleeping until a signal comes or a time is over, without a race between the two."""

from __future__ import annotations

import select
import signal
import socket

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Wakeup:
    """Python writes the number of each signal into a socket; we wait for that socket."""

    def __init__(self) -> None:
        self.stops_wanted = 0
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)

    def listen(self) -> None:
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (*STOPS, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> None:
        """Return after a signal, at the latest after so many seconds."""
        readable, _, _ = select.select([self._reader], [], [], max(0.0, seconds))
        numbers = self._reader.recv(4096) if readable else b""
        self.stops_wanted += sum(number in STOPS for number in numbers)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()
