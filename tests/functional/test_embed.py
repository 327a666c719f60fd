"""The pop-up inside other pages: allowed origins, keys, and what a key opens."""

from __future__ import annotations

import html
import re

import pytest

from models import ClickCall, ConsoleToken, Integration, Login, db
from tests.pages import ADMIN, EMPLOYEE, HTMX, NOON, logged_in
from tests.people import post

CRM, OTHER = "https://crm.example.com", "https://other.example.com"


@pytest.fixture
def page(office):
    return f"/integrations/{office.id}/embed"


@pytest.fixture
def window(office):
    return f"/embed/{office.id}/login"


@pytest.fixture
def allowed(app, office):
    with app.app_context():
        db.session.get_one(Integration, office.id).allowed_origins = [CRM]
        db.session.commit()


@pytest.fixture
def key(employee, window, allowed):
    return key_of(post(employee, window, origin=CRM, state="s1"))


def key_of(answer):
    assert answer.status_code == 200, answer.text
    return re.search(r'data-hand-over="([^"]+)"', answer.text).group(1)


def bearing(key, origin=CRM):
    return {"Authorization": f"Bearer {key}", "Origin": origin}


def is_open(visitor, office, key, origin=CRM):
    """Whether the key opens anything: a call without a number is refused in its own way."""
    answer = visitor.post(f"/embed/{office.id}/calls", json={}, headers=bearing(key, origin))
    assert answer.status_code in (400, 401), answer.text
    return answer.status_code == 400


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_admin_gets_the_line_and_says_who_may_show_it(app, admin, office, page, headers):
    text = html.unescape(admin.get(page, headers=headers).text)
    assert f'/embed.js" data-integration="{office.id}" async></script>' in text
    assert ("<html" in text) is (headers == {})

    answer = post(admin, page, headers, origins=f"{CRM}/deals\n{OTHER}")
    assert (answer.status_code, answer.location) == (303, page)
    with app.app_context():
        assert db.session.get_one(Integration, office.id).allowed_origins == [CRM, OTHER]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_what_is_no_address_is_named_and_changes_nothing(app, admin, office, page, headers):
    answer = post(admin, page, headers, origins=f"{CRM}\nhttp://<b>plain.example.com")

    assert answer.status_code == 422
    assert "“http://&lt;b&gt;plain.example.com” is not an address" in answer.text
    assert CRM in answer.text
    with app.app_context():
        assert db.session.get_one(Integration, office.id).allowed_origins == []


def test_window_asks_before_it_gives_a_key(app, employee, window, allowed):
    answer = employee.get(window, query_string={"origin": CRM, "state": "s1"})

    assert "Show the calls of “Dubai office”" in answer.text
    assert CRM in answer.text
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count(ConsoleToken.id))) == 0


def test_login_on_the_way_keeps_the_opener_and_no_other_login_does(visitor, window):
    answer = visitor.get(window, query_string={"origin": CRM})

    on_the_way = visitor.get(answer.location)
    assert on_the_way.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    other = visitor.get("/login?next=/account")
    assert other.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("origin", [OTHER, "", "null", "javascript:alert(1)"])
def test_page_that_is_not_allowed_gets_no_key(employee, window, allowed, origin):
    assert "may not show calls" in employee.get(window, query_string={"origin": origin}).text
    answer = post(employee, window, origin=origin, state="s1")

    assert answer.status_code == 422
    assert "data-hand-over" not in answer.text


def test_who_is_joined_to_nobody_is_told_whom_to_ask(admin, window, allowed):
    assert "not joined to an employee" in admin.get(window, query_string={"origin": CRM}).text
    assert post(admin, window, origin=CRM).status_code == 422


def test_stranger_gets_no_window(employee, office):
    assert employee.get(f"/embed/{office.strange_id}/login").status_code == 404


def test_key_opens_the_console_for_its_origin_only(visitor, office, key):
    assert is_open(visitor, office, key)
    assert not is_open(visitor, office, key, origin=OTHER)
    assert not is_open(visitor, office, key + "x")
    foreign = visitor.post(f"/embed/{office.strange_id}/calls", json={}, headers=bearing(key))
    assert foreign.status_code == 401
    assert visitor.get("/account", headers=bearing(key)).status_code == 302


def test_only_a_hash_of_the_key_is_kept(app, key):
    with app.app_context():
        row = db.session.scalars(db.select(ConsoleToken)).one()
        assert key not in {row.token_hash, row.origin, row.agent}


@pytest.mark.parametrize("how", ["page", "admin", "person", "everywhere", "origin", "login"])
def test_key_ends(app, visitor, admin, employee, office, page, key, how):
    assert is_open(visitor, office, key)
    with app.app_context():
        key_id = db.session.scalars(db.select(ConsoleToken.id)).one()

    match how:
        case "page":
            answer = visitor.delete(f"/embed/{office.id}/key", headers=bearing(key))
            assert answer.status_code == 204
        case "admin":
            assert "crm.example.com" in admin.get(page).text
            assert post(admin, f"{page}/keys/{key_id}/end").status_code == 303
            assert post(admin, f"{page}/keys/{key_id}/end").status_code == 404
        case "person":
            assert "crm.example.com" in employee.get("/account").text
            assert post(employee, f"/account/keys/{key_id}/end").status_code == 303
        case "everywhere":
            post(employee, "/account/sessions/end-others")
        case "origin":
            post(admin, page, origins=OTHER)
        case "login":
            with app.app_context():
                login = db.session.scalars(db.select(Login).filter_by(email=EMPLOYEE)).one()
                login.disabled_at = db.session.scalars(db.select(Login.created_at)).first()
                db.session.commit()

    assert not is_open(visitor, office, key)


def test_nobody_ends_the_key_of_another(app, office, key):
    with app.app_context():
        key_id = db.session.scalars(db.select(ConsoleToken.id)).one()

    assert post(logged_in(app, ADMIN), f"/account/keys/{key_id}/end").status_code == 404


def test_call_is_asked_for_once_and_told_in_the_language_of_the_page(app, visitor, office, key):
    path, body = f"/embed/{office.id}/calls", {"request_id": "r1", "phone": "+88216123456"}
    headers = bearing(key) | {"Accept-Language": "ru"}

    first = visitor.post(path, json=body, headers=bearing(key))
    again = visitor.post(path, json=body, headers=headers)

    assert (first.status_code, again.status_code) == (422, 422)
    assert "Satellite numbers are never called" in first.json["text"]
    assert first.json["is_over"] is True
    assert again.json["id"] == first.json["id"]
    assert again.json["text"] != first.json["text"]
    shown = visitor.get(f"{path}/{first.json['id']}", headers=headers)
    assert shown.json == again.json
    with app.app_context():
        row = db.session.scalars(db.select(ClickCall)).one()
        assert (row.origin, row.employee_id, row.state) == ("embed", "101", "blocked")


def test_call_of_another_is_not_told(app, visitor, office, key):
    with app.app_context():
        row = ClickCall(
            integration_id=office.id,
            request_id="theirs",
            origin="console",
            phone="+971501234567",
            asked_at=NOON,
            state="dialing",
        )
        db.session.add(row)
        db.session.commit()
        path = f"/embed/{office.id}/calls/{row.id}"

    assert visitor.get(path, headers=bearing(key)).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"request_id": "r1"}, {"request_id": "r" * 65, "phone": "1"}, {"phone": 5}]
)
def test_call_without_number_or_id_is_400(visitor, office, key, body):
    answer = visitor.post(f"/embed/{office.id}/calls", json=body, headers=bearing(key))

    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "invalid_request"


def test_browser_is_told_only_of_allowed_origins(visitor, office, allowed):
    path = f"/embed/{office.id}/calls"

    asked = visitor.options(path, headers={"Origin": CRM})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == CRM
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    refused = visitor.options(path, headers={"Origin": OTHER})
    assert refused.status_code == 404
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_script_is_for_every_page_and_speaks_both_languages(visitor):
    answer = visitor.get("/embed.js")

    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Sign in to see calls" in answer.text
    assert '"locale": "ru"' in answer.text
    assert "--accent: light-dark(" in answer.text
    assert "innerHTML" not in answer.text
