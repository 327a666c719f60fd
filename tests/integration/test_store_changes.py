"""What the work on a call wanted stored, and how a call is given back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import AuditFinding, CallSession, CrmWrite, Decision, KnownClient, TraceEntry
from rules.crm import Client
from rules.reasons import Code, because
from rules.vocabulary import MADE, CallState
from services.changes import Changes, store
from services.known_clients import Reading
from services.release import keep, release
from services.steps import Rest
from tests.integration.ledger_rows import Rows
from tests.unit.services.ledger import make_call, make_write


@pytest.fixture
def rows(tmp_path):
    made = Rows(tmp_path / "changes.db")
    yield made
    made.engine.dispose()


def plan_of(rows, key, session_row_id, **columns):
    return {
        "ledger_key": key,
        "reference": f"cg-{key}",
        "integration_id": rows.integration,
        "session_row_id": session_row_id,
        "kind": "lead",
        "status": "planned",
        "body": {"title": 'Quoted "text"'},
        "links": {"client": {"id": "c_1"}},
        "late": ["title"],
        "is_stale": False,
        "revision": 0,
        "attempts": 0,
        "refusals": 0,
        "planned_at": rows.now,
        **columns,
    }


def stored(rows, *many):
    with rows.engine.begin() as connection:
        store(connection, many)


def writes(rows):
    return {write.ledger_key: write for write in rows.all(CrmWrite)}


def test_plan_becomes_a_row(rows):
    changes = Changes()
    changes.plan(plan_of(rows, "a", rows.call()))

    stored(rows, changes)

    row = writes(rows)["a"]
    assert (row.status, row.body, row.late) == ("planned", {"title": 'Quoted "text"'}, ["title"])
    assert (row.links, row.planned_at) == ({"client": {"id": "c_1"}}, rows.now)


def test_key_that_is_there_already_stays_as_it_is(rows):
    call = rows.call()
    rows.write("a", call, status="done", crm_id="l_1")
    changes = Changes()
    changes.plan(plan_of(rows, "a", call))

    stored(rows, changes)

    assert (writes(rows)["a"].status, writes(rows)["a"].crm_id) == ("done", "l_1")


def test_update_changes_what_it_names_of_its_own_row(rows):
    call = rows.call()
    for key in ("a", "b"):
        rows.write(key, call, attempts=1, refusals=2, next_at=rows.now)
    changes = Changes()
    changes.update_write("a", status="done", crm_id="l_1")
    changes.update_write("a", next_at=None, status="sent")

    stored(rows, changes)

    a, b = writes(rows)["a"], writes(rows)["b"]
    assert (a.status, a.crm_id, a.next_at) == ("sent", "l_1", None)
    assert (a.attempts, a.refusals) == (1, 2)
    assert (b.status, b.crm_id, b.next_at) == ("planned", None, rows.now)


def test_update_of_what_is_only_planned_is_planned_so_at_once(rows):
    changes = Changes()
    changes.plan(plan_of(rows, "a", rows.call()))
    changes.update_write("a", status="sent", attempts=1)
    assert changes.updates == {}

    stored(rows, changes)

    assert (writes(rows)["a"].status, writes(rows)["a"].attempts) == ("sent", 1)


def test_many_calls_are_stored_together(rows):
    calls = [rows.call(), rows.call()]
    many = [Changes(), Changes(), Changes()]
    for call, changes in zip(calls, many, strict=False):
        changes.trace(call, rows.now, [because(Code.NUMBER_HIDDEN), because(Code.RULE, rule="r")])
        changes.plan(plan_of(rows, f"key-{call}", call))
    decided = {"number": 1, "decided_at": rows.now, "rule": "r", "actions": [], "reasons": []}
    many[0].decide({"session_row_id": calls[0], "kind": "contact", **decided})
    many[1].known.append(Reading(rows.account, "+971500000055", Client("c_1"), rows.now, "call"))

    stored(rows, *many)

    traces = [(entry.session_row_id, entry.code, entry.values) for entry in rows.all(TraceEntry)]
    assert traces == [
        (call, code, values)
        for call in calls
        for code, values in (("number_hidden", {}), ("rule", {"rule": "r"}))
    ]
    assert [entry.at for entry in rows.all(TraceEntry)] == [rows.now] * 4
    assert set(writes(rows)) == {f"key-{call}" for call in calls}
    assert [row.session_row_id for row in rows.all(Decision)] == [calls[0]]
    assert [row.client_id for row in rows.all(KnownClient)] == ["c_1"]


@pytest.mark.parametrize(
    ("wish", "is_empty", "is_decisive"),
    [
        pytest.param(lambda c: None, True, False, id="nothing"),
        pytest.param(lambda c: c.trace(1, None, [because(Code.RULE)]), False, False, id="trace"),
        pytest.param(lambda c: c.trace(1, None, []), True, False, id="no-trace"),
        pytest.param(lambda c: c.decide({}), False, True, id="decision"),
        pytest.param(lambda c: c.plan({"ledger_key": "a"}), False, True, id="plan"),
        pytest.param(lambda c: c.update_write("a", status="sent"), False, False, id="update"),
        pytest.param(lambda c: c.known.append(1), False, False, id="reading"),
    ],
)
def test_what_the_next_run_builds_upon_is_told_apart(wish, is_empty, is_decisive):
    changes = Changes()

    wish(changes)

    assert (changes.is_empty, changes.is_decisive) == (is_empty, is_decisive)


# Giving back


def given_back(rows, rest, *ledger, version=4, **columns):
    """A call of version 4 as it stands after its work ended so."""
    row_id = rows.call(lease="mine", leased_until=5, events_version=version, suspicion=2, **columns)
    call = make_call(*ledger)
    vars(call.row).update(columns | {"id": row_id, "events_version": 4})
    for write in ledger:
        write.session_row_id = write.session_row_id and row_id
    call.session_changes = {"client_phone": "971500000055", "created": {"lead_id": "l_1"}}
    with rows.engine.begin() as connection:
        release(connection, [(call, rest)], rows.now)
    return rows.get(CallSession, row_id)


def test_call_that_is_given_back_has_no_lease_and_says_where_it_stands(rows):
    row = given_back(rows, Rest(CallState.WAITING, "settling", rows.at(60)))

    assert (row.lease_token, row.leased_until, row.suspicion) == (None, None, 0)
    assert (row.state, row.state_reason, row.next_at) == ("waiting", "settling", rows.at(60))
    assert (row.folded_version, row.updated_at, row.written_at) == (4, rows.now, None)
    assert (row.client_phone, row.created) == ("971500000055", {"lead_id": "l_1"})


def test_event_that_came_meanwhile_makes_the_call_due_at_once(rows):
    row = given_back(rows, Rest(CallState.WRITTEN), version=5)

    assert (row.next_at, row.folded_version) == (rows.now, 4)


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        pytest.param(CallState.WRITTEN, None, 0, id="now"),
        pytest.param(CallState.WRITTEN, -60, -60, id="first-time-stays"),
        pytest.param(CallState.WAITING, None, None, id="not-written"),
    ],
)
def test_first_time_that_all_stood_in_the_crm(rows, state, before, after):
    row = given_back(rows, Rest(state), written_at=rows.at(before))

    assert row.written_at == rows.at(after)


@pytest.mark.parametrize(("reason", "crashes"), [("crashed", 3), ("retry", 0), (None, 0)])
def test_crashes_are_counted_until_a_run_ends_well(rows, reason, crashes):
    row = given_back(rows, Rest(CallState.WAITING, reason), crashes=2)

    assert row.crashes == crashes


@pytest.mark.parametrize(
    ("ledger", "made"),
    [
        pytest.param([], set(), id="nothing"),
        pytest.param([("client", "done", "c_1"), ("lead", "done", "l_1")], {"client", "lead"}),
        pytest.param([("lead", "done", None)], set(), id="not-to-be-had-here"),
        pytest.param([("lead", "sent", "l_1")], set(), id="not-sure-yet"),
        pytest.param([("deal", "done", "d_1"), ("deal", "done", "d_2")], {"deal"}, id="twice"),
    ],
)
def test_what_stands_in_the_crm_is_told_by_bits(rows, ledger, made):
    own = [
        make_write(kind, ledger_key=f"{kind}-{n}", status=status, crm_id=crm_id)
        for n, (kind, status, crm_id) in enumerate(ledger)
    ]
    others = make_write("task", status="done", crm_id="t_1", session_row_id=0)

    row = given_back(rows, Rest(CallState.WRITTEN), *own, others)

    assert row.made == sum(MADE[kind] for kind in made)


def test_what_the_crm_holds_twice_becomes_a_finding(rows):
    call = rows.call()
    changes = Changes()
    write = {"session_row_id": call, "ledger_key": "lead|1", "kind": "lead", "crm_id": "l_1"}
    changes.double(rows.integration, write, ("l_1", "l_2"))

    stored(rows, changes)

    (finding,) = rows.all(AuditFinding)
    assert (finding.integration_id, finding.session_row_id) == (rows.integration, call)
    assert (finding.ledger_key, finding.kind, finding.crm_id) == ("lead|1", "lead", "l_1")
    assert (finding.problem, finding.ids, finding.state) == ("doubled", ["l_1", "l_2"], "open")


def test_what_is_known_of_a_call_is_kept_while_it_is_worked_on(rows):
    known, silent = rows.call(lease="mine"), rows.call(lease="mine")
    calls = [make_call(), make_call()]
    calls[0].row.id, calls[1].row.id = known, silent
    calls[0].session_changes = {"client_phone": "971500000055", "ended_at": rows.at(-5)}

    with rows.engine.begin() as connection:
        keep(connection, calls)
        keep(connection, [])

    row = rows.get(CallSession, known)
    assert (row.client_phone, row.lease_token) == ("971500000055", "mine")
    assert row.ended_at == rows.now - timedelta(seconds=5)
    assert rows.get(CallSession, silent).client_phone is None
