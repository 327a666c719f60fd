"""Several offices on one server: the backlog of a slow one holds nobody else up."""

from __future__ import annotations

from services.claims import CALLS_PER_LANE
from tests.notifications import answered_call

SLOW_ACCOUNT = {"accounts": [{"key": "slow-office", "account_id": "acc_slow", "template": "demo"}]}
SLOW = {"per_second": 0.5, "burst": 1, "in_flight": 2}
BACKLOG = 30


def test_backlog_of_a_slow_office_holds_nobody_up(any_server):
    server = any_server
    server.crm.control("POST", "/_sim/seed", SLOW_ACCOUNT)
    quick = server.made
    slow = server.use(
        behomes={"base_url": server.crm.url, "api_key": "slow-office", "limits": SLOW}
    )
    for number in range(BACKLOG):
        server.notify(*answered_call(str(number), contact_phone_number=f"9715000008{number:02}"))
    server.made = quick
    server.notify(*answered_call("quick"))

    server.drain(seconds=2)

    assert server.state("quick") == ("written", None)
    server.made = slow
    untouched = [n for n in range(BACKLOG) if server.row(str(n)).folded_version == 0]
    assert len(untouched) >= BACKLOG - SLOW["in_flight"] * CALLS_PER_LANE
