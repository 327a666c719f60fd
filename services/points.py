"""The PBX's points: work that can wait leaves a reserve for what cannot."""

from __future__ import annotations

from rules.pbx import PointLimits
from services import meters

HOUR, MINUTE = 3600.0, 60.0
RESERVE = 0.2  # of a day's, left for syncs, reports and dialling


def seconds_to_wait(limits: PointLimits, *, reserve: float = RESERVE) -> float:
    """Until when the work has to wait, by the points as they were told last; 0 if it may go on."""
    _note(limits)
    waits = [0.0]
    for limit, remaining, reset, usual in (
        (limits.day_limit, limits.day_remaining, limits.day_reset, HOUR),
        (limits.hour_limit, limits.hour_remaining, limits.hour_reset, HOUR),
        (limits.minute_limit, limits.minute_remaining, limits.minute_reset, MINUTE),
    ):
        if limit is not None and remaining is not None and remaining <= limit * reserve:
            waits.append(float(reset or usual))
    return max(waits)


def _note(limits: PointLimits) -> None:
    """Let the one who watches know how many are left of a day's."""
    if limits.day_limit and limits.day_remaining is not None:
        meters.low("pbx_points_left", limits.day_remaining / limits.day_limit)
