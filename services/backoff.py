"""When to try again: 5 s, 15 s, 1 min, 5 min, 15 min, 1 h, then hourly up to 72 h, with jitter."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import uniform

STEPS = (5, 15, 60, 300, 900, 3600)
GIVE_UP_AFTER = timedelta(hours=72)
JITTER = 0.15


def delay(attempts: int) -> timedelta:
    """After how long the next attempt comes, `attempts` having failed (1 is the first)."""
    seconds = STEPS[min(max(attempts, 1), len(STEPS)) - 1]
    return timedelta(seconds=seconds * uniform(1 - JITTER, 1 + JITTER))


def is_over(planned_at: datetime | None, now: datetime) -> bool:
    return planned_at is not None and now - planned_at > GIVE_UP_AFTER
