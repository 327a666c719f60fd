"""The key with which the CRM asks our API: one per integration, only its hash is kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import Integration
from models.base import reading
from models.integration import LIVE
from rules.audit import Change
from services.audit_log import record
from services.integrations import locked
from services.vault import new_token, token_hash

LONGEST_KEY = 200


def integration_of_key(engine: Engine, key: str) -> int | None:
    """Whose key this is; None for any other text. Reads in a transaction of its own."""
    if not 0 < len(key) <= LONGEST_KEY:
        return None
    query = select(Integration.id).where(Integration.api_key_hash == token_hash(key), LIVE)
    with reading(), engine.connect() as connection:
        return connection.execute(query).scalar()


def make_key_anew(session: Session, integration_id: int) -> str:
    """Replace the key and return the new one, which is shown once; the old one ends now."""
    key = new_token()
    locked(session, integration_id).api_key_hash = token_hash(key)
    record(session, Change.API_KEY_RENEWED, integration_id)
    session.commit()
    return key
