"""The demo's trial calls: make one at the simulated PBX, see what came of it in the CRM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients.errors import ClientError
from clients.http import Http
from clients.simulators import CallSimulator, CrmEntry, CrmSimulator
from models import Integration, db

__all__ = ["CrmEntry", "SimulatorAway", "Simulators"]


class SimulatorAway(Exception):
    """The simulated PBX does not answer, or refuses the order."""


class Simulators:
    """Both sides of a demo integration; `api_hosts` is API_HOSTS, as for every other request."""

    def __init__(self, integration: Integration, api_hosts: Sequence[str]) -> None:
        http = Http(api_hosts)
        self._pbx = CallSimulator(http, integration.data_api_url or "")
        self._crm = CrmSimulator(http, integration.behomes_base_url)

    def make_call(self, order: dict[str, Any]) -> str | None:
        """Start one call, or a stream of them if the order has a count; the id of the one call.
        Raises SimulatorAway."""
        db.session.rollback()  # the call's notifications come at once: no lock may be held
        try:
            if "count" not in order:
                return self._pbx.make_call(order)
            self._pbx.make_calls(order)
            return None
        except ClientError as error:
            raise SimulatorAway(str(error)) from error

    def latest_entries(self, limit: int) -> list[CrmEntry] | None:
        """What was written into the CRM last, newest first; None while it does not answer."""
        try:
            return self._crm.latest(limit)
        except ClientError:
            return None

    def board_url(self, locale: str) -> str:
        return self._crm.board_url(locale)
