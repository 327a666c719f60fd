"""What runs and in which order: the parts of this system as the supervisor takes them."""

from __future__ import annotations

import http.client
import importlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from runtime import application, broker, logs, simulators
from runtime.config import Config
from runtime.part import Part

# What the forked parts need, imported once by the supervisor so that they share its memory.
SHARED_MODULES = (
    "app",
    "gunicorn.workers.gthread",
    "rq.serializers",
    "runtime.web",
    "runtime.worker",
    "runtime.upkeep",
    "runtime.live",
    "runtime.migrate",
    "runtime.demo",
    "runtime.first_admin",
)
WORKERS_GRACE_SECONDS = 6.0
WEB_GRACE_SECONDS = 4.5
SERVERS_GRACE_SECONDS = 2.0
# How long the start waits for /readyz. A broker elsewhere that is away must not stop us.
PATIENCE_SECONDS = 12.0

logger = logging.getLogger(__name__)


def preload() -> None:
    """Import the application. No connection is opened and no thread started by that."""
    for name in SHARED_MODULES:
        importlib.import_module(name)
    application.share_memory()


def stages(
    config: Config,
    *,
    own_broker: broker.Broker | None,
    placed: Sequence[simulators.Simulator],
) -> list[list[Part]]:
    """The stages of `Supervisor`; the first is of programs that need nothing of ours."""
    if own_broker:
        config = replace(config, redis_url=own_broker.url)
    servers = [_broker_part(own_broker)] if own_broker else []
    servers += [_simulator_part(simulator) for simulator in placed]
    return [
        servers,
        [_task("migrations", config, _migrate)],
        [_task("demo data", config, partial(_prepare_demo, placed=placed))] if placed else [],
        [_web_part(config)],
        [*_worker_parts(config), _live_part(config), _upkeep_part(config)],
        [] if placed else [_task("first admin", config, _tell_first_admin)],
    ]


def _broker_part(own: broker.Broker) -> Part:
    return Part("broker", own.run, own.is_ready, SERVERS_GRACE_SECONDS)


def _simulator_part(simulator: simulators.Simulator) -> Part:
    return Part(simulator.name, simulator.run, simulator.is_ready, SERVERS_GRACE_SECONDS)


def _task(name: str, config: Config, run: Callable[[Config], None]) -> Part:
    return Part(name, _logged(name, config, run), once=True)


def _web_part(config: Config) -> Part:
    def serve(config: Config) -> None:
        from runtime import web

        web.serve(config)

    return Part(
        "web",
        _logged("web", config, serve),
        lambda: answer(config, "/healthz") is not None,
        WEB_GRACE_SECONDS,
    )


def _worker_parts(config: Config) -> list[Part]:
    def work(config: Config) -> None:
        from runtime import worker

        worker.work(config)

    names = [f"worker {number}" for number in range(1, config.call_workers + 1)]
    grace = WORKERS_GRACE_SECONDS
    return [Part(name, _logged(name, config, work), grace_seconds=grace) for name in names]


def _live_part(config: Config) -> Part:
    def work(config: Config) -> None:
        from runtime import live

        live.work(config)

    return Part("live", _logged("live", config, work))


def _upkeep_part(config: Config) -> Part:
    """Last to start, so it is asked whether the whole system is ready."""

    def work(config: Config) -> None:
        from runtime import upkeep

        upkeep.work(config)

    return Part(
        "upkeep",
        _logged("upkeep", config, work),
        Patience(PATIENCE_SECONDS, lambda: answer(config, "/readyz") == 200),
        WORKERS_GRACE_SECONDS,
    )


def _migrate(config: Config) -> None:
    from runtime import migrate

    migrate.upgrade_or_try_again(config)


def _prepare_demo(config: Config, *, placed: Sequence[simulators.Simulator]) -> None:
    from runtime import demo

    urls = {simulator.name: simulator.url for simulator in placed}
    demo.prepare(config, urls["behomes"], urls["callgear"])


def _tell_first_admin(config: Config) -> None:
    from runtime import first_admin

    first_admin.tell(config)


def _logged(name: str, config: Config, run: Callable[[Config], None]) -> Callable[[], None]:
    def body() -> None:
        logs.configure(config.log_format, part=name)
        run(config)

    return body


class Patience:
    """Asks until the answer is yes, or until so many seconds after the first question."""

    def __init__(self, seconds: float, ask: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._ask = ask
        self._first_at: float | None = None

    def __call__(self) -> bool:
        now = time.monotonic()
        self._first_at = self._first_at or now
        if self._ask():
            return True
        is_late = now - self._first_at > self._seconds
        if is_late:
            logger.warning("not everything is ready, see /readyz")
        return is_late


def answer(config: Config, path: str) -> int | None:
    """The status of our own web server's answer; None while it does not answer."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=2)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
