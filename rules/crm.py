"""What the CRM tells us and takes from us, in our words.

Bodies of writes are dictionaries of plain JSON values with the keys named in
`docs/behomes.md`; times in them are ISO 8601 text in UTC. `clients/behomes.py` turns both
directions into what the CRM really speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CrmAccount:
    account_id: str
    name: str
    timezone: str | None = None
    currency: str | None = None
    default_country: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CrmUser:
    id: str
    name: str
    email: str | None = None
    phones: tuple[str, ...] = ()
    extension: str | None = None
    team: str | None = None
    active: bool = True


@dataclass(frozen=True)
class OpenItem:
    """An open lead or deal of a client."""

    id: str
    pipeline_id: str | None = None
    stage_id: str | None = None


@dataclass(frozen=True)
class Client:
    """A client of the CRM as the look-up by phone gives it."""

    id: str
    name: str | None = None
    phones: tuple[str, ...] = ()
    responsible_user_id: str | None = None
    url: str | None = None
    created_at: datetime | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    open_leads: tuple[OpenItem, ...] = ()
    open_deals: tuple[OpenItem, ...] = ()
    external_id: str | None = None


@dataclass(frozen=True)
class Stage:
    id: str
    name: str
    kind: str = "open"


@dataclass(frozen=True)
class Pipeline:
    id: str
    name: str
    entity: str = "deal"
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class FieldOption:
    id: str
    title: str


@dataclass(frozen=True)
class CustomField:
    """`type` is a word of the CRM contract; an unknown one has become `string`."""

    key: str
    title: str
    entity: str
    type: str = "string"
    required: bool = False
    options: tuple[FieldOption, ...] = ()


@dataclass(frozen=True)
class Created:
    """The answer to a create; `created` is False when the CRM already had it."""

    id: str
    created: bool = True


@dataclass(frozen=True)
class CrmRecord:
    """A client, lead, deal or task as the CRM holds it, for finding and completing it."""

    id: str
    external_id: str | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)  # name, title, comment, text
    status: str | None = None  # tasks: open, done
    responsible_user_id: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
