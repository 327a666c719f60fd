"""Faults of search, lists and ids, and how a fault is aimed at what it shall hit."""

from __future__ import annotations

import pytest

from tests.behomes_crm import Crm
from tests.factories import wait_until
from tests.simulated import behomes_simulator


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator("--fault-seed", "3") as running:
        yield running


@pytest.fixture
def crm(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return Crm(simulator)


@pytest.mark.parametrize(
    ("by", "phone_finds", "reference_finds"),
    [
        pytest.param(["phone", "external_id"], 0, 0, id="both"),
        pytest.param(["phone"], 0, 1, id="phone"),
        pytest.param(["external_id"], 1, 0, id="reference"),
    ],
)
def test_search_lags_behind_a_create(crm, by, phone_finds, reference_finds):
    crm.fault("search_lag", count=1, seconds=1.0, by=by)
    identity = crm.create("clients").json()["response"]["id"]

    found = len(crm.by_phone("+12025550150")), len(crm.find("clients", "cg-client"))

    assert found == (phone_finds, reference_finds)
    assert crm.send("GET", f"clients/{identity}").status_code == 200
    wait_until(lambda: crm.by_phone("+12025550150") and crm.find("clients", "cg-client"))


def test_search_can_lag_for_everything(crm):
    crm.control("POST", "/_sim/config", {"search_lag_phone_seconds": 0.3})
    crm.create("clients")

    assert crm.by_phone("+12025550150") == []
    wait_until(lambda: crm.by_phone("+12025550150"))


def test_a_phone_filter_is_ignored(crm):
    crm.fault("phone_filter_ignored", count=1)

    assert len(crm.by_phone("+12025550199")) == 6
    assert crm.by_phone("+12025550199") == []


def test_max_pages_grows_while_reading(crm):
    crm.fault("max_pages_changes", match={"operation": "list_users"})

    told = [
        crm.send("GET", "users", page=page, objects_per_page=2).json()["filter_params"]["max_pages"]
        for page in (1, 2, 3, 4)
    ]

    assert told == [2, 3, 4, 4]


def test_max_pages_can_be_off(crm):
    crm.fault("max_pages_changes", count=1, by=2)

    answer = crm.send("GET", "users", objects_per_page=4).json()

    assert answer["filter_params"]["max_pages"] == 4


def test_a_user_is_deleted_while_the_list_is_read(crm):
    crm.fault("user_deleted", count=1, user_id="u_20")

    first = crm.send("GET", "users", page=1, objects_per_page=4).json()["response"]
    second = crm.send("GET", "users", page=2, objects_per_page=4).json()["response"]

    assert [user["id"] for user in first] == ["u_17", "u_18", "u_19", "u_20"]
    assert [user["id"] for user in second] == ["u_22", "u_23", "u_24"]
    assert crm.create("leads", responsible_user_id="u_20").status_code == 422


def test_odd_keys_stand_in_every_object(crm):
    crm.fault("odd_keys", count=1)

    answer = crm.send("GET", "users").json()

    assert answer["layoutPrice100%"] == 2**53 + 1
    assert all("Recomended" in user for user in answer["response"])
    assert "Recomended" not in crm.send("GET", "users").json()


# Settings that are wrong by themselves


def test_without_idempotency_everything_is_made_again(crm):
    crm.control("POST", "/_sim/config", {"idempotency": "off"})

    answers = [crm.create("clients").json()["response"] for _ in range(2)]

    audit = crm.control("GET", "/_sim/audit")
    assert answers[0]["id"] != answers[1]["id"]
    assert audit["entities"]["clients"]["doubled"] == {"cg-client": 2}
    assert audit["doubled_phones"] == {"12025550150": 2}


def test_a_duplicate_can_be_a_409(crm):
    crm.control("POST", "/_sim/config", {"idempotency": "conflict"})
    crm.create("leads")

    assert crm.create("leads").status_code == 409


@pytest.mark.parametrize(
    ("ids", "kind"), [pytest.param("big", str, id="text"), pytest.param("big_number", int)]
)
def test_ids_go_beyond_2_to_the_53(crm, ids, kind):
    crm.control("POST", "/_sim/config", {"ids": ids})

    identity = crm.create("clients").json()["response"]["id"]
    lead = crm.create("leads", client_id=str(identity))

    assert isinstance(identity, kind)
    assert int(identity) > 2**53
    assert lead.status_code == 201
    assert crm.find("leads", "cg-lead")[0]["client_id"] == identity


def test_every_answer_can_be_late(crm):
    crm.control("POST", "/_sim/config", {"latency_seconds": 0.2})

    assert crm.send("GET", "account").elapsed.total_seconds() >= 0.2


# Aiming


def test_a_fault_hits_the_chosen_operation_alone(crm):
    crm.fault("error_500_before", match={"operation": "create_*", "account": "acc_1001"})

    assert crm.send("GET", "account").status_code == 200
    assert crm.create("leads").status_code == 500
    assert crm.control("DELETE", "/_sim/faults/error_500_before") == {"removed": 1}
    assert crm.create("leads").status_code == 201
    assert crm.control("GET", "/_sim/faults")["fired_by_operation"] == {
        "error_500_before create_lead": 1
    }


def test_dice_fall_the_same_way_under_one_seed(crm):
    def statuses() -> list[int]:
        crm.control("POST", "/_sim/reset", {"fault_seed": 11})
        crm.fault("error_500_before", probability=0.5)
        return [crm.send("GET", "account").status_code for _ in range(20)]

    first = statuses()

    assert first == statuses()
    assert {200, 500} == set(first)


def test_the_dice_tell_which_seed_they_use(crm):
    crm.control("POST", "/_sim/faults", {"seed": 42})

    assert crm.control("GET", "/_sim/faults")["seed"] == 42


def test_a_fault_that_nobody_knows_is_refused(crm):
    answer = crm.simulator.session.post(
        crm.simulator.url + "/_sim/faults", json={"name": "meteorite"}
    )

    assert answer.status_code == 422
    assert "late_commit" in answer.json()["error"]
