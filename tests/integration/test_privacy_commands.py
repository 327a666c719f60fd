"""`privacy export|erase|retention`: what is held, taken out, erased, and for how long it stays."""

from __future__ import annotations

import json
import zipfile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, CallSession, RecordingCopy
from services.recording_copies import copy_name, copy_path
from services.recording_files import RecordingWriter
from tests.integration.known_number import NUMBER, left, plant, work
from tests.notifications import CLIENT, answered_call, record

AUDIO = b"sound " * 20_000


@pytest.fixture
def run(server):
    def call(*words, given=None):
        done = server.app.test_cli_runner().invoke(args=[*map(str, words)], input=given)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout)

    return call


def keep_recording(server):
    with Session(server.engine) as session, session.begin():
        call = session.scalars(select(CallSession)).first()
        row = RecordingCopy(
            integration_id=server.id,
            session_row_id=call.id,
            record="a",
            state="kept",
            audio_type="audio/mpeg",
            size=len(AUDIO),
        )
        session.add(row)
        session.flush()
        path, name = copy_path(server.ports, server.id, row.id), copy_name(server.id, row.id)
    with RecordingWriter(path, name, server.ports.vault) as writer:
        writer.add(AUDIO)
        writer.finish()


def codes(server):
    with Session(server.engine) as session:
        return [(row.code, row.origin) for row in session.scalars(select(AuditEntry))]


def test_export_holds_everything_in_a_zip(server, run, tmp_path):
    work(server, [*answered_call("1", contact_full_name="Anna Berg"), record("1")])
    keep_recording(server)
    plant(server, "1")
    file = tmp_path / "out.zip"

    code, told = run("privacy", "export", server.id, "050 000 0055", "--out", file)

    assert (code, told["calls"]) == (0, 1)
    with zipfile.ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
        assert archive.read("recordings/1-a.mp3") == AUDIO
    (call,) = data["calls"]
    assert {"notifications", "decisions", "trace", "crm_writes", "listened"} <= set(call)
    assert {"manager_answer", "click_call", "card", "kept_form"} <= set(data["other_rows"])
    assert "Anna Berg" in json.dumps(data)
    assert data["index_of_clients"] and data["address_book"]
    assert file.stat().st_mode & 0o077 == 0
    assert ("data.exported", "command") in codes(server)


def test_the_number_may_come_from_standard_input(server, run):
    work(server, answered_call("1"))

    code, told = run("privacy", "export", server.id, "-", given=f"{CLIENT}\n")

    assert (code, told["number"], len(told["calls"])) == (0, NUMBER, 1)


def test_erase_shows_counts_first_and_erases_with_yes(server, run):
    work(server, answered_call("1"))

    code, told = run("privacy", "erase", server.id, CLIENT)
    assert (code, told["would_erase"]["calls"]) == (0, 1)
    assert server.row("1").erased_at is None

    code, told = run("privacy", "erase", server.id, CLIENT, "--yes")
    assert (code, told["finished"], told["erased"]["call_session"]) == (0, True, 1)
    assert left(server) == []
    assert ("data.erased", "system") in codes(server)


def test_what_is_no_number_is_refused(server, run):
    code, told = run("privacy", "erase", server.id, "nobody", "--yes")

    assert (code, told["error"]["code"]) == (1, "phone_invalid")


def test_retention_tells_what_is_kept(server, run):
    work(server, answered_call("1"))

    code, told = run("privacy", "retention", server.id)

    calls = next(each for each in told if each["kind"] == "calls")
    assert (code, calls["days"], calls["rows"]) == (0, 730, 1)
    assert calls["oldest"]
