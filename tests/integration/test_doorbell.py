"""Rings between processes: a hint that arrives at once, and is not needed."""

from __future__ import annotations

import shutil
import time
from threading import Thread

import pytest

from jobs.queue import Ringer
from services.doorbell import CONSOLES, NOTIFICATIONS, Bell, Doorbell
from tests.broker import running_broker, start
from tests.factories import wait_until

LONG = 20.0


def heard(doorbell):
    """The moment at which a long wait is over, when it is."""
    ended = []

    def wait():
        doorbell.wait(LONG, alone=LONG)
        ended.append(time.monotonic())

    Thread(target=wait, daemon=True).start()
    return ended


def test_ring_ends_the_wait(broker_url):
    doorbell = Doorbell(broker_url, CONSOLES)
    doorbell.wait(0.01, alone=0.01)
    ended = heard(doorbell)

    wait_until(lambda: Bell(broker_url, CONSOLES).ring() or ended, seconds=LONG / 2)

    assert len(ended) == 1
    doorbell.close()


def test_notification_rings_for_the_live_process_too(broker_url):
    doorbell = Doorbell(broker_url, NOTIFICATIONS)
    doorbell.wait(0.01, alone=0.01)
    ended = heard(doorbell)

    Ringer(broker_url, workers=2).ring()

    wait_until(lambda: ended, seconds=LONG / 2)
    assert len(ended) == 1
    doorbell.close()


@pytest.mark.parametrize("url", [None, "unix:///nowhere/redis.sock"])
def test_without_redis_time_passes_and_nobody_is_kept_waiting(url):
    began = time.monotonic()

    for _ in range(50):
        Bell(url, CONSOLES).ring()
    Doorbell(url, CONSOLES).wait(LONG, alone=0.01)

    assert time.monotonic() - began < LONG / 2


def test_doorbell_finds_a_broker_that_came_back():
    with running_broker() as broker:
        doorbell = Doorbell(broker.url, CONSOLES)
        doorbell.wait(0.01, alone=0.01)
        assert doorbell.is_connected
    doorbell.wait(0.01, alone=0.01)
    assert not doorbell.is_connected
    broker.socket.parent.mkdir(exist_ok=True)
    process = start(broker)
    try:
        wait_until(lambda: doorbell.wait(0.01, alone=0.05) or doorbell.is_connected)
    finally:
        doorbell.close()
        process.terminate()
        process.wait(10)
        shutil.rmtree(broker.socket.parent)
