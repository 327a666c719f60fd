"""The fault campaign, short: everything is killed and broken, and nothing is lost or doubled.

And the same with one safeguard taken out each: then the campaign must tell of it. Three run at a
a time; there is no assertion about time but that they end.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.postgres import find_programs
from chaos.campaign import run_campaign
from chaos.controls import CONTROLS, is_caught
from chaos.report import show
from chaos.results import Order
from tests.need import skip_or_fail

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
SABOTAGES = [name for name in CONTROLS if name]
ORDERS = CONTROLS | {
    database: Order(seed=1, calls=300, database=database, per_second=20.0, limit_seconds=1200)
    for database in ("sqlite", "postgresql")
}


@pytest.fixture(scope="module")
def running(request):
    """All campaigns that tests of this module ask for, begun at once."""
    items = [item for item in request.session.items if item.module is request.module]
    names = list(dict.fromkeys(item.callspec.params["name"] for item in items))
    with ThreadPoolExecutor(3) as pool:
        yield {name: pool.submit(run_campaign, ORDERS[name]) for name in names if _can_run(name)}


@pytest.fixture
def result(running, name):
    """What came of the campaign of this name; shown if the test fails."""
    if name not in running:
        skip_or_fail("no PostgreSQL server on this machine (initdb, pg_ctl)")
    found = running[name].result()
    show(found)
    return found


def _can_run(name):
    try:
        return name != "postgresql" or bool(find_programs())
    except RuntimeError:
        return False


@pytest.mark.parametrize("name", DATABASES)
def test_nothing_is_lost_or_doubled_whatever_breaks(result):
    assert result.broken_off == ""
    assert result.early == []
    assert result.findings == []
    assert result.counts["call dropped: all"]
    assert sum(count for kind, count in result.counts.items() if "killed" in kind) > 5
    assert sum(count for kind, count in result.counts.items() if kind.startswith("CRM")) > 20


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_safeguard_that_is_missing_is_told(result):
    assert is_caught(result)
