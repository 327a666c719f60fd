"""Open consoles for measurements: logins with an employee each, and their streams in one loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from app import create_app
from bench.stack import Stack
from models import (
    CrmUserRow,
    EmployeeRow,
    Integration,
    Login,
    LoginIntegration,
    UserMapping,
    db,
)
from runtime.config import Config
from services.login import Visitor, open_session

FIRST_EMPLOYEE = 5000
OPENED_AT_ONCE = 20


def employee_of(number: int) -> int:
    return FIRST_EMPLOYEE + number


def make_cookies(stack: Stack, count: int) -> list[str]:
    """Make `count` employees who are logged in; the session cookie of each."""
    app = create_app(Config.from_environ(stack.environment, root=stack.folder))
    with app.app_context():
        office = db.session.scalars(db.select(Integration)).one().id
        tokens = [_employee(office, number) for number in range(count)]
        db.session.commit()
        db.engine.dispose()
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return [signer.dumps({"_user_id": token, "_fresh": True}) for token in tokens]


def _employee(office: int, number: int) -> str:
    employee, user = str(employee_of(number)), f"bench_{number}"
    email, name = f"agent.{number}@example.com", f"Agent {number}"
    login = Login(email=email, password_hash="none", role="employee", created_at=datetime.now(UTC))
    db.session.add(login)
    db.session.flush()
    db.session.add_all(
        [
            EmployeeRow(integration_id=office, employee_id=employee, full_name=name),
            CrmUserRow(integration_id=office, user_id=user, name=name, email=email),
            UserMapping(integration_id=office, crm_user_id=user, employee_id=employee),
            LoginIntegration(login_id=login.id, integration_id=office),
        ]
    )
    return open_session(login, Visitor("127.0.0.1", "bench", ""))


@dataclass
class Console:
    """One open stream: when which version of which call's card came."""

    port: int
    cookie: str
    came: dict[tuple[str, int], float] = field(default_factory=dict)
    is_open: bool = False
    _writer: asyncio.StreamWriter | None = None
    _task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Returns when the snapshot has come."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = (
            f"GET /console/stream HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Cookie: session={self.cookie}\r\nAccept: text/event-stream\r\n\r\n"
        )
        self._writer.write(head.encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"the stream was refused: {status!r}")
        while await reader.readline() != b"event: snapshot\n":
            pass
        self.is_open = True
        self._task = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        kind = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: ") and kind == b"card":
                card: dict[str, Any] = json.loads(line[6:])
                self.came.setdefault((card["call"], card["version"]), perf_counter())
        self.is_open = False

    def close(self) -> None:
        if self._task:
            self._task.cancel()
        if self._writer:
            self._writer.transport.abort()


async def open_all(port: int, cookies: Sequence[str]) -> list[Console]:
    """Open a console for each cookie, some at once."""
    consoles = [Console(port, cookie) for cookie in cookies]
    for start in range(0, len(consoles), OPENED_AT_ONCE):
        await asyncio.gather(*(one.open() for one in consoles[start : start + OPENED_AT_ONCE]))
    return consoles
