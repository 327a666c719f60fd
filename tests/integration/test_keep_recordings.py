"""Copies of recordings: fetched with resumption, played when the PBX's is gone, deleted in time."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import create_app
from models import Integration, RecordingAccess, RecordingCopy
from services import fetch_recordings
from services.fetch_recordings import fetch_recordings as fetch
from services.keep_recordings import expire_copies, plan_copies, remove_orphans, remove_strays
from services.recording_files import PIECE
from tests.notifications import answered_call, event
from tests.raw_server import raw_server, reply

AUDIO = b"ID3" + secrets.token_bytes(2 * PIECE + 500)
DAY = 86_400


class MediaHost:
    """Gives one file, with Range; `breaks_at` cuts the next answer off."""

    def __init__(self):
        self.breaks_at = None
        self.answer = None

    def __call__(self, server, connection):
        while request := server.read_request(connection):
            if self.answer is not None:
                connection.sendall(self.answer)
                return
            found = re.search(rb"Range: bytes=(\d+)-", request)
            start = int(found.group(1)) if found else 0
            headers = ["Content-Type: audio/mpeg"]
            if found:
                headers.append(f"Content-Range: bytes {start}-{len(AUDIO) - 1}/{len(AUDIO)}")
            status = "206 Partial" if found else "200 OK"
            whole = reply(AUDIO[start:], status=status, headers=headers)
            if self.breaks_at is not None:
                connection.sendall(whole[: self.breaks_at])
                self.breaks_at = None
                return
            connection.sendall(whole)


@pytest.fixture
def host():
    return MediaHost()


@pytest.fixture
def media(host):
    with raw_server(host) as running:
        yield running


@pytest.fixture
def kept(server, media):
    """An office that keeps copies for 10 days, and one call with a recording; its link."""
    server.reach(media.host)
    server.use(callgear={"media_hosts": [media.host]})
    server.change(keep_recordings_days=10)
    found = {"file_link": f"{media.url}/1/a", "file_duration": 75}
    recent = {"notification_time": server.now().strftime("%Y-%m-%d %H:%M:%S.000")}
    bodies = [*answered_call(), event("record_ready", "1", 120, **found)]
    server.notify(*({**body, **recent} for body in bodies))
    server.drain()
    (call,) = server.written("calls")
    return urlsplit(call["recordings"][0]["url"]).path


def keep(server):
    plan_copies(server.engine, {})
    return fetch(server.engine, server.ports, go_on=lambda: True)


def copy(server):
    with Session(server.engine, expire_on_commit=False) as session:
        return session.scalars(select(RecordingCopy)).one()


def listenings(server):
    with Session(server.engine) as session:
        query = select(RecordingAccess).order_by(RecordingAccess.id)
        return [(row.call_session_id, row.who) for row in session.scalars(query)]


def test_copy_plays_when_the_pbx_has_deleted_its_own(server, host, kept):
    assert keep(server) == 1
    host.answer = reply(b"gone", status="404 Not Found")

    whole = server.app.test_client().get(kept)
    part = server.app.test_client().get(kept, headers={"Range": f"bytes={PIECE - 2}-{PIECE + 1}"})

    assert whole.get_data() == AUDIO
    assert (part.status_code, part.get_data()) == (206, AUDIO[PIECE - 2 : PIECE + 2])
    assert part.headers["Content-Range"] == f"bytes {PIECE - 2}-{PIECE + 1}/{len(AUDIO)}"


def test_nothing_is_kept_twice(server, kept):
    keep(server)

    assert keep(server) == 0
    assert copy(server).tries == 1


def test_fetch_that_broke_off_goes_on_where_it_was(server, host, media, kept):
    host.breaks_at = PIECE + 5000
    assert keep(server) == 0
    assert copy(server).state == "wanted"
    server.pass_time(3600)

    assert keep(server) == 1

    assert f"Range: bytes={PIECE}-".encode() in media.requests[-1]
    assert server.app.test_client().get(kept).get_data() == AUDIO


def test_full_disk_stops_the_fetching_and_costs_no_try(server, kept, monkeypatch):
    monkeypatch.setattr(fetch_recordings, "RESERVE_BYTES", 10**18)

    assert keep(server) == 0

    assert (copy(server).state, copy(server).error, copy(server).tries) == (
        "wanted",
        "disk_full",
        0,
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(b"<html>", headers=["Content-Type: text/html"]), "no_audio"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 200000000\r\n\r\n",
            "too_large",
        ),
    ],
    ids=["page", "too large"],
)
def test_what_cannot_be_kept_is_given_up_with_its_reason(server, host, kept, answer, error):
    host.answer = answer

    keep(server)

    assert (copy(server).state, copy(server).error) == ("failed", error)
    assert not list(server.ports.recordings_dir.rglob("*.part"))


def test_copy_is_deleted_when_its_time_is_over(server, host, kept):
    keep(server)
    server.pass_time(11 * DAY)
    host.answer = reply(b"gone", status="404 Not Found")

    assert expire_copies(server.engine, server.ports) == 1

    assert copy(server).state == "expired"
    assert not list(server.ports.recordings_dir.rglob("*.rec"))
    answer = server.app.test_client().get(kept)
    assert (answer.status_code, answer.headers["X-Recording"]) == (404, "expired")


def test_files_of_a_deleted_integration_go(server, kept):
    keep(server)
    server.change(behomes_key_sealed="")

    assert remove_orphans(server.engine, server.ports) == 1
    assert not list(server.ports.recordings_dir.rglob("*.rec"))


def test_file_whose_copy_was_let_go_elsewhere_is_deleted(server, kept):
    keep(server)
    folder = server.ports.recordings_dir
    (file,) = folder.rglob("*.rec")
    stranger = folder / str(server.id) / "999.rec"  # a number that this database never gave
    stranger.write_bytes(b"of another database")

    assert remove_strays(server.engine, server.ports) == 0
    with server.engine.begin() as connection:
        connection.execute(update(RecordingCopy).values(state="expired"))
    assert remove_strays(server.engine, server.ports) == 1

    assert not file.exists() and stranger.exists()


def test_copy_made_on_one_host_plays_on_another_with_the_same_folder(server, host, kept, tmp_path):
    keep(server)
    host.answer = reply(b"gone", status="404 Not Found")
    here = server.app.extensions["config"]
    shared = replace(here, instance_dir=tmp_path / "other", recordings_dir=here.recordings_dir)
    alone = replace(shared, recordings_dir=tmp_path / "other" / "recordings")

    heard = [create_app(each).test_client().get(kept).get_data() for each in (shared, alone)]

    assert [audio == AUDIO for audio in heard] == [True, False]


def test_lost_file_of_a_copy_falls_back_to_the_pbx(server, kept):
    keep(server)
    shutil.rmtree(server.ports.recordings_dir)

    assert server.app.test_client().get(kept).get_data() == AUDIO


def test_parts_of_one_playing_are_one_listening(any_server, host, media):
    server = any_server
    server.reach(media.host)
    server.use(callgear={"media_hosts": [media.host]})
    server.notify(*answered_call(), event("record_ready", "1", 120, file_link=f"{media.url}/1/a"))
    server.drain()
    (call,) = server.written("calls")
    link = urlsplit(call["recordings"][0]["url"]).path
    visitor = server.app.test_client()

    assert visitor.get(link, headers={"Range": "bytes=0-0"}).status_code == 206
    assert listenings(server) == []
    for header in ("bytes=0-", "bytes=5-", "bytes=900-"):
        visitor.get(link, headers={"Range": header}).get_data()

    assert listenings(server) == [("1", None)]
    server.pass_time(3600)
    visitor.get(link).get_data()
    assert len(listenings(server)) == 2


def test_keeping_only_where_it_is_wanted(server, kept):
    with Session(server.engine) as session, session.begin():
        session.get_one(Integration, server.id).keep_recordings_days = None

    assert keep(server) == 0
