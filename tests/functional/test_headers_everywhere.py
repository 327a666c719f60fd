"""Headers of answers that no table of doors asks for: refusals, errors, webhooks, https.

Every address by every method stands in test_doors.py, with the same questions.
"""

from __future__ import annotations

import re

import pytest

from models import WebhookToken, db
from services.vault import new_token, token_hash
from tests.answers import SAME_FOR_ALL, cookies_wrong, wrong_with
from tests.doors import person, plant
from tests.pages import ADMIN, HTMX, NOON, csrf_token, log_in, make_app, plant_office

HTTPS = "https://calls.example.com"


@pytest.fixture
def app(tmp_path):
    app = make_app(tmp_path)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def planted(app, office):
    with app.app_context():
        own, _strange = plant(app, office)
    return own


@pytest.mark.parametrize("who", ["anonymous", "admin"])
def test_refused_methods_forms_and_unknown_addresses(app, planted, who):
    client, token = person(app, who)
    wrong, codes = [], set()
    asked = [
        ("GET", "/no-such-page", {}),
        ("GET", "/no-such-page", {"headers": {"Accept": "text/html"}}),
        ("GET", "/static/no-such-file.css", {}),
        ("GET", "/static/app.css", {}),
        ("GET", "/static/../app.py", {}),
        ("GET", "/api/v1/nothing", {}),
        ("DELETE", "/api/v1/calls", {}),
        ("POST", "/integrations", {}),
        ("POST", "/account/profile", {"data": {"csrf_token": "wrong"}}),
        ("POST", "/account/profile", {"data": {"csrf_token": token, "locale": "xx"}}),
        ("POST", "/account/profile", {"data": {"csrf_token": token, "name": "x" * 3_000_000}}),
        ("PROPFIND", "/account", {}),
        ("TRACE", "/", {}),
        ("OPTIONS", "/account", {}),
        ("HEAD", "/login", {}),
        ("GET", "/login?next=//evil.example", {}),
        ("GET", "/account/", {}),
        ("GET", "/recordings/x.y", {}),
        ("GET", "/invitations/x", {}),
        ("GET", "/metrics", {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}),
    ]
    for method, path, more in asked:
        with client.open(path, method=method, **more) as answer:
            codes.add(answer.status_code)
            wrong += wrong_with(answer, path)

    assert wrong == []
    assert codes >= {200, 400, 404, 405}


def test_webhooks(app, planted):
    token = new_token()
    with app.app_context():
        hashed = token_hash(token)
        place = {"integration_id": planted.integration_id}
        db.session.add(WebhookToken(**place, token_hash=hashed, created_at=NOON))
        db.session.commit()
    client, codes, wrong = app.test_client(), {}, []
    asked = {
        "stored": ("POST", token, {"json": {"event": "incoming_call", "call_session_id": 1}}),
        "by GET": ("GET", f"{token}?event=incoming_call&call_session_id=2", {}),
        "unread": ("POST", token, {"data": b"{"}),
        "too large": ("POST", token, {"data": b"x" * 70_000}),
        "compressed": ("POST", token, {"data": b"x", "headers": {"Content-Encoding": "gzip"}}),
        "method": ("DELETE", token, {}),
        "stranger": ("POST", "x" * 43, {"json": {}}),
        "manager": ("GET", f"{token}/manager?numa=1", {}),
    }
    for name, (method, path, more) in asked.items():
        with client.open(f"/hooks/{path}", method=method, **more) as answer:
            codes[name] = answer.status_code
            wrong += wrong_with(answer, name)

    assert wrong == []
    assert set(codes.values()) == {200, 404, 405, 413, 415, 422}


def test_errors_of_ours(app, planted, monkeypatch):
    """Also what nobody has foreseen: a page, a part of a page, the API, a webhook."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client, _token = person(app, "admin")

    def broken(*_args, **_more):
        raise RuntimeError("secret words of a library")

    monkeypatch.setattr("blueprints.account.sessions.list_sessions", broken)
    monkeypatch.setattr("blueprints.api_access.integration_of_key", broken)
    key = {"Authorization": "Bearer x"}
    answers = {
        path: client.get(path, headers=headers)
        for path, headers in (
            ("/account", {}),
            ("/account?part", HTMX),
            ("/api/v1/calls/1", key),
        )
    }

    assert {answer.status_code for answer in answers.values()} == {500}
    assert [each for path, answer in answers.items() for each in wrong_with(answer, path)] == []
    assert not any("secret words" in answer.text for answer in answers.values())


def test_https_is_remembered_and_its_cookies_are_this_host_s_own(tmp_path):
    app = make_app(tmp_path, PUBLIC_BASE_URL=HTTPS)
    with app.app_context():
        plant_office()
    client = app.test_client()
    page = client.get("/login", base_url=HTTPS)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]
    ours = {"Referer": f"{HTTPS}/login"}
    data = {"csrf_token": token, "email": ADMIN, "password": "correct horse"}
    changes = [
        ("/language", {"locale": "ru"}),
        ("/theme", {"theme": "dark"}),
        ("/login", data),
        ("/logout", {}),
    ]
    answers, csrf = [page], token
    for path, more in changes:
        posted = {"csrf_token": csrf, **more}
        answers.append(client.post(path, data=posted, base_url=HTTPS, headers=ours))
        shown = client.get("/", base_url=HTTPS, follow_redirects=True)
        csrf = re.search(r'name="csrf-token" content="([^"]+)"', shown.text)[1]
    answers.append(client.post("/hooks/x", base_url=HTTPS))
    answers.append(client.delete("/hooks/x", base_url=HTTPS))

    cookies = [each for answer in answers for each in answer.headers.getlist("Set-Cookie")]
    assert len({each.partition("=")[0] for each in cookies}) == 3
    assert [w for answer in answers for w in cookies_wrong(answer.headers, is_https=True)] == []
    lasting = {answer.headers.get("Strict-Transport-Security") for answer in answers}
    assert lasting == {"max-age=31536000; includeSubDomains"}
    with app.app_context():
        db.engine.dispose()


def test_this_test_can_fail(app):
    """What it looks for is missed where it is missing."""
    client = app.test_client()
    with client.get("/login") as answer:
        assert wrong_with(answer, "/login") == []
        for name in [*SAME_FOR_ALL, "Content-Security-Policy", "Cache-Control", "Content-Type"]:
            kept = answer.headers.pop(name)
            assert wrong_with(answer, "/login"), name
            answer.headers[name] = kept
        answer.headers["Set-Cookie"] = "session=1; Path=/; HttpOnly"
        assert wrong_with(answer, "/login") == ["/login 200: session lacks SameSite=Lax"]
    assert csrf_token(client)
    assert log_in(client, "nobody@example.com").status_code == 422
