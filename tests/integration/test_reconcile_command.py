"""`calls reconcile`: counters as JSON, times in the integration's zone, clear errors."""

from __future__ import annotations

import json

import pytest

from tests.report import Reported


@pytest.fixture
def office(server, pbx):
    return Reported(server, pbx, timezone="Europe/Berlin")


@pytest.fixture
def run(server):
    """Run `calls reconcile`; its exit code and its JSON."""

    def call(since, till, integration_id=None):
        words = ["calls", "reconcile", str(integration_id or server.id)]
        done = server.app.test_cli_runner().invoke(args=[*words, "--from", since, "--till", till])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout)

    return call


def test_counters_are_printed(office, run):
    office.call("901")
    first = run("2026-03-01T00:00:00+04:00", "2026-03-02T00:00:00+04:00")
    second = run("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")

    assert first == (0, {"rows": 1, "known": 0, "taken_in": 1, "completed": 0})
    assert second == (0, {"rows": 1, "known": 1, "taken_in": 0, "completed": 0})


def test_times_without_offset_are_in_the_zone_of_the_integration(office, run):
    office.call("901")  # 14:40:24 in Dubai, 11:40:24 in Berlin

    assert run("2026-03-01T11:40:25", "2026-03-01 23:00")[1]["rows"] == 0
    assert run("2026-03-01T11:40:24", "2026-03-01T11:40:24")[1]["rows"] == 1
    assert run("2026-03-01", "2026-03-02")[1]["rows"] == 1


@pytest.mark.parametrize(
    ("since", "till"),
    [
        ("2026-03-01", "2026-13-02"),
        ("0001-01-01", "2026-03-02"),
        ("2026-03-02", "2026-03-01"),
    ],
)
def test_bad_dates_are_refused(office, run, since, till):
    code, told = run(since, till)

    assert (code, told["error"]["code"]) == (1, "date_invalid")
    assert office.asked() == 0


def test_unknown_integration_is_refused(run):
    code, told = run("2026-03-01", "2026-03-02", integration_id=999)

    assert (code, told["error"]["code"]) == (1, "not_found")


def test_without_a_connection_to_callgear_it_says_so(run):
    code, told = run("2026-03-01", "2026-03-02")

    assert (code, told["error"]["code"]) == (1, "not_configured")
    assert "CallGear" in told["error"]["message"]


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("ip_not_whitelisted", "ip_not_allowed", ""),
        ("limit_exceeded", "points_exhausted", "Try again in"),
    ],
)
def test_what_the_pbx_refuses_is_told(office, run, fault, code, words):
    office.fault(fault, reset=60)

    exit_code, told = run("2026-03-01", "2026-03-02")

    assert (exit_code, told["error"]["code"]) == (1, code)
    assert words in told["error"]["message"]
    assert "demo-callgear-token" not in json.dumps(told)
