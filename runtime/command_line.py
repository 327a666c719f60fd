"""What all commands share: how they answer, refuse, and find what they are asked about."""

from __future__ import annotations

import json
import os
import pwd
import sys
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click
from flask import current_app
from sqlalchemy import select

from models import Integration, db
from models.integration import LIVE
from rules.audit import Change
from rules.times import YEARS
from services.audit_log import Actor, begin_acting, end_acting, record
from services.ports import Ports


def act_as_command() -> None:
    """What this command changes is written down as its doing, and whose command it was."""
    token = begin_acting(lambda: Actor("command", _user()))
    click.get_current_context().call_on_close(lambda: end_acting(token))


def note_command(command: str, integration_id: int | None = None) -> None:
    """Write down that a command has changed what no line of its own tells: keys, comparisons."""
    act_as_command()
    with db.engine.begin() as connection:
        record(connection, Change.COMMAND, integration_id, command=command)


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        return str(os.getuid())


def print_json(value: Any, indent: int | None = None) -> None:
    """Print a result to stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def fail(code: str, message: str, *, fields: list[dict[str, str]] | None = None) -> NoReturn:
    """Print an error as JSON to stdout and end with exit code 1."""
    error: dict[str, Any] = {"code": code, "message": message}
    if fields is not None:
        error["fields"] = fields
    print_json({"error": error})
    sys.exit(1)


def find_integration(integration_id: int) -> Integration:
    """The integration with this id; ends the command if there is none."""
    query = select(Integration).where(Integration.id == integration_id, LIVE)
    integration = db.session.scalar(query)
    if integration is None:
        fail("not_found", f"There is no integration {integration_id}.")
    return integration


def read_moment(option: str, text: str, zone: ZoneInfo) -> datetime:
    """A time of an option: ISO 8601, without offset in the zone; ends the command if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail("date_invalid", f"{option} is no date and time of ISO 8601: {text[:40]}")
    if moment.year not in YEARS:
        fail("date_invalid", f"{option} is no date of this century: {text[:40]}")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def ports() -> Ports:
    """The doors to the outside."""
    found: Ports = current_app.extensions["ports"]
    return found
