"""What services need from outside, handed in: clients, secrets, and the few numbers of the config.

A service never makes a client and never reads the environment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from clients.http import Http
from models import Integration
from services.vault import Vault


@dataclass(frozen=True)
class CrmAccess:
    """Everything a CRM client is made of; hashable, so that clients can be kept."""

    base_url: str
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class PbxAccess:
    data_api_url: str
    call_api_url: str
    access_token: str = field(repr=False)
    timezone: str | None
    media_host: str | None = None  # where a record is that the report names without a link


@dataclass(frozen=True)
class Ports:
    vault: Vault
    http: Http
    make_crm: Callable[[CrmAccess], BehomesClient]
    make_pbx: Callable[[PbxAccess], CallGearClient]
    public_base_url: str
    settle_seconds: int
    enrich_seconds: int
    recording_link_days: int
    recordings_dir: Path
    secret_key: str = field(repr=False)
    # Still good for what they have signed.
    old_secret_keys: tuple[str, ...] = field(repr=False)

    def crm(self, integration: Integration) -> BehomesClient:
        key = self.vault.open(integration.behomes_key_sealed)
        return self.make_crm(CrmAccess(integration.behomes_base_url, key))

    def pbx(self, integration: Integration) -> CallGearClient | None:
        """None without the PBX's key: what needs its API says so."""
        if not (integration.access_token_sealed and integration.data_api_url):
            return None
        return self.make_pbx(
            PbxAccess(
                integration.data_api_url,
                integration.call_api_url or "",
                self.vault.open(integration.access_token_sealed),
                integration.pbx_timezone,
                next(iter(integration.media_hosts or ()), None),
            )
        )
