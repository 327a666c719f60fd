from __future__ import annotations

import pytest

from simulators.faults import Faults

KNOWN = {"late": "answers late", "broken": "answers 500"}
CREATE = {"operation": "create_lead", "method": "POST", "path": "/v4/crm/leads"}
READ = {"operation": "list_users", "method": "GET", "path": "/v4/crm/users"}


def test_a_counted_fault_fires_that_often_and_no_more():
    faults = Faults(KNOWN)
    faults.add({"name": "late", "count": 2})

    picked = [faults.pick({"late"}, CREATE) is not None for _ in range(4)]

    assert picked == [True, True, False, False]
    assert faults.fired["late"] == 2


@pytest.mark.parametrize(
    "match",
    [
        pytest.param({"operation": "create_lead"}, id="operation"),
        pytest.param({"operation": ["create_deal", "create_*"]}, id="list-with-pattern"),
        pytest.param({"method": "POST", "path": "/v4/crm/*"}, id="method-and-path"),
    ],
)
def test_a_fault_fires_only_where_it_matches(match):
    faults = Faults(KNOWN)
    faults.add({"name": "broken", "match": match})

    assert faults.pick({"broken"}, READ) is None
    assert faults.pick({"broken"}, CREATE) is not None


def test_a_fault_skips_the_first_matching_requests():
    faults = Faults(KNOWN)
    faults.add({"name": "broken", "skip": 2, "count": 1})

    picked = [faults.pick({"broken"}, CREATE) is not None for _ in range(4)]

    assert picked == [False, False, True, False]


def test_the_same_seed_gives_the_same_dice():
    def throw() -> list[bool]:
        faults = Faults(KNOWN, seed=7)
        faults.add({"name": "broken", "probability": 0.5})
        return [faults.pick({"broken"}, CREATE) is not None for _ in range(40)]

    first = throw()

    assert first == throw()
    assert 5 < sum(first) < 35


def test_options_are_kept_and_counters_outlive_the_fault():
    faults = Faults(KNOWN)
    fault = faults.add({"name": "broken", "seconds": 2, "kind": "date"})
    faults.pick({"broken"}, CREATE)

    faults.remove("broken")

    assert (fault.seconds, fault.options) == (2.0, {"kind": "date"})
    assert faults.describe()["fired"] == {"broken": 1}
    assert faults.describe()["active"] == []


@pytest.mark.parametrize(
    "order",
    [
        pytest.param({"name": "unheard-of"}, id="name"),
        pytest.param({"name": "late", "count": "2"}, id="count"),
        pytest.param({"name": "late", "probability": -1}, id="probability"),
        pytest.param({"name": "late", "match": "create_lead"}, id="match"),
    ],
)
def test_an_order_that_cannot_be_understood_is_refused(order):
    with pytest.raises(ValueError):
        Faults(KNOWN).add(order)
