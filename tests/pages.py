"""Fixtures for tests of pages: the app, one office with calls, an admin and an employee."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from app import create_app
from models import (
    CallSession,
    CrmAccount,
    CrmUserRow,
    CrmWrite,
    Decision,
    EmployeeRow,
    Integration,
    Login,
    LoginIntegration,
    Notification,
    SettingsVersion,
    TraceEntry,
    UserMapping,
    db,
)
from runtime.config import Config
from services.login import Visitor, hash_password, open_session
from tests.watch_changes import watching

PASSWORD = "correct horse"
ADMIN, EMPLOYEE = "admin@example.com", "agent.one@example.com"
NOON = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
_hash: list[str] = []
# Each test makes an app of its own; templates are compiled once for all of them.
TEMPLATES = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="templates-"))


# Made once, like them: an SQLite database with all tables.
TABLES = Path(tempfile.mkdtemp(prefix="tables-")) / "app.db"


@dataclass(frozen=True)
class Office:
    """The ids that tests need: `id` is the admin's and employee's, `strange_id` nobody's."""

    id: int
    strange_id: int


def make_app(folder: Path, **environ: str) -> Flask:
    config = Config.from_environ(
        {
            "INSTANCE_DIR": str(folder),
            "DEMO": "1",
            "HTMX_SOURCE": "local",
            "DEFAULT_LOCALE": "en",
            **environ,
        },
        root=folder,
    )
    app = create_app(config)
    app.jinja_env.bytecode_cache = TEMPLATES
    _make_tables(app, config)
    return app


@pytest.fixture
def app(tmp_path):
    app = make_app(tmp_path)
    with app.app_context():
        engine = db.engine
    with watching(engine) as unaudited:
        yield app
    engine.dispose()
    assert unaudited == [], "changed without a line in the log of changes"


@pytest.fixture
def office(app) -> Office:
    with app.app_context():
        return plant_office()


@pytest.fixture
def visitor(app) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def admin(app, office) -> FlaskClient:
    return logged_in(app, ADMIN)


@pytest.fixture
def employee(app, office) -> FlaskClient:
    return logged_in(app, EMPLOYEE)


def logged_in(app: Flask, email: str) -> FlaskClient:
    """A client with a session of this login; the slow check of the password is left to the tests
    of logging in."""
    client = app.test_client()
    with app.app_context():
        login = db.session.scalars(db.select(Login).filter_by(email=email)).one()
        token = open_session(login, Visitor("127.0.0.1", "tests", ""))
        db.session.commit()
    with client.session_transaction() as session:
        session.update({"_user_id": token, "_fresh": True})
    return client


def log_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str):
    data = {"email": email, "password": password, "csrf_token": csrf_token(client), **more}
    return client.post("/login", data=data)


def csrf_token(client: FlaskClient, path: str = "/login") -> str:
    """The token of a page, as a browser would send it back."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path).text)
    assert found, "the page carries no CSRF token"
    return found.group(1)


def plant_office() -> Office:
    """An office with one of every kind of call, and a stranger's office."""
    account = CrmAccount(
        base_url="http://127.0.0.1:9", reference_key_sealed="sealed", refilled_at=NOON
    )
    db.session.add(account)
    db.session.flush()
    own = _integration(account, "Dubai office", published_version=3)
    strange = _integration(account, "Another office")
    _people(own.id, strange.id)
    for index, case in enumerate(CASES):
        _call(own.id, index, **case)
    _call(strange.id, 50, direction="inbound", outcome="answered", state="written")
    db.session.commit()
    return Office(own.id, strange.id)


CASES = (
    {
        "direction": "inbound",
        "outcome": "answered",
        "state": "written",
        "created": {"client_id": "c_1", "lead_id": "l_1"},
        "facts": {"answered_by": "101", "finished_by": "101", "talk_seconds": 113},
        "campaign": "Spring sale",
        "virtual_number": "97142000001",
    },
    {
        "direction": "inbound",
        "outcome": "lost",
        "state": "written",
        "created": {"client_id": "c_2", "lead_id": "l_2", "task_id": "t_2"},
        "client": {"id": "c_2", "name": "Карина Орлова"},
    },
    {
        "direction": "outbound",
        "outcome": "failed",
        "state": "waiting",
        "state_reason": "retry",
        "facts": {"caller": "102"},
    },
    {
        "direction": "inbound",
        "outcome": "answered",
        "state": "failed",
        "state_reason": "write_refused",
        "facts": {"answered_by": "102", "finished_by": "102", "talk_seconds": 20},
    },
    {"direction": "internal", "outcome": "answered", "state": "skipped", "client_phone": None},
    {
        "direction": "inbound",
        "outcome": None,
        "state": "waiting",
        "state_reason": "in_progress",
        "ended_at": None,
    },
)
CALL_IDS = tuple(str(700000100 + index) for index in range(len(CASES)))


def _integration(account: CrmAccount, title: str, **more: object) -> Integration:
    row = Integration(
        title=title,
        created_at=NOON,
        behomes_base_url="http://127.0.0.1:9",
        behomes_key_sealed="sealed",
        data_api_url="http://127.0.0.1:9/v2.0",
        crm_account_row_id=account.id,
        webhook_secret_sealed="sealed",
        api_key_hash=title,
        **more,
    )
    db.session.add(row)
    db.session.flush()
    if row.published_version:
        db.session.add(
            SettingsVersion(
                integration_id=row.id, number=row.published_version, document={}, published_at=NOON
            )
        )
    return row


def _make_tables(app: Flask, config: Config) -> None:
    if not config.is_sqlite:
        with app.app_context():
            db.create_all()
        return
    if not TABLES.exists():
        engine = create_engine(f"sqlite:///{TABLES}")
        db.metadata.create_all(engine)
        engine.dispose()
    path = Path(str(make_url(config.database_url).database))
    if not path.exists():
        shutil.copy(TABLES, path)


def _people(own_id: int, strange_id: int) -> None:
    for index, word in enumerate(("One", "Two")):
        email, name = f"agent.{word.lower()}@example.com", f"Agent {word}"
        db.session.add_all(
            [
                EmployeeRow(integration_id=own_id, employee_id=str(101 + index), full_name=name),
                CrmUserRow(
                    integration_id=own_id, user_id=f"u_{17 + index}", name=name, email=email
                ),
                UserMapping(
                    integration_id=own_id,
                    crm_user_id=f"u_{17 + index}",
                    employee_id=str(101 + index),
                ),
            ]
        )
    for email, role in ((ADMIN, "admin"), (EMPLOYEE, "employee")):
        login = Login(email=email, password_hash=_password_hash(), role=role, created_at=NOON)
        db.session.add(login)
        db.session.flush()
        db.session.add(LoginIntegration(login_id=login.id, integration_id=own_id))


def _call(integration_id: int, index: int, **more: object) -> None:
    started = NOON + timedelta(minutes=index)
    values = {
        "client_phone": f"+9715012345{index:02}",
        "ended_at": started + timedelta(seconds=125),
        "facts": {},
        "created": {},
        **more,
    }
    facts = values["facts"]
    values["employee_id"] = facts.get("finished_by") or facts.get("caller")
    values["talk_seconds"] = facts.get("talk_seconds")
    call = CallSession(
        integration_id=integration_id,
        call_session_id=str(700000100 + index),
        settings_version=3,
        first_seen_at=started,
        updated_at=started,
        started_at=started,
        **values,
    )
    db.session.add(call)
    db.session.flush()
    _story(call)


def _story(call: CallSession) -> None:
    at = call.started_at
    reasons = (
        ("client_not_found", {}),
        ("rule", {"rule": "first-lead", "contact": "first", "create": "lead"}),
        ("owner_answered_by", {"employee_id": "101", "user_id": "u_17"}),
    )
    is_dead = call.state == "failed"
    db.session.add_all(
        [
            *(
                TraceEntry(session_row_id=call.id, at=at, code=code, values=values)
                for code, values in reasons
            ),
            Decision(
                session_row_id=call.id,
                kind="contact",
                decided_at=at,
                rule="first-lead",
                contact="first",
                create="lead",
                owner_rule="answered_by",
                owner_user_id="u_17",
                fallback="responsible_from_settings" if call.outcome == "lost" else None,
                actions=["client", "lead"],
                reasons=[],
            ),
            CrmWrite(
                ledger_key=f"lead|{call.id}",
                reference=f"cg-{call.id}",
                integration_id=call.integration_id,
                session_row_id=call.id,
                kind="lead",
                status="dead" if is_dead else "done",
                body={},
                attempts=3 if is_dead else 1,
                planned_at=at,
                done_at=None if is_dead else at,
                error={"code": "validation", "message": "<b>unknown stage</b>"}
                if is_dead
                else None,
            ),
            Notification(
                integration_id=call.integration_id,
                event_key=f"{call.id}",
                kind="incoming_call",
                call_session_id=call.call_session_id,
                state="taken",
                received_at=at,
                members={"contact_phone_number": "971501234500"},
            ),
        ]
    )


def _password_hash() -> str:
    """Hashed once for all tests: hashing is slow on purpose."""
    if not _hash:
        _hash.append(hash_password(PASSWORD))
    return _hash[0]
