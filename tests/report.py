"""A server whose integration has a simulated PBX with a calls report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, Integration, ReconcileRun
from rules.reconcile import Counts
from services.reconcile import reconcile
from tests.callgear import CALL, DATA, TOKEN
from tests.factories import Server
from tests.notifications import CLIENT
from tests.simulated import Simulator

ZONE = ZoneInfo("Asia/Dubai")  # of the simulated account
STARTED = datetime(2026, 3, 1, 14, 40, 24, tzinfo=ZONE)
DAY = timedelta(days=1)


class Reported:
    """`server` with `pbx`; calls are told by the report alone unless a test notifies them too."""

    def __init__(self, server: Server, pbx: Simulator, **parts: Any) -> None:
        self.server, self.pbx = server, pbx
        pbx.control("POST", "/_sim/reset", {})
        server.reach(pbx.url.removeprefix("http://"))
        server.use(callgear=self.keys(), **parts)
        self.forget_requests()

    def keys(self, token: str = TOKEN) -> dict[str, str]:
        return {
            "data_api_url": self.pbx.url + DATA,
            "call_api_url": self.pbx.url + CALL,
            "access_token": token,
        }

    def call(
        self,
        call_id: str,
        *,
        recipe: str = "inbound_answered",
        contact: str = CLIENT,
        at: datetime = STARTED,
        **order: Any,
    ) -> None:
        """A call of which the PBX tells nobody."""
        order = {"notify": False, "speed": 0, "wait": True, **order}
        order |= {"recipe": recipe, "contact": contact, "call_session_id": int(call_id)}
        local = at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        self.pbx.control("POST", "/_sim/calls", order | {"started_at": local})

    def compare(
        self, since: datetime = STARTED - DAY, till: datetime = STARTED + DAY, **more: Any
    ) -> tuple[int, int, int, int]:
        """As `calls reconcile`: rows, known, taken in, completed."""
        found: Counts = reconcile(
            self.server.engine,
            self.server.ports,
            self.server.id,
            since=since,
            till=till,
            kind=more.pop("kind", "command"),
        )
        return found.rows, found.known, found.taken_in, found.completed

    def fault(self, name: str, **order: Any) -> None:
        order.setdefault("match", {"operation": "get.calls_report"})
        self.pbx.control("POST", "/_sim/faults", {"name": name, **order})

    def heal(self) -> None:
        self.pbx.control("DELETE", "/_sim/faults")

    def asked(self) -> int:
        """How often the calls report was asked for."""
        log = self.pbx.control("GET", "/_sim/requests")["requests"]
        return sum(one["operation"] == "get.calls_report" for one in log)

    def forget_requests(self) -> None:
        self.pbx.control("DELETE", "/_sim/requests")

    def runs(self) -> list[ReconcileRun]:
        """The comparisons of this integration, the oldest first."""
        with Session(self.server.engine) as session:
            query = select(ReconcileRun).where(ReconcileRun.integration_id == self.server.id)
            found = list(session.scalars(query.order_by(ReconcileRun.id)))
            session.expunge_all()
            return found

    def integration(self) -> Integration:
        with Session(self.server.engine) as session:
            found = session.get_one(Integration, self.server.id)
            session.expunge_all()
            return found

    def sessions(self) -> list[CallSession]:
        """All calls of this integration in the order of their start."""
        with Session(self.server.engine) as session:
            query = select(CallSession).where(CallSession.integration_id == self.server.id)
            found = list(session.scalars(query.order_by(CallSession.started_at, CallSession.id)))
            session.expunge_all()
            return found


def moment_at(seconds: float) -> datetime:
    """So many seconds after the usual start."""
    return (STARTED + timedelta(seconds=seconds)).astimezone(UTC)
