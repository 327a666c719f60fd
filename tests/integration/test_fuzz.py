"""A small part of `python -m fuzz`, with the seed of each: the whole is for one command."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from clients.notifications import UnreadableError, read
from fuzz import bodies, http, openapi
from fuzz.making import LARGEST, Maker
from runtime.config import ROOT


def test_bodies_are_the_same_for_the_same_seed():
    makers = Maker(7), Maker(7), Maker(8)

    same, again, other = ([maker.make() for _ in range(50)] for maker in makers)

    assert same == again
    assert same != other
    assert all(len(each.body) <= LARGEST for each in same)


def test_made_up_bodies_break_nothing():
    tally = bodies.run_share("suite", 3000)

    assert tally.kinds["used"] > 500
    assert tally.kinds["ignored"] > 100
    assert sum(number for kind, number in tally.kinds.items() if "unreadable" in kind) > 300
    assert tally.folded > 500


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("read", RecursionError()),
        ("read", ValueError("int too long")),
        ("fold", KeyError("employee_id")),
    ],
)
def test_what_breaks_is_told_with_its_seed(monkeypatch, name, trouble):
    def break_down(*_):
        raise trouble

    monkeypatch.setattr(bodies, name, break_down)

    with pytest.raises(bodies.Broken, match="seed 'suite', body "):
        bodies.run_share("suite", 300)


def test_facts_that_follow_the_order_of_events_are_told(monkeypatch):
    monkeypatch.setattr(bodies, "fold", lambda events, _around: [each.key for each in events])

    with pytest.raises(bodies.Broken, match="body") as caught:
        bodies.run_share("suite", 3000)
    assert "another order" in str(caught.value.__cause__)


def test_requests_over_http_are_bytes_of_every_kind():
    maker, pick = Maker(1), Random(1)
    sent = [http.write(maker.make(), "/hooks/t", "k", pick) for _ in range(300)]

    lines = {each.split(b" ", 1)[0] for each in sent}
    assert {b"POST", b"GET", b"PUT", b"TRACE", b""} <= lines
    assert any(b"\r\nTransfer-Encoding: chunked\r\n" in each for each in sent)
    assert sum(each.count(b"\r\nContent-Length: ") == 2 for each in sent) > 1


def test_tool_for_the_description_is_there():
    words = openapi.command("http://127.0.0.1:1", "key", 5, 1)

    assert (ROOT / words[0]).exists()


@pytest.mark.parametrize("digits", [4300, 4301, 60_000])
def test_huge_numbers_are_read_or_refused(digits):
    body = b'{"event":"call_finished","call_session_id":1,"talk_time_duration":%b}'

    event = read(body % (b"9" * digits), None, b"").event

    assert "talk_time_duration" not in event.members or isinstance(
        event.members["talk_time_duration"], str
    )


def test_of_a_member_named_twice_the_last_counts():
    body = b'{"event":"lost_call","call_session_id":1,"call_session_id":2}'

    assert read(body, None, b"").event.call_session_id == "2"


@pytest.mark.parametrize("depth", [100, 5000, 30_000])
def test_deep_nesting_is_read_or_refused(depth):
    body = '{"event":"lost_call","call_session_id":1,"x":' + "[" * depth + "]" * depth + "}"

    try:
        assert json.dumps(dict(read(body.encode(), None, b"").event.members))
    except UnreadableError as error:
        assert re.match("invalid_json", error.code)
