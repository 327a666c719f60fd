"""The comparison with the calls report: what no notification told is taken in, nothing twice."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread

from sqlalchemy import update

from models import CallSession
from models.base import now_ms, to_ms
from tests.integration.reported import any_office, office
from tests.notifications import answered_call, record, ringing, talking
from tests.report import DAY, STARTED

__all__ = ["any_office", "office"]

KNOWN = "12025550143"  # client c_501, responsible u_17


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
