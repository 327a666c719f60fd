"""Read the calls report for calls that need a value only it has: one request for all that are due.

A row that is missing is asked for once more after five minutes; then the call goes on without.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.errors import ClientError, LimitExceeded
from models import CallSession, Integration, SettingsVersion, TraceEntry
from models.base import from_ms, now_ms
from models.integration import LIVE
from rules.pbx import CallRow, RowEmployee
from rules.reasons import Code
from rules.settings import load
from rules.templates import InvalidTemplate, parse, variables_of
from rules.variables import Known, Variable
from rules.vocabulary import Direction
from services.ports import Ports
from services.side_by_side import side_by_side

logger = logging.getLogger(__name__)

AGAIN = timedelta(minutes=5)
AROUND = timedelta(minutes=10)
CLAIM_MS = 60_000
BATCH = 200
# What folding and the fallbacks ask of a row, beside the fields that the settings name.
CORE_FIELDS = (
    "id",
    "start_time",
    "finish_time",
    "direction",
    "is_lost",
    "finish_reason",
    "contact_phone_number",
    "virtual_phone_number",
    "talk_duration",
    "wait_duration",
    "total_duration",
    "is_transfer",
    "employees",
    "first_talked_employee_id",
    "last_talked_employee_id",
    "full_record_file_link",
    "call_records",
    "call_api_external_id",
    "tags",
)
# Of a call without notifications also these: for standard texts and for figures.
TOLD_FIELDS = ("source", "scenario_name", "contact_full_name", "campaign_name")
SESSIONS = CallSession.__table__
# Not erased meanwhile: a report brings nobody back.
IS_WHOLE = SESSIONS.c.erased_at.is_(None)


def report_of(stored: Mapping[str, Any] | None) -> CallRow | None:
    """A stored row again."""
    if stored is None:
        return None
    known = dict(stored)
    for name in ("started_at", "finished_at"):
        known[name] = datetime.fromisoformat(known[name]) if known.get(name) else None
    known["direction"] = Direction(known["direction"]) if known.get("direction") else None
    known["employees"] = tuple(RowEmployee(**each) for each in known.get("employees", ()))
    for name in ("tags", "record_links"):
        known[name] = tuple(known.get(name, ()))
    return CallRow(**known)


def as_stored(row: CallRow) -> dict[str, Any]:
    known = asdict(row) | {"extra": {}}
    for name in ("started_at", "finished_at"):
        known[name] = known[name].isoformat() if known[name] else None
    return known


def read_due_reports(engine: Engine, ports: Ports) -> int:
    """Read the report for every call whose time has come; returns how many calls were looked for.

    Safe to run in several places: a batch is pushed a minute on before the question.
    """
    due = _take_due(engine)
    side_by_side(lambda each: _read_for(engine, ports, *each), list(due.items()), ports)
    return sum(map(len, due.values()))


def _take_due(engine: Engine) -> dict[int, list[int]]:
    with engine.begin() as connection:
        live = select(Integration.id).where(LIVE)
        due = (
            select(SESSIONS.c.id)
            .where(SESSIONS.c.report_at <= now_ms(), SESSIONS.c.integration_id.in_(live))
            .order_by(SESSIONS.c.report_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        rows = connection.execute(
            update(SESSIONS)
            .where(SESSIONS.c.id.in_(due))
            .values(report_at=now_ms() + CLAIM_MS)
            .returning(SESSIONS.c.id, SESSIONS.c.integration_id)
        ).all()
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.integration_id, []).append(row.id)
    return found


def _read_for(engine: Engine, ports: Ports, integration_id: int, ids: list[int]) -> None:
    with Session(engine) as session:
        integration = session.get_one(Integration, integration_id)
        pbx = ports.pbx(integration)
        calls = list(session.scalars(select(CallSession).where(CallSession.id.in_(ids))))
        fields = wanted_fields(session, integration)
        since = min(call.started_at for call in calls) - AROUND
        till = max(call.ended_at or call.started_at for call in calls) + AROUND
        wanted = [call.call_session_id for call in calls]
    if pbx is None:
        _give_up(engine, ids)
        return
    try:
        rows = pbx.calls_report(since, till, fields, call_session_ids=wanted)
    except ClientError as error:
        logger.warning("calls report of integration %s: %s", integration_id, error.code)
        later = error.retry_after if isinstance(error, LimitExceeded) else None
        _again(engine, ids, timedelta(seconds=later) if later else AGAIN, is_try=later is None)
        return
    _store(engine, ids, {row.call_session_id: row for row in rows})


def wanted_fields(
    session: Session, integration: Integration, *, with_told: bool = False
) -> tuple[str, ...]:
    """Every field of the report that something of this integration needs; `with_told`: also those
    that notifications tell as a rule, for a call of which none may have come."""
    names = dict.fromkeys(CORE_FIELDS + (TOLD_FIELDS if with_told else ()))
    for variable in _variables_in_use(session, integration):
        if with_told or variable.known is Known.REPORT:
            names.update(dict.fromkeys(variable.fields))
    return tuple(names)


def _variables_in_use(session: Session, integration: Integration) -> Iterator[Variable]:
    """The variables in the texts of the versions that were published last."""
    query = select(SettingsVersion.document).where(
        SettingsVersion.integration_id == integration.id,
        SettingsVersion.number > (integration.published_version or 0) - 5,
    )
    for document in session.scalars(query):
        for text in _texts(document):
            try:
                yield from variables_of(parse(text))
            except InvalidTemplate:
                continue


def _texts(document: dict[str, Any]) -> list[str]:
    settings = load(document)
    templates = settings.templates.model_dump()
    own = [text for entity in templates.values() if entity for text in entity.values() if text]
    return own + [row.value for row in settings.fields]


def _store(engine: Engine, ids: list[int], rows: Mapping[str, CallRow]) -> None:
    with Session(engine) as session, session.begin():
        now = from_ms(session.execute(select(now_ms())).scalar_one())
        for call in session.scalars(
            select(CallSession).where(CallSession.id.in_(ids), IS_WHOLE).with_for_update()
        ):
            row = rows.get(call.call_session_id)
            if row is not None:
                call.report, call.report_at = as_stored(row), None
                call.events_version, call.next_at = call.events_version + 1, now
                session.add(_trace(call, now, Code.REPORT_READ))
                continue
            call.report_tries += 1
            call.report_at = now + AGAIN if call.report_tries < 2 else None
            if call.report_at is None:
                call.events_version, call.next_at = call.events_version + 1, now
                session.add(_trace(call, now, Code.REPORT_MISSING))


def _trace(call: CallSession, now: datetime, code: Code) -> TraceEntry:
    return TraceEntry(session_row_id=call.id, at=now, code=str(code), values={})


def _again(engine: Engine, ids: list[int], later: timedelta, *, is_try: bool) -> None:
    """Ask later; a try that failed for another reason than points counts, so that no call waits
    for ever for a PBX that is away."""
    moment = now_ms() + int(later.total_seconds() * 1000)
    is_last = SESSIONS.c.report_tries >= 1
    with engine.begin() as connection:
        if is_try:
            connection.execute(
                update(SESSIONS)
                .where(SESSIONS.c.id.in_(ids), is_last, IS_WHOLE)
                .values(
                    report_tries=2,
                    report_at=None,
                    next_at=now_ms(),
                    events_version=SESSIONS.c.events_version + 1,
                )
            )
        connection.execute(
            update(SESSIONS)
            .where(SESSIONS.c.id.in_(ids), SESSIONS.c.report_at.is_not(None))
            .values(report_at=moment, report_tries=SESSIONS.c.report_tries + (1 if is_try else 0))
        )


def _give_up(engine: Engine, ids: list[int]) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(SESSIONS)
            .where(SESSIONS.c.id.in_(ids), IS_WHOLE)
            .values(
                report_tries=2,
                report_at=None,
                next_at=now_ms(),
                events_version=SESSIONS.c.events_version + 1,
            )
        )
