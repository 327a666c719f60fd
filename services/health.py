"""What can be told of the parts: database, migrations, broker, workers; and how much there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models import CallSession, CrmAccount, CrmWrite, Integration, Notification
from models.base import now_ms
from models.integration import LIVE

MIGRATIONS = Path(__file__).parent.parent / "migrations"
QUEUE_KEY = "rq:queue:calls"
WORKERS_KEY = "rq:workers:calls"

Counts = dict[str, tuple[str, dict[str, float]]]


def readiness(engine: Engine, redis_url: str | None) -> dict[str, Any]:
    """`ready` tells whether all parts are there; `parts` what each says."""
    parts: dict[str, str] = {}
    try:
        with engine.connect() as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        parts["database"] = "ok"
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        parts["migrations"] = "ok" if revision == head else f"at {revision}, not {head}"
    except SQLAlchemyError:
        parts["database"] = "away"
        parts["migrations"] = "unknown"
    parts["broker"], parts["workers"] = broker_state(redis_url)
    return {"ready": all(part == "ok" for part in parts.values()), "parts": parts}


def counts(engine: Engine, redis_url: str | None) -> Counts:
    """How much of what there is, read when asked."""
    sessions = CallSession.__table__
    # What belongs to a deleted integration waits for nobody.
    is_alive = sessions.c.integration_id.in_(select(Integration.id).where(LIVE))
    with engine.connect() as connection:
        due, later = (
            connection.execute(select(func.count()).where(when, is_alive)).scalar_one()
            for when in (sessions.c.next_at <= now_ms(), sessions.c.next_at > now_ms())
        )
        writes = connection.execute(_open_writes(is_alive)).all()
        pending = connection.execute(
            select(func.count()).where(Notification.state == "pending")
        ).scalar_one()
        breakers = connection.execute(_breakers()).all()
    return {
        "calls_due": ("Calls with work", {"now": float(due), "later": float(later)}),
        "crm_writes_open": (
            "Writes to the CRM that are not done",
            {"planned": 0.0, "sent": 0.0} | {word: float(count) for word, count in writes},
        ),
        "notifications_pending": ("Notifications not taken in yet", {"all": float(pending)}),
        "crm_accounts": (
            "CRM accounts by breaker",
            {word: float(count) for word, count in breakers},
        ),
        "queue_jobs": ("Jobs waiting in the broker", {"calls": _queue_length(redis_url)}),
    }


def _open_writes(is_alive: ColumnElement[bool]) -> Select[str, int]:
    sessions, writes = CallSession.__table__, CrmWrite.__table__
    at_work = select(sessions.c.id).where(sessions.c.next_at.is_not(None), is_alive)
    return (
        select(writes.c.status, func.count())
        .where(writes.c.session_row_id.in_(at_work), writes.c.status.in_(("planned", "sent")))
        .group_by(writes.c.status)
    )


def _breakers() -> Select[str, int]:
    in_use = select(Integration.crm_account_row_id).where(LIVE)
    return (
        select(CrmAccount.breaker, func.count())
        .where(CrmAccount.id.in_(in_use))
        .group_by(CrmAccount.breaker)
    )


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


def _queue_length(redis_url: str | None) -> float:
    if redis_url is None:
        return -1.0
    try:
        with Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1) as redis:
            return float(redis.llen(QUEUE_KEY))
    except (RedisError, OSError):
        return -1.0
