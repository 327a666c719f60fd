"""A private broker on a unix socket, for tests that need a real one."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from runtime.broker import Broker, answers, find_program

START_SECONDS = 10


@pytest.fixture(scope="session")
def session_broker_url() -> Iterator[str]:
    """The address of a broker that lives as long as the test run."""
    with running_broker() as broker:
        yield broker.url


@pytest.fixture
def broker_url(session_broker_url: str) -> str:
    """The address of an empty broker."""
    with redis.Redis.from_url(session_broker_url) as connection:
        connection.flushall()
    return session_broker_url


@contextmanager
def running_broker() -> Iterator[Broker]:
    """Run a broker of our own; its folder is short, because a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="broker-", dir="/tmp") as folder:
        broker = Broker(find_program(), Path(folder, "s"), Path(folder, "broker.url"))
        process = start(broker)
        try:
            yield broker
        finally:
            process.terminate()
            process.wait(timeout=10)


def start(broker: Broker) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    process = subprocess.Popen(broker.command(), stdout=subprocess.DEVNULL)
    give_up_at = time.monotonic() + START_SECONDS
    while not answers(broker.url):
        if process.poll() is not None or time.monotonic() > give_up_at:
            process.kill()
            raise RuntimeError(f"the broker did not start, exit code {process.wait()}")
        time.sleep(0.02)
    return process
