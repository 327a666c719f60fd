"""What the simulated CRM takes, and what it refuses: bodies, references, revisions."""

from __future__ import annotations

import pytest

from tests.behomes_crm import BODIES, Crm, problems
from tests.simulated import behomes_simulator


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator() as running:
        yield running


@pytest.fixture
def crm(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return Crm(simulator)


@pytest.mark.parametrize("entity", ["clients", "leads", "deals", "tasks"])
def test_a_create_answers_its_id_and_is_found_by_our_reference(crm, entity):
    answer = crm.create(entity)

    [found] = crm.find(entity, BODIES[entity]["external_id"])
    assert answer.status_code == 201
    assert answer.json() == {"response": {"id": found["id"], "created": True}}
    assert {name: found[name] for name in BODIES[entity]} == BODIES[entity]
    assert crm.send("GET", f"{entity}/{found['id']}").json()["response"]["id"] == found["id"]


@pytest.mark.parametrize("entity", ["clients", "leads", "deals", "tasks"])
def test_a_second_create_of_one_reference_makes_nothing(crm, entity):
    first = crm.create(entity).json()["response"]["id"]

    again = crm.create(entity)

    assert again.status_code == 200
    assert again.json() == {"response": {"id": first, "created": False}}
    assert crm.made(entity, BODIES[entity]["external_id"]) == 1


def test_a_client_whose_phone_is_there_is_not_made_again(crm):
    answer = crm.create("clients", phones=["+12025550143"])

    assert answer.json() == {"response": {"id": "c_501", "created": False}}


@pytest.mark.parametrize(
    ("entity", "changes", "wrong"),
    [
        pytest.param("clients", {"zip": 1}, {"zip": "unknown_field"}, id="unknown-field"),
        pytest.param("clients", {"name": None}, {"name": "required"}, id="required"),
        pytest.param("clients", {"phones": []}, {"phones": "empty"}, id="no-phone"),
        pytest.param(
            "clients", {"phones": ["+1 202 555"]}, {"phones.0": "invalid_format"}, id="phone"
        ),
        pytest.param("clients", {"name": 5}, {"name": "wrong_type"}, id="type"),
        pytest.param(
            "clients",
            {"source": {**BODIES["clients"]["source"], "virtual_number": "+12025550100"}},
            {"source.virtual_number": "unknown_field"},
            id="nested-unknown-field",
        ),
        pytest.param(
            "leads",
            {"responsible_user_id": "u_99"},
            {"responsible_user_id": "unknown_value"},
            id="user",
        ),
        pytest.param("leads", {"client_id": "c_1"}, {"client_id": "unknown_value"}, id="client"),
        pytest.param("deals", {"lead_id": "l_1"}, {"lead_id": "unknown_value"}, id="lead"),
        pytest.param(
            "deals", {"pipeline_id": "p_9"}, {"pipeline_id": "unknown_value"}, id="pipeline"
        ),
        pytest.param(
            "deals", {"pipeline_id": "p_1"}, {"pipeline_id": "unknown_value"}, id="lead-pipeline"
        ),
        pytest.param(
            "deals", {"stage_id": "s_11"}, {"stage_id": "unknown_value"}, id="foreign-stage"
        ),
        pytest.param("deals", {"source": {}}, {"source": "unknown_field"}, id="deal-source"),
        pytest.param(
            "tasks", {"due_at": 1767226500}, {"due_at": "out_of_range"}, id="seconds-for-ms"
        ),
        pytest.param(
            "tasks",
            {"link": {"entity": "lead", "id": "l_1"}},
            {"link.id": "unknown_value"},
            id="link",
        ),
        pytest.param(
            "call_events", {"user_ids": ["u_99"]}, {"user_ids.0": "unknown_value"}, id="event-user"
        ),
    ],
)
def test_a_create_that_the_contract_does_not_know_is_refused(crm, entity, changes, wrong):
    answer = crm.create(entity, **changes)

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "validation_failed"
    assert problems(answer) == wrong
    assert crm.control("GET", "/_sim/written")[entity] == []


@pytest.mark.parametrize("entity", sorted(BODIES))
def test_every_missing_member_that_is_required_is_named(crm, entity):
    path, method = (f"{entity}/cg-call-1", "PUT") if entity == "calls" else (entity, "POST")

    answer = crm.send(method, path, {})

    assert answer.status_code == 422
    assert set(problems(answer).values()) == {"required"}


@pytest.mark.parametrize(
    ("key", "good", "bad", "code"),
    [
        pytest.param("utm_source", "site", 5, "wrong_type", id="string"),
        pytest.param("talk_seconds", 113, "113", "wrong_type", id="number"),
        pytest.param("is_investor", True, "yes", "wrong_type", id="boolean"),
        pytest.param("first_call_on", "2026-01-01", "01.01.2026", "invalid_format", id="date"),
        pytest.param("last_call_at", 1767225600000, 1767225600, "out_of_range", id="datetime"),
        pytest.param("purpose", "o1", "Investment", "unknown_value", id="enum-by-id"),
        pytest.param("called_number", "+12025550100", "n/a", "invalid_format", id="phone"),
        pytest.param("contact_email", "a@example.com", "a", "invalid_format", id="email"),
        pytest.param("recording_link", "https://example.com", "x", "invalid_format", id="url"),
        pytest.param("call_agent", "u_17", "u_99", "unknown_value", id="user"),
    ],
)
def test_custom_fields_take_values_of_their_type(crm, key, good, bad, code):
    refused = crm.create("leads", custom_fields={key: bad})
    accepted = crm.create("leads", custom_fields={key: good})

    assert problems(refused) == {f"custom_fields.{key}": code}
    assert accepted.status_code == 201
    assert crm.find("leads", "cg-lead")[0]["custom_fields"] == {key: good}


def test_unknown_custom_fields_and_missing_required_ones_are_refused(crm):
    spec = {"key": "must", "entity": "lead", "type": "string", "required": True}
    crm.control("POST", "/_sim/seed", {"custom_fields": [spec]})

    unknown = crm.create("clients", custom_fields={"nobody": 1})
    missing = crm.create("leads")

    assert problems(unknown) == {"custom_fields.nobody": "unknown_field"}
    assert problems(missing) == {"custom_fields.must": "required"}


def test_a_patch_changes_only_what_it_sends_and_merges_custom_fields(crm):
    identity = crm.create("leads", custom_fields={"utm_source": "a", "budget": 1}).json()
    path = f"leads/{identity['response']['id']}"

    crm.send("PATCH", path, {"comment": "new", "custom_fields": {"budget": 2, "purpose": "o2"}})

    [lead] = crm.find("leads", "cg-lead")
    assert lead["title"] == BODIES["leads"]["title"]
    assert lead["comment"] == "new"
    assert lead["custom_fields"] == {"utm_source": "a", "budget": 2, "purpose": "o2"}


@pytest.mark.parametrize(
    ("path", "body", "status", "wrong"),
    [
        pytest.param("leads/l_900", {"external_id": "x"}, 422, {"external_id": "unknown_field"}),
        pytest.param("leads/l_900", {"title": None}, 422, {"title": "required"}),
        pytest.param("deals/d_700", {"stage_id": "s_11"}, 422, {"stage_id": "unknown_value"}),
        pytest.param("leads/l_1", {"title": "x"}, 404, {"id": "not_found"}),
        pytest.param("calls/cg-none", {"note": "x"}, 404, {"external_id": "not_found"}),
    ],
)
def test_a_patch_that_cannot_be_is_refused(crm, path, body, status, wrong):
    answer = crm.send("PATCH", path, body)

    assert (answer.status_code, problems(answer)) == (status, wrong)


def test_a_task_is_closed_by_a_patch(crm):
    identity = crm.create("tasks").json()["response"]["id"]
    before = crm.find("tasks", "cg-task")[0]["status"]

    crm.send("PATCH", f"tasks/{identity}", {"status": "done"})

    assert (before, crm.find("tasks", "cg-task")[0]["status"]) == ("open", "done")


def test_an_older_revision_of_a_call_never_replaces_a_newer(crm):
    first = crm.send("PUT", "calls/cg-call-1", BODIES["calls"])
    older = crm.send("PUT", "calls/cg-call-1", {**BODIES["calls"], "note": "old", "revision": 1})
    newer = crm.send("PUT", "calls/cg-call-1", {**BODIES["calls"], "note": "new", "revision": 3})
    stale = crm.send("PATCH", "calls/cg-call-1", {"note": "stale", "revision": 2})

    [call] = crm.control("GET", "/_sim/written?entity=calls")["calls"]
    assert [one.status_code for one in (first, older, newer, stale)] == [201, 200, 200, 200]
    assert (call["note"], call["revision"], call["_writes"]) == ("new", 3, 4)


def test_a_recording_follows_by_patch(crm):
    crm.send("PUT", "calls/cg-call-1", {**BODIES["calls"], "recordings": []})
    late = {"recordings": BODIES["calls"]["recordings"], "source": {"tags": ["hot"]}}

    answer = crm.send("PATCH", "calls/cg-call-1", late).json()["response"]

    assert answer["recordings"] == BODIES["calls"]["recordings"]
    assert answer["source"] == {"scenario": "Main IVR", "campaign": None, "tags": ["hot"]}
    assert answer["status"] == "answered"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({"external_id": "cg-call-2"}, {"external_id": "mismatch"}, id="reference"),
        pytest.param({"status": "lost"}, {"status": "unknown_value"}, id="status"),
        pytest.param({"direction": "internal"}, {"direction": "unknown_value"}, id="direction"),
        pytest.param({"revision": 0}, {"revision": "out_of_range"}, id="revision"),
        pytest.param(
            {"duration": {"wait": 1.5, "talk": 0, "total": 2}},
            {"duration.wait": "wrong_type"},
            id="duration",
        ),
        pytest.param(
            {"links": {"client_id": "c_1"}}, {"links.client_id": "unknown_value"}, id="link"
        ),
    ],
)
def test_a_call_that_the_contract_does_not_know_is_refused(crm, changes, wrong):
    answer = crm.send("PUT", "calls/cg-call-1", {**BODIES["calls"], **changes})

    assert (answer.status_code, problems(answer)) == (422, wrong)


def test_a_pop_up_event_is_taken_once(crm):
    first, second = crm.create("call_events"), crm.create("call_events")

    assert [first.status_code, second.status_code] == [201, 200]
    assert len(crm.control("GET", "/_sim/written")["call_events"]) == 1
