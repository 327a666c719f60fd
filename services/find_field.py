"""Ask the CRM whether it has a custom field, where its list of fields is not kept."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from clients.errors import ClientError, UnsupportedError
from models import Integration
from rules.vocabulary import Entity
from services.ports import Ports

CHECK_SECONDS = 6.0  # somebody waits for it


class FieldAnswer(StrEnum):
    FOUND = "found"
    MISSING = "missing"
    NOT_TOLD = "not_told"  # this CRM has no list of its fields
    NO_ANSWER = "no_answer"


def find_field(
    session: Session, integration: Integration, ports: Ports, entity: Entity, key: str
) -> FieldAnswer:
    """One real read of the CRM; nothing is stored. Ends the transaction under way: while the CRM is
    waited for, nobody waits for this one."""
    crm = ports.crm(integration)
    session.rollback()
    try:
        fields = crm.custom_fields(entity, timeout=CHECK_SECONDS)
    except UnsupportedError:
        return FieldAnswer.NOT_TOLD
    except ClientError:
        return FieldAnswer.NO_ANSWER
    if not fields:
        return FieldAnswer.NOT_TOLD
    return FieldAnswer.FOUND if any(each.key == key for each in fields) else FieldAnswer.MISSING
