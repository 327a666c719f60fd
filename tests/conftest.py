"""Fixtures for all tests. What a fixture needs stands in the module it comes from."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.broker import broker_url, session_broker_url
from tests.callgear import pbx, pbx_process
from tests.databases import (
    any_server,
    crm_process,
    emptied_postgres_url,
    postgres_schema,
    server,
    sqlite_template,
    sqlite_url,
)
from tests.known_rules import remember_rules
from tests.postgres import postgres_url

__all__ = [
    "any_server",
    "broker_url",
    "crm_process",
    "emptied_postgres_url",
    "pbx",
    "pbx_process",
    "postgres_schema",
    "postgres_url",
    "server",
    "session_broker_url",
    "sqlite_template",
    "sqlite_url",
]

# A busy machine is no reason to fail: how quickly examples come says nothing about the code.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

remember_rules()
