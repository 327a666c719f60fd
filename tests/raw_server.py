"""A tiny socket server for answers that no decent server would give."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class RawServer:
    """Where it listens, and what it was sent: one entry per request, head and body."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    peers: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def read_request(self, connection: socket.socket) -> bytes:
        """The next request with its body; b"" when the other side has closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = _content_length(head)
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]


Handler = Callable[[RawServer, socket.socket], None]


@contextmanager
def raw_server(handler: Handler, *, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run `handler(server, connection)` in a thread for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(port=listener.getsockname()[1])
        threads: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listener, server, handler, tls, threads))
        accepting.start()
        try:
            yield server
        finally:
            server.closing.set()
            for peer in [listener, *server.peers]:
                with contextlib.suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join(timeout=5)


def answering(*answers: bytes) -> Handler:
    """Give these answers in turn, the last one for ever, on connections that are kept."""
    given = list(answers)

    def handle(server: RawServer, connection: socket.socket) -> None:
        while server.read_request(connection):
            connection.sendall(given.pop(0) if len(given) > 1 else given[0])

    return handle


def reply(
    body: bytes = b"{}",
    *,
    status: str = "200 OK",
    headers: Sequence[str] = ("Content-Type: application/json",),
) -> bytes:
    """A whole answer with its length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    connection.close()


def _accept(
    listener: socket.socket,
    server: RawServer,
    handler: Handler,
    tls: ssl.SSLContext | None,
    threads: list[threading.Thread],
) -> None:
    while not server.closing.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        server.peers.append(connection)
        thread = threading.Thread(target=_serve, args=(server, connection, handler, tls))
        thread.daemon = True
        threads.append(thread)
        thread.start()


def _serve(
    server: RawServer, connection: socket.socket, handler: Handler, tls: ssl.SSLContext | None
) -> None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        stack.callback(connection.close)
        connection.settimeout(10)
        if tls:
            connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
        handler(server, connection)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
