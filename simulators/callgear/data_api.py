"""The methods of the Data API v2.0 (reference, section 2)."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta

from simulators.callgear import contacts, employees, report, sessions
from simulators.callgear.account import Account, Row
from simulators.callgear.calls import Call
from simulators.callgear.checks import Param
from simulators.callgear.errors import RpcError
from simulators.callgear.fields import (
    ACCOUNT,
    CALLS,
    CAMPAIGNS,
    LEGS,
    NUMBERS,
    SCENARIOS,
    STATUSES,
    TAGS,
)
from simulators.callgear.results import page
from simulators.callgear.rpc import Asked, Method, Result
from simulators.callgear.selection import PAGING, Table

LONGEST = timedelta(days=92)  # three months
PERIOD = (
    Param("date_from", "datetime", required=True),
    Param("date_till", "datetime", required=True),
)


def _account(asked: Asked) -> Result:
    account = asked.account
    row = {"app_id": account.app_id, "name": account.name, "timezone": account.timezone}
    return page(asked, [row], ACCOUNT)


def _list(rows: Callable[[Account], list[Row]], table: Table) -> Callable[[Asked], Result]:
    return lambda asked: page(asked, rows(asked.account), table)


def _statuses(asked: Asked) -> Result:
    wanted = asked.params.get("is_deleted")
    rows = [row for row in asked.account.statuses if wanted in (None, row["is_deleted"])]
    return page(asked, rows, STATUSES)


def _calls_of_period(asked: Asked) -> list[Call]:
    """Calls whose start lies in the period, in the order of their start."""
    date_from, date_till = asked.params["date_from"], asked.params["date_till"]
    length = datetime.fromisoformat(date_till) - datetime.fromisoformat(date_from)
    if length < timedelta(0):
        raise RpcError("invalid_parameter_value", field="date_till", value=date_till)
    if length > LONGEST:
        raise RpcError("date_interval_limit_reached", field="date_till", value=date_till)
    account = asked.account
    first = bisect_left(account.by_start, (date_from, 0))
    last = bisect_right(account.by_start, (date_till, 1 << 62))
    return [account.calls[call_id] for _, call_id in account.by_start[first:last]]


def _calls_report(asked: Asked) -> Result:
    with_ongoing = asked.params.get("include_ongoing_calls", False)
    milliseconds = asked.world.config.report_milliseconds
    now = time.monotonic()
    rows = []
    for call in _calls_of_period(asked):
        if not call.in_report:
            continue
        if call.is_ended and call.row_from <= now:
            rows.append(call.row)
        elif with_ongoing and not call.is_ended:
            rows.append(report.ongoing(call, milliseconds=milliseconds))
    return page(asked, rows, CALLS)


def _legs_report(asked: Asked) -> Result:
    ended = [call for call in _calls_of_period(asked) if call.is_ended]
    config = asked.world.config
    rows = [row for call in ended for row in report.leg_rows(call, asked.account, config)]
    return page(asked, rows, LEGS)


METHODS: dict[str, Method] = {
    "get.account": Method(_account),
    **employees.METHODS,
    **contacts.METHODS,
    "get.virtual_numbers": Method(_list(lambda account: account.numbers, NUMBERS), PAGING),
    "get.statuses": Method(_statuses, (*PAGING, Param("is_deleted", "boolean"))),
    "get.scenarios": Method(_list(lambda account: account.scenarios, SCENARIOS), PAGING),
    "get.tags": Method(_list(lambda account: account.tags, TAGS), PAGING),
    "get.campaigns": Method(_list(lambda account: account.campaigns, CAMPAIGNS), PAGING),
    "get.calls_report": Method(
        _calls_report, (*PAGING, *PERIOD, Param("include_ongoing_calls", "boolean"))
    ),
    "get.call_legs_report": Method(_legs_report, (*PAGING, *PERIOD)),
    **sessions.methods(with_app_id=True),
}
