"""Our gunicorn with a small application; what it serves stands in sample_web.py."""

from __future__ import annotations

import signal
import time

import pytest
import requests

from tests.factories import wait_until
from tests.integration.sample_server import answers, sample_server


@pytest.fixture
def server():
    with sample_server() as running:
        yield running


def test_get_line_of_8_kib_is_read(server):
    _, url = server
    query = "a=" + "x" * (8190 - len("GET /length?a= HTTP/1.1"))

    answer = requests.get(f"{url}/length?{query}", timeout=5)

    assert (answer.status_code, answer.text) == (200, str(len(query)))


def test_scheme_is_taken_from_a_proxy_on_this_machine(server):
    _, url = server

    answer = requests.get(f"{url}/scheme", headers={"X-Forwarded-Proto": "https"}, timeout=5)

    assert answer.text == "https"


def test_open_streams_end_by_themselves_when_it_stops(server):
    process, url = server
    began = time.monotonic()
    with requests.get(f"{url}/stream", stream=True, timeout=10) as answer:
        lines = answer.iter_lines()
        next(lines)

        process.terminate()
        rest = [line for line in lines if line]

    assert rest[-1] == b"data: bye"
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - began < 5


def test_killed_worker_is_replaced(server):
    process, url = server
    victim = process.children()[0]

    victim.kill()

    wait_until(lambda: len(process.children()) == 2 and victim not in process.children())
    assert answers(url)


def test_killed_master_takes_its_workers_along(server):
    process, url = server
    workers = process.children()

    process.send_signal(signal.SIGKILL)
    process.wait()

    wait_until(lambda: not any(worker.is_running() for worker in workers), seconds=3)
    assert not answers(url)
