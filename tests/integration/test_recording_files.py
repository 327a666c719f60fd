"""Encrypted files: any part, going on after a break, nothing changed unseen."""

from __future__ import annotations

import secrets

import pytest
from cryptography.fernet import Fernet

from services.recording_files import PIECE, BrokenFile, RecordingWriter, read_audio
from services.vault import Vault

AUDIO = secrets.token_bytes(2 * PIECE + 1000)


@pytest.fixture
def vault():
    return Vault([Fernet.generate_key().decode()])


@pytest.fixture
def path(tmp_path, vault):
    path = tmp_path / "1" / "7.rec"
    with RecordingWriter(path, "1/7", vault) as writer:
        writer.add(AUDIO)
        assert writer.finish() == len(AUDIO)
    return path


def read(path, vault, start, stop, name="1/7"):
    return b"".join(read_audio(path, name, vault, start, stop))


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, len(AUDIO)), (0, 1), (PIECE - 1, PIECE + 1), (2 * PIECE, len(AUDIO)), (70_000, 140_000)],
)
def test_any_part_is_read(path, vault, start, stop):
    assert read(path, vault, start, stop) == AUDIO[start:stop]


def test_nothing_of_the_audio_lies_open(path):
    stored = path.read_bytes()

    assert AUDIO[:32] not in stored
    assert path.stat().st_mode & 0o077 == 0


def test_broken_off_file_goes_on_after_its_last_whole_piece(tmp_path, vault):
    path = tmp_path / "7.part"
    with RecordingWriter(path, "1/7", vault) as writer:
        writer.add(AUDIO[: PIECE + 5])
        writer._file.write(b"half a piece")

    with RecordingWriter(path, "1/7", vault) as writer:
        assert writer.written == PIECE
        writer.add(AUDIO[PIECE:])
        writer.finish()

    assert read(path, vault, 0, len(AUDIO)) == AUDIO


def changed(path, vault):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_off(path, vault):
    path.write_bytes(path.read_bytes()[:-20])


def exchanged(path, vault):
    with RecordingWriter(path, "1/8", vault) as writer:
        writer.restart()
        writer.add(AUDIO)
        writer.finish()


def gone(path, vault):
    path.unlink()


@pytest.mark.parametrize("harm", [changed, cut_off, exchanged, gone])
def test_what_was_done_to_a_file_is_seen(path, vault, harm):
    harm(path, vault)

    with pytest.raises(BrokenFile):
        read(path, vault, 0, len(AUDIO))


def test_another_key_does_not_open_it(path):
    with pytest.raises(BrokenFile):
        read(path, Vault([Fernet.generate_key().decode()]), 0, 10)
