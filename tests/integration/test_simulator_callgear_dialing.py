"""The simulated PBX dials on request, shows and ends live calls, asks for a personal manager."""

from __future__ import annotations

import pytest

from tests.callgear import CALL, ask, error_of, mnemonic_of, report_row
from tests.receiver import receiver

pytestmark = pytest.mark.timeout(60)

RING, TALK, END = "waiting_answer", ["talk_started", "talk_finished"], "call_finished"


@pytest.fixture
def pbx(pbx):
    pbx.control("POST", "/_sim/config", {"speed": 0})
    return pbx


@pytest.fixture
def hook(pbx):
    with receiver() as kept:
        pbx.control("POST", "/_sim/webhooks", {"url": kept.url, "secret": "s-1"})
        yield kept


def call(pbx, recipe, **order):
    return pbx.control("POST", "/_sim/calls", {"recipe": recipe, "wait": True, **order})


def dial(pbx, **params):
    wanted = {
        "first_call": "employee",
        "virtual_phone_number": "97140000001",
        "contact": "971500000077",
        "employee": {"id": 101},
        "direction": "out",
        "external_id": "behomes:lead:5512",
        **params,
    }
    return {name: value for name, value in wanted.items() if value is not ...}


def test_click_to_call_really_dials(pbx, hook):
    result = ask(pbx, "start.employee_call", CALL, **dial(pbx))
    call_id = result["data"]["call_session_id"]
    hook.wait_for(6)

    assert hook.events() == ["outgoing_call", RING, *TALK, END, "record_ready"]
    assert hook.requests[4].json["external_id"] == "behomes:lead:5512"
    row = report_row(pbx, call_id, "source", "direction", "call_api_external_id")
    assert row == {
        "source": "callapi",
        "direction": "out",
        "call_api_external_id": "behomes:lead:5512",
    }
    dialed = pbx.control("GET", "/_sim/dialed")["dialed"]
    assert [(one["call_session_id"], one["params"]["contact"]) for one in dialed] == [
        (call_id, "971500000077")
    ]


def test_direction_of_a_dialed_call_is_in_by_default(pbx):
    result = ask(pbx, "start.employee_call", CALL, **dial(pbx, direction=...))

    assert _call_of(pbx, result["data"]["call_session_id"])["direction"] == "in"


def _call_of(pbx, call_id):
    calls = pbx.control("GET", "/_sim/calls")["calls"]
    return next(one for one in calls if one["call_session_id"] == call_id)


@pytest.mark.parametrize(
    ("change", "mnemonic", "code"),
    [
        pytest.param({"first_call": ...}, "required_parameter_missed", -32602, id="missing"),
        pytest.param({"first_call": "agent"}, "invalid_parameter_value", -32602, id="word"),
        pytest.param({"contact": "+971500000077"}, "invalid_parameter_value", -32602, id="plus"),
        pytest.param({"employee": {"id": "101"}}, "data_type_error", -32602, id="id-as-text"),
        pytest.param({"employee": {"id": 999}}, "employee_not_found", -32602, id="employee"),
        pytest.param(
            {"employee": {"id": 101, "phone_number": "0160002"}},
            "no_active_phone_number",
            -32602,
            id="phone-of-another",
        ),
        pytest.param(
            {"virtual_phone_number": "97149999999"},
            "virtual_phone_number_not_found",
            -32007,
            id="number",
        ),
        pytest.param(
            {"contact": "97140000002"},
            "own_virtual_phone_number_not_allowed",
            -32602,
            id="own-number",
        ),
        pytest.param(
            {"early_switching": True, "switch_at_once": True},
            "invalid_parameters_combination",
            -32602,
            id="combination",
        ),
        pytest.param({"media_file_id": 99}, "media_file_not_found", -32602, id="media"),
        pytest.param(
            {"contact_message": {"type": "tts", "value": "x" * 1001}},
            "tts_text_exceeded",
            -32602,
            id="text",
        ),
        pytest.param(
            {"contact_message": {"type": "tts", "value": "\U0001f600"}},
            "character_encoding_not_allowed",
            -32602,
            id="encoding",
        ),
        pytest.param({"phone": "1"}, "unexpected_parameters", -32602, id="unknown"),
    ],
)
def test_dialing_is_refused_as_documented(pbx, change, mnemonic, code):
    error = error_of(pbx, "start.employee_call", CALL, **dial(pbx, **change))

    assert (error["data"]["mnemonic"], error["code"]) == (mnemonic, code)
    assert pbx.control("GET", "/_sim/dialed")["dialed"] == []


def test_blacklisted_contact_is_refused(pbx):
    account = {
        "app_id": 9,
        "tokens": {"k9": "active"},
        "blacklist": ["971500000077"],
        "employees": [{"id": 1, "last_name": "Agent", "phones": ["0160009"]}],
    }
    pbx.control("POST", "/_sim/seed", {"accounts": [account]})
    params = dial(pbx, access_token="k9", employee={"id": 1})

    assert error_of(pbx, "start.employee_call", CALL, **params)["code"] == -32002


def test_live_call_is_listed_and_released(pbx, hook):
    pace = {"speed": 1, "ring_seconds": 0.1, "talk_seconds": 30, "recording_seconds": 0}
    pbx.control("POST", "/_sim/config", pace)
    params = dial(pbx)
    call_id = ask(pbx, "start.employee_call", CALL, **params)["data"]["call_session_id"]
    hook.wait_for(2)

    rows = ask(pbx, "list.calls", CALL, direction="out")["data"]
    hook.wait_for(3)
    released = ask(pbx, "release.call", CALL, call_session_id=call_id)

    hook.wait_for(6)
    assert [(row["call_session_id"], row["legs"][0]["employee_id"]) for row in rows] == [
        (call_id, 101)
    ]
    assert released["data"] == {"success": "true"}
    assert hook.events()[3:] == ["talk_finished", END, "record_ready"]
    assert hook.requests[3].json["talk_time_duration"] < 30
    assert report_row(pbx, call_id)["finish_reason"] == "operator_disconnects"
    assert mnemonic_of(pbx, "release.call", CALL, call_session_id=call_id) == (
        "call_session_not_found"
    )


@pytest.mark.parametrize("encoding", ["query", "form", "json"])
def test_personal_manager_is_asked_while_the_caller_waits(pbx, hook, encoding):
    hook.answer = {"phones": ["0160003"]}
    order = {"url": hook.url, "contact": "971500000011", "encoding": encoding}

    result = pbx.control("POST", "/_sim/manager", order)["results"][0]

    asked = hook.requests[0]
    told = asked.query or asked.body
    assert "971500000011" in told and "call_session_id" in told
    assert (result["status"], result["answer"]) == (200, {"phones": ["0160003"]})
    assert result["ms"] > 0


def test_call_rings_whom_the_manager_answer_names(pbx, hook):
    hook.answer = {"phones": ["0160003"]}
    pbx.control("POST", "/_sim/webhooks", {"manager_url": hook.url + "/manager"})

    call(pbx, "inbound_answered", ask_manager=True)

    asked = pbx.control("GET", "/_sim/asked")["asked"]
    assert [(row["status"], row["answer"]) for row in asked] == [(200, {"phones": ["0160003"]})]
    assert hook.requests[0].path.endswith("/manager")
    assert hook.requests[2].json["employee_id"] == 103


def test_call_released_while_it_rings_is_lost(pbx, hook):
    order = {"recipe": "inbound_answered", "speed": 1}
    call_id = pbx.control("POST", "/_sim/calls", order)["call_session_id"]
    hook.wait_for(2)

    pbx.control("POST", f"/_sim/calls/{call_id}/release")

    hook.wait_for(4)
    row = report_row(pbx, call_id, "is_lost", "first_answered_employee_id", "talk_duration")
    assert [request.json["event"] for request in hook.requests[2:]] == [END, "lost_call"]
    assert row == {"is_lost": True, "first_answered_employee_id": None, "talk_duration": 0}


def test_release_counts_while_a_notification_is_under_way(pbx, hook):
    hook.seconds = 0.2
    order = {"recipe": "inbound_answered", "speed": 1, "talk_seconds": 60}
    call_id = pbx.control("POST", "/_sim/calls", order)["call_session_id"]
    hook.wait_for(1)

    pbx.control("POST", f"/_sim/calls/{call_id}/release")

    hook.wait_for(3)
    assert hook.events() == ["incoming_call", END, "lost_call"]
