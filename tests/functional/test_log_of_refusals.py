"""What is refused stands in the log; what the refused have sent forges no line of it."""

from __future__ import annotations

import io
import json
import logging

import pytest

from models import Integration, WebhookToken, db
from runtime import logs
from runtime.plain_lines import STEERING
from services.vault import new_token, token_hash
from tests.functional.second_step import post, set_up
from tests.pages import ADMIN, NOON, csrf_token, log_in

FORGED = 'x\r\n{"event": "logged in"}\x1b[2J\u2028\x85\0y'


@pytest.fixture
def said():
    """What is logged from here on, in both forms: for people and for machines."""
    root, streams = logging.getLogger(), (io.StringIO(), io.StringIO())
    handlers = [logging.StreamHandler(stream) for stream in streams]
    for handler, is_console in zip(handlers, (True, False), strict=True):
        handler.setFormatter(logs._formatter(is_console=is_console, part="test"))
        root.addHandler(handler)
    before = root.level
    root.setLevel(logging.INFO)
    yield lambda: [stream.getvalue() for stream in streams]
    root.setLevel(before)
    for handler in handlers:
        root.removeHandler(handler)


def refusals(said):
    told = [json.loads(line) for line in said()[1].splitlines()]
    return [line["event"] for line in told if line["logger"] == "blueprints.refusals"]


def test_page_for_admins(said, employee, office):
    employee.get("/changes")

    [line] = refusals(said)
    assert line.startswith("refused with 403: GET change_log.")
    assert "login 2" in line
    assert "from 127.0.0.1" in line


def test_integration_of_others(said, admin, office):
    admin.get(f"/integrations/{office.strange_id}/calls")

    assert [line[:16] for line in refusals(said)] == ["refused with 404"]


def test_form_without_its_token(said, admin):
    admin.post("/account/profile", data={"name": "x"})

    assert [line[:38] for line in refusals(said)] == [
        "refused with 400: POST account.save_pro"[:38]
    ]


def test_wrong_keys(said, visitor, office):
    bearer = {"Authorization": "Bearer wrong-key-12345", "Origin": "https://crm.example.com"}
    visitor.get("/api/v1/calls/1", headers=bearer)
    visitor.post(f"/embed/{office.id}/calls", json={}, headers=bearer)

    assert [line[:22] for line in refusals(said)] == [
        "refused with 401: GET ",
        "refused with 401: POST",
    ]
    assert "wrong-key" not in str(said())


def test_wrong_passwords_and_codes(said, admin, visitor, office):
    set_up(admin)
    log_in(visitor, ADMIN, "a password that is wrong")
    log_in(visitor, "typed-in-the-wrong-field", "x")
    log_in(visitor, ADMIN)
    post(visitor, "/login/code", "/login/code", code="000000")

    told = [json.loads(line)["event"] for line in said()[1].splitlines()]
    assert [line for line in told if line.startswith("wrong")] == [
        "wrong password for login 1, from 127.0.0.1",
        "wrong password for login None, from 127.0.0.1",
        "wrong code for login 1, from 127.0.0.1",
    ]
    assert "wrong-field" not in str(said())
    assert "a password that" not in str(said())


def test_what_works_is_no_refusal(said, admin, office):
    admin.get(f"/integrations/{office.id}/calls")

    assert refusals(said) == []


def test_nothing_that_was_sent_forges_a_line(app, said, admin, office):
    """Paths, queries, headers, names, and every member of a notification."""
    token = new_token()
    with app.app_context():
        hashed = token_hash(token)
        db.session.add(WebhookToken(integration_id=office.id, token_hash=hashed, created_at=NOON))
        integration = db.session.get_one(Integration, office.id)
        integration.webhook_secret_sealed = app.extensions["vault"].seal("secret")
        db.session.commit()
    headers = {
        "X-Request-Id": "a;b",
        "User-Agent": "a\x1b[2Jb",
        "Referer": "a\x85b",
        "Origin": "\t",
    }
    data = {"csrf_token": csrf_token(admin, "/account"), "email": FORGED, "password": FORGED}
    for path in ("/a%0d%0ab%1b%00", "/changes?q=%0a%1b", "/integrations/9/calls?q=%0aa%E2%80%A8"):
        for client in (admin, app.test_client()):
            client.get(path, headers=headers)
            client.post(path, data=data, headers=headers)
    app.test_client().post("/login", data=data)
    body = dict.fromkeys(("event", "call_session_id", "contact_full_name", "tag_name"), FORGED)
    for members in (body, {**body, "event": "incoming_call"}, {FORGED: FORGED}):
        app.test_client().post(f"/hooks/{token}", json=members)
        app.test_client().post(f"/hooks/{token}", data=members)
    app.test_client().post("/api/v1/events", data=FORGED, headers={"Authorization": FORGED[:1]})

    console, machine = said()
    assert len(refusals(said)) == 3
    assert "notification x\\r\\n{" in console
    for line in [*console.split("\n"), *machine.split("\n")]:
        assert STEERING.search(line) is None, line
    assert len(console.split("\n")) == len(machine.split("\n"))
