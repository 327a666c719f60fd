"""Whose phones a caller is put through to, asked from the CRM while he waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from sqlalchemy.orm import Session

from clients.errors import ClientError, UnsupportedError
from models import Integration
from rules.crm import Client
from rules.match import choose_client
from rules.personal_manager import ManagerAnswer, answer_manager
from rules.phones import Phone, normalise, variants
from rules.settings import PersonalManager
from services.office_lists import read_office_lists
from services.ports import Ports

logger = logging.getLogger(__name__)

CRM_SECONDS = 0.7


class Trouble(StrEnum):
    """Why the client could not be looked for; the answer is then the one for "not found"."""

    NO_NUMBER = "no_number"
    CRM_AWAY = "crm_away"
    CRM_REFUSED = "crm_refused"


@dataclass(frozen=True)
class FoundManager:
    """The answer to the PBX, how it came about, and the whole milliseconds it took."""

    answer: ManagerAnswer
    phone: Phone | None
    client: Client | None
    manager_name: str | None
    milliseconds: int
    trouble: Trouble | None = None


def find_manager(
    session: Session,
    integration: Integration,
    rule: PersonalManager,
    received: str,
    ports: Ports,
) -> FoundManager:
    """Look the caller up in the CRM, within 0.7 s, and choose the phones by `rule`.

    Never raises for what the CRM does. The session is left without a transaction while the CRM is
    asked.
    """
    began = monotonic()
    country = integration.default_country
    lists = read_office_lists(session, integration.id, country)
    crm = ports.crm(integration)
    session.rollback()
    phone = normalise(received, country=country)
    client, trouble = None, None if phone else Trouble.NO_NUMBER
    if phone:
        try:
            hits = crm.find_clients(variants(phone, country), timeout=CRM_SECONDS)
            client = choose_client(hits, phone, country=country).client
        except UnsupportedError:
            trouble = Trouble.CRM_REFUSED
        except ClientError as error:
            logger.warning("manager look-up of integration %s: %s", integration.id, error.code)
            is_refusal = error.status is not None and 400 <= error.status < 500
            trouble = Trouble.CRM_REFUSED if is_refusal else Trouble.CRM_AWAY
    answer = answer_manager(client, rule, lists.people, lists.phones)
    return FoundManager(
        answer,
        phone,
        client,
        lists.people.names.get(answer.user_id or "", answer.user_id),
        round((monotonic() - began) * 1000),
        trouble,
    )
