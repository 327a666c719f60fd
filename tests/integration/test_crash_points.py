"""A sample of the kills that `python -m chaos.crash_points` makes at every point of every write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_worker_killed_at_any_point_loses_and_doubles_nothing(database, request):
    environ = dict(os.environ)
    if database == "postgresql":
        environ["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    command = [sys.executable, "-m", "chaos.crash_points", "--database", database]

    done = subprocess.run(
        [*command, "--sample", "15", "--seed", "7"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "lost: 0, doubled: 0, otherwise not as undisturbed: 0" in done.stdout
