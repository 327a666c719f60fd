"""`keys list|rotate|drop-old|new-session-key`: the keys of this server."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from models import db
from runtime import keys as files
from runtime.backup.keys import names
from runtime.command_line import fail, note_command, print_json
from runtime.config import ENCRYPTION_KEYS_FILE, SECRET_KEY_FILE, Config
from services.reseal import Resealed, reseal
from services.vault import Vault

ROUNDS = 5

keys = AppGroup("keys", help="Encryption keys and the session key.")


@keys.command("list")
@with_appcontext
def list_keys() -> None:
    """Names of the encryption keys, newest first, and where they are kept."""
    config = _config()
    where = "folder" if config.keeps_keys else "environment"
    print_json({"keys": names(config.encryption_keys_now()), "kept_in": where})


@keys.command("rotate")
@click.option("--new", "is_new", is_flag=True, help="First make a new key; kept in INSTANCE_DIR.")
@with_appcontext
def rotate(is_new: bool) -> None:
    """Seal everything anew with the newest key, while the server works; may be broken off."""
    config = _config()
    if is_new:
        path = _file(config)
        files.replace(path, [files.new_fernet_key(), *files.read(path)])
    done = _reseal(config)
    note_command("keys rotate")
    print_json({"keys": names(config.encryption_keys_now()), **asdict(done)})
    sys.exit(0 if done.is_complete else 1)


@keys.command("drop-old")
@with_appcontext
def drop_old() -> None:
    """Take the older keys out of INSTANCE_DIR, once nothing is sealed with them any more."""
    config = _config()
    path = _file(config)
    newest, *older = files.read(path)
    done = _reseal(config)
    if not done.is_complete:
        fail("still_needed", "Something cannot be sealed anew: run `keys rotate` and see why.")
    files.replace(path, [newest])
    # What a process has sealed in the moment between: it had read the keys just before.
    done = _reseal(config, Vault([newest, *older]))
    note_command("keys drop-old")
    print_json({"keys": names((newest,)), "dropped": names(tuple(older)), **asdict(done)})


@keys.command("new-session-key")
@with_appcontext
def new_session_key() -> None:
    """Put a new SECRET_KEY in front of the one in INSTANCE_DIR; it counts from the next start."""
    config = _config()
    path = config.instance_dir / SECRET_KEY_FILE
    known = files.read(path)
    if known[:1] != (config.secret_key,):
        fail("kept_elsewhere", "SECRET_KEY is set in the environment: change it there.")
    files.replace(path, [files.new_secret(), *known])
    note_command("keys new-session-key")
    print_json({"kept": len(known) + 1, "counts_from": "the next start"})


def _reseal(config: Config, vault: Vault | None = None) -> Resealed:
    """Until nothing moves any more: what changed while we looked is looked at again."""
    vault = vault or Vault(config.encryption_keys_now())
    total = Resealed()
    for _ in range(ROUNDS):
        done = reseal(db.engine, vault, config.recordings_dir)
        total = replace(
            done,
            sealed=total.sealed + done.sealed,
            recordings=total.recordings + done.recordings,
        )
        if not done.moving:
            break
    return total


def _file(config: Config) -> Path:
    if not config.keeps_keys:
        fail(
            "kept_elsewhere",
            "ENCRYPTION_KEYS is set in the environment: put the new key behind the others there,"
            " restart all, put it in front, restart all, then run `keys rotate`.",
        )
    return config.instance_dir / ENCRYPTION_KEYS_FILE


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config
