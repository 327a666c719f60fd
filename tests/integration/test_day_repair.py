"""A press repairs a day: what is missing comes in, what was set aside is sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DayRepair, Integration
from rules.accounting import Standing
from services import day_repair, replay_runs
from services.day_accounts import read_account
from tests.notifications import answered_call
from tests.report import STARTED, Reported

DAY = STARTED.date()


@pytest.fixture
def any_office(any_server, pbx):
    return _prepared(any_server, pbx)


@pytest.fixture
def office(server, pbx):
    return _prepared(server, pbx)


def _prepared(server, pbx):
    made = Reported(server, pbx)
    server.change(created_at=STARTED - timedelta(days=3))
    return made


def press(server, by="admin@example.com"):
    with Session(server.engine) as session:
        return day_repair.start(session, server.id, DAY, author=by).id


def work(server, rounds=6):
    for _ in range(rounds):
        day_repair.work_on_due(server.engine, server.ports)
        replay_runs.take_steps(server.engine)
        server.settle()


def told(server):
    with Session(server.engine) as session:
        row = session.scalars(select(DayRepair).order_by(DayRepair.id.desc()).limit(1)).one()
        session.expunge(row)
        return row


def day(server):
    with Session(server.engine) as session:
        return read_account(session, session.get_one(Integration, server.id), DAY)


def set_one_aside(server):
    """A call whose lead Behomes refuses until somebody mends it."""
    server.fault("validation_refused", "create_lead")
    server.notify(*answered_call("1"))
    server.settle()
    assert server.state("1")[0] == "failed"
    server.heal()


def test_rest_of_a_day_is_repaired(any_office):
    server = any_office.server
    set_one_aside(server)
    any_office.call("901", contact="971500000901")
    before = day(server)
    assert (before.tally.calls, before.standing) == (1, Standing.NOT_COMPARED)

    assert press(server) == press(server, by="another@example.com")
    work(server)

    repair = told(server)
    assert (repair.state, repair.error, repair.rest) == ("finished", None, 0)
    assert (repair.rows, repair.taken_in, repair.replayed) == (1, 1, 1)
    assert server.state("1") == server.state("901") == ("written", None)
    assert server.audit() == {"clients": 2, "leads": 2, "calls": 2}
    after = day(server)
    assert (after.tally.calls, after.tally.accounted) == (2, 2)
    assert (after.tally.in_report, after.tally.from_report) == (1, 1)
    assert after.standing is Standing.COMPLETE


def test_pressing_again_later_changes_nothing(office):
    server = office.server
    office.call("901", contact="971500000901")
    press(server)
    work(server)
    made = server.audit()
    press(server)
    work(server)

    assert server.audit() == made
    repair = told(server)
    assert (repair.rows, repair.known, repair.taken_in, repair.replayed) == (1, 1, 0, 0)


def test_pbx_that_refuses_is_told_and_the_rest_is_replayed(office):
    server = office.server
    set_one_aside(server)
    server.change(access_token_sealed=None)
    press(server)
    work(server)

    repair = told(server)
    assert (repair.error, repair.replayed, repair.rest) == ("no_key", 1, 0)
    assert server.state("1") == ("written", None)
    assert day(server).standing is Standing.NOT_COMPARED


def test_repair_whose_process_died_goes_on(office, monkeypatch):
    server = office.server
    office.call("901", contact="971500000901")
    press(server)

    def die(*args):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(day_repair._Repair, "_compare", die)
        patched.setattr(day_repair._Repair, "_change", lambda *args, **more: None)
        with pytest.raises(SystemExit):
            day_repair.work_on_due(server.engine, server.ports)
    assert day_repair.work_on_due(server.engine, server.ports) == 0  # the dead one holds it still
    server.pass_time(100)
    server.change(created_at=STARTED - timedelta(days=3))
    work(server)

    assert told(server).state == "finished"


def test_what_cannot_be_mended_is_counted_as_rest(office):
    server = office.server
    set_one_aside(server)
    server.fault("validation_refused", "create_lead")
    press(server)
    work(server)

    repair = told(server)
    assert (repair.state, repair.replayed, repair.rest) == ("finished", 1, 1)
    assert (day(server).tally.rest, day(server).tally.failed) == (1, 1)
