"""The test of both connections, against simulators that do everything wrong that they can."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from clients.http import Http
from clients.replies import Reply
from clients.wire import load_wire
from services.check_connection import check_connections, missing_scopes
from services.connection_asking import Asking, clock_verdict
from services.connection_result import (
    OF_THE_WAY,
    CheckName,
    Kind,
    System,
    Verdict,
    read_result,
)
from tests.callgear import TOKEN
from tests.raw_server import answering, raw_server
from tests.simulated import behomes_simulator

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def crm():
    with behomes_simulator("--seed", "demo") as simulator:
        yield simulator


@pytest.fixture
def way(crm, pbx):
    """Both without faults; the way there."""
    http = Http([crm.url.removeprefix("http://"), pbx.url.removeprefix("http://"), "127.0.0.1:9"])
    yield http
    for simulator in (crm, pbx):
        simulator.control("DELETE", "/_sim/faults")


def behomes(way, url, key="demo-behomes-key"):
    return BehomesClient(load_wire(), way, url, key)


def callgear(way, url, token=TOKEN):
    return CallGearClient(
        way, data_api_url=f"{url}/v2.0", call_api_url=f"{url}/v4.0", access_token=token
    )


def verdicts(result):
    return {check.name: check.verdict for check in result.checks}


PASSED, FAILED, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.OPEN
ALL_PASSED = dict.fromkeys(CheckName, PASSED)


def test_both_pass_with_names_numbers_and_times(way, crm, pbx):
    found = check_connections(behomes(way, crm.url), callgear(way, pbx.url))

    for result in found.values():
        assert result.ok
        assert verdicts(result) == ALL_PASSED
        assert result.account_name
        assert result.people > 2
        assert abs(result.skew_seconds) <= 2
        assert all(c.ms is not None for c in result.checks if c.name is not CheckName.CLOCK)
    assert set(found) == {System.BEHOMES, System.CALLGEAR}


@pytest.mark.parametrize(
    ("fault", "kind", "seen"),
    [
        pytest.param(
            {"name": "key_revoked"},
            Kind.KEY_REFUSED,
            {CheckName.ADDRESS: PASSED, CheckName.KEY: FAILED, CheckName.RIGHTS: OPEN},
            id="key",
        ),
        pytest.param(
            {"name": "rate_limited", "style": "seconds", "seconds": 7},
            Kind.LIMITED,
            {CheckName.ADDRESS: PASSED, CheckName.KEY: OPEN},
            id="limit",
        ),
        pytest.param(
            {"name": "html_200"}, Kind.UNEXPECTED, {CheckName.ADDRESS: FAILED}, id="not-json"
        ),
        pytest.param(
            {"name": "not_found"}, Kind.UNEXPECTED, {CheckName.ADDRESS: FAILED}, id="not-there"
        ),
        pytest.param(
            {"name": "error_500_before"},
            Kind.SERVER_ERROR,
            {CheckName.ADDRESS: PASSED, CheckName.KEY: OPEN},
            id="broken",
        ),
        pytest.param(
            {"name": "reset_before"}, Kind.NO_CONNECTION, {CheckName.ADDRESS: FAILED}, id="reset"
        ),
        pytest.param(
            {"name": "slow", "seconds": 3}, Kind.TIMEOUT, {CheckName.ADDRESS: FAILED}, id="slow"
        ),
        pytest.param(
            {"name": "forbidden", "match": {"operation": "list_pipelines"}},
            Kind.NO_RIGHTS,
            {CheckName.KEY: PASSED, CheckName.RIGHTS: FAILED},
            id="rights",
        ),
        pytest.param(
            {"name": "html_200", "match": {"operation": "list_users"}},
            Kind.UNEXPECTED,
            {CheckName.KEY: PASSED, CheckName.RIGHTS: OPEN},
            id="list-not-json",
        ),
    ],
)
def test_each_trouble_of_the_crm_has_its_kind(way, crm, fault, kind, seen):
    crm.control("POST", "/_sim/faults", fault)

    result = check_connections(behomes(way, crm.url), None, seconds=1)[System.BEHOMES]

    assert result.trouble.kind is kind
    assert {name: verdicts(result)[name] for name in seen} == seen


@pytest.mark.parametrize(
    ("fault", "kind", "seen"),
    [
        pytest.param(
            {"name": "access_token_expired"},
            Kind.KEY_REFUSED,
            {CheckName.ADDRESS: PASSED, CheckName.KEY: FAILED},
            id="key",
        ),
        pytest.param(
            {"name": "ip_not_whitelisted"},
            Kind.IP_REFUSED,
            {CheckName.ADDRESS: PASSED, CheckName.KEY: FAILED},
            id="our-address",
        ),
        pytest.param(
            {"name": "rpc_error", "mnemonic": "account_inactive", "code": -32009},
            Kind.ACCOUNT_INACTIVE,
            {CheckName.KEY: FAILED},
            id="account",
        ),
        pytest.param(
            {"name": "limit_exceeded", "limit_type": "minute", "reset": 23},
            Kind.LIMITED,
            {CheckName.KEY: OPEN},
            id="points",
        ),
        pytest.param({"name": "html"}, Kind.UNEXPECTED, {CheckName.ADDRESS: FAILED}, id="not-json"),
        pytest.param(
            {"name": "reset"}, Kind.NO_CONNECTION, {CheckName.ADDRESS: FAILED}, id="reset"
        ),
        pytest.param(
            {"name": "http_error", "status": 502},
            Kind.SERVER_ERROR,
            {CheckName.ADDRESS: PASSED, CheckName.KEY: OPEN},
            id="broken",
        ),
        pytest.param(
            {"name": "slow", "seconds": 3}, Kind.TIMEOUT, {CheckName.ADDRESS: FAILED}, id="slow"
        ),
        pytest.param(
            {
                "name": "rpc_error",
                "mnemonic": "forbidden",
                "code": -32003,
                "match": {"operation": "get.virtual_numbers"},
            },
            Kind.NO_RIGHTS,
            {CheckName.KEY: PASSED, CheckName.RIGHTS: FAILED},
            id="rights",
        ),
    ],
)
def test_each_trouble_of_the_pbx_has_its_kind(way, pbx, fault, kind, seen):
    pbx.control("POST", "/_sim/faults", fault)

    result = check_connections(None, callgear(way, pbx.url), seconds=1)[System.CALLGEAR]

    assert result.trouble.kind is kind
    assert {name: verdicts(result)[name] for name in seen} == seen


def test_limit_says_how_long_to_wait(way, crm, pbx):
    crm.control("POST", "/_sim/faults", {"name": "rate_limited", "style": "seconds", "seconds": 7})
    pbx.control("POST", "/_sim/faults", {"name": "limit_exceeded", "reset": 23})

    found = check_connections(behomes(way, crm.url), callgear(way, pbx.url))

    assert found[System.BEHOMES].trouble.retry_after == 7
    assert found[System.CALLGEAR].trouble.retry_after == 23


def test_missing_rights_are_all_named(way, crm):
    for operation in ("list_pipelines", "list_custom_fields"):
        crm.control(
            "POST", "/_sim/faults", {"name": "forbidden", "match": {"operation": operation}}
        )

    result = check_connections(behomes(way, crm.url), None)[System.BEHOMES]

    assert result.trouble.missing == ("pipelines", "fields")
    assert result.people > 2


def test_nobody_at_the_address_and_a_host_that_may_not_be_called(way):
    found = check_connections(behomes(way, NOBODY), callgear(way, "https://crm.example.com"))

    assert found[System.BEHOMES].trouble.kind is Kind.NO_CONNECTION
    assert found[System.CALLGEAR].trouble.kind is Kind.HOST_NOT_ALLOWED


def test_it_ends_in_time_whatever_the_others_do(way, crm, pbx):
    crm.control(
        "POST", "/_sim/faults", {"name": "slow", "seconds": 9, "match": {"operation": "list_users"}}
    )
    pbx.control("POST", "/_sim/faults", {"name": "no_answer", "seconds": 9})
    began = time.monotonic()

    found = check_connections(behomes(way, crm.url), callgear(way, pbx.url), seconds=1)

    assert time.monotonic() - began < 3
    assert {result.trouble.kind for result in found.values()} == {Kind.TIMEOUT}


def test_server_that_never_finishes_an_answer_is_a_time_out():
    with raw_server(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")) as server:
        way = Http([server.host])
        result = check_connections(behomes(way, server.url), None, seconds=1)[System.BEHOMES]

    assert result.trouble.kind is Kind.TIMEOUT
    assert result.trouble.kind in OF_THE_WAY


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        pytest.param(["users.read", "clients", "leads", "deals", "tasks", "calls"], (), id="all"),
        pytest.param(["users.read", "clients", "calls"], ("leads", "deals", "tasks"), id="some"),
        pytest.param([], (), id="not-told"),
        pytest.param(["full_access"], (), id="words-of-their-own"),
    ],
)
def test_scopes_that_are_missing(scopes, missing):
    assert missing_scopes(scopes) == missing


@pytest.mark.parametrize(
    ("skew", "verdict"),
    [(None, OPEN), (0, PASSED), (-60, PASSED), (61, FAILED), (-3600, FAILED)],
)
def test_clocks(skew, verdict):
    assert clock_verdict(skew) is verdict


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_time_that_cannot_be_read_tells_nothing(date):
    asking = Asking(0.0)

    asking.note_clock(Reply(200, {"date": date}, b""))

    assert asking.skew is None


def test_result_survives_being_stored(way, crm):
    crm.control("POST", "/_sim/faults", {"name": "forbidden", "match": {"operation": "list_users"}})
    at = datetime(2026, 3, 1, tzinfo=UTC)

    result = check_connections(behomes(way, crm.url), None)[System.BEHOMES]
    read = read_result(result.as_json(at))

    assert (read.checks, read.trouble, read.at) == (result.checks, result.trouble, at)
    assert read_result({}) is None
