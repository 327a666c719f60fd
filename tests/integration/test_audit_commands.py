"""`calls accounted` and `crm audit`: JSON on stdout, exit codes for a cron job."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from services.day_accounts import store_days
from services.intake import take_in
from tests.compared import compare_till
from tests.notifications import answered_call

COUNTS = ("checked", "present", "gone", "lost", "doubled")


@pytest.fixture
def run(server):
    def call(*words):
        done = server.app.test_cli_runner().invoke(args=[*map(str, words)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout)

    return call


def audit(run, server, *more):
    window = ("--from", "2026-01-01T00:00", "--till", "2027-01-01T00:00", *more)
    code, told = run("crm", "audit", server.id, *window)
    return code, told, {name: told[name] for name in COUNTS if told.get(name)}


def test_audit_counts_and_names_what_is_lost(server, run):
    server.notify(*answered_call())
    server.settle()
    server.pass_time(200)
    code, told, counts = audit(run, server)
    assert (code, counts, told["aborted"]) == (0, {"checked": 2, "present": 2}, None)

    lead = server.write("lead")
    server.by_hand(f"leads/{lead['crm_id']}/delete")

    code, told, counts = audit(run, server)
    assert (code, counts) == (1, {"checked": 2, "present": 1, "lost": 1})
    (found,) = told["findings"]
    assert (found["problem"], found["kind"], found["crm_id"]) == ("lost", "lead", lead["crm_id"])


def test_audit_of_a_crm_that_is_away_says_so(server, run):
    server.notify(*answered_call())
    server.settle()
    server.pass_time(200)
    server.fault("error_500_before", "find_client")

    code, told, counts = audit(run, server)

    assert (code, counts, told["aborted"]) == (1, {}, "server_error")


def test_audit_that_gets_no_room_ends_in_time(server, run):
    server.notify(*answered_call())
    server.settle()
    server.pass_time(200)
    server.notify(*answered_call("2"))
    with server.engine.begin() as connection:
        take_in(connection)

    code, told, _ = audit(run, server, "--timeout", "0.2")

    assert (code, told["aborted"]) == (1, "busy")


def test_day_is_told_with_its_standing(server, run):
    made = server.now() - timedelta(days=3)
    server.change(created_at=made, access_token_sealed="sealed", data_api_url="http://127.0.0.1:9")
    code, told = run("calls", "accounted", server.id)
    assert (code, told["standing"], told["complete"]) == (1, "not_compared", False)

    compare_till(server, server.now())
    store_days(server.engine, server.id)

    code, told = run("calls", "accounted", server.id)
    assert (code, told["calls"], told["accounted"], told["complete"]) == (0, 0, 0, True)
    today = (server.now() + timedelta(hours=4)).date().isoformat()  # Dubai
    code, told = run("calls", "accounted", server.id, "--day", today)
    assert (code, told["standing"], told["day"]) == (1, "going_on", today)


def test_refusals(run):
    refused = {
        ("calls", "accounted", 1, "--day", "yesterday"): "date_invalid",
        ("calls", "accounted", 1, "--day", "2020-01-01"): "not_found",
        ("calls", "accounted", 99): "not_found",
        ("crm", "audit", 99): "not_found",
        ("crm", "audit", 1, "--from", "now"): "date_invalid",
        ("crm", "audit", 1, "--from", "2026-03-02", "--till", "2026-03-01"): "date_invalid",
    }

    got = {words: run(*words) for words in refused}

    assert {code for code, _told in got.values()} == {1}
    assert {words: told["error"]["code"] for words, (_code, told) in got.items()} == refused
