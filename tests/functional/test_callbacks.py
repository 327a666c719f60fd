"""The team's page of call-backs: what it shows, what one can do there, and its report."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from models import Callback, ConsoleEvent, KnownClient, db
from models.integration import Integration
from tests.pages import HTMX, csrf_token
from tests.planted_callbacks import PHONE, plant

PAGE = "/integrations/{}/callbacks"


@pytest.fixture
def planted(app, office):
    def plant_one(*args, **more):
        with app.app_context():
            return plant(office.id, *args, **more)

    return plant_one


def stored(app, callback_id):
    with app.app_context():
        return db.session.get(Callback, callback_id)


def post(client, path, headers=None, **data):
    token = csrf_token(client, "/account")
    return client.post(path, data={"csrf_token": token, **data}, headers=headers or {})


def rows_of(text):
    return [int(each) for each in re.findall(r'id="callback-(\d+)"', text)]


def test_whole_team_sees_open_ones_with_the_longest_overdue_first(employee, office, planted):
    later = planted(1, minutes=1, due=15)
    overdue = planted(2, minutes=60, due=15, contact="+971501234592", misses=2)

    page = employee.get(PAGE.format(office.id))

    assert page.text.startswith("<!DOCTYPE html>")
    assert rows_of(page.text) == [overdue, later]
    assert "Overdue" in page.text
    assert re.search(r"2 missed calls, <time [^>]*>[^<]* ago<", page.text)
    assert "Phones rang: Agent One, Agent Two" in page.text
    assert "Client Sample" in page.text and "+971 50 123 4592" in page.text
    assert f'action="/integrations/{office.id}/dial"' in page.text
    assert re.search(r'id="nav-count-callbacks">2<', page.text)


def test_partial_brings_the_list_and_the_count_and_nothing_while_nothing_changes(
    admin, office, planted
):
    planted()
    answer = admin.get(PAGE.format(office.id), headers=HTMX)
    assert answer.text.lstrip().startswith('<section id="callback-list"')
    assert 'hx-swap-oob="true">1<' in answer.text and "<html" not in answer.text

    poll = re.search(r'hx-get="([^"]*seen=[^"]*)"', answer.text).group(1).replace("&amp;", "&")
    assert admin.get(poll, headers=HTMX).status_code in (204, 200)  # 200 when a minute has passed
    planted(2, contact="+971501234592")
    assert admin.get(poll, headers=HTMX).status_code == 200


def test_empty_lists_say_so(admin, office):
    shown = {"": "Nobody waits for a call", "mine": "taken no call-back", "closed": "is closed yet"}
    for name, words in shown.items():
        assert words in admin.get(f"{PAGE.format(office.id)}?show={name}").text


def test_one_takes_it_and_the_others_are_told_whose_it_is(app, admin, employee, office, planted):
    number = planted()
    place = f"{PAGE.format(office.id)}/{number}"

    assert post(employee, f"{place}/take").status_code == 303
    assert rows_of(employee.get(f"{PAGE.format(office.id)}?show=mine").text) == [number]
    assert rows_of(admin.get(f"{PAGE.format(office.id)}?show=mine").text) == []

    answer = post(admin, f"{place}/take")
    page = admin.get(answer.location).text
    assert "agent.one@example.com has already taken this call-back." in page
    assert "agent.one@example.com calls back" in page
    assert stored(app, number).taken_name == "agent.one@example.com"

    assert post(admin, f"{place}/give-back", show="mine").location.endswith("?show=mine")
    assert stored(app, number).taken_by is None


def test_only_its_taker_or_an_admin_gives_it_back(app, admin, employee, office, planted):
    number = planted()
    post(admin, f"{PAGE.format(office.id)}/{number}/take")
    post(employee, f"{PAGE.format(office.id)}/{number}/give-back")

    assert stored(app, number).taken_name == "admin@example.com"


def test_dismissal_wants_a_reason_closes_it_and_can_be_taken_back(app, employee, office, planted):
    number = planted()
    place = f"{PAGE.format(office.id)}/{number}/dismiss"
    assert 'value="Not needed"' in employee.get(place).text
    for why in ("", "x" * 201):
        answer = post(employee, place, why=why)
        assert answer.status_code == 422
    assert stored(app, number).closed_at is None

    assert post(employee, place, why="<b>wrong number</b>").status_code == 303
    page = employee.get(f"{PAGE.format(office.id)}?show=closed").text
    assert rows_of(page) == [number]
    assert "agent.one@example.com" in page and "&lt;b&gt;wrong number" in page
    with app.app_context():
        told = db.session.scalars(db.select(ConsoleEvent.data)).all()
    assert told == [{"integration": office.id, "open": 0}]

    assert post(employee, place, why="again").status_code == 303
    post(employee, f"{PAGE.format(office.id)}/{number}/restore")
    row = stored(app, number)
    assert (row.closed_at, row.closed_how, row.dismissed_by) == (None, None, None)


def test_strangers_numbers_are_not_found(admin, office, planted, app):
    with app.app_context():
        strange = plant(office.strange_id)
    for what in ("take", "give-back", "restore"):
        assert post(admin, f"{PAGE.format(office.id)}/{strange}/{what}").status_code == 404
    assert post(admin, f"{PAGE.format(office.id)}/{strange}/dismiss", why="x").status_code == 404
    assert admin.get(f"{PAGE.format(office.id)}/{strange}/dismiss").status_code == 404
    assert admin.get(PAGE.format(office.strange_id)).status_code == 404


def reached(opened, *, after, by="101", **more):
    return {
        "closed_at": opened + timedelta(minutes=after),
        "closed_how": "outbound",
        "closed_by": by,
        "closed_call": "x",
        "working_seconds": after * 60,
        **more,
    }


def test_closed_ones_tell_who_reached_the_client_and_after_how_long(admin, office, planted):
    now = datetime.now(UTC)
    planted(1, minutes=90, **reached(now - timedelta(minutes=90), after=72, by="102"))

    page = admin.get(f"{PAGE.format(office.id)}?show=closed").text

    assert "Agent Two called" in page and "after 1 h 12 min" in page
    assert "/dial" not in page.split('id="callback-list"')[1].split("</section>")[0]


def test_report_counts_each_missed_client_once(admin, office, planted):
    now = datetime.now(UTC)
    for number, after in ((1, 4), (2, 30)):
        opened = now - timedelta(minutes=60)
        planted(number, contact=f"+97150123450{number}", **reached(opened, after=after))
    planted(3, contact="+971501234503")

    answer = admin.get(f"{PAGE.format(office.id)}/report?days=30")
    cells = re.findall(r"<t[hd][^>]*>\s*([^<]*?)\s*</t[hd]>", answer.text)
    assert "2 of 3 missed clients were reached" in answer.text
    assert cells[8:14] == ["3", "2", "1", "17 min", "1", "0"]
    assert cells[-10:-5] == ["Agent One", "3", "1", "2", "17 min"]
    assert cells[-5:] == ["Agent Two", "3", "1", "0", "–"]

    part = admin.get(f"{PAGE.format(office.id)}/report", headers=HTMX).text
    assert part.lstrip().startswith('<div id="callback-report"')


def test_link_to_the_client_in_the_crm_stands_where_it_is_known(app, admin, office, planted):
    planted()
    with app.app_context():
        account = db.session.get(Integration, office.id).crm_account_row_id
        known = KnownClient(
            crm_account_row_id=account,
            phone=PHONE,
            client_id="c_1",
            url="https://crm.example.com/c_1",
            read_at=datetime.now(UTC),
            source="call",
        )
        db.session.add(known)
        db.session.commit()

    assert 'href="https://crm.example.com/c_1"' in admin.get(PAGE.format(office.id)).text
