"""The CRM client reads from the simulated CRM."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from clients.errors import AmbiguousError, NotFoundError, RateLimitedError
from rules.crm import OpenItem, Stage
from rules.vocabulary import Entity
from tests.integration.clients.behomes_calls import BODIES
from tests.integration.clients.conftest import fault


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


def test_users_of_several_pages(behomes, crm, seen):
    behomes.control("POST", "/_sim/seed", {"account": behomes.key, "generate": {"users": 120}})

    users = list(crm.users())

    assert (len({user.id for user in users}), len(seen)) == (128, 3)


@pytest.mark.parametrize("options", [{}, {"by": 3}])
def test_max_pages_is_read_again_on_each_page(behomes, crm, options):
    behomes.control("POST", "/_sim/seed", {"account": behomes.key, "generate": {"users": 120}})
    fault(behomes, "max_pages_changes", **options)

    assert len(list(crm.users())) == 128


def test_user_deleted_in_mid_reading_does_not_end_it(behomes, crm):
    behomes.control("POST", "/_sim/seed", {"account": behomes.key, "generate": {"users": 120}})
    fault(behomes, "user_deleted", count=1)

    assert len(list(crm.users())) >= 126


def test_page_is_tried_twice(behomes, crm, seen):
    fault(behomes, "error_500_before", count=1)

    assert len(list(crm.users())) == 8
    assert [status for _, _, _, status, _, _ in seen] == [500, 200]


def test_page_that_keeps_failing_raises(behomes, crm, seen):
    behomes.control("POST", "/_sim/seed", {"account": behomes.key, "generate": {"users": 120}})
    fault(behomes, "error_500_before", skip=1)
    users = crm.users()

    with pytest.raises(AmbiguousError):
        list(users)

    assert len(seen) == 3


def test_rate_limit_of_a_page_is_not_tried_again(behomes, crm, seen):
    fault(behomes, "rate_limited")

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


def test_custom_field_of_unknown_type_is_a_string(behomes, crm, caplog):
    caplog.set_level(logging.WARNING)
    field = {"key": "odd", "title": "Odd", "entity": "lead", "type": "rainbow", "required": False}
    behomes.control("POST", "/_sim/seed", {"account": behomes.key, "custom_fields": [field]})

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


def clients_since(crm, since):
    found, position = crm.clients_page(since, None)
    while position:
        more, position = crm.clients_page(since, position)
        found += more
    return found


def test_clients_changed_since_then_come_page_by_page(behomes, crm):
    behomes.control("POST", "/_sim/seed", {"account": behomes.key, "generate": {"clients": 60}})

    everybody = clients_since(crm, None)

    assert len(everybody) == len({client.id for client in everybody}) >= 66
    assert clients_since(crm, datetime(2200, 1, 1, tzinfo=UTC)) == ()
    assert len(clients_since(crm, datetime(2020, 1, 1, tzinfo=UTC))) == len(everybody)


def test_get_client(crm):
    assert crm.get_client("c_502").name == "Client With Deal"


@pytest.mark.parametrize("client_id", ["c_none", "a/b?c#d", "..", "."])
def test_get_client_that_is_not_there(crm, client_id):
    with pytest.raises(NotFoundError):
        crm.get_client(client_id)


@pytest.mark.parametrize("ids", ["big", "big_number"])
def test_ids_beyond_2_to_53_survive(behomes, crm, ids):
    behomes.control("POST", "/_sim/config", {"ids": ids})

    made = crm.create(Entity.CLIENT, BODIES[Entity.CLIENT], reference="cg-1")

    assert int(made.id) > 2**53
    assert crm.get_client(made.id).external_id == "cg-1"
    assert crm.find_by_reference("client", "cg-1")[0].id == made.id


def test_odd_extra_keys_are_ignored(behomes, crm):
    behomes.control("POST", "/_sim/config", {"odd_keys": True})

    assert (len(list(crm.users())), len(crm.pipelines())) == (8, 2)
    assert crm.find_clients(["+12025550143"])[0].id == "c_501"
