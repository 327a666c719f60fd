"""The index of clients on both databases: the newest reading counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import Integration, db
from models.base import from_ms, now_ms
from rules.crm import Client, OpenItem
from rules.phones import Phone
from services.known_clients import Reading, find, remember
from tests.notifications import CLIENT, KNOWN, answered_call

PHONE = "+971500000055"
ANNA = Client(
    id="c_1",
    name="Anna",
    phones=(PHONE,),
    responsible_user_id="u_17",
    url="https://crm.example/c_1",
    open_leads=(OpenItem("l_1", "p_1", "s_1"),),
)
BORIS = Client(id="c_2", name="Boris", phones=(PHONE,))


class Index:
    """The index of a server's account; moments are seconds from the database's now."""

    def __init__(self, server):
        self.app = server.app
        with self.app.app_context():
            self.account = db.session.get_one(Integration, server.id).crm_account_row_id
            self.now = from_ms(db.session.execute(select(now_ms())).scalar_one())

    def store(self, *readings):
        with self.app.app_context(), db.engine.begin() as connection:
            remember(
                connection,
                [
                    Reading(self.account, phone, client, self.now + timedelta(seconds=at), "call")
                    for phone, client, at in readings
                ],
            )

    def find(self, phone=PHONE):
        with self.app.app_context():
            return find(db.session(), self.account, phone)


@pytest.fixture
def index(any_server):
    return Index(any_server)


def test_reading_comes_back_whole_with_its_age(index):
    index.store((PHONE, ANNA, -30))

    known = index.find(Phone(PHONE, True))

    assert known.client == ANNA and known.source == "call"
    assert 30 <= known.age < 90


def test_older_reading_never_replaces_a_newer_one(index):
    index.store((PHONE, ANNA, -10))
    index.store((PHONE, BORIS, -20))
    assert index.find().client.id == "c_1"

    index.store((PHONE, None, -5))
    known = index.find()
    assert known.client is None and known.age < 60


def test_of_two_readings_in_one_go_the_newer_counts(index):
    index.store((PHONE, BORIS, -1), (PHONE, ANNA, -9), ("777", None, -3))

    assert index.find().client.id == "c_2"
    assert index.find("777").client is None
    assert index.find("778") is None


def test_client_whose_id_the_crm_has_not_told_is_not_kept(index):
    index.store((PHONE, Client(id=""), -1))

    assert index.find() is None


def test_look_up_and_create_of_a_call_fill_the_index(server):
    index = Index(server)
    server.notify(*answered_call("1"), *answered_call("2", contact_phone_number=KNOWN))
    server.drain()

    made, known = index.find(f"+{CLIENT}"), index.find(f"+{KNOWN}")

    assert made.client.id == server.show("1")["created"]["client_id"]
    assert made.client.responsible_user_id == "u_17"
    assert known.client.id == "c_501" and known.source == "call"
    assert known.age < 60
