"""Which recordings are kept as copies of ours, and for how long.

Safe in several places and at any interruption: what is to be kept stands in SQL.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.engine import Connection, Engine

from models import CallSession, Integration, RecordingCopy
from models.base import from_ms, now_ms, reading
from models.bulk import insert_rows
from models.integration import LIVE
from services.ports import Ports
from services.recording_copies import copy_path
from services.recording_links import record_id

COPIES = RecordingCopy.__table__
CALLS = CallSession.__table__
INTEGRATIONS = Integration.__table__
LOOKED_AT = 500  # calls in one look for what to keep
AGAIN = timedelta(days=1)  # a recording may become known so long after its call


def plan_copies(engine: Engine, walked: dict[int, datetime]) -> int:
    """Put down what is to be kept; returns how many recordings were looked at.

    `walked` remembers how far each integration was looked through: the calls of the time to keep
    once, a few hundred at a time; afterwards those of the last day again and again.
    """
    looked_at = 0
    with reading(), engine.connect() as connection:
        now = _now(connection)
        query = select(INTEGRATIONS).where(LIVE, INTEGRATIONS.c.keep_recordings_days.is_not(None))
        keeping = list(connection.execute(query))
    for office in keeping:
        with reading(), engine.connect() as connection:
            calls = _next_calls(connection, office, walked, now)
        rows = [row for call in calls for row in _wanted(call, office, now)]
        looked_at += len(rows)
        if rows:
            with engine.begin() as connection:
                insert_rows(connection, COPIES, rows, or_else="ON CONFLICT DO NOTHING")
    return looked_at


def expire_copies(engine: Engine, ports: Ports) -> int:
    """Delete the files whose time is over; returns how many."""
    is_over = (COPIES.c.state == "kept") & (COPIES.c.expires_at <= now_ms())
    with reading(), engine.connect() as connection:
        query = select(COPIES.c.id, COPIES.c.integration_id).where(is_over).limit(LOOKED_AT)
        rows = list(connection.execute(query))
    for row in rows:
        copy_path(ports, row.integration_id, row.id).unlink(missing_ok=True)
        with engine.begin() as connection:
            gone = update(COPIES).where(COPIES.c.id == row.id)
            connection.execute(gone.values(state="expired", file_name=None))
    return len(rows)


def remove_orphans(engine: Engine, ports: Ports) -> int:
    """Delete the files of integrations whose data is gone; returns how many integrations."""
    folders = _folders(ports.recordings_dir)
    if not folders:
        return 0
    with reading(), engine.connect() as connection:
        has_data = INTEGRATIONS.c.behomes_key_sealed != ""
        known = set(connection.execute(select(INTEGRATIONS.c.id).where(has_data)).scalars())
        newest = connection.execute(select(func.max(INTEGRATIONS.c.id))).scalar_one() or 0
    # A number that this database never gave belongs to another one, whose files stay.
    orphans = [folder for number, folder in folders if number not in known and number <= newest]
    for folder in orphans:
        shutil.rmtree(folder, ignore_errors=True)
    return len(orphans)


def remove_strays(engine: Engine, ports: Ports) -> int:
    """Delete the files whose copy is no more: its time was over, or it was erased, while this
    folder was not at hand, or on a host with another folder. Returns how many."""
    removed = 0
    for _, folder in _folders(ports.recordings_dir):
        files = {int(each.stem): each for each in folder.iterdir() if each.stem.isdigit()}
        ids = sorted(files)
        for start in range(0, len(ids), LOOKED_AT):
            for row_id in _stray(engine, ids[start : start + LOOKED_AT]):
                files[row_id].unlink(missing_ok=True)
                removed += 1
    return removed


def _stray(engine: Engine, ids: list[int]) -> list[int]:
    """Of these numbers of files, those that this database gave once and has let go."""
    needed = select(COPIES.c.id).where(COPIES.c.id.in_(ids), COPIES.c.state.in_(("kept", "wanted")))
    with reading(), engine.connect() as connection:
        known = set(connection.execute(needed).scalars())
        newest = connection.execute(select(func.max(COPIES.c.id))).scalar_one() or 0
    return [each for each in ids if each not in known and each <= newest]


def forget_wanted(connection: Connection, integration_id: int) -> None:
    """Nothing more is to be kept for this integration; what is kept stays until its time."""
    mine = COPIES.c.integration_id == integration_id
    connection.execute(delete(COPIES).where(mine, COPIES.c.state.in_(("wanted", "failed"))))


def _next_calls(
    connection: Connection, office: Row[Any], walked: dict[int, datetime], now: datetime
) -> list[Row[Any]]:
    since = walked.get(office.id) or now - timedelta(days=office.keep_recordings_days)
    query = (
        select(CALLS.c.id, CALLS.c.started_at, CALLS.c.ended_at, CALLS.c.facts)
        .where(CALLS.c.integration_id == office.id, CALLS.c.started_at >= since)
        .order_by(CALLS.c.started_at, CALLS.c.id)
        .limit(LOOKED_AT)
    )
    calls = list(connection.execute(query))
    is_more = len(calls) == LOOKED_AT
    walked[office.id] = (
        max(calls[-1].started_at, since + timedelta(milliseconds=1)) if is_more else now - AGAIN
    )
    return calls


def _wanted(call: Row[Any], office: Row[Any], now: datetime) -> list[dict[str, Any]]:
    days = office.pbx_recording_days
    if days is not None and call.started_at + timedelta(days=days) <= now:
        return []
    return [
        {
            "integration_id": office.id,
            "session_row_id": call.id,
            "record": record_id(each["url"]),
            "state": "wanted",
            "next_at": now,
            "tries": 0,
        }
        for each in (call.facts or {}).get("recordings", [])
    ]


def _now(connection: Connection) -> datetime:
    return from_ms(connection.execute(select(now_ms())).scalar_one())


def _folders(folder: Path) -> list[tuple[int, Path]]:
    """The folders of the integrations, with their numbers."""
    found = folder.iterdir() if folder.is_dir() else ()
    return [(int(each.name), each) for each in found if each.name.isdigit() and each.is_dir()]
