"""The simulated PBX answers as the reference documents it: envelope, checks, selections."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.callgear import PERIOD, ask, error_of, mnemonic_of

pytestmark = pytest.mark.timeout(60)


def raw(pbx, body, path="/v2.0"):
    return pbx.session.post(pbx.url + path, data=body, timeout=10).json()


@pytest.mark.parametrize(
    ("body", "mnemonic", "code"),
    [
        pytest.param("{", "parse_error", -32700, id="not-json"),
        pytest.param("[]", "batch_operations_not_supported", -32099, id="batch"),
        pytest.param("7", "invalid_request", -32600, id="no-object"),
        pytest.param('{"jsonrpc":"2.0"}', "notifications_not_supported", -32099, id="no-id"),
        pytest.param('{"id":1,"jsonrpc":"1.0"}', "invalid_request", -32600, id="old-version"),
        pytest.param(
            '{"id":1,"jsonrpc":"2.0","method":"get.account"}',
            "invalid_request",
            -32600,
            id="no-params",
        ),
        pytest.param(
            '{"id":1,"jsonrpc":"2.0","method":"get.nothing","params":{}}',
            "method_not_found",
            -32601,
            id="method",
        ),
    ],
)
def test_envelope_is_checked(pbx, body, mnemonic, code):
    error = raw(pbx, body)["error"]

    assert (error["data"]["mnemonic"], error["code"]) == (mnemonic, code)
    assert "metadata" not in error["data"]


def test_id_comes_back_unchanged(pbx):
    body = '{"id":"req-1","jsonrpc":"2.0","method":"get.nothing","params":{}}'

    assert raw(pbx, body)["id"] == "req-1"


@pytest.mark.parametrize(
    ("method", "params", "mnemonic", "field"),
    [
        pytest.param("get.account", {"user": 1}, "unexpected_parameters", "user", id="unknown"),
        pytest.param("get.employees", {"limit": "1"}, "data_type_error", "limit", id="type"),
        pytest.param(
            "get.employees", {"limit": 10_001}, "invalid_parameter_value", "limit", id="limit"
        ),
        pytest.param(
            "get.employees", {"fields": ["name"]}, "unexpected_parameters", "fields", id="field"
        ),
        pytest.param(
            "get.employees",
            {"sort": [{"field": "email"}]},
            "sort_prohibited",
            "sort.email",
            id="sort",
        ),
        pytest.param(
            "get.employees",
            {"filter": {"field": "patronymic", "operator": "=", "value": "x"}},
            "filter_prohibited",
            "filter.patronymic",
            id="filter",
        ),
        pytest.param(
            "get.employees",
            {"filter": {"field": "id", "operator": "=", "value": "101"}},
            "invalid_parameter_value",
            "filter.id",
            id="filter-value",
        ),
        pytest.param(
            "get.employees",
            {"filter": {"field": "id", "operator": "like", "value": 1}},
            "invalid_parameter_value",
            "filter.operator",
            id="operator",
        ),
        pytest.param("get.calls_report", {}, "required_parameter_missed", "date_from", id="dates"),
        pytest.param(
            "get.calls_report",
            {"date_from": "2026-01-01T00:00:00Z", "date_till": "2026-01-02 00:00:00"},
            "invalid_parameter_value",
            "date_from",
            id="iso-date",
        ),
        pytest.param(
            "get.calls_report",
            {"date_from": "2026-01-01 00:00:00", "date_till": "2026-05-01 00:00:00"},
            "date_interval_limit_reached",
            "date_till",
            id="four-months",
        ),
        pytest.param(
            "create.employees",
            {"first_name": "Agent"},
            "required_parameter_missed",
            "last_name",
            id="last-name",
        ),
        pytest.param(
            "create.employees",
            {"last_name": "Agent", "phone_numbers": [{"phone_number": "+12025550117"}]},
            "invalid_parameter_value",
            "phone_numbers.phone_number",
            id="plus",
        ),
        pytest.param(
            "update.employees",
            {"id": 101, "last_name": "Agent"},
            "required_parameter_missed",
            "phone_numbers",
            id="update-without-phones",
        ),
        pytest.param(
            "update.employees",
            {"id": 999, "last_name": "Agent", "phone_numbers": []},
            "entity_not_found",
            "id",
            id="not-found",
        ),
        pytest.param(
            "create.employees",
            {"last_name": "Agent", "extension": {"extension_phone_number": "117"}},
            "already_in_use",
            "extension.extension_phone_number",
            id="extension-taken",
        ),
        pytest.param(
            "create.contacts",
            {"last_name": "Client", "phone_numbers": ["12025550143", "12025550143"]},
            "invalid_parameter_value",
            "phone_numbers",
            id="phone-twice",
        ),
        pytest.param(
            "create.contacts",
            {"last_name": "Client", "phone_numbers": ["12025550143"], "personal_manager_id": 9},
            "entity_not_found",
            "personal_manager_id",
            id="manager",
        ),
    ],
)
def test_parameters_are_checked(pbx, method, params, mnemonic, field):
    error = error_of(pbx, method, **params)

    assert (error["data"]["mnemonic"], error["data"]["field"]) == (mnemonic, field)
    assert error["data"]["metadata"]["limits"]["day_remaining"] == 1000


def test_key_is_checked(pbx):
    assert mnemonic_of(pbx, "get.account", access_token="other") == "access_token_invalid"
    assert mnemonic_of(pbx, "get.account", access_token=None) == "data_type_error"


def test_account_tells_its_zone(pbx):
    row = ask(pbx, "get.account")["data"][0]

    assert row == {"app_id": 50001, "name": "Sample Brokerage LLC", "timezone": "Asia/Dubai"}


def test_only_successful_requests_are_charged(pbx):
    account = {"app_id": 7, "tokens": {"small": "active"}, "limits": {"day": 9, "minute": 2}}
    pbx.control("POST", "/_sim/seed", {"accounts": [account]})
    ask(pbx, "get.account", access_token="small")
    error_of(pbx, "get.account", access_token="small", wrong=1)
    last = ask(pbx, "get.account", access_token="small")

    error = error_of(pbx, "get.account", access_token="small")

    assert last["metadata"]["limits"]["minute_remaining"] == 0
    assert error["code"] == -32029
    assert error["data"]["params"] == {"limit_type": "minute", "limit_max_value": 2}
    assert 0 < error["data"]["metadata"]["limits"]["minute_reset"] <= 60


def test_selection_pages_sorts_filters_and_chooses_fields(pbx):
    answer = ask(
        pbx,
        "get.employees",
        fields=["id", "full_name"],
        filter={
            "condition": "or",
            "filters": [
                {"field": "id", "operator": "in", "value": [101, 103]},
                {"field": "email", "operator": "like", "value": "agent.f%"},
            ],
        },
        sort=[{"field": "first_name", "order": "desc"}],
        offset=1,
        limit=2,
    )

    assert [row["full_name"] for row in answer["data"]] == ["Agent One", "Agent Four"]
    assert answer["metadata"]["total_items"] == 4
    assert set(answer["data"][0]) == {"id", "full_name"}


def test_nested_fields_are_filtered_by_jsquery(pbx):
    query = {
        "field": "phone_numbers",
        "operator": "jsquery",
        "value": '#.phone_number = "0160002"',
    }

    assert [row["id"] for row in ask(pbx, "get.employees", filter=query)["data"]] == [102]


@pytest.mark.parametrize(
    ("method", "first"),
    [
        pytest.param("get.virtual_numbers", "97140000001", id="numbers"),
        pytest.param("get.scenarios", "Main line", id="scenarios"),
        pytest.param("get.statuses", "Available", id="statuses"),
        pytest.param("get.tags", "VIP", id="tags"),
        pytest.param("get.campaigns", "Portal campaign", id="campaigns"),
        pytest.param("get.contacts", "Client Sample", id="contacts"),
    ],
)
def test_directories_are_seeded(pbx, method, first):
    assert first in ask(pbx, method)["data"][0].values()


def test_employee_is_created_and_updated(pbx):
    phones = [{"phone_number": "12025550199"}]
    new_id = ask(
        pbx,
        "create.employees",
        last_name="Agent",
        first_name="New",
        phone_numbers=phones,
    )["data"]["id"]

    ask(pbx, "update.employees", id=new_id, last_name="Agent", phone_numbers=phones, email="n@x.io")

    wanted = {"field": "id", "operator": "=", "value": new_id}
    row = ask(pbx, "get.employees", filter=wanted)["data"][0]
    assert (row["full_name"], row["email"]) == ("Agent New", "n@x.io")
    assert row["phone_numbers"][0]["channels_count"] == 1
    written = pbx.control("GET", "/_sim/written")["written"]
    assert [one["method"] for one in written] == ["create.employees", "update.employees"]
    assert "access_token" not in written[0]["params"]


def test_contact_gets_a_personal_manager(pbx):
    contact_id = ask(pbx, "create.contacts", last_name="Client", phone_numbers=["971500000011"])[
        "data"
    ]["id"]

    assert ask(pbx, "update.contacts", id=contact_id, personal_manager_id=102) == {}

    wanted = {"field": "personal_manager_id", "operator": "=", "value": 102}
    row = ask(pbx, "get.contacts", filter=wanted)["data"][0]
    assert row["personal_manager_full_name"] == "Agent Two"


def test_session_key_works_until_logout(pbx):
    key = ask(pbx, "login.user", access_token=..., login="demo", password="demo-password")["data"]

    assert key["app_id"] == 50001
    assert ask(pbx, "get.account", access_token=key["access_token"])["data"]
    logout = ask(pbx, "logout.user", access_token=key["access_token"])
    assert logout == {"data": {"success": True}}
    assert mnemonic_of(pbx, "get.account", access_token=key["access_token"])
    assert mnemonic_of(pbx, "login.user", access_token=..., login="demo", password="x") == (
        "auth_error"
    )


def test_keys_may_be_expired_blocked_or_of_a_closed_account(pbx):
    accounts = [
        {"app_id": 7, "tokens": {"old": "expired", "no": "blocked"}},
        {"app_id": 8, "tokens": {"closed": "active"}, "is_active": False},
    ]
    pbx.control("POST", "/_sim/seed", {"accounts": accounts})

    assert mnemonic_of(pbx, "get.account", access_token="old") == "access_token_expired"
    assert mnemonic_of(pbx, "get.account", access_token="no") == "access_token_blocked"
    assert mnemonic_of(pbx, "get.account", access_token="closed") == "account_inactive"


def test_open_forms_of_results_are_switches(pbx):
    switches = {"create_result": "flat", "metadata_name": "meta_data"}
    pbx.control("POST", "/_sim/config", switches)

    assert isinstance(ask(pbx, "create.employees", last_name="Agent")["id"], int)
    assert "meta_data" in ask(pbx, "get.account")


def test_report_selects_by_start_in_account_zone(pbx):
    start = datetime.fromisoformat(PERIOD["date_from"]) + timedelta(days=3)
    order = {"recipe": "inbound_answered", "started_at": str(start), "notify": False}
    pbx.control("POST", "/_sim/calls", {**order, "speed": 0, "wait": True})
    period = {"date_from": str(start), "date_till": str(start)}
    before = {**period, "date_from": str(start - timedelta(days=1))}
    before["date_till"] = str(start - timedelta(seconds=1))

    assert len(ask(pbx, "get.calls_report", **period)["data"]) == 1
    assert ask(pbx, "get.calls_report", **before)["metadata"]["total_items"] == 0


def test_unknown_control_orders_are_refused_with_a_reason(pbx):
    for path, body in (
        ("calls", {"recipe": "nonsense"}),
        ("calls", {"recipe": "inbound_lost", "nonsense": 1}),
        ("calls", {"recipe": "inbound_lost", "shape": "round"}),
        ("config", {"anchor": "middle"}),
        ("webhooks", {"url": "http://127.0.0.1:9", "event": "nonsense"}),
        ("calls/stream", {"count": 1, "mix": {"nonsense": 1}}),
    ):
        answer = pbx.session.post(f"{pbx.url}/_sim/{path}", json=body, timeout=10)
        assert (answer.status_code, "error" in answer.json()) == (422, True), path
