"""POST /api/v1/events on both databases: kept once, handled in the order in which it happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import CrmEvent, CrmUserRow, CrmWrite, Integration, db
from models.base import from_ms, now_ms, to_ms
from rules.crm import Client, CrmUser
from services import crm_events
from services.known_clients import Reading, find, remember
from services.lists import store_crm_users
from tests.notifications import CLIENT, answered_call

PHONE = "+971500000777"


class Crm:
    """The CRM that tells us; moments are seconds from the database's now."""

    def __init__(self, server):
        self.server = server
        self.client = server.app.test_client()
        self.headers = {"Authorization": f"Bearer {server.made.api_key}"}
        with server.app.app_context():
            self.account = db.session.get_one(Integration, server.id).crm_account_row_id
            self.now = from_ms(db.session.execute(select(now_ms())).scalar_one())

    def post(self, **body):
        return self.client.post("/api/v1/events", json=body, headers=self.headers)

    def tell(self, event_id, kind, at, **data):
        moment = to_ms(self.now + timedelta(seconds=at))
        answer = self.post(event_id=event_id, type=kind, occurred_at=moment, data=data)
        assert answer.status_code == 200, answer.text
        return answer.json["status"]

    def handle(self):
        with self.server.app.app_context():
            return crm_events.handle_due(db.engine)

    def know(self, at, *, phone=PHONE, client_id="c_1", user="u_17"):
        client = Client(client_id, "Anna", (phone,), user)
        reading = Reading(self.account, phone, client, self.now + timedelta(seconds=at), "call")
        with self.server.engine.begin() as connection:
            remember(connection, [reading])

    def find(self, phone=PHONE):
        with self.server.engine.connect() as connection:
            return find(connection, self.account, phone)

    def rows(self, model):
        with self.server.app.app_context():
            rows = db.session.scalars(select(model)).all()
            db.session.expunge_all()
            return rows


@pytest.fixture
def crm(server):
    return Crm(server)


@pytest.fixture
def any_crm(any_server):
    return Crm(any_server)


def test_event_counts_once_by_its_id_and_a_change_of_responsible_reaches_the_index(any_crm):
    crm = any_crm
    crm.know(-100)
    changed = {"client_id": "c_1", "responsible_user_id": "u_18"}

    told = [crm.tell("e1", "client.responsible_changed", -50, **changed) for _ in range(2)]

    assert told == ["accepted", "known"]
    assert crm.find().client.responsible_user_id == "u_17"  # nothing happens before the answer
    assert (crm.handle(), crm.handle()) == (1, 0)
    known = crm.find()
    assert (known.client.responsible_user_id, known.source) == ("u_18", "event")


def test_what_happened_last_counts_whatever_came_last(crm):
    crm.know(-100)
    crm.tell("e2", "client.responsible_changed", -20, client_id="c_1", responsible_user_id="u_19")
    crm.handle()
    crm.tell("e1", "client.responsible_changed", -50, client_id="c_1", responsible_user_id="u_18")
    crm.handle()
    assert crm.find().client.responsible_user_id == "u_19"

    crm.know(-5, user="u_20")
    crm.tell("e3", "client.responsible_changed", -10, client_id="c_1", responsible_user_id=None)
    crm.handle()
    assert crm.find().client.responsible_user_id == "u_20"


def test_clock_ahead_of_ours_shuts_nothing_out(crm):
    crm.know(-100)
    crm.tell("e1", "client.responsible_changed", 9000, client_id="c_1", responsible_user_id=None)
    crm.handle()
    assert crm.find().client.responsible_user_id is None

    crm.know(60, user="u_20")
    assert crm.find().client.responsible_user_id == "u_20"


def test_merged_client_hands_his_numbers_over(any_crm):
    crm = any_crm
    crm.know(-100)
    crm.know(-90, phone="+971500000778", client_id="c_2", user="u_18")

    crm.tell("e1", "client.merged", -50, client_id="c_1", into_client_id="c_2")
    crm.tell("e2", "client.merged", -50, client_id="c_7", into_client_id="c_8")
    crm.handle()

    assert (crm.find().client.id, crm.find().client.responsible_user_id) == ("c_2", "u_18")


def test_client_merged_into_one_we_do_not_know_is_doubtful(crm):
    crm.know(-10)
    crm.tell("e1", "client.merged", -5, client_id="c_1", into_client_id="c_2")
    crm.handle()

    known = crm.find()
    assert known.client.id == "c_2" and known.age > 60


def test_deleted_client_leaves_the_index_and_closes_our_key(any_server):
    crm = Crm(any_server)
    any_server.notify(*answered_call("1"))
    any_server.drain()
    made = any_server.show("1")["created"]["client_id"]
    assert crm.find(f"+{CLIENT}").client.id == made

    crm.tell("e1", "client.deleted", 900, client_id=made)
    crm.handle()

    assert crm.find(f"+{CLIENT}").client is None
    (own,) = [row for row in crm.rows(CrmWrite) if row.kind == "client"]
    assert own.closed_at is not None
    any_server.crm.control("POST", f"/_sim/entities/clients/{made}/delete")
    any_server.notify(*answered_call("2"))
    any_server.drain()
    again = any_server.show("2")["created"]["client_id"]
    assert again and again != made


def user(crm, user_id="u_17"):
    return next(row for row in crm.rows(CrmUserRow) if row.user_id == user_id)


def test_user_is_taken_over_and_older_news_of_him_are_not(crm):
    crm.tell("e1", "user.updated", 0, id="u_17", name="Agent Seventeen", active=False)
    crm.tell("e2", "user.updated", -600_000, id="u_17", name="Old", active=True)
    crm.tell("e3", "user.updated", 0, id="u_99", name="New", email="new@example.com", phones=["1"])
    crm.handle()

    assert (user(crm).name, user(crm).active) == ("Agent Seventeen", False)
    assert (user(crm, "u_99").email, user(crm, "u_99").phones) == ("new@example.com", ["1"])


def test_list_that_was_asked_for_before_an_event_does_not_undo_it(crm):
    crm.tell("e1", "user.updated", 30, id="u_17", active=False)
    crm.handle()
    for asked_at, active in ((-600, False), (60, True)):
        with crm.server.app.app_context(), db.session.begin():
            moment = crm.now + timedelta(seconds=asked_at)
            users = [CrmUser("u_17", "Agent One")]
            store_crm_users(db.session(), crm.server.id, users, asked_at=moment)
        assert user(crm).active is active


def test_event_that_cannot_be_handled_is_set_aside_after_three_tries(crm, monkeypatch):
    def fail(*_):
        raise KeyError("poison")

    crm.know(-100)
    effects = {**crm_events.EFFECTS, "client.merged": fail}
    monkeypatch.setattr(crm_events, "EFFECTS", effects)
    crm.tell("e1", "client.merged", -60, client_id="c_1", into_client_id="c_2")
    crm.tell("e2", "client.responsible_changed", -5, client_id="c_1", responsible_user_id="u_18")

    assert [crm.handle() for _ in range(5)] == [2, 1, 1, 0, 0]
    poison, other = sorted(crm.rows(CrmEvent), key=lambda row: row.event_id)
    assert (poison.tries, poison.error, poison.handled_at is None) == (3, "KeyError", False)
    assert other.error is None and crm.find().client.responsible_user_id == "u_18"


def test_event_that_kills_its_process_is_set_aside_too(crm, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    monkeypatch.setattr(crm_events, "EFFECTS", {**crm_events.EFFECTS, "client.deleted": die})
    crm.tell("e1", "client.deleted", 0, client_id="c_1")
    for _ in range(3):
        with pytest.raises(Killed):
            crm.handle()
    crm.handle()

    (row,) = crm.rows(CrmEvent)
    assert row.handled_at is not None and row.error == "crashed"


GOOD = {
    "event_id": "e1",
    "type": "client.merged",
    "occurred_at": "2026-11-22T10:00:00+04:00",
    "data": {"client_id": "c_1", "into_client_id": "c_2"},
}


@pytest.mark.parametrize(
    ("change", "status", "path"),
    [
        ({"event_id": None}, 400, "event_id"),
        ({"data": None}, 400, "data"),
        ({"event_id": "x" * 101}, 422, "event_id"),
        ({"event_id": " " * 101 + "x"}, 422, "event_id"),
        ({"event_id": ["a"]}, 422, "event_id"),
        ({"type": "client.created"}, 422, "type"),
        ({"type": ["client.merged"]}, 422, "type"),
        ({"occurred_at": "yesterday"}, 422, "occurred_at"),
        ({"occurred_at": 12}, 422, "occurred_at"),
        ({"data": [1]}, 422, "data"),
        ({"data": {"client_id": "c_1"}}, 422, "data.into_client_id"),
        ({"data": {"client_id": "c_1", "into_client_id": "c_1"}}, 422, "data.into_client_id"),
        ({"type": "user.updated", "data": {"id": ""}}, 422, "data.id"),
        ({"type": "user.updated", "data": {"id": "u", "phones": "1"}}, 422, "data.phones"),
        ({"type": "user.updated", "data": {"id": "u", "active": "no"}}, 422, "data.active"),
        (
            {"type": "client.responsible_changed", "data": {"client_id": "c"}},
            422,
            "data.responsible_user_id",
        ),
    ],
)
def test_what_an_event_must_say(crm, change, status, path):
    answer = crm.post(**{**GOOD, **change})

    assert answer.status_code == status
    assert path in [field["path"] for field in answer.json["error"]["fields"]]
    assert crm.rows(CrmEvent) == []


def test_only_with_the_key_of_the_integration(crm):
    crm.headers = {"Authorization": "Bearer wrong"}
    refused = crm.post(**GOOD)

    assert (refused.status_code, refused.json["error"]["code"]) == (401, "unauthorized")
    assert crm.rows(CrmEvent) == []


def test_looking_for_events_reads_only_those_that_are_not_handled(any_server):
    with any_server.engine.connect() as connection:
        statement = (
            crm_events._due()
            .limit(50)
            .compile(any_server.engine, compile_kwargs={"literal_binds": True})
        )
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{explain} {statement}").all()

    assert "ix_crm_event_due" in str(rows)
