"""The index is kept fresh from the CRM's list of clients, a page at a time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import CrmAccount, Integration, KnownClient, db
from rules.crm import Client, OpenItem
from rules.known_clients import clients_by_number
from services import refresh_clients
from services.known_clients import find


class Refresh:
    def __init__(self, server):
        self.server = server

    def page(self):
        return refresh_clients.refresh_due(self.server.engine, self.server.ports)

    def all(self):
        """Read until nothing is due; how many pages it took."""
        pages = 0
        while self.page():
            pages += 1
        return pages

    @property
    def account(self):
        with self.server.app.app_context():
            row = db.session.get_one(Integration, self.server.id).crm_account
            db.session.expunge_all()
            return row

    def find(self, phone):
        with self.server.engine.connect() as connection:
            return find(connection, self.account.id, phone)

    def count(self):
        with self.server.engine.connect() as connection:
            return len(connection.execute(select(KnownClient.phone)).all())

    def end_lease(self):
        """As if its time had passed."""
        with self.server.app.app_context():
            row = db.session.get_one(Integration, self.server.id).crm_account
            if row.clients_cursor:
                row.clients_cursor = row.clients_cursor | {"leased_until": 0}
            db.session.commit()

    def patch(self, client_id, **members):
        self.server.crm.control("POST", f"/_sim/entities/clients/{client_id}/patch", members)


@pytest.fixture
def refresh(server):
    server.crm.control("POST", "/_sim/seed", {"generate": {"clients": 120}})
    return Refresh(server)


def test_all_are_read_once_and_then_what_changed(refresh):
    pages = refresh.all()

    assert pages >= 3 and refresh.page() == 0
    assert refresh.find("+12025550143").client.responsible_user_id == "u_17"
    assert refresh.account.clients_read_till and refresh.account.clients_cursor is None
    total = refresh.count()
    assert total >= 120

    refresh.server.pass_time(3600)
    refresh.patch("c_501", responsible_user_id="u_18", phones=["+12025550199"])
    assert refresh.all() >= 1
    assert refresh.find("+12025550199").client.responsible_user_id == "u_18"
    assert refresh.find("+12025550143") is None  # a number that he has no more
    assert refresh.count() == total


def test_reading_goes_on_where_another_process_left_it(refresh):
    assert refresh.page() == 1
    cursor = refresh.account.clients_cursor
    assert cursor["position"] and refresh.account.clients_read_till is None
    asked = len(refresh.server.requests("list_clients"))

    pages = refresh.all()

    assert len(refresh.server.requests("list_clients")) == asked + pages


def test_page_that_fails_counts_for_nothing_and_the_reading_is_given_up(refresh):
    refresh.page()
    known = refresh.count()
    refresh.server.fault("html_200", "list_clients", count=20)
    for _ in range(3):
        assert refresh.page() == 0
        refresh.end_lease()

    account = refresh.account
    assert (account.clients_read_till, account.clients_cursor) == (None, None)
    assert account.breaker == "closed" and refresh.count() == known
    assert refresh.page() == 0  # not before its time
    refresh.server.heal()
    refresh.server.pass_time(700)
    assert refresh.all() >= 3 and refresh.account.clients_read_till


def test_two_processes_do_not_read_the_same_page(refresh, monkeypatch):
    read = []
    real = refresh_clients._store

    def again(engine, turn, clients, following):
        read.append(refresh.page())
        real(engine, turn, clients, following)

    monkeypatch.setattr(refresh_clients, "_store", again)
    assert refresh.page() == 1
    assert read == [0]


@pytest.mark.parametrize("breaker", ["open", "key", "new"])
def test_account_that_is_blocked_is_left_alone(refresh, breaker):
    with refresh.server.app.app_context():
        db.session.query(CrmAccount).update({"breaker": breaker})
        db.session.commit()

    assert refresh.page() == 0 and refresh.server.requests("list_clients") == []


def test_of_two_who_share_a_number_the_one_of_a_look_up_is_kept():
    phone = "+971500000055"
    held = {phone: Client("c_1", phones=(phone,), open_leads=(OpenItem("l_1"),))}
    listed = [Client("c_2", phones=("0500000055", "+971500000056"))]

    owners = clients_by_number(listed, held, "AE")

    assert {number: client.id for number, client in owners.items()} == {
        phone: "c_1",
        "+971500000056": "c_2",
    }
