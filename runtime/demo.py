"""The demo's data: prepared on each start with DEMO=1, before the web answers.

The simulators forget everything when they stop, so the demo's calls are forgotten too: ids of the
CRM would otherwise point to other people.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import (
    AddressBookEntry,
    Callback,
    CallSession,
    Card,
    ClickCall,
    ConsoleEvent,
    ContactLock,
    CrmAccount,
    CrmEvent,
    CrmWrite,
    Decision,
    Integration,
    KnownClient,
    Login,
    ManagerAnswer,
    Notification,
    ReconcileRun,
    RecordingAccess,
    RecordingCopy,
    ReplayRun,
    TraceEntry,
    WebhookToken,
    db,
)
from models.integration import LIVE
from models.login import ADMIN, EMPLOYEE
from runtime import application
from runtime.config import Config
from services import accounts, integrations, lists
from services.create_login import create_login
from services.demo_login import EMAIL, PASSWORD
from services.integration_file import IntegrationFile, read_file
from services.login import hash_password, is_password
from services.ports import Ports
from services.vault import new_token, token_hash

EMPLOYEE_EMAIL = "agent.one@example.com"
EMPLOYEE_PASSWORD = "demo-agent"

# What stems from calls, or from clients of a CRM that has forgotten them.
OF_CALLS = (
    AddressBookEntry,
    Callback,
    Card,
    ClickCall,
    ConsoleEvent,
    CrmEvent,
    CrmWrite,
    ManagerAnswer,
    Notification,
    ReconcileRun,
    RecordingAccess,
    RecordingCopy,
    ReplayRun,
    CallSession,
)

TITLES = {"ru": "Демо-офис в Дубае", "en": "Demo office in Dubai"}
SETTINGS: dict[str, Any] = {
    "incoming": {
        "first": {"create_client": True, "create": "lead", "owner": "answered_by"},
        "repeat": {"create": "deal", "owner": "answered_by"},
    },
    "outgoing": {
        "first": {"create_client": True, "create": "lead", "owner": "caller"},
        "repeat": {"create": "nothing", "owner": "from_client_card"},
    },
    "tasks": {
        "lost_incoming": {"assign": "from_settings"},
        "failed_outgoing": {"assign": "caller"},
    },
    "funnels": {"pipeline_id": "p_2", "stage_id": "s_21"},
    "responsible": {"incoming_user_id": "u_19", "outgoing_user_id": "u_20"},
    "fields": [
        {"id": "f1", "entity": "lead", "target": "talk_seconds", "value": "{{talk_duration}}"},
        {"id": "f2", "entity": "lead", "target": "recording_link", "value": "{{recording_url}}"},
    ],
}
MAPPING = [
    {"crm_user_id": "u_17", "employee_id": "101"},
    {"crm_user_id": "u_18", "employee_id": "102"},
    {"crm_user_id": "u_19", "employee_id": "103"},
]


def prepare(config: Config, behomes_url: str, callgear_url: str) -> None:
    """Make the demo's logins and integration, and join the simulated PBX to it. Safe to repeat."""
    app = application.create(config)
    with app.app_context():
        ports: Ports = app.extensions["ports"]
        file = read_file(_file(behomes_url, callgear_url, config.default_locale))
        integration_id = _integration(db.session(), file, ports)
        token = _new_address(db.session(), integration_id, ports)
        _logins(db.session())
        account = db.session.get_one(Integration, integration_id).crm_account_row_id
        db.session.remove()
        accounts.verify_account(db.engine, account, ports)
        lists.refresh(db.engine, ports, integration_id)
        db.engine.dispose()
    hooks = f"http://{config.host}:{config.port}/hooks/{token}"
    _tell(f"{callgear_url}/_sim/webhooks", {"targets": [{"url": hooks}]})


def retire() -> None:
    """Outside the demo nobody enters with a password that everybody knows."""
    known = (EMAIL, EMPLOYEE_EMAIL)
    is_ours = Login.email.in_(known), Login.disabled_at.is_(None)
    for login in db.session.scalars(select(Login).where(*is_ours)):
        if any(is_password(login.password_hash, each) for each in (PASSWORD, EMPLOYEE_PASSWORD)):
            login.disabled_at = integrations.database_now(db.session())
    db.session.commit()


def _file(behomes_url: str, callgear_url: str, locale: str) -> dict[str, Any]:
    return {
        "title": TITLES[locale],
        "locale": locale,
        "behomes": {
            "base_url": behomes_url,
            "api_key": "demo-behomes-key",
            "limits": {"per_second": 20, "burst": 40, "in_flight": 8},
        },
        "callgear": {
            "data_api_url": f"{callgear_url}/v2.0",
            "call_api_url": f"{callgear_url}/v4.0",
            "access_token": "demo-callgear-token",
            "media_hosts": [callgear_url.removeprefix("http://")],
        },
        "user_mapping": MAPPING,
        "settings": SETTINGS,
        "publish": True,
    }


def _integration(session: Session, file: IntegrationFile, ports: Ports) -> int:
    """The demo's integration; on a later start the same one, at the simulators' addresses."""
    known = session.scalars(select(Integration).where(LIVE).order_by(Integration.id)).first()
    if known is None:
        return integrations.create_integration(session, file, ports).id
    _forget_calls(session, known)
    known.behomes_base_url = file.behomes.base_url
    session.execute(
        update(CrmAccount)
        .where(CrmAccount.id == known.crm_account_row_id)
        .values(base_url=file.behomes.base_url, breaker="new", probe_at=None)
    )
    assert file.callgear
    known.data_api_url, known.call_api_url = file.callgear.data_api_url, file.callgear.call_api_url
    known.media_hosts = list(file.callgear.media_hosts)
    session.commit()
    return known.id


def _forget_calls(session: Session, office: Integration) -> None:
    """Also the clients: the index would name those of a CRM that is no more."""
    mine = select(CallSession.id).where(CallSession.integration_id == office.id)
    for table in (TraceEntry, Decision):
        session.execute(delete(table).where(table.session_row_id.in_(mine)))
    session.execute(delete(ContactLock))
    for model in OF_CALLS:
        session.execute(delete(model).where(model.integration_id == office.id))
    account = office.crm_account
    session.execute(delete(KnownClient).where(KnownClient.crm_account_row_id == account.id))
    account.clients_read_till = account.clients_read_at = account.clients_cursor = None
    session.commit()


def _new_address(session: Session, integration_id: int, ports: Ports) -> str:
    """A new webhook address for the simulated PBX; older ones are switched off."""
    token = new_token()
    session.execute(delete(WebhookToken).where(WebhookToken.integration_id == integration_id))
    now = integrations.database_now(session)
    session.add(
        WebhookToken(
            integration_id=integration_id,
            token_hash=token_hash(token),
            token_sealed=ports.vault.seal(token),
            created_at=now,
        )
    )
    session.commit()
    return token


def _logins(session: Session) -> None:
    known = set(session.scalars(select(Login.email)))
    # A demo after a time as a real server: its logins were retired.
    session.execute(
        update(Login).where(Login.email.in_((EMAIL, EMPLOYEE_EMAIL))).values(disabled_at=None)
    )
    session.commit()
    for email, role, password in (
        (EMAIL, ADMIN, PASSWORD),
        (EMPLOYEE_EMAIL, EMPLOYEE, EMPLOYEE_PASSWORD),
    ):
        if email in known:
            _set_password_back(session, email, password)
        else:
            mine = session.scalars(select(Integration.id).where(LIVE)) if role == EMPLOYEE else ()
            create_login(session, email, role, password, integration_ids=tuple(mine), is_demo=True)


def _set_password_back(session: Session, email: str, password: str) -> None:
    """Somebody may have tried out the page of his account: the form shows the known password."""
    login = session.scalars(select(Login).where(Login.email == email)).one()
    if not is_password(login.password_hash, password):
        login.password_hash = hash_password(password)
    session.commit()


def _tell(url: str, body: dict[str, Any]) -> None:
    """Our own simulator's control interface, on loopback."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()
