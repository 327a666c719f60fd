from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from clients.callgear_rows import call_row, contact, employee, vendor_period, virtual_number
from rules.pbx import EmployeePhone, RowEmployee
from rules.vocabulary import Direction

DUBAI = ZoneInfo("Asia/Dubai")
ROW = {
    "id": 700000101,
    "direction": "in",
    "start_time": "2026-03-01 14:40:24.123",
    "finish_time": "2026-03-01 14:42:30",
    "is_lost": False,
    "finish_reason": "caller_disconnects",
    "source": "va",
    "contact_phone_number": "+971500000011",
    "virtual_phone_number": "97140000001",
    "wait_duration": 11,
    "talk_duration": 75,
    "total_duration": 86,
    "is_transfer": False,
    "employees": [
        {
            "employee_id": 101,
            "employee_full_name": "Agent One",
            "is_answered": True,
            "is_talked": True,
        }
    ],
    "first_answered_employee_id": 101,
    "first_talked_employee_id": 101,
    "last_talked_employee_id": 102,
    "call_api_external_id": None,
    "tags": [{"tag_id": 1, "tag_name": "VIP"}, {"tag_id": 2, "tag_name": "Off-plan"}],
    "full_record_file_link": "https://media.example.com/700000101/abc",
    "call_records": ["abc"],
    "segments": [{"segment_id": 1, "segment_name": "returning"}],
    "attributes": ["primary", "target"],
    "utm_source": "google",
    "utm_term": None,
    "visits_count": 0,
    "referrer": None,
    "referrer_domain": "example.org",
    "last_answered_employee_rating": 5,
    "first_answered_employee_full_name": "Agent One",
}


def read(**changes):
    row = {name: value for name, value in {**ROW, **changes}.items() if value is not ...}
    return call_row(row, zone=DUBAI, media_host="media.example.com")


def test_row_is_read():
    row = read()

    assert (row.call_session_id, row.direction) == ("700000101", Direction.INBOUND)
    assert row.started_at == datetime(2026, 3, 1, 10, 40, 24, 123000, tzinfo=UTC)
    assert row.finished_at == datetime(2026, 3, 1, 10, 42, 30, tzinfo=UTC)
    assert (row.is_lost, row.is_transfer, row.source) == (False, False, "va")
    assert (row.contact_phone_number, row.virtual_phone_number) == ("971500000011", "97140000001")
    assert (row.wait_seconds, row.talk_seconds, row.total_seconds) == (11, 75, 86)
    assert row.employees == (RowEmployee("101", "Agent One", True, True),)
    assert (row.first_talked_employee_id, row.last_talked_employee_id) == ("101", "102")
    assert (row.external_id, row.tags) == (None, ("VIP", "Off-plan"))
    assert row.record_links == ("https://media.example.com/700000101/abc",)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("call_session_id", "700000101"),
        ("direction", "inbound"),
        ("call_status", "answered"),
        ("call_source", "va"),
        ("contact_phone_number", "971500000011"),
        ("start_time", "2026-03-01 14:40:24.123"),
        ("talk_duration", "75"),
        ("finish_reason", "subscriber_disconnects"),
        ("record_link", "https://media.example.com/700000101/abc"),
        ("first_answered_employee", "Agent One"),
        ("employee_rating", "5"),
        ("tags", "VIP, Off-plan"),
        ("segments", "returning"),
        ("attributes", "primary, target"),
        ("utm_source", "google"),
        ("visits_count", "0"),
        ("referrer", "example.org"),
        ("is_transfer", "false"),
    ],
)
def test_variable_is_filled(variable, text):
    assert read().parameters[variable] == text


@pytest.mark.parametrize("variable", ["utm_term", "external_id", "gclid", "virtual_number_name"])
def test_variable_without_a_value_is_left_out(variable):
    assert variable not in read().parameters


def test_what_has_no_member_is_extra():
    extra = read().extra

    assert extra["utm_source"] == "google"
    assert "start_time" not in extra


def test_only_the_id_is_needed():
    row = call_row({"id": "5"}, zone=DUBAI, media_host="m")

    assert (row.call_session_id, row.parameters) == ("5", {"call_session_id": "5"})
    assert (row.direction, row.is_lost, row.started_at, row.record_links) == (None, None, None, ())


@pytest.mark.parametrize(
    ("direction", "is_lost", "status"),
    [
        ("in", True, "lost"),
        ("out", True, "failed"),
        ("out", "true", "failed"),
        ("in", False, "answered"),
        ("in", None, None),
        ("sideways", True, "lost"),
    ],
)
def test_status(direction, is_lost, status):
    row = read(direction=direction, is_lost=is_lost)

    assert row.parameters.get("call_status") == status


@pytest.mark.parametrize(
    ("changes", "links"),
    [
        ({"full_record_file_link": None}, ("https://media.example.com/700000101/abc",)),
        (
            {"full_record_file_link": "", "call_records": ["a", "b"]},
            ("https://media.example.com/700000101/a", "https://media.example.com/700000101/b"),
        ),
        ({"full_record_file_link": None, "call_records": []}, ()),
        ({"full_record_file_link": None, "call_records": None}, ()),
    ],
)
def test_record_links(changes, links):
    assert read(**changes).record_links == links


def test_anonymous_caller_stays():
    assert read(contact_phone_number="anonymous").contact_phone_number == "anonymous"


@pytest.mark.parametrize("value", [None, "x", [1, None], {}])
def test_odd_lists_are_empty(value):
    row = read(employees=value, tags={} if value == [1, None] else value)

    assert (row.employees, row.tags) == ((), ())


@pytest.mark.parametrize(
    ("zone", "since", "till", "texts"),
    [
        pytest.param(
            "Asia/Dubai",
            datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
            datetime(2026, 3, 1, 20, 0, 0, 1, tzinfo=UTC),
            ("2026-03-01 14:00:00", "2026-03-02 00:00:01"),
            id="zone-and-fractions",
        ),
        pytest.param(
            "Europe/Berlin",
            datetime(2026, 10, 25, 0, 50, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 10, tzinfo=UTC),
            ("2026-10-25 02:10:00", "2026-10-25 02:50:00"),
            id="clocks-go-back",
        ),
    ],
)
def test_period(zone, since, till, texts):
    assert vendor_period(since, till, ZoneInfo(zone)) == texts


def test_employee():
    row = {
        "id": 101,
        "last_name": "Agent",
        "first_name": "One",
        "full_name": "Agent One",
        "email": "",
        "extension": {"extension_phone_number": "117"},
        "phone_numbers": [
            {"phone_id": 5, "phone_number": "0160001", "status": "active"},
            {"phone_id": 6, "phone_number": "12025550117", "status": "inactive"},
        ],
    }

    one = employee(row)

    assert (one.id, one.full_name, one.email, one.extension) == ("101", "Agent One", None, "117")
    assert one.phones == (
        EmployeePhone("0160001", True, "5"),
        EmployeePhone("12025550117", False, "6"),
    )


@pytest.mark.parametrize("extension", [None, {}, [], {"extension_phone_number": None}])
def test_employee_without_an_extension(extension):
    one = employee({"id": 1, "extension": extension, "phone_numbers": None})

    assert (one.extension, one.phones) == (None, ())


@pytest.mark.parametrize(("status", "active"), [("active", True), ("waiting", False), (None, True)])
def test_virtual_number(status, active):
    row = {"id": 1, "virtual_phone_number": "+97140000001", "status": status, "name": "Main"}

    number = virtual_number(row)

    assert (number.number, number.active, number.name) == ("97140000001", active, "Main")


def test_contact():
    row = {"id": 1, "last_name": "C", "phone_numbers": ["+1202", None], "personal_manager_id": 101}

    one = contact(row)

    assert (one.phones, one.personal_manager_id) == (("1202",), "101")
