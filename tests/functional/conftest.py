"""Our pages on a fresh database: an app, an integration with calls, people who log in."""

from __future__ import annotations

from tests.pages import admin, app, employee, office, visitor

__all__ = ["admin", "app", "employee", "office", "visitor"]
