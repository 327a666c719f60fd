"""The console as the server gives it: the page, its list, notes, wishes, its app window."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from models import CallSession, Card, UserMapping, db
from services import presence
from tests.pages import CALL_IDS, HTMX, NOON, csrf_token

JSON = {"Accept": "application/json"}
OWN, STRANGE = CALL_IDS[0], CALL_IDS[2]  # agent.one answered the first; agent.two made the third
NOTE, CLIENT = "/integrations/{}/console/calls/{}/note", "/integrations/{}/console/calls/{}/client"


def post(client, path, headers=JSON, **fields):
    fields["csrf_token"] = csrf_token(client, "/account")
    return client.post(path, data=fields, headers=headers)


def put_today(office, index=0, **columns):
    """Move one of the office's calls to this minute."""
    call = db.session.scalars(
        db.select(CallSession).filter_by(integration_id=office.id, call_session_id=CALL_IDS[index])
    ).one()
    call.started_at = datetime.now(UTC) - timedelta(seconds=30)
    for name, value in columns.items():
        setattr(call, name, value)
    db.session.commit()


def stored(app, office, call_id=OWN):
    with app.app_context():
        return db.session.scalars(
            db.select(CallSession).filter_by(integration_id=office.id, call_session_id=call_id)
        ).one()


def test_employee_comes_here_and_an_admin_does_not(employee, admin):
    assert employee.get("/").location == "/console"
    assert admin.get("/").location != "/console"


def test_page_works_without_script(app, employee, office):
    with app.app_context():
        put_today(office)
        put_today(office, 2)

    page = employee.get("/console")

    assert page.status_code == 200
    assert "+971 50 123 4500" in page.text
    assert "+971 50 123 4502" not in page.text, "somebody else's call"
    assert f"/integrations/{office.id}/calls/{OWN}" in page.text
    assert re.search(r'href="/console"[^>]*id="refresh"', page.text)
    assert f'action="/integrations/{office.id}/dial"' in page.text or "access key" in page.text


def test_calls_of_other_days_are_in_the_history_only(employee):
    assert "Your calls today" in employee.get("/console").text
    assert "+971 50 123 4500" not in employee.get("/console").text


def test_missed_call_of_the_own_phone_is_listed_without_a_link(app, employee, office):
    with app.app_context():
        put_today(office, 1, facts={"rung": ["101", "102"]})

    page = employee.get("/console").text

    assert "+971 50 123 4501" in page
    assert f"/calls/{CALL_IDS[1]}" not in page


def test_call_that_goes_on_stands_first(app, employee, office):
    with app.app_context():
        put_today(office)
        put_today(office, 5, facts={"answered_by": "101"})

    page = employee.get("/console").text

    assert page.index("Going on") < page.index("+971 50 123 4505") < page.index("Your calls today")


def test_list_alone_is_given_to_the_script_and_only_if_it_changed(app, employee, office):
    part = employee.get("/console", headers=HTMX)
    seen = re.search(r"seen=([0-9a-f]+)", part.text).group(1)

    assert part.text.lstrip().startswith("<section")
    assert employee.get(f"/console?seen={seen}", headers=HTMX).status_code == 204
    with app.app_context():
        put_today(office)
    assert employee.get(f"/console?seen={seen}", headers=HTMX).status_code == 200


def test_login_that_is_joined_to_nobody_is_told_whom_to_ask(app, employee):
    with app.app_context():
        db.session.execute(db.delete(UserMapping))
        db.session.commit()

    page = employee.get("/console").text

    assert "Ask your administrator" in page
    assert "console.js" not in page


def test_navigation_of_an_employee(employee, office):
    links = re.findall(r'<li>\s*<a href="([^"]+)"', employee.get("/console").text)

    assert links[0] == "/console"
    assert links[-1] == f"/integrations/{office.id}/calls"


# Notes


def test_note_is_kept_with_the_call_and_makes_it_due(app, employee, office):
    answer = post(employee, NOTE.format(office.id, OWN), note="Two rooms <b>by the sea</b>")

    call = stored(app, office)
    assert answer.json == {"saved": True}
    assert (call.note, call.note_by) == ("Two rooms <b>by the sea</b>", "agent.one@example.com")
    assert call.next_at is not None
    told = employee.get(f"/integrations/{office.id}/console/calls/{OWN}").json
    assert told["note"] == "Two rooms <b>by the sea</b>"
    assert told["client"]["state"] == "made"


def test_note_without_script_goes_back_to_the_page(employee, office):
    answer = post(employee, NOTE.format(office.id, OWN), headers={}, note="Later")

    assert (answer.status_code, answer.location) == (303, "/console")


def test_note_that_is_too_long_is_refused(app, employee, office):
    answer = post(employee, NOTE.format(office.id, OWN), note="x" * 2001)

    assert answer.status_code == 422
    assert answer.json["errors"] == ["A note has at most 2000 characters."]
    assert stored(app, office).note is None


def test_note_on_a_call_of_others_is_not_there(app, employee, admin, office):
    assert post(employee, NOTE.format(office.id, STRANGE), note="x").status_code == 404
    assert post(employee, NOTE.format(office.id, "nowhere"), note="x").status_code == 404
    assert post(admin, NOTE.format(office.id, STRANGE), note="By the admin").json["saved"]


def test_who_was_only_rung_may_speak_of_the_call(app, employee, office):
    with app.app_context():
        db.session.add(
            Card(
                integration_id=office.id,
                call_session_id=STRANGE,
                state="ringing",
                started_at=NOON,
                updated_at=NOON,
                source={},
                employees={"101": {"state": "withdrawn"}},
                told={},
            )
        )
        db.session.commit()

    assert post(employee, NOTE.format(office.id, STRANGE), note="x").json["saved"]


# A client


def test_wish_for_a_client_is_kept_once(app, employee, office):
    call_id = CALL_IDS[5]
    with app.app_context():
        put_today(office, 5, facts={"answered_by": "101"})

    first = post(employee, CLIENT.format(office.id, call_id))
    asked = stored(app, office, call_id).asked
    version = stored(app, office, call_id).events_version
    again = post(employee, CLIENT.format(office.id, call_id))

    assert first.json["state"] == again.json["state"] == "asked"
    assert asked["client"]["responsible_user_id"] == "u_17"
    assert stored(app, office, call_id).asked == asked
    assert stored(app, office, call_id).events_version == version


def test_wish_about_a_call_of_others_is_not_there(employee, office):
    assert post(employee, CLIENT.format(office.id, STRANGE)).status_code == 404
    assert post(employee, CLIENT.format(office.id, "nowhere")).status_code == 404


# Do not disturb


@pytest.mark.parametrize(("on", "is_quiet"), [("1", True), ("", False)])
def test_do_not_disturb_is_kept_and_shown(app, employee, office, on, is_quiet):
    without = post(employee, "/console/do-not-disturb", headers={}, on=on)
    with_script = post(employee, "/console/do-not-disturb", headers=HTMX, on=on)

    assert (without.status_code, with_script.status_code) == (303, 204)
    switch = re.search(r'<input[^>]*id="do-not-disturb"[^>]*>', employee.get("/console").text)
    assert ("checked" in switch.group(0)) is is_quiet
    with app.app_context():
        assert any(v for v in presence.read_do_not_disturb(db.engine, 2).values()) is is_quiet


# Without a stream, and as an app


def test_cards_without_a_stream_are_the_own_ones_and_no_news(app, employee, office):
    now = datetime.now(UTC)
    seat = {"state": "ringing", "rang_at": now.isoformat(), "since": now.isoformat()}
    with app.app_context():
        for call_id, who in (("1", "101"), ("2", "102")):
            db.session.add(
                Card(
                    integration_id=office.id,
                    call_session_id=call_id,
                    state="ringing",
                    started_at=now,
                    updated_at=now,
                    source={},
                    employees={who: seat},
                    told={},
                )
            )
        db.session.commit()

    cards = employee.get("/console/cards").json["cards"]

    assert [(card["call"], card["announce"]) for card in cards] == [("1", False)]


def test_app_window_has_a_name_icons_and_a_worker(visitor):
    manifest = visitor.get("/console/app.webmanifest")
    worker = visitor.get("/console/worker.js")

    told = json.loads(manifest.text)
    assert manifest.mimetype == "application/manifest+json"
    assert (told["start_url"], told["display"]) == ("/console", "standalone")
    assert all(visitor.get(icon["src"]).status_code == 200 for icon in told["icons"])
    assert worker.headers["Service-Worker-Allowed"] == "/console"
    assert worker.mimetype == "text/javascript"
    for looked_for in re.findall(r'"(/[^"*]+)"', worker.text):
        assert visitor.get(looked_for).status_code in (200, 302), looked_for


def test_page_without_net_holds_nothing_of_a_person(employee):
    page = employee.get("/console/offline").text

    assert "agent.one" not in page
    assert "Phones ring as usual" in page
