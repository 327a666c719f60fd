"""The demo's data: prepared on each start with DEMO=1, before the web answers."""

from __future__ import annotations

from runtime.config import Config

EMAIL = "admin@demo.local"
PASSWORD = "demo-admin"


def prepare(config: Config, behomes_url: str, callgear_url: str) -> None:
    """Make the demo login, integration and calls if they are not there. Safe to repeat."""
