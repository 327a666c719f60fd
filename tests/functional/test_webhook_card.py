"""The webhook card: addresses, bodies to paste, what has come so far, a new address, a test."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from models import Integration, Notification, WebhookToken, db
from services.vault import token_hash
from services.webhook_card import KINDS
from tests.pages import HTMX, NOON, csrf_token

TOKEN = "the-token-of-this-office"
SECRET = "the-webhook-secret"
POLL = {**HTMX, "X-Poll": "1"}


@pytest.fixture
def page(app, office) -> str:
    """The address of the step; the integration has an address and a secret that can be read."""
    with app.app_context():
        vault = app.extensions["vault"]
        row = db.session.get_one(Integration, office.id)
        row.behomes_key_sealed = vault.seal("some-key-of-behomes")
        row.webhook_secret_sealed = vault.seal(SECRET)
        db.session.add(
            WebhookToken(
                integration_id=office.id,
                token_hash=token_hash(TOKEN),
                token_sealed=vault.seal(TOKEN),
                created_at=NOON,
            )
        )
        db.session.execute(db.delete(Notification))
        db.session.commit()
    return f"/integrations/{office.id}/setup/auth"


def post(client, path, **data):
    token = csrf_token(client, "/integrations")
    return client.post(path, data={**data, "csrf_token": token})


def arrived(app, office, *kinds, ago=120, **columns):
    with app.app_context():
        db.session.add_all(
            Notification(
                integration_id=office.id,
                event_key=f"{kind}-{ago}-{number}",
                kind=kind,
                state="taken",
                received_at=datetime.now(UTC) - timedelta(seconds=ago),
                members={},
                **columns,
            )
            for number, kind in enumerate(kinds)
        )
        db.session.commit()


def rejected(app, office, raw, error="invalid_json"):
    with app.app_context():
        db.session.add(
            Notification(
                integration_id=office.id,
                event_key=raw[:60],
                kind="",
                state="rejected",
                received_at=datetime.now(UTC),
                members={},
                raw=raw,
                error=error,
            )
        )
        db.session.commit()


def copied(text: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'data-copy="([^"]*)"', text)]


def notify(client, url, event="lost_call", **more):
    body = {"event": event, "call_session_id": "7", "contact_phone_number": "971500000055"}
    return client.post(url, json={**body, **more})


# What is shown


def test_address_is_shown_with_a_copy_button(admin, page):
    text = admin.get(page).text

    assert f"/hooks/{TOKEN}" in text
    assert any(each.endswith(f"/hooks/{TOKEN}") for each in copied(text))
    assert any(each.endswith(f"/hooks/{TOKEN}/manager") for each in copied(text))


def test_bodies_are_copied_with_the_secret_and_shown_without(admin, page):
    text = admin.get(page).text
    bodies = [each for each in copied(text) if each.startswith('{"event"')]
    shown = unescape("".join(re.findall(r"<pre.*?</pre>", text, re.DOTALL)))

    assert [re.match(r'{"event":"(\w+)"', body)[1] for body in bodies] == list(KINDS)
    assert all(f'"secret":"{SECRET}"' in body for body in bodies)
    assert SECRET not in shown
    assert "••••••••" in shown


def test_secret_can_be_shown_without_a_script(admin, page):
    text = unescape(admin.get(f"{page}?secret=shown").text)

    assert text.count(f'"secret":"{SECRET}"') > len(KINDS)
    assert "Show the secret" not in text


def test_address_that_cannot_be_read_says_so(app, admin, page):
    with app.app_context():
        db.session.execute(db.update(WebhookToken).values(token_sealed=None))
        db.session.commit()

    text = admin.get(page).text

    assert "The address in force cannot be shown" in text
    assert "/hooks/" not in text


def test_each_pasted_body_is_understood_by_our_own_address(app, admin, page):
    """As CallGear fills them: each placeholder becomes a JSON literal, here mostly null."""
    bodies = [each for each in copied(admin.get(page).text) if each.startswith('{"event"')]
    values = {"call_session_id": "7", "contact_phone_number": '"971500000055"', "leg_id": "1"}
    visitor = app.test_client()
    told = []
    for body in bodies:
        filled = re.sub(r"{{(\w+)}}", lambda found: values.get(found[1], "null"), body)
        json.loads(filled)
        told.append(visitor.post(f"/hooks/{TOKEN}", data=filled).json["status"])

    assert told == ["accepted"] * len(KINDS)


# What has come


def test_states_tell_what_came_and_what_is_waited_for(app, admin, office, page):
    arrived(app, office, "incoming_call", "record_ready")

    text = admin.get(page).text

    assert text.count("Received 2 minutes ago") == 2
    assert text.count("Waiting for the first one…") == len(KINDS) - 2
    assert "2 of 8 notifications have come" in text
    assert "every 3s" in text


def test_page_asks_seldom_when_all_have_come(app, admin, office, page):
    arrived(app, office, *KINDS)

    assert "every 30s" in admin.get(page).text


def test_poll_answers_only_when_something_came(app, admin, office, page):
    text = admin.get(page).text
    address = unescape(re.search(r'hx-get="([^"]*received[^"]*)"', text)[1])
    assert admin.get(address, headers=POLL).status_code == 204

    arrived(app, office, "talk_started", ago=1)
    answer = admin.get(address, headers=POLL)

    assert answer.status_code == 200
    assert 'id="state-talk_started"' in answer.text
    assert "Received just now" in answer.text
    assert answer.text.count("hx-swap-oob") == len(KINDS)


@pytest.mark.parametrize(
    ("raw", "error", "said"),
    [
        pytest.param(
            '{"event":"call_finished", oops', "invalid_json", "a comma or a quote", id="known"
        ),
        pytest.param(
            "<script>alert(1)</script>", "invalid_json", "A notification came", id="stray"
        ),
        pytest.param('{"event": "lost_call"}', "no_call_session_id", "call id", id="no-id"),
    ],
)
def test_unreadable_ones_are_told_with_their_reason(app, admin, office, page, raw, error, said):
    rejected(app, office, raw, error)

    text = admin.get(page).text

    assert "could not be read" in text
    assert said in text
    assert "<script>alert" not in text


def test_unreadable_one_is_forgotten_when_a_good_one_follows(app, admin, office, page):
    rejected(app, office, '{"event":"call_finished", oops')
    arrived(app, office, "call_finished", ago=-1)

    assert "could not be read" not in admin.get(page).text


def test_notification_with_the_wrong_shape_is_seen_end_to_end(app, admin, page):
    answer = app.test_client().post(f"/hooks/{TOKEN}", data='{"event":"talk_started",,}')

    assert answer.status_code == 422
    state = re.search(r'id="state-talk_started".*?</span></span>', admin.get(page).text, re.DOTALL)
    assert "could not be read" in state[0]


# A new address


def test_new_address_works_beside_the_old_one(app, admin, page):
    answer = post(admin, f"{page}/address", hours="24")

    assert (answer.status_code, answer.location) == (303, f"{page}#webhook")
    text = admin.get(page).text
    new = next(each for each in copied(text) if "/hooks/" in each)
    assert TOKEN not in new
    assert "The old address works until" in text
    visitor = app.test_client()
    for token in (TOKEN, new.rpartition("/")[2]):
        assert notify(visitor, f"/hooks/{token}").status_code == 200


def test_old_address_can_be_switched_off(app, admin, page):
    post(admin, f"{page}/address", hours="1")
    off = re.search(r'action="([^"]*/off)"', admin.get(page).text)[1]

    answer = post(admin, off)

    assert answer.status_code == 303
    assert notify(app.test_client(), f"/hooks/{TOKEN}").status_code == 404
    assert "The old address works until" not in admin.get(page).text
    assert post(admin, off).status_code == 404


@pytest.mark.parametrize("hours", ["", "0", "2", "100000", "x"])
def test_overlap_is_one_of_the_offered(admin, page, hours):
    assert post(admin, f"{page}/address", hours=hours).status_code == 400


# The test notification


def test_test_notification_is_stored_and_nothing_is_made_of_it(app, admin, office, page):
    answer = post(admin, f"{page}/test-notification")

    told = admin.get(answer.location.partition("#")[0]).text
    assert "The test notification was stored in" in told
    assert "Whether CallGear reaches this server shows with its first notification." in told
    with app.app_context():
        row = db.session.scalars(
            db.select(Notification).where(Notification.integration_id == office.id)
        ).one()
        assert (row.kind, row.state) == ("connection_test", "ignored")
        assert SECRET not in (row.raw or "")
    assert "0 of 8 notifications" in told


def test_test_notification_needs_an_address_that_can_be_read(app, admin, page):
    with app.app_context():
        db.session.execute(db.update(WebhookToken).values(token_sealed=None))
        db.session.commit()

    answer = post(admin, f"{page}/test-notification")

    assert "make a new one" in admin.get(answer.location.partition("#")[0]).text


# Who may


@pytest.mark.parametrize("what", ["address", "address/1/off", "test-notification"])
def test_actions_are_for_admins_of_the_integration(admin, employee, office, page, what):
    strange = f"/integrations/{office.strange_id}/setup/auth/{what}"

    assert post(employee, f"{page}/{what}", hours="24").status_code == 403
    assert post(admin, strange, hours="24").status_code == 404
    assert admin.post(f"{page}/{what}").status_code == 400


def test_what_has_come_is_for_admins_of_the_integration(admin, employee, office, page):
    assert employee.get(f"{page}/received").status_code == 403
    assert admin.get(f"/integrations/{office.strange_id}/setup/auth/received").status_code == 404
