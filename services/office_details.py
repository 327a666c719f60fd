"""What is told of an integration beside its keys; acts at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from models import Integration
from rules.audit import Change
from services.audit_log import record


@dataclass(frozen=True)
class Details:
    """`sources`: addresses or networks from which notifications are taken; empty is any."""

    title: str
    timezone: str
    default_country: str
    locale: str
    require_secret: bool
    sources: list[str]


def save_details(session: Session, integration_id: int, details: Details) -> None:
    integration = session.get_one(Integration, integration_id)
    wanted = asdict(details)
    changed = [name for name, value in wanted.items() if getattr(integration, name) != value]
    for name in changed:
        setattr(integration, name, wanted[name])
    if changed:
        record(session, Change.DETAILS_SAVED, integration_id, changed=changed)
    session.commit()
