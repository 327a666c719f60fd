"""Everything that the simulated PBX can be told to do wrong."""

from __future__ import annotations

import time
from collections import Counter

import pytest
import requests

from tests.callgear import (
    CALL,
    DATA,
    PERIOD,
    ask,
    error_of,
    mnemonic_of,
    post,
    report_row,
)
from tests.receiver import receiver

pytestmark = pytest.mark.timeout(60)

DIAL = {
    "first_call": "employee",
    "virtual_phone_number": "97140000001",
    "contact": "971500000077",
    "employee": {"id": 101},
}


@pytest.fixture
def pbx(pbx):
    pbx.control("POST", "/_sim/config", {"speed": 0})
    return pbx


@pytest.fixture
def hook(pbx):
    with receiver() as kept:
        pbx.control("POST", "/_sim/webhooks", {"url": kept.url})
        yield kept


def fault(pbx, name, **order):
    return pbx.control("POST", "/_sim/faults", {"name": name, **order})


def call(pbx, recipe="inbound_answered", **order):
    body = {"recipe": recipe, "wait": True, **order}
    return pbx.control("POST", "/_sim/calls", body)["call_session_id"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("access_token_expired", -32001, id="expired"),
        pytest.param("access_token_invalid", -32001, id="invalid"),
        pytest.param("access_token_blocked", -32001, id="blocked"),
        pytest.param("ip_not_whitelisted", -32003, id="ip"),
    ],
)
def test_access_is_refused_once(pbx, name, code):
    fault(pbx, name, count=1)

    error = error_of(pbx, "get.account")

    assert (error["data"]["mnemonic"], error["code"]) == (name, code)
    assert "metadata" not in error["data"]
    assert ask(pbx, "get.account")["data"]


def test_address_is_named_that_is_not_on_the_list(pbx):
    fault(pbx, "ip_not_whitelisted", count=1)

    assert "127.0.0.1" in error_of(pbx, "get.account")["message"]


@pytest.mark.parametrize("kind", ["minute", "day"])
def test_limit_is_exceeded_with_a_reset(pbx, kind):
    fault(pbx, "limit_exceeded", limit_type=kind, reset=3, match={"operation": "get.employees"})

    error = error_of(pbx, "get.employees")

    limits = error["data"]["metadata"]["limits"]
    assert error["data"]["params"]["limit_type"] == kind
    assert (limits[f"{kind}_remaining"], limits[f"{kind}_reset"]) == (0, 3)
    assert ask(pbx, "get.account")["data"]


@pytest.mark.parametrize(
    "mnemonic",
    [
        *("tts_text_exceeded", "media_file_not_found", "virtual_phone_number_not_found"),
        *("employee_not_found", "no_active_phone_number", "contact_in_blacklist"),
        *("own_virtual_phone_number_not_allowed", "character_encoding_not_allowed"),
        *("component_disabled", "forbidden", "account_inactive", "internal_error"),
    ],
)
def test_dialing_fails_with_any_error(pbx, mnemonic):
    fault(pbx, "rpc_error", mnemonic=mnemonic, match={"operation": "start.employee_call"})

    assert mnemonic_of(pbx, "start.employee_call", CALL, **DIAL) == mnemonic
    assert pbx.control("GET", "/_sim/dialed")["dialed"] == []


def test_error_may_be_one_that_nobody_has_documented(pbx):
    fault(pbx, "rpc_error", mnemonic="new_word", code=-32002, message="Not allowed", count=1)

    error = error_of(pbx, "get.account")

    assert (error["code"], error["message"]) == (-32002, "Not allowed")
    assert error["data"]["mnemonic"] == "new_word"


def test_no_answer_although_the_call_has_started(pbx, hook):
    fault(pbx, "no_answer", seconds=30)
    body = {"jsonrpc": "2.0", "id": 1, "method": "start.employee_call"}
    body["params"] = {"access_token": pbx.key, **DIAL}

    with pytest.raises(requests.Timeout):
        requests.post(pbx.url + CALL, json=body, timeout=0.3)

    assert len(pbx.control("GET", "/_sim/dialed")["dialed"]) == 1
    hook.wait_for(4)


def test_slow_answer_comes_at_last(pbx):
    fault(pbx, "slow", seconds=0.3, count=1)
    started = time.perf_counter()

    assert ask(pbx, "get.account")["data"]
    assert time.perf_counter() - started >= 0.3


@pytest.mark.parametrize(
    ("order", "status", "kind"),
    [
        pytest.param({"name": "http_error"}, 500, "", id="500"),
        pytest.param(
            {"name": "http_error", "status": 502, "html": True}, 502, "text/html", id="502"
        ),
        pytest.param({"name": "html"}, 200, "text/html", id="html-with-200"),
    ],
)
def test_transport_fails(pbx, order, status, kind):
    pbx.control("POST", "/_sim/faults", order)

    answer = post(pbx, "get.account")

    assert (answer.status_code, answer.headers.get("Content-Type", "").split(";")[0]) == (
        status,
        kind,
    )


@pytest.mark.parametrize(
    ("name", "dialed"),
    [pytest.param("reset", 0, id="before"), pytest.param("reset_after", 1, id="after")],
)
def test_connection_is_reset(pbx, name, dialed):
    fault(pbx, name, count=1)

    with pytest.raises(requests.ConnectionError):
        post(pbx, "start.employee_call", CALL, **DIAL)

    assert len(pbx.control("GET", "/_sim/dialed")["dialed"]) == dialed


def test_second_page_fails(pbx):
    fault(pbx, "page_fails", match={"operation": "get.employees"})

    first = post(pbx, "get.employees", limit=2, offset=0)
    second = post(pbx, "get.employees", limit=2, offset=2)

    assert (first.status_code, second.status_code) == (200, 502)


def test_employees_change_between_pages(pbx):
    fault(pbx, "employees_change", count=1)

    first = ask(pbx, "get.employees", limit=3)["data"]
    second = ask(pbx, "get.employees", limit=3, offset=3)["data"]

    assert [row["id"] for row in first] == [101, 102, 103]
    assert [row["id"] for row in second][:2] == [105, 106]  # 104 slipped to the first page


def test_fault_may_be_meant_for_one_account(pbx):
    pbx.control("POST", "/_sim/seed", {"accounts": [{"app_id": 9, "tokens": {"k9": "active"}}]})
    fault(pbx, "access_token_expired", match={"account": "9"})

    assert ask(pbx, "get.account")["data"]
    assert mnemonic_of(pbx, "get.account", access_token="k9") == "access_token_expired"


def test_notifications_are_duplicated(pbx, hook):
    fault(pbx, "duplicated", copies=3, match={"operation": "talk_started"})
    call_id = call(pbx)

    assert Counter(hook.events())["talk_started"] == 3
    log = pbx.control("GET", f"/_sim/sent?call={call_id}&event=talk_started")["sent"]
    assert [row["attempt"] for row in log] == [1, 2, 3]


def test_notification_is_dropped(pbx, hook):
    fault(pbx, "dropped", match={"operation": "call_finished"})
    call_id = call(pbx)

    assert "call_finished" not in hook.events()
    assert report_row(pbx, call_id)["is_lost"] is False


def test_notification_is_overtaken_by_the_next(pbx, hook):
    fault(pbx, "reordered", match={"operation": ["incoming_call", "record_ready"]})
    call(pbx)

    assert hook.events()[:2] == ["waiting_answer", "incoming_call"]
    assert hook.events()[-1] == "record_ready"


def test_notification_is_delayed(pbx, hook):
    fault(pbx, "delayed", seconds=0.2, match={"operation": "incoming_call"})
    call(pbx)

    hook.wait_for(6)
    assert hook.events()[-1] == "incoming_call"


def test_same_seed_drops_the_same(pbx, hook):
    runs = []
    for _ in range(2):
        pbx.control("POST", "/_sim/faults", {"seed": 5})
        pbx.control("DELETE", "/_sim/faults")
        fault(pbx, "dropped", probability=0.5)
        hook.requests.clear()
        call(pbx, "inbound_transfer")
        runs.append(hook.events())

    assert runs[0] == runs[1]
    assert 0 < len(runs[0]) < 10


def test_record_never_comes(pbx, hook):
    fault(pbx, "record_never")
    call_id = call(pbx)

    row = report_row(pbx, call_id, "call_records", "full_record_file_link")
    assert row == {"call_records": [], "full_record_file_link": None}
    assert "record_ready" not in hook.events()


def test_record_comes_late(pbx, hook):
    fault(pbx, "record_late", seconds=0.3)
    call_id = call(pbx, wait=False)
    hook.wait_for(5)
    before = report_row(pbx, call_id)["call_records"]

    hook.wait_for(6)

    assert before == []
    assert len(report_row(pbx, call_id)["call_records"]) == 1


def test_report_shows_the_call_later(pbx, hook):
    fault(pbx, "row_late", seconds=0.4)
    call_id = call(pbx)
    before = report_row(pbx, call_id)

    deadline = time.monotonic() + 5
    while not report_row(pbx, call_id) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert before is None
    assert report_row(pbx, call_id)["id"] == call_id


def test_reasons_have_two_spellings(pbx):
    platform = report_row(pbx, call(pbx), "finish_reason")
    pbx.control("POST", "/_sim/config", {"finish_reasons": "english"})
    english = report_row(pbx, call(pbx), "finish_reason")

    assert platform == {"finish_reason": "subscriber_disconnects"}
    assert english == {"finish_reason": "caller_disconnects"}


def test_success_is_a_text_or_a_boolean(pbx):
    pbx.control("POST", "/_sim/config", {"speed": 1, "success": "boolean"})
    call_id = ask(pbx, "start.employee_call", CALL, **DIAL)["data"]["call_session_id"]

    released = ask(pbx, "release.call", CALL, call_session_id=call_id)

    assert released["data"] == {"success": True}


def test_slow_receiver_is_given_up(pbx, hook):
    hook.seconds = 0.5
    pbx.control("POST", "/_sim/config", {"notification_timeout": 0.1})
    call_id = call(pbx, "out_of_hours")

    log = pbx.control("GET", f"/_sim/sent?call={call_id}")["sent"]
    assert [row["status"] for row in log] == [None, None]
    assert "Timeout" in log[0]["error"]


def test_requests_are_logged_with_their_faults(pbx):
    fault(pbx, "http_error", count=1)
    post(pbx, "get.account", DATA)
    ask(pbx, "get.calls_report", **PERIOD)

    rows = pbx.control("GET", "/_sim/requests")["requests"]
    assert [(row["operation"], row["status"], row["fault"]) for row in rows] == [
        ("get.account", 500, "http_error"),
        ("get.calls_report", 200, ""),
    ]


def test_reset_may_keep_the_webhooks(pbx, hook):
    pbx.control("POST", "/_sim/reset", {"keep_webhooks": True})

    call(pbx, "out_of_hours", speed=0)

    assert hook.events() == ["incoming_call", "lost_call"]


def test_reset_forgets_calls_faults_and_logs(pbx, hook):
    fault(pbx, "dropped")
    call(pbx, speed=1, wait=False)

    pbx.control("POST", "/_sim/reset")

    state = pbx.control("GET", "/_sim/state")
    assert (state["calls"], state["sent"], state["accounts"]) == (0, 0, [50001])
    assert pbx.control("GET", "/_sim/faults")["active"] == []
