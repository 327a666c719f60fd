"""How tests speak to the simulated PBX."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulated import Simulator, callgear_simulator

TOKEN = "demo-callgear-token"
DATA, CALL = "/v2.0", "/v4.0"
NOW = datetime.now(ZoneInfo("Asia/Dubai")).replace(tzinfo=None, microsecond=0)
PERIOD = {"date_from": str(NOW - timedelta(days=40)), "date_till": str(NOW + timedelta(days=40))}


@contextmanager
def simulated() -> Iterator[Simulator]:
    """A PBX with the demo account."""
    with callgear_simulator() as simulator:
        simulator.key = TOKEN
        yield simulator


@pytest.fixture(scope="session")
def pbx_process() -> Iterator[Simulator]:
    """One simulated PBX for all tests."""
    with simulated() as running:
        yield running


@pytest.fixture
def pbx(pbx_process: Simulator) -> Simulator:
    """It, as if it had just been started."""
    pbx_process.control("POST", "/_sim/reset", {})
    return pbx_process


def post(simulator: Simulator, method: str, path: str = DATA, **params: Any) -> Any:
    """Ask one method and return the HTTP answer. `access_token=...` (an ellipsis) leaves it out."""
    params = {"access_token": TOKEN, **params}
    if params["access_token"] is ...:
        del params["access_token"]
    body = {"jsonrpc": "2.0", "id": "t-1", "method": method, "params": params}
    return simulator.session.post(simulator.url + path, json=body, timeout=10)


def ask(simulator: Simulator, method: str, path: str = DATA, **params: Any) -> Any:
    """The `result` of a request that must succeed."""
    answer = post(simulator, method, path, **params).json()
    assert "result" in answer, answer
    return answer["result"]


def error_of(simulator: Simulator, method: str, path: str = DATA, **params: Any) -> Any:
    """The `error` of a request that must be refused, with HTTP 200."""
    answer = post(simulator, method, path, **params)
    assert answer.status_code == 200
    return answer.json()["error"]


def mnemonic_of(simulator: Simulator, method: str, path: str = DATA, **params: Any) -> str:
    return error_of(simulator, method, path, **params)["data"]["mnemonic"]


def report_row(simulator: Simulator, call_id: int, *fields: str) -> Any:
    """The calls report's row of one call, or None."""
    wanted = {"field": "id", "operator": "=", "value": call_id}
    chosen = {"fields": list(fields)} if fields else {}
    rows = ask(simulator, "get.calls_report", **PERIOD, filter=wanted, **chosen)["data"]
    return rows[0] if rows else None
