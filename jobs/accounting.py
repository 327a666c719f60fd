"""Every call accounted for: days are counted and repaired, the CRM is audited."""

from __future__ import annotations

from flask import current_app

from models import db
from services import crm_audit, crm_audit_runs, day_accounts, day_repair

AUDIT_SECONDS = 20.0


def store_days() -> None:
    """Keep the counts of days that are over and compared."""
    day_accounts.store_due(db.engine)


def repair_days() -> None:
    """Move the repairs on that somebody has asked for."""
    day_repair.work_on_due(db.engine, current_app.extensions["ports"])


def start_audits() -> None:
    """Begin the nightly audits of the CRM."""
    crm_audit_runs.start_nightly(db.engine)


def audit_crm() -> None:
    """Move audits of the CRM on, as far as calls leave room."""
    crm_audit.work_on_due(db.engine, current_app.extensions["ports"], seconds=AUDIT_SECONDS)
