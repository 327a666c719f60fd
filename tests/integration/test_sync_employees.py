"""The employee sync against both simulated sides, on both databases."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy.orm import Session

from models import CrmUserRow, EmployeeRow, Integration, UserMapping
from services import user_pairs
from services.lists import store_crm_users, store_pbx
from services.sync_employees import Outcome
from tests.integration.two_sides import sides
from tests.offices import employee, person

__all__ = ["sides"]


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
