"""Keys are changed while everything goes on."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from models import CrmAccount
from runtime import keys as files
from runtime.backup.keys import names
from services import reseal
from services.recording_files import BrokenFile, RecordingWriter, read_audio, reseal_head
from services.recording_links import RecordingLink, read, sign
from services.vault import SealError, Vault
from tests.notifications import answered_call


def run(server, *words, code=0):
    done = server.app.test_cli_runner().invoke(args=["keys", *words])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def file_of(server):
    return server.app.extensions["config"].instance_dir / "encryption_keys"


def sealed_texts(engine):
    with engine.connect() as connection:
        return [
            text
            for _, column in reseal.sealed_columns()
            for text in connection.execute(select(column)).scalars()
            if text
        ]


def opened_by(key, texts):
    return sum(_opens(Fernet(key), text) for text in texts)


def _opens(cipher, text):
    try:
        return bool(cipher.decrypt(text.encode()))
    except Exception:
        return False


def test_rotation_seals_every_secret_anew_and_work_goes_on(any_server):
    server = any_server
    (old,) = files.read(file_of(server))
    server.notify(*answered_call("1"))

    told = run(server, "rotate", "--new")
    server.notify(*answered_call("2"))
    server.drain()

    new, kept = files.read(file_of(server))
    texts = sealed_texts(server.engine)
    assert (kept, told["keys"]) == (old, names((new, old)))
    assert told["sealed"] == len(texts) == opened_by(new, texts) > 3
    assert {server.state("1"), server.state("2")} == {("written", None)}


def test_rotation_broken_off_goes_on_where_it_was(server, monkeypatch):
    monkeypatch.setattr(reseal, "BATCH", 1)
    path = file_of(server)
    files.replace(path, [files.new_fernet_key(), *files.read(path)])
    vault = Vault(files.read(path))
    with server.engine.begin() as connection:
        one = CrmAccount.__table__
        row = connection.execute(select(one.c.id, one.c.reference_key_sealed)).first()
        text = vault.seal(vault.open(row[1]))
        connection.execute(one.update().values(reference_key_sealed=text))

    told = run(server, "rotate")

    assert told["already"] == 1
    assert told["sealed"] == len(sealed_texts(server.engine)) - 1
    assert run(server, "rotate")["sealed"] == 0


def test_what_somebody_stores_meanwhile_is_not_overwritten(server):
    vault = Vault([files.new_fernet_key(), *files.read(file_of(server))])
    table, column = next(
        each for each in reseal.sealed_columns() if each[1].name == "behomes_key_sealed"
    )
    stored = vault.seal("the key of an admin, just now")
    done = reseal.Resealed()
    with server.engine.begin() as connection:
        before = connection.execute(select(column)).scalar_one()
        connection.execute(table.update().values(behomes_key_sealed=stored))

    reseal._reseal_batch(server.engine, vault, table, column, {server.id: before}, done)

    with server.engine.connect() as connection:
        assert connection.execute(select(column)).scalar_one() == stored
    assert (done.sealed, done.moving, done.is_complete) == (0, 1, False)


def test_old_keys_are_dropped_only_when_nothing_needs_them(server):
    (old,) = files.read(file_of(server))
    run(server, "rotate", "--new")

    told = run(server, "drop-old")

    (new,) = files.read(file_of(server))
    assert (told["keys"], told["dropped"]) == (names((new,)), names((old,)))
    server.notify(*answered_call("1"))
    server.drain()
    assert server.state("1") == ("written", None)


def test_a_secret_without_its_key_is_told_and_keeps_the_old_ones(server):
    path = file_of(server)
    stranger = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    with server.engine.begin() as connection:
        connection.execute(CrmAccount.__table__.update().values(reference_key_sealed=stranger))

    assert run(server, "rotate", "--new", code=1)["unopened"] == 1
    assert run(server, "drop-old", code=1)["error"]["code"] == "still_needed"
    assert len(files.read(path)) == 2


def test_keys_of_the_environment_are_not_ours_to_change(server, monkeypatch):
    config = server.app.extensions["config"]
    monkeypatch.setitem(server.app.extensions, "config", replace(config, keeps_keys=False))

    assert run(server, "rotate", "--new", code=1)["error"]["code"] == "kept_elsewhere"


def test_a_process_finds_keys_that_were_changed_meanwhile(tmp_path):
    path = tmp_path / "encryption_keys"
    old, new = files.new_fernet_key(), files.new_fernet_key()
    files.replace(path, [old])
    running = Vault([old], lambda: files.read(path))
    before = running.seal("a")

    files.replace(path, [new, old])

    assert running.open(Vault([new]).seal("b")) == "b"
    assert running.open(before) == "a"
    assert running.is_newest(running.seal("c"))
    files.replace(path, [new])
    running.seal("d")
    with pytest.raises(SealError):
        running.open(before)


def test_recordings_are_read_while_their_key_is_sealed_anew(tmp_path):
    old, new = files.new_fernet_key(), files.new_fernet_key()
    path, audio = tmp_path / "1" / "7.rec", bytes(range(256)) * 1000
    with RecordingWriter(path, "1/7", Vault([old])) as writer:
        writer.add(audio)
        writer.finish()
    both, heard = Vault([new, old]), []

    def listen():
        for _ in range(20):
            heard.append(b"".join(read_audio(path, "1/7", both, 0, len(audio))) == audio)

    listener = threading.Thread(target=listen)
    listener.start()
    first, again = reseal_head(path, both), reseal_head(path, both)
    listener.join()

    assert (first, again, set(heard)) == (True, False, {True})
    assert b"".join(read_audio(path, "1/7", Vault([new]), 0, len(audio))) == audio
    with pytest.raises(BrokenFile):
        list(read_audio(path, "1/7", Vault([old]), 0, 10))


def test_links_and_sessions_of_the_old_session_key_stay_good(server):
    config = server.app.extensions["config"]

    told = run(server, "new-session-key")

    fresh = type(config).from_environ(
        {"INSTANCE_DIR": str(config.instance_dir), "DEMO": "0"}, root=config.instance_dir
    )
    link = RecordingLink(7, "abc", server.now().replace(microsecond=0))
    assert told["kept"] == 2
    assert fresh.secret_key != config.secret_key
    assert fresh.old_secret_keys == (config.secret_key,)
    signed = sign(link, config.secret_key)
    assert read(signed, fresh.secret_key, *fresh.old_secret_keys) == link
    assert read(signed, fresh.secret_key) is None
