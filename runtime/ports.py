"""A free port for a server of ours.

Not simply "any": the system gives such ports to outgoing connections too, and one of those may take
it before the server has started.
"""

from __future__ import annotations

import contextlib
import random
import socket

HOST = "127.0.0.1"
# Below what Linux (from 32768) and others (from 49152) give to outgoing connections.
RANGE = range(20_000, 32_000)
TRIES = 50


def free_port(wanted: int | None = None) -> int:
    """The wanted port if it is free, else another one. Raises OSError if none is found."""
    chosen = random.SystemRandom()
    for port in (wanted, *(chosen.choice(RANGE) for _ in range(TRIES))):
        if port and _is_free(port):
            return port
    raise OSError("no port is free")


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False
