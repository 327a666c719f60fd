"""What must stand in the CRM after a plan, by docs of behaviour alone: nothing of the product is
imported here, so a mistake of the product cannot be repeated by its judge.

Where the order of events decides (which of several calls of a new client is the first contact;
whom a transfer belongs to when its notifications come shuffled) the oracle names all that may be,
and what must hold between the calls.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from chaos.office import INACTIVE, KNOWN_CLIENTS, RESPONSIBLE, USERS
from chaos.plan import Plan, PlannedCall

CARD = "the client's responsible"
MADE = {
    "lead": (1, 0),
    "deal": (0, 1),
    "lead_and_deal": (1, 1),
    "nothing": (0, 0),
}


@dataclass(frozen=True)
class Made:
    """Leads and deals of a call, and who may be responsible for them (`CARD`: who is on the
    client's card)."""

    leads: int
    deals: int
    owners: frozenset[str]


@dataclass(frozen=True)
class Expected:
    """What one call leaves in the CRM. `first` is None for a contact that cannot be the first."""

    call: PlannedCall
    is_logged: bool
    statuses: frozenset[str] = frozenset()
    first: Made | None = None
    repeat: Made = Made(0, 0, frozenset())
    is_task_due: bool = False
    task_owners: frozenset[str] = frozenset()
    recordings: tuple[int, int] = (0, 0)

    @property
    def phone(self) -> str | None:
        return f"+{self.call.contact}" if self.call.kind == "ordinary" else None


@dataclass(frozen=True)
class Group:
    """The calls of one client. `client_id`: as the CRM knew him before; else exactly one of the
    calls makes him, and is the first contact."""

    phone: str
    client_id: str | None
    calls: tuple[Expected, ...]
    one_task: bool  # further calls add a line to it, and nobody closes it
    task_each: bool

    @property
    def tasks_due(self) -> list[Expected]:
        return [one for one in self.calls if one.is_task_due]


def expect(plan: Plan) -> tuple[list[Expected], list[Group]]:
    """Every call of the plan, and the ordinary ones by client."""
    expected = [_expect(plan, call) for call in plan.calls]
    by_phone: dict[str, list[Expected]] = defaultdict(list)
    for one in expected:
        if one.phone:
            by_phone[one.phone].append(one)
    once, closes = plan.office.once_per_client, plan.office.close_when_reached
    groups = [
        Group(phone, KNOWN_CLIENTS.get(phone[1:]), tuple(calls), once and not closes, not once)
        for phone, calls in by_phone.items()
    ]
    return expected, groups


def _expect(plan: Plan, call: PlannedCall) -> Expected:
    if call.kind in ("internal", "own"):
        return Expected(call, is_logged=False)
    recordings = (min(1, len(call.talkers)), len(call.talkers))
    if call.kind in ("hidden", "ignored"):
        return Expected(call, True, _statuses(call), recordings=recordings)
    return Expected(
        call,
        is_logged=True,
        statuses=_statuses(call),
        first=None if call.contact in KNOWN_CLIENTS else _made(plan, call, "first"),
        repeat=_made(plan, call, "repeat"),
        is_task_due=not call.talkers,
        task_owners=_task_owners(call),
        recordings=recordings,
    )


def _statuses(call: PlannedCall) -> frozenset[str]:
    if call.talkers:
        return frozenset({"answered"})
    if call.direction == "inbound":
        return frozenset({"missed"})
    return frozenset({"no_answer", "busy", "rejected", "canceled"})


def _made(plan: Plan, call: PlannedCall, contact: str) -> Made:
    case = (call.direction, contact)
    leads, deals = MADE[plan.office.creates[case]]
    return Made(leads, deals, _owners(call, plan.office.owners[case]))


def _owners(call: PlannedCall, rule: str) -> frozenset[str]:
    backup = RESPONSIBLE[call.direction]
    match rule:
        case "from_settings":
            return frozenset({backup})
        case "from_client_card":
            return frozenset({CARD})
        case "answered_by":
            # Shuffled, the second talk of a transfer may be heard of first.
            return frozenset(_user(one, backup) for one in call.talkers) or frozenset({backup})
        case "finished_by":
            return frozenset({_user(call.talkers[-1], backup) if call.talkers else backup})
        case _:
            # The end of the call may be told before its begin, which alone names the caller.
            return frozenset({_user(call.employees[0], backup), backup})


def _task_owners(call: PlannedCall) -> frozenset[str]:
    if call.direction == "inbound":
        return frozenset({RESPONSIBLE["inbound"]})
    return _owners(call, "caller")


def _user(employee: int, backup: str) -> str:
    """The employee's CRM user; an inactive one counts as none."""
    user = USERS.get(employee)
    return backup if user is None or user in INACTIVE else user
