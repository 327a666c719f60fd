"""Points: what an account may ask per day and per minute (reference 1.3)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from simulators.callgear.errors import RpcError

SPANS = {"day": 86_400.0, "minute": 60.0}


@dataclass
class Window:
    """One window; it opens with the first charged request."""

    limit: int
    span: float
    used: int = 0
    opened: float = 0.0

    def remaining(self, now: float) -> int:
        if now - self.opened >= self.span:
            self.used, self.opened = 0, now
        return max(0, self.limit - self.used)

    def reset_seconds(self, now: float) -> int:
        return max(1, round(self.opened + self.span - now))


@dataclass
class Points:
    """The counters of one API of one account. Only successful requests are charged."""

    day: int = 1000
    minute: int = 250
    windows: dict[str, Window] = field(init=False)

    def __post_init__(self) -> None:
        limits = {"day": self.day, "minute": self.minute}
        self.windows = {name: Window(limits[name], span) for name, span in SPANS.items()}

    def require(self) -> None:
        """Raise `limit_exceeded` if a window is used up."""
        now = time.monotonic()
        for name, window in self.windows.items():
            if not window.remaining(now):
                raise limit_exceeded(name, window.limit)

    def charge(self) -> None:
        for window in self.windows.values():
            window.used += 1

    def describe(self) -> dict[str, int]:
        """The member `metadata.limits`."""
        now = time.monotonic()
        limits = {}
        for name, window in self.windows.items():
            limits[f"{name}_limit"] = window.limit
            limits[f"{name}_remaining"] = window.remaining(now)
            limits[f"{name}_reset"] = window.reset_seconds(now)
        return limits


def limit_exceeded(kind: str, limit: int) -> RpcError:
    params = {"limit_type": kind, "limit_max_value": limit}
    return RpcError("limit_exceeded", params=params)
