"""The list of integrations; pause, resume, delete and bring back."""

from __future__ import annotations

import pytest

from models import CallSession, Integration, Login, LoginIntegration, db
from tests.pages import ADMIN, CALL_IDS, HTMX, csrf_token, logged_in

LIST = "/integrations"


def post(client, path, **data):
    headers = {name: data.pop(name) for name in list(data) if name.startswith("HX")}
    token = csrf_token(client, LIST)
    return client.post(path, data={**data, "csrf_token": token}, headers=headers)


def the(app, office) -> Integration:
    with app.app_context():
        found = db.session.get_one(Integration, office.id)
        db.session.expunge_all()
        return found


def change(app, office, **columns) -> None:
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        for name, value in columns.items():
            setattr(row, name, value)
        db.session.commit()


# The list


def test_list_shows_signs_of_life_and_how_far_the_set_up_is(admin, office):
    page = admin.get(LIST)
    part = admin.get(LIST, headers=HTMX)

    for text in (page.text, part.text):
        assert "Last call" in text
        assert "Last notification" in text
        assert "of 8 steps" in text
        assert f"/integrations/{office.id}/setup" in text
    assert part.text.lstrip().startswith('<div id="integration-list"')
    assert "<html" in page.text


def test_unused_integration_has_no_signs_of_life(app, admin, office):
    with app.app_context():
        for table in ("trace_entry", "decision", "crm_write", "notification", "call_session"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        db.session.commit()

    assert admin.get(LIST).text.count("none yet") == 2


def test_employee_sees_the_list_without_anything_to_press(employee, office):
    page = employee.get(LIST).text

    assert "Dubai office" in page
    for word in ("Pause processing", "Delete…", "of 8 steps", "Set up"):
        assert word not in page


def test_unreachable_pbx_is_a_state(app, admin, office):
    with app.app_context():
        db.session.execute(db.text("UPDATE crm_account SET breaker = 'closed'"))
        db.session.commit()
    change(app, office, pbx_error="timeout: no answer in time")

    assert "CallGear does not answer" in admin.get(LIST).text


# Pause


def test_pause_page_says_what_it_means(admin, office):
    page = admin.get(f"/integrations/{office.id}/pause?next=/integrations/{office.id}/calls")

    assert "Nothing is written to Behomes" in page.text
    assert f'value="/integrations/{office.id}/calls"' in page.text
    part = admin.get(f"/integrations/{office.id}/pause", headers=HTMX).text
    assert part.lstrip().startswith("<section")


def test_pause_and_resume(app, admin, office):
    paused = post(
        admin, f"/integrations/{office.id}/pause", next=f"/integrations/{office.id}/calls"
    )

    assert (paused.status_code, paused.location) == (303, f"/integrations/{office.id}/calls")
    assert the(app, office).paused_at
    assert "Processing is paused" in admin.get(f"/integrations/{office.id}/pause").text

    resumed = post(admin, f"/integrations/{office.id}/resume")

    assert (resumed.status_code, resumed.location) == (303, LIST)
    assert the(app, office).paused_at is None


def test_resuming_makes_waiting_calls_due_and_counts_them(app, admin, office):
    change(app, office, paused_at=the(app, office).created_at)
    with app.app_context():
        call = db.session.scalars(
            db.select(CallSession).where(CallSession.call_session_id == CALL_IDS[2])
        ).one()
        call.state_reason, call.next_at = "paused", None
        db.session.commit()

    post(admin, f"/integrations/{office.id}/resume")

    assert "1 call that waited is being worked on now" in admin.get(LIST).text
    with app.app_context():
        query = db.select(CallSession.next_at).where(CallSession.call_session_id == CALL_IDS[2])
        assert db.session.scalar(query) is not None


def test_pause_leads_back_to_this_server_only(admin, office):
    answer = post(admin, f"/integrations/{office.id}/pause", next="https://example.com/")

    assert answer.location == LIST


# Delete


def test_delete_page_names_what_is_lost(app, admin, office):
    with app.app_context():
        call = db.session.scalars(
            db.select(CallSession).where(CallSession.call_session_id == CALL_IDS[2])
        ).one()
        call.next_at = call.started_at
        db.session.commit()

    page = admin.get(f"/integrations/{office.id}/delete").text

    assert "1 call is not finished and will not reach Behomes" in page
    assert CALL_IDS[2] in page
    assert f"{len(CALL_IDS)} calls stand in the history" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param("", "Type the name of the integration.", id="empty"),
        pytest.param("Dubai", "This is not the name", id="another"),
    ],
)
def test_wrong_name_deletes_nothing(app, admin, office, typed, said):
    page = post(admin, f"/integrations/{office.id}/delete", typed_title=typed)
    part = post(admin, f"/integrations/{office.id}/delete", typed_title=typed, **HTMX)

    for answer in (page, part):
        assert answer.status_code == 422
        assert said in answer.text
    assert part.text.lstrip().startswith("<section")
    assert the(app, office).deleted_at is None


def test_deleted_integration_is_gone_for_everyone_and_can_be_brought_back(
    app, admin, employee, office
):
    answer = post(admin, f"/integrations/{office.id}/delete", typed_title=" Dubai  office ")

    assert (answer.status_code, answer.location) == (303, LIST)
    for client in (admin, employee):
        assert client.get(f"/integrations/{office.id}/calls").status_code == 404
    assert admin.get(f"/integrations/{office.id}/setup").status_code == 404
    assert "Dubai office" not in employee.get(LIST).text
    assert "can be brought back until" in admin.get(LIST).text
    assert post(employee, f"/integrations/{office.id}/restore").status_code == 403

    back = post(admin, f"/integrations/{office.id}/restore")

    assert back.status_code == 303
    assert employee.get(f"/integrations/{office.id}/calls").status_code == 200


def test_deletion_cannot_be_undone_by_a_stranger_or_twice(app, admin, office):
    post(admin, f"/integrations/{office.id}/delete", typed_title="Dubai office")
    with app.app_context():
        login = Login(
            email="other@example.com", password_hash="x", role="admin", created_at=office_time(app)
        )
        login.password_hash = db.session.scalar(
            db.select(Login.password_hash).where(Login.email == ADMIN)
        )
        db.session.add(login)
        db.session.flush()
        db.session.add(LoginIntegration(login_id=login.id, integration_id=office.strange_id))
        db.session.commit()
    stranger = logged_in(app, "other@example.com")

    assert "Undo the deletion" not in stranger.get(LIST).text
    assert post(stranger, f"/integrations/{office.id}/restore").status_code == 404
    assert post(admin, f"/integrations/{office.id}/restore").status_code == 303
    assert post(admin, f"/integrations/{office.id}/restore").status_code == 404


def office_time(app):
    return db.session.scalar(db.select(Login.created_at).where(Login.email == ADMIN))


# Who may


@pytest.mark.parametrize("what", ["pause", "delete"])
def test_pages_are_for_admins_of_the_integration(app, admin, employee, office, what):
    assert employee.get(f"/integrations/{office.id}/{what}").status_code == 403
    assert admin.get(f"/integrations/{office.strange_id}/{what}").status_code == 404


@pytest.mark.parametrize("what", ["pause", "resume", "delete"])
def test_actions_are_for_admins_of_the_integration(app, admin, employee, office, what):
    data = {"typed_title": "Another office"}

    assert post(employee, f"/integrations/{office.id}/{what}", **data).status_code == 403
    assert post(admin, f"/integrations/{office.strange_id}/{what}", **data).status_code == 404
    assert admin.post(f"/integrations/{office.id}/{what}", data=data).status_code == 400
    assert the(app, office).deleted_at is None
