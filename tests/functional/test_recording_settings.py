"""How long recordings are kept, what is about to go, who listened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import CallSession, Integration, RecordingAccess, RecordingCopy, db
from models.base import from_ms, now_ms
from services.recording_links import record_id
from tests.pages import CALL_IDS, HTMX, csrf_token

PAGE, LIST, CALL = (
    "/integrations/{}/recordings",
    "/integrations/{}/calls",
    "/integrations/{}/calls/{}",
)
URL = "https://media.example/1"


def save(client, office, headers=None, **values):
    token = csrf_token(client, PAGE.format(office.id))
    data = {"csrf_token": token, "pbx_days": "", "keep_days": "", **values}
    return client.post(PAGE.format(office.id), data=data, headers=headers)


def stored(app, office):
    with app.app_context():
        row = db.session.get(Integration, office.id)
        return row.pbx_recording_days, row.keep_recordings_days


def record(app, office, *, days_ago, pbx_days=30, **copy):
    """The first call has a recording, so many days old."""
    with app.app_context():
        row = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[0]))
        now = from_ms(db.session.scalar(db.select(now_ms())))
        row.started_at = row.ended_at = now - timedelta(days=days_ago)
        row.facts = {**row.facts, "recordings": [{"url": URL, "seconds": 75}]}
        db.session.get(Integration, office.id).pbx_recording_days = pbx_days
        if copy:
            copy = {"integration_id": office.id, "session_row_id": row.id, **copy}
            db.session.add(RecordingCopy(record=record_id(URL), tries=1, **copy))
        db.session.commit()


def test_both_times_are_stored(app, admin, office):
    answer = save(admin, office, pbx_days="60", keep="1", keep_days="365")

    assert answer.status_code == 303
    assert stored(app, office) == (60, 365)
    assert 'value="365"' in admin.get(PAGE.format(office.id)).text


def test_switched_off_nothing_more_is_kept(app, admin, office):
    record(app, office, days_ago=1, state="wanted")
    save(admin, office, pbx_days="", keep_days="90")

    assert stored(app, office) == (None, None)
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count(RecordingCopy.id))) == 0


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"pbx_days": "many"}, "Enter a whole number of days"),
        ({"pbx_days": "0"}, "Enter a whole number of days"),
        ({"keep": "1", "keep_days": "99999"}, "Enter a whole number of days"),
        ({"keep": "1", "keep_days": ""}, "Say for how many days copies are kept."),
    ],
)
def test_what_is_no_time_is_refused(app, admin, office, headers, values, told):
    answer = save(admin, office, headers, **values)

    assert answer.status_code == 422
    assert told in answer.text
    assert stored(app, office) == (None, None)


def test_recording_that_goes_soon_is_pointed_out(app, admin, office):
    record(app, office, days_ago=25)

    assert (
        "CallGear will delete 1 recording within a week." in admin.get(PAGE.format(office.id)).text
    )
    assert "CallGear deletes it on" in admin.get(LIST.format(office.id)).text
    page = admin.get(CALL.format(office.id, CALL_IDS[0])).text
    assert "CallGear will delete this recording on" in page
    assert "Keep copies of recordings" in page


def test_recording_with_a_copy_does_not_go(app, admin, office):
    record(app, office, days_ago=25, state="kept", size=10)

    assert "within a week" not in admin.get(PAGE.format(office.id)).text
    page = admin.get(LIST.format(office.id)).text
    assert "CallGear deletes it on" not in page
    assert "data-play=" in page


def test_deleted_recording_says_so(app, admin, office):
    record(app, office, days_ago=31)

    assert "deleted by CallGear" in admin.get(LIST.format(office.id)).text
    page = admin.get(CALL.format(office.id, CALL_IDS[0])).text
    assert "CallGear has deleted this recording, and no copy was kept." in page
    assert "data-play=" not in page


def test_who_listened_is_shown_to_admins_only(app, admin, employee, office):
    record(app, office, days_ago=1)
    with app.app_context():
        at = from_ms(db.session.scalar(db.select(now_ms())))
        about = {"integration_id": office.id, "call_session_id": CALL_IDS[0], "record": "r"}
        db.session.add(RecordingAccess(at=at, who="agent.two@example.com", **about))
        db.session.add(RecordingAccess(at=at, address="192.0.2.7", **about))
        db.session.commit()

    page = admin.get(CALL.format(office.id, CALL_IDS[0])).text

    assert "Listened to 2 times" in page
    assert "agent.two@example.com" in page
    assert "By a link, without a login" in page
    assert "agent.two@example.com" not in employee.get(CALL.format(office.id, CALL_IDS[0])).text
