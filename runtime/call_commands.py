"""`calls reconcile`: the comparison with the calls report on the command line."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

import click
from flask import current_app

from clients.errors import ClientError
from models import db
from runtime.command_line import (
    fail,
    find_integration,
    note_command,
    ports,
    print_json,
    read_moment,
)
from services.reconcile import NoPbx, reconcile
from services.report_pages import OutOfPoints


@click.command("reconcile")
@click.argument("integration_id", type=int)
@click.option("--from", "since", required=True, help="Calls that began at this time or later.")
@click.option("--till", required=True, help="Calls that began at this time or earlier.")
def reconcile_calls(integration_id: int, since: str, till: str) -> None:
    """Compare with the calls report and take in what is missing.

    Times are ISO 8601, without offset in the integration's zone.
    """
    zone = ZoneInfo(find_integration(integration_id).timezone)
    begin, end = read_moment("--from", since, zone), read_moment("--till", till, zone)
    if begin > end:
        fail("date_invalid", "--from is later than --till.")
    db.session.remove()
    note_command("calls reconcile", integration_id)
    try:
        counts = reconcile(
            db.engine, ports(), integration_id, since=begin, till=end, kind="command"
        )
    except NoPbx:
        fail("not_configured", "There is no key of CallGear to read the calls report with.")
    except OutOfPoints as error:
        _told_later(error.code, "Only the reserve of CallGear's points is left.", error.seconds)
    except ClientError as error:
        later = getattr(error, "retry_after", None)
        _told_later(error.code, f"CallGear did not give the calls report: {error.message}", later)
    current_app.extensions["ringer"].ring()
    print_json(asdict(counts))


def _told_later(code: str, message: str, seconds: float | None) -> None:
    """End the command; what was compared until then is taken in and worked on."""
    current_app.extensions["ringer"].ring()
    again = f" Try again in {seconds:.0f} s." if seconds else ""
    fail(code, f"{message.rstrip('.')}.{again}")
