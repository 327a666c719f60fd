"""Clients of the simulated CRM and PBX, which start once per file and empty for each test."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from clients.http import Http
from clients.wire import load_wire
from tests.callgear import CALL, DATA, TOKEN, simulated
from tests.raw_server import raw_server
from tests.simulated import behomes_simulator

WIRE = load_wire()


def fault(simulator, name, **order):
    """Order a fault; it stays until the test ends or its `count` is used up."""
    simulator.control("POST", "/_sim/faults", {"name": name, **order})


@pytest.fixture(scope="session")
def behomes_process():
    with behomes_simulator() as running:
        yield running


@pytest.fixture
def behomes(behomes_process):
    behomes_process.control("POST", "/_sim/reset", {})
    return behomes_process


@pytest.fixture(scope="session")
def callgear_process():
    with simulated() as running:
        yield running


@pytest.fixture
def callgear(callgear_process):
    callgear_process.control("POST", "/_sim/reset", {})
    return callgear_process


@pytest.fixture
def seen():
    """What the observer of `crm` or `pbx` was told."""
    return []


@pytest.fixture
def crm(behomes, http_to, seen):
    http = http_to(behomes)
    return BehomesClient(
        WIRE, http, behomes.url + "/", behomes.key, on_request=lambda *report: seen.append(report)
    )


@pytest.fixture
def http_to():
    """Make an Http that may call this simulator only."""
    made = []

    def make(simulator):
        made.append(Http([urlsplit(simulator.url).netloc]))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def make_pbx(callgear, http_to, seen):
    """Make a PBX client with other options."""
    http = http_to(callgear)

    def make(**options):
        defaults = {
            "data_api_url": callgear.url + DATA,
            "call_api_url": callgear.url + CALL,
            "access_token": TOKEN,
            "on_request": lambda *report: seen.append(report),
        }
        return CallGearClient(http, **{**defaults, **options})

    return make


@pytest.fixture
def pbx(make_pbx):
    return make_pbx()


@pytest.fixture
def make_http():
    made = []

    def make(*hosts, **options):
        made.append(Http(hosts, **options))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def served(make_http):
    """Start a raw server; returns it and an Http that may call it."""
    stack = []

    def start(handler, **options):
        context = raw_server(handler)
        server = context.__enter__()
        stack.append(context)
        http = make_http(server.host, **options)
        return server, http

    yield start
    for context in stack:
        context.__exit__(None, None, None)
