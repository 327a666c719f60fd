from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blueprints.redirects import local_path
from blueprints.shown import clock, duration, masked_phone, phone


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+971501234567", "+971 50 123 4567"),
        ("971501234567", "+971 50 123 4567"),
        ("+12025550143", "+1 202-555-0143"),
        ("123456", "123456"),
        ("", ""),
        (None, ""),
    ],
)
def test_phone_as_people_read_it(stored, shown):
    assert phone(stored) == shown


def test_phone_elsewhere_shows_four_digits():
    assert masked_phone("+971501234567") == "•••• 4567"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "–"), (0, "0:00"), (113, "1:53"), (3713, "1:01:53")]
)
def test_duration(seconds, shown):
    assert duration(seconds) == shown


def test_clock_is_of_the_zone():
    at = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)

    assert clock(at, "Asia/Dubai") == "00:30"
    assert clock(None, "Asia/Dubai") == "–"


@pytest.mark.parametrize(
    ("target", "gone_to"),
    [
        ("/integrations?x=1", "/integrations?x=1"),
        ("/integrations?", "/integrations"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("/\nx", "/"),
        ("http://evil", "/"),
        (None, "/"),
    ],
)
def test_only_local_paths_are_gone_to(target, gone_to):
    assert local_path(target) == gone_to
