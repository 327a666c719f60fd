"""The CRM client against the simulated CRM: every method, every kind of trouble."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from clients.behomes import BehomesClient
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ForbiddenError,
    KeyRefusedError,
    NotExecutedError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)
from clients.http import Http
from clients.wire import load_wire
from rules.crm import Created, OpenItem, Stage
from rules.vocabulary import Entity
from tests.simulated import behomes_simulator

WIRE = load_wire()
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SOURCE = {"channel": "phone", "provider": "callgear"}
BODIES = {
    Entity.CLIENT: {
        "name": "Call +12025550150",
        "phones": ["+12025550150"],
        "responsible_user_id": "u_17",
        "comment": None,
        "source": SOURCE,
        "custom_fields": {"utm_source": "google"},
    },
    Entity.LEAD: {
        "client_id": "c_501",
        "title": "Call from +12025550143",
        "comment": None,
        "responsible_user_id": "u_17",
        "source": {**SOURCE, "virtual_number": "+12025550100"},
        "custom_fields": {},
    },
    Entity.DEAL: {
        "client_id": "c_501",
        "lead_id": "l_900",
        "title": "Call from +12025550143",
        "comment": None,
        "pipeline_id": "p_2",
        "stage_id": "s_21",
        "responsible_user_id": "u_17",
        "custom_fields": {},
    },
    Entity.TASK: {
        "type": "call_back",
        "text": "Call back +12025550143",
        "due_at": "2026-01-01T00:15:00+00:00",
        "responsible_user_id": "u_17",
        "phone": "+12025550143",
        "link": {"entity": "lead", "id": "l_900"},
    },
}
CALL = {
    "direction": "inbound",
    "status": "answered",
    "started_at": "2026-01-01T00:00:00+00:00",
    "answered_at": "2026-01-01T00:00:12+00:00",
    "ended_at": "2026-01-01T00:02:05+00:00",
    "duration": {"wait": 12, "talk": 113, "total": 125},
    "client_phone": "+12025550143",
    "line_number": "+12025550100",
    "employee": {"user_id": "u_17", "provider_id": "101", "extension": "117"},
    "participants": [{"user_id": "u_17", "talk": 113}],
    "links": {"client_id": "c_501", "lead_id": "l_900", "deal_id": None},
    "recordings": [],
    "source": {"scenario": "Main IVR", "campaign": None, "tags": []},
    "note": None,
    "revision": 2,
}
EVENT = {
    "event_id": "cg-ev-1",
    "event": "ringing",
    "occurred_at": "2026-01-01T00:00:00+00:00",
    "expires_at": "2026-01-01T00:00:30+00:00",
    "call_external_id": "cg-call-1",
    "direction": "inbound",
    "client_phone": "+12025550143",
    "line_number": "+12025550100",
    "user_ids": ["u_17", "u_18"],
    "client": {"id": "c_501", "name": "Client Sample", "url": None},
    "links": {"lead_id": "l_900"},
}


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator() as running:
        yield running


@pytest.fixture
def sim(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return simulator


@pytest.fixture
def http(sim):
    made = Http([urlsplit(sim.url).netloc])
    yield made
    made.close()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def crm(sim, http, seen):
    return BehomesClient(
        WIRE, http, sim.url + "/", sim.key, on_request=lambda *report: seen.append(report)
    )


def written(sim, table):
    return sim.control("GET", f"/_sim/written?entity={table}")[table]


def fault(sim, name, **order):
    sim.control("POST", "/_sim/faults", {"name": name, **order})


# Reading


def test_account(crm):
    account = crm.account()

    assert (account.account_id, account.timezone) == ("acc_1001", "Asia/Dubai")
    assert (account.currency, account.default_country) == ("AED", "AE")
    assert "leads" in account.scopes


def test_users(crm):
    users = list(crm.users())

    assert [user.id for user in users] == [f"u_{number}" for number in range(17, 25)]
    assert (users[0].email, users[0].extension) == ("agent.one@example.com", "117")
    assert [user.id for user in users if not user.active] == ["u_24"]


def test_users_of_several_pages(sim, crm, seen):
    sim.control("POST", "/_sim/seed", {"account": sim.key, "generate": {"users": 120}})

    users = list(crm.users())

    assert (len({user.id for user in users}), len(seen)) == (128, 3)


@pytest.mark.parametrize("options", [{}, {"by": 3}])
def test_max_pages_is_read_again_on_each_page(sim, crm, options):
    sim.control("POST", "/_sim/seed", {"account": sim.key, "generate": {"users": 120}})
    fault(sim, "max_pages_changes", **options)

    assert len(list(crm.users())) == 128


def test_user_deleted_in_mid_reading_does_not_end_it(sim, crm):
    sim.control("POST", "/_sim/seed", {"account": sim.key, "generate": {"users": 120}})
    fault(sim, "user_deleted", count=1)

    assert len(list(crm.users())) >= 126


def test_page_is_tried_twice(sim, crm, seen):
    fault(sim, "error_500_before", count=1)

    assert len(list(crm.users())) == 8
    assert [status for _, _, _, status, _, _ in seen] == [500, 200]


def test_page_that_keeps_failing_raises(sim, crm, seen):
    sim.control("POST", "/_sim/seed", {"account": sim.key, "generate": {"users": 120}})
    fault(sim, "error_500_before", skip=1)
    users = crm.users()

    with pytest.raises(AmbiguousError):
        list(users)

    assert len(seen) == 3


def test_rate_limit_of_a_page_is_not_tried_again(sim, crm, seen):
    fault(sim, "rate_limited")

    with pytest.raises(RateLimitedError):
        list(crm.users())

    assert len(seen) == 1


def test_pipelines(crm):
    leads, deals = crm.pipelines()

    assert (leads.id, leads.entity, deals.id, deals.entity) == ("p_1", "lead", "p_2", "deal")
    assert deals.stages[0] == Stage("s_21", "EOI", "open")
    assert [stage.kind for stage in deals.stages[-2:]] == ["won", "lost"]


def test_custom_fields(crm):
    fields = {field.key: field for field in crm.custom_fields(Entity.LEAD)}

    assert (fields["purpose"].type, fields["purpose"].entity) == ("enum", "lead")
    assert [option.title for option in fields["purpose"].options] == ["Investment", "Own use"]
    assert fields["budget"].type == "money"


def test_custom_field_of_unknown_type_is_a_string(sim, crm, caplog):
    caplog.set_level(logging.WARNING)
    field = {"key": "odd", "title": "Odd", "entity": "lead", "type": "rainbow", "required": False}
    sim.control("POST", "/_sim/seed", {"account": sim.key, "custom_fields": [field]})

    (found,) = [one for one in crm.custom_fields("lead") if one.key == "odd"]

    assert found.type == "string"
    assert "rainbow" in caplog.text


def test_find_clients(crm, seen):
    (client,) = crm.find_clients(["+12025550143", "12025550143", "202555014"], timeout=5)

    assert (client.id, client.name, client.phones) == ("c_501", "Client Sample", ("+12025550143",))
    assert client.responsible_user_id == "u_17"
    assert client.open_leads == (OpenItem("l_900", "p_1", "s_11"),)
    assert client.created_at == datetime(2025, 12, 1, tzinfo=UTC)
    assert seen[0][2] == "/v4/crm/clients?phone=***&phone=***&phone=***"


def test_find_clients_finds_nobody(crm):
    assert crm.find_clients(["+12025559999"]) == ()


def test_clients_updated_since(sim, crm):
    sim.control("POST", "/_sim/seed", {"account": sim.key, "generate": {"clients": 60}})

    everybody = list(crm.clients_updated_since(None))

    assert len(everybody) == len({client.id for client in everybody}) >= 66
    assert list(crm.clients_updated_since(datetime(2200, 1, 1, tzinfo=UTC))) == []
    assert len(list(crm.clients_updated_since(SINCE))) == len(everybody)


def test_get_client(crm):
    assert crm.get_client("c_502").name == "Client With Deal"


@pytest.mark.parametrize("client_id", ["c_none", "a/b?c#d", "..", "."])
def test_get_client_that_is_not_there(crm, client_id):
    with pytest.raises(NotFoundError):
        crm.get_client(client_id)


@pytest.mark.parametrize("ids", ["big", "big_number"])
def test_ids_beyond_2_to_53_survive(sim, crm, ids):
    sim.control("POST", "/_sim/config", {"ids": ids})

    made = crm.create(Entity.CLIENT, BODIES[Entity.CLIENT], reference="cg-1")

    assert int(made.id) > 2**53
    assert crm.get_client(made.id).external_id == "cg-1"
    assert crm.find_by_reference("client", "cg-1")[0].id == made.id


def test_odd_extra_keys_are_ignored(sim, crm):
    sim.control("POST", "/_sim/config", {"odd_keys": True})

    assert (len(list(crm.users())), len(crm.pipelines())) == (8, 2)
    assert crm.find_clients(["+12025550143"])[0].id == "c_501"


# Writing


@pytest.mark.parametrize("entity", list(Entity))
def test_create(sim, crm, entity):
    made = crm.create(entity, BODIES[entity], reference="cg-1")

    (row,) = written(sim, f"{entity}s")
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


def test_doubled_record_is_found_twice(sim, crm):
    fault(sim, "duplicate_write", count=1)
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
def test_update(sim, crm, entity, changes):
    made = crm.create(entity, BODIES[entity], reference="cg-1")

    crm.update(entity, made.id, changes)

    (row,) = written(sim, f"{entity}s")
    expected = {**BODIES[entity], **changes}
    expected.pop("due_at", None)
    if entity is Entity.CLIENT:
        expected["custom_fields"] = {"utm_source": "google", "budget": 5}
    assert {key: row[key] for key in expected} == expected


def test_update_of_what_is_gone(sim, crm):
    sim.control("POST", "/_sim/config", {"deleted_status": 410})
    made = crm.create("lead", BODIES[Entity.LEAD], reference="cg-1")
    sim.control("POST", f"/_sim/entities/leads/{made.id}/delete")

    with pytest.raises(NotFoundError) as caught:
        crm.update("lead", made.id, {"title": "x"})

    assert caught.value.status == 410


def test_call_is_put_and_patched(sim, crm):
    crm.put_call("cg-call-1", CALL)
    recordings = [{"url": "https://example.com/recordings/1", "seconds": 113}]

    crm.patch_call("cg-call-1", {"recordings": recordings, "revision": 3})

    (row,) = written(sim, "calls")
    assert (row["external_id"], row["started_at"], row["ended_at"]) == (
        "cg-call-1",
        1767225600000,
        1767225725000,
    )
    assert (row["employee"], row["participants"]) == (CALL["employee"], CALL["participants"])
    assert (row["recordings"], row["revision"]) == (recordings, 3)


def test_older_revision_does_not_replace(sim, crm):
    crm.put_call("cg-call-1", CALL)

    crm.put_call("cg-call-1", {**CALL, "revision": 1, "note": "old"})

    assert written(sim, "calls")[0]["note"] is None


def test_patch_of_an_unknown_call(crm):
    with pytest.raises(NotFoundError):
        crm.patch_call("cg-none", {"note": "x"})


def test_call_event(sim, crm):
    crm.send_call_event(EVENT, timeout=2)

    (row,) = written(sim, "call_events")
    assert (row["event_id"], row["user_ids"], row["occurred_at"]) == (
        "cg-ev-1",
        ["u_17", "u_18"],
        1767225600000,
    )


# Trouble: what each kind of it is called, for every method

METHODS = {
    "account": lambda crm: crm.account(timeout=2),
    "users": lambda crm: list(crm.users(timeout=2)),
    "pipelines": lambda crm: crm.pipelines(timeout=2),
    "custom_fields": lambda crm: crm.custom_fields("deal", timeout=2),
    "find_clients": lambda crm: crm.find_clients(["+12025550143"], timeout=2),
    "clients_updated_since": lambda crm: list(crm.clients_updated_since(None, timeout=2)),
    "get_client": lambda crm: crm.get_client("c_501", timeout=2),
    "find_by_reference": lambda crm: crm.find_by_reference("task", "cg-1", timeout=2),
    "create": lambda crm: crm.create("lead", BODIES[Entity.LEAD], reference="cg-1", timeout=2),
    "update": lambda crm: crm.update("client", "c_501", {"name": "x"}, timeout=2),
    "put_call": lambda crm: crm.put_call("cg-call-1", CALL, timeout=2),
    "patch_call": lambda crm: crm.patch_call("cg-call-1", {"note": "x"}, timeout=2),
    "send_call_event": lambda crm: crm.send_call_event(EVENT, timeout=2),
}
WRITES = ("create", "update", "put_call", "patch_call", "send_call_event")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("order", "kind", "code"),
    [
        pytest.param({"name": "key_revoked"}, KeyRefusedError, "invalid_auth", id="401"),
        pytest.param({"name": "not_found"}, NotFoundError, "not_found", id="404"),
        pytest.param({"name": "not_found", "status": 410}, NotFoundError, "not_found", id="410"),
        pytest.param(
            {"name": "rate_limited", "seconds": 7}, RateLimitedError, "rate_limited", id="429"
        ),
        pytest.param({"name": "limit_503"}, RateLimitedError, "rate_limited", id="503-limit"),
        pytest.param({"name": "error_500_before"}, AmbiguousError, "server_error", id="500"),
        pytest.param(
            {"name": "error_500_before", "body": "html"}, AmbiguousError, "server_error", id="page"
        ),
        pytest.param(
            {"name": "error_500_before", "status": 503, "body": "empty"},
            AmbiguousError,
            "server_error",
            id="503-empty",
        ),
        pytest.param({"name": "reset_before"}, AmbiguousError, "connection_lost", id="reset"),
    ],
)
def test_trouble_of_every_method(sim, crm, method, order, kind, code):
    fault(sim, **order)

    with pytest.raises(kind) as caught:
        METHODS[method](crm)

    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize("method", METHODS)
def test_no_answer(sim, crm, method):
    fault(sim, "timeout_before", seconds=0.05)

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](crm)

    assert caught.value.code in ("timeout", "connection_lost")


def test_answer_after_the_deadline(sim, crm):
    fault(sim, "slow", seconds=1)

    with pytest.raises(AmbiguousError) as caught:
        crm.find_clients(["+12025550143"], timeout=0.2)

    assert caught.value.code == "timeout"


@pytest.mark.parametrize("method", METHODS)
def test_nobody_listens(method):
    http = Http(["localhost:9"])
    crm = BehomesClient(WIRE, http, "http://localhost:9", "k")

    with pytest.raises(NotExecutedError) as caught:
        METHODS[method](crm)

    assert caught.value.code == "cannot_connect"


@pytest.mark.parametrize("method", METHODS)
def test_forbidden_is_about_the_key_only_on_the_account(sim, crm, method):
    fault(sim, "forbidden")

    with pytest.raises(KeyRefusedError if method == "account" else ForbiddenError):
        METHODS[method](crm)


def test_missing_scope_is_named(sim, crm):
    fault(sim, "scope_missing")

    with pytest.raises(ForbiddenError) as caught:
        METHODS["create"](crm)

    assert (caught.value.details[0].field, caught.value.details[0].code) == ("scope", "leads")


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [400, 422])
def test_refused_data_names_the_field(sim, crm, method, status):
    fault(sim, "validation_refused", status=status, field="stage_id", code="unknown_value")

    with pytest.raises(RefusedError) as caught:
        METHODS[method](crm)

    error = caught.value
    assert (error.status, error.vendor_code) == (status, "validation_failed")
    assert (error.details[0].field, error.details[0].code) == ("stage_id", "unknown_value")


def test_conflict_is_already_there(sim, crm):
    fault(sim, "conflict_409")

    with pytest.raises(AlreadyThereError):
        METHODS["create"](crm)


@pytest.mark.parametrize(
    ("style", "least", "most"), [("seconds", 30, 30), ("date", 25, 31), ("none", None, None)]
)
def test_retry_after_of_every_style(sim, crm, style, least, most):
    fault(sim, "rate_limited", style=style, seconds=30)

    with pytest.raises(RateLimitedError) as caught:
        METHODS["create"](crm)

    waits = caught.value.retry_after
    assert waits is least is None or least <= waits <= most


@pytest.mark.parametrize(
    "order",
    [
        {"name": "html_200"},
        {"name": "error_object_200"},
        {"name": "no_content_204"},
        {"name": "error_object_200", "body": {"success": False}},
        {"name": "error_object_200", "body": {"response": {"created": True}}},
        {"name": "error_object_200", "body": {"response": {"id": None}}},
        {"name": "error_object_200", "body": []},
        {"name": "error_object_200", "body": None},
    ],
)
def test_create_without_a_readable_id_is_ambiguous(sim, crm, order):
    fault(sim, **order)

    with pytest.raises(AmbiguousError) as caught:
        METHODS["create"](crm)

    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("method", [name for name in METHODS if name not in WRITES])
def test_reading_a_page_of_html(sim, crm, method):
    fault(sim, "html_200")

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](crm)

    assert (caught.value.code, caught.value.status) == ("unexpected_answer", 200)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in WRITES])
@pytest.mark.parametrize("body", [{}, {"response": None}, {"response": "x"}, [], 5])
def test_reading_what_was_not_agreed(sim, crm, method, body):
    fault(sim, "error_object_200", body=body)

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](crm)

    assert caught.value.code == "unexpected_answer"


@pytest.mark.parametrize("method", ["update", "put_call", "send_call_event"])
def test_empty_answer_to_a_change_is_good(sim, crm, method):
    fault(sim, "no_content_204", count=1)

    METHODS[method](crm)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("unauthorized", KeyRefusedError),
        ("rate_limited", RateLimitedError),
        ("stage_unknown", RefusedError),
        ("internal_error", AmbiguousError),
    ],
)
def test_error_in_a_200_to_a_change(sim, crm, code, kind):
    fault(sim, "error_object_200", body={"error": {"code": code, "message": "No"}})

    with pytest.raises(kind):
        METHODS["update"](crm)


@pytest.mark.parametrize("name", ["error_500_after", "reset_after", "html_200"])
def test_write_that_was_done_is_found(sim, crm, name):
    fault(sim, name, count=1, execute=True)

    with pytest.raises(AmbiguousError):
        METHODS["create"](crm)

    assert len(crm.find_by_reference("lead", "cg-1")) == 1


# The observer


def test_observer_sees_each_request(sim, crm, seen):
    fault(sim, "validation_refused", match={"operation": "create_lead"})
    crm.find_clients(["+12025550143"])
    with pytest.raises(RefusedError):
        METHODS["create"](crm)

    assert [(report[:4], report[5]) for report in seen] == [
        (("find_clients", "GET", "/v4/crm/clients?phone=***", 200), None),
        (("create_lead", "POST", "/v4/crm/leads", 422), "refused"),
    ]
    assert all(0 < report[4] < 5000 for report in seen)


def test_observer_of_one_use(crm, seen):
    own = []

    crm.observed(lambda *report: own.append(report)).account()

    assert (len(own), len(seen)) == (1, 0)


def test_observer_sees_what_never_left():
    own = []
    http = Http([])
    crm = BehomesClient(WIRE, http, "https://crm.example", "k", on_request=lambda *r: own.append(r))

    with pytest.raises(NotExecutedError):
        crm.account()

    assert own[0][:4] == ("account", "GET", "/v4/crm/account", None)
    assert own[0][5] == "host_not_allowed"


def test_key_is_in_no_text(sim, http, caplog):
    caplog.set_level(logging.DEBUG)
    crm = BehomesClient(WIRE, http, sim.url, "sk-topsecret")

    with pytest.raises(KeyRefusedError) as caught:
        crm.account()

    texts = [repr(crm), repr(crm._requests), str(caught.value), repr(caught.value), caplog.text]
    assert not any("topsecret" in text for text in texts)


# The probe


def test_probe_of_a_crm_that_keeps_the_contract(sim, crm):
    found = crm.probe("+12025550143")

    assert [one.expectation for one in found if not one.holds] == []
    assert written(sim, "clients") == written(sim, "leads") == []


def test_probe_names_what_does_not_hold(sim, crm):
    fault(sim, "phone_filter_ignored")
    fault(sim, "html_200", match={"operation": "list_pipelines"})

    broken = {name: detail for name, holds, detail in crm.probe("+12025550143") if not holds}

    assert set(broken) == {"phone_filter_kept", "pipelines_listed"}
    assert "unexpected_answer" in broken["pipelines_listed"]


def test_probe_stops_at_a_bad_key(sim, http):
    found = BehomesClient(WIRE, http, sim.url, "wrong").probe("+12025550143")

    assert [(one.expectation, one.holds) for one in found] == [("key_accepted", False)]
