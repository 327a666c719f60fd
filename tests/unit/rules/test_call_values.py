from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from rules.call_values import Context, call_values, is_settled, needs_report
from rules.formats import Regional
from rules.pbx import CallRow
from rules.templates import parse, render
from rules.variables import VARIABLES
from tests.unit.rules.calls import (
    ROW,
    event,
    finished,
    folded,
    incoming,
    lost,
    outgoing,
    ringing,
    talk,
)

RU = Regional("ru", ZoneInfo("Asia/Dubai"), "AE")
EN = Regional("en", ZoneInfo("Europe/London"), "AE")
NOBODY = Context()
CALL = [
    incoming(scenario_name="Main line", contact_full_name="Client One"),
    ringing("101", 1, employee_full_name="One"),
    *talk("101", 11, 12, employee_full_name="One"),
    finished(
        23,
        direction="inbound",
        is_lost=False,
        is_transfer=False,
        talk_time_duration=12,
        tag_names=["sale", "vip"],
        visitor_is_new=True,
        attributes=["primary", "target"],
    ),
    event("record_ready", 60, file_link="https://m/1", file_duration=12),
]


def written(text, call, context=NOBODY, regional=RU):
    return render(parse(text), call_values(call, context, regional), regional)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("call_session_id", "700000101"),
        ("direction", "inbound"),
        ("call_status", "answered"),
        ("contact_phone_number", "971501234567"),
        ("contact_phone_number|phone", "+971501234567"),
        ("virtual_phone_number", "97140000001"),
        ("scenario_name", "Main line"),
        ("contact_full_name", "Client One"),
        ("employee_full_name", "One"),
        ("start_time", "2026-03-01 13:00:00.000"),
        ("call_date", "01.03.2026"),
        ("call_time", "13:00"),
        ("talk_duration", "12"),
        ("talk_duration|duration", "0:12"),
        ("wait_duration", "11"),
        ("total_duration", "23"),
        ("tags", "sale, vip"),
        ("attributes", "primary, target"),
        ("is_transfer", "false"),
        ("record_link", "https://m/1"),
        ("recording_url", ""),
        ("client_name", ""),
        ("utm_source", ""),
        ("finish_reason", ""),
    ],
)
def test_value_of_a_variable(variable, text):
    assert written("{{" + variable + "}}", folded(*CALL)) == text


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_variable_can_be_empty(variable):
    assert written("{{" + variable + "}}", folded()) == ""


def test_what_we_know_ourselves():
    context = Context("Анна", "Agent", "https://r/1", "https://c/1", "Main number")
    text = (
        "{{client_name}} {{responsible_name}} {{recording_url}} {{call_url}} "
        "{{virtual_number_name}}"
    )

    assert written(text, folded(*CALL), context) == (
        "Анна Agent https://r/1 https://c/1 Main number"
    )


def test_times_are_shown_in_the_zone_of_the_integration():
    call = folded(*CALL)

    text = written("{{call_date}} {{call_time}} {{start_time|time}}", call, regional=EN)
    assert text == "2026-03-01 09:00 09:00"
    assert written("{{start_time}}", call, regional=EN) == "2026-03-01 13:00:00.000"


@pytest.mark.parametrize(
    ("events", "around", "text"),
    [
        pytest.param([incoming()], {}, "inbound ", id="ringing"),
        pytest.param([incoming(), lost(31)], {}, "inbound lost", id="lost"),
        pytest.param([outgoing(), finished(31, is_lost=True)], {}, "outbound failed", id="failed"),
        pytest.param([incoming(is_lost=True)], {"is_closed": True}, "inbound ", id="unknown"),
        pytest.param(
            [],
            {"report": CallRow("1", parameters={"direction": "in", "call_status": "false"})},
            " ",
            id="the-report-s-words-are-not-ours",
        ),
    ],
)
def test_direction_and_status_are_those_of_the_whole_call(events, around, text):
    assert written("{{direction}} {{call_status}}", folded(*events, **around)) == text


def test_a_notification_wins_over_the_report_which_fills_the_rest():
    row = CallRow("1", parameters={"utm_source": "google", "scenario_name": "Other"})

    call = folded(*CALL, report=row)

    assert written("{{utm_source}} {{scenario_name}}", call) == "google Main line"


def test_zero_is_a_value():
    call = folded(incoming(), finished(0, talk_time_duration=0, wait_time_duration=0))

    assert written("{{talk_duration}} {{wait_duration}}", call) == "0 0"


@pytest.mark.parametrize("blank", ["", "  ", []])
def test_a_blank_value_is_none(blank):
    call = folded(incoming(contact_full_name=blank))

    assert "contact_full_name" not in call_values(call, NOBODY, RU)


def test_a_hidden_number_is_written_as_it_came():
    call = folded(incoming(contact_phone_number="anonymous"))

    assert written("{{contact_phone_number}}", call) == "anonymous"


@pytest.mark.parametrize(
    ("variable", "events", "is_final"),
    [
        pytest.param("contact_phone_number", [incoming()], True, id="start"),
        pytest.param("virtual_phone_number", [incoming(virtual_phone_number=None)], False, id="no"),
        pytest.param("virtual_phone_number", [lost(9, virtual_phone_number=None)], True, id="over"),
        pytest.param("client_name", [incoming()], True, id="ours"),
        pytest.param("tags", [incoming(tag_names=["a"])], False, id="end-may-add"),
        pytest.param("tags", [lost(9)], True, id="end"),
        pytest.param("record_link", [lost(9)], False, id="no-recording-yet"),
        pytest.param("recording_url", CALL, True, id="recording"),
        pytest.param("utm_source", CALL, False, id="only-in-the-report"),
        pytest.param("utm_source", [incoming(utm_source="x")], True, id="told-after-all"),
    ],
)
def test_when_a_value_is_final(variable, events, is_final):
    call = folded(*events)

    values = call_values(call, NOBODY, RU)
    assert is_settled(VARIABLES[variable], call, values) is is_final


@pytest.mark.parametrize(
    ("names", "events", "around", "is_needed"),
    [
        pytest.param(["tags", "client_name"], CALL, {}, False, id="none-from-there"),
        pytest.param(["tags", "utm_source"], CALL, {}, True, id="marketing"),
        pytest.param(["utm_source"], [incoming(utm_source="x")], {}, False, id="told-by-an-event"),
        pytest.param(["utm_source"], CALL, {"report": ROW}, False, id="read-already"),
        pytest.param(["finish_reason"], [lost(9, lost_reason="x")], {}, False, id="lost-reason"),
        pytest.param([], CALL, {}, False, id="no-variables"),
    ],
)
def test_whether_the_report_is_needed(names, events, around, is_needed):
    values = call_values(folded(*events, **around), NOBODY, RU)

    assert needs_report([VARIABLES[name] for name in names], values) is is_needed


def test_the_recording_is_the_first_one():
    later = event("record_ready", 70, file_link="https://m/2")

    assert written("{{record_link}}", folded(*CALL, later)) == "https://m/1"
