"""`calls accounted` and `crm audit`: what is accounted for, and what the CRM holds of it."""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditFinding, AuditRun, db
from models.base import reading
from rules.accounting import Account
from rules.times import YEARS
from runtime.command_line import fail, find_integration, ports, print_json, read_moment
from services import crm_audit_runs
from services.crm_audit import Audit
from services.day_accounts import read_account, read_compared
from services.integrations import database_now

POLL_SECONDS = 0.1
TURN_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
LOOKED_BACK = timedelta(days=7)


@click.command("accounted")
@click.argument("integration_id", type=int)
@click.option("--day", help="YYYY-MM-DD in the integration's zone; yesterday without it.")
def calls_accounted(integration_id: int, day: str | None) -> None:
    """Print a day's count; 1 when it is not complete."""
    integration = find_integration(integration_id)
    session = db.session()
    with reading():
        today = database_now(session).astimezone(ZoneInfo(integration.timezone)).date()
        wanted = _day(day) if day else today - timedelta(days=1)
        account = read_account(session, integration, wanted)
        if account is None:
            fail("not_found", f"{wanted} is no day of this integration.")
        compared = read_compared(session, integration, account.span.start)
    print_json(_told(account) | {"error": compared.error or None})
    sys.exit(0 if account.is_complete else 1)


@click.command("audit")
@click.argument("integration_id", type=int)
@click.option("--from", "since", help="Calls that began at this time or later; a week ago.")
@click.option("--till", help="Calls that began before this time; now.")
@click.option("--timeout", type=float, default=3600.0, help="Seconds to work at most.")
def audit_crm(integration_id: int, since: str | None, till: str | None, timeout: float) -> None:
    """Compare the ledger with what the CRM shows; 1 if something is lost, doubled or unclear.

    Times are ISO 8601, without offset in the integration's zone. Only reads the CRM, as slowly as
    the work on calls wants it.
    """
    zone = ZoneInfo(find_integration(integration_id).timezone)
    db.session.remove()
    with Session(db.engine) as session:
        now = database_now(session)
        begin = read_moment("--from", since, zone) if since else now - LOOKED_BACK
        end = read_moment("--till", till, zone) if till else now
        if begin > end:
            fail("date_invalid", "--from is later than --till.")
        run = crm_audit_runs.start(session, integration_id, "command", since=begin, till=end)
        run_id, is_other = run.id, (run.from_at, run.till_at) != (begin, end)
    if is_other and _is_held(run_id):
        fail("in_progress", "Another audit by command is under way: try again when it has ended.")
    told = _work(run_id, monotonic() + timeout)
    print_json(told)
    is_well = told["aborted"] is None and not (told["lost"] or told["doubled"])
    sys.exit(0 if is_well else 1)


def _work(run_id: int, until: float) -> dict[str, Any]:
    """Audit until the end; a run that gets no further for a while, or not in time, is given up."""
    checked, moved_at = -1, monotonic()
    while (told := _counts(run_id))["state"] == "running":
        now = monotonic()
        if told["checked"] != checked:
            checked, moved_at = told["checked"], now
        if now >= until or now - moved_at > PATIENCE_SECONDS:
            crm_audit_runs.give_up(db.engine, run_id)
            continue
        Audit(db.engine, ports(), run_id).work(min(until, now + TURN_SECONDS))
        time.sleep(POLL_SECONDS)
    is_finished = told.pop("state") == "finished"
    return told | {"aborted": None if is_finished else told["aborted"]}


def _counts(run_id: int) -> dict[str, Any]:
    with reading(), Session(db.engine) as session:
        run = session.get_one(AuditRun, run_id)
        query = select(AuditFinding).where(
            AuditFinding.integration_id == run.integration_id,
            AuditFinding.state == "open",
            AuditFinding.checked_at >= run.started_at,
        )
        found = [
            {
                "problem": each.problem,
                "kind": each.kind,
                "crm_id": each.crm_id,
                "ids": each.ids,
                "ledger_key": each.ledger_key,
            }
            for each in session.scalars(query.order_by(AuditFinding.id))
        ]
        counts = dict(crm_audit_runs.counts_of(run))
        return {**counts, "findings": found, "aborted": run.error, "state": run.state}


def _is_held(run_id: int) -> bool:
    with reading(), Session(db.engine) as session:
        run = session.get_one(AuditRun, run_id)
        return run.leased_until is not None and run.leased_until > database_now(session)


def _told(account: Account) -> dict[str, Any]:
    tally, till = account.tally, account.compared_till
    return {
        "day": account.span.day.isoformat(),
        "calls": tally.calls,
        "accounted": tally.accounted,
        "written": tally.written,
        "skipped": tally.skipped,
        "waiting": tally.waiting,
        "failed": tally.failed,
        "in_report": tally.in_report,
        "only_in_report": tally.from_report,
        "compared_till": till.isoformat() if till else None,
        "standing": str(account.standing),
        "complete": account.is_complete,
    }


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fail("date_invalid", f"--day is no day like 2026-03-31: {text[:40]}")
    if day.year not in YEARS:
        fail("date_invalid", f"--day is no day of this century: {text[:40]}")
    return day
