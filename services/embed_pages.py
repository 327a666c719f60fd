"""Which pages may show the pop-up of an integration. Owns its transactions."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import ConsoleToken
from models.base import now_ms
from rules.audit import Change
from services import console_tokens
from services.audit_log import record
from services.integrations import locked


def set_origins(session: Session, integration_id: int, origins: tuple[str, ...]) -> None:
    """Allow exactly these origins; pages of others lose their keys, and open streams end soon."""
    integration = locked(session, integration_id)
    integration.allowed_origins = list(origins)
    session.execute(
        update(ConsoleToken)
        .where(
            ConsoleToken.integration_id == integration_id,
            ConsoleToken.origin.not_in(origins),
            ConsoleToken.revoked_at.is_(None),
        )
        .values(revoked_at=now_ms())
    )
    record(session, Change.ORIGINS_SAVED, integration_id, origins=origins)
    session.commit()


def take_back(session: Session, integration_id: int, key_id: int) -> bool:
    """End a key to this integration; False if there is none."""
    return console_tokens.take_back(session, key_id, ConsoleToken.integration_id == integration_id)


def take_back_own(session: Session, login_id: int, key_id: int) -> bool:
    """End a key that this person has given; False if there is none."""
    return console_tokens.take_back(session, key_id, ConsoleToken.login_id == login_id)
