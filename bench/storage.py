"""python -m bench.storage: what a call leaves behind, and what it makes everybody do.

Answered calls of six real notifications (tests/payloads) go through the whole chain: card, look-up,
client, lead, entry in the history, recording. Then the tables are counted, with their indexes.
In a burst a call's notifications come one right after the other and many calls share a commit; with
--per-second they come two seconds apart, as if it happened now.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import redis

from bench.calls import ready_stack
from bench.database import Calls, connection
from bench.load import closed_loop, paced
from bench.spending import Meter, print_spending
from bench.stack import ROOT, Crm, Stack, crm_simulator
from bench.tables import machine, table

PAYLOADS = ROOT / "tests" / "payloads" / "callgear" / "700000101"
SESSION, PHONE = 800_000_000_000, 971_500_000_000
PATIENCE_SECONDS = 600.0
SHOWN = 9
APART_SECONDS = 2.0
ZONE = ZoneInfo("Asia/Dubai")  # of the office that is made for it


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.storage", description=__doc__)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--per-second", type=float, help="calls a second; without it, a burst")
    parser.add_argument("--quick", action="store_true", help="500 calls")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    calls = 500 if options.quick else options.calls
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, ready_stack(kind, crm) as stack:
            measure(kind, stack, crm, calls, options.per_second)


def measure(kind: str, stack: Stack, crm: Crm, calls: int, per_second: float | None = None) -> None:
    """Send the calls, wait until all are written, and tell what has become more."""
    with connection(stack.database_url) as opened:
        tidy(opened)
        before, written_before = sizes(opened), effort(opened)
        seen, meter, began = Calls(opened), Meter(stack, crm, opened), time.monotonic()
        send(stack, calls, per_second)
        seen.wait_for(calls, PATIENCE_SECONDS)
        wait_for_calm(opened)
        spent, seconds = meter.spent(), time.monotonic() - began
        broker = broker_peak(stack)
        written = {name: value - written_before[name] for name, value in effort(opened).items()}
        tidy(opened)
        grown = {name: value - before.get(name, 0) for name, value in sizes(opened).items()}
    way = f"{calls} calls, {f'{per_second:g} a second' if per_second else 'in a burst'}"
    rows = [[name, f"{value / calls:,.0f}"] for name, value in sorted(grown.items(), key=by_size)]
    shown = [*rows[:SHOWN], ["all tables and indexes", f"{sum(grown.values()) / calls:,.0f}"]]
    table(f"Stored by a call, {kind}: {way}", ("table", "bytes per call"), shown)
    told = [[name, f"{value / calls:,.2f}"] for name, value in written.items()]
    told.append(["broker's memory at its highest, MB (not per call)", f"{broker / 2**20:.1f}"])
    table(f"Written for a call, {kind}: {way}", ("what", "per call"), told)
    print_spending(f"Processor time, {kind}: {way}", calls, [seconds], [spent])


def send(stack: Stack, calls: int, per_second: float | None) -> None:
    bodies = [path.read_text() for path in sorted(PAYLOADS.glob("*.json"))]
    steps = [(number, place) for number in range(calls) for place in range(len(bodies))]
    if per_second is None:
        closed_loop(stack.port, (_request(stack, bodies, *step) for step in steps))
        return
    steps.sort(key=lambda step: step[0] / per_second + step[1] * APART_SECONDS)
    rate = per_second * len(bodies)
    ready = (_request(stack, bodies, *step) for step in steps)
    paced(stack.port, ready, per_second=rate, seconds=len(steps) / rate + 1)


def by_size(pair: tuple[str, int]) -> int:
    return -pair[1]


def _request(stack: Stack, bodies: list[str], number: int, place: int) -> bytes:
    """A notification of a call; sessions and phones never repeat."""
    body = json.loads(bodies[place])
    body |= {"call_session_id": SESSION + number, "contact_phone_number": str(PHONE + number)}
    body["notification_time"] = datetime.now(ZONE).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    if "file_link" in body:
        body["file_link"] = f"https://media.callgear.com/{SESSION + number}/a"
    text = json.dumps(body).encode()
    head = (
        f"POST {stack.hook_path} HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


def wait_for_calm(opened: Any) -> None:
    """Until no call has anything left to do: the recordings too are written."""
    query = (
        "SELECT (SELECT count(*) FROM call_session WHERE next_at IS NOT NULL)"
        " + (SELECT count(*) FROM notification WHERE state = 'pending')"
    )
    until = time.monotonic() + PATIENCE_SECONDS
    while opened.execute(query).fetchone()[0]:
        if time.monotonic() > until:
            raise TimeoutError("calls have still something to do")
        time.sleep(0.2)


def tidy(opened: Any) -> None:
    """What the database does by itself within minutes."""
    if isinstance(opened, sqlite3.Connection):
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    else:
        opened.execute("VACUUM ANALYZE")


def sizes(opened: Any) -> dict[str, int]:
    """Bytes by table, its indexes among them."""
    if isinstance(opened, sqlite3.Connection):
        owners = dict(opened.execute("SELECT name, tbl_name FROM sqlite_master").fetchall())
        found: dict[str, int] = {}
        for name, size in opened.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            found[owners.get(name, name)] = found.get(owners.get(name, name), 0) + size
        return found
    query = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
    named = f"{query} AND relnamespace = 'public'::regnamespace"
    return {row[0]: int(row[1]) for row in opened.execute(named)}


def effort(opened: Any) -> dict[str, float]:
    """What the server has written so far."""
    if isinstance(opened, sqlite3.Connection):
        return {}
    opened.execute("SELECT pg_stat_force_next_flush()")
    query = (
        "SELECT xact_commit, tup_inserted, tup_updated, tup_deleted,"
        " pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
        " FROM pg_stat_database WHERE datname = current_database()"
    )
    row = opened.execute(query).fetchone()
    names = ("transactions", "rows inserted", "rows updated", "rows deleted", "bytes of WAL")
    return dict(zip(names, map(float, row), strict=True))


def broker_peak(stack: Stack) -> int:
    url = (Path(stack.folder) / "broker.url").read_text().strip()
    with redis.Redis.from_url(url) as asked:
        return int(asked.info("memory")["used_memory_peak"])


if __name__ == "__main__":
    main()
