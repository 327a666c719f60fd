"""Whose phones a caller is put through to, found while he waits: within a second, whatever fails.

The index answers while it is young; else the CRM is asked, within 0.7 s and by a few at a time;
else the older index answers. The PBX's question and the wizard's check come through here alike.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from clients.errors import ClientError, RateLimitedError, UnsupportedError
from models.base import reading
from rules.crm import Client
from rules.match import choose_client
from rules.personal_manager import ManagerAnswer, answer_manager
from rules.phones import Phone, normalise, variants
from services.bounded import Bounded, Busy, TimeUp
from services.known_clients import Known, find
from services.manager_office import ManagerOffice

logger = logging.getLogger(__name__)

YOUNG_SECONDS = 60.0
CRM_SECONDS = 0.7
INDEX_SECONDS = 0.15
ANSWER_SECONDS = 0.86
CRM_AT_ONCE = 8  # of one process; who comes beyond is answered from the older index


class Trouble(StrEnum):
    """Why the CRM was not asked or did not tell; an older index may have answered instead."""

    NO_NUMBER = "no_number"
    CRM_AWAY = "crm_away"
    CRM_SLOW = "crm_slow"
    CRM_REFUSED = "crm_refused"
    CRM_BUSY = "crm_busy"


class Source(StrEnum):
    """What the answer was taken from."""

    INDEX = "index"
    CRM = "crm"
    OLD_INDEX = "old_index"


@dataclass(frozen=True)
class Asked:
    """What the CRM told of the number; `at` is `time.monotonic()` before the question."""

    at: float
    client: Client | None = None
    error: ClientError | None = None


@dataclass(frozen=True)
class FoundManager:
    """The answer to the PBX, how it came about, and the whole milliseconds it took.

    `age` is that of the index in seconds where it answered, `asked` what to remember of the CRM.
    """

    answer: ManagerAnswer
    phone: Phone | None
    client: Client | None
    manager_name: str | None
    milliseconds: int
    trouble: Trouble | None = None
    source: Source | None = None
    age: float | None = None
    asked: Asked | None = None

    @property
    def reason(self) -> str:
        """One word for the journal: what led to the answer, or why nothing could be found out."""
        is_unknown = self.trouble is not None and self.source is None
        return str(self.trouble if is_unknown else self.answer.why)


@dataclass(frozen=True)
class _Look:
    client: Client | None = None
    trouble: Trouble | None = None
    source: Source | None = None
    age: float | None = None
    asked: Asked | None = None


class PersonalManagers:
    """Finds managers for one process; safe for many threads, renewed after a fork by `reset`."""

    def __init__(self, engine: Engine, *, crm_at_once: int = CRM_AT_ONCE) -> None:
        self._engine = engine
        self._index = Bounded("manager-index", at_once=4, waiting=400)
        self._crm = Bounded("manager-crm", at_once=crm_at_once)

    def reset(self) -> None:
        self._index.reset()
        self._crm.reset()

    def find(
        self, office: ManagerOffice, received: str | None, *, began: float | None = None
    ) -> FoundManager:
        """The answer for a number as it was received, `ANSWER_SECONDS` after `began` at the latest.

        Never raises for what database or CRM do. Nothing is stored.
        """
        began = monotonic() if began is None else began
        phone = normalise(received, country=office.country)
        look = _Look()
        if office.rule.enabled and phone is None:
            look = _Look(trouble=Trouble.NO_NUMBER)
        elif office.rule.enabled and phone is not None:
            look = self._look(office, phone, began + ANSWER_SECONDS)
        people = office.people
        answer = answer_manager(look.client, office.rule, people, office.phones, office.away)
        return FoundManager(
            answer,
            phone,
            look.client,
            people.names.get(answer.user_id or "", answer.user_id),
            round((monotonic() - began) * 1000),
            look.trouble,
            look.source,
            look.age,
            look.asked,
        )

    def _look(self, office: ManagerOffice, phone: Phone, until: float) -> _Look:
        known = self._known(office, phone)
        if known is not None and known.age < YOUNG_SECONDS:
            return _Look(known.client, None, Source.INDEX, known.age)
        asked, trouble = self._ask(office, phone, until)
        if asked is not None and trouble is None:
            return _Look(asked.client, None, Source.CRM, None, asked)
        if known is not None:
            return _Look(known.client, trouble, Source.OLD_INDEX, known.age, asked)
        return _Look(trouble=trouble, asked=asked)

    def _known(self, office: ManagerOffice, phone: Phone) -> Known | None:
        try:
            return self._index.run(lambda: self._read(office, phone), INDEX_SECONDS)
        except (TimeUp, SQLAlchemyError):
            logger.warning("index of integration %s: the database is slow", office.integration_id)
            return None

    def _read(self, office: ManagerOffice, phone: Phone) -> Known | None:
        with reading(), self._engine.connect() as connection:
            return find(connection, office.account_row_id, phone)

    def _ask(
        self, office: ManagerOffice, phone: Phone, until: float
    ) -> tuple[Asked | None, Trouble | None]:
        """Ask the CRM, unless it is known not to answer or too many are asking already."""
        if office.blocked:
            is_key = office.blocked == "key"
            return None, Trouble.CRM_REFUSED if is_key else Trouble.CRM_AWAY
        at = monotonic()
        seconds = min(CRM_SECONDS, until - at)
        try:
            client = self._crm.run(lambda: _search(office, phone, seconds), seconds)
        except Busy:
            return None, Trouble.CRM_BUSY
        except TimeUp:
            return Asked(at), Trouble.CRM_SLOW
        except ClientError as error:
            logger.warning(
                "manager look-up of integration %s: %s", office.integration_id, error.code
            )
            return Asked(at, error=error), _trouble(error)
        return Asked(at, client), None


def _search(office: ManagerOffice, phone: Phone, seconds: float) -> Client | None:
    hits = office.crm.find_clients(variants(phone, office.country), timeout=max(0.05, seconds))
    return choose_client(hits, phone, country=office.country).client


def _trouble(error: ClientError) -> Trouble:
    if isinstance(error, RateLimitedError):
        return Trouble.CRM_BUSY
    if error.code == "timeout":
        return Trouble.CRM_SLOW
    is_refusal = error.status is not None and 400 <= error.status < 500
    is_refusal = is_refusal or isinstance(error, UnsupportedError)
    return Trouble.CRM_REFUSED if is_refusal else Trouble.CRM_AWAY
