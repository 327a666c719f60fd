"""Faults that a simulator can be told to show: named, matched, counted, reproducible by a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

OWN_KEYS = ("name", "count", "probability", "match", "seconds", "skip")


@dataclass
class Fault:
    """One fault as it was ordered, with what is left of it."""

    id: int
    name: str
    count: int | None = None  # how many times it still fires; None = until cleared
    probability: float = 1.0
    match: dict[str, list[str]] = field(default_factory=dict)
    seconds: float | None = None
    skip: int = 0  # how many matching requests pass unharmed first
    options: dict[str, Any] = field(default_factory=dict)
    fired: int = 0

    def wants(self, context: Mapping[str, str]) -> bool:
        return all(
            any(fnmatchcase(context.get(key, ""), pattern) for pattern in patterns)
            for key, patterns in self.match.items()
        )

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "count": self.count,
            "probability": self.probability,
            "match": self.match,
            "seconds": self.seconds,
            "skip": self.skip,
            **self.options,
            "fired": self.fired,
        }


class Faults:
    """The faults in force. `known` maps each name to one line of what it does.

    A fault is ordered as `{"name", "count": n|null, "probability": 0..1, "match": {...},
    "seconds": s, "skip": n, ...options of that fault}`; only `name` is required. `match` compares
    members of the request's context (`operation`, `method`, `path`, ...) with shell patterns, or
    lists of them. Counters of what really fired outlive the fault; only `reset` clears them.
    """

    def __init__(self, known: Mapping[str, str], *, seed: int = 1) -> None:
        self.known = known
        self.active: list[Fault] = []
        self.fired: Counter[str] = Counter()
        self.fired_by_operation: Counter[str] = Counter()
        self.seed = seed
        self.random = random.Random(seed)
        self._ids = count(1)

    def add(self, order: Mapping[str, Any]) -> Fault:
        """Put a fault in force. Raises ValueError if the order cannot be understood."""
        name = order.get("name")
        if not isinstance(name, str) or name not in self.known:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(sorted(self.known))}")
        fault = Fault(
            id=next(self._ids),
            name=name,
            count=_whole(order, "count"),
            probability=_number(order, "probability", 1.0),
            match=_patterns(order.get("match") or {}),
            seconds=None if order.get("seconds") is None else _number(order, "seconds", 0.0),
            skip=_whole(order, "skip") or 0,
            options={key: value for key, value in order.items() if key not in OWN_KEYS},
        )
        self.active.append(fault)
        return fault

    def pick(self, names: Collection[str], context: Mapping[str, str]) -> Fault | None:
        """The first fault of these names that fires for this request, counted as fired."""
        for fault in self.active:
            if fault.name in names and fault.wants(context) and self._fires(fault):
                self._count(fault, context)
                return fault
        return None

    def remove(self, name: str | None = None) -> int:
        """Clear the faults of this name, or all of them; the counters stay."""
        before = len(self.active)
        self.active = [fault for fault in self.active if name not in (None, fault.name)]
        return before - len(self.active)

    def reset(self, *, seed: int | None = None) -> None:
        """Clear faults and counters and start the random numbers again."""
        self.active = []
        self.fired.clear()
        self.fired_by_operation.clear()
        self.reseed(self.seed if seed is None else seed)

    def reseed(self, seed: int) -> None:
        """Start the random numbers again; faults and counters stay."""
        self.seed = seed
        self.random = random.Random(seed)

    def describe(self) -> dict[str, Any]:
        return {
            "active": [fault.describe() for fault in self.active],
            "fired": dict(self.fired),
            "fired_by_operation": dict(self.fired_by_operation),
            "seed": self.seed,
            "known": dict(self.known),
        }

    def _fires(self, fault: Fault) -> bool:
        if fault.skip:
            fault.skip -= 1
            return False
        return fault.probability >= 1 or self.random.random() < fault.probability

    def _count(self, fault: Fault, context: Mapping[str, str]) -> None:
        fault.fired += 1
        self.fired[fault.name] += 1
        self.fired_by_operation[f"{fault.name} {context.get('operation', '?')}"] += 1
        if fault.count is None:
            return
        fault.count -= 1
        if fault.count <= 0:
            self.active.remove(fault)


def _whole(order: Mapping[str, Any], key: str) -> int | None:
    value = order.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{key} must be a whole number or null, not {value!r}")
    return value


def _number(order: Mapping[str, Any], key: str, default: float) -> float:
    value = order.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{key} must be a number, not {value!r}")
    return float(value)


def _patterns(match: Any) -> dict[str, list[str]]:
    if not isinstance(match, dict):
        raise ValueError("match must be an object")
    return {
        str(key): [str(one) for one in (value if isinstance(value, list) else [value])]
        for key, value in match.items()
        if value is not None
    }
