"""`privacy export|erase|retention` on the command line."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from models import Erasure, db
from models.base import reading
from runtime.command_line import fail, find_integration, ports, print_json
from services import erasures
from services.erase_keyed import Number
from services.export_number import export_number, note_export
from services.kept_days import describe
from services.personal_data import NOT_OURS, collect, count

privacy = AppGroup("privacy", help="What is held about one number, and for how long.")
PHONE = "PHONE in any spelling; - reads it from standard input, so that no shell keeps it."


@privacy.command("export", epilog=PHONE)
@click.argument("integration_id", type=int)
@click.argument("phone")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a ZIP with the kept recordings; else JSON goes to standard output.",
)
def export_command(integration_id: int, phone: str, out: Path | None) -> None:
    """Everything that is held about a number."""
    number = _number(integration_id, phone)
    if out is None:
        note_export(db.engine, number)
        with reading(), db.engine.connect() as connection:
            print_json(collect(connection, number), indent=2)
        return
    try:
        with out.open("xb") as file:
            out.chmod(0o600)
            document = export_number(db.engine, number, ports(), file)
    except OSError as error:
        fail("file_unwritable", str(error))
    print_json({"file": str(out), "calls": len(document["calls"])})


@privacy.command("erase", epilog=PHONE)
@click.argument("integration_id", type=int)
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Erase; without it only counts are shown.")
@click.option("--timeout", type=float, default=600.0, help="Seconds to work and wait at most.")
def erase_command(integration_id: int, phone: str, yes: bool, timeout: float) -> None:
    """Erase it. 1 if it goes on in the background, because a call is under way."""
    number = _number(integration_id, phone)
    if not yes:
        with reading(), db.engine.connect() as connection:
            held = count(connection, number)
        print_json({"would_erase": held, "not_held_here": NOT_OURS})
        return
    order = erasures.ask(db.session(), number, ports())
    db.session.remove()
    until, is_finished = time.monotonic() + timeout, False
    while not is_finished and time.monotonic() < until:
        is_finished = erasures.run(db.engine, ports(), order, until=until) or _is_over(order)
        time.sleep(0 if is_finished else 0.5)
    with reading(), Session(db.engine) as session:
        row = session.get_one(Erasure, order)
        told = {"finished": is_finished, "erased": row.counts, "waiting_for_calls": row.waiting}
    print_json({**told, "not_held_here": NOT_OURS})
    sys.exit(0 if is_finished else 1)


@privacy.command("retention")
@click.argument("integration_id", type=int)
def show_retention(integration_id: int) -> None:
    """What is kept for how many days, how much of it there is, and since when."""
    find_integration(integration_id)
    with reading():
        held = describe(db.session(), integration_id, count=True)
    print_json(
        [
            {
                "kind": str(each.kind),
                "days": each.days,
                "rows": each.rows,
                "oldest": each.oldest.isoformat() if each.oldest else None,
            }
            for each in held
        ],
        indent=2,
    )


def _is_over(erasure_id: int) -> bool:
    """Whether somebody else has finished it."""
    with reading(), Session(db.engine) as session:
        return session.get_one(Erasure, erasure_id).finished_at is not None


def _number(integration_id: int, phone: str) -> Number:
    find_integration(integration_id)
    typed = sys.stdin.readline().strip() if phone == "-" else phone
    try:
        number = erasures.read_number(db.session(), integration_id, typed, ports())
    except erasures.NoNumber:
        fail("phone_invalid", "This cannot be read as a phone number.")
    db.session.remove()
    return number
