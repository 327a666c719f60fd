"""Nothing typed is lost when a session ends: kept forms, and the login in a dialog."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from models import KeptForm, LoginSession, db
from tests.pages import ADMIN, EMPLOYEE, HTMX, PASSWORD, csrf_token, log_in

PROFILE, PAGE = "/account/profile", "/account"
TYPED = {"name": "Анна <b>К.</b>", "locale": "en", "theme": "dark"}
KEPT_NOTE = "We have kept what you typed"


def end_sessions(app, **moments):
    """All sessions grow idle, or end as said."""
    with app.app_context():
        for row in db.session.scalars(db.select(LoginSession)):
            row.seen_at -= moments.get("idle", timedelta(minutes=31))
            row.created_at -= moments.get("age", timedelta())
            row.ended_at = row.seen_at if "ended" in moments else None
        db.session.commit()


def send(client, token, path=PROFILE, headers=None, **data):
    return client.post(path, data={**(data or TYPED), "csrf_token": token}, headers=headers)


def kept(app) -> list:
    with app.app_context():
        return db.session.scalars(db.select(KeptForm.fields)).all()


@pytest.mark.parametrize(
    "moments",
    [{}, {"age": timedelta(hours=13)}, {"idle": timedelta(), "ended": True}],
    ids=["idle", "absolute", "ended elsewhere"],
)
def test_form_that_was_sent_too_late_is_filled_in_again_after_the_login(app, employee, moments):
    token = csrf_token(employee, PAGE)
    end_sessions(app, **moments)

    late = send(employee, token, headers={"Referer": f"http://localhost{PAGE}"})
    assert (late.status_code, late.location) == (303, f"/login?next={PAGE}")
    assert "What you typed is kept" in employee.get(late.location).text
    back = log_in(employee, EMPLOYEE, next=PAGE)
    page = employee.get(back.location).text

    assert KEPT_NOTE in page
    assert 'value="Анна &lt;b&gt;К.&lt;/b&gt;"' in page
    assert KEPT_NOTE not in employee.get(PAGE).text


def test_passwords_are_never_kept(app, employee):
    token = csrf_token(employee, PAGE)
    end_sessions(app)

    send(employee, token, "/account/password", current="one", new="two", again="three", note="n")

    assert kept(app) == [[["note", "n"]]]


def test_somebody_else_who_logs_in_does_not_get_it(app, employee):
    token = csrf_token(employee, PAGE)
    end_sessions(app)
    send(employee, token)

    log_in(employee, ADMIN)

    assert KEPT_NOTE not in employee.get(PAGE).text
    assert len(kept(app)) == 1


def test_visitor_without_a_session_leaves_nothing_behind(app, visitor, office):
    answer = send(visitor, csrf_token(visitor))

    assert answer.location == "/login?next=/"
    assert kept(app) == []


def test_form_of_another_site_is_not_kept(app, employee):
    end_sessions(app)

    assert employee.post(PROFILE, data=TYPED).status_code == 400
    assert kept(app) == []


def test_too_long_text_is_not_kept_and_said_so(app, employee):
    token = csrf_token(employee, PAGE)
    end_sessions(app)

    answer = send(employee, token, name="x" * 70_000)

    assert "too long to be kept" in employee.get(answer.location).text
    assert kept(app) == []


@pytest.mark.parametrize(
    "referer", ["https://example.com/account", "http://localhost/no-such-page", ""]
)
def test_only_pages_of_ours_are_gone_back_to(app, employee, referer):
    token = csrf_token(employee, PAGE)
    end_sessions(app)

    assert send(employee, token, headers={"Referer": referer}).location == "/login?next=/"


def test_other_tabs_stay_usable_after_the_same_person_has_come_back(app, employee):
    token = csrf_token(employee, PAGE)
    end_sessions(app)
    log_in(employee, EMPLOYEE)

    assert send(employee, token).status_code == 303
    assert 'value="Анна' in employee.get(PAGE).text


def test_form_of_before_signing_out_is_filled_in_again(employee):
    old = csrf_token(employee, PAGE)
    employee.post("/logout", data={"csrf_token": old})
    log_in(employee, EMPLOYEE)
    headers = {"Origin": "http://localhost", "Referer": f"http://localhost{PAGE}"}

    answer = send(employee, old, headers=headers)

    assert (answer.status_code, answer.location) == (303, PAGE)
    page = employee.get(PAGE).text
    assert KEPT_NOTE in page
    assert 'value="Анна' in page


def test_partial_without_a_session_is_401_and_stores_nothing(app, employee):
    token = csrf_token(employee, PAGE)
    end_sessions(app)

    assert send(employee, token, headers=HTMX).status_code == 401
    assert kept(app) == []


def test_partial_with_an_old_token_says_so_to_the_script(employee):
    answer = send(employee, "old", headers=HTMX)

    assert (answer.status_code, answer.headers["X-Form-Token"]) == (400, "refused")


# The login in a dialog


def again(client, password=PASSWORD, **more):
    token = csrf_token(client)
    data = {"email": EMPLOYEE, "password": password, "csrf_token": token, **more}
    return client.post("/login/again", data=data, headers=HTMX)


def test_dialog_asks_for_the_password_of_the_page_s_person(app, employee):
    end_sessions(app)

    answer = employee.get(f"/login/again?email={EMPLOYEE}", headers=HTMX)

    assert answer.status_code == 200
    assert f'value="{EMPLOYEE}"' in answer.text
    assert "<html" not in answer.text


def test_dialog_brings_a_token_that_works(app, employee):
    end_sessions(app)

    answer = again(employee)

    assert answer.status_code == 204
    token = json.loads(answer.headers["HX-Trigger"])["session-restored"]["token"]
    assert send(employee, token).status_code == 303


@pytest.mark.parametrize(
    ("password", "said"),
    [("wrong", "The password is not right."), ("", "Enter your password.")],
)
def test_wrong_password_is_422_inside_the_dialog(app, employee, password, said):
    end_sessions(app)

    answer = again(employee, password)

    assert answer.status_code == 422
    assert said in answer.text


def test_guessing_in_the_dialog_has_to_wait_too(app, employee):
    end_sessions(app)
    for _try in range(4):
        again(employee, "wrong")

    assert "Too many tries." in again(employee).text


def test_dialog_has_nothing_to_ask_if_another_tab_was_quicker(employee):
    answer = employee.get(f"/login/again?email={EMPLOYEE}", headers=HTMX)

    assert answer.status_code == 204
    assert "session-restored" in answer.headers["HX-Trigger"]


def test_dialog_of_one_person_does_not_go_on_as_another(admin):
    answer = admin.get(f"/login/again?email={EMPLOYEE}", headers=HTMX)

    assert answer.status_code == 200


def test_without_the_script_it_is_the_ordinary_login(app, visitor):
    assert visitor.get("/login/again").location == "/login"
    data = {"csrf_token": csrf_token(visitor)}
    assert visitor.post("/login/again", data=data).location == "/login"


def test_every_page_names_its_person_for_the_dialog(employee):
    assert f'data-email="{EMPLOYEE}"' in employee.get(PAGE).text
