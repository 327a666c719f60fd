"""The calls report is read whole: pages, points, tariffs, refusals, windows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clients.errors import ForbiddenError, KeyRefusedError, LimitExceeded
from rules.reconcile import Window
from services import reports
from services.reconcile import NoPbx, reconcile
from services.report_pages import OutOfPoints, read_pages
from tests.integration.reported import office
from tests.report import DAY, STARTED, moment_at

__all__ = ["office"]


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


def test_window_is_taken_as_given_in_the_zone_of_the_account(office):
    office.call("901", at=STARTED)

    assert office.compare(STARTED, STARTED) == (1, 0, 1, 0)
    assert office.compare(moment_at(1), moment_at(3600)) == (0, 0, 0, 0)
    assert office.sessions()[0].started_at == STARTED
