"""Try a call: what one that never was would lead to, with the settings in use or with the draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from clients.errors import ClientError
from models import Integration
from rules.crm import Client
from rules.formats import Regional
from rules.match import Match, choose_client
from rules.material import Surroundings
from rules.phones import normalise, variants
from rules.plan import Plan, World, plan_call
from rules.settings import Settings
from rules.settings_checks import Problem, problems
from rules.settings_rest import usable
from rules.trial import CALL_SESSION_ID, TrialCall, points_of
from services.drafts import published_document
from services.integrations import known_references
from services.office_lists import OfficeLists, read_office_lists
from services.ports import Ports

DRAFT, PUBLISHED = "draft", "published"
RECORD = "example"
LOOK_UP_SECONDS = 5.0


@dataclass(frozen=True)
class Rules:
    """One settings document to try: as far as it can be used, and what keeps it from being
    published."""

    name: str
    document: Mapping[str, Any]
    settings: Settings
    problems: tuple[Problem, ...]


def read_rules(session: Session, integration: Integration) -> dict[str, Rules]:
    """What can be tried: the draft if there is one, what is published if anything is; before
    either, the defaults as a draft. A draft is read as it is stored, however broken."""
    documents: dict[str, Any] = {}
    if integration.draft is not None or not integration.published_version:
        documents[DRAFT] = integration.draft or published_document(session, integration)
    if integration.published_version:
        documents[PUBLISHED] = published_document(session, integration)
    known = known_references(session, integration)
    return {
        name: Rules(name, document, usable(document), problems(document, known))
        for name, document in documents.items()
    }


@dataclass(frozen=True)
class TrialOffice:
    """What trying a call needs to know of an integration."""

    lists: OfficeLists
    world: World
    around: Surroundings
    has_pbx: bool


def read_trial_office(
    session: Session, integration: Integration, public_base_url: str
) -> TrialOffice:
    country = integration.default_country
    lists = read_office_lists(session, integration.id, country)
    calls = f"{public_base_url}/integrations/{integration.id}/calls"
    world = World(
        people=lists.people,
        regional=Regional(integration.locale, ZoneInfo(integration.timezone), country),
        fields=lists.fields,
        number_names=lists.number_names,
        extensions=lists.extensions,
        phones=lists.phones,
        call_url=f"{calls}/{CALL_SESSION_ID}",
        recording_url=f"{public_base_url}/recordings/{RECORD}",
    )
    around = Surroundings(
        zone=ZoneInfo(integration.phone_zone),
        country=country,
        own_numbers=lists.own_numbers,
        employee_by_email=lists.employee_by_email,
    )
    has_pbx = bool(integration.access_token_sealed and integration.data_api_url)
    return TrialOffice(lists, world, around, has_pbx)


def find_real_client(
    session: Session, integration: Integration, ports: Ports, received: str
) -> tuple[Client, ...] | None:
    """Behomes' clients with this number: one real read; None while it does not answer."""
    phone = normalise(received, country=integration.default_country)
    if phone is None:
        return ()
    spellings, crm = variants(phone, integration.default_country), ports.crm(integration)
    session.rollback()  # no transaction waits for a request
    try:
        return crm.find_clients(spellings, timeout=LOOK_UP_SECONDS)
    except ClientError:
        return None


def try_call(
    trial: TrialCall,
    hits: tuple[Client, ...],
    rules: Rules,
    office: TrialOffice,
    now: datetime,
) -> Plan:
    """Plan the call; `hits` is what Behomes would find for its number. Nothing is written."""
    around = office.around
    trial = trial if office.has_pbx else replace(trial, parameters={})
    phone = normalise(trial.phone, country=around.country)
    match = choose_client(hits, phone, country=around.country) if phone else Match(None, ())
    return plan_call(points_of(trial, around), match, rules.settings, office.world, now)
