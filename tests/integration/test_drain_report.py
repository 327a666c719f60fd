"""The calls report: read once for all calls that need it, missing rows, no PBX."""

from __future__ import annotations

import pytest

from services import reports
from tests.callgear import CALL, DATA, TOKEN
from tests.notifications import answered_call, record

FIELD = {"id": "f", "entity": "lead", "target": "utm_source", "value": "{{utm_source}}"}


@pytest.fixture
def with_pbx(any_server, pbx):
    """A server whose integration has a PBX too, and a row that only the report can fill."""
    any_server.reach(pbx.url.removeprefix("http://"))
    callgear = {
        "data_api_url": pbx.url + DATA,
        "call_api_url": pbx.url + CALL,
        "access_token": TOKEN,
    }
    any_server.use(callgear=callgear, settings={"fields": [FIELD]})
    pbx.control("DELETE", "/_sim/requests")
    return any_server


def in_report(pbx, call_id, **marketing):
    """A call that the PBX knows, and tells nobody."""
    call = {
        "recipe": "inbound_answered",
        "call_session_id": int(call_id),
        "contact": "971500000055",
        "notify": False,
        "speed": 1000,
        "started_at": "2026-03-01 14:40:24",
        "marketing": marketing,
        "wait": True,
    }
    return pbx.control("POST", "/_sim/calls", call)


def asked(pbx):
    requests = pbx.control("GET", "/_sim/requests")["requests"]
    return [one for one in requests if one["operation"] == "get.calls_report"]


def read(server):
    return reports.read_due_reports(server.engine, server.ports)


def test_report_is_read_once_for_all_calls_that_are_due(with_pbx, pbx):
    for number in ("901", "902", "903"):
        in_report(pbx, number, utm_source=f"source-{number}")
        with_pbx.notify(*answered_call(number, contact_phone_number=f"971500000{number}"))
    with_pbx.drain()
    assert with_pbx.state("901") == ("waiting", "report")
    assert with_pbx.left() == 3
    assert with_pbx.audit()["calls"] == 3

    with_pbx.pass_time(30)
    read(with_pbx)
    with_pbx.drain()

    assert len(asked(pbx)) == 1
    filled = [lead["custom_fields"] for lead in with_pbx.written("leads")]
    assert sorted(each["utm_source"] for each in filled) == [
        "source-901",
        "source-902",
        "source-903",
    ]
    assert with_pbx.left() == 0
    assert with_pbx.state("901") == ("written", None)


def test_missing_row_is_asked_for_twice_and_given_up(with_pbx, pbx):
    with_pbx.notify(*answered_call("901"))
    with_pbx.drain()
    with_pbx.pass_time(30)
    read(with_pbx)
    with_pbx.drain()
    assert with_pbx.state("901") == ("waiting", "report")
    assert read(with_pbx) == 0

    with_pbx.pass_time(300)
    read(with_pbx)
    with_pbx.drain()

    assert len(asked(pbx)) == 2
    assert with_pbx.state("901") == ("written", None)
    assert "report_missing" in with_pbx.codes("901")
    assert with_pbx.left() == 0


def test_pbx_that_is_away_does_not_hold_a_call_for_ever(with_pbx, pbx):
    pbx.control("POST", "/_sim/faults", {"name": "http_error"})
    with_pbx.notify(*answered_call("901"))
    with_pbx.drain()

    for _ in range(2):
        with_pbx.pass_time(301)
        read(with_pbx)
        with_pbx.drain()

    assert with_pbx.state("901") == ("written", None)


def test_used_up_points_burn_no_try(with_pbx, pbx):
    in_report(pbx, "901", utm_source="google")
    pbx.control("POST", "/_sim/faults", {"name": "limit_exceeded", "count": 3, "reset": 60})
    with_pbx.notify(*answered_call("901"))
    with_pbx.drain()

    for _ in range(4):
        with_pbx.pass_time(61)
        read(with_pbx)
        with_pbx.drain()

    assert [lead["custom_fields"] for lead in with_pbx.written("leads")] == [
        {"utm_source": "google"}
    ]


def test_report_is_not_read_if_nothing_needs_it(with_pbx, pbx):
    with_pbx.publish(fields=[])
    with_pbx.notify(*answered_call("901"), record("901"))

    with_pbx.drain()

    assert with_pbx.state("901") == ("written", None)
    assert asked(pbx) == []


def test_transfer_with_unknown_first_talker_looks_at_the_report_first(with_pbx, pbx):
    with_pbx.publish()
    *_, finished = answered_call("901")
    with_pbx.notify(finished | {"is_transfer": True})
    with_pbx.drain()
    assert with_pbx.show("901")["decisions"] == []

    for _ in range(2):
        with_pbx.pass_time(301)
        read(with_pbx)
        with_pbx.drain()

    assert with_pbx.state("901") == ("written", None)
    assert with_pbx.show("901")["decisions"][0]["owner_user_id"] == "u_17"
    assert "first_talker_unknown" in with_pbx.codes("901")


def test_without_pbx_rows_of_the_report_stay_empty(server):
    server.use(settings={"fields": [FIELD]})
    server.notify(*answered_call())

    server.drain()

    assert server.state() == ("written", None)
    assert server.left() == 0
