"""Since when each template is as it is now: the draft's moment, or that of a published version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Integration, SettingsVersion
from rules.vocabulary import Entity
from services.drafts import Draft, published_document

LOOKED_AT = 50  # versions


def template_dates(
    session: Session, integration: Integration, draft: Draft
) -> dict[Entity, datetime | None]:
    """Entity -> when its own template was changed last; None for a standard one, and where the
    change is older than the versions that are looked at."""
    now, published = draft.document["templates"], published_document(session, integration)
    dates: dict[Entity, datetime | None] = {}
    history = _history(session, integration) if any(now.values()) else []
    for entity in Entity:
        if now[entity] is None:
            dates[entity] = None
        elif now[entity] != published["templates"][entity]:
            dates[entity] = draft.saved_at
        else:
            dates[entity] = _since(entity, now[entity], history)
    return dates


def _history(
    session: Session, integration: Integration
) -> list[tuple[dict[str, object], datetime]]:
    """The templates of the last versions, newest first, each with its publication."""
    query = (
        select(SettingsVersion.document["templates"], SettingsVersion.published_at)
        .where(
            SettingsVersion.integration_id == integration.id,
            SettingsVersion.number <= (integration.published_version or 0),
        )
        .order_by(SettingsVersion.number.desc())
        .limit(LOOKED_AT)
    )
    return [(row[0] or {}, row[1]) for row in session.execute(query)]


def _since(
    entity: Entity, text: object, history: list[tuple[dict[str, object], datetime]]
) -> datetime | None:
    """When the run of versions with this very text began."""
    since = None
    for templates, published_at in history:
        if templates.get(entity) != text:
            return since
        since = published_at
    return since if len(history) < LOOKED_AT else None
