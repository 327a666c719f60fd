"""Settings rehearsed on calls that the workers really decided and wrote."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import CallSession, CrmUserRow, Integration, db
from rules.settings import load
from rules.vocabulary import Entity
from services import rehearse as rehearsing
from services.rehearse import rehearse
from tests.factories import TASKS, make_settings
from tests.notifications import KNOWN, answered_call, dialled_call, event, lost_call, ringing


def rehearsed(server, *, days=7, number=1, **settings):
    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)
        chosen = load(make_settings(**settings))
        found = rehearse(session, integration, chosen, days=days, number=number)
        session.expunge_all()
        return found


def bring_to_today(server, **more):
    """The calls of the factories are of one day in March."""
    now = server.now()
    with server.engine.begin() as connection:
        connection.execute(update(CallSession).values(started_at=now, **more))


def counted(found):
    return {
        str(entity): (found.before[entity], found.after[entity])
        for entity in Entity
        if found.before[entity] or found.after[entity]
    }


def ids(found):
    return [each.call.call_session_id for each in found.page]


@pytest.fixture
def office(any_server):
    """An office in whose journal every kind of call stands, all of today."""
    any_server.use(settings={"tasks": TASKS})
    any_server.notify(*answered_call("1"))
    any_server.drain()
    any_server.notify(*answered_call("2", contact_phone_number=KNOWN))
    any_server.notify(*lost_call("3", contact_phone_number="971501239999"))
    any_server.notify(*dialled_call("4", contact_phone_number="971501238888"))
    any_server.notify(*answered_call("5", contact_phone_number="117", is_internal=True))
    any_server.notify(*ringing("6", contact_phone_number="971501237777"))
    any_server.pass_time(5)
    any_server.settle()
    bring_to_today(any_server)
    return any_server


def test_settings_that_decided_the_calls_change_nothing(office):
    found = rehearsed(office, tasks=TASKS)

    assert (found.changes, found.page) == (0, [])
    assert found.before == found.after
    assert (found.seen, found.compared, found.internal, found.undecided) == (6, 4, 1, 1)
    assert counted(found)["lead"] == (3, 3)
    assert found.unwritten == 0


def test_what_differs_is_counted_and_told(office):
    found = rehearsed(office, incoming={"first": {"create": "deal"}, "repeat": {"create": "lead"}})

    assert counted(found) == {
        "client": (3, 3),
        "lead": (3, 2),
        "deal": (0, 2),
        "task": (2, 0),
    }
    assert set(ids(found)) == {"1", "2", "3", "4"}
    told = {each.call.call_session_id: each for each in found.page}
    assert told["2"].change.before.actions == frozenset()
    assert told["2"].change.after.actions == {Entity.LEAD}
    assert told["2"].verdict.contact.rule == "repeat-lead"
    assert all(each.is_by_settings for each in found.page)


def test_nothing_is_written(office):
    def counts():
        with Session(office.engine) as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table))
                for table in db.metadata.sorted_tables
            }

    before, asked = counts(), len(office.requests())

    rehearsed(office, incoming={"first": {"create": "deal"}})

    assert counts() == before
    assert len(office.requests()) == asked


def test_change_of_people_is_not_blamed_on_the_settings(office):
    with office.engine.begin() as connection:
        connection.execute(
            update(CrmUserRow).where(CrmUserRow.user_id == "u_17").values(active=False)
        )

    found = rehearsed(office, tasks=TASKS)

    assert ids(found) == ["1"]
    assert not found.page[0].is_by_settings


def test_calls_before_the_time_are_left_out(office):
    office.pass_time(8 * 86_400)

    assert rehearsed(office, days=7).seen == 0
    assert rehearsed(office, days=30).seen == 6


def test_what_did_not_reach_the_crm_is_counted_apart(server):
    server.fault("validation_refused", "create_lead", count=50)
    server.notify(*answered_call("1"))
    server.settle()
    bring_to_today(server)

    found = rehearsed(server)

    assert (found.changes, found.unwritten) == (0, 1)


def test_pages_hold_the_newest_changes_first(server, monkeypatch):
    monkeypatch.setattr(rehearsing, "PAGE_SIZE", 2)
    monkeypatch.setattr(rehearsing, "CHUNK", 2)
    for number in range(5):
        server.notify(*answered_call(str(number), contact_phone_number=f"97150123000{number}"))
    server.drain()
    bring_to_today(server)
    deal = {"incoming": {"first": {"create": "deal"}}}

    pages = [rehearsed(server, number=number, **deal) for number in (1, 2, 3)]

    assert [ids(page) for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    assert [page.changes for page in pages] == [5, 5, 5]


def test_only_the_latest_calls_are_taken_where_there_are_too_many(server, monkeypatch):
    monkeypatch.setattr(rehearsing, "MOST_CALLS", 2)
    for number in range(3):
        server.notify(*answered_call(str(number)))
        server.drain()
        server.pass_time(60)
    with server.engine.begin() as connection:
        connection.execute(
            update(CallSession).values(started_at=CallSession.__table__.c.first_seen_at)
        )

    found = rehearsed(server)

    assert (found.seen, found.is_capped) == (2, True)


def test_version_of_a_call_that_is_gone_blames_the_settings(server):
    server.notify(*answered_call("1"))
    server.drain()
    bring_to_today(server, settings_version=99)

    assert rehearsed(server, incoming={"first": {"create": "deal"}}).page[0].is_by_settings


def test_deleted_notifications_do_not_matter(server):
    server.notify(*answered_call("1"), event("tag_set", "1", 90, tag_names=["vip"]))
    server.drain()
    bring_to_today(server)
    with server.engine.begin() as connection:
        connection.execute(db.text("DELETE FROM notification"))

    assert rehearsed(server).changes == 0
