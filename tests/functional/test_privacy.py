"""The page of personal data: a number's export and erasure, the days of retention, listenings."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from models import (
    AuditEntry,
    CallSession,
    CrmAccount,
    Erasure,
    Integration,
    RecordingAccess,
    SettingsVersion,
    db,
)
from rules.retention import SPANS, Kind
from services import erasures
from services.integrations import database_now
from tests.pages import CALL_IDS, HTMX, csrf_token

PAGE = "/integrations/{}/privacy"


@pytest.fixture
def held(app, office):
    """The office's CRM account has a key, as every real one; returns a client's number."""
    with app.app_context():
        account = db.session.scalars(db.select(CrmAccount)).first()
        account.reference_key_sealed = app.extensions["vault"].seal("key")
        number = "+971501234567"
        for call in db.session.scalars(db.select(CallSession)):
            if call.client_phone:
                call.client_phone = number
        db.session.commit()
    return number


def post(client, path, **data):
    headers = data.pop("headers", {})
    token = csrf_token(client, "/account")
    return client.post(path, data={"csrf_token": token, **data}, headers=headers)


def codes(app):
    with app.app_context():
        return list(db.session.scalars(db.select(AuditEntry.code)))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_page_says_what_can_be_done(admin, office, headers):
    page = admin.get(PAGE.format(office.id), headers=headers).text

    assert "One phone number" in page
    assert "Nothing was erased yet." in page
    assert 'value="730"' in page
    assert ("<!DOCTYPE" in page) is not bool(headers)


@pytest.mark.parametrize(
    ("typed", "headers"),
    [("050 123 4567", {}), ("+971501234567", HTMX)],
    ids=["page", "part"],
)
def test_what_is_held_is_told_in_words(admin, office, held, typed, headers):
    answer = post(admin, PAGE.format(office.id) + "/number", phone=typed, headers=headers)

    assert answer.status_code == 200
    assert "We hold about +971 50 123 4567:" in answer.text
    assert "Calls with this number" in answer.text


def test_nothing_is_held_of_a_stranger(admin, office, held):
    answer = post(admin, PAGE.format(office.id) + "/number", phone="+971501119999")

    assert "We hold nothing about +971 50 111 9999" in answer.text
    assert "Download everything" not in answer.text


@pytest.mark.parametrize(
    ("part", "typed"), [("number", "<b>1</b>"), ("export", ""), ("erase", "nobody")]
)
def test_what_is_no_number_is_refused(admin, office, held, part, typed):
    answer = post(admin, f"{PAGE.format(office.id)}/{part}", phone=typed)

    assert answer.status_code == 422
    assert "<b>1</b>" not in answer.text


def test_everything_is_downloaded_and_that_is_written_down(app, admin, office, held):
    answer = post(admin, PAGE.format(office.id) + "/export", phone=held)

    assert answer.mimetype == "application/zip"
    assert "4567.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        data = json.loads(archive.read("data.json"))
    assert data["number"] == held and len(data["calls"]) == 5
    answer.close()
    assert "data.exported" in codes(app)


@pytest.mark.parametrize(
    ("again", "said"),
    [("", "what is erased cannot be brought back"), ("+971501234568", "This is another number")],
)
def test_erasing_wants_the_number_once_more(app, admin, office, held, again, said):
    answer = post(admin, PAGE.format(office.id) + "/erase", phone=held, again=again)

    assert answer.status_code == 422
    assert said in answer.text
    with app.app_context():
        assert db.session.scalars(db.select(Erasure)).all() == []


def test_an_erasure_is_begun_shown_and_done(app, admin, office, held):
    answer = post(admin, PAGE.format(office.id) + "/erase", phone=held, again="050 123 4567")
    assert answer.status_code == 303
    assert "Under way" in admin.get(answer.location).text

    with app.app_context():
        call = db.session.scalars(db.select(CallSession)).all()
        for each in call:
            each.ended_at = each.ended_at or each.started_at
        db.session.commit()
        erasures.move_on(db.engine, app.extensions["ports"], seconds=20)

    page = admin.get(PAGE.format(office.id)).text
    assert "Erased" in page and "***4567" in page
    history = admin.get(f"/integrations/{office.id}/calls").text
    assert "+971 50 123 4567" not in history and "Number erased" in history
    shown = admin.get(f"/integrations/{office.id}/calls/{CALL_IDS[0]}")
    assert shown.status_code == 200
    assert "erased at a person" in shown.text
    assert {"data.erasure_asked", "data.erased"} <= set(codes(app))


def test_settings_that_name_the_number_are_told(app, admin, office, held):
    with app.app_context():
        version = db.session.scalars(db.select(SettingsVersion)).first()
        version.document = {**version.document, "ignore": {"numbers": [held]}}
        db.session.commit()

    answer = post(admin, PAGE.format(office.id) + "/number", phone=held)

    assert "The settings name this number" in answer.text


def days(**changes):
    return {str(kind): span.usual for kind, span in SPANS.items()} | changes


def test_longer_times_are_saved_at_once(app, admin, office):
    answer = post(admin, PAGE.format(office.id) + "/days", **days(calls=1000))

    assert answer.status_code == 303
    with app.app_context():
        assert db.session.get(Integration, office.id).kept_days == {"calls": 1000}
    assert "settings.kept_days_saved" in codes(app)


def test_shorter_times_are_asked_about_first(app, admin, office):
    path = PAGE.format(office.id) + "/days"

    asked = post(admin, path, **days(clicks=30))
    assert "Erase and save" in asked.text and "Calls by click" in asked.text
    with app.app_context():
        assert db.session.get(Integration, office.id).kept_days == {}

    agreed = re.findall(r'name="agreed" value="([^"]+)"', asked.text)
    # What was typed into the same page since is another question.
    for more in (days(clicks=14), days(clicks=30, calls=30)):
        assert "Erase and save" in post(admin, path, agreed=agreed, **more).text
    assert post(admin, path, agreed=agreed, **days(clicks=30)).status_code == 303
    with app.app_context():
        assert db.session.get(Integration, office.id).kept_days == {"clicks": 30}


@pytest.mark.parametrize("typed", ["", "x", "29", "99999"])
def test_days_that_cannot_be_are_refused(app, admin, office, typed):
    answer = post(admin, PAGE.format(office.id) + "/days", **days(calls=typed))

    assert answer.status_code == 422
    with app.app_context():
        assert db.session.get(Integration, office.id).kept_days == {}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_who_listened_is_told_page_by_page(app, admin, office, headers):
    path = PAGE.format(office.id) + "/listened"
    assert "Nobody has listened yet" in admin.get(path, headers=headers).text
    with app.app_context():
        now = database_now(db.session())
        for number in range(60):
            db.session.add(
                RecordingAccess(
                    integration_id=office.id,
                    call_session_id=str(number),
                    record="r",
                    at=now,
                    who="agent.one@example.com",
                )
            )
        db.session.commit()

    page = admin.get(path, headers=headers).text

    assert page.count("agent.one@example.com") == 50
    assert "Call 59" in page and "before=11" in page
    assert admin.get(f"{path}?before=11", headers=headers).text.count("agent.one") == 10


def test_the_journal_says_how_long_it_is_kept(admin, office):
    page = admin.get(f"/integrations/{office.id}/journal").text

    assert "as long as their calls: 730 days" in page


def test_every_kind_has_its_field_and_words():
    from blueprints.retention_words import KINDS
    from forms.privacy import KeptDaysForm

    assert set(KINDS) == set(Kind) == set(SPANS)
    assert all(hasattr(KeptDaysForm, str(kind)) for kind in Kind)
