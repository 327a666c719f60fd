"""Skips a test for want of a program; of a browser or a server, with REQUIRE_ALL=1 fails it."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def skip_or_fail(reason: str) -> NoReturn:
    """Skip with this reason; where everything has to run, fail with it."""
    if os.environ.get("REQUIRE_ALL", "") not in ("", "0"):
        pytest.fail(f"REQUIRE_ALL is set, but: {reason}", pytrace=False)
    pytest.skip(reason)


def linter(name: str) -> str:
    """The path of a linter; skips without it, also where everything has to run: what it checks is
    no code of ours, and CI does not install it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine")
    return found
