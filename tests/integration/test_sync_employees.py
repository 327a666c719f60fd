"""The employee sync against both simulated sides, on both databases."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from models import CrmUserRow, EmployeeRow, Integration, SyncRun, UserMapping
from services import sync_runs, user_pairs
from services.delete_integration import delete_integration
from services.lists import store_crm_users, store_pbx
from services.sync_employees import Limits, Outcome
from services.sync_store import LEASE_MS
from tests.callgear import simulated
from tests.factories import wait_until
from tests.offices import TwoSides, employee, person


@pytest.fixture(scope="module")
def pbx():
    with simulated() as simulator:
        yield simulator


@pytest.fixture
def sides(any_server, pbx):
    sides = TwoSides(any_server, pbx)
    sides.plant([])
    sides.connect()
    return sides


def emails(sides):
    return sorted(str(one["email"]) for one in sides.employees())


def test_everybody_is_matched_created_or_filled_in(sides):
    sides.plant(
        [person(1), person(2), person(3, active=False), person(4)],
        [
            employee(1, email="PERSON.1@example.com", extension="301", phones=["971501112201"]),
            employee(2, extension={"extension_phone_number": "302"}),
        ],
    )

    run = sides.sync()

    assert (run.state, run.crm_users, run.employees, run.total, run.done) == ("done", 3, 2, 4, 4)
    assert sides.results(run) == {
        "u_1": ("skipped", "matched"),
        "u_2": ("updated", "filled"),
        "u_3": ("skipped", "inactive"),
        "u_4": ("created", "new"),
    }
    _one, two, four = sides.employees()
    assert (two["email"], [p["phone_number"] for p in two["phone_numbers"]]) == (
        "person.2@example.com",
        ["971501112202"],
    )
    assert two["last_name"] == "Worker2"
    assert (four["last_name"], four["first_name"]) == ("Number4", "Person")
    assert four["extension"]["extension_phone_number"] == "304"
    assert sides.pairs() == {"u_1": "101", "u_2": "102", "u_4": str(four["id"])}
    stored = {row.employee_id: row for row in sides.stored(EmployeeRow)}
    assert stored["102"].phones == ["971501112202"]
    assert stored[str(four["id"])].email == "person.4@example.com"


def test_second_run_changes_nothing(sides):
    sides.plant([person(1), person(2)], [employee(1)])
    sides.sync()
    before = sides.employees()

    run = sides.sync()

    assert set(sides.results(run).values()) == {("skipped", "same")}
    assert sides.employees() == before


def test_dry_run_writes_nothing(sides):
    sides.plant(
        [person(1), person(2, email="worker@example.com")],
        [employee(1, email="worker@example.com")],
    )

    run = sides.sync(is_dry=True)

    assert (run.state, run.is_dry) == ("done", True)
    assert sides.results(run)["u_1"] == ("created", "new")
    assert len(sides.employees()) == 1
    assert sides.pairs() == {}


def test_more_changes_than_agreed_are_only_shown(sides):
    sides.plant([person(number) for number in range(6)])

    shown = sides.sync(max_changes=5)
    written = sides.sync(max_changes=6)

    assert (shown.state, shown.is_dry) == ("done", True)
    assert (written.is_dry, len(sides.employees())) == (False, 6)


def test_page_of_the_crm_that_fails_changes_nothing_more(sides):
    sides.plant([person(1)])
    sides.sync()
    sides.plant([], [employee(9)])
    sides.server.fault("error_500_before", "list_users")

    run = sides.sync()

    assert (run.state, run.error["side"], run.error["code"]) == (
        "aborted",
        "behomes",
        "server_error",
    )
    assert sides.items(run) == []
    assert [row.employee_id for row in sides.stored(EmployeeRow)] != ["109"]
    assert [row.gone for row in sides.stored(CrmUserRow) if row.user_id == "u_1"] == [False]


def test_page_of_the_pbx_that_fails_half_way_never_counts_as_empty(sides):
    sides.plant([person(1)], [employee(number) for number in range(1, 30)])
    sides.pbx_fault("http_error", "get.employees")

    run = sides.sync()

    assert (run.state, run.error["side"]) == ("aborted", "callgear")
    assert len(sides.employees() if sides.pbx.control("DELETE", "/_sim/faults") else []) == 29


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("access_token_invalid", "invalid_auth"),
        ("ip_not_whitelisted", "ip_not_allowed"),
        ("html", "unexpected_answer"),
    ],
)
def test_refusals_of_the_pbx_are_told_apart(sides, fault, code):
    sides.pbx_fault(fault, "get.employees")

    assert sides.sync().error["code"] == code


def test_limit_of_the_day_ends_the_run_and_one_of_the_minute_is_waited_for(sides):
    sides.plant([person(1)])
    sides.pbx_fault("limit_exceeded", "create.employees", limit_type="minute", reset=30, count=1)
    run_id = sides.start()

    assert sides.work(run_id) is Outcome.LATER
    assert sides.work(run_id) is Outcome.BUSY
    sides.server.pass_time(32)
    assert sides.work(run_id) is Outcome.FINISHED
    assert sides.results(sides.run(run_id)) == {"u_1": ("created", "new")}
    sides.plant([person(2)])
    sides.pbx_fault("limit_exceeded", "create.employees", limit_type="day", reset=30_000)
    assert sides.sync().error["code"] == "points_exhausted"


def test_refused_create_is_a_conflict_and_the_others_go_on(sides):
    sides.plant([person(1), person(2)])
    sides.pbx_fault("rpc_error", "create.employees", mnemonic="already_in_use", count=1)

    run = sides.sync()

    assert sides.results(run) == {"u_1": ("conflict", "refused"), "u_2": ("created", "new")}
    assert emails(sides) == ["person.2@example.com"]


def test_tariff_that_allows_no_more_ends_the_run(sides):
    sides.plant([person(1), person(2)])
    sides.pbx_fault("rpc_error", "create.employees", mnemonic="tariff_restrictions", skip=1)

    run = sides.sync()

    assert (run.state, run.error["code"]) == ("aborted", "tariff")
    assert sides.results(run) == {"u_1": ("created", "new")}


@pytest.mark.parametrize("bare", [False, True], ids=["with-email", "name-only"])
def test_create_whose_answer_is_lost_makes_no_second_employee(sides, bare):
    more = {"email": None, "phones": [], "extension": None} if bare else {}
    sides.plant([person(1, **more)])
    sides.pbx_fault("reset_after", "create.employees", count=1)

    first = sides.sync()
    second = sides.sync()

    assert sides.results(first) == {"u_1": ("created", "new")}
    assert sides.results(second) == {"u_1": ("skipped", "same")}
    assert (len(sides.employees()), sides.asked("create.employees")) == (1, 1)


def test_create_that_was_lost_on_the_way_is_made_by_the_next_run(sides):
    sides.plant([person(1)])
    sides.pbx_fault("reset", "create.employees", count=1)

    first = sides.sync()
    second = sides.sync()

    assert sides.results(first) == {"u_1": ("conflict", "unclear")}
    assert sides.results(second) == {"u_1": ("created", "new")}
    assert len(sides.employees()) == 1


def test_update_whose_answer_is_lost_is_looked_up(sides):
    sides.plant([person(1)], [employee(1, extension="301")])
    sides.pbx_fault("reset_after", "update.employees", count=1)

    assert sides.results(sides.sync()) == {"u_1": ("updated", "filled")}


def test_stop_takes_effect_between_records_and_keeps_what_was_done(sides):
    sides.plant([person(number) for number in range(4)])
    sides.pbx_fault("slow", "create.employees", seconds=0.4)
    run_id = sides.start()
    worker = threading.Thread(target=sides.work, args=(run_id,))
    worker.start()
    wait_until(sides.employees)
    with Session(sides.server.engine) as session:
        sync_runs.stop(session, run_id)
    worker.join()

    run = sides.run(run_id)
    made = len(sides.employees())
    assert run.state == "stopped"
    assert 1 <= made < 4
    assert len(sides.pairs()) == made == len(sides.items(run))
    assert sides.sync().state == "done"
    assert len(sides.employees()) == 4


def test_run_that_nobody_works_on_stops_at_once(sides):
    run_id = sides.start()

    with Session(sides.server.engine) as session:
        sync_runs.stop(session, run_id)

    assert sides.run(run_id).state == "stopped"
    assert sides.work(run_id) is Outcome.BUSY


def test_second_press_gives_the_running_one(sides):
    first = sides.start()

    with Session(sides.server.engine) as session:
        again = sync_runs.start(session, sides.server.id, origin="button")

    assert again == sync_runs.Started(first, False)


def test_two_workers_never_work_on_one_run(sides):
    sides.plant([person(number) for number in range(3)])
    run_id = sides.start()

    workers = [threading.Thread(target=sides.work, args=(run_id,)) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert (sides.run(run_id).state, len(sides.employees())) == ("done", 3)
    assert sides.asked("create.employees") == 3


def test_long_run_goes_on_in_the_next_job(sides):
    sides.plant([person(number) for number in range(3)])
    run_id = sides.start()
    over = Limits(until=0.0)

    outcomes = [sides.work(run_id, over) for _ in range(3)]

    assert outcomes == [Outcome.MORE, Outcome.MORE, Outcome.FINISHED]
    run = sides.run(run_id)
    assert set(sides.results(run).values()) == {("created", "new")}
    assert (run.done, run.total, len(sides.employees())) == (3, 3, 3)


def test_lists_that_take_too_long_end_the_run(sides):
    run_id = sides.start()

    sides.work(run_id, Limits(read_by=0.0))

    assert sides.run(run_id).error["code"] == "too_slow"


class Killed(BaseException):
    """What no part of the program expects, as the end of a process."""


def kill_after(sides, run_id, operation, monkeypatch):
    """A worker that dies right after the answer to its first request of this kind."""
    real = getattr(CallGearClient, operation)

    def die(self, *words, **more):
        real(self, *words, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(CallGearClient, operation, die)
        with pytest.raises(Killed):
            sides.work(run_id)


@pytest.mark.parametrize("bare", [False, True], ids=["with-email", "name-only"])
def test_killed_worker_is_taken_up_again_after_its_lease(sides, monkeypatch, bare):
    more = {"email": None, "phones": [], "extension": None} if bare else {}
    sides.plant([person(1, **more), person(2)])
    run_id = sides.start()
    kill_after(sides, run_id, "create_employee", monkeypatch)

    assert sides.work(run_id) is Outcome.BUSY
    with sides.server.engine.connect() as connection:
        assert sync_runs.find_due(connection) is None
    sides.server.pass_time(LEASE_MS / 1000 + 1)
    with sides.server.engine.connect() as connection:
        assert sync_runs.find_due(connection) == run_id
    assert sides.work(run_id) is Outcome.FINISHED

    run = sides.run(run_id)
    assert sides.results(run) == {"u_1": ("created", "new"), "u_2": ("created", "new")}
    assert (len(sides.employees()), sides.asked("create.employees")) == (2, 2)


def test_worker_that_lost_its_lease_writes_nothing_more(sides):
    sides.plant([person(1), person(2)])
    run_id = sides.start()
    sides.pbx_fault("slow", "create.employees", seconds=0.5, count=1)
    worker = threading.Thread(target=sides.work, args=(run_id,))
    worker.start()
    while not sides.asked("get.employees"):
        pass
    with Session(sides.server.engine) as session, session.begin():
        session.execute(update(SyncRun).values(lease_token="another"))
    worker.join()

    assert sides.run(run_id).state == "running"
    assert len(sides.employees()) <= 1


def test_admins_word_while_the_run_goes_on_is_kept(sides):
    sides.plant([person(1)], [employee(1, email="person.1@example.com"), employee(2)])
    with Session(sides.server.engine) as session, session.begin():
        session.add(
            UserMapping(integration_id=sides.server.id, crm_user_id="u_1", employee_id="102")
        )

    sides.sync()

    assert sides.pairs() == {"u_1": "102"}


def test_answer_to_a_conflict_holds_for_the_next_run(sides):
    known = {"email": "worker@example.com"}
    sides.plant(
        [person(1, **known), person(2)],
        [employee(1, **known), employee(2, **known), employee(3)],
    )
    run = sides.sync()
    with Session(sides.server.engine) as session:
        user_pairs.pair(session, sides.server.id, "u_1", "102")
        user_pairs.keep_apart(session, sides.server.id, "u_2")

    assert sides.results(run)["u_1"] == ("skipped", "paired_by_hand")
    assert sides.results(sides.sync()) == {
        "u_1": ("updated", "filled"),
        "u_2": ("skipped", "kept_apart"),
    }
    assert sides.pairs() == {"u_1": "102"}


def test_preview_tells_what_the_run_then_does(sides):
    sides.plant([person(1), person(2), person(3)], [employee(1, email="person.1@example.com")])
    sides.sync(is_dry=True)
    with Session(sides.server.engine) as session:
        told = user_pairs.preview(session, session.get_one(Integration, sides.server.id))

    run = sides.sync()

    results = [result for result, _reason in sides.results(run).values()]
    assert told.counts == {name: results.count(name) for name in told.counts}
    assert (told.crm_users, told.employees) == (3, 1)


def test_run_of_a_deleted_integration_writes_nothing(sides):
    sides.plant([person(1)])
    run_id = sides.start()
    sides.server.change(deleted_at=sides.server.now())

    assert sides.work(run_id) is Outcome.FINISHED
    assert (sides.run(run_id).state, sides.employees()) == ("stopped", [])


def test_deletion_ends_a_sync_that_is_under_way(sides):
    sides.plant([person(number) for number in range(6)])
    sides.pbx_fault("slow", "create.employees", seconds=0.4)
    run_id = sides.start()
    worker = threading.Thread(target=sides.work, args=(run_id,))
    worker.start()
    wait_until(sides.employees)
    with Session(sides.server.engine) as session:
        delete_integration(session, sides.server.id, typed_title="Dubai office")
    worker.join()

    assert sides.run(run_id).state == "stopped"
    assert 1 <= len(sides.employees()) < 6


def test_two_readings_of_the_same_lists_do_not_break_each_other(sides):
    sides.plant([person(1)], [employee(1, extension="301")])
    ports, here = sides.server.ports, sides.server.id
    with Session(sides.server.engine) as session:
        integration = session.get_one(Integration, here)
        pbx, crm = ports.pbx(integration), ports.crm(integration)
    read = (pbx.account(), pbx.employees(), pbx.virtual_numbers())
    users, start, wrong = list(crm.users()), threading.Barrier(2), []

    def keep():
        with Session(sides.server.engine) as session:
            start.wait()
            try:
                store_pbx(session, here, *read)
                session.flush()
                store_crm_users(session, here, users)
                session.commit()
            except Exception as error:
                wrong.append(error)

    for _round in range(10):
        both = [threading.Thread(target=keep) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()

    assert wrong == []


def test_integration_without_a_pbx_starts_nothing(any_server):
    with Session(any_server.engine) as session, pytest.raises(sync_runs.NoPbx):
        sync_runs.start(session, any_server.id, origin="button")


@pytest.mark.parametrize(
    ("utc", "is_night"),
    [
        pytest.param("2026-03-01 21:59", False, id="before-two-in-Dubai"),
        pytest.param("2026-03-01 22:00", True, id="two-in-Dubai"),
        pytest.param("2026-03-02 01:59", True, id="before-six"),
        pytest.param("2026-03-02 02:00", False, id="six"),
    ],
)
def test_night_is_of_the_integrations_zone(utc, is_night):
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)

    assert (sync_runs.tonight(moment, "Asia/Dubai") is not None) is is_night


def night_zone(now):
    """A zone in which it is three at night now."""
    return f"Etc/GMT{(now.hour - 3 + 12) % 24 - 12:+d}"


def test_night_starts_one_run_and_never_a_flood(sides):
    sides.plant([person(number) for number in range(6)])
    sides.server.change(nightly_sync=True, timezone=night_zone(sides.server.now()))

    starters = [
        threading.Thread(target=sync_runs.start_nightly, args=(sides.server.engine,))
        for _ in range(3)
    ]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
    with Session(sides.server.engine) as session:
        (run,) = sync_runs.latest_runs(session, sides.server.id)
    sides.work(run.id)

    assert (run.origin, sides.run(run.id).is_dry) == ("nightly", True)
    assert sides.employees() == []
    assert sync_runs.start_nightly(sides.server.engine) == 0


def test_command_prints_what_became_of_everybody(sides):
    two = {"email": "two@example.com"}
    sides.plant([person(1), person(2, **two)], [employee(2, **two), employee(3, **two)])
    runner = sides.server.app.test_cli_runner()

    dry = runner.invoke(args=["users", "sync", str(sides.server.id), "--dry-run"])
    assert len(sides.employees()) == 2
    done = runner.invoke(args=["users", "sync", str(sides.server.id)])

    assert (dry.exit_code, done.exit_code) == (0, 0)
    assert json.loads(dry.stdout) == json.loads(done.stdout)
    assert json.loads(done.stdout) == {
        "created": 1,
        "updated": 0,
        "skipped": 0,
        "conflict": 1,
        "items": [
            {"crm_user_id": "u_1", "result": "created", "reason": "new"},
            {"crm_user_id": "u_2", "result": "conflict", "reason": "several"},
        ],
        "aborted": None,
    }


def test_command_says_why_it_was_broken_off(sides):
    runner = sides.server.app.test_cli_runner()
    sides.server.fault("key_revoked", "list_users")

    broken = runner.invoke(args=["users", "sync", str(sides.server.id)])
    strange = runner.invoke(args=["users", "sync", "999"])

    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["aborted"].startswith("behomes: invalid_auth")
    assert strange.exit_code == 1
