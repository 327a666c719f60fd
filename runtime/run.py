"""`python -m runtime run`: the checks before the start, the supervisor, the words on the screen."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from runtime import broker, config_check, demo, plan, simulators
from runtime.config import Config
from runtime.supervisor import Supervisor

LOCK_FILE = "run.lock"

logger = logging.getLogger(__name__)


class CannotStart(Exception):
    """Nothing was started; the message is for the person who tried."""


def run(config: Config) -> int:
    """Run everything until a signal; the exit code. Raises CannotStart."""
    began = time.monotonic()
    with only_one(config.instance_dir):
        refuse_taken_port(config.host, config.port)
        _warn(config)
        own_broker = _own_broker(config)
        placed = simulators.place(config.instance_dir) if config.demo else ()
        hosts = (*config.api_hosts, *(simulator.host for simulator in placed))
        config = replace(config, api_hosts=tuple(dict.fromkeys(hosts)))
        supervisor = Supervisor(plan.stages(config, own_broker=own_broker, placed=placed))
        try:
            return supervisor.run(
                meanwhile=plan.preload, announce=partial(announce, config, began=began)
            )
        finally:
            if own_broker:
                own_broker.forget()


def _own_broker(config: Config) -> broker.Broker | None:
    try:
        return None if config.redis_url else broker.embedded(config)
    except broker.NoBrokerError as error:
        raise CannotStart(str(error)) from error


@contextmanager
def only_one(instance_dir: Path) -> Iterator[None]:
    """Hold the instance folder while we run. The kernel lets it go when we die."""
    descriptor = os.open(instance_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(
                f"already running with this INSTANCE_DIR, process {file.read().strip() or '?'}"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        # A child must not keep the lock of a supervisor that is gone. The file object knows that it
        # is closed; closing the number again in a grandchild would hit somebody else's file.
        os.register_at_fork(after_in_child=file.close)
        yield


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
            raise CannotStart(
                f"port {port} on {host} {reason}; choose another with PORT"
            ) from error


def _warn(config: Config) -> None:
    for finding in config_check.check(config):
        if finding.level != "note":
            logger.warning("%s: %s", finding.variable, finding.text)


def announce(config: Config, *, began: float) -> None:
    """Print the one address, and in the demo how to log in; see also runtime/first_admin.py."""
    logger.info("started after %.1f s", time.monotonic() - began)
    russian = config.default_locale == "ru"
    lines = [f"{'Открыть' if russian else 'Open'}: {config.public_base_url}/"]
    if config.demo:
        lines.append(f"{'Вход' if russian else 'Log in'}: {demo.EMAIL} / {demo.PASSWORD}")
    lines.append("Остановить: Ctrl-C" if russian else "Stop: Ctrl-C")
    print("\n" + "\n".join(lines) + "\n", flush=True)
