"""Ways round the second step: what is open beside the pages, and what was copied or used before."""

from __future__ import annotations

import time

import pytest

from models import CallSession, ConsoleToken, Integration, Invitation, Login, db
from services.login import hash_password
from services.recording_links import RecordingLink, record_id, sign
from services.vault import new_token, token_hash
from tests.doors import LONG_AFTER, PEOPLE, ask, declared, person, plant, rules_of
from tests.functional.second_step import PAGE, code_of, is_inside, login_with, post, set_up
from tests.pages import (
    ADMIN,
    EMPLOYEE,
    HTMX,
    NOON,
    PASSWORD,
    csrf_token,
    log_in,
    logged_in,
    make_app,
    plant_office,
)

ORIGIN = "https://crm.example.com"
# A person's own account, where the second step is set up, and the ways out.
OPEN_BEFORE = ("/account", "/logout", "/language", "/theme", "/login")


@pytest.fixture
def strict(tmp_path):
    """A server that wants a second step of everybody; nobody has one."""
    app = make_app(tmp_path, SECOND_STEP="all")
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def place(strict):
    with strict.app_context():
        return plant_office()


def half_cookie(visitor):
    """The cookie of a browser whose password was right, as a thief copies it."""
    log_in(visitor, ADMIN)
    return visitor.get_cookie("session").value


def thief_with(app, cookie):
    thief = app.test_client()
    thief.set_cookie("session", cookie)
    return thief


def is_let_on(thief):
    return thief.get("/login/code").status_code == 200


def test_password_alone_opens_no_address_where_a_second_step_is_wanted(strict, place):
    """Every address by every method: as for a visitor, or the way to the set-up."""
    with strict.app_context():
        own, _strange = plant(strict, place)
    table, wrong, kept_out = declared(), [], 0
    half_way = {name: person(strict, name) for name in PEOPLE[1:]}

    for name, (client, token) in half_way.items():
        for method, rule in rules_of(strict):
            anonymous = table[method, rule.rule].verdicts["anonymous"]
            if anonymous == "open" or rule.rule.startswith(OPEN_BEFORE):
                continue
            got, answer = ask(client, method, own.path(strict, rule), token)
            is_sent = answer.status_code in (302, 303) and answer.location == PAGE
            kept_out += is_sent
            if got != anonymous and not is_sent:
                wrong.append(f"{name}: {method} {rule.rule}: {got}")

    assert wrong == []
    assert kept_out > 200


def test_stream_of_the_console_stays_closed(strict, place):
    assert logged_in(strict, EMPLOYEE).get("/console/stream").status_code == 401


def test_recording_whose_link_is_over_stays_closed(strict, place):
    url = "https://media.callgear.com/1/a"
    with strict.app_context():
        call = db.session.scalars(db.select(CallSession).order_by(CallSession.id)).first()
        call.facts = {**call.facts, "recordings": [{"url": url, "seconds": 5}]}
        link = RecordingLink(call.id, record_id(url), NOON)
        address = f"/recordings/{sign(link, strict.extensions['ports'].secret_key)}"
        db.session.commit()
    client = logged_in(strict, ADMIN)
    assert "X-Recording" not in client.get(address).headers

    set_up(client)

    assert client.get(address).headers["X-Recording"]  # may be heard, but there is no media host


def test_key_of_an_embedded_popup_waits_for_the_second_step_too(strict, place):
    key = new_token()
    with strict.app_context():
        login = db.session.scalars(db.select(Login).filter_by(email=EMPLOYEE)).one()
        db.session.add(
            ConsoleToken(
                login_id=login.id,
                integration_id=place.id,
                token_hash=token_hash(key),
                origin=ORIGIN,
                created_at=NOON,
                seen_at=LONG_AFTER,
                expires_at=LONG_AFTER,
            )
        )
        db.session.get_one(Integration, place.id).allowed_origins = [ORIGIN]
        db.session.commit()
        login_id = login.id
    headers = {"Authorization": f"Bearer {key}", "Origin": ORIGIN}

    def asked():
        return strict.test_client().post(f"/embed/{place.id}/calls", json={}, headers=headers)

    assert asked().status_code == 401

    with strict.app_context():
        db.session.get_one(Login, login_id).second_step_sealed = "sealed"
        db.session.commit()
    assert asked().status_code == 400


def test_invitation_gives_nothing_more_to_who_is_half_way_in(strict, place):
    token = new_token()
    with strict.app_context():
        admin = db.session.scalars(db.select(Login).filter_by(email=ADMIN)).one()
        db.session.add(
            Invitation(
                token_hash=token_hash(token),
                email=EMPLOYEE,
                role="employee",
                integration_ids=[place.id],
                invited_by=admin.id,
                created_at=NOON,
                expires_at=LONG_AFTER,
            )
        )
        db.session.commit()
    client = logged_in(strict, EMPLOYEE)

    answer = post(client, f"/invitations/{token}/join", PAGE)

    assert answer.location == PAGE
    with strict.app_context():
        assert db.session.scalar(db.select(Invitation.used_at)) is None


def test_half_login_is_over_once_it_was_used(app, admin, visitor):
    secret, spare = set_up(admin)
    cookie = half_cookie(visitor)
    assert is_let_on(thief_with(app, cookie))

    post(visitor, "/login/code", "/login/code", code=code_of(secret))

    assert is_inside(visitor)
    thief = thief_with(app, cookie)
    assert not is_let_on(thief)
    sent = post(thief, "/login/code", "/login", code=spare[0])
    again = post(thief, "/login/again/code", "/login", HTMX, code=spare[0])
    assert sent.location.startswith("/login") and again.location == "/login"
    assert not is_inside(thief)
    with app.app_context():
        assert len(db.session.scalar(db.select(Login.recovery_hashes))) == 10


def test_half_login_is_over_once_a_spare_code_was_used(app, admin, visitor):
    _secret, spare = set_up(admin)
    cookie = half_cookie(visitor)

    post(visitor, "/login/code", "/login/code", code=spare[0])

    assert is_inside(visitor)
    assert not is_let_on(thief_with(app, cookie))


def test_half_login_is_over_after_logging_out(app, admin, visitor):
    set_up(admin)
    cookie = half_cookie(visitor)

    post(admin, "/logout", "/account")

    assert not is_let_on(thief_with(app, cookie))


def _new_password(login):
    login.password_hash = hash_password("another horse")


def _switched_off(login):
    login.disabled_at = NOON


def _without_second_step(login):
    login.second_step_sealed = login.second_step_at = login.second_step_used = None
    login.recovery_hashes = None


@pytest.mark.parametrize("change", [_new_password, _switched_off, _without_second_step])
def test_half_login_is_over_when_its_login_has_changed(tmp_path, change):
    app = make_app(tmp_path)
    with app.app_context():
        plant_office()
    secret, _spare = set_up(logged_in(app, ADMIN))
    cookie = half_cookie(app.test_client())
    assert is_let_on(thief_with(app, cookie))

    with app.app_context():
        change(db.session.scalars(db.select(Login).filter_by(email=ADMIN)).one())
        db.session.commit()

    thief = thief_with(app, cookie)
    assert not is_let_on(thief)
    post(thief, "/login/code", "/login", code=code_of(secret))
    assert not is_inside(thief)
    with app.app_context():
        db.engine.dispose()


def test_half_login_without_a_stamp_or_with_another_s_is_none(app, admin, employee, visitor):
    set_up(admin)
    set_up(employee)
    log_in(visitor, ADMIN)
    with app.app_context():
        other = db.session.scalars(db.select(Login.id).filter_by(email=EMPLOYEE)).one()
    with visitor.session_transaction() as session:
        mine = session["half_login"]

    for half in (mine | {"id": other}, mine | {"stamp": ""}, {"id": mine["id"], "at": time.time()}):
        with visitor.session_transaction() as session:
            session["half_login"] = half
        assert not is_let_on(visitor), half


def test_half_login_opens_no_page(admin, visitor):
    set_up(admin)
    log_in(visitor, ADMIN)

    for path in ("/", "/account", "/console/stream", "/integrations/1/calls"):
        assert visitor.get(path).status_code in (302, 401), path


def test_code_that_turned_it_on_does_not_log_in(app, admin, visitor):
    admin.get(PAGE)
    with admin.session_transaction() as session:
        code = code_of(session["second_step_secret"])
    assert post(admin, PAGE, code=code, password=PASSWORD).status_code == 200

    assert login_with(visitor, code).status_code == 422
    assert not is_inside(visitor)


def test_earlier_code_is_worth_nothing_after_a_later_one(app, admin, visitor):
    secret, _spare = set_up(admin)
    assert login_with(visitor, code_of(secret)).status_code == 303

    thief = app.test_client()

    assert login_with(thief, code_of(secret, steps=-1)).status_code == 422


def test_turning_it_on_needs_the_password(app, admin):
    admin.get(PAGE)
    with admin.session_transaction() as session:
        code = code_of(session["second_step_secret"])

    assert post(admin, PAGE, code=code).status_code == 422
    assert post(admin, PAGE, code=code, password="not this one").status_code == 422
    with app.app_context():
        login = db.session.scalars(db.select(Login).filter_by(email=ADMIN)).one()
        assert not login.has_second_step


def test_turning_it_on_ends_the_sessions_that_had_the_password_alone(app, admin):
    thief = logged_in(app, ADMIN)
    assert is_inside(thief)

    set_up(admin)

    assert not is_inside(thief)
    assert is_inside(admin)
    assert csrf_token(admin, "/account")
