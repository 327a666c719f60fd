"""Every address of the server, asked by everybody, held against the table `tests/doors.tsv`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from models import (
    Callback,
    CallSession,
    ClickCall,
    ConsoleToken,
    CrmWrite,
    Integration,
    Invitation,
    Login,
    LoginIntegration,
    LoginSession,
    Notification,
    ReplayRun,
    SettingsVersion,
    SyncRun,
    WebhookToken,
    db,
)
from tests.pages import ADMIN, CALL_IDS, NOON, Office, csrf_token, logged_in

TABLE = Path(__file__).with_name("doors.tsv")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PEOPLE = ("anonymous", "employee", "admin", "stranger")
STRANGER = "stranger@example.com"
LONG_AFTER = NOON.replace(year=2100)
# What stands for the parts of an address that are neither an integration nor a row.
PARTS: dict[str, object] = {
    "slug": "tasks",
    "entity": "lead",
    "day": "2026-03-05",
    "number": 3,
    "filename": "app.css",
}
# Which planted row an argument names; whose address it is tells which of two meanings it has.
ROWS: dict[str, type[Any]] = {
    "callback_id": Callback,
    "row_id": ClickCall,
    "key_id": ConsoleToken,
    "write_id": CrmWrite,
    "invitation_id": Invitation,
    "login_id": Login,
    "session_id": LoginSession,
    "notification_id": Notification,
    "address_id": WebhookToken,
}
RUNS = {"setup": SyncRun, "journal_replay": ReplayRun}
NAMED = {*ROWS, "run_id", "call_session_id"}
# Two ways to take the same kind of thing away need one each.
SECOND = ("embed.end_own_key", "inviting.revoke_invitation")


@dataclass(frozen=True)
class Door:
    """One line of the table: what becomes of each person who asks."""

    method: str
    address: str
    verdicts: dict[str, str]

    def __str__(self) -> str:
        return "\t".join([self.method, self.address, *self.verdicts.values()])


@dataclass(frozen=True)
class Planted:
    """The ids of one office's rows, by the argument of an address."""

    integration_id: int
    ids: dict[Any, Any]

    def path(self, app: Flask, rule: Rule) -> str:
        values = {name: self.value(rule, name) for name in rule.arguments}
        with app.test_request_context():
            return app.url_for(rule.endpoint, **values)

    def value(self, rule: Rule, name: str) -> object:
        if name == "id":
            return self.integration_id
        model = RUNS.get(rule.endpoint.partition(".")[0]) if name == "run_id" else ROWS.get(name)
        if rule.endpoint in SECOND:
            return self.ids["second", model]
        if model is not None or name == "call_session_id":
            return self.ids[model or name]
        is_number = isinstance(rule._converters.get(name), IntegerConverter)
        return PARTS.get(name, 1 if is_number else "x")


def declared() -> dict[tuple[str, str], Door]:
    lines = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]]
    doors = [Door(each[0], each[1], dict(zip(PEOPLE, each[2:], strict=True))) for each in lines]
    return {(door.method, door.address): door for door in doors}


def rules_of(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        for method in METHODS:
            if method in (rule.methods or ()):
                yield method, rule


def ask(
    client: FlaskClient, method: str, path: str, token: str = "", headers: Any = None
) -> tuple[str, Any]:
    """The verdict, and the answer without its body: a stream's would not end."""
    data = {"csrf_token": token} if token and method != "GET" else None
    answer = client.open(path, method=method, data=data, headers=headers)
    answer.close()
    return verdict(answer), answer


def verdict(answer: Any) -> str:
    """login, 401, 403, 404 or 405; open for anything else but an error of ours."""
    location = answer.location or ""
    if answer.status_code in (302, 303) and location.startswith("/login?next="):
        return "login"
    if answer.status_code in (401, 403, 404, 405):
        return str(answer.status_code)
    is_answer = answer.status_code < 500 or answer.status_code == 503  # 503: not ready, says it
    return "open" if is_answer else f"broken ({answer.status_code})"


def plant(app: Flask, office: Office) -> tuple[Planted, Planted]:
    """Of everything that has an address of its own one in each office; and the stranger."""
    sealed = app.extensions["vault"].seal("key")
    for integration in db.session.scalars(db.select(Integration)):
        integration.behomes_key_sealed = integration.webhook_secret_sealed = sealed
    stranger = Login(email=STRANGER, password_hash="x", role="admin", created_at=NOON)
    db.session.add(stranger)
    db.session.flush()
    db.session.add(LoginIntegration(login_id=stranger.id, integration_id=office.strange_id))
    admin = db.session.scalars(db.select(Login).filter_by(email=ADMIN)).one()
    own = _plant_in(office.id, admin, CALL_IDS[0])
    strange = _plant_in(office.strange_id, stranger, "700000150")
    db.session.commit()
    return own, strange


def rows_of(app: Flask, planted: Planted) -> list[str]:
    """The planted rows as they stand."""
    kinds = {model: id for model, id in planted.ids.items() if isinstance(model, type)}
    with app.app_context():
        found = [db.session.get(model, id) for model, id in kinds.items()]
        columns = [_columns(row) for row in found]
    return [str(each) for each in columns]


def person(app: Flask, name: str) -> tuple[FlaskClient, str]:
    """A browser of this person and its form token."""
    if name == "anonymous":
        client = app.test_client()
        return client, csrf_token(client)
    email = {"admin": ADMIN, "employee": "agent.one@example.com", "stranger": STRANGER}[name]
    client = logged_in(app, email)
    return client, csrf_token(client, "/account")


def _columns(row: Any) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in type(row).__mapper__.column_attrs}


def _plant_in(integration_id: int, owner: Login, call_session_id: str) -> Planted:
    place, mark = {"integration_id": integration_id}, f"{integration_id}"
    colleague = Login(
        email=f"c{mark}@example.com", password_hash="x", role="employee", created_at=NOON
    )
    db.session.add(colleague)
    db.session.flush()
    db.session.add(LoginIntegration(login_id=colleague.id, **place))
    rows = [
        *_of_calls(place, owner, call_session_id),
        *_of_people(place, owner, mark),
        *_of_settings(place, mark),
    ]
    second = [row for row in _of_people(place, owner, f"{mark}b") if type(row) is not LoginSession]
    db.session.add_all(rows + second)
    db.session.flush()
    ids: dict[Any, Any] = {type(row): row.id for row in rows}
    ids |= {("second", type(row)): row.id for row in second}
    return Planted(integration_id, {**ids, Login: colleague.id, "call_session_id": call_session_id})


def _of_calls(place: dict[str, int], owner: Login, call_session_id: str) -> list[Any]:
    phone, call = "+971501234567", {"call_session_id": call_session_id}
    row_id = db.session.scalars(db.select(CallSession.id).filter_by(**place, **call)).one()
    return [
        Callback(
            **place,
            contact=phone,
            opened_at=NOON,
            last_missed_at=NOON,
            due_at=NOON,
            updated_at=NOON,
        ),
        ClickCall(
            **place,
            request_id="r",
            phone=phone,
            state="blocked",
            origin="history",
            login_id=owner.id,
            asked_at=NOON,
        ),
        CrmWrite(
            **place,
            ledger_key=f"x|{row_id}",
            reference=f"x{row_id}",
            kind="lead",
            status="dead",
            body={},
            planned_at=NOON,
            session_row_id=row_id,
        ),
        Notification(
            **place,
            **call,
            event_key=f"x{row_id}",
            kind="incoming_call",
            state="taken",
            received_at=NOON,
            members={},
        ),
    ]


def _of_people(place: dict[str, int], owner: Login, mark: str) -> list[Any]:
    times = {"created_at": NOON, "expires_at": LONG_AFTER}
    return [
        ConsoleToken(
            **place,
            **times,
            login_id=owner.id,
            token_hash=mark,
            origin="https://a.example",
            seen_at=LONG_AFTER,
        ),
        Invitation(
            **times,
            token_hash=mark,
            email=f"i{mark}@example.com",
            role="employee",
            integration_ids=list(place.values()),
            invited_by=owner.id,
        ),
        LoginSession(login_id=owner.id, token_hash=mark, seen_at=LONG_AFTER, created_at=LONG_AFTER),
    ]


def _of_settings(place: dict[str, int], mark: str) -> list[Any]:
    if not db.session.scalar(db.select(SettingsVersion.id).filter_by(**place, number=3)):
        db.session.add(SettingsVersion(**place, number=3, document={}, published_at=NOON))
    return [
        WebhookToken(**place, token_hash=mark, created_at=NOON, expires_at=LONG_AFTER),
        SyncRun(**place, origin="button", state="done", created_at=NOON),
        ReplayRun(**place, mode="today", wanted={"ids": []}, state="finished", created_at=NOON),
    ]
