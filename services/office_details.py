"""What is told of an integration beside its keys; acts at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from models import Integration


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
    for name, value in asdict(details).items():
        setattr(integration, name, value)
    session.commit()
