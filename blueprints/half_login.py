"""Between the two steps of a login: this browser's signed session says whose password was right."""

from __future__ import annotations

import time

from flask import session

HALF = "half_login"
HALF_SECONDS = 300


def begin(login_id: int) -> None:
    """Remember whose password was right; it counts for five minutes."""
    session[HALF] = {"id": login_id, "at": int(time.time())}


def half_login_id() -> int | None:
    """Who may go on with a code here; None if nobody, or not any more."""
    half = session.get(HALF) or {}
    is_fresh = 0 <= time.time() - half.get("at", 0) <= HALF_SECONDS
    return half.get("id") if is_fresh else None
