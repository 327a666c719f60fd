"""The audit finds what the CRM lost and what it holds twice, and concludes nothing by guessing."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import accounting, upkeep
from models import AuditFinding, AuditRun, CrmAccount
from services import audit_findings, crm_audit, crm_audit_runs
from services.crm_audit import Audit
from services.crm_events import NewEvent, handle_due, store
from services.intake import take_in
from services.pace import Pace
from services.spare_pace import may_ask
from tests.notifications import CLIENT, answered_call, lost_call

DEAL_TOO = {"incoming": {"first": {"create": "lead_and_deal"}, "repeat": {"create": "nothing"}}}
TASKS_TOO = {"tasks": {"lost_incoming": {"assign": "from_settings"}}}


def make_call(server, call_id="1", phone=CLIENT):
    server.notify(*answered_call(call_id, contact_phone_number=phone))
    server.settle()
    server.pass_time(200)


def audit(server, kind="page", seconds=10):
    """One audit to its end; its counts."""
    with Session(server.engine) as session:
        now = server.now()
        # The calls of tests began in March: the window goes by their start.
        since = now - timedelta(days=3000)
        run_id = crm_audit_runs.start(session, server.id, kind, since=since, till=now).id
    Audit(server.engine, server.ports, run_id).work(monotonic() + seconds)
    return run_of(server, run_id)


def run_of(server, run_id):
    with Session(server.engine) as session:
        run = session.get_one(AuditRun, run_id)
        counts = crm_audit_runs.counts_of(run)
        told = {name: count for name, count in counts.items() if count}
        return told | ({"error": run.error} if run.error else {}) | state_of(run)


def state_of(run):
    return {} if run.state == "finished" else {"state": run.state}


def findings(server):
    with Session(server.engine) as session:
        rows = session.scalars(select(AuditFinding).order_by(AuditFinding.id))
        return [(row.kind, row.problem, row.state, row.ids) for row in rows]


def finding_id(server):
    with Session(server.engine) as session:
        return session.scalars(select(AuditFinding.id)).one()


def insert_twin(server, table, **more):
    """Somebody, or a lost request that lands late, makes the same thing once more."""
    (row,) = server.written(table)
    wanted = ("title", "name", "phones", "client_id", "external_id", "text", "type", "phone")
    body = {name: row[name] for name in wanted if row.get(name) is not None} | more
    server.crm.control("POST", "/_sim/seed", {"account": server.crm.key, table: [body]})
    return row["id"]


def test_what_stands_once_is_all_right_and_only_new_rows_are_looked_at(server):
    """Also a client whom people had made: his reference is not ours, his card says he is there."""
    by_hand = {"name": "By hand", "phones": ["+971500000056"]}
    server.crm.control("POST", "/_sim/seed", {"account": server.crm.key, "clients": [by_hand]})
    server.use(settings=DEAL_TOO | TASKS_TOO)
    make_call(server)
    server.notify(*lost_call("2", contact_phone_number="971500000056"))
    server.settle()
    server.pass_time(200)

    assert audit(server) == {"checked": 4, "present": 4}
    make_call(server, "3", "971500000057")
    assert audit(server) == {"checked": 3, "present": 3}
    assert audit(server, "command") == {"checked": 7, "present": 7}
    assert findings(server) == []


def test_lead_that_is_gone_is_found_and_made_again_under_its_key(any_server):
    any_server.use(settings=DEAL_TOO)
    make_call(any_server)
    before = any_server.write("lead")
    any_server.by_hand(f"leads/{before['crm_id']}/delete")

    assert audit(any_server) == {"checked": 3, "present": 2, "lost": 1}
    assert findings(any_server) == [("lead", "lost", "open", [])]
    number = finding_id(any_server)
    with any_server.engine.begin() as connection:
        again = (connection, any_server.id, number)
        assert audit_findings.make_again(*again, by="admin@example.com")
        assert not audit_findings.make_again(*again, by="admin@example.com")
    any_server.settle()
    any_server.pass_time(200)

    after = any_server.write("lead")
    assert (after["reference"], after["status"]) == (before["reference"], "done")
    assert after["crm_id"] != before["crm_id"]
    assert any_server.show()["created"]["lead_id"] == after["crm_id"]
    assert any_server.state() == ("written", None)
    (deal,), (entry,) = any_server.written("deals"), any_server.written("calls")
    assert deal["lead_id"] == entry["links"]["lead_id"] == after["crm_id"]
    assert "made_again" in any_server.codes()
    audit(any_server)
    assert findings(any_server) == [("lead", "lost", "resolved", [])]


def test_client_that_is_gone_is_made_again(server):
    make_call(server)
    server.by_hand(f"clients/{server.write('client')['crm_id']}/delete")
    server.by_hand(f"leads/{server.write('lead')['crm_id']}/delete")

    assert audit(server) == {"checked": 2, "lost": 2}
    with Session(server.engine) as session:
        ids = list(session.scalars(select(AuditFinding.id)))
    with server.engine.begin() as connection:
        for each in ids:
            assert audit_findings.make_again(connection, server.id, each, by="admin")
    server.settle()
    server.pass_time(200)

    assert audit(server, "command") == {"checked": 2, "present": 2}
    assert {state for _, _, state, _ in findings(server)} == {"resolved"}
    (client,) = [each for each in server.written("clients") if not each["_deleted"]]
    (lead,) = [each for each in server.written("leads") if not each["_deleted"]]
    assert lead["client_id"] == client["id"]


def test_twin_is_named_and_never_deleted(any_server):
    make_call(any_server)
    own = insert_twin(any_server, "leads")

    assert audit(any_server) == {"checked": 2, "present": 1, "doubled": 1}
    ((kind, problem, state, ids),) = findings(any_server)
    assert (kind, problem, state, len(ids)) == ("lead", "doubled", "open", 2)
    assert own in ids

    any_server.by_hand(f"leads/{own}/delete")  # a person keeps the other one
    audit(any_server)
    assert findings(any_server)[0][2] == "resolved"
    assert any_server.write("lead")["crm_id"] in set(ids) - {own}


def test_search_that_finds_twins_while_settling_is_a_finding_too(any_server):
    any_server.fault("error_500_after", "create_lead", count=1)
    any_server.notify(*answered_call())
    any_server.drain()
    insert_twin(any_server, "leads")
    any_server.settle()

    ((kind, problem, state, ids),) = findings(any_server)
    assert (kind, problem, state, len(ids)) == ("lead", "doubled", "open", 2)
    assert "duplicate_alarm" in any_server.codes()
    assert any_server.state() == ("written", None)


def test_deletion_that_the_crm_tells_of_is_no_alarm(server):
    server.configure(deleted_status=410)
    make_call(server)
    make_call(server, "2", "971500000056")
    client = server.write("client")["crm_id"]
    server.by_hand(f"clients/{client}/delete")
    server.by_hand(f"leads/{server.write('lead')['crm_id']}/delete")

    assert audit(server) == {"checked": 4, "present": 2, "gone": 2}
    assert findings(server) == []
    assert audit(server, "command") == {"checked": 2, "present": 2}


def test_event_of_a_deletion_counts_as_told(server):
    make_call(server)
    client = server.write("client")["crm_id"]
    for path in (f"clients/{client}", f"leads/{server.write('lead')['crm_id']}"):
        server.by_hand(f"{path}/delete")
    told = NewEvent("e1", "client.deleted", server.now(), {"client_id": client})
    store(server.engine, server.id, told)
    handle_due(server.engine)

    assert audit(server) == {"checked": 1, "gone": 1}


def test_what_the_search_does_not_show_yet_is_not_asked_for(server):
    server.configure(search_lag_external_id_seconds=3600)
    server.notify(*answered_call())
    server.drain()

    assert audit(server) == {}  # younger than settling
    server.pass_time(200)
    assert audit(server) == {"checked": 2, "present": 2}  # the client's card names both


def test_crm_that_is_away_concludes_nothing(server):
    make_call(server)
    server.by_hand(f"leads/{server.write('lead')['crm_id']}/delete")
    server.fault("error_500_before", "find_lead")
    server.fault("error_500_before", "find_client")

    assert audit(server) == {"error": "server_error", "state": "running"}
    assert findings(server) == []
    server.heal()
    server.pass_time(40)
    assert crm_audit.work_on_due(server.engine, server.ports, seconds=10) == 1
    with Session(server.engine) as session:
        last = crm_audit_runs.find_last(session, server.id).id
    assert run_of(server, last) == {"checked": 2, "present": 1, "lost": 1}


def test_run_that_never_gets_an_answer_is_given_up(server):
    make_call(server)
    server.fault("html_200", "find_client")
    audit(server)
    for _ in range(4):
        server.pass_time(400)
        crm_audit.work_on_due(server.engine, server.ports, seconds=5)

    with Session(server.engine) as session:
        run = crm_audit_runs.find_last(session, server.id)
        assert (run.state, run.error, run.checked) == ("aborted", "unexpected_answer", 0)


def test_new_run_leaves_the_old_ones_to_their_time(server):
    """How long they are kept is said in one place: `rules/retention.py`."""
    audit(server)
    server.pass_time(120 * 86_400)
    audit(server)

    with Session(server.engine) as session:
        assert len(session.scalars(select(AuditRun)).all()) == 2


def test_calls_go_first(server):
    make_call(server)
    server.notify(*answered_call("7", contact_phone_number="971500000097"))
    with server.engine.begin() as connection:
        take_in(connection)
    asked = len(server.requests())

    assert audit(server, seconds=0) == {"state": "running"}
    assert len(server.requests()) == asked
    server.settle()
    assert crm_audit.work_on_due(server.engine, server.ports, seconds=5) == 1
    assert findings(server) == []


def test_half_of_the_bucket_stays_untouched(server):
    now = server.now()
    with Session(server.engine) as session, session.begin():
        account = session.scalars(select(CrmAccount)).one()
        account.per_second, account.burst, account.tokens = 0.001, 6.0, 6.0
        account.refilled_at, account_id = now, account.id
    pace, granted = Pace("audit"), 0
    for _ in range(6):
        with server.engine.begin() as connection:
            granted += may_ask(connection, pace, account_id)

    assert granted == 3


def test_upkeep_counts_repairs_and_audits_once_a_night(server, monkeypatch):
    names = {name for name, _seconds, _task in upkeep.TASKS}
    assert names >= {"store days", "repair days", "start audits", "audit the CRM"}
    monkeypatch.setattr(crm_audit_runs, "tonight", lambda now, zone: now - timedelta(hours=3))
    with server.app.app_context():
        accounting.store_days()
        accounting.repair_days()
        accounting.start_audits()
        accounting.start_audits()
        accounting.audit_crm()
        accounting.start_audits()

    with Session(server.engine) as session:
        (run,) = session.scalars(select(AuditRun))
        assert (run.kind, run.state) == ("nightly", "finished")


def test_what_a_person_accepts_stays_accepted(server):
    make_call(server)
    insert_twin(server, "leads")
    audit(server)
    number = finding_id(server)
    with server.engine.begin() as connection:
        assert audit_findings.accept(connection, server.id, [number], by="admin") == 1
        assert audit_findings.accept(connection, server.id, [number], by="admin") == 0

    audit(server, "command")
    assert findings(server)[0][2] == "accepted"
    insert_twin_again(server)
    audit(server, "command")
    assert findings(server)[0][2] == "open"


def insert_twin_again(server):
    row = server.written("leads")[0]
    body = {name: row[name] for name in ("title", "client_id", "external_id")}
    server.crm.control("POST", "/_sim/seed", {"account": server.crm.key, "leads": [body]})


def test_deleted_on_purpose_is_not_asked_for_again(server):
    make_call(server)
    server.by_hand(f"leads/{server.write('lead')['crm_id']}/delete")
    audit(server)
    number = finding_id(server)
    with server.engine.begin() as connection:
        audit_findings.accept(connection, server.id, [number], by="admin")

    assert audit(server, "command") == {"checked": 1, "present": 1}
    assert findings(server)[0][2] == "gone"
