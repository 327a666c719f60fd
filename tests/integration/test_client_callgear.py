"""The PBX client against the simulated PBX: every method, every kind of trouble."""

from __future__ import annotations

import itertools
import json
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from clients.callgear import CallGearClient
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ForbiddenError,
    KeyRefusedError,
    LimitExceeded,
    NotExecutedError,
    NotFoundError,
    RefusedError,
)
from clients.http import Http
from rules.pbx import EmployeePhone, PbxAccount
from rules.vocabulary import Direction
from tests.callgear import CALL, DATA, TOKEN, simulated
from tests.raw_server import answering, raw_server, reply

NOW = datetime.now(UTC)
SINCE, TILL = NOW - timedelta(days=40), NOW + timedelta(days=40)
FIELDS = ("start_time", "direction", "is_lost", "finish_reason", "employees", "utm_source")
DIAL = {
    "employee_id": "101",
    "contact_phone": "+971500000011",
    "virtual_number": "+97140000001",
    "external_id": "behomes:lead:5512",
}


@pytest.fixture(scope="module")
def simulator():
    with simulated() as running:
        yield running


@pytest.fixture
def sim(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return simulator


@pytest.fixture
def http(sim):
    made = Http([urlsplit(sim.url).netloc])
    yield made
    made.close()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def make(sim, http, seen):
    def build(**options):
        defaults = {
            "data_api_url": sim.url + DATA,
            "call_api_url": sim.url + CALL,
            "access_token": TOKEN,
            "on_request": lambda *report: seen.append(report),
        }
        return CallGearClient(http, **{**defaults, **options})

    return build


@pytest.fixture
def pbx(make):
    return make()


def fault(sim, name, **order):
    sim.control("POST", "/_sim/faults", {"name": name, **order})


def play(sim, recipe="inbound_answered", **options):
    """A call that is over, with its report row."""
    body = {"recipe": recipe, "speed": 1000, "wait": True, "notify": False, **options}
    return str(sim.control("POST", "/_sim/calls", body)["call_session_id"])


def written(sim):
    rows = sim.control("GET", "/_sim/written")["written"]
    return [(row["method"], row["params"]) for row in rows]


# Reading


def test_account(pbx):
    assert pbx.account() == PbxAccount("50001", "Sample Brokerage LLC", "Asia/Dubai")


def test_account_in_the_other_spelling(sim, pbx):
    sim.control("POST", "/_sim/config", {"metadata_name": "meta_data"})

    assert pbx.account().app_id == "50001"
    assert pbx.limits.day_limit == 1000


def test_limits_are_kept(pbx):
    assert pbx.limits.day_remaining is None

    pbx.account()
    pbx.employees()

    limits = pbx.limits
    assert (limits.day_limit, limits.day_remaining) == (1000, 998)
    assert (limits.minute_limit, limits.minute_remaining) == (250, 248)
    assert 0 < limits.minute_reset <= 60 < limits.day_reset
    assert limits.hour_limit is None


def test_employees(pbx):
    employees = pbx.employees()

    assert [one.id for one in employees] == [str(number) for number in range(101, 107)]
    first = employees[0]
    assert (first.last_name, first.first_name, first.email) == (
        "Agent",
        "One",
        "agent.one@example.com",
    )
    assert (first.extension, [phone.number for phone in first.phones]) == (
        "117",
        ["0160001", "12025550117"],
    )


def test_employees_of_several_pages(make, seen):
    assert len(make(page_rows=3).employees()) == 6
    assert len(seen) == 3  # each page begins with the last row of the one before


def test_employees_that_change_between_pages_are_read_again(sim, make, seen):
    fault(sim, "employees_change", count=1)

    employees = make(page_rows=4).employees()

    assert len({one.id for one in employees}) == 6
    assert {"102", "103", "104", "105", "106"} < {one.id for one in employees}
    assert len(seen) == 4


def test_employees_that_keep_changing_are_no_answer(sim, make):
    fault(sim, "employees_change")

    with pytest.raises(AmbiguousError):
        make(page_rows=4).employees()


def test_page_that_fails_raises(sim, make):
    fault(sim, "page_fails")

    with pytest.raises(AmbiguousError) as caught:
        make(page_rows=2).employees()

    assert caught.value.code == "server_error"


def test_virtual_numbers(pbx):
    numbers = pbx.virtual_numbers()

    assert [one.number for one in numbers] == ["97140000001", "97140000002", "97140000003"]
    assert (numbers[2].name, numbers[0].active) == ("Portal campaign", True)
    assert numbers[2].comment == "Number shown on the property portal"


def test_calls_report(sim, pbx):
    call_id = play(sim, contact="971500000011", marketing={"utm_source": "google"})

    (row,) = pbx.calls_report(SINCE, TILL, FIELDS)

    assert (row.call_session_id, row.direction, row.is_lost) == (call_id, Direction.INBOUND, False)
    assert abs(row.started_at - NOW) < timedelta(minutes=10)
    assert row.employees[0].is_talked
    assert row.parameters["utm_source"] == "google"
    assert (row.talk_seconds, row.contact_phone_number) == (None, None)


@pytest.mark.parametrize("spelling", ["platform", "english"])
def test_finish_reason_has_one_spelling(sim, pbx, spelling):
    sim.control("POST", "/_sim/config", {"finish_reasons": spelling})
    play(sim)

    (row,) = pbx.calls_report(SINCE, TILL, FIELDS)

    assert row.finish_reason == "subscriber_disconnects"


def test_times_with_milliseconds(sim, pbx):
    sim.control("POST", "/_sim/config", {"report_milliseconds": True})
    play(sim)

    assert pbx.calls_report(SINCE, TILL, FIELDS)[0].started_at is not None


def test_calls_report_of_several_pages(sim, make, seen):
    made = [play(sim) for _ in range(5)]

    rows = make(page_rows=3, timezone="Asia/Dubai").calls_report(SINCE, TILL, ("start_time",))

    assert sorted(row.call_session_id for row in rows) == sorted(made)
    assert [row.started_at for row in rows] == sorted(row.started_at for row in rows)
    assert len(seen) == 2


def test_calls_report_of_some_calls(sim, pbx):
    made = [play(sim) for _ in range(3)]

    rows = pbx.calls_report(SINCE, TILL, ("start_time",), call_session_ids=made[:2])

    assert {row.call_session_id for row in rows} == set(made[:2])


@pytest.mark.parametrize("wanted", [[], ["no-number"]])
def test_calls_report_of_no_call_costs_nothing(make, seen, wanted):
    pbx = make(timezone="Asia/Dubai")

    assert pbx.calls_report(SINCE, TILL, (), call_session_ids=wanted) == ()
    assert seen == []


def test_period_is_in_the_zone_of_the_account(sim, pbx):
    play(sim, started_at="2026-03-01 14:40:24")

    def asked(minute):
        start = datetime(2026, 3, 1, 10, minute, tzinfo=UTC)
        return pbx.calls_report(start, start + timedelta(minutes=1), ("start_time",))

    assert (len(asked(40)), len(asked(30))) == (1, 0)
    assert asked(40)[0].started_at == datetime(2026, 3, 1, 10, 40, 24, tzinfo=UTC)


def test_zone_is_asked_for_once(pbx, seen):
    pbx.calls_report(SINCE, TILL, ())
    pbx.calls_report(SINCE, TILL, ())

    assert [report[0] for report in seen] == ["get.account", "get.calls_report", "get.calls_report"]


def test_unknown_zone_is_no_answer(make):
    with pytest.raises(AmbiguousError):
        make(timezone="Mars/Base").calls_report(SINCE, TILL, ())


def test_period_that_is_too_long_is_refused(pbx):
    with pytest.raises(RefusedError) as caught:
        pbx.calls_report(NOW - timedelta(days=200), NOW, ())

    assert caught.value.vendor_code == "date_interval_limit_reached"


# Writing


@pytest.mark.parametrize("shape", ["data", "flat"])
def test_create_employee(sim, pbx, shape):
    sim.control("POST", "/_sim/config", {"create_result": shape})

    made = pbx.create_employee(
        last_name="Seven",
        first_name="Agent",
        email="agent.seven@example.com",
        phones=["+971500000077"],
        extension="177",
    )

    (one,) = [each for each in pbx.employees() if each.id == made]
    assert (one.last_name, one.first_name, one.email, one.extension) == (
        "Seven",
        "Agent",
        "agent.seven@example.com",
        "177",
    )
    assert [phone.number for phone in one.phones] == ["971500000077"]


def test_create_employee_sends_only_what_is_given(sim, pbx):
    pbx.create_employee(last_name="Seven")

    assert written(sim) == [("create.employees", {"last_name": "Seven"})]


def test_extension_that_is_taken(pbx):
    with pytest.raises(AlreadyThereError) as caught:
        pbx.create_employee(last_name="Seven", extension="117")

    assert caught.value.details[0].field == "extension.extension_phone_number"


def test_update_employee(sim, pbx):
    before = pbx.employees()[0]
    phones = (*before.phones, EmployeePhone("+971500000077", active=False))

    pbx.update_employee("101", last_name="Agent", phones=phones, email="new@example.com")

    after = pbx.employees()[0]
    assert [(phone.number, phone.active) for phone in after.phones] == [
        ("0160001", True),
        ("12025550117", True),
        ("971500000077", False),
    ]
    assert [phone.phone_id for phone in after.phones[:2]] == [
        phone.phone_id for phone in before.phones
    ]
    assert (after.email, after.first_name, after.extension) == ("new@example.com", "One", "117")


@pytest.mark.parametrize("employee_id", ["999", "x", ""])
def test_update_of_nobody(pbx, employee_id):
    with pytest.raises(NotFoundError):
        pbx.update_employee(employee_id, last_name="x", phones=())


def test_contacts(sim, pbx):
    assert pbx.find_contact("+971500000088") is None

    made = pbx.create_contact(
        last_name="Client", phones=["+971500000088"], first_name="New", personal_manager_id="101"
    )
    found = pbx.find_contact("+971500000088")

    assert (found.id, found.last_name, found.first_name) == (made, "Client", "New")
    assert (found.phones, found.personal_manager_id) == (("971500000088",), "101")


@pytest.mark.parametrize("manager", ["102", None])
def test_update_contact(sim, pbx, manager):
    contact = pbx.find_contact("12025550143")

    pbx.update_contact(contact.id, personal_manager_id=manager)

    assert pbx.find_contact("12025550143").personal_manager_id == manager
    sent = {"id": int(contact.id), "personal_manager_id": int(manager) if manager else None}
    assert written(sim) == [("update.contacts", sent)]


def test_update_contact_with_an_unknown_manager(pbx):
    contact = pbx.find_contact("12025550143")

    with pytest.raises(NotFoundError) as caught:
        pbx.update_contact(contact.id, personal_manager_id="999")

    assert caught.value.details[0].field == "personal_manager_id"


def test_start_employee_call(sim, pbx):
    call_id = pbx.start_employee_call(**DIAL)

    (dialed,) = sim.control("GET", "/_sim/dialed")["dialed"]
    assert str(dialed["call_session_id"]) == call_id
    assert dialed["params"] == {
        "first_call": "employee",
        "virtual_phone_number": "97140000001",
        "contact": "971500000011",
        "employee": {"id": 101},
        "direction": "out",
        "external_id": "behomes:lead:5512",
    }


def test_start_employee_call_to_one_phone(sim, pbx):
    pbx.start_employee_call(**DIAL, employee_phone="0160001", first_call="contact")

    (dialed,) = sim.control("GET", "/_sim/dialed")["dialed"]
    assert dialed["params"]["employee"] == {"id": 101, "phone_number": "0160001"}
    assert dialed["params"]["first_call"] == "contact"


def test_call_api_may_have_its_own_key(sim, make):
    sim.control(
        "POST",
        "/_sim/seed",
        {"accounts": [{"app_id": 7, "tokens": {"call-key": "active"}, "employees": []}]},
    )

    with pytest.raises(NotFoundError) as caught:
        make(call_access_token="call-key").start_employee_call(**DIAL)

    assert caught.value.vendor_code == "employee_not_found"


@pytest.mark.parametrize(
    ("change", "kind", "mnemonic"),
    [
        ({"employee_id": "999"}, NotFoundError, "employee_not_found"),
        ({"virtual_number": "97149999999"}, NotFoundError, "virtual_phone_number_not_found"),
        ({"contact_phone": "97140000002"}, RefusedError, "own_virtual_phone_number_not_allowed"),
        ({"employee_phone": "0169999"}, RefusedError, "no_active_phone_number"),
    ],
)
def test_refused_dial_names_the_mnemonic(sim, pbx, change, kind, mnemonic):
    with pytest.raises(kind) as caught:
        pbx.start_employee_call(**{**DIAL, **change})

    assert caught.value.vendor_code == mnemonic
    assert sim.control("GET", "/_sim/dialed")["dialed"] == []


def test_dial_without_an_answer_is_ambiguous_and_not_repeated(sim, pbx):
    fault(sim, "no_answer", seconds=5, count=1)

    with pytest.raises(AmbiguousError) as caught:
        pbx.start_employee_call(**DIAL, timeout=0.3)

    assert caught.value.code == "timeout"
    assert len(sim.control("GET", "/_sim/dialed")["dialed"]) == 1


def test_dial_whose_answer_is_lost_is_ambiguous(sim, pbx):
    fault(sim, "reset_after", count=1)

    with pytest.raises(AmbiguousError):
        pbx.start_employee_call(**DIAL)

    assert len(sim.control("GET", "/_sim/dialed")["dialed"]) == 1


# Trouble: what each kind of it is called, for every method

METHODS = {
    "account": lambda pbx, timeout=5: pbx.account(timeout=timeout),
    "employees": lambda pbx, timeout=5: pbx.employees(timeout=timeout),
    "create_employee": lambda pbx, timeout=5: pbx.create_employee(last_name="x", timeout=timeout),
    "update_employee": lambda pbx, timeout=5: pbx.update_employee(
        "101", last_name="x", phones=(), timeout=timeout
    ),
    "virtual_numbers": lambda pbx, timeout=5: pbx.virtual_numbers(timeout=timeout),
    "calls_report": lambda pbx, timeout=5: pbx.calls_report(SINCE, TILL, (), timeout=timeout),
    "start_employee_call": lambda pbx, timeout=5: pbx.start_employee_call(**DIAL, timeout=timeout),
    "find_contact": lambda pbx, timeout=5: pbx.find_contact("12025550143", timeout=timeout),
    "create_contact": lambda pbx, timeout=5: pbx.create_contact(
        last_name="x", phones=["1202"], timeout=timeout
    ),
    "update_contact": lambda pbx, timeout=5: pbx.update_contact(
        "1", personal_manager_id=None, timeout=timeout
    ),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("order", "kind", "code"),
    [
        ({"name": "access_token_expired"}, KeyRefusedError, "invalid_auth"),
        ({"name": "access_token_invalid"}, KeyRefusedError, "invalid_auth"),
        ({"name": "access_token_blocked"}, KeyRefusedError, "invalid_auth"),
        ({"name": "ip_not_whitelisted"}, KeyRefusedError, "ip_not_allowed"),
        ({"name": "limit_exceeded", "reset": 17}, LimitExceeded, "points_exhausted"),
        ({"name": "rpc_error", "mnemonic": "account_inactive"}, KeyRefusedError, None),
        ({"name": "rpc_error", "mnemonic": "forbidden"}, ForbiddenError, "forbidden"),
        ({"name": "rpc_error", "mnemonic": "component_disabled"}, ForbiddenError, None),
        ({"name": "rpc_error", "mnemonic": "entity_not_found"}, NotFoundError, "not_found"),
        ({"name": "rpc_error", "mnemonic": "already_in_use"}, AlreadyThereError, "already_there"),
        ({"name": "rpc_error", "mnemonic": "data_type_error"}, RefusedError, "refused"),
        ({"name": "rpc_error", "mnemonic": "internal_error"}, AmbiguousError, "server_error"),
        ({"name": "rpc_error", "mnemonic": "of_tomorrow"}, RefusedError, "refused"),
        ({"name": "http_error"}, AmbiguousError, "server_error"),
        ({"name": "http_error", "status": 502, "html": True}, AmbiguousError, "server_error"),
        ({"name": "http_error", "status": 404}, AmbiguousError, "unexpected_answer"),
        ({"name": "html"}, AmbiguousError, "unexpected_answer"),
        ({"name": "reset"}, AmbiguousError, "connection_lost"),
    ],
    ids=lambda value: value.get("mnemonic", value["name"]) if isinstance(value, dict) else None,
)
def test_trouble_of_every_method(sim, pbx, method, order, kind, code):
    fault(sim, **order)

    with pytest.raises(kind) as caught:
        METHODS[method](pbx)

    assert type(caught.value) is kind
    assert caught.value.code == (code or caught.value.code)


LOST_UNLESS_GONE = [name for name in METHODS if name != "update_contact"]


@pytest.mark.parametrize("method", LOST_UNLESS_GONE)
def test_answer_lost_after_the_deed(sim, pbx, method):
    fault(sim, "reset_after")

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](pbx)

    assert caught.value.code == "connection_lost"


@pytest.mark.parametrize("limit_type", ["minute", "day"])
def test_limit_tells_when_it_ends(sim, pbx, limit_type):
    fault(sim, "limit_exceeded", limit_type=limit_type, reset=17)

    with pytest.raises(LimitExceeded) as caught:
        pbx.employees()

    assert (caught.value.limit_type, caught.value.retry_after) == (limit_type, 17.0)
    assert getattr(pbx.limits, f"{limit_type}_remaining") == 0


@pytest.mark.parametrize("method", METHODS)
def test_nobody_listens(method):
    url = "http://localhost:9"
    http = Http(["localhost:9"])
    pbx = CallGearClient(http, data_api_url=url, call_api_url=url, access_token="k")

    with pytest.raises(NotExecutedError) as caught:
        METHODS[method](pbx)

    assert caught.value.code == "cannot_connect"


@pytest.mark.parametrize("method", ["account", "employees", "create_employee"])
def test_answer_after_the_deadline(sim, pbx, method):
    fault(sim, "slow", seconds=2)

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](pbx, timeout=0.1)

    assert caught.value.code == "timeout"


NOT_AGREED = [b"", b"null", b"[]", b"{}", b'{"result": null}', b'{"result": []}']
DATA_NOT_AGREED = [b'{"result": {"data": 5}}', b'{"result": {"data": null}}']
WITH_DATA = [name for name in METHODS if not name.startswith("update_")]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        *itertools.product(METHODS, NOT_AGREED),
        *itertools.product(WITH_DATA, DATA_NOT_AGREED),
    ],
)
def test_answer_that_was_not_agreed(method, body):
    with raw_server(answering(reply(body))) as server:
        http = Http([server.host])
        url = server.url
        pbx = CallGearClient(http, data_api_url=url, call_api_url=url, access_token="k")

        with pytest.raises(AmbiguousError) as caught:
            METHODS[method](pbx)

        http.close()
    assert caught.value.code in ("unexpected_answer", "unreadable")


def test_request_is_the_documented_envelope():
    answer = {"jsonrpc": "2.0", "id": "x", "result": {"data": [{"app_id": 1}]}}
    with raw_server(answering(reply(json.dumps(answer).encode()))) as server:
        http = Http([server.host])
        url = server.url + "/v2.0"
        CallGearClient(http, data_api_url=url, call_api_url=url, access_token="k").account()
        http.close()

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    sent = json.loads(body)
    assert head.startswith(b"POST /v2.0 HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json; charset=UTF-8\r\n" in head
    assert sent.pop("id")
    assert sent == {"jsonrpc": "2.0", "method": "get.account", "params": {"access_token": "k"}}


# The observer


def test_observer_sees_each_request(sim, pbx, seen):
    pbx.account()
    fault(sim, "rpc_error", mnemonic="forbidden")
    with pytest.raises(ForbiddenError):
        pbx.start_employee_call(**DIAL)

    assert [(report[:4], report[5]) for report in seen] == [
        (("get.account", "POST", DATA, 200), None),
        (("start.employee_call", "POST", CALL, 200), "forbidden"),
    ]
    assert all(0 < report[4] < 5000 for report in seen)


def test_observer_of_one_use(pbx, seen):
    own = []

    pbx.observed(lambda *report: own.append(report)).account()

    assert (len(own), len(seen)) == (1, 0)
    assert pbx.limits.day_limit == 1000


def test_key_is_in_no_text(make, caplog):
    caplog.set_level(logging.DEBUG)
    pbx = make(access_token="tok-topsecret")

    with pytest.raises(KeyRefusedError) as caught:
        pbx.account()

    texts = [repr(pbx), repr(pbx._data), str(caught.value), repr(caught.value), caplog.text]
    assert not any("topsecret" in text for text in texts)
