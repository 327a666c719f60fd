"""Lists of the CRM that a person wants read again: at once behind the page, not in it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from models import Integration, db
from services import lists
from services.integration_file import read_file
from services.integrations import create_integration
from tests.factories import make_file


def refresh(server) -> int:
    return lists.refresh_due(server.engine, server.ports)


def ask(server) -> None:
    with Session(server.engine) as session:
        lists.ask_again(session, server.id)


def read_at(server):
    with Session(server.engine) as session:
        return session.get_one(Integration, server.id).crm_read_at


@pytest.fixture
def fresh(any_server):
    """A server whose lists were read just now."""
    ask(any_server)
    refresh(any_server)
    return any_server


def test_fresh_lists_are_not_read_again(fresh):
    assert refresh(fresh) == 0


def test_asking_reads_nothing_by_itself(fresh):
    before, asked = read_at(fresh), len(fresh.requests())

    ask(fresh)

    assert read_at(fresh) == before and len(fresh.requests()) == asked


def test_what_was_asked_for_is_read_once(fresh):
    fresh.pass_time(60)
    before = read_at(fresh)
    ask(fresh)

    assert (refresh(fresh), refresh(fresh)) == (1, 0)
    assert read_at(fresh) > before


def test_crm_that_is_down_leaves_the_old_lists_and_says_why(fresh):
    fresh.fault("error_500_before", count=50)
    ask(fresh)

    refresh(fresh)

    fresh.heal()
    with Session(fresh.engine) as session:
        row = session.get_one(Integration, fresh.id)
        assert row.crm_error is not None and row.crm_read_at is not None


def test_integration_whose_key_is_lost_does_not_hold_up_the_others(server):
    with server.app.app_context():
        lost = create_integration(
            db.session(), read_file(make_file(server.crm, title="Lost")), server.ports
        )
        own = db.session.get_one(Integration, server.id)
        other = db.session.get_one(Integration, lost.id)
        own.behomes_key_sealed, other.crm_account = "not sealed by us", own.crm_account
        own.pbx_tried_at = other.pbx_tried_at = None
        db.session.commit()

    assert refresh(server) == 2

    with Session(server.engine) as session:
        assert session.get_one(Integration, lost.id).crm_read_at is not None
