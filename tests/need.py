"""Skips a test for want of a browser or a server, or with REQUIRE_ALL=1 fails it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def skip_or_fail(reason: str) -> NoReturn:
    """Skip with this reason; where everything has to run, fail with it."""
    if os.environ.get("REQUIRE_ALL", "") not in ("", "0"):
        pytest.fail(f"REQUIRE_ALL is set, but: {reason}", pytrace=False)
    pytest.skip(reason)
