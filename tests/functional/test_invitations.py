"""/invitations/<token>: what a guest sees, and what a link does not tell."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import Invitation, Login, db
from services import invitations
from tests.pages import ADMIN, HTMX, csrf_token, log_in, logged_in, make_app
from tests.people import AGENT_TWO, add_login, make_link, post

GOOD = {"name": "Agent Two", "password": "correct battery", "again": "correct battery"}


@pytest.fixture
def people(office):
    return f"/integrations/{office.id}/people"


@pytest.fixture
def link(admin, people):
    return make_link(admin, people)


def accept(client, link, headers=None, **data):
    token = csrf_token(client, "/login")
    return client.post(link, data={"csrf_token": token, **GOOD, **data}, headers=headers)


def without_token(page: str) -> str:
    return re.sub(r'(content|value)="[\w.-]{60,}"', "", page)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_guest_reads_who_invites_to_what(visitor, link, headers):
    answer = visitor.get(link, headers=headers)

    assert answer.status_code == 200
    assert ("<html" in answer.text) is (headers == {})
    for words in (ADMIN, "Dubai office", "Employee", AGENT_TWO):
        assert words in answer.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": ""}, "Enter your name."),
        ({"password": "", "again": ""}, "Enter a password."),
        ({"again": "another battery"}, "The two passwords are not the same."),
        ({"password": "short", "again": "short"}, "at least 10 characters"),
        ({"password": "a" * 12, "again": "a" * 12}, "too easy to guess"),
        ({"password": "ab12" * 60, "again": "ab12" * 60}, "200 characters at most"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_invalid_answer_is_422_and_the_link_stays_good(visitor, link, data, said, headers):
    answer = accept(visitor, link, headers, **data)

    assert answer.status_code == 422
    assert said in answer.text
    assert visitor.get(link).status_code == 200


def test_all_that_does_not_work_looks_the_same(app, admin, people, visitor):
    used = make_link(admin, people)
    accept(app.test_client(), used)
    revoked = make_link(admin, people, email="third@example.com")
    old = make_link(admin, people, email="fourth@example.com")
    with app.app_context():
        for row in db.session.scalars(db.select(Invitation)):
            if row.email == "third@example.com":
                row.revoked_at = row.created_at
            if row.email == "fourth@example.com":
                row.expires_at -= timedelta(hours=73)
        db.session.commit()

    paths = (used, revoked, old, "/invitations/no-such-token")
    csrf_token(visitor)
    answers = {path: visitor.get(path) for path in paths}

    assert {answer.status_code for answer in answers.values()} == {404}
    shown = {without_token(answer.text).replace(path, "") for path, answer in answers.items()}
    assert len(shown) == 1
    assert "Ask the administrator who invited you" in answers[used].text
    assert accept(visitor, used).status_code == 404


def test_login_that_is_there_logs_in_and_accepts(app, admin, office, people):
    add_login(app, AGENT_TWO, "employee", office.strange_id)
    link, guest = make_link(admin, people), app.test_client()
    assert "There is a login with this e-mail already." in guest.get(link).text

    assert log_in(guest, AGENT_TWO, next=link).location == link
    assert "Accept the invitation" in guest.get(link).text
    answer = post(guest, f"{link}/join")

    assert answer.status_code == 303
    page = guest.get("/integrations").text
    assert "Dubai office" in page
    assert "Another office" in page
    assert guest.get(link).status_code == 404


def test_guest_cannot_take_over_a_login_that_is_there(app, admin, office, people, visitor):
    add_login(app, AGENT_TWO, "employee", office.strange_id)
    link = make_link(admin, people)

    answer = accept(visitor, link)

    assert answer.status_code == 422
    assert log_in(app.test_client(), AGENT_TWO, GOOD["password"]).status_code == 422


def test_somebody_else_is_asked_to_sign_out_first(app, admin, office, people):
    add_login(app, AGENT_TWO, "employee", office.strange_id)
    link = make_link(admin, people)

    page = admin.get(link).text
    out = post(admin, "/logout", next=f"/login?next={link}")

    assert "You are logged in as somebody else" in page
    assert out.location == f"/login?next={link}"


def test_invitation_of_somebody_else_is_not_taken_by_who_is_logged_in(app, admin, people):
    link = make_link(admin, people)

    answer = post(admin, f"{link}/join")

    assert answer.location == link
    assert admin.get(link).status_code == 200


def test_another_role_is_refused_with_words(app, admin, office, people):
    add_login(app, AGENT_TWO, "employee", office.strange_id)
    link, guest = make_link(admin, people, level="admin"), logged_in(app, AGENT_TWO)

    answer = post(guest, f"{link}/join")

    assert answer.status_code == 422
    assert "another role than this invitation" in answer.text


def test_switched_off_login_is_told_whom_to_ask(app, admin, office, people, visitor):
    number = add_login(app, AGENT_TWO, "employee", office.strange_id)
    with app.app_context():
        row = db.session.get_one(Login, number)
        row.disabled_at = row.created_at
        db.session.commit()

    assert "This login is switched off" in visitor.get(make_link(admin, people)).text


def test_visitor_who_posts_to_join_is_shown_the_invitation(visitor, link):
    token = csrf_token(visitor)

    assert visitor.post(f"{link}/join", data={"csrf_token": token}).location == link


def test_setup_link_asks_for_the_email_and_makes_an_admin_of_all(tmp_path):
    app = make_app(tmp_path, DEMO="0")
    with app.app_context():
        link = f"/invitations/{invitations.invite_first_admin().token}"
    first = app.test_client()
    assert "All integrations of this server" in first.get(link).text
    assert "Enter an e-mail." in accept(first, link).text
    assert "not an e-mail address" in accept(first, link, email="me").text

    assert accept(first, link, email="me@example.com").location == "/"

    assert "Administrator of all integrations" in first.get("/account").text
    assert app.test_client().get(link).status_code == 404
    with app.app_context():
        db.engine.dispose()
