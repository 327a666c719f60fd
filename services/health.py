"""What can be told of the parts: database, migrations, broker, workers, upkeep, live."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.base import reading
from services import heartbeats

MIGRATIONS = Path(__file__).parent.parent / "migrations"
QUEUE_KEY = "rq:queue:calls"
WORKERS_KEY = "rq:workers:calls"

NEEDED = ("database", "migrations", "broker", "workers")
# What it means for calls that a part is missing, by what is missing: the first that fits is told.
MEANS = {
    "database": "Notifications are answered 503 and are lost until the comparison with the report.",
    "migrations": "The schema is not this version's: run the migrations, or the newer version.",
    "broker": "Notifications are answered as ever; upkeep works on calls itself, slower.",
    "workers": "Notifications are answered as ever; calls wait for a worker.",
    "upkeep": "Calls go on; what is retried, compared and tidied up from time to time waits.",
    "live": "Calls go on; no pop-ups come up while phones ring.",
}


def readiness(engine: Engine, redis_url: str | None) -> dict[str, Any]:
    """`ready` tells whether database, migrations, broker and workers are there; `parts` what each
    part says, also those without which notifications and calls go on; `means` what a missing one
    means for calls; `answers_notifications` whether the PBX gets its 200."""
    parts: dict[str, str] = {}
    try:
        with reading(), engine.connect() as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            parts["database"] = "ok"
            parts["migrations"] = _schema_state(revision)
            beats = heartbeats.read(connection) if parts["migrations"] == "ok" else []
    except SQLAlchemyError:
        parts["database"], parts["migrations"], beats = "away", "unknown", []
    parts["broker"], parts["workers"] = broker_state(redis_url)
    for part in (heartbeats.UPKEEP, heartbeats.LIVE):
        parts[part] = _life(beats, part) if parts["migrations"] == "ok" else "unknown"
    missing = [part for part, state in parts.items() if state != "ok"]
    return {
        "ready": not set(missing) & set(NEEDED),
        "parts": parts,
        "answers_notifications": parts["migrations"] == "ok",
        "means": [MEANS[part] for part in MEANS if part in missing][:1],
    }


def _schema_state(revision: str | None) -> str:
    scripts = ScriptDirectory(str(MIGRATIONS))
    head = scripts.get_current_head()
    if revision == head:
        return "ok"
    known = {script.revision for script in scripts.walk_revisions()}
    return f"at {revision}, {'not' if revision in known else 'newer than'} {head}"


def _life(beats: list[heartbeats.Beat], part: str) -> str:
    """`ok` if any host's process of this part has given a sign of life lately."""
    ages = [beat.age for beat in beats if beat.part == part]
    if not ages:
        return "none"
    return "ok" if min(ages) <= heartbeats.SILENT_SECONDS else f"silent for {min(ages):.0f} s"


@dataclass(frozen=True)
class BrokerCounts:
    """What the broker knows: waiting jobs, workers by state, the oldest of their last signs."""

    jobs: int
    workers: dict[str, int]
    oldest_sign: float


def broker_counts(redis_url: str | None) -> BrokerCounts | None:
    """None while the broker is away."""
    if redis_url is None:
        return None
    try:
        with Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1) as redis:
            now = redis.time()[0]
            found = [redis.hmget(key, "state", "last_heartbeat") for key in _workers(redis)]
            jobs = redis.llen(QUEUE_KEY)
    except (RedisError, OSError):
        return None
    states = Counter(_text(state) or "unknown" for state, _ in found if state)
    signs = [now - _seconds(sign) for _, sign in found if sign]
    return BrokerCounts(int(jobs), dict(states), max(signs, default=0.0))


def _workers(redis: Redis) -> list[Any]:
    return list(redis.smembers(WORKERS_KEY))


def _text(value: bytes | None) -> str:
    return value.decode() if value else ""


def _seconds(sign: bytes) -> float:
    """RQ writes its moments in UTC, as `2026-11-22T10:00:00.000000Z`."""
    return datetime.fromisoformat(sign.decode()).timestamp()


def broker_state(redis_url: str | None) -> tuple[str, str]:
    if redis_url is None:
        return "away", "unknown"
    try:
        with Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1) as redis:
            redis.ping()
            return "ok", "ok" if _is_any_alive(redis) else "none"
    except (RedisError, OSError):
        return "away", "unknown"


def _is_any_alive(redis: Redis) -> bool:
    """RQ removes the key of a worker some time after his last heartbeat."""
    return any(redis.exists(key) for key in redis.smembers(WORKERS_KEY))
