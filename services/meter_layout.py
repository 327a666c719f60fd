"""What is counted in the processes themselves: every family with all its labels, known beforehand.

So the numbers of all processes fit into one table of fixed size, and no label can grow without end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
REQUEST = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
POPUP = (0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 5.0, 15.0, 60.0)
CREATED = ("client", "lead", "deal", "task")
KINDS = (*CREATED, "call", "recording", "complete", "taskline", "taskdone")


@dataclass(frozen=True)
class Family:
    """`labels` maps each label to the values that it may have. With `buckets` it is a histogram.

    `kind`: counter (grows for ever), level (a number of now, of a process that lives; added up) or
    low (the lowest that a living process has seen lately).
    """

    name: str
    text: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    buckets: tuple[float, ...] = ()
    kind: str = "counter"

    @cached_property
    def combinations(self) -> tuple[tuple[str, ...], ...]:
        return tuple(product(*(values for _, values in self.labels)))

    @property
    def width(self) -> int:
        """How many numbers one combination needs: buckets, all, sum."""
        return len(self.buckets) + 2 if self.buckets else 1


FAMILIES = (
    Family(
        "hook_seconds",
        "Acknowledgement of notifications",
        (("answer", ("accepted", "duplicate", "ignored", "rejected", "refused", "unavailable")),),
        QUICK,
    ),
    Family(
        "manager_seconds",
        "Answers to the question for a personal manager",
        (("answer", ("answered", "refused", "unavailable")),),
        QUICK,
    ),
    Family(
        "crm_request_seconds",
        "Requests to the CRM for calls",
        (("result", ("ok", "refused", "limited", "key", "unclear", "unreached")),),
        REQUEST,
    ),
    Family(
        "crm_writes_total",
        "Writes to the CRM by what became of them; one may be sent and tried again several times",
        (("kind", KINDS), ("result", ("sent", "done", "again", "dead"))),
    ),
    Family(
        "calls_worked_total",
        "Times that the work on a call came to a rest, by state",
        (("state", ("written", "skipped", "waiting", "failed")),),
    ),
    Family("popup_seconds", "From the notification to the card of a ringing call", (), POPUP),
    Family("console_streams", "Open consoles", kind="level"),
    Family(
        "reconciled_calls_total",
        "Calls of the report that were compared",
        (("result", ("known", "taken_in", "completed")),),
    ),
    Family("pbx_points_left", "Lowest share of the PBX's points left lately", kind="low"),
    Family("log_lines_total", "Lines of the log", (("level", ("info", "warning", "error")),)),
)
