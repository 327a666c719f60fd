"""Each count of a day is the number of calls of its list; no day is called complete too soon."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from models import CallSession, DayAccount, Integration, ReconcileRun
from rules.accounting import Standing, span_of_day
from services import day_accounts
from services.day_accounts import Choice, list_calls, read_account, read_accounts, store_days
from services.integrations import database_now
from tests.compared import compare_till

STATES = ("written", "written", "written", "skipped", "waiting", "failed")
ZONE = "Asia/Kathmandu"  # a quarter of an hour off


def plant(session, integration_id, count, *, seed=7, days=40, **more):
    dice, now = random.Random(seed), database_now(session)
    for number in range(count):
        started = now - timedelta(minutes=dice.randrange(days * 1440))
        session.add(
            CallSession(
                integration_id=integration_id,
                call_session_id=f"{seed}-{number}",
                first_seen_at=started,
                updated_at=started,
                started_at=started,
                facts={},
                **{
                    "state": dice.choice(STATES),
                    "in_report": dice.random() < 0.8,
                    "from_report": dice.random() < 0.1,
                }
                | more,
            )
        )


def another(session, own):
    values = {
        column.name: getattr(own, column.name)
        for column in Integration.__table__.columns
        if column.name not in ("id", "api_key_hash")
    }
    other = Integration(**values, api_key_hash="another")
    session.add(other)
    session.flush()
    return other.id


@pytest.fixture
def planted(any_server):
    with Session(any_server.engine) as session, session.begin():
        own = session.scalars(select(Integration)).one()
        own.timezone = ZONE
        own.created_at = database_now(session) - timedelta(days=50)
        own.access_token_sealed, own.data_api_url = "sealed", "http://127.0.0.1:9"
        plant(session, own.id, 600)
        plant(session, another(session, own), 100, seed=8)
    return any_server


def test_each_count_is_the_number_of_calls_of_its_list(planted):
    with Session(planted.engine) as session:
        own = session.get_one(Integration, planted.id)
        calls = session.scalars(select(CallSession).where(CallSession.integration_id == own.id))
        by_day = Counter(call.started_at.astimezone(ZoneInfo(ZONE)).date() for call in calls)

        with noted(planted.engine) as statements:
            found = read_accounts(session, own)

        assert len([each for each in statements if "call_session" in each]) == 1
        assert len(statements) <= 5
        assert len(found) == 30
        assert sum(each.tally.calls for each in found) > 300
        for account in found:
            assert account.tally.calls == by_day[account.span.day]
            check_lists(session, own.id, account)
            assert read_account(session, own, account.span.day) == account


@contextmanager
def noted(engine):
    """The statements of a while."""
    statements = []

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def check_lists(session, own_id, account):
    tally, counts = account.tally, {}
    for choice in Choice:
        listed = list_calls(session, own_id, account.span, choice)
        assert listed.total == len(listed.rows)
        counts[choice] = listed.total
    assert counts[Choice.ALL] == tally.calls
    assert counts[Choice.REST] == tally.rest == counts[Choice.WAITING] + counts[Choice.FAILED]
    assert counts[Choice.WRITTEN] + counts[Choice.SKIPPED] == tally.accounted
    assert counts[Choice.FAILED] == tally.failed
    assert counts[Choice.FROM_REPORT] == tally.from_report
    assert counts[Choice.NOT_IN_REPORT] == tally.not_in_report


def test_counting_looks_into_the_index_of_starts_only(server):
    with Session(server.engine) as session:
        own = session.get_one(Integration, server.id)
        span = span_of_day(date(2026, 3, 4), ZONE)
        plans = []

        @event.listens_for(server.engine, "before_cursor_execute")
        def note(connection, cursor, statement, parameters, *rest):
            if "call_session" in statement and not plans:
                plan = connection.connection.cursor()
                plan.execute("EXPLAIN QUERY PLAN " + statement, parameters)
                plans.append(" ".join(str(row[3]) for row in plan.fetchall()))

        try:
            day_accounts._count(session, own.id, [span])
        finally:
            event.remove(server.engine, "before_cursor_execute", note)

    assert "USING INDEX ix_call_session_started" in plans[0]
    assert "started_at>" in plans[0]


def test_day_is_complete_only_when_it_was_compared_to_its_end(server):
    check_what_is_no_day(server)
    yesterday = make_yesterday(server)
    assert standing(server, yesterday) is Standing.NOT_COMPARED

    compare_till(server, yesterday.until - timedelta(minutes=1))
    assert standing(server, yesterday) is Standing.NOT_COMPARED
    compare_till(server, yesterday.until)
    assert standing(server, yesterday) is Standing.COMPLETE


def test_days_before_the_comparison_began_are_not_called_complete(server):
    """An integration that was there before it was compared at all."""
    yesterday = make_yesterday(server)

    compare_till(server, server.now(), since=yesterday.start + timedelta(hours=1))

    assert standing(server, yesterday) is Standing.NOT_COMPARED


def check_what_is_no_day(server):
    with Session(server.engine) as session:
        own = session.get_one(Integration, server.id)
        today = datetime.now(UTC).date()

        assert read_account(session, own, today + timedelta(days=3)) is None
        assert read_account(session, own, today - timedelta(days=30)) is None
        assert len(read_accounts(session, own)) == 1


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param({}, Standing.COMPLETE, id="whole-day"),
        pytest.param({"error": "points_exhausted"}, Standing.NOT_COMPARED, id="broken-off"),
        pytest.param({"finished_at": None}, Standing.NOT_COMPARED, id="under-way"),
        pytest.param({"kind": "periodic"}, Standing.NOT_COMPARED, id="a-stretch-with-overlap"),
    ],
)
def test_run_over_the_whole_day_counts_as_the_watermark_does(server, run, expected):
    yesterday, now = make_yesterday(server), server.now()
    with Session(server.engine) as session, session.begin():
        values = {"kind": "repair", "finished_at": now} | run
        session.add(
            ReconcileRun(
                integration_id=server.id,
                from_at=yesterday.start,
                till_at=yesterday.until,
                started_at=now,
                **values,
            )
        )

    assert standing(server, yesterday) is expected


def make_yesterday(server):
    server.change(
        created_at=server.now() - timedelta(days=20),
        access_token_sealed="sealed",
        data_api_url="http://127.0.0.1:9",
    )
    with Session(server.engine) as session:
        zone = session.get_one(Integration, server.id).timezone
    today = server.now().astimezone(ZoneInfo(zone)).date()
    return span_of_day(today - timedelta(days=1), zone)


def standing(server, span):
    with Session(server.engine) as session:
        return read_account(session, session.get_one(Integration, server.id), span.day).standing


def test_counts_are_stored_once_and_outlive_the_calls(any_server):
    yesterday = make_yesterday(any_server)
    fill(any_server, yesterday, written=5, failed=1)
    assert store_days(any_server.engine, any_server.id) == 0  # nothing was compared
    compare_till(any_server, yesterday.until)
    assert store_days(any_server.engine, any_server.id) == 20
    assert store_days(any_server.engine, any_server.id) == 1  # the one with a call to mend
    with Session(any_server.engine) as session, session.begin():
        session.execute(CallSession.__table__.update().values(state="written"))
    store_days(any_server.engine, any_server.id)
    assert store_days(any_server.engine, any_server.id) == 0

    with Session(any_server.engine) as session, session.begin():
        session.execute(delete(CallSession))

    with Session(any_server.engine) as session:
        own = session.get_one(Integration, any_server.id)
        found = read_account(session, own, yesterday.day)
        kept = session.scalars(select(DayAccount).where(DayAccount.written > 0)).one()
    assert (found.tally.calls, found.tally.accounted) == (6, 6)
    assert (found.standing, found.is_kept) == (Standing.COMPLETE, True)
    assert (kept.day, kept.written) == (yesterday.day, 6)


def fill(server, span, **states):
    with Session(server.engine) as session, session.begin():
        for state, count in states.items():
            for number in range(count):
                started = span.start + timedelta(hours=1, seconds=number)
                session.add(
                    CallSession(
                        integration_id=server.id,
                        call_session_id=f"{state}-{number}",
                        first_seen_at=started,
                        updated_at=started,
                        started_at=started,
                        facts={},
                        state=state,
                        in_report=True,
                    )
                )
