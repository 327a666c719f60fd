from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.one_time_codes import (
    is_of_app,
    matching_step,
    read_recovery_code,
    shown_recovery_code,
)

# The first test vector of RFC 6238 (SHA-1): at 59 s the last six digits are 287082.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
AT_59_S = datetime(1970, 1, 1, 0, 0, 59, tzinfo=UTC)


def test_code_is_that_of_the_standard():
    assert matching_step(SECRET, "287082", at=AT_59_S, used=None) == 1


@pytest.mark.parametrize(
    ("code", "later", "used", "step"),
    [
        pytest.param("287 082", 0, None, 1, id="with-a-space"),
        pytest.param("287082", 30, None, 1, id="of-the-step-before"),
        pytest.param("287082", 61, None, None, id="too-old"),
        pytest.param("287082", -59, None, None, id="not-yet"),
        pytest.param("287082", 0, 1, None, id="used"),
        pytest.param("287082", 0, 0, 1, id="used-another-before"),
        pytest.param("287083", 0, None, None, id="another"),
        pytest.param("٢٨٧٠٨٢", 0, None, None, id="digits-of-another-script"),
        pytest.param("", 0, None, None, id="empty"),
    ],
)
def test_codes(code, later, used, step):
    assert matching_step(SECRET, code, at=AT_59_S + timedelta(seconds=later), used=used) == step


def test_recovery_code_is_read_however_it_was_copied():
    signs = "ABCDEFGHIJKLMNOPQRSTUVWX"

    shown = shown_recovery_code(signs)

    assert shown == "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"
    assert read_recovery_code(f" {shown.lower().replace('-', ' ')} ") == signs


@pytest.mark.parametrize(
    ("typed", "is_one"), [("123456", True), ("123 456", True), ("1234567", False), ("ABCD", False)]
)
def test_what_looks_like_a_code_of_the_app(typed, is_one):
    assert is_of_app(typed) is is_one
