"""The control interface of the simulated CRM: seeds, accounts, what was written, people's hands."""

from __future__ import annotations

import pytest

from tests.behomes_crm import BODIES, Crm, problems
from tests.simulated import behomes_simulator


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator("--request-log", "10") as running:
        yield running


@pytest.fixture
def crm(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return Crm(simulator)


def test_a_reset_brings_the_seed_back_and_nothing_else(crm):
    crm.create("leads")
    crm.control("POST", "/_sim/config", {"idempotency": False})
    crm.fault("forbidden")

    crm.control("POST", "/_sim/reset", {"seed": "demo"})

    assert crm.control("GET", "/_sim/written")["leads"] == []
    assert crm.control("GET", "/_sim/config")["idempotency"] == "on"
    assert crm.control("GET", "/_sim/faults")["active"] == []
    assert crm.control("GET", "/_sim/requests") == {"total": 0, "requests": []}


def test_an_empty_seed_has_a_key_and_nothing_more(crm):
    crm.control("POST", "/_sim/reset", {"seed": "empty"})

    assert crm.send("GET", "account").status_code == 200
    assert crm.send("GET", "users").json()["response"] == []


def test_accounts_are_separate(crm):
    other = {"key": "other-key", "account_id": "acc_2", "template": "demo", "name": "Other LLC"}
    crm.control("POST", "/_sim/seed", {"accounts": [other]})

    crm.create("leads")

    theirs = crm.send("GET", "leads", key="other-key", external_id="cg-lead").json()["response"]
    assert theirs == []
    assert crm.send("GET", "account", key="other-key").json()["response"]["name"] == "Other LLC"
    assert crm.control("GET", "/_sim/written?account=acc_2")["leads"] == []
    assert len(crm.control("GET", "/_sim/written?account=acc_1001")["leads"]) == 1


def test_a_seed_adds_to_an_account(crm):
    crm.control(
        "POST",
        "/_sim/seed",
        {
            "users": [{"id": "u_99"}],
            "pipelines": [{"id": "p_9", "stages": [{"id": "s_91"}]}],
            "clients": [{"id": "c_9", "name": "Client Nine", "phones": ["+12025550109"]}],
            "deals": [{"id": "d_9", "client_id": "c_9", "title": "x"}],
            "generate": {"users": 30, "clients": 70},
        },
    )

    answer = crm.create("deals", pipeline_id="p_9", stage_id="s_91", responsible_user_id="u_99")

    assert answer.status_code == 201
    assert crm.by_phone("+12025550109")[0]["open_deals"][0]["id"] == "d_9"
    assert crm.send("GET", "users").json()["filter_params"]["max_pages"] == 1
    assert crm.send("GET", "clients").json()["filter_params"]["max_pages"] == 2


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param({"accounts": [{"name": "no key"}]}, id="account-without-key"),
        pytest.param({"account": "nobody", "users": []}, id="unknown-account"),
        pytest.param({"clients": [{"name": "no phones"}]}, id="client-without-phones"),
    ],
)
def test_a_seed_that_cannot_be_is_refused(crm, seed):
    answer = crm.simulator.session.post(crm.simulator.url + "/_sim/seed", json=seed)

    assert answer.status_code == 422


def test_a_key_is_revoked_and_replaced(crm):
    crm.control("POST", "/_sim/accounts/acc_1001", {"revoked": True})
    revoked = crm.send("GET", "account")

    crm.control("POST", "/_sim/accounts/acc_1001", {"key": "new-key", "revoked": False})

    assert revoked.status_code == 401
    assert crm.send("GET", "account", key="new-key").status_code == 200
    assert crm.send("GET", "account").status_code == 401


def test_a_scope_taken_away_is_a_403_that_names_it(crm):
    crm.control("POST", "/_sim/accounts/acc_1001", {"scopes": ["clients"]})

    answer = crm.create("leads")

    assert answer.status_code == 403
    assert "leads" in answer.json()["error"]["message"]
    assert crm.send("GET", "clients/c_501").status_code == 200


@pytest.mark.parametrize(
    ("deleted_status", "wrong"),
    [(404, "not_found"), (410, "not_found"), (422, "unknown_value")],
)
def test_a_client_deleted_by_hand_is_gone_also_as_a_link(crm, deleted_status, wrong):
    crm.control("POST", "/_sim/config", {"deleted_status": deleted_status})

    crm.control("POST", "/_sim/entities/clients/c_501/delete")

    lead = crm.create("leads")
    assert (lead.status_code, problems(lead)) == (deleted_status, {"client_id": wrong})
    assert crm.send("GET", "clients/c_501").status_code in (404, 410)
    assert crm.by_phone("+12025550143") == []


def test_a_person_closes_a_task_and_deletes_a_user(crm):
    identity = crm.create("tasks").json()["response"]["id"]

    crm.control("POST", f"/_sim/entities/tasks/{identity}/patch", {"status": "done"})
    crm.control("POST", "/_sim/entities/users/u_17/delete")

    assert crm.find("tasks", "cg-task")[0]["status"] == "done"
    assert "u_17" not in crm.send("GET", "users").text


def test_a_person_changes_the_phone_of_a_client(crm):
    change = {"phones": ["+12025550177"]}

    crm.control("POST", "/_sim/entities/clients/c_501/patch", change)

    assert crm.by_phone("+12025550143") == []
    assert [client["id"] for client in crm.by_phone("+12025550177")] == ["c_501"]


def test_inactive_users_can_be_refused(crm):
    accepted = crm.create("leads", responsible_user_id="u_24")

    crm.control("POST", "/_sim/config", {"refuse_inactive_users": True})

    refused = crm.create("leads", responsible_user_id="u_24")
    assert accepted.status_code == 201
    assert problems(refused) == {"responsible_user_id": "inactive_value"}


def test_written_tells_all_the_api_wrote_in_order(crm):
    for entity in ("clients", "leads", "deals", "tasks", "call_events"):
        crm.create(entity)
    crm.send("PUT", "calls/cg-call-1", BODIES["calls"])
    crm.send("PATCH", "clients/c_501", {"comment": "patched"})
    crm.create("leads", external_id="cg-lead-2")

    written = crm.control("GET", "/_sim/written")

    assert [row["external_id"] for row in written["leads"]] == ["cg-lead", "cg-lead-2"]
    assert [row["_origin"] for row in written["clients"]] == ["seed", "api"]
    assert {name: len(rows) for name, rows in written.items()} == {
        "clients": 2,
        "leads": 2,
        "deals": 1,
        "tasks": 1,
        "calls": 1,
        "call_events": 1,
    }
    assert list(crm.control("GET", "/_sim/written?entity=deals")) == ["deals"]
    assert len(crm.control("GET", "/_sim/written?all=1")["clients"]) == 7


def test_the_audit_still_counts_what_a_person_deleted(crm):
    identity = crm.create("leads").json()["response"]["id"]

    crm.control("POST", f"/_sim/entities/leads/{identity}/delete")

    assert crm.made("leads", "cg-lead") == 1
    assert crm.control("GET", "/_sim/written")["leads"][0]["_deleted"] is True


def test_the_request_log_is_bounded_and_masks_the_key(crm):
    for _ in range(15):
        crm.send("GET", "account")

    log = crm.control("GET", "/_sim/requests?limit=4")

    assert (log["total"], len(log["requests"])) == (15, 4)
    assert len(crm.control("GET", "/_sim/requests")["requests"]) == 10
    assert log["requests"][-1]["path"] == "/v4/crm/account?api_key=***"
    assert {"method": "GET", "operation": "get_account", "status": 200}.items() <= (
        log["requests"][-1].items()
    )


@pytest.mark.parametrize(
    "settings", [{"speed": 1}, {"idempotency": "maybe"}, {"ids": 5}, {"key_places": "query"}]
)
def test_a_setting_that_nobody_knows_is_refused(crm, settings):
    answer = crm.simulator.session.post(crm.simulator.url + "/_sim/config", json=settings)

    assert answer.status_code == 422
