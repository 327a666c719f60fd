from __future__ import annotations

import pytest

from rules.absence import Status, away_employees, is_away


@pytest.mark.parametrize(
    ("status", "away"),
    [
        pytest.param(None, False, id="unknown"),
        pytest.param(Status("1", mnemonic="available", takes_calls=True), False, id="available"),
        pytest.param(Status("2", mnemonic="break"), True, id="break"),
        pytest.param(Status("3", mnemonic="do_not_disturb"), True, id="do-not-disturb"),
        pytest.param(Status("5", mnemonic="not_at_work", is_worktime=False), True, id="at-home"),
        pytest.param(Status("6", mnemonic="unknown"), False, id="told-unknown"),
        pytest.param(Status("7", mnemonic="auto_out_call"), False, id="dials"),
        # The account's own statuses have no mnemonic: what they let through decides.
        pytest.param(Status("8", "Meeting", takes_calls=False, is_worktime=True), True, id="own"),
        pytest.param(Status("9", "Duty", takes_calls=True, is_worktime=False), False, id="duty"),
        pytest.param(Status("9", "Lunch", is_worktime=True), False, id="says-nothing"),
        pytest.param(Status("9", mnemonic="break", is_deleted=True), False, id="deleted"),
        # A break that lets calls through is none.
        pytest.param(Status("2", mnemonic="break", takes_calls=True), False, id="reachable"),
    ],
)
def test_only_a_status_that_says_so_is_absence(status, away):
    assert is_away(status) is away


def test_away_employees():
    statuses = [Status("1", takes_calls=True), Status("2", mnemonic="break")]

    told = {"101": "1", "102": "2", "103": None, "104": "99"}
    assert away_employees(told, statuses) == {"102"}
