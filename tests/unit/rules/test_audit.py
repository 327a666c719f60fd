from __future__ import annotations

import pytest

from rules.audit import Area, Change, fit_for_log


@pytest.mark.parametrize("change", Change)
def test_every_change_belongs_to_an_area(change):
    assert change.area in Area
    assert len(change) <= 40


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("call +971 50 123 4567 back", "call ***4567 back"),
        ("971501234567", "***4567"),
        (["+971501234567"], ["***4567"]),
        ({"to": "0501234567"}, {"to": "***4567"}),
        ("https://crm.example.com", "https://crm.example.com"),
        ("a@example.com", "a@example.com"),
        (12, 12),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_phone_number_stands_there_by_its_last_digits(value, kept):
    assert fit_for_log({"value": value, "none": None}) == {"value": kept}


def test_the_id_of_a_call_is_no_phone_number():
    assert fit_for_log({"call": "700000100"}) == {"call": "700000100"}
