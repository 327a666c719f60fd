"""Pages of people with access: the list, one person, invitations."""

from __future__ import annotations

import re

import pytest

from models import CrmUserRow, Invitation, Login, db
from services import presence
from tests.pages import ADMIN, EMPLOYEE, HTMX, csrf_token, log_in
from tests.people import AGENT_TWO, add_login, login_id, make_link, post


@pytest.fixture
def people(office):
    return f"/integrations/{office.id}/people"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_list_names_everybody_with_level_and_crm_user(admin, people, headers):
    answer = admin.get(people, headers=headers)

    assert ("<html" in answer.text) is (headers == {})
    text = " ".join(answer.text.split())
    for words in (ADMIN, "(you)", "Administrator", EMPLOYEE, "Employee", "Agent One", "never yet"):
        assert words in text


def test_list_says_whose_console_is_open(app, admin, office):
    path = f"/integrations/{office.id}/people"
    assert "Connected" not in admin.get(path).text
    with app.app_context():
        login_id = db.session.scalars(db.select(Login.id).filter_by(email=EMPLOYEE)).one()
        db.session.rollback()
        with db.engine.begin() as connection:
            presence.mark_seen(connection, {(login_id, office.id)})
    assert "Connected" in admin.get(path).text

    with app.app_context():
        presence.set_do_not_disturb(db.engine, login_id, office.id, on=True, employee_id=None)
    assert "Do not disturb" in admin.get(path).text


def test_list_warns_of_an_employee_who_sees_no_calls(app, admin, office, people):
    add_login(app, "new@example.com", "employee", office.id)

    assert "Not joined: sees no calls" in admin.get(people).text


def test_invited_person_makes_a_login_and_is_in(app, admin, people):
    link = make_link(admin, people, name="Agent Two")
    guest = app.test_client()
    page = guest.get(link)
    assert "Dubai office" in page.text
    assert 'value="Agent Two"' in page.text

    answer = guest.post(
        link,
        data={
            "csrf_token": csrf_token(guest, link),
            "name": "Agent Two",
            "password": "correct battery",
            "again": "correct battery",
        },
    )

    assert (answer.status_code, answer.location) == (303, "/")
    assert guest.get("/account").status_code == 200
    assert log_in(app.test_client(), AGENT_TWO, "correct battery").status_code == 303
    assert guest.get(people).status_code == 403


def test_link_is_shown_once(admin, people):
    made = post(admin, f"{people}/invite", email=AGENT_TWO, level="employee")

    first, second = admin.get(made.location).text, admin.get(made.location).text

    assert "data-copy=" in first
    assert "/invitations/" in first
    assert "shown once" in second
    assert 'id="invitation-link"' not in second


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"email": ""}, "Enter an e-mail."),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"email": EMPLOYEE}, "sees this integration already"),
        ({"email": AGENT_TWO, "level": "owner"}, "Choose what this person may do."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_invalid_invitation_is_422_with_its_error(admin, people, data, said, headers):
    answer = post(admin, f"{people}/invite", headers, **{"level": "employee", **data})

    assert answer.status_code == 422
    assert said in answer.text
    assert ("<html" in answer.text) is (headers == {})


def test_limited_admin_cannot_invite_to_everything(app, admin, people):
    assert 'value="all"' not in admin.get(f"{people}/invite").text
    assert post(admin, f"{people}/invite", email=AGENT_TWO, level="all").status_code == 403
    with app.app_context():
        assert db.session.scalars(db.select(Invitation.id)).all() == []


def test_new_link_revokes_the_old_one(app, admin, visitor, people):
    old = make_link(admin, people)
    with app.app_context():
        number = db.session.scalars(db.select(Invitation.id)).one()

    answer = post(admin, f"{people}/invitations/{number}/renew")

    assert answer.status_code == 303
    assert visitor.get(old).status_code == 404
    assert "/invitations/" in admin.get(answer.location).text


def test_revoked_link_is_gone_from_the_list_and_opens_nothing(app, admin, visitor, people):
    link = make_link(admin, people)
    with app.app_context():
        number = db.session.scalars(db.select(Invitation.id)).one()
    assert AGENT_TWO in admin.get(people).text

    assert post(admin, f"{people}/invitations/{number}/revoke").location == people

    assert AGENT_TWO not in admin.get(people).text
    assert visitor.get(link).status_code == 404
    assert post(admin, f"{people}/invitations/{number}/revoke").status_code == 404


def test_level_is_changed(app, admin, people):
    path = f"{people}/{login_id(app, EMPLOYEE)}"

    answer = post(admin, f"{path}/level", level="admin")

    assert answer.location == path
    assert re.search(r'value="admin"\s+checked', admin.get(path).text)


def test_unknown_level_is_422(app, admin, people):
    path = f"{people}/{login_id(app, EMPLOYEE)}/level"

    assert post(admin, path, level="owner").status_code == 422
    assert post(admin, path, HTMX).status_code == 422


def test_crm_user_is_chosen_where_the_email_does_not_tell(app, admin, office, people):
    number = add_login(app, "new@example.com", "employee", office.id)
    path = f"{people}/{number}"
    assert "not joined to a user of Behomes" in admin.get(path).text

    assert post(admin, f"{path}/crm-user", crm_user_id="u_18").location == path

    page = " ".join(admin.get(path).text.split())
    assert "Agent Two" in page
    assert "chosen here" in page
    gone = post(admin, f"{path}/crm-user", crm_user_id="u_99")
    assert gone.status_code == 422
    assert "no such user any more" in gone.text


def test_crm_user_that_the_email_tells_is_not_asked_for(app, admin, people):
    page = admin.get(f"{people}/{login_id(app, EMPLOYEE)}").text

    assert "by the e-mail" in page
    assert 'name="crm_user_id"' not in page


def test_employee_sees_the_calls_of_the_chosen_crm_user(app, admin, employee, office, people):
    calls = f"/integrations/{office.id}/calls"
    with app.app_context():
        db.session.get_one(CrmUserRow, (office.id, "u_17")).email = "other@example.com"
        db.session.commit()
    assert "not joined to an employee" in employee.get(calls).text

    post(admin, f"{people}/{login_id(app, EMPLOYEE)}/crm-user", crm_user_id="u_17")

    assert "not joined to an employee" not in employee.get(calls).text


def test_switched_off_login_is_out_at_once_and_comes_back(app, admin, employee, people):
    path = f"{people}/{login_id(app, EMPLOYEE)}"

    assert post(admin, f"{path}/disable").status_code == 303
    assert employee.get("/account").status_code == 302
    assert "Switched off" in admin.get(people).text

    assert post(admin, f"{path}/enable").status_code == 303
    assert log_in(app.test_client(), EMPLOYEE).status_code == 303


def test_removed_person_sees_nothing_any_more(app, admin, employee, office, people):
    answer = post(admin, f"{people}/{login_id(app, EMPLOYEE)}/remove")

    assert answer.location == people
    assert EMPLOYEE not in admin.get(people).text
    assert employee.get(f"/integrations/{office.id}/calls").status_code == 404


@pytest.mark.parametrize("act", ["level", "disable", "enable", "remove"])
def test_nobody_changes_his_own_access(app, admin, people, act):
    path = f"{people}/{login_id(app, ADMIN)}"
    assert "This is your own access." in admin.get(path).text

    post(admin, f"{path}/{act}", level="employee")

    assert "This is your own access." in admin.get(path).text
    assert admin.get(people).status_code == 200


def test_who_is_at_home_elsewhere_can_only_be_removed(app, admin, office, people):
    number = add_login(app, AGENT_TWO, "employee", office.id, office.strange_id)

    page = admin.get(f"{people}/{number}").text

    assert "integrations that you do not see" in page
    assert "Switch the login off" not in page
    assert "Another office" not in page
    assert "Remove from this integration" in page


def test_person_who_does_not_see_it_is_a_404(app, admin, office, people):
    stranger = add_login(app, AGENT_TWO, "employee", office.strange_id)

    assert admin.get(f"{people}/{stranger}").status_code == 404
    assert post(admin, f"{people}/{stranger}/disable").status_code == 404


def test_name_with_markup_stays_text(app, admin, office, people):
    with app.app_context():
        row = db.session.scalars(db.select(Login).filter_by(email=EMPLOYEE)).one()
        row.name = "<img src=x onerror=alert(1)>{{7*7}}"
        db.session.commit()

    for path in (people, f"{people}/{login_id(app, EMPLOYEE)}"):
        page = admin.get(path).text
        assert "<img src=x" not in page
        assert "{{7*7}}" in page
