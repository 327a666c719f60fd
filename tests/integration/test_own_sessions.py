"""A person's own sessions and password, on both databases."""

from __future__ import annotations

import pytest

from models import ConsoleToken, Integration, Login, LoginFailure, LoginSession, db
from services import console_tokens, login, sessions
from services.login import TooManyTries, WrongPassword
from services.sessions import WeakPassword
from tests.logins import PASSWORD, VISITOR, make_login

EMAIL, NEW = "agent.one@example.com", "another battery staple"
CRM = "https://crm.example.com"


@pytest.fixture
def me(any_server):
    with any_server.app.app_context():
        yield make_login(EMAIL, "employee")
        db.session.remove()


def sign_in(password=PASSWORD):
    return login.sign_in(EMAIL, password, VISITOR)[1]


def change(me, token, *, current=PASSWORD, new=NEW):
    sessions.change_password(me, current, new, visitor=VISITOR, token=token)


def test_list_has_this_session_first_and_no_ended_one(any_server, me):
    ended = sign_in()
    login.sign_out(ended)
    sign_in()
    any_server.pass_time(31 * 60)  # that one is idle now
    this, other = sign_in(), sign_in()

    found = sessions.list_sessions(me, this)

    assert [one.is_this for one in found] == [True, False]
    assert {(one.address, one.agent) for one in found} == {(VISITOR.address, VISITOR.agent)}
    assert login.find_login(other)


def test_one_session_is_ended(me):
    this, other = sign_in(), sign_in()
    other_id = next(one.id for one in sessions.list_sessions(me, this) if not one.is_this)

    assert sessions.end_session(me, other_id)

    assert login.find_login(other) is None
    assert login.find_login(this)
    assert not sessions.end_session(me, other_id)


def test_session_of_somebody_else_is_not_ended(me):
    stranger = make_login("agent.two@example.com", "employee")
    token = sign_in()
    own_id = sessions.list_sessions(me, token)[0].id

    assert not sessions.end_session(stranger, own_id)
    assert login.find_login(token)


def test_sign_out_everywhere_keeps_this_one(me):
    others, this = [sign_in(), sign_in()], sign_in()

    assert sessions.end_others(me, this) == 2

    assert [login.find_login(token) for token in others] == [None, None]
    assert login.find_login(this)


def test_new_password_ends_the_other_sessions(me):
    other, this = sign_in(), sign_in()

    change(me, this)

    assert login.find_login(other) is None
    assert login.find_login(this)
    with pytest.raises(WrongPassword):
        sign_in()
    assert sign_in(NEW)


@pytest.mark.parametrize(
    ("words", "error"),
    [({"current": "wrong"}, WrongPassword), ({"new": "short"}, WeakPassword)],
)
def test_refused_change_changes_nothing(me, words, error):
    other, this = sign_in(), sign_in()

    with pytest.raises(error):
        change(me, this, **words)

    assert login.find_login(other)
    assert sign_in()


def test_guessing_the_current_password_has_to_wait_like_at_the_door(me):
    token = sign_in()
    for _try in range(3):
        with pytest.raises(WrongPassword):
            change(me, token, current="wrong")

    with pytest.raises(TooManyTries):
        change(me, token)


def test_what_is_long_over_is_forgotten(any_server, me):
    with pytest.raises(WrongPassword):
        sign_in("wrong")
    sign_in()
    any_server.pass_time(31 * 24 * 3600)

    sessions.purge()

    assert db.session.scalars(db.select(LoginSession.id)).all() == []
    assert db.session.scalars(db.select(LoginFailure.key)).all() == []


def test_key_of_another_page_is_forgotten_a_month_after_its_end(server):
    with server.app.app_context():
        me = db.session.get_one(Login, make_login(EMAIL, "employee"))
        office = db.session.get_one(Integration, server.id)
        office.allowed_origins = [CRM]
        console_tokens.give(db.session(), me, office, CRM, None)
        server.pass_time(59 * 24 * 3600)
        sessions.purge()
        assert len(db.session.scalars(db.select(ConsoleToken.id)).all()) == 1
        db.session.rollback()
        server.pass_time(2 * 24 * 3600)

        sessions.purge()

        assert db.session.scalars(db.select(ConsoleToken.id)).all() == []


def test_what_still_counts_is_not_forgotten(any_server, me):
    token = sign_in()
    with pytest.raises(WrongPassword):
        sign_in("wrong")

    sessions.purge()

    assert login.find_login(token)
    assert len(db.session.scalars(db.select(LoginFailure.key)).all()) == 2
