"""A tiny HTTP server that keeps what it is sent: the other end of notifications in tests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    query: str
    content_type: str
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """The requests so far, and the answer that each gets."""

    url: str = ""
    answer: dict[str, Any] = field(default_factory=lambda: {"status": "accepted"})
    status: int = 200
    seconds: float = 0.0
    requests: list[Received] = field(default_factory=list)

    def events(self) -> list[str]:
        return [request.json["event"] for request in self.requests]

    def wait_for(self, count: int, *, seconds: float = 10.0) -> list[Received]:
        """The requests when there are at least so many; an AssertionError when time is up."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self.requests) >= count, f"{len(self.requests)} of {count} requests came"
        return self.requests


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""
    kept = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(kept))
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/t0"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(kept: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: no waiting for acknowledgements

        def do_GET(self) -> None:
            self._keep("")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._keep(self.rfile.read(length).decode())

        def _keep(self, body: str) -> None:
            path, _, query = self.path.partition("?")
            kind = self.headers.get("Content-Type", "")
            kept.requests.append(Received(self.command, path, query, kind, body))
            time.sleep(kept.seconds)
            answer = json.dumps(kept.answer).encode()
            self.send_response(kept.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: tests read `requests`."""

    return Handler
