"""`users sync`: the employee sync on the command line. It needs neither broker nor workers."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import SyncItem, SyncRun
from models.base import reading
from rules.employee_match import id_key
from rules.employee_sync import Result
from services import sync_runs
from services.ports import Ports
from services.sync_employees import Outcome, work

POLL_SECONDS = 0.25
OTHER = "Another sync of this integration is under way: try again when it has ended."


def sync_users(
    engine: Engine, ports: Ports, integration_id: int, *, is_dry: bool
) -> dict[str, Any]:
    """Run the sync, or join the one that is under way, until it ends; the result as JSON."""
    try:
        with Session(engine) as session:
            started = sync_runs.start(session, integration_id, origin="command", is_dry=is_dry)
    except sync_runs.NoPbx:
        return _nothing("not_configured: there is no key of CallGear")
    with reading(), Session(engine) as session:
        other = session.get_one(SyncRun, started.run_id)
        if other.is_dry is not is_dry or (other.max_changes is not None and not started.is_new):
            return _nothing(OTHER)
    while work(engine, ports, started.run_id) is not Outcome.FINISHED:
        if _is_finished(engine, started.run_id):
            break
        time.sleep(POLL_SECONDS)
    return _told(engine, started.run_id)


def _is_finished(engine: Engine, run_id: int) -> bool:
    with reading(), Session(engine) as session:
        return session.get_one(SyncRun, run_id).state not in sync_runs.UNFINISHED


def _told(engine: Engine, run_id: int) -> dict[str, Any]:
    with reading(), Session(engine) as session:
        run = session.get_one(SyncRun, run_id)
        items = session.scalars(select(SyncItem).where(SyncItem.run_id == run_id)).all()
        counts = {str(result): 0 for result in Result}
        for item in items:
            counts[item.result] += 1
        shown = [
            {"crm_user_id": item.crm_user_id, "result": item.result, "reason": item.reason}
            for item in sorted(items, key=lambda item: id_key(item.crm_user_id))
        ]
        return {**counts, "items": shown, "aborted": _aborted(run)}


def _aborted(run: SyncRun) -> str | None:
    if run.state == "stopped":
        return "stopped"
    if run.state != "aborted":
        return None
    error = run.error or {}
    words = [error.get("side"), error.get("code"), error.get("message")]
    return ": ".join(word for word in words if word) or "aborted"


def _nothing(aborted: str) -> dict[str, Any]:
    return {**{str(result): 0 for result in Result}, "items": [], "aborted": aborted}
