from __future__ import annotations

import time

import pytest

from models import AuditEntry, Login, db
from services.second_step import WrongCode, use_code
from tests.functional.second_step import PAGE, code_of, is_inside, login_with, post, set_up
from tests.pages import ADMIN, EMPLOYEE, HTMX, PASSWORD, log_in, make_app, plant_office


def test_password_alone_is_enough_until_it_is_turned_on(admin, visitor):
    admin.get(PAGE)

    assert log_in(visitor, ADMIN).location == "/"
    assert is_inside(visitor)


def test_picture_to_scan_comes_from_this_server(admin):
    page = admin.get(PAGE).text

    assert 'src="data:image/svg+xml' in page
    assert admin.get(PAGE).text.count("data:image/svg+xml") == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_wrong_code_turns_nothing_on(app, admin, headers):
    admin.get(PAGE)

    answer = post(admin, PAGE, headers=headers, code="000000", password=PASSWORD)

    assert answer.status_code == 422
    assert ("<html" in answer.text) is (headers == {})
    with app.app_context():
        assert not db.session.scalar(db.select(Login).where(Login.email == ADMIN)).has_second_step


def test_code_follows_the_password(app, admin, visitor):
    secret, _spare = set_up(admin)

    after_password = log_in(visitor, ADMIN, next="/integrations")
    assert after_password.location.startswith("/login/code")
    assert not is_inside(visitor)

    answer = post(visitor, "/login/code", "/login/code", code=code_of(secret), next="/integrations")
    assert answer.location == "/integrations"
    assert is_inside(visitor)


def test_code_works_once(app, admin, visitor):
    secret, _spare = set_up(admin)
    code = code_of(secret)
    assert login_with(visitor, code).status_code == 303

    thief = app.test_client()
    answer = login_with(thief, code)

    assert answer.status_code == 422
    assert not is_inside(thief)


def test_spare_code_works_once(app, admin, visitor):
    _secret, spare = set_up(admin)
    assert len(set(spare)) == 10

    assert login_with(visitor, spare[3].lower()).status_code == 303
    again = app.test_client()

    assert login_with(again, spare[3]).status_code == 422
    with app.app_context():
        assert len(db.session.scalar(db.select(Login.recovery_hashes)) or []) == 9


def test_code_without_the_password_opens_nothing(app, admin, visitor):
    secret, _spare = set_up(admin)

    shown = visitor.get("/login/code")
    sent = post(visitor, "/login/code", "/login", code=code_of(secret))

    assert shown.location.startswith("/login")
    assert sent.location.startswith("/login")
    assert not is_inside(visitor)


def test_five_minutes_later_the_password_is_asked_for_again(app, admin, visitor):
    secret, _spare = set_up(admin)
    log_in(visitor, ADMIN)
    with visitor.session_transaction() as session:
        session["half_login"] = session["half_login"] | {"at": int(time.time()) - 301}

    answer = post(visitor, "/login/code", "/login", code=code_of(secret))

    assert answer.location.startswith("/login")
    assert not is_inside(visitor)


def test_guessing_codes_is_slowed_down(admin, visitor):
    set_up(admin)
    log_in(visitor, ADMIN)

    answers = [
        post(visitor, "/login/code", "/login/code", code=f"00000{number}").status_code
        for number in range(6)
    ]

    assert answers[0] == 422
    assert answers[-1] == 429


def test_right_password_does_not_forgive_wrong_codes(admin, visitor):
    set_up(admin)

    answers = [login_with(visitor, "000000").status_code for _ in range(3)]

    assert answers[-1] == 429


def test_it_is_turned_off_with_the_password_only(app, admin, visitor):
    set_up(admin)

    assert post(admin, f"{PAGE}/off", password="not this one").status_code == 422
    assert log_in(visitor, ADMIN).location.startswith("/login/code")
    assert post(admin, f"{PAGE}/off", password=PASSWORD).status_code == 303

    other = app.test_client()
    assert log_in(other, ADMIN).location == "/"


def test_dialog_of_an_ended_session_asks_for_the_code_too(admin, visitor):
    secret, _spare = set_up(admin)
    fields = {"email": ADMIN, "password": PASSWORD}

    asked = post(visitor, "/login/again", "/login", HTMX, **fields)
    wrong = post(visitor, "/login/again/code", "/login", HTMX, code="000000")
    right = post(visitor, "/login/again/code", "/login", HTMX, code=code_of(secret))

    assert 'name="code"' in asked.text
    assert wrong.status_code == 422
    assert "session-restored" in right.headers["HX-Trigger"]
    assert is_inside(visitor)


def test_admin_lets_a_colleague_in_without_it(app, admin, employee, office):
    set_up(employee)
    with app.app_context():
        row = db.session.scalar(db.select(Login).where(Login.email == EMPLOYEE))
        path = f"/integrations/{office.id}/people/{row.id}"

    page = admin.get(path).text
    answer = post(admin, f"{path}/second-step/off", path)

    assert "Turn the second step off" in page
    assert answer.status_code == 303
    assert log_in(app.test_client(), EMPLOYEE).location == "/"


def test_changes_are_written_down_without_codes(app, admin, visitor):
    secret, spare = set_up(admin)
    login_with(visitor, spare[0])
    post(admin, f"{PAGE}/off", password=PASSWORD)

    with app.app_context():
        rows = db.session.scalars(db.select(AuditEntry)).all()
        told = {row.code: row.values for row in rows}
        stored = db.session.scalar(db.select(Login.second_step_sealed))
    assert {
        "logins.second_step_on",
        "logins.recovery_code_used",
        "logins.second_step_off",
    } <= set(told)
    assert secret not in str(told)
    assert spare[0] not in str(told)
    assert stored is None


def test_two_at_once_cannot_use_one_code(app, admin):
    secret, _spare = set_up(admin)
    vault = app.extensions["vault"]
    with app.app_context():
        login_id = db.session.scalar(db.select(Login.id).where(Login.email == ADMIN))
        use_code(login_id, code_of(secret), vault)
        db.session.commit()
        with pytest.raises(WrongCode):
            use_code(login_id, code_of(secret), vault)
        db.session.rollback()


@pytest.mark.parametrize(
    ("wanted", "email", "location"),
    [
        pytest.param("admins", ADMIN, PAGE, id="admin"),
        pytest.param("admins", EMPLOYEE, None, id="employee"),
        pytest.param("all", EMPLOYEE, PAGE, id="all"),
    ],
)
def test_server_can_demand_it(tmp_path, wanted, email, location):
    app = make_app(tmp_path, SECOND_STEP=wanted)
    with app.app_context():
        office = plant_office()
    client = app.test_client()
    log_in(client, email)

    page = client.get(f"/integrations/{office.id}/calls")
    part = client.get(f"/integrations/{office.id}/calls", headers=HTMX)

    assert page.location == location
    assert part.headers.get("HX-Redirect") == location
    assert client.get(PAGE).status_code == 200
