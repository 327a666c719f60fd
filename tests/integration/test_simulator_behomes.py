"""The simulated CRM speaks the contract: keys, addresses, lists and searches."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tests.behomes_crm import Crm, problems
from tests.simulated import ROOT, behomes_simulator


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator() as running:
        yield running


@pytest.fixture
def crm(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return Crm(simulator)


def test_account_tells_who_owns_the_key(crm):
    answer = crm.send("GET", "account")

    assert answer.status_code == 200
    assert answer.json()["response"]["account_id"] == "acc_1001"
    assert "call_events" in answer.json()["response"]["scopes"]


@pytest.mark.parametrize("key", [pytest.param(None, id="missing"), pytest.param("x", id="unknown")])
def test_a_request_without_a_known_key_is_401(crm, key):
    answer = crm.send("GET", "account", key=key)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("place", "headers"),
    [
        pytest.param("header", {"X-Api-Key": "demo-behomes-key"}, id="header"),
        pytest.param("bearer", {"Authorization": "Bearer demo-behomes-key"}, id="bearer"),
    ],
)
def test_the_key_counts_only_where_it_is_switched_on(crm, place, headers):
    before = crm.send("GET", "account", key=None, headers=headers)

    crm.control("POST", "/_sim/config", {"key_places": [place]})

    assert before.status_code == 401
    assert crm.send("GET", "account", key=None, headers=headers).status_code == 200
    assert crm.send("GET", "account").status_code == 401


def test_users_come_in_pages(crm):
    first = crm.send("GET", "users", page=1, objects_per_page=5).json()
    second = crm.send("GET", "users", page=2, objects_per_page=5).json()
    beyond = crm.send("GET", "users", page=3, objects_per_page=5).json()

    assert [len(page["response"]) for page in (first, second, beyond)] == [5, 3, 0]
    assert first["filter_params"] == {"page": 1, "objects_per_page": 5, "max_pages": 2}
    assert {"id", "name", "email", "phones", "extension", "team", "active", "updated_at"} == set(
        first["response"][0]
    )


@pytest.mark.parametrize(
    ("phones", "found"),
    [
        pytest.param(["+12025550143"], ["c_501"], id="e164"),
        pytest.param(["0500000101"], ["c_502"], id="last-nine-digits"),
        pytest.param(["+971500000199", "+971500000102"], ["c_503"], id="variants"),
        pytest.param(["+971500000104"], ["c_505", "c_506"], id="duplicates"),
        pytest.param(["2025"], [], id="short-numbers-match-whole"),
    ],
)
def test_clients_are_found_by_phone(crm, phones, found):
    assert [client["id"] for client in crm.by_phone(*phones)] == found


def test_a_found_client_comes_with_responsible_and_open_lead_and_deal(crm):
    [with_lead] = crm.by_phone("+12025550143")
    [with_deal] = crm.by_phone("+971500000101")

    assert with_lead["responsible_user_id"] == "u_17"
    assert with_lead["open_leads"] == [{"id": "l_900", "pipeline_id": "p_1", "stage_id": "s_11"}]
    assert with_deal["open_deals"] == [{"id": "d_700", "pipeline_id": "p_2", "stage_id": "s_22"}]


def test_a_deal_that_is_won_is_not_open(crm):
    crm.send("PATCH", "deals/d_700", {"stage_id": "s_28"})

    assert crm.by_phone("+971500000101")[0]["open_deals"] == []


def test_clients_are_listed_since_a_time(crm):
    everything = crm.send("GET", "clients", page=1, objects_per_page=4).json()
    created = crm.create("clients").json()["response"]["id"]

    recent = crm.send("GET", "clients", updated_since=1767225600000).json()["response"]

    assert everything["filter_params"]["max_pages"] == 2
    assert [client["id"] for client in recent] == [created]


def test_pipelines_and_custom_fields_describe_themselves(crm):
    pipelines = crm.send("GET", "pipelines").json()["response"]
    fields = crm.send("GET", "custom_fields", entity="deal").json()["response"]

    assert [pipeline["id"] for pipeline in pipelines] == ["p_1", "p_2"]
    assert pipelines[1]["stages"][0] == {"id": "s_21", "name": "EOI", "kind": "open", "sort": 10}
    assert {"string", "text", "number", "money", "boolean", "date", "datetime", "enum"} < {
        field["type"] for field in fields
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param("users", {"page": "0"}, id="page-zero"),
        pytest.param("users", {"objects_per_page": "all"}, id="page-size-not-a-number"),
        pytest.param("users", {"offset": "3"}, id="unknown-parameter"),
        pytest.param("clients", {"phone": "anonymous"}, id="phone-without-digits"),
        pytest.param("custom_fields", {"entity": "task"}, id="no-fields-of-tasks"),
        pytest.param("leads", {}, id="leads-are-not-listed"),
    ],
)
def test_a_wrong_query_is_400(crm, path, query):
    answer = crm.send("GET", path, **query)

    assert answer.status_code == 400
    assert problems(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "contacts", 404, id="unknown-address"),
        pytest.param("DELETE", "leads/l_900", 405, id="method"),
        pytest.param("GET", "clients/c_1", 404, id="unknown-client"),
    ],
)
def test_what_is_not_there_is_a_canonical_error(crm, method, path, status):
    answer = crm.send(method, path)

    assert answer.status_code == status
    assert answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"{", "application/json", 400, id="broken"),
        pytest.param(b"[]", "application/json", 400, id="not-an-object"),
        pytest.param(b'{"due_at": NaN}', "application/json", 400, id="nan"),
        pytest.param(b"name=x", "application/x-www-form-urlencoded", 415, id="form"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(crm, simulator, body, kind, status):
    answer = simulator.session.post(
        crm.url + "/leads?api_key=demo-behomes-key", data=body, headers={"Content-Type": kind}
    )

    assert answer.status_code == status


def test_a_taken_port_is_a_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "simulators.behomes", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert done.returncode == 1
    assert done.stderr == f"port {port} on 127.0.0.1 is taken\n"
