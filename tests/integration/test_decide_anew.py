"""A call decided anew with today's settings: what is there is completed, never made twice."""

from __future__ import annotations

import pytest

from services import replay
from tests.notifications import KNOWN, answered_call, lost_call

DEAL_TOO = {"incoming": {"first": {"create": "lead_and_deal"}, "repeat": {"create": "nothing"}}}
DEAL_ONLY = {"incoming": {"first": {"create": "deal"}, "repeat": {"create": "nothing"}}}
NOTHING = {"incoming": {"first": {"create_client": False}, "repeat": {"create": "nothing"}}}
WITH_TASK = {"tasks": {"lost_incoming": {"assign": "from_settings"}}}


def anew(server, call_id="1"):
    row_id = server.row(call_id).id
    with server.engine.begin() as connection:
        return replay.decide_anew(connection, server.id, [row_id], by="admin@example.com")


def test_what_is_there_stays_and_what_is_missing_is_made(any_server):
    any_server.notify(*answered_call())
    any_server.drain()
    version = any_server.publish(**DEAL_TOO)

    assert anew(any_server) == 1
    any_server.drain()

    shown = any_server.show()
    assert any_server.audit() == {"clients": 1, "leads": 1, "deals": 1, "calls": 1}
    (client,), (lead,), (deal,) = (any_server.written(e) for e in ("clients", "leads", "deals"))
    assert (deal["client_id"], deal["lead_id"]) == (client["id"], lead["id"])
    assert (shown["state"], shown["settings_version"]) == ("written", version)
    assert [one["create"] for one in shown["decisions"]] == ["lead", "lead_and_deal"]
    assert [one["contact"] for one in shown["decisions"]] == ["first", "first"]
    (entry,) = any_server.written("calls")
    assert entry["links"]["deal_id"] == deal["id"]


def test_deciding_anew_twice_makes_nothing_twice(server):
    server.use(settings=WITH_TASK)
    server.notify(*lost_call())
    server.drain()
    before = server.audit()

    for _ in range(2):
        anew(server)
        server.drain_twice_at_once(3)

    assert server.audit() == before
    assert [d["kind"] for d in server.show()["decisions"]] == ["contact", "task"] * 3
    assert server.state() == ("written", None)


def test_settings_that_want_nothing_take_nothing_away(server):
    server.notify(*answered_call())
    server.drain()
    created = server.show()["created"]
    server.publish(**NOTHING)

    anew(server)
    server.drain()

    assert server.show()["created"] == created
    assert server.audit() == {"clients": 1, "leads": 1, "calls": 1}


def test_write_that_was_refused_and_is_not_wanted_any_more_is_left_out(server):
    server.fault("validation_refused", "create_lead", count=3)
    server.notify(*answered_call())
    server.settle()
    assert server.state()[0] == "failed"
    server.publish(**DEAL_ONLY)

    anew(server)
    server.drain()

    assert server.state() == ("written", None)
    assert server.write("lead")["status"] == "skipped"
    assert "write_left_out" in server.codes()
    assert server.audit() == {"clients": 1, "deals": 1, "calls": 1}


def test_refused_write_that_is_still_wanted_is_planned_afresh(server):
    server.fault("validation_refused", "create_lead", count=3)
    server.notify(*answered_call())
    server.settle()

    anew(server)
    server.drain()

    assert server.state() == ("written", None)
    assert server.audit() == {"clients": 1, "leads": 1, "calls": 1}


def test_repeat_contact_stays_one_and_its_client_keeps_his_responsible(server):
    server.notify(*answered_call(contact_phone_number=KNOWN))
    server.drain()
    server.publish(incoming={"first": {"create": "lead"}, "repeat": {"create": "deal"}})

    anew(server)
    server.drain()

    (deal,) = server.written("deals")
    assert deal["client_id"] == "c_501"
    assert not server.requests("update_client")
    assert server.audit() == {"deals": 1, "calls": 1}


def test_first_contact_that_made_nothing_takes_a_client_who_is_there_by_now(server):
    server.use(settings=NOTHING)
    server.notify(*answered_call("1"))
    server.drain()
    server.publish()
    server.notify(*answered_call("2"))
    server.drain()

    anew(server, "1")
    server.drain()

    assert server.audit() == {"clients": 1, "leads": 2, "calls": 2}
    assert server.state("1") == ("written", None)


def test_field_rows_of_today_complete_what_is_there(server):
    server.notify(*answered_call())
    server.drain()
    row = {"entity": "lead", "target": "called_number", "value": "{{virtual_phone_number}}"}
    server.publish(fields=[{"id": "1", "overwrite": False, **row}])

    anew(server)
    server.drain()

    (lead,) = server.written("leads")
    assert lead["custom_fields"] == {"called_number": "97140000001"}
    assert "text_kept" not in server.codes()


def test_call_that_is_going_on_is_not_decided_anew(server):
    server.notify(*answered_call()[:3])
    server.drain()

    assert anew(server) == 0


def test_kill_between_asking_and_doing_loses_nothing(server):
    server.notify(*answered_call())
    server.drain()
    server.publish(**DEAL_TOO)
    server.fault("error_500_after", "create_deal", count=1)

    anew(server)
    server.settle(seconds=130)

    assert server.audit() == {"clients": 1, "leads": 1, "deals": 1, "calls": 1}
    assert server.state() == ("written", None)


@pytest.mark.parametrize("kind", ["create_client", "create_lead"])
def test_skipped_write_is_given_up_for_good(server, kind):
    server.fault("validation_refused", kind, count=3)
    server.notify(*answered_call())
    server.settle()
    entity = kind.removeprefix("create_")
    write_id = dead_id(server)

    with server.engine.begin() as connection:
        done = replay.skip_write(connection, server.id, write_id, by="admin@example.com")
    server.drain()

    assert done
    assert server.state() == ("written", None)
    assert server.write(entity)["status"] == "skipped"
    assert "leads" not in server.audit()
    assert server.replay() == 0
    with server.engine.begin() as connection:
        assert not replay.skip_write(connection, server.id, write_id, by="x")


def dead_id(server):
    from sqlalchemy import select

    from models import CrmWrite

    with server.engine.connect() as connection:
        query = select(CrmWrite.id).where(CrmWrite.status == "dead")
        return connection.execute(query).scalar_one()
