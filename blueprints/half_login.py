"""Between the two steps of a login: this browser's signed session says whose password was right.

The cookie stays readable and can be copied; its stamp ends all copies with the first use.
"""

from __future__ import annotations

import hmac
import time

from flask import session

from services.login import CodeWanted
from services.second_step import half_login_stamp

HALF = "half_login"
HALF_SECONDS = 300


def begin(wanted: CodeWanted) -> None:
    """Remember whose password was right; it counts for five minutes, and for one login."""
    session[HALF] = {"id": wanted.login_id, "at": int(time.time()), "stamp": wanted.stamp}


def half_login_id() -> int | None:
    """Who may go on with a code here; None if nobody, or not any more."""
    half = session.get(HALF) or {}
    if not 0 <= time.time() - half.get("at", 0) <= HALF_SECONDS:
        return None
    stamp = half_login_stamp(half["id"])
    is_unused = stamp is not None and hmac.compare_digest(stamp, half.get("stamp", ""))
    return half["id"] if is_unused else None
