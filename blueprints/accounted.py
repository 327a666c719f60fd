"""/integrations/<id>/accounted: every call accounted for; what the CRM lost or holds twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints import accounted_words as told
from blueprints.access import admin_only, get_integration, protect
from blueprints.call_lines import call_line
from blueprints.htmx import leave, render, unchanged, wants_partial
from blueprints.journal import names_of
from blueprints.row_ids import LARGEST
from blueprints.shown import short_date
from models import AuditRun, DayRepair, Integration, db
from rules.accounting import Account, Compared
from rules.periods import read_day
from services import audit_findings, crm_audit_runs, day_repair, replay_runs
from services.call_clients import find_clients
from services.day_accounts import Choice, list_calls, read_account, read_accounts, read_compared

bp = Blueprint("accounted", __name__)
protect(bp)

NOT_LOST = _l("This entry is not missing any more: nothing was changed.")


@bp.get("/integrations/<int:id>/accounted")
@admin_only
def index(id: int) -> Response:
    integration = get_integration(id)
    kept = current_app.extensions["kept_figures"]
    accounts = kept.get(("days", id), lambda: read_accounts(db.session(), integration))
    compared = read_compared(db.session(), integration, accounts[-1].span.start)
    findings = audit_findings.list_open(db.session(), id)
    run = crm_audit_runs.find_last(db.session(), id)
    seen = _seen(
        accounts, compared, run, [(each.finding.id, each.finding.state) for each in findings]
    )
    if wants_partial() and request.args.get("seen") == seen:
        return unchanged()
    calls = [each.call for each in findings]
    clients = find_clients(db.session(), integration, calls)
    return render(
        "accounted/index.html",
        "accounted/partials/days.html",
        integration=integration,
        days=[told.day_line(each, integration, compared) for each in accounts],
        choices=told.CHOICES,
        findings=[told.finding_line(each, clients) for each in findings],
        run=run,
        run_words=told.audit_words(run, integration.timezone) if run else "",
        run_error=told.audit_error(run.error) if run else "",
        seen=seen,
    )


@bp.get("/integrations/<int:id>/accounted/<day>")
@admin_only
def show(id: int, day: str) -> Response:
    integration = get_integration(id)
    account = _account(integration, day)
    return _day_page(integration, account)


@bp.post("/integrations/<int:id>/accounted/<day>/repair")
@admin_only
def repair(id: int, day: str) -> Response:
    """Safe to press twice: the second press finds the first one's repair."""
    integration = get_integration(id)
    account = _account(integration, day)
    asked = day_repair.start(db.session(), id, account.span.day, author=current_user.email)
    if asked.day != account.span.day:
        db.session.expire_all()
        return _day_page(integration, account, problem=_other_day(asked), status=422)
    return leave(url_for("accounted.show", id=id, day=day))


@bp.post("/integrations/<int:id>/accounted/audit")
@admin_only
def audit(id: int) -> Response:
    get_integration(id)
    crm_audit_runs.start_now(db.session(), id)
    return leave(url_for("accounted.index", id=id, _anchor="crm"))


@bp.post("/integrations/<int:id>/accounted/findings/<int:finding_id>/again")
@admin_only
def make_again(id: int, finding_id: int) -> Response:
    get_integration(id)
    connection = db.session.connection()
    done = audit_findings.make_again(connection, id, finding_id, by=current_user.email)
    db.session.commit()
    if done:
        current_app.extensions["ringer"].ring()
        flash(_("The entry is being created again, under the same key: it cannot become two."))
    else:
        flash(str(NOT_LOST), "error")
    return leave(url_for("accounted.index", id=id, _anchor="crm"))


@bp.post("/integrations/<int:id>/accounted/findings/accept")
@admin_only
def accept(id: int) -> Response:
    """Close the findings that are named: it is meant to be so."""
    get_integration(id)
    named = request.form.getlist("finding", type=int)[: audit_findings.SHOWN]
    ids = [each for each in named if 0 < each <= LARGEST]
    done = audit_findings.accept(db.session.connection(), id, ids, by=current_user.email)
    db.session.commit()
    if done:
        flash(_("Noted: nothing is said of it any more."))
    else:
        flash(_("Nothing was chosen that is still open: nothing was changed."), "error")
    return leave(url_for("accounted.index", id=id, _anchor="crm"))


def _day_page(
    integration: Integration, account: Account, *, problem: str = "", status: int = 200
) -> Response:
    session, day = db.session(), account.span.day
    choice = _choice(request.args.get("list"), account)
    number = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    listed = list_calls(session, integration.id, account.span, choice, number)
    last = day_repair.find_last(session, integration.id, day)
    progress = _progress(last)
    seen = _seen(account, choice, number, progress, [row.updated_at for row in listed.rows])
    if wants_partial() and request.args.get("seen") == seen:
        return unchanged()
    compared = read_compared(session, integration, account.span.start)
    names, zone = names_of(integration.id), integration.timezone
    return render(
        "accounted/day.html",
        "accounted/partials/day.html",
        status=status,
        integration=integration,
        line=told.day_line(account, integration, compared),
        counts=_counts(account),
        choice=choice,
        choices=told.CHOICES,
        listed=listed,
        lines=[
            (call_line(row, integration, names), told.what_to_do(row, zone)) for row in listed.rows
        ],
        repair=last,
        progress=progress,
        repair_words=told.repair_words(last) if last and last.finished_at else [],
        problem=problem,
        seen=seen,
    )


def _account(integration: Integration, text: str) -> Account:
    day = read_day(text)
    found = read_account(db.session(), integration, day) if day else None
    if found is None:
        abort(404)
    return found


def _counts(account: Account) -> Mapping[Choice, int]:
    tally = account.tally
    return {
        Choice.REST: tally.rest,
        Choice.WRITTEN: tally.written,
        Choice.SKIPPED: tally.skipped,
        Choice.WAITING: tally.waiting,
        Choice.FAILED: tally.failed,
        Choice.FROM_REPORT: tally.from_report,
        Choice.NOT_IN_REPORT: tally.not_in_report,
        Choice.ALL: tally.calls,
    }


def _choice(text: str | None, account: Account) -> Choice:
    """What was asked for; else what is open, else all calls of the day."""
    if text in list(Choice):
        return Choice(text)
    return Choice.REST if account.tally.rest else Choice.ALL


def _progress(repair: DayRepair | None) -> tuple[str, int, int] | None:
    """Of a repair that is under way: what it does, and how many calls of how many are replayed."""
    if repair is None or repair.finished_at is not None:
        return None
    run = None
    if repair.replay_run_id is not None:
        run = replay_runs.find_run(db.session(), repair.integration_id, repair.replay_run_id)
    return repair.state, run.done if run else 0, run.total if run else 0


def _other_day(repair: DayRepair) -> str:
    return _(
        "Another day is being repaired now (%(day)s). Press again when that has ended.",
        day=short_date(repair.day),
    )


def _seen(*parts: Any) -> str:
    """Changes when something on the page does."""
    plain = [_plain(part) for part in parts]
    return hashlib.sha256(repr((plain, str(get_locale()))).encode()).hexdigest()[:16]


def _plain(part: Any) -> Any:
    if isinstance(part, AuditRun):
        return part.id, part.state, part.checked, part.error
    return part if not isinstance(part, (Compared, date)) else repr(part)
