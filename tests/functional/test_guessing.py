"""Every door that somebody could try to guess: what guessing costs, or why it is hopeless.

Passwords and codes are short: they are slowed down per account and address. All other keys have 256
random bits, and a recording's signature 144: a billion tries a second would take longer than there
is time. They are looked up by their hash, so that no comparison tells how much of a guess was
right; forged ones stand in test_forged_tokens.py, that they are written down in
test_log_of_refusals.py.
"""

from __future__ import annotations

import hmac
import math

import pytest

from models import Login, LoginFailure, db
from services import login, recording_links, second_step, vault
from services.recording_links import RecordingLink, record_id, sign
from tests.doors import LONG_AFTER
from tests.functional.second_step import code_of, post, set_up
from tests.pages import ADMIN, EMPLOYEE, HTMX, NOON, PASSWORD, csrf_token, log_in

HOPELESS_BITS = 128
STEP = "/account/second-step"


def bits_of(texts):
    """By the alphabet that many samples show and their length: every place must vary."""
    assert len(set(texts)) == len(texts)
    length = len(texts[0])
    assert {len(each) for each in texts} == {length}
    return sum(math.log2(len({each[at] for each in texts})) for at in range(length))


def test_keys_are_random_in_every_place():
    assert bits_of([vault.new_token() for _ in range(2000)]) > 250
    assert bits_of([second_step.new_secret() for _ in range(2000)]) > 155
    assert bits_of([second_step._new_recovery_code() for _ in range(2000)]) > 115


def test_signature_of_a_recording_is_long_and_compared_in_constant_time(monkeypatch):
    compared = []
    whole = hmac.compare_digest
    monkeypatch.setattr(
        recording_links.hmac,
        "compare_digest",
        lambda a, b: compared.append(a) or whole(a, b),
    )
    signed = sign(RecordingLink(1, record_id("https://media.example.com/1"), NOON), "key")

    assert recording_links.read(signed, "key") is not None
    assert len(compared) == 1
    assert len(compared[0]) * 8 >= HOPELESS_BITS


def change_of(password):
    new = "an unusual sentence 7"
    return {"current": password, "new": new, "again": new}


def doors(app, password):
    """What each door that asks for a password or a code says to the admin, by its name. Whoever
    asks was let in, or half in, before."""
    inside, half, on = (app.extensions["test_clients"][name] for name in ("inside", "half", "on"))
    outside, dialog = app.test_client(), {"email": ADMIN, "password": password}
    with on.session_transaction() as session:
        code = code_of(session["second_step_secret"])
    off = post(inside, f"{STEP}/off", STEP, password=password)
    return {
        "login": log_in(outside, ADMIN, password),
        "dialog": post(outside, "/login/again", "/login", HTMX, **dialog),
        "password": post(inside, "/account/password", "/account", **change_of(password)),
        "off": off,
        "on": post(on, STEP, STEP, code=code, password=password),
        "code": post(half, "/login/code", "/login", code="000000"),
        "spare code": post(half, "/login/code", "/login", code="ABCD-EFGH-IJKL-MNOP-QRST-UVWX"),
        "code in the dialog": post(half, "/login/again/code", "/login", HTMX, code="000000"),
    }


@pytest.fixture
def people(app, admin, employee):
    """The admin inside and, in another browser, between both steps; the employee about to turn the
    second step on."""
    set_up(admin)
    half = app.test_client()
    log_in(half, ADMIN)
    employee.get(STEP)
    app.extensions["test_clients"] = {"inside": admin, "half": half, "on": employee}
    with app.app_context():
        db.session.execute(db.delete(LoginFailure))
        db.session.commit()


def failures(app, count=None):
    """Of both accounts and of the address: how many there were, or shall have been just now."""
    names = (("account", ADMIN), ("account", EMPLOYEE), ("address", "127.0.0.1"))
    visitor = login.Visitor("127.0.0.1", "", app.config["SECRET_KEY"])
    keys = [login._failure_key(*name, visitor) for name in names]
    with app.app_context():
        if count is not None:
            db.session.execute(db.delete(LoginFailure))
            rows = [LoginFailure(key=key, count=count, last_at=LONG_AFTER) for key in keys[:2]]
            db.session.add_all(rows)
            db.session.commit()
        rows = {row.key: row.count for row in db.session.scalars(db.select(LoginFailure))}
    return [rows.get(key, 0) for key in keys]


def test_every_door_waits_once_an_account_was_guessed_at(app, people):
    """With the right password too: nothing is checked while it lasts."""
    failures(app, count=10)

    said = doors(app, PASSWORD)

    told = {name: "Too many tries" in answer.text for name, answer in said.items()}
    assert told == dict.fromkeys(said, True)
    assert {answer.status_code for answer in said.values()} <= {422, 429}
    assert not db_has_second_step(app, EMPLOYEE)
    assert db_has_second_step(app, ADMIN)


def test_every_door_counts_its_tries_for_the_account_and_the_address(app, people, monkeypatch):
    monkeypatch.setattr(login.Delay, "seconds", lambda *_: 0)

    said = doors(app, "wrong")

    assert {answer.status_code for answer in said.values()} == {422}
    assert failures(app) == [7, 1, 8]


def db_has_second_step(app, email):
    with app.app_context():
        return db.session.scalars(db.select(Login).filter_by(email=email)).one().has_second_step


def test_nobody_is_named_where_failures_are_counted(app, visitor, office):
    log_in(visitor, "somebody@example.com", "wrong")

    with app.app_context():
        keys = db.session.scalars(db.select(LoginFailure.key)).all()
    assert len(keys) == 2
    assert not any("example.com" in key or "127.0.0.1" in key for key in keys)


def test_known_webhook_is_never_refused_for_its_rate_and_guesses_cost_one_look(app, visitor):
    """By contract: a limit would lose calls. What is refused is a 404 as any other."""
    answers = {visitor.post(f"/hooks/{vault.new_token()}", json={}).status_code for _ in range(50)}

    assert answers == {404}
    assert csrf_token(visitor)  # nobody else is kept out by it
