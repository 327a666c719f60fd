"""A settings document that somebody brings: read from bytes, all that is wrong told at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rules.settings_checks import problems
from rules.settings_shape import Problem

# Ten thousand ignored numbers fit; a form without a file may not carry much more.
MAX_BYTES = 400_000
# About other settings and about the CRM: a draft may have them, publishing waits for them.
ADVISORY = frozenset({"required", "missing_reference"})


@dataclass(frozen=True)
class Import:
    """`document` is None while something is wrong with it; then `problems` tell everything."""

    document: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()


def read_import(content: bytes) -> Import:
    """Read what was uploaded or pasted; nothing of a broken document is taken over."""
    if not content.strip():
        return _refused(Problem("", "nothing_given"))
    if len(content) > MAX_BYTES:
        return _refused(Problem("", "too_big", {"maximum": MAX_BYTES // 1000}))
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _refused(Problem("", "not_text"))
    except json.JSONDecodeError as error:
        return _refused(Problem("", "not_json_at", {"line": error.lineno, "column": error.colno}))
    except (ValueError, RecursionError):  # a number of thousands of digits, endless nesting
        return _refused(Problem("", "not_json"))
    found = tuple(each for each in problems(document) if each.code not in ADVISORY)
    return Import(None, found) if found else Import(document)


def _refused(problem: Problem) -> Import:
    return Import(None, (problem,))
