from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.attention import Connections, Facts, Item, Kind, Traffic, attention, is_silent
from rules.settings_shape import Problem

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)  # a Thursday, 16:00 in Dubai
HOURS = {str(day): [("09:00", "18:00")] for day in range(1, 6)}
JUST_NOW = NOW - timedelta(minutes=5)
WELL = Facts(
    now=NOW,
    zone=ZoneInfo("Asia/Dubai"),
    hours=None,
    is_working=True,
    connections=Connections(breaker="closed"),
    traffic=Traffic(notified_at=JUST_NOW, calls_before=100),
)
GONE = Problem("funnels.stage_id", "missing_reference", {"what": "stage", "id": "s_9"})


def with_connections(**more):
    return replace(WELL, connections=replace(WELL.connections, **more))


def with_traffic(**more):
    return replace(WELL, traffic=replace(WELL.traffic, **more))


def test_nothing_needs_attention_while_all_is_well():
    assert attention(WELL) == ()


@pytest.mark.parametrize(
    ("facts", "item"),
    [
        (with_connections(breaker="key", crm_error="invalid_auth"), Item(Kind.CRM_KEY)),
        (with_connections(breaker="key", crm_error="other_account"), Item(Kind.CRM_OTHER_ACCOUNT)),
        (
            with_connections(breaker="open", crm_since=JUST_NOW),
            Item(Kind.CRM_AWAY, {"since": JUST_NOW}),
        ),
        (
            with_connections(breaker="new", crm_error="cannot_connect"),
            Item(Kind.CRM_AWAY, {"since": None}),
        ),
        (with_connections(workers="none"), Item(Kind.WORKERS_AWAY)),
        (with_connections(pbx_error="invalid_auth: no"), Item(Kind.PBX_KEY)),
        (
            with_connections(pbx_error="timeout: slow", pbx_read_at=JUST_NOW),
            Item(Kind.PBX_AWAY, {"since": JUST_NOW}),
        ),
        (
            with_connections(old_address_ends=NOW + timedelta(hours=2)),
            Item(Kind.ADDRESS_ENDS, {"at": NOW + timedelta(hours=2)}),
        ),
        (with_traffic(notified_at=None), Item(Kind.NEVER_NOTIFIED)),
        (
            with_traffic(notified_at=NOW - timedelta(days=2)),
            Item(Kind.SILENT, {"since": NOW - timedelta(days=2)}),
        ),
        (with_connections(pbx_error="ip_not_allowed: no"), Item(Kind.PBX_ADDRESS)),
        (with_connections(report_error="ip_not_allowed"), Item(Kind.PBX_ADDRESS)),
        (with_connections(report_error="invalid_auth"), Item(Kind.PBX_KEY)),
        (
            with_connections(report_error="points_reserve", compared_till=JUST_NOW),
            Item(Kind.REPORT_STOPPED, {"reason": "points_reserve", "since": JUST_NOW}),
        ),
        (
            with_connections(report_error="component_disabled"),
            Item(Kind.REPORT_STOPPED, {"reason": "component_disabled", "since": None}),
        ),
        (
            with_connections(report_error="timeout", compared_till=NOW - timedelta(minutes=31)),
            Item(Kind.REPORT_STOPPED, {"reason": "timeout", "since": NOW - timedelta(minutes=31)}),
        ),
        (
            with_traffic(untold=3, notified_at=NOW - timedelta(days=2)),
            Item(Kind.NOT_NOTIFIED, {"count": 3, "since": NOW - timedelta(days=2)}),
        ),
        (
            with_traffic(untold=4, notified_at=None),
            Item(Kind.NOT_NOTIFIED, {"count": 4, "since": None}),
        ),
        (with_traffic(set_aside=2), Item(Kind.SET_ASIDE, {"count": 2})),
        (with_traffic(lost=2), Item(Kind.LOST_IN_CRM, {"count": 2})),
        (with_traffic(doubled=1), Item(Kind.DOUBLED_IN_CRM, {"count": 1})),
        (with_traffic(overdue=3), Item(Kind.OVERDUE, {"count": 3})),
        (
            with_traffic(unmapped=[("107", 4)]),
            Item(Kind.UNMAPPED, {"employee_id": "107", "count": 4}),
        ),
        (
            with_traffic(new_numbers=[("97140000009", 1)]),
            Item(Kind.NEW_NUMBER, {"number": "97140000009", "count": 1}),
        ),
        (replace(WELL, gone=[GONE]), Item(Kind.SETTING_GONE, GONE.values, GONE.path)),
        (
            replace(WELL, recordings_going=(7, NOW + timedelta(days=1))),
            Item(Kind.RECORDINGS_GO, {"count": 7, "at": NOW + timedelta(days=1)}),
        ),
    ],
)
def test_each_trouble_is_one_item(facts, item):
    assert attention(facts) == (item,)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(with_connections(breaker="new"), id="not asked yet"),
        pytest.param(with_connections(workers="unknown"), id="nobody knows of workers"),
        pytest.param(with_connections(has_pbx_key=False, pbx_error="timeout"), id="no key"),
        pytest.param(with_connections(old_address_ends=JUST_NOW), id="address has ended"),
        pytest.param(
            with_connections(report_error="timeout", compared_till=JUST_NOW),
            id="a moment's trouble",
        ),
        pytest.param(with_traffic(untold=2), id="single calls that nobody told of"),
        pytest.param(replace(WELL, gone=[Problem("funnels", "required")]), id="other problem"),
        pytest.param(replace(WELL, recordings_going=(0, NOW)), id="no recordings"),
        pytest.param(replace(with_traffic(notified_at=None), is_working=False), id="not turned on"),
        pytest.param(
            replace(with_traffic(notified_at=NOW - timedelta(days=9)), is_working=False),
            id="paused",
        ),
    ],
)
def test_what_is_no_trouble_is_not_shown(facts):
    assert attention(facts) == ()


def test_most_pressing_comes_first():
    facts = replace(
        WELL,
        connections=Connections(breaker="key", workers="none"),
        traffic=replace(WELL.traffic, overdue=1, set_aside=1),
    )

    assert [item.kind for item in attention(facts)] == [
        Kind.CRM_KEY,
        Kind.WORKERS_AWAY,
        Kind.SET_ASIDE,
        Kind.OVERDUE,
    ]


@pytest.mark.parametrize(
    ("hours", "calls_before", "silence", "expected"),
    [
        pytest.param(HOURS, 100, timedelta(hours=3), False, id="some working hours"),
        pytest.param(HOURS, 100, timedelta(hours=6), True, id="most of a working day"),
        pytest.param(HOURS, 7, timedelta(hours=6), False, id="a quiet office"),
        pytest.param(HOURS, 6, timedelta(days=30), False, id="hardly any calls"),
        pytest.param(None, 100, timedelta(hours=15), False, id="a night"),
        pytest.param(None, 1000, timedelta(hours=17), True, id="more than a night"),
    ],
)
def test_silence_is_measured_by_what_is_usual(hours, calls_before, silence, expected):
    facts = replace(
        WELL,
        hours=hours,
        traffic=replace(WELL.traffic, calls_before=calls_before, notified_at=NOW - silence),
    )

    assert is_silent(facts) is expected


def test_weekend_is_no_silence():
    monday = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)  # 10:00 in Dubai
    friday = datetime(2026, 3, 6, 13, 50, tzinfo=UTC)
    facts = replace(
        WELL, now=monday, hours=HOURS, traffic=Traffic(notified_at=friday, calls_before=200)
    )

    assert not is_silent(facts)
