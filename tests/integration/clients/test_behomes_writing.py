"""The CRM client writes into the simulated CRM."""

from __future__ import annotations

import pytest

from clients.errors import NotFoundError
from rules.crm import Created
from rules.vocabulary import Entity
from tests.integration.clients.behomes_calls import BODIES, CALL, EVENT, written
from tests.integration.clients.conftest import fault


@pytest.mark.parametrize("entity", list(Entity))
def test_create(behomes, crm, entity):
    made = crm.create(entity, BODIES[entity], reference="cg-1")

    (row,) = written(behomes, f"{entity}s")
    assert made == Created(row["id"], created=True)
    sent = {**BODIES[entity], "external_id": "cg-1"}
    if entity is Entity.TASK:
        sent["due_at"] = 1767226500000
    assert {key: row[key] for key in sent} == sent


@pytest.mark.parametrize("entity", list(Entity))
def test_create_of_what_is_there_already(crm, entity):
    first = crm.create(entity, BODIES[entity], reference="cg-1")

    assert crm.create(entity, BODIES[entity], reference="cg-1") == Created(first.id, created=False)


@pytest.mark.parametrize("entity", list(Entity))
def test_find_by_reference(crm, entity):
    made = crm.create(entity, BODIES[entity], reference="cg-1")

    (found,) = crm.find_by_reference(entity, "cg-1")

    assert (found.id, found.external_id) == (made.id, "cg-1")
    assert found.responsible_user_id == "u_17"
    texts = {key: BODIES[entity].get(key) for key in found.texts}
    assert dict(found.texts) == texts
    assert found.status == ("open" if entity is Entity.TASK else None)
    assert dict(found.custom_fields) == BODIES[entity].get("custom_fields", {})


@pytest.mark.parametrize("entity", list(Entity))
def test_find_by_reference_finds_nothing(crm, entity):
    assert crm.find_by_reference(entity, "cg-none") == ()


def test_doubled_record_is_found_twice(behomes, crm):
    fault(behomes, "duplicate_write", count=1)
    crm.create("lead", BODIES[Entity.LEAD], reference="cg-1")

    assert len(crm.find_by_reference("lead", "cg-1")) == 2


@pytest.mark.parametrize(
    ("entity", "changes"),
    [
        (Entity.CLIENT, {"name": "New", "custom_fields": {"budget": 5}}),
        (Entity.LEAD, {"title": "New", "comment": "c"}),
        (Entity.DEAL, {"stage_id": "s_22", "comment": None}),
        (Entity.TASK, {"text": "one\ntwo", "status": "done"}),
    ],
)
def test_update(behomes, crm, entity, changes):
    made = crm.create(entity, BODIES[entity], reference="cg-1")

    crm.update(entity, made.id, changes)

    (row,) = written(behomes, f"{entity}s")
    expected = {**BODIES[entity], **changes}
    expected.pop("due_at", None)
    if entity is Entity.CLIENT:
        expected["custom_fields"] = {"utm_source": "google", "budget": 5}
    assert {key: row[key] for key in expected} == expected


def test_update_of_what_is_gone(behomes, crm):
    behomes.control("POST", "/_sim/config", {"deleted_status": 410})
    made = crm.create("lead", BODIES[Entity.LEAD], reference="cg-1")
    behomes.control("POST", f"/_sim/entities/leads/{made.id}/delete")

    with pytest.raises(NotFoundError) as caught:
        crm.update("lead", made.id, {"title": "x"})

    assert caught.value.status == 410


def test_call_is_put_and_patched(behomes, crm):
    crm.put_call("cg-call-1", CALL)
    recordings = [{"url": "https://example.com/recordings/1", "seconds": 113}]

    crm.patch_call("cg-call-1", {"recordings": recordings, "revision": 3})

    (row,) = written(behomes, "calls")
    assert (row["external_id"], row["started_at"], row["ended_at"]) == (
        "cg-call-1",
        1767225600000,
        1767225725000,
    )
    assert (row["employee"], row["participants"]) == (CALL["employee"], CALL["participants"])
    assert (row["recordings"], row["revision"]) == (recordings, 3)


def test_older_revision_does_not_replace(behomes, crm):
    crm.put_call("cg-call-1", CALL)

    crm.put_call("cg-call-1", {**CALL, "revision": 1, "note": "old"})

    assert written(behomes, "calls")[0]["note"] is None


def test_patch_of_an_unknown_call(crm):
    with pytest.raises(NotFoundError):
        crm.patch_call("cg-none", {"note": "x"})


def test_call_event(behomes, crm):
    crm.send_call_event(EVENT, timeout=2)

    (row,) = written(behomes, "call_events")
    assert (row["event_id"], row["user_ids"], row["occurred_at"]) == (
        "cg-ev-1",
        ["u_17", "u_18"],
        1767225600000,
    )
