"""The guided live check: each link of the chain lights up as the test call goes on."""

from __future__ import annotations

import re
from html import unescape

import pytest

from models import CallSession, Integration, Notification, TraceEntry, db
from services import live_check
from services.integrations import database_now
from tests.notifications import answered_call, lost_call, record, ringing
from tests.pages import HTMX, csrf_token

POLL = {**HTMX, "X-Poll": "1"}


@pytest.fixture
def page(office) -> str:
    return f"/integrations/{office.id}/setup/auth/live"


def post(client, path):
    return client.post(path, data={"csrf_token": csrf_token(client, "/integrations")})


def call_now(app, office, call_session_id="900", **columns):
    """A call of which the first notification has just come."""
    with app.app_context():
        now = database_now(db.session())
        values = {
            "direction": "inbound",
            "client_phone": "+971501234567",
            "facts": {},
            "created": {},
            "state": "waiting",
            "state_reason": "in_progress",
            **columns,
        }
        db.session.add(
            Notification(
                integration_id=office.id,
                event_key=f"live-{call_session_id}",
                kind="incoming_call",
                call_session_id=call_session_id,
                state="taken",
                received_at=now,
                members={},
            )
        )
        db.session.add(
            CallSession(
                integration_id=office.id,
                call_session_id=call_session_id,
                settings_version=3,
                first_seen_at=now,
                updated_at=now,
                started_at=now,
                **values,
            )
        )
        db.session.commit()


def lights(text: str) -> list[str]:
    return re.findall(r'<li class="chain-(\w+)">', text)


def test_before_it_begins_it_says_what_to_do(admin, page):
    text = admin.get(page).text

    assert "From your mobile call" in text
    assert lights(text) == []
    assert "hx-trigger" not in text


def test_begun_it_waits_and_asks_by_itself(admin, page):
    answer = post(admin, page)

    assert (answer.status_code, answer.location) == (303, page)
    whole, part = admin.get(page).text, admin.get(page, headers=HTMX).text
    for text in (whole, part):
        assert lights(text) == ["waiting"] * 6
        assert "every 1s" in text
    assert part.lstrip().startswith('<section id="live"')


def test_calls_before_it_began_do_not_count(app, admin, office, page):
    call_now(app, office)
    post(admin, page)

    assert lights(admin.get(page).text) == ["waiting"] * 6


def test_links_light_up_and_the_number_is_masked(app, admin, office, page):
    post(admin, page)
    call_now(app, office, facts={"answered_by": "101"})

    text = admin.get(page).text

    assert lights(text) == ["lit", "lit", "lit", "waiting", "waiting", "waiting"]
    assert "Agent One" in text
    assert "•••• 4567" in text
    assert "+971501234567" not in text


def test_poll_answers_only_when_a_light_changes(app, admin, office, page):
    post(admin, page)
    address = unescape(re.search(r'hx-get="([^"]+)"', admin.get(page).text)[1])
    assert admin.get(address, headers=POLL).status_code == 204

    call_now(app, office)

    assert lights(admin.get(address, headers=POLL).text)[:2] == ["lit", "lit"]


def test_after_half_a_minute_the_dark_link_says_what_to_check(app, admin, office, page):
    post(admin, page)
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.live_check_at = row.live_check_at.replace(year=row.live_check_at.year - 1)
        db.session.execute(db.delete(TraceEntry))
        for name in ("decision", "crm_write", "notification", "call_session"):
            db.session.execute(db.text(f"DELETE FROM {name}"))
        db.session.commit()

    text = admin.get(page).text

    assert lights(text)[0] == "dark"
    assert "No notification came." in text
    assert f"/integrations/{office.id}/setup/auth#webhook" in text


def test_one_of_several_calls_can_be_chosen(app, admin, office, page):
    post(admin, page)
    call_now(app, office, "901")
    call_now(app, office, "902", facts={"answered_by": "102"})

    assert "Which one is yours?" in admin.get(page).text
    assert "Agent Two" in admin.get(f"{page}?call=902").text
    assert "Agent Two" not in admin.get(page).text


def test_integration_that_is_not_turned_on_is_no_fault(app, admin, office, page):
    with app.app_context():
        db.session.get_one(Integration, office.id).published_version = None
        db.session.commit()
    post(admin, page)
    call_now(app, office, facts={"answered_by": "101"})

    text = admin.get(page).text

    assert lights(text)[3:5] == ["open", "open"]
    assert "The integration is not turned on yet. So far all is well." in text


def test_real_call_from_ringing_to_recording(server):
    with server.app.app_context():
        live_check.begin(db.session(), server.id)

    def look():
        with server.app.app_context():
            integration = db.session.get_one(Integration, server.id)
            found = live_check.look(db.session(), integration)
            return [str(link.light) for link in found.links], found.is_over

    assert look() == (["waiting"] * 6, False)
    server.notify(*ringing("1"))
    assert look()[0][:2] == ["lit", "waiting"]
    server.drain()
    assert look()[0][:3] == ["lit", "lit", "waiting"]
    server.notify(*answered_call("1"))
    server.drain()
    assert look() == (["lit", "lit", "lit", "lit", "lit", "waiting"], False)
    server.notify(record("1"))
    server.drain()
    assert look() == (["lit"] * 6, True)


def test_real_lost_call_says_that_nobody_answered(server):
    with server.app.app_context():
        live_check.begin(db.session(), server.id)
    server.notify(*lost_call("1"))
    server.drain()

    with server.app.app_context():
        integration = db.session.get_one(Integration, server.id)
        found = live_check.look(db.session(), integration)

    assert [link.why for link in found.links] == ["", "", "nobody_answered", "", "", "no_talk"]


def test_demo_call_needs_the_simulator(admin, page):
    answer = post(admin, f"{page}/demo-call")

    assert answer.status_code == 303
    assert "The simulated CallGear does not answer" in admin.get(page).text


def test_it_is_for_admins_of_the_integration(admin, employee, office, page):
    strange = f"/integrations/{office.strange_id}/setup/auth/live"

    assert employee.get(page).status_code == 403
    assert post(employee, page).status_code == 403
    assert admin.get(strange).status_code == 404
    assert post(admin, strange).status_code == 404
    assert admin.post(page).status_code == 400
