"""Sockets to checked and pinned addresses, with a deadline that no slow drip can stretch."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from clients.addresses import Target, is_loopback_host, is_reachable
from clients.errors import NotExecutedError

INFINITE = float("inf")

Resolve = Callable[[str, int], list[str]]


@dataclass(slots=True)
class Watch:
    """What the connections of one thread and host must keep to during the present request."""

    target: Target
    resolve: Resolve
    deadline: float = 0.0
    connect_deadline: float = 0.0
    stall_seconds: float = INFINITE  # the longest silence while reading
    max_idle: float = INFINITE  # an older kept connection is not used
    reused: bool = False  # on a kept connection
    has_body: bool = False


class _Timed:
    """A socket whose every read and write has only what is left of the deadline."""

    deadline = INFINITE
    stall_seconds = INFINITE

    def remaining(self) -> float:
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        return min(left, self.stall_seconds)


class PlainSocket(_Timed, socket.socket):
    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.remaining())
        return super().recv_into(*args)

    def sendall(self, *args: Any) -> None:
        self.settimeout(self.remaining())
        super().sendall(*args)


class TlsSocket(_Timed, ssl.SSLSocket):
    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.remaining())
        return super().recv_into(*args)

    def send(self, *args: Any) -> int:
        self.settimeout(self.remaining())
        return super().send(*args)


def checked_addresses(watch: Watch) -> list[str]:
    """What the host resolves to, without the addresses that we may not connect to."""
    target = watch.target
    addresses = _resolve_in_time(watch)
    allowed = [one for one in addresses if is_reachable(one, host=target.host)]
    if not allowed:
        raise NotExecutedError(
            f"{target.host} leads to an address that may not be called",
            code="address_not_allowed",
        )
    return allowed


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _resolve_in_time(watch: Watch) -> list[str]:
    host, port = watch.target.host, watch.target.port
    if is_loopback_host(host):
        return _looked_up(watch.resolve, host, port)
    # The system's resolver has no time limit of its own that fits a ringing call.
    answers: queue.SimpleQueue[list[str] | NotExecutedError] = queue.SimpleQueue()
    threading.Thread(target=_resolve_into, args=(answers, watch), daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, watch.connect_deadline - monotonic()))
    except queue.Empty:
        raise NotExecutedError("no answer from DNS in time", code="cannot_resolve") from None
    if isinstance(answer, NotExecutedError):
        raise answer
    return answer


def _resolve_into(answers: queue.SimpleQueue[list[str] | NotExecutedError], watch: Watch) -> None:
    try:
        answers.put(_looked_up(watch.resolve, watch.target.host, watch.target.port))
    except NotExecutedError as error:
        answers.put(error)


def _looked_up(look_up: Resolve, host: str, port: int) -> list[str]:
    try:
        return look_up(host, port)
    except (OSError, UnicodeError):
        raise NotExecutedError(f"{host} is not known to DNS", code="cannot_resolve") from None


def connect(address: str, watch: Watch) -> PlainSocket:
    left = watch.connect_deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    sock = PlainSocket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(left)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, watch.target.port))
        sock.settimeout(max(0.001, watch.connect_deadline - monotonic()))
    except OSError:
        sock.close()
        raise
    return sock
