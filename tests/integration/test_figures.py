"""Each figure of the overview is the number of rows of the list that it leads to."""

from __future__ import annotations

import random
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Callback, CallSession, Integration
from rules.callback_report import Promise, report_of
from rules.figures import span_of
from rules.periods import PeriodWord
from rules.vocabulary import Entity
from services.call_filter import CallFilter, conditions
from services.figures import count_waiting, read_figures, read_promises

NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
ZONE = "Asia/Dubai"


@pytest.fixture
def planted(any_server):
    """Calls of all sorts over three months, some of another office."""
    dice = random.Random(20260305)
    with Session(any_server.engine) as session, session.begin():
        own = session.scalars(select(Integration)).one()
        values = {
            column.name: getattr(own, column.name)
            for column in Integration.__table__.columns
            if column.name not in ("id", "api_key_hash")
        }
        other = Integration(**values, api_key_hash="another")
        session.add(other)
        session.flush()
        ids = [own.id, own.id, own.id, other.id]
        session.add_all(call(dice, number, dice.choice(ids)) for number in range(500))
        session.add_all(promise(dice, number, dice.choice(ids)) for number in range(120))
        own_id = own.id
    with Session(any_server.engine) as session:
        yield session, own_id


def call(dice, number, integration_id):
    spread = dice.choice((60, 24 * 60, 14 * 1440, 70 * 1440))
    started = NOW - timedelta(minutes=spread * dice.random())
    ended = dice.choice((None, started + timedelta(seconds=dice.randint(1, 400))))
    return CallSession(
        integration_id=integration_id,
        call_session_id=str(number),
        first_seen_at=started,
        updated_at=started,
        started_at=started,
        ended_at=ended,
        direction=dice.choice(("inbound", "inbound", "outbound", "internal", None)),
        outcome=dice.choice(("answered", "lost", "failed", "unknown", None)),
        employee_id=dice.choice(("101", "102", "-7", None)),
        campaign=dice.choice(("Spring", "97140000001", None, None)),
        virtual_number=dice.choice(("97140000001", "97140000002", None)),
        wait_seconds=dice.choice((None, dice.randint(0, 50))),
        written_at=ended and ended + timedelta(milliseconds=dice.randint(-500, 9000)),
        made=dice.randrange(16),
        state=dice.choice(("written", "skipped", "waiting", "failed")),
    )


def promise(dice, number, integration_id):
    opened = NOW - timedelta(days=70 * dice.random() ** 2)
    how = dice.choice((None, "inbound", "outbound", "dismissed"))
    return Callback(
        integration_id=integration_id,
        contact=str(number),
        opened_at=opened,
        last_missed_at=opened,
        due_at=opened,
        closed_how=how,
        closed_at=how and opened + timedelta(hours=1),
        working_seconds=dice.randint(0, 5000) if how else None,
        updated_at=opened,
    )


def test_each_figure_is_the_number_of_rows_behind_it(planted):
    session, own_id = planted
    for word in PeriodWord:
        span = span_of(word, NOW, ZONE)
        found = read_figures(session, own_id, span)
        check_figures(session, own_id, span, found)
        check_sums(found)
        check_times_and_comparison(session, own_id, span, found)
    check_waiting(session, own_id)
    check_promises(session, own_id)


def check_figures(session, own_id, span, found):

    def rows(**wanted):
        listed = CallFilter(since=span.start, until=span.until, **wanted)
        query = select(func.count()).select_from(CallSession).where(*conditions(own_id, listed))
        return session.execute(query).scalar_one()

    now = found.now
    assert now.all == rows() > 5
    assert now.incoming == rows(direction="inbound")
    assert now.outgoing == rows(direction="outbound")
    assert now.lost == rows(direction="inbound", outcome="lost")
    assert now.answered == rows(direction="inbound", outcome="answered")
    assert now.failed == rows(state="failed")
    assert now.written == rows(state="written")
    assert now.made == {kind: rows(created=kind) for kind in Entity}
    for group in found.employees:
        assert group.count == rows(whose=group.key or "-")
    for group in found.sources:
        if group.sort == "campaign":
            assert group.count == rows(campaign=group.key)
        else:
            assert group.count == rows(campaign="-", line=group.key or "-")


def check_sums(found):
    assert sum(column.count for column in found.columns) == found.now.all
    assert sum(column.lost for column in found.columns) == found.now.lost
    assert sum(group.count for group in found.employees) == found.now.all
    assert sum(group.count for group in found.sources) == found.now.all


def check_times_and_comparison(session, own_id, span, found):
    calls = session.scalars(select(CallSession).where(CallSession.integration_id == own_id)).all()
    here = [call for call in calls if span.start <= call.started_at < span.until]
    before = [call for call in calls if span.before <= call.started_at < span.before_until]

    waits = sorted(
        call.wait_seconds
        for call in here
        if (call.direction, call.outcome) == ("inbound", "answered")
        and call.wait_seconds is not None
    )
    assert found.now.wait.count == len(waits)
    if waits:
        assert found.now.wait.median == round(median(waits))
    written = [call for call in here if call.state == "written" and call.written_at]
    assert found.now.delay.count == len(written)
    assert found.before.all == len(before)
    assert found.before.lost == sum(
        (call.direction, call.outcome) == ("inbound", "lost") for call in before
    )


def check_waiting(session, own_id):
    listed = (
        select(func.count())
        .select_from(CallSession)
        .where(*conditions(own_id, CallFilter(state="waiting")))
    )

    assert count_waiting(session, own_id) == session.execute(listed).scalar_one() > 0


def check_promises(session, own_id):
    """They are those of the report that the tiles lead to, too."""
    span = span_of(PeriodWord.MONTH, NOW, ZONE)
    found = read_promises(session, own_id, span)
    rows = [
        row
        for row in session.scalars(select(Callback).where(Callback.integration_id == own_id))
        if span.start <= row.opened_at < span.until
    ]

    assert found.opened == len(rows) > 0
    assert found.waiting == sum(row.closed_how is None for row in rows)
    assert found.reached == sum(row.closed_how in ("inbound", "outbound") for row in rows)
    assert found.wait.count == found.reached
    report = report_of((told(row) for row in rows), ZoneInfo(ZONE)).total
    assert (report.promised, report.reached, report.open, report.seconds) == (
        found.opened,
        found.reached,
        found.waiting,
        found.wait.median,
    )


def told(row):
    names = [each.name for each in fields(Promise)]
    return Promise(**{name: getattr(row, name) for name in names})
