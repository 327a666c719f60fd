"""Mutants that change nothing anybody could notice, by name, and why."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {}
