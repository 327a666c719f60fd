"""Ask the CRM whether it has a custom field, where its list of fields is not kept."""

from __future__ import annotations

from enum import StrEnum

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


def find_field(ports: Ports, integration: Integration, entity: Entity, key: str) -> FieldAnswer:
    """One real read of the CRM; nothing is stored."""
    try:
        fields = ports.crm(integration).custom_fields(entity, timeout=CHECK_SECONDS)
    except UnsupportedError:
        return FieldAnswer.NOT_TOLD
    except ClientError:
        return FieldAnswer.NO_ANSWER
    if not fields:
        return FieldAnswer.NOT_TOLD
    return FieldAnswer.FOUND if any(each.key == key for each in fields) else FieldAnswer.MISSING
