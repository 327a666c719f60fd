"""/account: name, language, theme, password, sessions."""

from __future__ import annotations

import re

import pytest

from models import Login, LoginSession, db
from tests.logins import lengthen_wait
from tests.pages import ADMIN, EMPLOYEE, HTMX, PASSWORD, csrf_token, log_in, logged_in
from tests.people import post

NEW = {"current": PASSWORD, "new": "another battery", "again": "another battery"}
PROFILE = {"name": "Agent One", "locale": "en", "theme": "dark"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_account_is_for_employees_too(employee, headers):
    answer = employee.get("/account", headers=headers)

    assert answer.status_code == 200
    assert ("<html" in answer.text) is (headers == {})
    for words in (EMPLOYEE, "Dubai office", "This session", "Change the password"):
        assert words in answer.text


def test_menu_leads_there(employee):
    assert 'href="/account"' in employee.get("/integrations").text


def test_name_language_and_theme_are_kept(app, employee):
    answer = post(employee, "/account/profile", **{**PROFILE, "locale": "ru"})

    assert (answer.status_code, answer.location) == (303, "/account")
    page = " ".join(employee.get("/account").text.split())
    assert '<html lang="ru" data-theme="dark">' in page
    assert 'value="Agent One"' in page
    assert employee.get_cookie("locale").value == "ru"


def test_system_theme_and_no_name_can_be_chosen_again(app, employee):
    post(employee, "/account/profile", **PROFILE)
    post(employee, "/account/profile", **{**PROFILE, "name": " ", "theme": ""})

    with app.app_context():
        row = db.session.scalars(db.select(Login).filter_by(email=EMPLOYEE)).one()
        assert (row.name, row.theme) == (None, "")


@pytest.mark.parametrize("wrong", [{"locale": "xx"}, {"theme": "pink"}, {"name": "x" * 201}])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_invalid_profile_is_422(employee, wrong, headers):
    answer = post(employee, "/account/profile", headers, **{**PROFILE, **wrong})

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert ("<html" in answer.text) is (headers == {})


def test_new_password_counts_and_ends_the_other_sessions(app, employee):
    elsewhere = logged_in(app, EMPLOYEE)

    answer = post(employee, "/account/password", **NEW)

    assert answer.status_code == 303
    assert employee.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert log_in(app.test_client(), EMPLOYEE, "another battery").status_code == 303


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"current": ""}, "Enter the password that you have now."),
        ({"current": "wrong"}, "This is not your current password."),
        ({"new": "", "again": ""}, "Enter a password."),
        ({"again": "something else"}, "The two passwords are not the same."),
        ({"new": "short", "again": "short"}, "at least 10 characters"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_refused_password_is_422_and_nothing_changes(app, employee, wrong, said, headers):
    answer = post(employee, "/account/password", headers, **{**NEW, **wrong})

    assert answer.status_code == 422
    assert said in answer.text
    assert "another battery" not in answer.text
    assert log_in(app.test_client(), EMPLOYEE).status_code == 303


def test_guessing_the_current_password_has_to_wait(app, employee):
    for _try in range(4):
        post(employee, "/account/password", **{**NEW, "current": "wrong"})
    lengthen_wait(app)

    answer = post(employee, "/account/password", **NEW)

    assert answer.status_code == 429
    assert "Too many tries." in answer.text


def test_sessions_are_named_by_browser_and_address(app, employee):
    elsewhere = app.test_client()
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Firefox/132.0"}
    data = {"email": EMPLOYEE, "password": PASSWORD, "csrf_token": csrf_token(elsewhere)}
    elsewhere.post("/login", data=data, headers=agent)

    page = employee.get("/account").text

    assert "Firefox · Linux" in page
    assert "127.0.0.1" in page


def test_one_session_is_ended(app, employee):
    elsewhere = logged_in(app, EMPLOYEE)
    path = re.search(r"/account/sessions/\d+/end(?!-)", employee.get("/account").text).group()

    assert post(employee, path).status_code == 303

    assert elsewhere.get("/account").status_code == 302
    assert employee.get("/account").status_code == 200


def test_session_of_somebody_else_is_a_404(app, admin, employee):
    with app.app_context():
        query = db.select(LoginSession.id).join(Login).where(Login.email == ADMIN)
        strange = db.session.scalars(query).first()

    assert post(employee, f"/account/sessions/{strange}/end").status_code == 404
    assert admin.get("/account").status_code == 200


def test_sign_out_everywhere_keeps_this_session(app, employee):
    others = [logged_in(app, EMPLOYEE), logged_in(app, EMPLOYEE)]

    answer = post(employee, "/account/sessions/end-others")

    assert answer.status_code == 303
    assert [one.get("/account").status_code for one in others] == [302, 302]
    assert "2 sessions have ended." in employee.get("/account").text
