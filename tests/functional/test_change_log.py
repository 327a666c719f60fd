"""Who changed what: the pages, and that no address changes anything without being declared."""

from __future__ import annotations

import re

import pytest
from flask_babel import force_locale

from blueprints.change_words import SENTENCES, sentence
from models import AuditEntry, Login, LoginFailure, LoginIntegration, db
from rules.audit import Area, Change
from services.audit_log import Actor, record
from tests.pages import ADMIN, HTMX, csrf_token, log_in, logged_in

# What each POST writes into the log; a new one is named here or there.
WRITTEN = {
    "auth.sign_in": {Change.LOGGED_IN, Change.LOGIN_SLOWED},
    "auth.logout": {Change.LOGGED_OUT},
    "account.change_password": {Change.PASSWORD_CHANGED},
    "account.end_session": {Change.SESSIONS_ENDED},
    "account.end_other_sessions": {Change.SESSIONS_ENDED},
    "session_over.": {Change.LOGGED_IN, Change.LOGIN_SLOWED},
    "invitations.": {Change.JOINED},
    "integrations.create": {Change.MADE},
    "integrations.pause_now": {Change.PAUSED},
    "integrations.resume": {Change.RESUMED},
    "integrations.delete_now": {Change.DELETED},
    "integrations.restore": {Change.RESTORED},
    "people.": {Change.LEVEL_CHANGED, Change.DISABLED, Change.ENABLED, Change.REMOVED},
    "inviting.": {Change.INVITED, Change.INVITATION_RENEWED, Change.INVITATION_REVOKED},
    "recording_settings.save": {Change.RECORDINGS_SAVED},
    "embed.": {Change.ORIGINS_SAVED, Change.POPUP_KEY_GIVEN, Change.POPUP_KEY_ENDED},
    "privacy.": {Change.EXPORTED, Change.ERASURE_ASKED, Change.KEPT_DAYS_SAVED},
    "journal_replay.": {Change.CALL_REPLAYED, Change.REPLAY_STARTED, Change.WRITE_SKIPPED},
    "second_step.": {Change.SECOND_STEP_ON, Change.SECOND_STEP_OFF},
    "second_step_door.": {Change.LOGGED_IN, Change.RECOVERY_CODE_USED},
    "setup.save_auth": {Change.CONNECTION_SAVED, Change.DETAILS_SAVED},
    "setup.new_api_key": {Change.API_KEY_RENEWED},
    "setup.new_address": {Change.WEBHOOK_ROTATED},
    "setup.address_off": {Change.WEBHOOK_OFF},
    "setup.discard_now": {Change.DRAFT_DROPPED},
    "setup.save": {Change.DRAFT_SAVED},
    "setup.save_fields": {Change.DRAFT_SAVED},
    "setup.save_template": {Change.DRAFT_SAVED},
    "setup.restore_template": {Change.DRAFT_SAVED},
    "setup.restore_now": {Change.DRAFT_REPLACED},
    "setup.import_settings": {Change.DRAFT_REPLACED},
    "setup.apply": {Change.PUBLISHED},
    "setup.start_sync": {Change.SYNC_STARTED},
    "setup.stop_sync": {Change.SYNC_STOPPED},
    "setup.switch_nightly": {Change.NIGHTLY_SYNC_SAVED},
    "setup.solve_conflict": {Change.PAIR_CHANGED},
    "setup.change_pair": {Change.PAIR_CHANGED},
    "accounted.": {Change.REPAIR_ASKED, Change.AUDIT_ASKED, Change.MADE_AGAIN},
}
# What is no change of settings, keys, people or data, and why it needs no line.
UNWRITTEN = {
    "account.save_profile": "a person's own name",
    "language.": "a person's own language and theme",
    "console.": "notes and wishes: kept with the call and its course",
    "callbacks.": "who took or dismissed one is kept with it",
    "dial.": "each click is kept with who asked (journal, calls by click)",
    "embed_api.": "each click is kept with who asked (journal, calls by click)",
    "api.": "each click is kept with who asked (journal, calls by click)",
    "api_events.": "the CRM's events are kept as they came (journal)",
    "try_call.": "tries a call, stores nothing",
    "setup.summary": "shows what is typed, stores nothing",
    "setup.fields_summary": "shows what is typed, stores nothing",
    "setup.validate": "checks what is typed, stores nothing",
    "setup.change_rows": "changes the form that is shown, stores nothing",
    "setup.add_row": "changes the form that is shown, stores nothing",
    "setup.row_notes": "checks what is typed, stores nothing",
    "setup.stages": "shows what is typed, stores nothing",
    "setup.funnel_lists": "reads the CRM's lists anew",
    "setup.refresh_funnels": "reads the CRM's lists anew",
    "setup.copy_incoming": "changes the form that is shown, stores nothing",
    "setup.preview_template": "shows what is typed, stores nothing",
    "setup.check_manager": "looks a number up, stores nothing",
    "setup.begin_live": "waits for a call of the person's own",
    "setup.live_demo_call": "a call of the simulators",
    "setup.test_notification": "a notification of our own that nobody uses",
    "demo.": "calls of the simulators",
    "hooks.": "notifications are the inbox",
    "manager.": "answers are kept with their reasons (journal)",
}


def declared(endpoint):
    names = [name for name in (*WRITTEN, *UNWRITTEN) if endpoint.startswith(name)]
    return max(names, key=len, default=None)


def test_every_address_that_changes_something_is_declared(app):
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if changing & rule.methods}

    assert sorted(each for each in endpoints if declared(each) is None) == []


@pytest.fixture
def lines(app, office):
    """A line of every change, of the office and of a strange one."""
    with app.app_context():
        for change in Change:
            actor = Actor("page", ADMIN, None, "192.0.2.1")
            values = {"changed": ["incoming.first.create"], "email": "<b>x</b>", "version": 4}
            record(db.session(), change, office.id, actor=actor, **values)
        record(db.session(), Change.PAUSED, office.strange_id, actor=Actor("command", "root"))
        db.session.commit()
    return office


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_an_integration_shows_its_own_changes_only(admin, lines, headers):
    page = admin.get(f"/integrations/{lines.id}/changes?area=settings", headers=headers).text
    page += admin.get(f"/integrations/{lines.id}/changes?area=people", headers=headers).text

    assert "Version 4 of the settings was turned on" in page
    assert "192.0.2.1" in page
    assert "command line, root" not in page
    assert "<b>x</b>" not in page and "&lt;b&gt;x" in page


def test_nothing_is_said_of_the_whole_server_to_who_is_limited(admin, lines):
    assert admin.get("/changes").status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_who_sees_all_integrations_sees_all_changes(app, lines, headers):
    with app.app_context():
        login = db.session.scalars(db.select(Login).filter_by(email=ADMIN)).one()
        db.session.execute(db.delete(LoginIntegration).filter_by(login_id=login.id))
        db.session.commit()
    admin = logged_in(app, ADMIN)

    page = admin.get("/changes", headers=headers).text

    assert "command line, root" in page and "Another office" in page


def test_filters_by_what_and_who(admin, lines):
    path = f"/integrations/{lines.id}/changes"

    assert "Processing was paused" not in admin.get(f"{path}?area=keys").text
    assert "The key of our API was replaced" in admin.get(f"{path}?area=keys").text
    assert "No change fits" in admin.get(f"{path}?who=nobody@example.com").text
    assert "The key of our API" in admin.get(f"{path}?who={ADMIN}&area=nonsense").text


def test_pages_go_on_where_the_last_one_ended(app, admin, office):
    with app.app_context():
        for number in range(120):
            record(db.session(), Change.PUBLISHED, office.id, version=number)
        db.session.commit()
    path, seen = f"/integrations/{office.id}/changes", []
    page = admin.get(path).text
    for _ in range(3):
        seen += [number for number in range(120) if f"Version {number} of" in page]
        older = re.search(r'rel="next"\s+href="([^"]+)"', page)
        page = admin.get(older[1]).text if older else ""

    assert sorted(seen) == list(range(120))


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_every_change_is_told_in_words(app, locale):
    with app.test_request_context(), force_locale(locale):
        told = {change: sentence(str(change), {}) for change in Change}

    assert set(SENTENCES) == set(Change)
    assert [change for change, text in told.items() if "%" in text or "." in text] == []


def test_values_are_told_as_people_say_them(app):
    with app.test_request_context(), force_locale("en"):
        repaired = sentence(str(Change.REPAIR_ASKED), {"day": "2026-11-22"})
        made = sentence(str(Change.MADE_AGAIN), {"kind": "lead"})
    with app.test_request_context(), force_locale("ru"):
        other = sentence(str(Change.MADE_AGAIN), {"kind": "lead"})

    assert repaired.endswith(": 22 Nov 2026")
    assert made.endswith(": lead") and other.endswith(": лид")


def fail_often(app, visitor, email):
    """Wrong passwords until the next try has to wait; each costs time, so most are only counted."""
    log_in(visitor, email, "wrong password")
    with app.app_context():
        db.session.execute(db.update(LoginFailure).values(count=2))
        db.session.commit()
    log_in(visitor, email, "wrong password")


def test_wrong_passwords_stand_there_once(app, visitor, office):
    fail_often(app, visitor, ADMIN)
    with app.app_context():
        rows = db.session.scalars(db.select(AuditEntry)).all()

    assert [(row.code, row.who, row.area) for row in rows] == [
        ("logins.slowed", ADMIN, Area.LOGINS)
    ]
    assert rows[0].address == "127.0.0.1"


def test_who_has_no_login_is_not_named(app, visitor, office):
    fail_often(app, visitor, "my-password-typed-here@example.com")
    with app.app_context():
        rows = db.session.scalars(db.select(AuditEntry)).all()

    assert [row.who for row in rows] == [None]


def test_a_change_names_the_person_and_the_address(app, admin, office):
    token = csrf_token(admin, "/account")
    admin.post(f"/integrations/{office.id}/pause", data={"csrf_token": token})
    with app.app_context():
        (row,) = db.session.scalars(db.select(AuditEntry)).all()

    assert (row.code, row.who, row.origin, row.address) == (
        "settings.paused",
        ADMIN,
        "page",
        "127.0.0.1",
    )
