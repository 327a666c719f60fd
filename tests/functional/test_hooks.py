"""/hooks/<token>: every answer of contract 4.1 and 5, and what is stored of it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Notification
from services.inbox import Inbox, NotStored

PAYLOADS = Path(__file__).parent.parent / "payloads" / "callgear"
CALL = {"event": "incoming_call", "call_session_id": 1, "contact_phone_number": "971500000055"}
UNKNOWN = "x" * 43


@pytest.fixture
def hook(server):
    return urlsplit(server.made.webhook_url).path


@pytest.fixture
def client(server):
    return server.app.test_client()


def stored(server):
    with Session(server.engine) as session:
        rows = session.scalars(select(Notification).order_by(Notification.id)).all()
        session.expunge_all()
        return rows


def connect_webhook(server, **webhook):
    server.connect(webhook=webhook)
    server.app.extensions["hook_access"]._doors.clear()


def body_of(answer):
    return answer.status_code, answer.content_type, answer.get_data()


def test_stored_once_and_then_known(server, client, hook):
    answers = [client.post(hook, json=CALL) for _ in range(3)]

    words = [answer.json for answer in answers]
    assert words == [{"status": "accepted"}, *[{"status": "duplicate"}] * 2]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content_type for answer in answers} == {"application/json"}
    (row,) = stored(server)
    assert (row.kind, row.call_session_id, row.state) == ("incoming_call", "1", "pending")


NESTED = {
    "event": "incoming_call",
    "contact_info": {"contact_phone_number": "+971500000055"},
    "call_info": {"call_session_id": "1"},
    "something": "unknown",
    "notification_name": "any",
}
TWINS = [
    pytest.param("post", {"json": NESTED}, id="nested"),
    pytest.param("post", {"data": CALL}, id="form"),
    pytest.param("get", {"query_string": urlencode(CALL)}, id="query"),
    pytest.param("post", {"data": json.dumps(CALL), "content_type": "text/plain"}, id="text"),
    pytest.param(
        "post",
        {"data": json.dumps({**CALL, "contact_full_name": "{{contact_full_name}}"})},
        id="unresolved",
    ),
    pytest.param(
        "post",
        {"data": json.dumps(CALL).replace('"971500000055"', '""971500000055""')},
        id="quoted",
    ),
]


@pytest.mark.parametrize(("method", "sent"), TWINS)
def test_twin_in_another_shape_is_a_duplicate(server, client, hook, method, sent):
    client.post(hook, json=CALL)

    answer = getattr(client, method)(hook, **sent)

    assert answer.json == {"status": "duplicate"}
    assert len(stored(server)) == 1


@pytest.mark.parametrize("name", ["ignored.unknown_event.json", "ignored.no_sign_of_a_call.json"])
def test_event_that_is_not_used_is_stored_and_ignored(server, client, hook, name):
    answer = client.post(hook, data=(PAYLOADS / name).read_bytes())

    assert (answer.status_code, answer.json) == (200, {"status": "ignored"})
    (row,) = stored(server)
    assert row.state == "ignored"
    assert row.raw


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("broken.*")), ids=lambda path: path.name)
def test_unreadable_is_rejected_and_kept_for_a_person(server, client, hook, path):
    answer = client.post(hook, data=path.read_bytes())

    assert answer.status_code == 422
    assert answer.json["status"] == "rejected"
    assert set(answer.json["error"]) == {"code", "message"}
    (row,) = stored(server)
    assert (row.state, row.error) == ("rejected", answer.json["error"]["code"])
    assert row.raw == path.read_bytes().decode("utf-8", "replace")


# The same 404 as any unknown path


def test_unknown_token_answers_as_any_unknown_path(client):
    any_program = {"Accept": "*/*"}
    unknown = client.post(f"/hooks/{UNKNOWN}", json=CALL, headers=any_program)
    nowhere = client.post(f"/no-such-path/{UNKNOWN}", json=CALL, headers=any_program)

    assert body_of(unknown) == body_of(nowhere)
    assert unknown.status_code == 404


def test_wrong_secret_is_a_404_and_stores_nothing(server, client, hook):
    wrong = client.post(hook, json={**CALL, "secret": "wrong"})
    unknown = client.post(f"/hooks/{UNKNOWN}", json=CALL)

    assert body_of(wrong) == body_of(unknown)
    assert stored(server) == []


def test_right_secret_is_checked_and_never_stored(server, client, hook):
    secret = server.made.webhook_secret
    right = client.post(hook, json={**CALL, "secret": secret})
    client.post(hook, json={"secret": secret, "event": "something_else"})
    client.post(hook, data='{"secret": "' + secret + '", broken')

    assert right.json == {"status": "accepted"}
    assert len(stored(server)) == 3
    assert not any(secret in f"{row.members}{row.raw}" for row in stored(server))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"json": CALL}, id="absent"),
        pytest.param({"json": {**CALL, "secret": ""}}, id="empty"),
        pytest.param({"json": {**CALL, "secret": "{{secret}}"}}, id="unresolved"),
        pytest.param({"data": "{broken"}, id="unreadable"),
    ],
)
def test_absent_secret_is_a_404_only_if_one_is_demanded(server, client, hook, sent):
    connect_webhook(server, require_secret=True)

    assert client.post(hook, **sent).status_code == 404
    assert stored(server) == []
    right = client.post(hook, json={**CALL, "secret": server.made.webhook_secret})
    assert right.json == {"status": "accepted"}


@pytest.mark.parametrize(
    ("sources", "status"),
    [
        ([], 200),
        (["127.0.0.1"], 200),
        (["127.0.0.0/8", "10.0.0.0/8"], 200),
        (["10.0.0.0/8"], 404),
        (["::1"], 404),
    ],
)
def test_sources(server, client, hook, sources, status):
    connect_webhook(server, sources=sources)

    assert client.post(hook, json=CALL).status_code == status
    assert len(stored(server)) == (1 if status == 200 else 0)


# Limits


def test_too_large(server, client, hook):
    largest = {**CALL, "filler": ""}
    filler = "a" * (64 * 1024 - len(json.dumps(largest)))
    fits = client.post(hook, data=json.dumps({**CALL, "filler": filler}))
    too_large = client.post(hook, data=json.dumps({**CALL, "filler": filler + "a"}))

    assert (fits.status_code, too_large.status_code) == (200, 413)
    assert too_large.json["status"] == "rejected"
    assert len(stored(server)) == 1


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP"])
def test_compressed(server, client, hook, encoding):
    answer = client.post(hook, data=b"\x1f\x8b", headers={"Content-Encoding": encoding})

    assert answer.status_code == 415
    assert stored(server) == []


def test_long_query_is_read(client, hook):
    query = urlencode({**CALL, "filler": "a" * 7900})

    assert client.get(f"{hook}?{query}").json == {"status": "accepted"}


def test_member_name_inside_a_value_starts_a_new_member(server, client, hook):
    query = "event=incoming_call&contact_phone_number=971500000055call_session_id=1"

    assert client.get(f"{hook}?{query}").json == {"status": "accepted"}
    assert stored(server)[0].call_session_id == "1"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("nul \x00 character", id="nul"),
        pytest.param("lone \ud800 surrogate", id="surrogate"),
        pytest.param("a" * 20_000, id="long"),
        pytest.param("<script>'; DROP TABLE", id="markup"),
    ],
)
def test_any_text_is_stored_and_worked_on(any_server, name):
    any_server.use(settings={"templates": {"lead": {"comment": "{{contact_full_name}}"}}})
    body = {**CALL, "contact_full_name": name}
    end = {**body, "event": "call_finished", "total_time_duration": 3, "talk_time_duration": 1}

    assert any_server.notify(body, {**end, "last_talked_employee_id": 101}) == ["accepted"] * 2
    any_server.drain()

    assert any_server.state("1")[0] in ("written", "waiting")
    assert "crashed" not in any_server.codes("1")


# The database is away


def test_database_that_is_away_is_told_with_a_time_to_come_back(server, client, hook, monkeypatch):
    client.post(hook, json=CALL)

    def away(inbox, row):
        raise NotStored

    monkeypatch.setattr(Inbox, "store", away)
    answer = client.post(hook, json={**CALL, "call_session_id": 2})

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_locked_database_is_told_and_nothing_is_lost(server, client, hook):
    client.post(hook, json=CALL)
    server.app.extensions["inbox"]._connected().execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(server.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # a writer that does not end
    away = client.post(hook, json={**CALL, "call_session_id": 2})
    other.close()

    again = client.post(hook, json={**CALL, "call_session_id": 2})

    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    assert again.json == {"status": "accepted"}


@pytest.mark.parametrize("accept", ["*/*", "application/json", None])
def test_unknown_token_looks_like_any_unknown_path_whoever_asks(client, accept):
    headers = {"Accept": accept} if accept else {}

    unknown_token = client.post("/hooks/" + "x" * 43, data=b"{}", headers=headers)
    unknown_path = client.post("/no/such/path", data=b"{}", headers=headers)

    assert unknown_token.status_code == unknown_path.status_code == 404
    assert unknown_token.data == unknown_path.data
    for answer in (unknown_token, unknown_path):
        del answer.headers["X-Request-Id"]  # each has one of its own
    assert unknown_token.headers.to_wsgi_list() == unknown_path.headers.to_wsgi_list()
