"""Who spends the machine's processor time during a round."""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from statistics import median
from typing import Any

from bench import processes
from bench.database import server_of
from bench.stack import Crm, Stack
from bench.tables import spread, table

Spent = dict[str, float]
OTHERS = "others on this machine"


class Meter:
    """Reads the clocks of all who take part; `spent` tells what they used since."""

    def __init__(self, stack: Stack, crm: Crm, opened: Any) -> None:
        self._stack = stack
        self._crm = crm
        self._database = server_of(opened)
        self._before = self._read()

    def spent(self) -> Spent:
        now = self._read()
        found = {name: seconds - self._before[name] for name, seconds in now.items()}
        found[OTHERS] = found.pop("all") - sum(found.values())
        return found

    def _read(self) -> Spent:
        used = resource.getrusage(resource.RUSAGE_SELF)
        pids = {*self._stack.pids()}
        workers, web = self._stack.workers(), self._stack.web()
        live = [pid for pid in pids if processes.name(pid) == "live"]
        rest = pids - {*workers} - {*web} - {*live}
        database = processes.tree(self._database) if self._database else []
        return {
            "workers": processes.cpu_seconds(workers),
            "web": processes.cpu_seconds(web),
            "live": processes.cpu_seconds(live),
            # Without their dead children: the supervisor's are counted where they worked.
            "upkeep, broker, supervisor": processes.cpu_seconds([*rest]),
            "database server": processes.cpu_seconds(database),
            "CRM simulator": processes.cpu_seconds([self._crm.process.pid]),
            "load generator": used.ru_utime + used.ru_stime,
            "all": processes.busy_seconds(),
        }


def print_spending(title: str, calls: int, seconds: Sequence[float], rounds: list[Spent]) -> None:
    """Milliseconds of each for one call, and its share of the machine."""
    whole = [took * (os.cpu_count() or 1) for took in seconds]
    rows = []
    for name in rounds[0]:
        each = [spent[name] for spent in rounds]
        shares = [value / all_of_it for value, all_of_it in zip(each, whole, strict=True)]
        per_call = spread([value / calls * 1000 for value in each], 2)
        rows.append([name, per_call, f"{median(shares):.0%}"])
    idle = [
        1 - sum(spent.values()) / all_of_it for spent, all_of_it in zip(rounds, whole, strict=True)
    ]
    rows.append(["nobody", "-", f"{max(0.0, median(idle)):.0%}"])
    table(title, ("who spends processor time", "ms/call", "of the machine"), rows)
