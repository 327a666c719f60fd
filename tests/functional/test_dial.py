"""Calls by a click from our pages: who may, one dial per form, how the call is shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from models import ClickCall, Notification, UserMapping, VirtualNumberRow, db
from tests.pages import HTMX, NOON, csrf_token

JSON = {"Accept": "application/json"}


@pytest.fixture
def line(app, office):
    with app.app_context():
        db.session.add(VirtualNumberRow(integration_id=office.id, number="97140000001"))
        db.session.commit()


def press(client, office, *, headers=None, id=None, **data):
    fields = {"phone": "+971501234567", "request_id": "request-1", "origin": "history", **data}
    fields["csrf_token"] = csrf_token(client, "/account")
    return client.post(f"/integrations/{id or office.id}/dial", data=fields, headers=headers)


def clicks(app):
    with app.app_context():
        found = db.session.scalars(db.select(ClickCall).order_by(ClickCall.id)).all()
        db.session.expunge_all()
        return found


def plant(app, office, **columns):
    """A click that the PBX took, as call 900."""
    values = {
        "integration_id": office.id,
        "request_id": "planted",
        "origin": "history",
        "employee_id": "101",
        "phone": "+971501234567",
        "asked_at": NOON,
        "sent_at": NOON,
        "state": "dialing",
        "progress": "calling_employee",
        "call_session_id": "900",
        **columns,
    }
    with app.app_context():
        row = ClickCall(**values)
        db.session.add(row)
        db.session.commit()
        return row.id


def hear(app, office, *kinds, **members):
    with app.app_context():
        for index, kind in enumerate(kinds):
            told = {"notification_time": f"2026-03-05 12:00:{10 + index}.000", **members}
            row = Notification(
                integration_id=office.id,
                event_key=f"900-{kind}-{index}",
                kind=kind,
                call_session_id="900",
                state="taken",
                received_at=datetime.now(UTC),
                members=told,
            )
            db.session.add(row)
        db.session.commit()


def test_form_leads_to_the_page_of_the_call(app, employee, office, line):
    answer = press(employee, office)

    (row,) = clicks(app)
    assert answer.status_code == 303
    assert answer.location == f"/integrations/{office.id}/dial/{row.id}"
    assert (row.employee_id, row.origin, row.state) == ("101", "history", "refused")
    page = employee.get(answer.location)
    assert page.status_code == 200
    assert "The integration has no key of CallGear. Nobody was called." in page.text


def test_htmx_gets_the_state_in_place_and_json_for_the_console(app, employee, office, line):
    part = press(employee, office, headers=HTMX)
    told = press(employee, office, headers=JSON)

    assert part.status_code == 200
    assert "<html" not in part.text
    assert "Not called" in part.text
    assert told.json["state"] == "refused"
    assert told.json["text"].startswith("The integration has no key of CallGear.")
    assert len(clicks(app)) == 1  # the same form, sent twice


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+881612345678", "Satellite numbers are never called by a click"),
        ("999", "Emergency, service and internal numbers are not called by a click."),
        ("+442079460000", "Calls by a click to this country are not allowed."),
        ("<b>x</b>", "This is not a valid phone number."),
    ],
)
def test_refused_number_says_why(employee, office, line, phone, words):
    answer = press(employee, office, headers=HTMX, phone=phone)

    assert answer.status_code == 422
    assert words in answer.text
    assert "<b>x</b>" not in answer.text


@pytest.mark.parametrize("headers", [None, HTMX, JSON])
def test_incomplete_form_dials_nobody(app, employee, office, headers):
    empty = press(employee, office, headers=headers, phone=" ")
    forged = press(employee, office, headers=headers, request_id="<>")

    assert (empty.status_code, forged.status_code) == (422, 422)
    assert "Enter the number to call." in empty.text
    assert clicks(app) == []


def test_strangers_office_and_strangers_call_are_not_there(app, employee, office):
    mine, other = plant(app, office), plant(app, office, request_id="2", employee_id="102")

    assert press(employee, office, id=office.strange_id).status_code == 404
    assert employee.get(f"/integrations/{office.id}/dial/{mine}").status_code == 200
    assert employee.get(f"/integrations/{office.id}/dial/{other}").status_code == 404
    assert employee.get(f"/integrations/{office.strange_id}/dial/{mine}").status_code == 404


def test_login_without_an_employee_sees_no_call_that_belongs_to_nobody(app, employee, office):
    nobodys = plant(app, office, employee_id=None, state="blocked", progress=None)
    assert employee.get(f"/integrations/{office.id}/dial/{nobodys}").status_code == 404
    with app.app_context():
        db.session.execute(db.delete(UserMapping))
        db.session.commit()

    assert employee.get(f"/integrations/{office.id}/dial/{nobodys}").status_code == 404


def test_admin_without_an_employee_is_told_how_to_get_one(admin, office):
    answer = press(admin, office)

    assert answer.status_code == 422
    assert "Your login is joined to nobody in CallGear." in answer.text
    assert f'href="/integrations/{office.id}/people"' in answer.text


def test_page_follows_the_call_and_stops_at_its_end(app, employee, office):
    path = f"/integrations/{office.id}/dial/{plant(app, office, asked_at=datetime.now(UTC))}"

    first = employee.get(path)
    again = employee.get(f"{path}?seen=calling_employee", headers=HTMX)
    hear(app, office, "waiting_answer", "call_accepted")
    client = employee.get(f"{path}?seen=calling_employee", headers=HTMX)
    hear(app, office, "talk_started")
    talking = employee.get(path, headers=HTMX)
    hear(app, office, "call_finished", talk_time_duration=12)
    ended = employee.get(path, headers=HTMX)

    assert "Calling you" in first.text
    assert "every 1s" in first.text
    assert again.status_code == 204
    assert "Calling the client" in client.text
    assert "Talking" in talking.text
    assert "The call is over" in ended.text
    assert "every 1s" not in ended.text
    assert f'href="/integrations/{office.id}/calls/900"' in ended.text


def test_failed_call_says_who_did_not_answer_and_offers_another(app, employee, office):
    path = f"/integrations/{office.id}/dial/{plant(app, office)}"
    hear(app, office, "waiting_answer", "call_accepted", "call_finished", talk_time_duration=0)

    page = employee.get(path)

    assert "The client did not answer." in page.text
    ids = re.findall(r'name="request_id" value="([0-9a-f]{32})"', page.text)
    assert len(ids) == 1
    assert ids[0] not in employee.get(path).text  # another form, another call


def test_page_to_call_a_number_is_filled_from_its_address(employee, office):
    page = employee.get(f"/integrations/{office.id}/dial?phone=%2B971501234567&origin=test")

    assert page.status_code == 200
    assert 'value="+971501234567"' in page.text
    assert "Call my number" in page.text
