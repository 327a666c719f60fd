"""The PBX client writes into the simulated PBX, and dials."""

from __future__ import annotations

import pytest

from clients.errors import AlreadyThereError, AmbiguousError, NotFoundError, RefusedError
from rules.pbx import EmployeePhone
from tests.integration.clients.callgear_calls import DIAL, written
from tests.integration.clients.conftest import fault


@pytest.mark.parametrize("shape", ["data", "flat"])
def test_create_employee(callgear, pbx, shape):
    callgear.control("POST", "/_sim/config", {"create_result": shape})

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


def test_create_employee_sends_only_what_is_given(callgear, pbx):
    pbx.create_employee(last_name="Seven")

    assert written(callgear) == [("create.employees", {"last_name": "Seven"})]


def test_extension_that_is_taken(pbx):
    with pytest.raises(AlreadyThereError) as caught:
        pbx.create_employee(last_name="Seven", extension="117")

    assert caught.value.details[0].field == "extension.extension_phone_number"


def test_update_employee(callgear, pbx):
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


def test_contacts(callgear, pbx):
    assert pbx.find_contact("+971500000088") is None

    made = pbx.create_contact(
        last_name="Client", phones=["+971500000088"], first_name="New", personal_manager_id="101"
    )
    found = pbx.find_contact("+971500000088")

    assert (found.id, found.last_name, found.first_name) == (made, "Client", "New")
    assert (found.phones, found.personal_manager_id) == (("971500000088",), "101")


@pytest.mark.parametrize("manager", ["102", None])
def test_update_contact(callgear, pbx, manager):
    contact = pbx.find_contact("12025550143")

    pbx.update_contact(contact.id, personal_manager_id=manager)

    assert pbx.find_contact("12025550143").personal_manager_id == manager
    sent = {"id": int(contact.id), "personal_manager_id": int(manager) if manager else None}
    assert written(callgear) == [("update.contacts", sent)]


def test_update_contact_with_an_unknown_manager(pbx):
    contact = pbx.find_contact("12025550143")

    with pytest.raises(NotFoundError) as caught:
        pbx.update_contact(contact.id, personal_manager_id="999")

    assert caught.value.details[0].field == "personal_manager_id"


def test_start_employee_call(callgear, pbx):
    call_id = pbx.start_employee_call(**DIAL)

    (dialed,) = callgear.control("GET", "/_sim/dialed")["dialed"]
    assert str(dialed["call_session_id"]) == call_id
    assert dialed["params"] == {
        "first_call": "employee",
        "virtual_phone_number": "97140000001",
        "contact": "971500000011",
        "employee": {"id": 101},
        "direction": "out",
        "external_id": "behomes:lead:5512",
    }


def test_start_employee_call_to_one_phone(callgear, pbx):
    pbx.start_employee_call(**DIAL, employee_phone="0160001", first_call="contact")

    (dialed,) = callgear.control("GET", "/_sim/dialed")["dialed"]
    assert dialed["params"]["employee"] == {"id": 101, "phone_number": "0160001"}
    assert dialed["params"]["first_call"] == "contact"


def test_call_api_may_have_its_own_key(callgear, make_pbx):
    callgear.control(
        "POST",
        "/_sim/seed",
        {"accounts": [{"app_id": 7, "tokens": {"call-key": "active"}, "employees": []}]},
    )

    with pytest.raises(NotFoundError) as caught:
        make_pbx(call_access_token="call-key").start_employee_call(**DIAL)

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
def test_refused_dial_names_the_mnemonic(callgear, pbx, change, kind, mnemonic):
    with pytest.raises(kind) as caught:
        pbx.start_employee_call(**{**DIAL, **change})

    assert caught.value.vendor_code == mnemonic
    assert callgear.control("GET", "/_sim/dialed")["dialed"] == []


def test_dial_without_an_answer_is_ambiguous_and_not_repeated(callgear, pbx):
    fault(callgear, "no_answer", seconds=5, count=1)

    with pytest.raises(AmbiguousError) as caught:
        pbx.start_employee_call(**DIAL, timeout=0.3)

    assert caught.value.code == "timeout"
    assert len(callgear.control("GET", "/_sim/dialed")["dialed"]) == 1


def test_dial_whose_answer_is_lost_is_ambiguous(callgear, pbx):
    fault(callgear, "reset_after", count=1)

    with pytest.raises(AmbiguousError):
        pbx.start_employee_call(**DIAL)

    assert len(callgear.control("GET", "/_sim/dialed")["dialed"]) == 1
