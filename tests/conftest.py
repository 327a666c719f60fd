"""Fixtures for all tests. What a fixture needs stands in the module it comes from."""

from __future__ import annotations

from tests.broker import broker_url, session_broker_url
from tests.postgres import postgres_url

__all__ = ["broker_url", "postgres_url", "session_broker_url"]
