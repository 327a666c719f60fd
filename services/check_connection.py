"""Test a connection by real, authenticated reads: address, key, rights, clock.

Nothing is written, here or there. Both systems are asked at once, and the whole takes `SECONDS` at
most, whatever they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import UTC, datetime, timedelta
from time import monotonic

from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from rules.vocabulary import Entity
from services.connection_asking import Asking, Read, first_checks
from services.connection_result import Check, CheckName, Kind, Result, System, Trouble

SECONDS = 12.0
GRACE_SECONDS = 1.0
FIELD_ENTITIES = (Entity.CLIENT, Entity.LEAD, Entity.DEAL)
# The CRM's words for what a key may do (docs/behomes.md 3); if it tells none of them, its words are
# others, and only reading tells.
SCOPES = frozenset({"users.read", "clients", "leads", "deals", "tasks", "calls", "call_events"})
NEEDED_SCOPES = ("users.read", "clients", "leads", "deals", "tasks", "calls")


def check_connections(
    behomes: BehomesClient | None,
    callgear: CallGearClient | None,
    *,
    seconds: float = SECONDS,
) -> dict[System, Result]:
    """Test what is given, both at once. Never raises, never takes longer than a moment more than
    `seconds`."""
    checks: dict[System, Callable[[], Result]] = {}
    if behomes is not None:
        checks[System.BEHOMES] = lambda: check_behomes(behomes, seconds=seconds)
    if callgear is not None:
        checks[System.CALLGEAR] = lambda: check_callgear(callgear, seconds=seconds)
    pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="check")
    until = monotonic() + seconds + GRACE_SECONDS
    running = {system: pool.submit(check) for system, check in checks.items()}
    found = {system: _result(future, until) for system, future in running.items()}
    pool.shutdown(wait=False)
    return found


def check_behomes(crm: BehomesClient, *, seconds: float = SECONDS) -> Result:
    """Test the key of the CRM: its account, and the lists that pages and rules need."""
    asking = Asking(monotonic() + seconds)
    crm = crm.heard(asking.note_clock)
    scopes: list[str] = []

    def account(left: float) -> tuple[str, str]:
        facts = crm.account(timeout=left)
        scopes.extend(facts.scopes)
        return facts.account_id, facts.name

    def users(left: float) -> None:
        asking.count(crm.users(timeout=left / 2))

    def fields(left: float) -> None:
        for entity in FIELD_ENTITIES:
            crm.custom_fields(entity, timeout=asking.left() / 2)

    reads: list[Read] = [
        ("users", users),
        ("pipelines", lambda left: crm.pipelines(timeout=left / 2)),
        ("fields", fields),
    ]
    return asking.run(account, reads, lambda: missing_scopes(scopes))


def check_callgear(pbx: CallGearClient, *, seconds: float = SECONDS) -> Result:
    """Test the key of the PBX: its account, employees, numbers and the calls report (4 points)."""
    asking = Asking(monotonic() + seconds)
    pbx = pbx.heard(asking.note_clock)

    def account(left: float) -> tuple[str, str]:
        facts = pbx.account(timeout=left)
        return facts.app_id, facts.name

    def report(left: float) -> None:
        now = datetime.now(UTC)
        pbx.calls_report(now - timedelta(minutes=1), now, ("id",), timeout=left)

    reads: list[Read] = [
        ("employees", lambda left: asking.count(iter(pbx.employees(timeout=left)))),
        ("virtual_numbers", lambda left: pbx.virtual_numbers(timeout=left)),
        ("calls_report", report),
    ]
    return asking.run(account, reads, lambda: ())


def missing_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Of the rights that we need, those that the account does not name."""
    told = set(scopes)
    if not told & SCOPES:
        return ()
    return tuple(scope for scope in NEEDED_SCOPES if scope not in told)


def _result(future: Future[Result], until: float) -> Result:
    try:
        return future.result(timeout=max(0.0, until - monotonic()))
    except TookTooLong:
        trouble = Trouble(Kind.TIMEOUT, "timeout")
        checks = first_checks(trouble, round(SECONDS * 1000))
        return Result(tuple(checks.get(name, Check(name)) for name in CheckName), trouble)
