"""The PBX's points: work that can wait leaves a reserve for what cannot."""

from __future__ import annotations

from rules.pbx import PointLimits

RESERVE = 0.2  # of a day's, left for syncs, reports and dialling


def may_spend(limits: PointLimits, *, reserve: float = RESERVE) -> bool:
    """Whether more than the reserve is left; as long as nobody has told, yes."""
    for limit, remaining in (
        (limits.day_limit, limits.day_remaining),
        (limits.minute_limit, limits.minute_remaining),
    ):
        if limit is not None and remaining is not None and remaining <= limit * reserve:
            return False
    return True
