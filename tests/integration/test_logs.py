"""One call is followed through the logs of all processes by its id."""

from __future__ import annotations

import io
import json
import logging

import pytest

from runtime import logs
from services.cards import LiveCards
from tests.notifications import CLIENT, answered_call, ringing


@pytest.fixture
def lines():
    """What is logged from here on, as JSON lines of a process called `test`."""
    root, stream = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs._formatter(is_console=False, part="test"))
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def about(lines, call_id):
    return [line for line in lines() if line.get("call") == call_id]


def test_web_worker_and_live_process_say_whose_call_it_is(server, lines):
    cards = LiveCards(server.engine, server.ports)
    server.notify(*ringing("700000101"), *ringing("700000102"))
    while cards.step():
        pass
    cards.close(wait=True)
    server.notify(*answered_call("700000101")[2:])
    server.drain()

    told = about(lines, "700000101")
    loggers = {line["logger"] for line in told}
    assert {"services.receive", "services.active", "services.cards"} <= loggers
    assert {line["integration"] for line in told} == {server.id}
    web = [line for line in told if line["logger"] == "services.receive"]
    assert len({line["request"] for line in web}) == len(web) == 5
    assert all({"timestamp", "level", "event", "part"} <= set(line) for line in told)
    assert CLIENT[-9:] not in json.dumps(lines())
    assert server.made.webhook_url.split("/")[-1] not in json.dumps(lines())


def test_an_id_as_long_as_a_phone_number_stays_readable(server, lines):
    server.notify(*ringing("97150000001"))

    assert len(about(lines, "97150000001")) == 2


def test_a_crash_on_a_call_says_which(server, lines, monkeypatch):
    monkeypatch.setattr("services.call_work.fold", lambda *_: 1 / 0)
    server.notify(*ringing("8"))

    server.drain()

    [told] = [line for line in about(lines, "8") if line["level"] == "error"]
    assert told["integration"] == server.id


def test_every_answer_has_an_id_of_its_own(server):
    client = server.app.test_client()
    paths = ("/healthz", "/login", "/nowhere", "/hooks/wrong", "/api/openapi.json", "/")

    ids = [client.get(path).headers["X-Request-Id"] for path in paths]

    assert len(set(ids)) == len(paths)


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"X-Request-Id": "from-proxy-1", "X-Forwarded-For": "10.0.0.1"}, True),
        ({"X-Request-Id": "from-proxy-1"}, False),
        ({"X-Request-Id": 'a b"c,d;e<f>', "X-Forwarded-For": "10.0.0.1"}, False),
        ({"X-Request-Id": "x" * 65, "X-Forwarded-For": "10.0.0.1"}, False),
    ],
)
def test_the_id_of_a_proxy_on_this_machine_is_kept(server, headers, is_taken):
    answer = server.app.test_client().get("/healthz", headers=headers)

    assert (answer.headers["X-Request-Id"] == headers["X-Request-Id"]) is is_taken
