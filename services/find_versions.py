"""The published versions of the settings, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import SettingsVersion
from rules.settings import DEFAULTS, dump, load, with_row_ids

PAGE_ROWS = 25


@dataclass(frozen=True)
class Version:
    """One version with the document before it; before the first one come the defaults."""

    row: SettingsVersion
    document: dict[str, Any]
    before: dict[str, Any]


@dataclass(frozen=True)
class VersionPage:
    versions: list[Version]
    number: int
    pages: int
    total: int


def find_versions(session: Session, integration_id: int, *, page: int = 1) -> VersionPage:
    """A page of versions; a page beyond the last one is the last."""
    count = select(func.count()).where(SettingsVersion.integration_id == integration_id)
    total = session.execute(count).scalar_one()
    pages = max(1, -(-total // PAGE_ROWS))
    number = min(max(1, page), pages)
    query = (
        select(SettingsVersion)
        .where(SettingsVersion.integration_id == integration_id)
        .order_by(SettingsVersion.number.desc())
        .offset((number - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS + 1)
    )
    rows = session.scalars(query).all()
    return VersionPage(_with_before(rows)[:PAGE_ROWS], number, pages, total)


def find_version(session: Session, integration_id: int, number: int) -> Version | None:
    query = (
        select(SettingsVersion)
        .where(SettingsVersion.integration_id == integration_id, SettingsVersion.number <= number)
        .order_by(SettingsVersion.number.desc())
        .limit(2)
    )
    found = _with_before(session.scalars(query).all())
    return found[0] if found and found[0].row.number == number else None


def _with_before(rows: Sequence[SettingsVersion]) -> list[Version]:
    documents = [dump(load(with_row_ids(row.document))) for row in rows]
    befores = [*documents[1:], DEFAULTS]
    return [
        Version(row, document, before)
        for row, document, before in zip(rows, documents, befores, strict=False)
    ]
