"""`backup create|verify|restore` on the command line."""

from __future__ import annotations

import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from models import db
from runtime.backup import keys
from runtime.backup.archive import BadBackup, Manifest
from runtime.backup.create import create, forget_old
from runtime.backup.restore import restore
from runtime.backup.verify import opened
from runtime.command_line import fail, note_command, print_json
from runtime.config import Config
from runtime.run import CannotStart
from services import heartbeats

backup = AppGroup("backup", help="Backups of this instance, and the way back.")
PASSPHRASE = click.option(
    "--passphrase-file",
    "passphrase_file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Its first line opens the keys inside the backup (- is stdin).",
)


@backup.command("create")
@click.argument("target", type=click.Path(path_type=Path))
@PASSPHRASE
@click.option("--keep", type=click.IntRange(1), help="Of a folder: keep only the newest so many.")
@with_appcontext
def create_backup(target: Path, passphrase_file: Path | None, keep: int | None) -> None:
    """Write a backup to TARGET: a file, or a folder for a name with the time."""
    began, config = time.monotonic(), _config()
    if keep and not target.is_dir():
        fail("not_a_folder", "--keep is for a folder of backups.")
    if not target.parent.is_dir():
        fail("no_folder", f"There is no folder {target.parent}.")
    try:
        made = create(config, target, passphrase=_read_passphrase(passphrase_file, is_new=True))
    except (BadBackup, OSError) as error:
        fail("backup_failed", str(error))
    seconds = round(time.monotonic() - began, 1)
    with db.engine.begin() as connection:
        told = {"bytes": made.size, "seconds": seconds}
        heartbeats.beat(connection, heartbeats.BACKUP, socket.gethostname(), told)
    removed = forget_old(target, keep) if keep else []
    shown = {"file": str(made.path), "bytes": made.size, "seconds": seconds, "removed": removed}
    print_json({**shown, **_shown(made.manifest)})
    if not made.manifest.has_keys:
        click.echo(
            "The keys are not in it. Without ENCRYPTION_KEYS it is of no use: keep a copy of them"
            " apart, or give --passphrase-file.",
            err=True,
        )


@backup.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@PASSPHRASE
@with_appcontext
def verify_backup(file: Path, passphrase_file: Path | None) -> None:
    """Check FILE: checksums, every page of the database, its schema and keys; 1 if it is no use."""
    passphrase = _read_passphrase(passphrase_file)
    try:
        with opened(file, _config(), passphrase=passphrase) as found:
            keys_fit, manifest = found.fitting is not None, found.manifest
    except (BadBackup, OSError) as error:
        fail("backup_unusable", str(error))
    print_json({"ok": keys_fit, "keys_fit": keys_fit, **_shown(manifest)})
    if not keys_fit:
        click.echo("Whole, but no key at hand opens its secrets.", err=True)
        sys.exit(1)


@backup.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@PASSPHRASE
@click.option("--force", is_flag=True, help="Also in the place of an instance that is not empty.")
@with_appcontext
def restore_backup(file: Path, passphrase_file: Path | None, force: bool) -> None:
    """Put this instance where FILE was. It must be stopped on every host."""
    passphrase = _read_passphrase(passphrase_file)
    db.engine.dispose()
    try:
        done = restore(file, _config(), passphrase=passphrase, force=force)
    except (BadBackup, CannotStart, OSError) as error:
        fail("restore_refused", str(error))
    note_command("backup restore")
    before = str(done.before) if done.before else None
    print_json({"before": before, "keys_written": done.keys_written, **_shown(done.manifest)})
    click.echo(
        f"Calls since {done.manifest.made_at} come back with"
        f" `calls reconcile ID --from {done.manifest.made_at} --till ...`.",
        err=True,
    )


def _read_passphrase(path: Path | None, *, is_new: bool = False) -> str | None:
    if path is None:
        return None
    text = sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8")
    passphrase = (text.splitlines() or [""])[0].strip()
    if is_new and len(passphrase) < keys.SHORTEST_PASSPHRASE:
        fail("passphrase_short", f"At least {keys.SHORTEST_PASSPHRASE} characters, please.")
    return passphrase


def _shown(manifest: Manifest) -> dict[str, Any]:
    hidden = ("probes", "members", "format")
    return {name: value for name, value in asdict(manifest).items() if name not in hidden}


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config
