"""The command line. Results go to stdout as JSON, words to stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from models import Integration, Login, db
from models.base import reading
from runtime import migrate
from runtime.audit_commands import audit_crm, calls_accounted
from runtime.backup_commands import backup
from runtime.call_commands import reconcile_calls
from runtime.command_line import act_as_command, fail, find_integration, ports, print_json
from runtime.config_check import check, effective
from runtime.config_state import check_backups
from runtime.key_commands import keys
from runtime.privacy_commands import privacy
from runtime.user_commands import sync_users
from services import accounts, call_json, due, integrations, lists, replay
from services.create_login import TOO_WEAK, LoginRefused, create_login
from services.health import readiness
from services.integration_file import InvalidFile, read_connection, read_file
from services.second_step import turn_off
from services.sessions import NoSuchPerson, WeakPassword, reset_password

POLL_SECONDS = 0.25

users = AppGroup("users", help="Logins of this server, and the employee sync.")
integrations_group = AppGroup("integrations", help="Integrations and their settings.")
settings_group = AppGroup("settings", help="The settings document.")
calls = AppGroup("calls", help="Calls and the work on them.")
writes = AppGroup("writes", help="Writes to the CRM.")
crm = AppGroup("crm", help="The CRM.")
config = AppGroup("config", help="The configuration of this server.")


def register(app: Flask) -> None:
    integrations_group.add_command(settings_group)
    calls.add_command(reconcile_calls)
    calls.add_command(calls_accounted)
    crm.add_command(audit_crm)
    for group in (users, integrations_group, calls, writes, crm, privacy):
        group.callback = with_appcontext(_bring_database_up)
    for group in (users, integrations_group, calls, writes, crm, config, backup, keys, privacy):
        app.cli.add_command(group)


def _bring_database_up() -> None:
    """Commands work before the first start, and after an update before the next one."""
    act_as_command()
    parts = readiness(db.engine, None)["parts"]
    if parts["database"] == "away" and not _is_new():
        fail("database_away", "The database cannot be reached.")
    if parts["migrations"] != "ok":
        try:
            with contextlib.redirect_stdout(sys.stderr):
                migrate.upgrade(current_app.extensions["config"])
        except migrate.NewerDatabase as error:
            fail("database_newer", str(error))


def _is_new() -> bool:
    """A database that answers, but holds no tables yet."""
    try:
        with db.engine.connect():
            return True
    except SQLAlchemyError:
        return False


@users.command("create")
@click.option("--email", required=True)
@click.option("--role", type=click.Choice(["admin", "employee"]), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--integration", "ids", type=int, multiple=True, help="May be repeated.")
def create_user(email: str, role: str, password_stdin: bool, ids: tuple[int, ...]) -> None:
    """Make a login."""
    password = _ask_password(password_stdin)
    for integration_id in ids:
        find_integration(integration_id)
    try:
        login = create_login(db.session(), email, role, password, integration_ids=ids)
    except LoginRefused as error:
        fail("login_invalid", str(error))
    print_json({"id": login.id, "email": login.email, "role": login.role})


@users.command("password")
@click.option("--email", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def replace_password(email: str, password_stdin: bool) -> None:
    """Replace a forgotten password; all sessions of the login end."""
    try:
        login = reset_password(email, _ask_password(password_stdin))
    except NoSuchPerson:
        fail("not_found", f"There is no login {email}.")
    except WeakPassword as error:
        fail("login_invalid", TOO_WEAK[error.weakness])
    print_json({"id": login.id, "email": login.email, "role": login.role})


@users.command("second-step-off")
@click.option("--email", required=True)
def drop_second_step(email: str) -> None:
    """Let the password alone be enough again, for who has lost phone and spare codes."""
    login = db.session.scalar(select(Login).where(Login.email == email.strip().lower()))
    if login is None:
        fail("not_found", f"There is no login {email}.")
    turn_off(login.id)
    print_json({"id": login.id, "email": login.email, "second_step": False})


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


@users.command("sync")
@click.argument("integration_id", type=int)
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
def sync_employees(integration_id: int, dry_run: bool) -> None:
    """Bring CRM users over to the PBX's employees; 1 when it was broken off."""
    find_integration(integration_id)
    db.session.remove()
    told = sync_users(db.engine, ports(), integration_id, is_dry=dry_run)
    print_json(told)
    sys.exit(0 if told["aborted"] is None else 1)


@integrations_group.command("create")
@click.argument("file")
def create_integration(file: str) -> None:
    """Make an integration from FILE (- is stdin)."""
    try:
        made = integrations.create_integration(db.session(), read_file(_read(file)), ports())
    except InvalidFile as error:
        fail(error.code, "The file cannot be used.", fields=error.fields)
    print_json(asdict(made))
    _get_acquainted(made.id)


@integrations_group.command("connect")
@click.argument("integration_id", type=int)
@click.argument("file")
def connect_integration(integration_id: int, file: str) -> None:
    """Take over new keys, addresses and limits, and test the connections."""
    integration = find_integration(integration_id)
    try:
        connection = read_connection(_read(file))
    except InvalidFile as error:
        fail(error.code, "The file cannot be used.", fields=error.fields)
    integrations.connect(db.session(), integration, connection, ports())
    result = _get_acquainted(integration_id)
    print_json(result)
    if result["behomes"] != "ok" or result["callgear"] not in ("ok", "not_configured"):
        sys.exit(1)


@settings_group.command("export")
@click.argument("integration_id", type=int)
def export_settings(integration_id: int) -> None:
    """Print the settings document."""
    print_json(
        integrations.settings_document(db.session(), find_integration(integration_id)), indent=2
    )


@settings_group.command("import")
@click.argument("integration_id", type=int)
@click.argument("file")
@click.option("--publish", is_flag=True, help="Calls from now on are handled by it.")
def import_settings(integration_id: int, file: str, publish: bool) -> None:
    """Check a settings document and keep it as draft, or publish it."""
    integration, document, session = find_integration(integration_id), _read(file), db.session()
    try:
        known = integrations.known_references(session, integration)
        integrations.check_settings(document, locale=integration.locale, known=known)
    except InvalidFile as error:
        fail(error.code, "The settings cannot work.", fields=error.fields)
    if not publish:
        integrations.save_draft(session, integration, document)
        print_json({"published_version": integration.published_version, "draft": True})
        return
    number = integrations.publish(session, integration, document, author=None)
    current_app.extensions["ringer"].ring()
    print_json({"published_version": number})


@calls.command("show")
@click.argument("integration_id", type=int)
@click.argument("call_session_id")
def show_call(integration_id: int, call_session_id: str) -> None:
    """Print facts, decisions, writes and trace of a call."""
    find_integration(integration_id)
    session = db.session()
    call = call_json.find_session(session, integration_id, call_session_id)
    if call is None:
        fail("not_found", f"There is no call {call_session_id}.")
    shown = call_json.call_as_json(session, call)
    shown["writes"] = call_json.writes_as_json(session, call)
    shown["trace"] = call_json.trace_as_json(session, call)
    print_json(shown)


@calls.command("drain")
@click.argument("integration_id", type=int)
@click.option("--timeout", type=float, default=60.0, help="Seconds to wait at most.")
def wait_for_calls(integration_id: int, timeout: float) -> None:
    """Wait until nothing is due; 0 when idle, 1 on time-out. It does not work itself."""
    find_integration(integration_id)
    db.session.remove()
    until = time.monotonic() + timeout
    while True:
        with reading(), db.engine.connect() as connection:
            left = due.unfinished(connection, integration_id)
        if left == 0 or time.monotonic() >= until:
            break
        time.sleep(POLL_SECONDS)
    print_json({"idle": left == 0, "left": left})
    sys.exit(0 if left == 0 else 1)


@writes.command("replay")
@click.argument("integration_id", type=int)
@click.argument("call_session_id", required=False)
def replay_writes(integration_id: int, call_session_id: str | None) -> None:
    """Send writes that were set aside again, rendered with today's settings."""
    find_integration(integration_id)
    db.session.remove()
    with db.engine.begin() as connection:
        found = replay.replay_writes(connection, integration_id, call_session_id)
    current_app.extensions["ringer"].ring()
    print_json({"replayed": found.writes, "calls": found.calls})


@crm.command("probe")
@click.argument("integration_id", type=int)
@click.option("--phone", default="+12025550143", help="A number to look up.")
def probe_crm(integration_id: int, phone: str) -> None:
    """Read-only: which expectations of the CRM contract hold."""
    found = ports().crm(find_integration(integration_id)).probe(phone)
    print_json(
        {
            "ok": all(each.holds for each in found),
            "expectations": [each._asdict() for each in found],
        }
    )
    sys.exit(0 if all(each.holds for each in found) else 1)


@config.command("check")
def check_config() -> None:
    """Print the effective configuration, secrets masked; 1 if something is refused."""
    known = current_app.extensions["config"]
    findings = check(known)
    if not known.demo:
        findings += check_backups(db.engine)
    print_json({"config": effective(known), "findings": [asdict(each) for each in findings]})
    sys.exit(1 if any(each.level == "error" for each in findings) else 0)


def _get_acquainted(integration_id: int) -> dict[str, Any]:
    """Verify both keys and read the lists, as far as the other sides can be reached."""
    db.session.remove()
    account = db.session.get_one(Integration, integration_id).crm_account_row_id
    db.session.remove()
    error = accounts.verify_account(db.engine, account, ports(), integration_id=integration_id)
    lists.refresh(db.engine, ports(), integration_id)
    integration = db.session.get_one(Integration, integration_id)
    has_pbx = bool(integration.access_token_sealed)
    pbx = integration.pbx_error or "ok"
    return {
        "id": integration_id,
        "behomes": f"{error.code}: {error.message}" if error else integration.crm_error or "ok",
        "callgear": pbx if has_pbx else "not_configured",
    }


def _read(file: str) -> Any:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        fail("file_unreadable", str(error))
    except ValueError as error:
        fail("file_invalid", f"The file is not JSON: {error}")
