"""Makes our values of what the CRM answered; rows without an id are left out, with a warning."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from clients.wire_codec import Codec
from rules.crm import (
    Client,
    CrmAccount,
    CrmRecord,
    CrmUser,
    CustomField,
    FieldOption,
    OpenItem,
    Pipeline,
    Stage,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")
TEXTS = ("name", "title", "comment", "text")


def read_rows(codec: Codec, name: str, rows: Iterable[Any], make: Callable[..., T]) -> list[T]:
    """The rows of a list as values; `make` takes the decoded row."""
    made = []
    for row in rows:
        decoded = codec.decode(name, row)
        if decoded.get("id") or decoded.get("key"):
            made.append(make(decoded))
        else:
            logger.warning("the CRM sent a %s without an id", name)
    return made


def account(row: Mapping[str, Any]) -> CrmAccount:
    return CrmAccount(
        account_id=row["account_id"],
        name=row["name"] or "",
        timezone=row["timezone"],
        currency=row["currency"],
        default_country=row["default_country"],
        scopes=row["scopes"],
    )


def user(row: Mapping[str, Any]) -> CrmUser:
    return CrmUser(
        id=row["id"],
        name=row["name"] or "",
        email=row["email"],
        phones=row["phones"],
        extension=row["extension"],
        team=row["team"],
        active=row["active"] is not False,
    )


def client(row: Mapping[str, Any]) -> Client:
    return Client(
        id=row["id"],
        name=row["name"],
        phones=row["phones"],
        responsible_user_id=row["responsible_user_id"],
        url=_link(row["url"]),
        created_at=row["created_at"],
        custom_fields=row["custom_fields"],
        open_leads=_open_items(row["open_leads"]),
        open_deals=_open_items(row["open_deals"]),
        external_id=row["external_id"],
    )


def record(row: Mapping[str, Any]) -> CrmRecord:
    return CrmRecord(
        id=row["id"],
        external_id=row["external_id"],
        texts={name: row[name] for name in TEXTS if name in row},
        status=row.get("status"),
        responsible_user_id=row["responsible_user_id"],
        custom_fields=row["custom_fields"],
        created_at=row["created_at"],
    )


def pipeline(row: Mapping[str, Any]) -> Pipeline:
    stages = (
        Stage(id=one["id"], name=one["name"] or one["id"], kind=one["kind"] or "open")
        for one in in_order(row["stages"])
        if one["id"]
    )
    return Pipeline(
        id=row["id"],
        name=row["name"] or row["id"],
        entity=row["entity"] or "deal",
        stages=tuple(stages),
    )


def in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By `sort` where the CRM tells it, else as they came."""
    return sorted(rows, key=lambda row: (row["sort"] is None, row["sort"] or 0))


def custom_field(row: Mapping[str, Any], *, entity: str) -> CustomField:
    options = (
        FieldOption(id=one["id"], title=one["title"] or one["id"])
        for one in row["options"]
        if one["id"]
    )
    return CustomField(
        key=row["key"],
        title=row["title"] or row["key"],
        entity=row["entity"] or entity,
        type=row["type"] or "string",
        required=bool(row["required"]),
        options=tuple(options),
    )


def _open_items(rows: Iterable[Mapping[str, Any]]) -> tuple[OpenItem, ...]:
    return tuple(
        OpenItem(id=row["id"], pipeline_id=row["pipeline_id"], stage_id=row["stage_id"])
        for row in rows
        if row["id"]
    )


def _link(text: str | None) -> str | None:
    """An address that a page may lead to; None for any other, such as javascript:."""
    is_address = text is not None and text.strip().lower().startswith(("https://", "http://"))
    return text.strip() if text is not None and is_address else None
