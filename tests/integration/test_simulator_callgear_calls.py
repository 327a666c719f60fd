"""The simulated PBX plays calls: notifications in their order, report rows, records."""

from __future__ import annotations

import wave
from datetime import datetime
from io import BytesIO
from urllib.parse import parse_qs

import pytest

from tests.callgear import PERIOD, ask, report_row
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


@pytest.mark.parametrize(
    ("recipe", "events", "row"),
    [
        pytest.param(
            "inbound_answered",
            ["incoming_call", RING, *TALK, END, "record_ready"],
            {"direction": "in", "source": "va", "is_lost": False, "is_transfer": False},
            id="inbound_answered",
        ),
        pytest.param(
            "inbound_lost",
            ["incoming_call", RING, RING, RING, END, "lost_call"],
            {"is_lost": True, "finish_reason": "no_success_operator_call", "call_records": []},
            id="inbound_lost",
        ),
        pytest.param(
            "inbound_transfer",
            ["incoming_call", RING, *TALK, RING, *TALK, END, "record_ready", "record_ready"],
            {"is_transfer": True, "first_talked_employee_id": 101, "last_talked_employee_id": 102},
            id="inbound_transfer",
        ),
        pytest.param(
            "group_ring",
            ["incoming_call", RING, RING, RING, *TALK, END, "record_ready"],
            {"first_talked_employee_id": 102, "is_lost": False},
            id="group_ring",
        ),
        pytest.param(
            "several_talks",
            [
                *("incoming_call", RING, *TALK, RING, *TALK, RING, *TALK, END),
                *("record_ready", "record_ready", "record_ready"),
            ],
            {"first_talked_employee_id": 101, "last_talked_employee_id": 101, "is_transfer": True},
            id="several_talks",
        ),
        pytest.param(
            "out_of_hours",
            ["incoming_call", "lost_call"],
            {"finish_reason": "group_inactive_by_schedule", "is_lost": True, "employees": []},
            id="out_of_hours",
        ),
        pytest.param(
            "hidden_number",
            ["incoming_call", RING, *TALK, END, "record_ready"],
            {"contact_phone_number": "anonymous"},
            id="hidden_number",
        ),
        pytest.param(
            "outbound_answered",
            ["outgoing_call", *TALK, END, "record_ready"],
            {"direction": "out", "source": "sip", "is_lost": False},
            id="outbound_answered",
        ),
        pytest.param(
            "outbound_silent",
            ["outgoing_call", END],
            {"direction": "out", "is_lost": True, "finish_reason": "no_success_subscriber_call"},
            id="outbound_silent",
        ),
        pytest.param(
            "click_client_silent",
            ["outgoing_call", RING, END],
            {"source": "callapi", "is_lost": True, "finish_reason": "no_success_subscriber_call"},
            id="click_client_silent",
        ),
        pytest.param(
            "click_employee_silent",
            ["outgoing_call", RING, END],
            {"source": "callapi", "is_lost": True, "finish_reason": "no_success_operator_call"},
            id="click_employee_silent",
        ),
    ],
)
def test_recipe_tells_its_events_and_fills_the_report(pbx, hook, recipe, events, row):
    call_id = call(pbx, recipe)["call_session_id"]

    found = report_row(pbx, call_id, *row)
    assert hook.events() == events
    assert found == row
    assert {request.json["call_session_id"] for request in hook.requests} == {call_id}


def test_internal_call_is_marked_and_not_in_the_report(pbx, hook):
    call_id = call(pbx, "internal")["call_session_id"]

    assert hook.events() == [RING, *TALK, END, "record_ready"]
    assert hook.requests[3].json["is_internal"] is True
    assert hook.requests[3].json["contact_phone_number"] == "118"
    assert report_row(pbx, call_id) is None


def test_names_numbers_times_and_durations_agree(pbx, hook):
    order = {"contact": "971500000055", "employees": [103], "talk_seconds": 61, "ring_seconds": 7}
    call_id = call(pbx, "inbound_answered", **order, virtual_number="97140000003")[
        "call_session_id"
    ]

    started, finished = hook.requests[2].json, hook.requests[4].json
    row = report_row(pbx, call_id, "start_time", "talk_duration", "wait_duration", "scenario_name")
    assert finished["talk_time_duration"] == row["talk_duration"] == 61
    assert finished["wait_time_duration"] == row["wait_duration"] == 8
    assert finished["scenario_name"] == row["scenario_name"] == "Portal campaign"
    assert (started["employee_id"], started["employee_full_name"]) == (103, "Agent Three")
    assert hook.requests[0].json["notification_time"].startswith(row["start_time"])
    assert finished["notification_mnemonic"] == "call_session_finished"
    assert finished["secret"] == "s-1"


def test_marketing_and_tags_reach_the_report(pbx, hook):
    marketing = {"utm_source": "portal", "campaign_name": "Portal campaign", "visits_count": 3}
    call_id = call(pbx, "inbound_answered", marketing=marketing, tags=["VIP"], extra=["utm_source"])

    row = report_row(pbx, call_id["call_session_id"], *marketing, "tags")
    assert {name: row[name] for name in marketing} == marketing
    assert row["tags"][0]["tag_name"] == "VIP"
    assert hook.events()[-3:] == ["tag_set", END, "record_ready"]
    assert hook.requests[0].json["utm_source"] == "portal"


def test_picking_up_is_not_yet_talking(pbx):
    call_id = call(pbx, "click_client_silent")["call_session_id"]

    names = ("first_answered_employee_id", "first_talked_employee_id", "employees")
    answered, talked, employees = report_row(pbx, call_id, *names).values()
    assert (answered, talked) == (101, None)
    assert (employees[0]["is_answered"], employees[0]["is_talked"]) == (True, False)


def test_default_fields_of_the_report_are_the_documented_ones(pbx):
    call_id = call(pbx, "inbound_answered")["call_session_id"]

    names = set(report_row(pbx, call_id))
    assert {"id", "is_lost", "full_record_file_link", "cpn_country_name"} <= names
    assert not names & {"employees", "tags", "utm_source", "scenario_name", "contact_full_name"}


def test_legs_report_tells_who_was_rung(pbx):
    call_id = call(pbx, "group_ring")["call_session_id"]

    wanted = {"field": "call_session_id", "operator": "=", "value": call_id}
    rows = ask(pbx, "get.call_legs_report", **PERIOD, filter=wanted)["data"]
    assert [row["employee_id"] for row in rows] == [101, 102, 103]
    assert [row["finish_reason"] for row in rows] == [
        "another_operator_answer",
        "subscriber_disconnects",
        "another_operator_answer",
    ]


@pytest.mark.parametrize(
    ("shape", "fragment"),
    [
        pytest.param("flat", '"event":"call_finished","secret":"s-1"', id="flat"),
        pytest.param("flat_no_event", '{"secret":"s-1"', id="no-event"),
        pytest.param("nested", '"contact_info":{"contact_phone_number":"971500', id="nested"),
        pytest.param(
            "flat+quoted", '"direction":""in"","scenario_name":""Main line"",', id="quoted"
        ),
        pytest.param("flat+unresolved", '"external_id":"{{external_id}}"', id="unresolved"),
        pytest.param("flat+numbers_as_text", '"talk_time_duration":"12"', id="numbers-as-text"),
        pytest.param("flat+plus", '"contact_phone_number":"+97150', id="plus"),
        pytest.param("form", "event=call_finished&secret=s-1&", id="form"),
    ],
)
def test_shapes_of_posted_bodies(pbx, hook, shape, fragment):
    call(pbx, "inbound_answered", shape=shape)

    assert fragment in hook.requests[4].body


def test_times_come_with_and_without_milliseconds(pbx, hook):
    call(pbx, "out_of_hours")
    call(pbx, "out_of_hours", shape="flat+no_ms")

    times = [request.json["notification_time"] for request in hook.requests]
    assert [len(time) for time in times] == [23, 23, 19, 19]


def test_get_notifications_put_all_into_the_query(pbx, hook):
    hook_order = {"url": hook.url, "method": "GET", "secret": "s-1"}
    pbx.control("POST", "/_sim/webhooks", {"targets": [hook_order]})
    call(pbx, "inbound_answered")
    call(pbx, "inbound_answered", shape="query+lost_amp")

    whole, broken = hook.requests[4], hook.requests[10]
    assert (whole.method, whole.body) == ("GET", "")
    assert parse_qs(whole.query)["employee_full_name"] == ["Agent One"]
    assert "communication_number=employee_full_name=Agent%20One&" in broken.query


def test_further_variables_may_be_asked_for(pbx, hook):
    names = ["notification_timestamp", "calling_phone_number", "last_talked_employee_email"]
    target = {"url": hook.url, "event": "call_finished", "extra": names}
    pbx.control("POST", "/_sim/webhooks", target)

    call(pbx, "inbound_answered", contact="971500000055")

    body = hook.requests[0].json
    told = datetime.fromisoformat(body["notification_time"] + "+04:00")
    assert body["notification_timestamp"] == int(told.timestamp())
    assert body["calling_phone_number"] == "971500000055"
    assert body["last_talked_employee_email"] == "agent.one@example.com"


def test_body_that_was_typed_goes_out_to_the_letter_with_its_placeholders_filled(pbx, hook):
    typed = """{"event":"call_finished","secret":"S \\"1\\"",
 "employee":{{employee_full_name}},"talk":{{talk_time_duration}},"lost":{{is_lost}},
 "tags":{{tag_names}},"none":{{no_such_variable}}}"""
    target = {"url": hook.url, "event": "call_finished", "body": typed}
    pbx.control("POST", "/_sim/webhooks", target)

    call(pbx, "inbound_answered", talk_seconds=61, tags=["VIP"])

    assert hook.events() == ["call_finished"]
    assert hook.requests[0].json == {
        "event": "call_finished",
        "secret": 'S "1"',
        "employee": "Agent One",
        "talk": 61,
        "lost": False,
        "tags": ["VIP"],
        "none": None,
    }


def test_webhooks_choose_their_events(pbx, hook):
    one = {"url": hook.url, "event": "lost_call"}
    every = {"url": hook.url, "events": "all"}
    pbx.control("POST", "/_sim/webhooks", {"targets": [one, every]})

    call(pbx, "inbound_answered")
    answered = hook.events()
    call(pbx, "out_of_hours")

    assert [event for event in answered if event in ("call_accepted", "leg_finished")]
    assert hook.events().count("lost_call") == 2


def test_sent_log_tells_what_the_other_side_said(pbx, hook):
    hook.status = 503
    call_id = call(pbx, "out_of_hours")["call_session_id"]

    log = pbx.control("GET", f"/_sim/sent?call={call_id}&event=lost_call")["sent"]
    assert [(row["status"], row["attempt"], row["error"]) for row in log] == [(503, 1, None)]
    assert len(hook.requests) == 2  # at most once: nothing is sent again


def test_unreachable_webhook_is_an_error_in_the_log(pbx):
    pbx.control("POST", "/_sim/webhooks", {"url": "http://127.0.0.1:9/hooks/x"})

    log = call(pbx, "out_of_hours")["sent"]

    assert log[0]["status"] is None and log[0]["error"]


def test_record_is_audible_and_served_in_parts(pbx, hook):
    call_id = call(pbx, "inbound_answered", talk_seconds=2)["call_session_id"]
    link = report_row(pbx, call_id)["full_record_file_link"]

    whole = pbx.session.get(link, timeout=10)
    part = pbx.session.get(link, headers={"Range": "bytes=100-199"}, timeout=10)

    with wave.open(BytesIO(whole.content)) as audio:
        assert audio.getnframes() / audio.getframerate() == 2
    assert link == hook.requests[-1].json["file_link"]
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.content)}"
    assert pbx.session.get(link + "0", timeout=10).status_code == 404
    beyond = pbx.session.get(link, headers={"Range": "bytes=9999999-"}, timeout=10)
    assert beyond.status_code == 416


def test_ongoing_calls_are_reported_on_demand(pbx, hook):
    order = {"recipe": "inbound_answered", "speed": 1, "wait": False}
    call_id = pbx.control("POST", "/_sim/calls", order)["call_session_id"]
    hook.wait_for(1)

    with_ongoing = ask(pbx, "get.calls_report", **PERIOD, include_ongoing_calls=True)["data"]
    without = ask(pbx, "get.calls_report", **PERIOD)["data"]

    assert [(row["id"], row["finish_time"]) for row in with_ongoing] == [(call_id, None)]
    assert without == []


def test_speed_scales_the_script(pbx, hook):
    sent = call(pbx, "inbound_answered", speed=100, recording=False)["sent"]

    assert 150 <= sent[-1]["at"] - sent[0]["at"] < 1500  # a script of 23 seconds


def test_stream_is_the_same_for_the_same_seed(pbx, hook):
    order = {"count": 20, "seconds": 0.1, "seed": 7, "contacts": 5, "wait": True}
    first = pbx.control("POST", "/_sim/calls/stream", order)["call_session_ids"]
    kinds = [(one["recipe"], one["contact"]) for one in pbx.control("GET", "/_sim/calls")["calls"]]
    pbx.control("POST", "/_sim/reset")
    pbx.control("POST", "/_sim/config", {"speed": 0})
    pbx.control("POST", "/_sim/calls/stream", order)

    calls = pbx.control("GET", "/_sim/calls")["calls"]
    assert len(first) == 20
    assert [(one["recipe"], one["contact"]) for one in calls] == kinds
    assert len({contact for _, contact in kinds}) <= 5


def test_raw_notification_goes_out_as_it_stands(pbx, hook):
    sent = pbx.control("POST", "/_sim/notify", {"body": '{"x": ""y""}', "count": 2})["sent"]

    assert [request.body for request in hook.requests] == ['{"x": ""y""}'] * 2
    assert [row["status"] for row in sent] == [200, 200]


def test_accounts_are_apart(pbx, hook):
    account = {
        "app_id": 9,
        "timezone": "Europe/London",
        "tokens": {"k9": "active"},
        "employees": [{"id": 1, "last_name": "Agent", "phones": ["0160009"]}],
    }
    pbx.control("POST", "/_sim/seed", {"accounts": [account]})
    pbx.control("POST", "/_sim/webhooks", {"url": hook.url, "account": 9})

    call(pbx, "inbound_answered")
    hook.requests.clear()
    call(pbx, "inbound_answered", account=9)

    assert {request.json.get("employee_id") for request in hook.requests} == {None, 1}
    assert len(ask(pbx, "get.calls_report", access_token="k9", **PERIOD)["data"]) == 1
