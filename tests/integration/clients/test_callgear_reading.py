"""The PBX client reads from the simulated PBX."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import AmbiguousError, RefusedError
from rules.pbx import PbxAccount
from rules.vocabulary import Direction
from tests.integration.clients.callgear_calls import FIELDS, NOW, SINCE, TILL, play
from tests.integration.clients.conftest import fault


def test_account(pbx):
    assert pbx.account() == PbxAccount("50001", "Sample Brokerage LLC", "Asia/Dubai")


def test_account_in_the_other_spelling(callgear, pbx):
    callgear.control("POST", "/_sim/config", {"metadata_name": "meta_data"})

    assert pbx.account().app_id == "50001"
    assert pbx.limits.day_limit == 1000


def test_limits_are_kept(pbx):
    assert pbx.limits.day_remaining is None

    pbx.account()
    pbx.employees()

    limits = pbx.limits
    assert (limits.day_limit, limits.day_remaining) == (1000, 998)
    assert (limits.minute_limit, limits.minute_remaining) == (250, 248)
    assert 0 < limits.minute_reset <= 60 < limits.day_reset
    assert limits.hour_limit is None


def test_employees(pbx):
    employees = pbx.employees()

    assert [one.id for one in employees] == [str(number) for number in range(101, 107)]
    first = employees[0]
    assert (first.last_name, first.first_name, first.email) == (
        "Agent",
        "One",
        "agent.one@example.com",
    )
    assert (first.extension, [phone.number for phone in first.phones]) == (
        "117",
        ["0160001", "12025550117"],
    )


def test_employees_of_several_pages(make_pbx, seen):
    assert len(make_pbx(page_rows=3).employees()) == 6
    assert len(seen) == 3  # each page begins with the last row of the one before


def test_employees_that_change_between_pages_are_read_again(callgear, make_pbx, seen):
    fault(callgear, "employees_change", count=1)

    employees = make_pbx(page_rows=4).employees()

    assert len({one.id for one in employees}) == 6
    assert {"102", "103", "104", "105", "106"} < {one.id for one in employees}
    assert len(seen) == 4


def test_employees_that_keep_changing_are_no_answer(callgear, make_pbx):
    fault(callgear, "employees_change")

    with pytest.raises(AmbiguousError):
        make_pbx(page_rows=4).employees()


def test_page_that_fails_raises(callgear, make_pbx):
    fault(callgear, "page_fails")

    with pytest.raises(AmbiguousError) as caught:
        make_pbx(page_rows=2).employees()

    assert caught.value.code == "server_error"


def test_virtual_numbers(pbx):
    numbers = pbx.virtual_numbers()

    assert [one.number for one in numbers] == ["97140000001", "97140000002", "97140000003"]
    assert (numbers[2].name, numbers[0].active) == ("Portal campaign", True)
    assert numbers[2].comment == "Number shown on the property portal"


def test_calls_report(callgear, pbx):
    call_id = play(callgear, contact="971500000011", marketing={"utm_source": "google"})

    (row,) = pbx.calls_report(SINCE, TILL, FIELDS)

    assert (row.call_session_id, row.direction, row.is_lost) == (call_id, Direction.INBOUND, False)
    assert abs(row.started_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert row.employees[0].is_talked
    assert row.parameters["utm_source"] == "google"
    assert (row.talk_seconds, row.contact_phone_number) == (None, None)


@pytest.mark.parametrize("spelling", ["platform", "english"])
def test_finish_reason_has_one_spelling(callgear, pbx, spelling):
    callgear.control("POST", "/_sim/config", {"finish_reasons": spelling})
    play(callgear)

    (row,) = pbx.calls_report(SINCE, TILL, FIELDS)

    assert row.finish_reason == "subscriber_disconnects"


def test_times_with_milliseconds(callgear, pbx):
    callgear.control("POST", "/_sim/config", {"report_milliseconds": True})
    play(callgear)

    assert pbx.calls_report(SINCE, TILL, FIELDS)[0].started_at is not None


def test_calls_report_of_several_pages(callgear, make_pbx, seen):
    made = [play(callgear) for _ in range(5)]

    rows = make_pbx(page_rows=3, timezone="Asia/Dubai").calls_report(SINCE, TILL, ("start_time",))

    assert sorted(row.call_session_id for row in rows) == sorted(made)
    assert [row.started_at for row in rows] == sorted(row.started_at for row in rows)
    assert len(seen) == 2


def test_calls_report_of_some_calls(callgear, pbx):
    made = [play(callgear) for _ in range(3)]

    rows = pbx.calls_report(SINCE, TILL, ("start_time",), call_session_ids=made[:2])

    assert {row.call_session_id for row in rows} == set(made[:2])


@pytest.mark.parametrize("wanted", [[], ["no-number"]])
def test_calls_report_of_no_call_costs_nothing(make_pbx, seen, wanted):
    pbx = make_pbx(timezone="Asia/Dubai")

    assert pbx.calls_report(SINCE, TILL, (), call_session_ids=wanted) == ()
    assert seen == []


def test_period_is_in_the_zone_of_the_account(callgear, pbx):
    play(callgear, started_at="2026-03-01 14:40:24")

    def asked(minute):
        start = datetime(2026, 3, 1, 10, minute, tzinfo=UTC)
        return pbx.calls_report(start, start + timedelta(minutes=1), ("start_time",))

    assert (len(asked(40)), len(asked(30))) == (1, 0)
    assert asked(40)[0].started_at == datetime(2026, 3, 1, 10, 40, 24, tzinfo=UTC)


def test_zone_is_asked_for_once(pbx, seen):
    pbx.calls_report(SINCE, TILL, ())
    pbx.calls_report(SINCE, TILL, ())

    assert [report[0] for report in seen] == ["get.account", "get.calls_report", "get.calls_report"]


def test_unknown_zone_is_no_answer(make_pbx):
    with pytest.raises(AmbiguousError):
        make_pbx(timezone="Mars/Base").calls_report(SINCE, TILL, ())


def test_period_that_is_too_long_is_refused(pbx):
    with pytest.raises(RefusedError) as caught:
        pbx.calls_report(NOW - timedelta(days=200), NOW, ())

    assert caught.value.vendor_code == "date_interval_limit_reached"
