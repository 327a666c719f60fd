"""/recordings/<signed id>: the signature is the key; Range; time; nobody else's."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy.orm import Session

from models import Login, LoginIntegration
from services.login import hash_password
from tests.notifications import answered_call, event
from tests.pages import PASSWORD, log_in
from tests.raw_server import raw_server, reply

AUDIO = b"ID3" + bytes(range(256)) * 4


def media_host(server, connection):
    """A media host with one file: whole, or its first ten bytes."""
    while request := server.read_request(connection):
        headers = ["Content-Type: audio/mpeg", "Accept-Ranges: bytes"]
        if b"\r\nRange: bytes=0-9\r\n" in request:
            headers.append(f"Content-Range: bytes 0-9/{len(AUDIO)}")
            connection.sendall(reply(AUDIO[:10], status="206 Partial", headers=headers))
        else:
            connection.sendall(reply(AUDIO, headers=headers))


@pytest.fixture
def media():
    with raw_server(media_host) as running:
        yield running


@pytest.fixture
def link(server, media):
    """The path of our own link, as the CRM's history carries it."""
    server.reach(media.host)
    server.use(callgear={"media_hosts": [media.host]})
    found = {"file_link": f"{media.url}/1/a", "file_duration": 75}
    server.notify(*answered_call(), event("record_ready", "1", 120, **found))
    server.drain()
    (call,) = server.written("calls")
    return urlsplit(call["recordings"][0]["url"]).path


@pytest.fixture
def visitor(server):
    return server.app.test_client()


def logged_in(server, email, role, *integrations):
    """A browser of somebody who may see these integrations."""
    with Session(server.engine) as session, session.begin():
        login = Login(
            email=email, password_hash=hash_password(PASSWORD), role=role, created_at=server.now()
        )
        session.add(login)
        session.flush()
        session.add_all(LoginIntegration(login_id=login.id, integration_id=i) for i in integrations)
    browser = server.app.test_client()
    assert log_in(browser, email).status_code == 303
    return browser


def test_link_plays_without_login(visitor, link):
    answer = visitor.get(link)

    assert (answer.status_code, answer.mimetype) == (200, "audio/mpeg")
    assert answer.get_data() == AUDIO


def test_part_of_a_recording(visitor, link):
    answer = visitor.get(link, headers={"Range": "bytes=0-9"})

    assert answer.status_code == 206
    assert answer.get_data() == AUDIO[:10]
    assert answer.headers["Content-Range"] == f"bytes 0-9/{len(AUDIO)}"


@pytest.mark.parametrize("place", [12, 20, -1, -5])
def test_changed_link_is_unknown(visitor, link, place):
    letters = list(link)
    letters[place] = "A" if letters[place] != "A" else "B"

    assert visitor.get("".join(letters)).status_code == 404


@pytest.mark.parametrize("signed", ["x", "a.b", ".", "%00", "a" * 3000])
def test_anything_else_is_unknown(visitor, signed):
    assert visitor.get(f"/recordings/{signed}").status_code == 404


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 404)])
def test_link_expires_for_anybody_without_login(server, visitor, link, days, status):
    assert visitor.get(older(server, days)).status_code == status


@pytest.mark.parametrize(
    ("role", "is_own", "status"),
    [
        pytest.param("admin", True, 200, id="admin"),
        pytest.param("admin", False, 404, id="foreign-admin"),
        pytest.param("employee", True, 404, id="employee-who-did-not-talk"),
    ],
)
def test_after_its_time_a_link_plays_for_a_login_with_the_right(server, link, role, is_own, status):
    old = older(server, 31)
    own, other = server.id, server.use().id

    browser = logged_in(server, "somebody@example.com", role, own if is_own else other)

    assert browser.get(old).status_code == status


def older(server, days):
    """The link as it would be for a call of so many days ago."""
    row = server.row()
    since = row.first_seen_at - timedelta(days=days)
    url = row.facts["recordings"][0]["url"]
    return urlsplit(server.knobs.recording_url(row.id, url, since)).path
