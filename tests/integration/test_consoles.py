"""What stands behind an open console, on both databases: presence, catching up, its right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from models import CrmUserRow, Login, LoginIntegration, db
from services import console_events, presence
from services.cards import LiveCards
from services.console_catch_up import missed, snapshot
from services.console_passes import SESSION, Pass, keep_awake, still_good, still_visible
from services.login import Visitor, open_session
from services.vault import token_hash
from tests.live_calls import rings


@pytest.fixture
def person(any_server):
    """A login that is joined to employee 101, its session, and a stranger to the office."""
    with Session(any_server.engine) as session, session.begin():
        own, other = (
            Login(email=email, password_hash="x", role="employee", created_at=datetime.now(UTC))
            for email in ("one@example.com", "two@example.com")
        )
        session.add_all([own, other])
        session.flush()
        user = {"integration_id": any_server.id, "user_id": "u_17"}
        session.merge(CrmUserRow(**user, email=own.email, name="One"))
        session.add(LoginIntegration(login_id=own.id, integration_id=any_server.id))
        return own.id, other.id


def test_presence_is_marked_told_and_kept(any_server, person):
    own, _ = person
    engine, office = any_server.engine, any_server.id
    for _ in range(2):
        with engine.begin() as connection:
            presence.mark_seen(connection, {(own, office)})
    presence.set_do_not_disturb(engine, own, office, on=True, employee_id="101")

    (present,) = presence.who_is_there(engine, office)

    assert (present.login_id, present.employee_id, present.do_not_disturb) == (own, "101", True)
    assert presence.read_do_not_disturb(engine, own) == {office: True}
    assert [told.kind for told in missed(engine, [(office, "101")], 1)] == ["presence"]


def test_page_catches_up_with_the_newest_card_only(any_server, person):
    live = LiveCards(any_server.engine, any_server.ports)
    any_server.notify(rings(101, "1"), rings(101, "2"), rings(102, "3"))
    live.step()
    ears = [(any_server.id, "101")]

    now = snapshot(any_server.engine, person[0], ears)
    told = missed(any_server.engine, ears, 1)

    assert {each["call"] for each in now.data["cards"]} == {"1", "2"}
    assert [each.data["call"] for each in told] == ["1", "2"]
    assert missed(any_server.engine, ears, now.id + 1000) is None
    with any_server.engine.begin() as connection:
        assert console_events.purge(connection) == 0
    live.close()


def test_rights_are_those_of_the_login(any_server, person):
    own, other = person
    engine, office = any_server.engine, any_server.id
    with any_server.app.app_context():
        token = open_session(db.session.get_one(Login, own), Visitor("127.0.0.1", "tests", ""))
        db.session.commit()
    good = Pass(SESSION, token_hash(token))

    assert still_good(engine, {good, Pass(SESSION, "other")}) == {good}
    assert still_visible(engine, {(own, office), (other, office)}) == {(own, office)}
    keep_awake(engine, {good})
