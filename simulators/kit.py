"""What every simulator needs: arguments, serving until a signal, JSON, faults and a request log.

parser = kit.parser("Simulator of ...")          # --port, --host, --fault-seed, --request-log
parser.add_argument("--seed", default="demo")    # extra arguments are the simulator's own
args = parser.parse_args()
faults = kit.Faults({"error_500_before": "500, nothing executed"}, seed=args.fault_seed)
log = kit.RequestLog(args.request_log)
kit.add_controls(app, faults=faults, log=log)    # /_sim/faults, /_sim/requests
sys.exit(kit.serve(app, host=args.host, port=args.port))
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import re
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from aiohttp import web

from simulators.faults import Fault, Faults

__all__ = [
    "STATIC",
    "Fault",
    "Faults",
    "RequestLog",
    "add_controls",
    "cut_connection",
    "json_body",
    "loads",
    "parser",
    "reply",
    "serve",
]

STATIC = Path(__file__).parent / "static"
JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
SECRET_IN_QUERY = re.compile(r"((?:api_key|access_token|token|secret)=)[^&]*", re.IGNORECASE)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

dumps = json.JSONEncoder(separators=(",", ":")).encode


def parser(description: str) -> argparse.ArgumentParser:
    """The command line every simulator has; add your own arguments to it."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--port", type=int, required=True, help="0 = any free port, see `ready`")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--fault-seed", type=int, default=1, help="seed of the faults' dice")
    made.add_argument("--request-log", type=int, default=5000, help="requests kept; 0 = none")
    return made


def serve(app: web.Application, *, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Prints `ready http://host:port` once."""
    return asyncio.run(_serve(app, host, port))


async def _serve(app: web.Application, host: str, port: int) -> int:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
        sys.stderr.write(f"port {port} on {host} {reason}\n")
        return 1
    sys.stdout.write(f"ready http://{host}:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()
    return 0


def reply(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A compact JSON answer."""
    return web.Response(
        body=dumps(body).encode(),
        status=status,
        headers={**JSON_HEADERS, **headers} if headers else JSON_HEADERS,
    )


def loads(text: str | bytes) -> Any:
    """JSON without the NaN and Infinity that Python reads and JSON does not know."""
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


async def json_body(request: web.Request) -> dict[str, Any]:
    """The JSON object of a control request; {} for an empty body. Anything else is a 400."""
    raw = await request.read()
    try:
        body = loads(raw) if raw else {}
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return body


def cut_connection(request: web.Request) -> web.Response:
    """Reset the TCP connection under the caller; return its value from the handler."""
    transport = request.transport
    if transport is not None:
        bare = transport.get_extra_info("socket")
        if bare is not None:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        transport.abort()
    return web.Response(status=500)


class RequestLog:
    """The last requests, newest last. Bounded: the oldest fall out. Keys are masked when read."""

    def __init__(self, limit: int = 5000) -> None:
        self._rows: deque[tuple[Any, ...]] = deque(maxlen=limit)
        self.total = 0

    def add(
        self,
        request: web.Request,
        *,
        operation: str,
        status: int,
        started: float,
        account: str = "",
        fault: str = "",
    ) -> None:
        """Note one request; `started` is time.perf_counter() at its begin, status 0 = no answer."""
        self.total += 1
        took = time.perf_counter() - started
        row = (time.time(), request.method, request.path_qs, operation, status, took)
        self._rows.append((*row, account, fault))

    def clear(self) -> None:
        self._rows.clear()
        self.total = 0

    def describe(self, limit: int | None = None) -> list[dict[str, Any]]:
        rows = list(self._rows)
        return [_request_row(row) for row in (rows if limit is None else rows[-limit:])]


def _request_row(row: tuple[Any, ...]) -> dict[str, Any]:
    at, method, path, operation, status, took, account, fault = row
    return {
        "at": round(at * 1000),
        "method": method,
        "path": SECRET_IN_QUERY.sub(r"\1***", path),
        "operation": operation,
        "status": status,
        "ms": round(took * 1000, 2),
        "account": account,
        "fault": fault,
    }


def add_controls(
    app: web.Application,
    *,
    faults: Faults,
    log: RequestLog,
    on_fault: Callable[[Fault], None] | None = None,
) -> None:
    """Add the control addresses that all simulators share.

    GET /_sim/faults, POST /_sim/faults (one order, or `{"faults": [...]}`, or `{"seed": n}`),
    DELETE /_sim/faults[/<name>], GET /_sim/requests[?limit=n], DELETE /_sim/requests.
    `on_fault` is called with each new fault: for those that act at once.
    """

    controls = _Controls(faults, log, on_fault)
    app.router.add_post("/_sim/faults", controls.add)
    app.router.add_get("/_sim/faults", controls.show)
    app.router.add_delete("/_sim/faults", controls.remove)
    app.router.add_delete("/_sim/faults/{name}", controls.remove)
    app.router.add_get("/_sim/requests", controls.requests)
    app.router.add_delete("/_sim/requests", controls.forget)


class _Controls:
    def __init__(
        self, faults: Faults, log: RequestLog, on_fault: Callable[[Fault], None] | None
    ) -> None:
        self.faults = faults
        self.log = log
        self.on_fault = on_fault

    async def add(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        if isinstance(body.get("seed"), int):
            self.faults.reseed(body["seed"])
        orders = body.get("faults", [body] if "name" in body else [])
        try:
            added = [self.faults.add(order) for order in orders]
        except ValueError as error:
            return reply({"error": str(error)}, status=422)
        for fault in added:
            if self.on_fault:
                self.on_fault(fault)
        return reply({"added": [fault.describe() for fault in added]}, status=201)

    async def show(self, _request: web.Request) -> web.Response:
        return reply(self.faults.describe())

    async def remove(self, request: web.Request) -> web.Response:
        return reply({"removed": self.faults.remove(request.match_info.get("name"))})

    async def requests(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "")
        rows = self.log.describe(int(limit) if limit.isdigit() else None)
        return reply({"total": self.log.total, "requests": rows})

    async def forget(self, _request: web.Request) -> web.Response:
        self.log.clear()
        return reply({})
