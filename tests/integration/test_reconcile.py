"""The comparison with the calls report: what no notification told is taken in, nothing twice."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import update

from clients.errors import ForbiddenError, KeyRefusedError, LimitExceeded
from models import CallSession
from models.base import now_ms, to_ms
from rules.reconcile import Window
from services import reports
from services.reconcile import NoPbx, reconcile
from services.report_pages import OutOfPoints, read_pages
from tests.callgear import simulated
from tests.factories import TASKS
from tests.notifications import answered_call, record, ringing, talking
from tests.report import DAY, STARTED, Reported, moment_at

KNOWN = "12025550143"  # client c_501, responsible u_17


@pytest.fixture(scope="module")
def pbx():
    with simulated() as running:
        yield running


@pytest.fixture
def office(server, pbx):
    return Reported(server, pbx, settings={"tasks": TASKS})


@pytest.fixture
def any_office(any_server, pbx):
    return Reported(any_server, pbx, settings={"tasks": TASKS})


def test_call_that_nobody_told_of_is_taken_in_like_any_other(any_office):
    any_office.call("901", employees=[101, 102])

    assert any_office.compare() == (1, 0, 1, 0)
    any_office.server.settle()

    shown = any_office.server.show("901")
    assert (shown["state"], shown["settings_version"]) == ("written", 1)
    assert shown["facts"] == {
        "direction": "inbound",
        "outcome": "answered",
        "client_phone": "+971500000055",
        "answered_by": "101",
        "finished_by": "101",
        "caller": None,
    }
    (decision,) = [each for each in shown["decisions"] if each["kind"] == "contact"]
    assert (decision["contact"], decision["create"]) == ("first", "lead")
    assert any_office.server.audit() == {"clients": 1, "leads": 1, "calls": 1}
    (entry,) = any_office.server.written("calls")
    assert len(entry["recordings"]) == 1
    assert "found_in_report" in any_office.server.codes("901")
    row = any_office.server.row("901")
    assert (row.in_report, row.from_report) == (True, True)


def test_comparing_again_finds_everything_known(office):
    for number in ("901", "902"):
        office.call(number, contact=f"971500000{number}")
    office.compare()
    office.server.settle()
    before = office.server.audit()

    assert office.compare() == (2, 2, 0, 0)
    assert office.compare(since=STARTED - timedelta(hours=1)) == (2, 2, 0, 0)

    office.server.settle()
    assert office.server.audit() == before
    assert [run.kind for run in office.runs()] == ["command"] * 3


def test_lost_end_is_completed(office):
    office.call("901", employees=[101])
    office.server.notify(*talking("901"))
    office.server.drain()
    assert office.server.state("901") == ("waiting", "in_progress")

    assert office.compare() == (1, 1, 0, 1)
    office.server.settle()

    assert office.server.state("901") == ("written", None)
    assert office.server.audit() == {"clients": 1, "leads": 1, "calls": 1}
    assert "completed_from_report" in office.server.codes("901")
    assert office.compare() == (1, 1, 0, 0)


def test_lost_recording_is_completed_and_the_late_notification_adds_none(office):
    office.call("901", employees=[101])
    office.server.notify(*answered_call("901"))
    office.server.drain()
    assert office.server.written("calls")[0]["recordings"] == []

    assert office.compare() == (1, 1, 0, 1)
    office.server.settle()
    (first,) = office.server.written("calls")[0]["recordings"]
    link = office.server.row("901").facts["recordings"][0]["url"]
    office.server.notify(record("901") | {"file_link": link})
    office.server.settle()

    (second,) = office.server.written("calls")[0]["recordings"]
    assert second["url"] == first["url"] and second["seconds"] == 75
    assert office.server.audit()["calls"] == 1
    kinds = [write["kind"] for write in office.server.show("901")["writes"]]
    assert kinds.count("recording") == 1


def test_call_closed_by_time_gets_its_end_but_keeps_its_decision(office):
    office.call("901", recipe="inbound_lost")
    office.server.notify(*ringing("901"))
    office.server.drain()
    office.server.pass_time(4 * 3600 + 1)
    office.server.close_forgotten()
    office.server.settle()
    assert office.server.show("901")["facts"]["outcome"] == "unknown"
    decided = office.server.show("901")["decisions"]

    assert office.compare() == (1, 1, 0, 1)
    office.server.settle()

    shown = office.server.show("901")
    assert shown["facts"]["outcome"] == "lost"
    assert [each for each in shown["decisions"] if each["kind"] == "contact"] == decided
    assert office.server.written("calls")[0]["status"] == "missed"


def test_complete_call_stays_as_it_is(office):
    office.call("901", employees=[101], recording=False)
    office.server.notify(*answered_call("901"))
    office.server.settle()

    assert office.compare() == (1, 1, 0, 0)

    row = office.server.row("901")
    assert (row.in_report, row.from_report, row.report) == (True, False, None)


def test_what_was_erased_is_not_brought_back(office):
    office.call("901", employees=[101])
    office.server.notify(*answered_call("901"))
    office.server.settle()
    with office.server.engine.begin() as connection:
        erased = {"erased_at": now_ms(), "client_phone": None, "facts": {}}
        connection.execute(update(CallSession).values(erased))

    assert office.compare() == (1, 1, 0, 0)
    assert office.server.row("901").report is None


def test_call_that_still_goes_on_is_left(office):
    office.call("901", at=STARTED, speed=0.001, wait=False)

    assert office.compare() == (0, 0, 0, 0)
    assert office.sessions() == []


def test_hidden_number_is_not_completed_again_and_again(office):
    office.call("901", recipe="hidden_number", contact="anonymous")
    office.server.notify(*answered_call("901", contact_phone_number="anonymous"))
    office.server.settle()

    told = [office.compare()[3] for _ in range(3) if not office.server.settle()]

    assert told[1:] == [0, 0]


def test_lost_call_of_the_report_makes_a_task_that_is_not_overdue(office):
    office.call("901", recipe="inbound_lost")

    office.compare()
    office.server.settle()

    (task,) = office.server.written("tasks")
    assert task["due_at"] > to_ms(office.server.now())


def test_calls_of_one_new_client_are_decided_in_the_order_of_their_start(office):
    numbers = [str(number) for number in range(901, 907)]
    for place, number in enumerate(reversed(numbers)):
        office.call(number, at=STARTED + timedelta(minutes=10 * place))

    office.compare()
    office.server.drain_twice_at_once()
    office.server.settle()

    contacts = {
        row.call_session_id: office.server.show(row.call_session_id)["decisions"][0]["contact"]
        for row in office.sessions()
    }
    assert contacts == {"906": "first", **dict.fromkeys(numbers[:-1], "repeat")}
    assert office.server.audit()["leads"] == 1


def test_call_waits_until_the_earlier_ones_of_its_client_are_decided(any_office):
    for place, number in enumerate(("903", "902", "901")):
        any_office.call(number, at=STARTED + timedelta(minutes=place))
    any_office.call("904", contact="971500000904", at=STARTED + timedelta(minutes=9))
    any_office.compare()
    any_office.server.pass_time(1)

    with taken(any_office, capacity=1) as first, taken(any_office) as second:
        assert (first, second) == (["903"], ["904"])


@contextmanager
def taken(office, **options):
    """The calls that a worker takes and has not worked on yet."""
    drain = office.server.make_drain(**options)
    drain._take_more(float("inf"))
    yield [active.call.row.call_session_id for active in drain._active.values()]
    drain._close(is_clean=False)


def test_call_is_decided_by_the_version_that_was_in_force_at_its_start(office):
    published = office.server.now()
    office.server.pass_time(3600)
    office.server.publish(incoming={"first": {"create": "deal"}})
    office.call("901", at=published - timedelta(minutes=30), contact="971500000901")
    office.call("902", at=published + timedelta(seconds=5), contact="971500000902")

    office.compare(published - DAY, published + DAY)
    office.server.settle()

    assert office.server.show("901")["settings_version"] == 1
    assert office.server.show("902")["settings_version"] == 2


def test_call_from_before_the_first_version_waits_for_none(office):
    office.call("901")

    office.compare()
    assert office.server.row("901").settings_version is None
    office.server.settle()

    assert office.server.state("901") == ("written", None)


def test_paused_integration_keeps_calls_of_the_report(office):
    office.server.change(paused_at=office.server.now())
    office.call("901")

    office.compare()
    office.server.drain()

    assert office.server.state("901") == ("waiting", "paused")
    assert office.server.written("leads") == []


def test_full_page_splits_the_window(office):
    for number in range(901, 914):
        office.call(str(number), at=STARTED + timedelta(seconds=10 * (number // 3)))
    client = office.server.ports.pbx(office.integration())
    client._page_rows = 4
    office.forget_requests()

    pages = list(read_pages(client, Window(STARTED, STARTED + DAY), reports.CORE_FIELDS))

    names = {row.call_session_id for page in pages for row in page.rows}
    assert names == {str(number) for number in range(901, 914)}
    assert office.asked() == len(pages) >= 4
    tills = [page.till for page in pages]
    assert tills == sorted(tills) and tills[-1] == STARTED + DAY


def test_more_calls_in_one_second_than_fit_on_a_page_are_read_all(office):
    for number in range(901, 909):
        office.call(str(number))
    client = office.server.ports.pbx(office.integration())
    client._page_rows = 3

    pages = list(read_pages(client, Window(STARTED - DAY, STARTED + DAY), reports.CORE_FIELDS))

    names = {row.call_session_id for page in pages for row in page.rows}
    assert names == {str(number) for number in range(901, 909)}


def test_reading_stops_at_the_reserve_of_points(office):
    people = [{"id": 101, "last_name": "One"}]
    account = {"app_id": 7, "tokens": {"few": "active"}, "employees": people}
    account |= {"numbers": [{"virtual_phone_number": "97140000001"}], "limits": {"day": 10}}
    office.pbx.control("POST", "/_sim/seed", {"accounts": [account], "replace": True})
    office.server.connect(callgear=office.keys("few"))
    for number in range(901, 912):
        office.call(str(number), at=STARTED + timedelta(minutes=number))
    client = office.server.ports.pbx(office.integration())
    client._page_rows = 2

    found = []
    with pytest.raises(OutOfPoints) as stopped:
        for page in read_pages(client, Window(STARTED, STARTED + DAY), reports.CORE_FIELDS):
            found.append(page)

    assert stopped.value.seconds > 3600
    assert 6 <= len(found) <= 8
    assert client.limits.day_remaining == 2


def test_tariff_without_a_field_is_asked_for_the_others(office):
    office.call("901")
    office.fault("rpc_error", mnemonic="parameter_component_disabled", count=1)

    assert office.compare() == (1, 0, 1, 0)


def test_tariff_without_the_report_is_an_error(office):
    office.fault("rpc_error", mnemonic="method_component_disabled")

    with pytest.raises(ForbiddenError):
        office.compare()
    assert office.runs()[0].error == "component_disabled"


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("access_token_invalid", KeyRefusedError, "invalid_auth"),
        ("ip_not_whitelisted", KeyRefusedError, "ip_not_allowed"),
        ("limit_exceeded", LimitExceeded, "points_exhausted"),
    ],
)
def test_refused_question_is_written_down_and_changes_nothing(office, fault, error, code):
    office.call("901")
    office.fault(fault)

    with pytest.raises(error):
        office.compare()

    (run,) = office.runs()
    assert (run.error, run.rows, run.finished_at is None) == (code, 0, False)
    office.heal()
    assert office.compare() == (1, 0, 1, 0)


def test_without_a_key_there_is_nothing_to_compare_with(server):
    with pytest.raises(NoPbx):
        reconcile(
            server.engine, server.ports, server.id, since=STARTED, till=STARTED, kind="command"
        )


def test_notification_and_report_at_the_same_moment_make_one_call(any_office):
    numbers = [str(number) for number in range(901, 911)]
    for number in numbers:
        any_office.call(number, contact=f"971500000{number}", employees=[101])
    any_office.server.app.test_client()  # imports are done
    start, told = Barrier(3), []

    def notify():
        start.wait()
        for number in numbers:
            any_office.server.notify(
                *answered_call(number, contact_phone_number=f"971500000{number}")
            )

    def compare():
        start.wait()
        told.append(any_office.compare())

    threads = [Thread(target=notify), Thread(target=compare), Thread(target=compare)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    any_office.server.settle()

    assert [row.call_session_id for row in any_office.sessions()].count("901") == 1
    assert len(any_office.sessions()) == 10
    assert any_office.server.audit() == {"clients": 10, "leads": 10, "calls": 10}
    assert all(rows == known + taken for rows, known, taken, _ in told)


def test_late_notification_means_that_not_only_the_report_told(office):
    office.call("901", employees=[101])
    office.compare()
    office.server.settle()

    office.server.notify(*answered_call("901"))
    office.server.settle()

    assert office.server.row("901").from_report is False
    assert office.server.audit() == {"clients": 1, "leads": 1, "calls": 1}


def test_window_is_taken_as_given_in_the_zone_of_the_account(office):
    office.call("901", at=STARTED)

    assert office.compare(STARTED, STARTED) == (1, 0, 1, 0)
    assert office.compare(moment_at(1), moment_at(3600)) == (0, 0, 0, 0)
    assert office.sessions()[0].started_at == STARTED
