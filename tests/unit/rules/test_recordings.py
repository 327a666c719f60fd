"""What is said of recordings, and which part of one a player asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.byte_ranges import ByteRange, Unsatisfiable, read_range
from rules.recording_states import (
    RecordingState,
    deleted_at,
    is_leaving,
    missing_state,
    recording_state,
)

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def ago(**parts):
    return NOW - timedelta(**parts)


@pytest.mark.parametrize(
    ("outcome", "ended_at", "known", "state"),
    [
        pytest.param("answered", ago(minutes=5), {}, "preparing", id="just ended"),
        pytest.param("answered", None, {}, "preparing", id="still going on"),
        pytest.param("answered", ago(hours=2), {}, "none", id="never came"),
        pytest.param("lost", ago(minutes=5), {}, "none", id="nobody talked"),
        pytest.param("answered", ago(days=1), {"has_link": True}, "ready", id="link"),
        pytest.param(
            "answered", ago(days=8), {"has_link": True, "pbx_days": 7}, "expired", id="too old"
        ),
        pytest.param(
            "answered",
            ago(days=8),
            {"has_link": True, "pbx_days": 7, "is_kept": True},
            "ready",
            id="copy",
        ),
    ],
)
def test_state(outcome, ended_at, known, state):
    known = {"has_link": False, "is_kept": False, "pbx_days": None, **known}

    assert recording_state(outcome, ended_at, now=NOW, **known) == state


@pytest.mark.parametrize(
    ("ended_at", "days", "is_soon"),
    [
        (ago(days=24), 30, True),
        (ago(days=22), 30, False),
        (ago(days=30), 30, False),
        (ago(days=24), None, False),
        (None, 30, False),
    ],
)
def test_warning_before_the_pbx_deletes_it(ended_at, days, is_soon):
    assert is_leaving(deleted_at(ended_at, days), NOW) is is_soon


def test_file_that_is_missing_right_after_the_call_is_being_prepared():
    assert missing_state(ago(minutes=3), NOW) is RecordingState.PREPARING
    assert missing_state(ago(hours=3), NOW) is RecordingState.EXPIRED


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-9", ByteRange(0, 10)),
        ("bytes=90-", ByteRange(90, 100)),
        ("bytes=-5", ByteRange(95, 100)),
        ("bytes=-500", ByteRange(0, 100)),
        ("bytes=95-1000", ByteRange(95, 100)),
        ("bytes=9-3", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=-", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_range(header, part):
    assert read_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_range_behind_the_end(header):
    with pytest.raises(Unsatisfiable):
        read_range(header, 100)
