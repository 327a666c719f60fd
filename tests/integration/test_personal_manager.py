"""Whose phones a caller gets, asked from the simulated CRM."""

from __future__ import annotations

import pytest

from models import CrmUserRow, EmployeeRow, Integration, UserMapping, db
from rules.personal_manager import Why
from rules.settings import PersonalManager
from services.manager_office import read_manager_office
from services.personal_manager import PersonalManagers, Trouble

KNOWN = "1 (202) 555-0143"  # c_501, responsible u_17
PHONES = ["12025550111", "118"]
ON = PersonalManager(enabled=True)


@pytest.fixture
def staffed(server):
    """Employee 101 is joined to u_17 and has two active phones; 102 is u_18 and has none."""
    with server.app.app_context():
        db.session.query(EmployeeRow).filter_by(integration_id=server.id).delete()
        db.session.query(UserMapping).filter_by(integration_id=server.id).delete()
        for employee, user, phones in (("101", "u_17", PHONES), ("102", "u_18", [])):
            db.session.add(
                EmployeeRow(integration_id=server.id, employee_id=employee, phones=phones)
            )
            db.session.add(
                UserMapping(integration_id=server.id, crm_user_id=user, employee_id=employee)
            )
        db.session.commit()
    return server


def find(server, phone, rule=ON):
    with server.app.app_context():
        office = read_manager_office(db.session(), server.id, server.ports, rule=rule)
        db.session.remove()
        return PersonalManagers(db.engine).find(office, phone)


def retire(server, user_id):
    with server.app.app_context():
        db.session.get_one(CrmUserRow, (server.id, user_id)).active = False
        db.session.commit()


def test_known_client_gets_his_managers_active_phones_in_order(staffed):
    found = find(staffed, KNOWN)

    assert found.answer.as_json() == {"phones": PHONES}
    assert (found.answer.why, found.client.id, found.trouble) == (Why.MANAGER, "c_501", None)
    assert found.manager_name and 0 < found.milliseconds < 1000


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        pytest.param("+971500009999", Why.NO_CLIENT, id="unknown-number"),
        pytest.param("+971500000103", Why.NO_RESPONSIBLE, id="client-of-nobody"),
        pytest.param("+971500000101", Why.NO_PHONES, id="manager-without-phones"),
        pytest.param("+971500000102", Why.NO_EMPLOYEE, id="manager-not-joined"),
    ],
)
def test_otherwise_the_answer_is_the_code_for_not_found(staffed, phone, why):
    found = find(staffed, phone, PersonalManager(enabled=True, not_found_code=7))

    assert found.answer.as_json() == {"returned_code": 7}
    assert found.answer.why is why


def test_switched_off_is_not_found(staffed):
    assert find(staffed, KNOWN, PersonalManager()).answer.why is Why.OFF


@pytest.mark.parametrize(
    ("absent", "deputy", "why"),
    [
        ("ring", None, Why.MANAGER),
        ("deputy", "u_18", Why.NO_PHONES),
        ("deputy", None, Why.ABSENT),
        ("not_found", None, Why.ABSENT),
    ],
)
def test_absent_manager_is_treated_as_set(staffed, absent, deputy, why):
    retire(staffed, "u_17")
    rule = PersonalManager.model_validate_json(
        f'{{"enabled": true, "absent": "{absent}", "deputy_user_id": '
        + (f'"{deputy}"}}' if deputy else "null}")
    )

    assert find(staffed, KNOWN, rule).answer.why is why


def test_deputy_stands_in(staffed):
    retire(staffed, "u_18")
    rule = PersonalManager.model_validate_json(
        '{"enabled": true, "absent": "deputy", "deputy_user_id": "u_17"}'
    )

    found = find(staffed, "+971500000101", rule)

    assert found.answer.as_json() == {"phones": PHONES} and found.answer.why is Why.DEPUTY


@pytest.mark.parametrize("phone", ["", "anonymous", "12345"])
def test_hidden_number_asks_nobody(staffed, phone):
    before = len(staffed.requests("find_clients_by_phone"))

    found = find(staffed, phone)

    assert found.trouble is Trouble.NO_NUMBER and found.answer.returned_code == 1
    assert len(staffed.requests("find_clients_by_phone")) == before


def test_slow_crm_is_not_waited_for(staffed):
    staffed.fault("slow", "find_clients_by_phone", seconds=5)

    found = find(staffed, KNOWN)

    assert found.trouble is Trouble.CRM_SLOW and found.answer.returned_code == 1
    assert found.milliseconds < 900


def test_crm_that_is_away_is_told(staffed):
    with staffed.app.app_context():
        db.session.get_one(Integration, staffed.id).behomes_base_url = "http://127.0.0.1:9"
        db.session.commit()
    staffed.reach("127.0.0.1:9")

    assert find(staffed, KNOWN).trouble is Trouble.CRM_AWAY


def test_refusing_crm_is_told_apart(staffed):
    staffed.connect(behomes={"base_url": staffed.crm.url, "api_key": "wrong"})

    assert find(staffed, KNOWN).trouble is Trouble.CRM_REFUSED
