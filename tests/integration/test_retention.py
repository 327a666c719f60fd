"""What is older than it is kept goes; what is younger stays; and nothing is made a second time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    AuditRun,
    Callback,
    CallSession,
    ClickCall,
    CrmAccount,
    CrmEvent,
    CrmWrite,
    Decision,
    Erasure,
    Integration,
    KnownClient,
    ManagerAnswer,
    Notification,
    ReconcileRun,
    RecordingAccess,
    ReplayRun,
    SyncRun,
    TraceEntry,
)
from models.base import to_ms
from rules.retention import CHANGES_DAYS, SPANS, UNKNOWN_NUMBER_DAYS, Kind
from services import retention
from services.kept_days import describe, save_days
from services.retention_plan import (
    STORES,
    due,
    numbers_of_nobody,
    old_calls,
    old_changes,
    told_of_wiped,
    unknown_numbers,
)
from tests.notifications import CLIENT, answered_call, lost_call

LAST = timedelta(minutes=1)  # so much before its time is over, and so much after it
MARK = {
    Kind.JOURNAL: (
        lambda at, mark, n: Notification(
            event_key=f"{mark}{n}", kind="", state="rejected", received_at=at, members={}, raw=mark
        ),
    ),
    Kind.CALLBACKS: (
        lambda at, mark, n: Callback(
            contact=mark, opened_at=at, last_missed_at=at, due_at=at, closed_at=at, updated_at=at
        ),
    ),
    Kind.CLICKS: (
        lambda at, mark, n: ClickCall(
            request_id=f"{mark}{n}", origin="api", phone="1", asked_at=at, state="dialing"
        ),
    ),
    Kind.MANAGER_ANSWERS: (
        lambda at, mark, n: ManagerAnswer(at=at, reason=mark, phones=[], milliseconds=1),
    ),
    Kind.CRM_EVENTS: (
        lambda at, mark, n: CrmEvent(
            event_id=f"{mark}{n}",
            type="client.deleted",
            occurred_at=at,
            received_at=at,
            handled_at=at,
            data={},
        ),
    ),
    Kind.LISTENED: (lambda at, mark, n: RecordingAccess(call_session_id="1", record=mark, at=at),),
    Kind.RUNS: (
        lambda at, mark, n: ReplayRun(
            mode="today", wanted={}, state="finished", created_at=at, finished_at=at
        ),
        lambda at, mark, n: SyncRun(origin="button", state="done", created_at=at, finished_at=at),
        lambda at, mark, n: ReconcileRun(
            kind="periodic", from_at=at, till_at=at, started_at=at, finished_at=at
        ),
        lambda at, mark, n: AuditRun(
            kind="page",
            state="finished",
            from_at=at,
            till_at=at,
            started_at=at,
            finished_at=at,
        ),
        lambda at, mark, n: Erasure(
            phone_hash=f"{mark}{n}", masked="***", asked_at=at, finished_at=at
        ),
    ),
}


def plant(server, kind, days):
    """Two old rows and one young one of each store of a kind, around its last day."""
    now = server.now()
    with Session(server.engine) as session, session.begin():
        for make in MARK[kind]:
            for number, age in enumerate((days * 2, days, days)):
                is_young = number == 2
                at = now - timedelta(days=age) + (LAST if is_young else -LAST)
                row = make(at, "young" if is_young else "old", number)
                row.integration_id = server.id
                session.add(row)


def count(server, table, *where):
    with server.engine.connect() as connection:
        query = select(func.count()).select_from(table).where(*where)
        return connection.execute(query).scalar_one()


def forget(server):
    return retention.forget_old(server.engine, server.ports, seconds=30)


@pytest.mark.parametrize("days", [None, 45], ids=["usual", "chosen"])
def test_what_is_older_goes_and_what_is_younger_stays(any_server, days):
    server = any_server
    wanted = {kind: days or span.usual for kind, span in SPANS.items()}
    with Session(server.engine) as session:
        save_days(session, server.id, wanted)
    for kind in MARK:
        plant(server, kind, wanted[kind])

    forget(server)
    again = forget(server)

    for kind, stores in STORES.items():
        for store in stores:
            at = store.table.c[store.at]
            mine = store.table.c.integration_id == server.id
            edge = to_ms(server.now() - timedelta(days=wanted[kind]))
            assert count(server, store.table, mine, at < edge) == 0, store.table.name
            assert count(server, store.table, mine) >= 1, store.table.name
    assert again == 0


def test_every_kind_is_proved():
    assert set(MARK) | {Kind.CALLS} == set(Kind)
    assert {kind: len(stores) for kind, stores in STORES.items()} == {
        kind: len(made) for kind, made in MARK.items()
    }


def test_old_calls_lose_their_people_and_are_known_all_the_same(any_server):
    server = any_server
    calls = [*answered_call("1"), *lost_call("2")]
    server.notify(*calls)
    server.settle()
    server.pass_time(740 * 86_400)
    server.notify(*answered_call("3"))
    server.settle()
    made = server.audit()

    assert forget(server) > 0

    old, young = server.row("1"), server.row("3")
    assert old.erased_at is not None and old.client_phone is None and old.talk_seconds == 75
    assert young.erased_at is None and young.client_phone == f"+{CLIENT}"
    for table in (Notification, TraceEntry, Decision):
        assert count(server, table.__table__, table.session_row_id == old.id) == 0
        assert count(server, table.__table__, table.session_row_id == young.id) > 0
    with Session(server.engine) as session:
        rows = session.scalars(select(CrmWrite).filter_by(session_row_id=old.id)).all()
    assert rows and all(row.body == {} and row.reference and row.crm_id for row in rows)
    server.notify(*calls)  # repeated after two years: nobody does, and it does no harm
    server.settle()
    assert server.audit() == made
    assert server.row("1").client_phone is None


def test_calls_that_still_wait_are_kept(server):
    server.change(paused_at=server.now())
    server.notify(*answered_call("1"))
    server.drain()
    server.pass_time(800 * 86_400)

    forget(server)

    assert server.row("1").erased_at is None


def test_numbers_that_nobody_has_and_those_of_dead_accounts_go(server):
    now = server.now()
    old = now - timedelta(days=UNKNOWN_NUMBER_DAYS) - LAST
    with Session(server.engine) as session, session.begin():
        account = session.get_one(Integration, server.id).crm_account_row_id
        dead = CrmAccount(base_url="x", reference_key_sealed="x", refilled_at=now)
        session.add(dead)
        session.flush()
        more = {"open_leads": [], "open_deals": [], "source": "call"}
        session.add_all(
            [
                KnownClient(crm_account_row_id=account, phone="+1", read_at=old, **more),
                KnownClient(crm_account_row_id=account, phone="+2", read_at=now, **more),
                KnownClient(
                    crm_account_row_id=account, phone="+3", client_id="c", read_at=old, **more
                ),
                KnownClient(crm_account_row_id=dead.id, phone="+4", read_at=now, **more),
            ]
        )

    forget(server)

    with Session(server.engine) as session:
        assert sorted(session.scalars(select(KnownClient.phone))) == ["+2", "+3"]


def test_changes_are_kept_for_two_years(server):
    with server.engine.begin() as connection:
        age = (CHANGES_DAYS + 1) * 86_400_000
        connection.execute(text(f"UPDATE audit_entry SET at = at - {age}"))
    server.publish()

    forget(server)

    with Session(server.engine) as session:
        codes = list(session.scalars(select(AuditEntry.code)))
    assert codes == ["settings.published"]


def test_only_chosen_days_that_differ_are_stored(server):
    wanted = {kind: span.usual for kind, span in SPANS.items()} | {Kind.CALLS: 400}
    with Session(server.engine) as session:
        save_days(session, server.id, wanted)
        office = session.get_one(Integration, server.id)
        held = {each.kind: each.days for each in describe(session, server.id, count=True)}

    assert office.kept_days == {"calls": 400}
    assert held == wanted


def queries(server):
    yield from (due(each, server.id, 1) for stores in STORES.values() for each in stores)
    yield old_calls(server.id, 1)
    yield told_of_wiped(server.id, 1)
    yield from (old_changes(), unknown_numbers(), numbers_of_nobody())


def test_no_query_grows_with_history(server):
    """Each is answered by an index from the oldest row on; none reads or sorts a whole table."""
    small = ("integration", "crm_account")
    for query in queries(server):
        compiled = query.compile(server.engine, compile_kwargs={"literal_binds": True})
        with server.engine.connect() as connection:
            plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
        scans = [line for line in plan if line.startswith("SCAN") and line.split()[1] not in small]
        assert not scans, (str(compiled), plan)
        assert "USING INDEX" in plan[0] or "USING COVERING INDEX" in plan[0], (str(compiled), plan)


def test_a_batch_at_a_time(server, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 200)
    now = server.now()
    row = {"integration_id": server.id, "reason": "off", "phones": [], "milliseconds": 1}
    with server.engine.begin() as connection:
        old = now - timedelta(days=1000)
        rows = [row | {"at": old} for _ in range(450)]
        connection.execute(ManagerAnswer.__table__.insert(), rows)

    assert forget(server) == 450
    assert count(server, ManagerAnswer.__table__) == 0


def test_a_call_in_a_workers_hands_is_left_for_the_next_time(server):
    server.notify(*answered_call("1"))
    server.settle()
    server.pass_time(800 * 86_400)
    held = {"lease_token": "mine", "leased_until": 4_000_000_000_000}
    with server.engine.begin() as connection:
        connection.execute(update(CallSession.__table__).values(held))

    forget(server)

    assert server.row("1").erased_at is None
