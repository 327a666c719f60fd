"""The copy of the tree that is mutated: what git knows of, with the settings of the tool."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent

# What decides, and what must neither lose nor double a write.
MODULES = {
    "decision": ("rules/decide.py", "rules/owner.py"),
    "fold": (
        "rules/facts.py",
        "rules/talks.py",
        "rules/call_course.py",
        "rules/call_times.py",
        "rules/call_records.py",
        "rules/material.py",
        "rules/members.py",
    ),
    "ledger": (
        "rules/keys.py",
        "services/carry_out.py",
        "services/failures.py",
        "services/backoff.py",
        "services/changes.py",
        "services/release.py",
        "services/claims.py",
    ),
}
# Quick ones, and close to what is mutated: no simulator, no process, no property by chance.
TESTS = (
    "tests/unit/rules/test_decide.py",
    "tests/unit/rules/test_decide_tasks.py",
    "tests/unit/rules/test_owner.py",
    "tests/unit/rules/test_facts.py",
    "tests/unit/rules/test_facts_payloads.py",
    "tests/unit/rules/test_talks.py",
    "tests/unit/rules/test_call_times.py",
    "tests/unit/rules/test_call_records.py",
    "tests/unit/rules/test_keys.py",
    "tests/unit/services",
    "tests/integration/test_claims.py",
    "tests/integration/test_store_changes.py",
)
MUTATED = ("rules", "services")
OUT_OF_PLACE = ("docs", "mutation", "bench", "chaos", "fuzz")


def make_copy(folder: Path) -> None:
    """Put the tree there, with `[tool.mutmut]` in its pyproject.toml."""
    listed = ("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        source, target = ROOT / name, folder / name
        if source.is_file() and name.split("/")[0] not in OUT_OF_PLACE:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    with (folder / "pyproject.toml").open("a") as settings:
        settings.write(_settings(folder))


def _settings(folder: Path) -> str:
    paths = [path for group in MODULES.values() for path in group]
    others = sorted(each.name for each in folder.iterdir() if each.name not in MUTATED)
    return (
        "\n[tool.mutmut]\n"
        f"source_paths = {list(MUTATED)!r}\n"
        f"only_mutate = {paths!r}\n"
        f"also_copy = {others!r}\n"
        'pytest_add_cli_args = ["-q", "-p", "no:cacheprovider"]\n'
        f"pytest_add_cli_args_test_selection = {list(TESTS)!r}\n"
    )
