"""Whether an employee is away by the status that he has in the PBX. Source: docs/callgear.md 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Standard statuses of somebody who takes no calls; told where the status says nothing of calls.
AWAY = frozenset({"break", "do_not_disturb", "not_at_workplace", "not_at_work"})


@dataclass(frozen=True)
class Status:
    """A status of the PBX. `takes_calls`: whether calls of clients come through; None if the PBX
    does not say. `mnemonic` is told of standard statuses only."""

    id: str
    name: str = ""
    mnemonic: str | None = None
    is_worktime: bool | None = None
    takes_calls: bool | None = None
    is_deleted: bool = False


def is_away(status: Status | None) -> bool:
    """True only if the status says so; in doubt a person is there and is rung.

    Away is who has a status through which no client's call comes; where it says nothing of calls,
    a standard one of rest or absence, or any outside working time.
    """
    if status is None or status.is_deleted:
        return False
    if status.takes_calls is not None:
        return not status.takes_calls
    return status.mnemonic in AWAY or status.is_worktime is False


def away_employees(
    status_by_employee: Mapping[str, str | None], statuses: Iterable[Status]
) -> frozenset[str]:
    """The ids of employees who are away."""
    known = {status.id: status for status in statuses}
    return frozenset(
        employee
        for employee, status_id in status_by_employee.items()
        if status_id and is_away(known.get(status_id))
    )
