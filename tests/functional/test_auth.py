from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import Login, LoginFailure, LoginSession, db
from runtime import demo
from services import login as logins
from tests.logins import lengthen_wait
from tests.pages import ADMIN, HTMX, PASSWORD, csrf_token, log_in, make_app


def shift_sessions(app, **moments):
    """Move the stored moments of all sessions into the past."""
    with app.app_context():
        for row in db.session.scalars(db.select(LoginSession)):
            for name, span in moments.items():
                setattr(row, name, getattr(row, name) - span)
        db.session.commit()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_login_form(visitor, headers):
    answer = visitor.get("/login", headers=headers)

    assert answer.status_code == 200
    assert 'autocomplete="current-password"' in answer.text
    assert ("<html" in answer.text) is (headers == {})
    assert "HX-Request" in answer.vary


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_invalid_form_is_422_with_its_errors(visitor, headers):
    data = {"csrf_token": csrf_token(visitor), "email": "", "password": ""}

    answer = visitor.post("/login", data=data, headers=headers)

    assert answer.status_code == 422
    assert "Enter your e-mail." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert ("<html" in answer.text) is (headers == {})


@pytest.mark.parametrize("email", [ADMIN, "nobody@example.com"], ids=["known", "unknown"])
def test_wrong_password_does_not_tell_whether_the_account_exists(visitor, office, email):
    answer = log_in(visitor, email, "wrong")

    assert answer.status_code == 422
    assert "The e-mail or the password is not right." in answer.text


def test_password_is_hashed_with_argon2id(app, office):
    with app.app_context():
        stored = db.session.scalars(db.select(Login.password_hash)).first()

    assert stored.startswith("$argon2id$")


def test_tries_of_one_account_have_to_wait(app, visitor, office):
    for _try in range(4):
        log_in(visitor, ADMIN, "wrong")
    lengthen_wait(app)

    answer = log_in(visitor, ADMIN, PASSWORD)

    assert answer.status_code == 429
    assert "Too many tries." in answer.text


def test_waiting_ends(app, visitor, office):
    for _try in range(4):
        log_in(visitor, ADMIN, "wrong")
    with app.app_context():
        for row in db.session.scalars(db.select(LoginFailure)):
            row.last_at -= timedelta(minutes=2)
        db.session.commit()

    assert log_in(visitor, ADMIN).status_code == 303


@pytest.mark.parametrize(
    ("failures", "seconds"), [(2, 0), (3, 1), (4, 2), (6, 8), (9, 60), (10_000, 60)]
)
def test_delay_grows_to_its_longest(failures, seconds):
    assert logins.ACCOUNT.seconds(failures) == seconds


def test_success_forgets_the_failures_of_the_account(app, visitor, office):
    log_in(visitor, ADMIN, "wrong")
    log_in(visitor, ADMIN)

    with app.app_context():
        assert [row.count for row in db.session.scalars(db.select(LoginFailure))] == [1]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/integrations", "/integrations"),
        ("https://example.com/", "/"),
        ("//example.com", "/"),
        ("/\\example.com", "/"),
        ("/\t/example.com", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_only_places_of_this_server_are_gone_to(visitor, office, target, location):
    assert log_in(visitor, ADMIN, next=target).location == location


def test_session_is_new_after_login(visitor, office):
    before = csrf_token(visitor)
    log_in(visitor, ADMIN)

    assert csrf_token(visitor, "/integrations") != before


def test_cookie_is_not_readable_by_scripts_and_stays_on_this_site(visitor, office):
    answer = log_in(visitor, ADMIN)

    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if "session=" in value)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_cookies_of_a_server_with_https_are_its_own_alone(tmp_path):
    address = "https://calls.example.com"
    visitor = make_app(tmp_path, PUBLIC_BASE_URL=address).test_client()
    page = visitor.get("/login", base_url=address)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text).group(1)

    chosen = visitor.post(
        "/language",
        data={"language": "ru", "locale": "ru", "csrf_token": token},
        base_url=address,
        headers={"Referer": f"{address}/login"},
    )

    cookies = [*page.headers.getlist("Set-Cookie"), *chosen.headers.getlist("Set-Cookie")]
    assert {each.partition("=")[0] for each in cookies} == {"__Host-session", "__Host-locale"}
    assert all("Secure" in each and "Path=/" in each for each in cookies)
    assert "Domain" not in "".join(cookies)


def test_logging_out_ends_the_session_on_the_server_too(app, admin):
    stolen = admin.get_cookie("session").value

    answer = admin.post("/logout", data={"csrf_token": csrf_token(admin, "/integrations")})

    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    thief = app.test_client()
    thief.set_cookie("session", stolen)
    assert thief.get("/integrations").status_code == 302


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param({"seen_at": timedelta(minutes=31)}, id="idle"),
        pytest.param({"created_at": timedelta(hours=12, minutes=1)}, id="absolute"),
    ],
)
def test_session_ends_by_itself(app, admin, moments):
    shift_sessions(app, **moments)

    assert admin.get("/integrations").status_code == 302


def test_activity_keeps_a_session_and_a_poll_does_not(app, admin, office):
    path = f"/integrations/{office.id}/calls"
    shift_sessions(app, seen_at=timedelta(minutes=20))
    admin.get(path, headers={**HTMX, "X-Poll": "1"})
    shift_sessions(app, seen_at=timedelta(minutes=9))
    admin.get(path)
    shift_sessions(app, seen_at=timedelta(minutes=20))

    assert admin.get(path).status_code == 200

    shift_sessions(app, seen_at=timedelta(minutes=20))
    admin.get(path, headers={**HTMX, "X-Poll": "1"})
    shift_sessions(app, seen_at=timedelta(minutes=11))
    assert admin.get(path).status_code == 302


def test_disabled_login_is_out_at_once(app, admin):
    with app.app_context():
        row = db.session.scalar(db.select(Login).filter_by(email=ADMIN))
        row.disabled_at = row.created_at
        db.session.commit()

    assert admin.get("/integrations").status_code == 302


def test_post_without_csrf_token_is_400(visitor, office):
    answer = visitor.post("/login", data={"email": ADMIN, "password": PASSWORD})

    assert answer.status_code == 400
    assert "The form is no longer valid" in answer.text


def test_logged_in_person_does_not_log_in_again(admin):
    assert admin.get("/login?next=/integrations").location == "/integrations"


def test_form_of_the_demo_is_filled_in(visitor):
    page = visitor.get("/login").text

    assert f'value="{demo.EMAIL}"' in page
    assert f'value="{demo.PASSWORD}"' in page


def test_form_outside_the_demo_is_empty(tmp_path):
    page = make_app(tmp_path, DEMO="0").test_client().get("/login").text

    assert "demo" not in page
