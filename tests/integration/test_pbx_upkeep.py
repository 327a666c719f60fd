"""What is kept with the PBX for personal managers: who is away, and its own address book."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import AddressBookEntry, EmployeeRow, Integration, UserMapping, db
from models.base import from_ms, now_ms
from rules.crm import Client
from services import lists
from services.address_book import AddressBooks
from services.employee_statuses import StatusReader, read_away
from services.known_clients import Reading, remember
from services.manager_office import read_manager_office
from services.personal_manager import PersonalManagers
from tests.callgear import CALL, DATA, TOKEN, simulated

PHONE = "+971500000777"
MANAGER = {"enabled": True, "absent": "not_found", "address_book": True}


@pytest.fixture(scope="module")
def callgear():
    with simulated() as simulator:
        yield simulator


class Office:
    """A server whose integration is joined to a simulated PBX; 101 is u_17, 102 is u_18."""

    def __init__(self, server, callgear):
        callgear.control("POST", "/_sim/reset", {})
        self.server, self.callgear = server, callgear
        server.reach(callgear.url.removeprefix("http://"))
        server.publish(incoming={"personal_manager": MANAGER})
        urls = {"data_api_url": callgear.url + DATA, "call_api_url": callgear.url + CALL}
        server.connect(callgear={**urls, "access_token": TOKEN})
        with server.app.app_context():
            lists.refresh(server.engine, server.ports, server.id)
        callgear.control("DELETE", "/_sim/requests")

    def know(self, user="u_17", phone=PHONE):
        with self.server.engine.begin() as connection:
            now = from_ms(connection.execute(select(now_ms())).scalar_one())
            account = connection.execute(
                select(Integration.crm_account_row_id).where(Integration.id == self.server.id)
            ).scalar_one()
            client = Client("c_9", "Anna", (phone,), user)
            remember(connection, [Reading(account, phone, client, now, "call")])

    def away(self, later=0.0):
        with self.server.app.app_context():
            now = from_ms(db.session.execute(select(now_ms())).scalar_one())
            return read_away(db.session(), self.server.id, now + timedelta(seconds=later))

    def reader(self):
        return StatusReader(self.server.engine, self.server.ports)

    def books(self):
        return AddressBooks(self.server.engine, self.server.ports)

    def methods(self):
        log = self.callgear.control("GET", "/_sim/requests")["requests"]
        return [one["operation"] for one in log]

    def entries(self):
        with self.server.app.app_context():
            rows = db.session.scalars(select(AddressBookEntry)).all()
            db.session.expunge_all()
            return rows

    def limit(self, **limits):
        """Another account of the PBX, with fewer points."""
        account = {"app_id": 7, "tokens": {"few": "active"}, "limits": {"minute": 250, **limits}}
        people = [{"id": 101, "last_name": "One"}]
        seed = {"accounts": [{**account, "employees": people}], "replace": True}
        self.callgear.control("POST", "/_sim/seed", seed)
        urls = {"data_api_url": self.callgear.url + DATA, "call_api_url": self.callgear.url + CALL}
        self.server.connect(callgear={**urls, "access_token": "few"})

    def contact(self):
        with self.server.app.app_context():
            pbx = self.server.ports.pbx(db.session.get_one(Integration, self.server.id))
        return pbx.find_contact(PHONE)


@pytest.fixture
def office(server, callgear):
    return Office(server, callgear)


def test_status_decides_who_is_away_until_it_is_old(office):
    with office.server.app.app_context():
        db.session.query(EmployeeRow).filter_by(employee_id="101").update({"status_id": "2"})
        db.session.commit()
    assert office.away() == frozenset()  # nobody knows yet what the statuses mean

    office.reader().read_due()
    assert office.away() == frozenset()  # read anew: 101 is available
    with office.server.app.app_context():
        db.session.query(EmployeeRow).filter_by(employee_id="101").update({"status_id": "2"})
        db.session.commit()
    office.know()
    with office.server.app.app_context():
        found_by = read_manager_office(db.session(), office.server.id, office.server.ports)
        db.session.remove()
        found = PersonalManagers(db.engine).find(found_by, PHONE)
    assert office.away() == {"101"} and found.reason == "absent"
    assert office.away(later=3600) == frozenset()


def test_statuses_are_read_only_at_their_time_and_where_they_are_wanted(office):
    reader = office.reader()

    assert [reader.read_due() for _ in range(3)] == [1, 0, 0]
    assert office.methods() == ["get.statuses", "get.employees"]
    office.server.publish(incoming={"personal_manager": {**MANAGER, "absent": "ring"}})
    assert office.reader().read_due() == 0


def test_manager_is_written_into_the_book_once_and_follows_the_index(office):
    office.know()
    books = office.books()

    assert [books.write_due() for _ in range(2)] == [1, 0]
    assert (office.contact().last_name, office.contact().personal_manager_id) == ("Anna", "101")

    office.know(user="u_18")
    assert books.write_due() == 1 and office.contact().personal_manager_id == "102"
    office.know(user=None)
    assert books.write_due() == 1 and office.contact().personal_manager_id is None
    assert books.write_due() == 0 and len(office.entries()) == 1


def test_nothing_is_written_where_the_setting_is_off(office):
    office.know()
    office.server.publish(incoming={"personal_manager": {**MANAGER, "address_book": False}})

    assert office.books().write_due() == 0
    assert office.contact() is None and office.entries() == []


def test_book_stops_at_the_reserve_of_points(office):
    office.limit(day=6)
    for number in range(5):
        office.know(phone=f"+97150000070{number}")
    books = office.books()

    written = books.write_due()

    assert written < 5 and books.write_due() == 0


def test_what_the_pbx_refuses_is_tried_three_times(office):
    office.know()
    with office.server.app.app_context():
        mapping = db.session.query(UserMapping).filter_by(crm_user_id="u_17").one()
        mapping.employee_id = "9999"  # nobody in the PBX
        db.session.commit()
    books = office.books()

    assert [books.write_due() for _ in range(5)] == [0] * 5
    (entry,) = office.entries()
    assert (entry.tries, entry.wanted, entry.written_at) == (3, "9999", None) and entry.error
    assert office.methods().count("create.contacts") == 3
