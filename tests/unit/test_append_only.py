"""Lines of the log of changes are only added, and go by their age: no other code touches them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "services", "jobs", "blueprints", "runtime")
KNOWN = {
    "models/__init__.py",
    "models/audit_entry.py",
    "services/audit_log.py",  # adds and reads
    "services/retention_plan.py",  # finds the old ones
    "blueprints/change_words.py",  # shows
}


def test_nobody_else_knows_the_table():
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    naming = {
        str(path.relative_to(ROOT))
        for path in files
        if re.search(r"\bAuditEntry\b|[^_\w]audit_entry[^_\w]", path.read_text())
    }

    # These name it only to leave it alone (`delete_integration`) or to say that it holds no number.
    assert naming - KNOWN <= {"services/delete_integration.py", "services/number_tables.py"}


def test_the_log_itself_changes_nothing():
    text = (ROOT / "services/audit_log.py").read_text()

    assert not re.search(r"\b(update|delete)\(", text)
