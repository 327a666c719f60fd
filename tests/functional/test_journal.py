"""The event journal in the browser: rows, filters, one notification, refused entries, replay."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import CallSession, ClickCall, CrmEvent, CrmWrite, ManagerAnswer, Notification, db
from services import replay_runs
from services.integrations import database_now
from tests.pages import CALL_IDS, HTMX, csrf_token

JOURNAL = "/integrations/{}/journal"


@pytest.fixture
def fresh(app, office):
    """The office's notifications and calls, as if they had come a moment ago."""
    with app.app_context():
        now = database_now(db.session())
        for row in db.session.scalars(db.select(Notification)):
            row.received_at = now - timedelta(minutes=30 - row.id)
            row.session_row_id = row.id
        for call in db.session.scalars(db.select(CallSession)):
            call.started_at = now - timedelta(minutes=30 - call.id)
            told = {"direction": call.direction, "outcome": call.outcome, "is_ended": True}
            call.facts = call.facts | told | {"client_phone": call.client_phone}
        db.session.add_all(
            [
                Notification(
                    integration_id=office.id,
                    event_key="unreadable-1",
                    kind="",
                    state="rejected",
                    received_at=now,
                    members={},
                    raw='{"event": "<b>broken</b>',
                    error="invalid_json",
                ),
                Notification(
                    integration_id=office.id,
                    event_key="chat",
                    kind="chat_message",
                    state="ignored",
                    received_at=now,
                    members={"text": "hello", "api_key": "very-secret"},
                ),
            ]
        )
        db.session.commit()
    return office


def rows(page: str) -> list[str]:
    return re.findall(r'id="notification-(\d+)"', page)


def post(client, path, **data):
    headers = {"HX-Request": "true"} if data.pop("htmx", False) else {}
    return client.post(
        path, data={"csrf_token": csrf_token(client, "/account"), **data}, headers=headers
    )


def test_journal_shows_newest_first_in_words(admin, fresh):
    page = admin.get(JOURNAL.format(fresh.id)).text

    assert len(rows(page)) == 8
    assert "A notification that could not be read" in page
    assert "Incoming call" in page
    assert "chat_message" in page
    assert "8 notifications" in page
    assert "Notifications are kept as long as their calls" in page


FILTERED = {
    "state=rejected": 1,
    "state=ignored": 1,
    "state=accepted": 6,
    "state=failed": 1,
    "kind=incoming_call": 6,
    f"q={CALL_IDS[0]}": 1,
    "q=12345": 5,
    "q=9999999": 0,
    "state=nonsense&kind=nonsense&days=nonsense": 8,
    "days=0": 8,
    "before=nonsense": 8,
    "before=99999999999999999999-1": 8,
    "before=1-1": 0,
}


def test_filters_stand_in_the_address(admin, fresh):
    parts = {q: admin.get(f"{JOURNAL.format(fresh.id)}?{q}", headers=HTMX).text for q in FILTERED}

    assert {query: len(rows(part)) for query, part in parts.items()} == FILTERED
    assert not any("<html" in part for part in parts.values())
    page = admin.get(JOURNAL.format(fresh.id) + "?state=failed&kind=incoming_call").text
    assert f'href="{JOURNAL.format(fresh.id)}?kind=incoming_call"' in page
    assert f'href="{JOURNAL.format(fresh.id)}?state=failed"' in page


def test_period_leaves_old_notifications_out(admin, office):
    assert "No notification fits these filters" in admin.get(JOURNAL.format(office.id)).text
    assert len(rows(admin.get(JOURNAL.format(office.id) + "?days=0").text)) == 6


def test_pages_follow_each_other_without_gaps(admin, fresh, app):
    with app.app_context():
        now = database_now(db.session())
        db.session.add_all(
            Notification(
                integration_id=fresh.id,
                event_key=f"many-{number}",
                kind="tag_set",
                state="ignored",
                received_at=now,
                members={},
            )
            for number in range(40)
        )
        db.session.commit()
    first = admin.get(JOURNAL.format(fresh.id)).text
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    second = admin.get(older.group(1).replace("&amp;", "&")).text

    assert (len(rows(first)), len(rows(second))) == (30, 18)
    assert not set(rows(first)) & set(rows(second))
    assert "To the newest" in second


def test_empty_journal_leads_to_the_webhook_card(admin, office, app):
    with app.app_context():
        db.session.execute(db.delete(Notification))
        db.session.commit()

    page = admin.get(JOURNAL.format(office.id)).text

    assert "There has been no notification yet" in page
    assert f"/integrations/{office.id}/setup/auth" in page


def test_new_events_are_announced_and_nothing_moves_when_nothing_is_new(admin, fresh):
    page = admin.get(JOURNAL.format(fresh.id)).text
    poll = re.search(r'hx-get="([^"]*journal/live[^"]*)"', page).group(1).replace("&amp;", "&")
    assert admin.get(poll, headers=HTMX).status_code == 204

    changed = re.sub(r"newest=\d+", "newest=1", poll)
    part = admin.get(changed, headers=HTMX)

    assert "7 new events: show" in part.text
    assert admin.get(poll).status_code == 302
    assert "journal/live" not in admin.get(JOURNAL.format(fresh.id) + "?live=0").text


def notification_id(app, **wanted) -> int:
    with app.app_context():
        return db.session.scalars(db.select(Notification).filter_by(**wanted)).first().id


def test_notification_that_is_not_used_or_not_read_is_shown_safely(admin, fresh, app):
    number = notification_id(app, state="rejected")

    page = admin.get(f"{JOURNAL.format(fresh.id)}/{number}").text

    assert "Its body is not valid JSON" in page
    assert "In CallGear replace the whole body" in page
    assert "&lt;b&gt;broken&lt;/b&gt;" in page
    assert "<b>broken</b>" not in page
    page = admin.get(f"{JOURNAL.format(fresh.id)}/{notification_id(app, state='ignored')}").text

    assert "very-secret" not in page
    assert "hello" in page


@pytest.mark.parametrize(
    "raw",
    [
        '{"event": "x", "api_key": "s3cret", "file_link": ""https://media.example.com/a/s3cret""}',
        '{"event": "x", "contact_info": {"token" : "of, two \\" s3cret"}, "file_link": "s3cret"',
        "event=x&api_key=s3cret&file_link=https%3A%2F%2Fmedia.example.com%2Fs3cret&a=b",
    ],
)
def test_what_was_received_tells_no_secret_and_no_link_of_a_recording(admin, fresh, app, raw):
    link = {"file_link": "https://media.example.com/a/s3cret", "file_duration": 12}
    with app.app_context():
        row = db.session.scalars(db.select(Notification).filter_by(state="ignored")).one()
        row.raw, row.members = raw, {"text": "hello", "call_record_file_info": link}
        db.session.commit()
        number = row.id

    page = admin.get(f"{JOURNAL.format(fresh.id)}/{number}").text

    assert "s3cret" not in page
    assert "event" in page and "file_link" in page and "hello" in page


def test_notification_tells_its_whole_story(admin, fresh, app):
    number = notification_id(app, call_session_id=CALL_IDS[3], integration_id=fresh.id)

    page = admin.get(f"{JOURNAL.format(fresh.id)}/{number}").text

    assert "Received and stored." in page
    assert f"it belongs to call {CALL_IDS[3]}" in page
    assert "Agent One, who answered the call" in page
    assert f"/journal/calls/{CALL_IDS[3]}/replay" in page
    assert "What Behomes said, and the way out" in page
    number = notification_id(app, integration_id=fresh.strange_id)
    assert admin.get(f"{JOURNAL.format(fresh.id)}/{number}").status_code == 404


def test_refused_entry_is_shown_with_the_words_of_behomes_and_the_way_out(admin, fresh):
    page = admin.get(JOURNAL.format(fresh.id) + "/set-aside").text

    assert "&lt;b&gt;unknown stage&lt;/b&gt;" in page
    assert "Check the templates" in page
    assert f"/journal/calls/{CALL_IDS[3]}/replay" in page


def write_id(app) -> int:
    with app.app_context():
        return db.session.scalars(db.select(CrmWrite).filter_by(status="dead")).one().id


def test_entry_is_given_up_once(admin, fresh, app):
    path = f"{JOURNAL.format(fresh.id)}/writes/{write_id(app)}/skip"

    first = post(admin, path)
    page = admin.get(first.location).text
    second = post(admin, path, htmx=True)

    assert first.status_code == 303
    assert "The entry was given up" in page
    assert second.headers["HX-Redirect"].endswith("/set-aside")
    with app.app_context():
        assert {w.status for w in db.session.scalars(db.select(CrmWrite))} == {"done", "skipped"}


def test_entry_of_a_stranger_is_not_given_up(admin, fresh, app):
    number = write_id(app)
    with app.app_context():
        db.session.get(CrmWrite, number).integration_id = fresh.strange_id
        db.session.commit()

    post(admin, f"{JOURNAL.format(fresh.id)}/writes/{number}/skip")

    with app.app_context():
        assert db.session.get(CrmWrite, number).status == "dead"


REPLAY = JOURNAL + "/calls/{}/replay"


def test_plan_is_shown_before_a_call_is_decided_anew(admin, fresh, app):
    page = admin.get(REPLAY.format(fresh.id, CALL_IDS[0])).text

    assert "is there already: it is completed, not created again" in page
    assert "Nothing of this call is set aside" in page

    answer = post(admin, REPLAY.format(fresh.id, CALL_IDS[0]), mode="today")

    assert answer.status_code == 303
    with app.app_context():
        call = db.session.get(CallSession, 1)
        assert (call.decision_number, call.state_reason) == (2, "replayed")
    page = admin.get(answer.location).text
    assert "admin@example.com had the call decided anew with settings version 3" in page


def test_refused_entries_are_sent_again_as_decided(admin, fresh, app):
    answer = post(admin, REPLAY.format(fresh.id, CALL_IDS[3]), mode="as_decided", htmx=True)

    assert answer.headers["HX-Redirect"].endswith(CALL_IDS[3])
    with app.app_context():
        assert not db.session.scalars(db.select(CrmWrite).filter_by(status="dead")).all()


def test_replay_that_cannot_be_done_says_why(admin, fresh):
    for call_id, mode, words in (
        (CALL_IDS[0], "as_decided", "Nothing of this call is set aside"),
        (CALL_IDS[5], "today", "The call is still going on"),
        (CALL_IDS[0], "nonsense", "Choose how the calls"),
    ):
        answer = post(admin, REPLAY.format(fresh.id, call_id), mode=mode)
        assert (answer.status_code, words in answer.text) == (422, True)
    assert admin.get(REPLAY.format(fresh.id, "nobody")).status_code == 404


MANY = JOURNAL + "/replay"


def test_calls_of_a_filter_are_counted_before_anything_starts(admin, fresh):
    failed = admin.get(MANY.format(fresh.id) + "?state=failed").text
    today = admin.get(MANY.format(fresh.id) + "?mode=today").text
    unread = admin.get(MANY.format(fresh.id) + "?mode=today&state=rejected").text
    other = admin.get(MANY.format(fresh.id) + "?mode=today&kind=tag_set").text

    assert "Carry out 1 call again" in failed
    assert "Carry out 5 calls again" in today
    assert "will be created" in today
    assert "No call fits" in unread
    assert "No call fits" in other


def test_run_goes_on_in_the_background_and_is_stopped(admin, fresh, app):
    started = post(admin, MANY.format(fresh.id), mode="today", days="7")
    page = admin.get(started.location).text
    assert (started.status_code, "0 of 5 calls" in page) == (303, True)
    assert admin.get(MANY.format(fresh.id)).location == started.location
    assert post(admin, MANY.format(fresh.id), mode="today").location == started.location

    stopped = post(admin, started.location + "/stop")

    assert "Stopped by hand: 0 of 5" in admin.get(stopped.location).text
    with app.app_context():
        assert replay_runs.take_steps(db.engine) == 0


def test_run_makes_its_calls_due_and_ends(admin, fresh, app):
    started = post(admin, MANY.format(fresh.id), mode="today", htmx=True)
    with app.app_context():
        assert replay_runs.take_steps(db.engine) == 5
        assert replay_runs.take_steps(db.engine) == 0
        numbers = [call.decision_number for call in db.session.scalars(db.select(CallSession))]

    assert numbers == [2, 2, 2, 2, 2, 1, 1]
    seen = admin.get(started.headers["HX-Redirect"], headers=HTMX).text
    assert "journal/replay/1" in seen


def test_run_without_a_way_or_without_calls_does_not_start(admin, fresh):
    assert post(admin, MANY.format(fresh.id), mode="nonsense").status_code == 422
    assert post(admin, MANY.format(fresh.id), mode="as_decided", q="nothing").status_code == 422
    assert admin.get(MANY.format(fresh.id) + "/77").status_code == 404
    assert post(admin, MANY.format(fresh.id) + "/77/stop").status_code == 404


EMPTY_BOOKS = {
    "manager": "CallGear has not asked",
    "crm-events": "Behomes has told of no change",
    "clicks": "Nobody has called by a click",
}


def test_books_show_answers_changes_and_clicks(admin, office, app):
    for book, words in EMPTY_BOOKS.items():
        assert words in admin.get(f"{JOURNAL.format(office.id)}/{book}").text
    with app.app_context():
        now = database_now(db.session())
        mine = {"integration_id": office.id}
        db.session.add_all(
            [
                ManagerAnswer(
                    **mine,
                    at=now,
                    phone="+971501234500",
                    user_id="u_17",
                    phones=["101"],
                    reason="manager",
                    source="index",
                    milliseconds=12,
                ),
                CrmEvent(
                    **mine,
                    event_id="e1",
                    type="client.deleted",
                    occurred_at=now,
                    received_at=now,
                    data={"client_id": "<i>c</i>"},
                ),
                ClickCall(
                    **mine,
                    request_id="r1",
                    origin="console",
                    employee_id="101",
                    phone="+971501234500",
                    links={},
                    asked_at=now,
                    state="blocked",
                ),
            ]
        )
        db.session.commit()
    manager, events, clicks = (
        admin.get(f"{JOURNAL.format(office.id)}/{book}").text
        for book in ("manager", "crm-events", "clicks")
    )

    assert "The client&#39;s responsible was named" in manager
    assert "Agent One, from our index" in manager
    assert "12 ms" in manager
    assert "A client was deleted" in events
    assert "<i>c</i>" not in events
    assert "Not allowed by the settings" in clicks


def test_employees_have_no_journal(employee, office):
    assert employee.get(JOURNAL.format(office.id)).status_code == 403
