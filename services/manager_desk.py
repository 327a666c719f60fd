"""The desk where the PBX asks for personal managers: office, answer, note for the journal."""

from __future__ import annotations

import logging
from time import monotonic

from sqlalchemy.engine import Engine

from clients.manager_question import ManagerQuestion, read_question
from rules.settings import PersonalManager
from services.bounded import Bounded
from services.manager_log import ManagerLog, Told
from services.manager_office import ManagerOffices
from services.personal_manager import PersonalManagers
from services.ports import Ports

logger = logging.getLogger(__name__)

OFFICE_SECONDS = 0.7
NOT_FOUND: dict[str, object] = {"returned_code": PersonalManager().not_found_code}


class ManagerDesk:
    """The parts of one process; `managers` also serves the wizard's check, `waiting` is for what
    a request must not wait for itself."""

    def __init__(self, engine: Engine, ports: Ports) -> None:
        self.managers = PersonalManagers(engine)
        self.offices = ManagerOffices(engine, ports)
        self.log = ManagerLog(engine)
        self.waiting = Bounded("manager-door", at_once=8, waiting=100)

    def reset(self) -> None:
        """Renew what a fork does not carry over."""
        for part in (self.managers, self.offices, self.log, self.waiting):
            part.reset()

    def read(self, body: bytes, query: bytes) -> ManagerQuestion:
        """What is asked, as far as it can be read."""
        return read_question(body, query)

    def answer(
        self, integration_id: int, question: ManagerQuestion, *, began: float
    ) -> dict[str, object]:
        """What the PBX is told; kept for the journal afterwards. Never raises.

        While nothing is known of the integration, because the database is away, the answer is the
        usual code for "not found".
        """
        office = None
        try:
            office = self.offices.get(integration_id, until=began + OFFICE_SECONDS)
            if office is None:
                return NOT_FOUND
            found = self.managers.find(office, question.caller, began=began)
        except Exception:
            # The edge of this desk: a caller waits, and the scenario goes on with any answer.
            logger.exception("a personal manager of integration %s", integration_id)
            return {"returned_code": office.rule.not_found_code} if office else NOT_FOUND
        self.log.note(
            Told(
                integration_id,
                office.account_row_id,
                found,
                question.call_session_id,
                question.dialled,
                monotonic(),
            )
        )
        return found.answer.as_json()
