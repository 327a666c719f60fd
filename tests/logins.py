"""Logins for tests of services: made without hashing a password for each."""

from __future__ import annotations

import threading
from functools import cache

from flask import Flask
from sqlalchemy import update

from models import Login, LoginFailure, LoginIntegration, db
from services.integrations import database_now
from services.login import Visitor, hash_password

PASSWORD = "correct horse"
VISITOR = Visitor(address="192.0.2.1", agent="Firefox/132.0 (Windows)", secret="s" * 32)


@cache
def password_hash() -> str:
    return hash_password(PASSWORD)


def make_login(email: str, role: str, *integration_ids: int) -> int:
    """Who may log in with PASSWORD; his id."""
    login = Login(
        email=email,
        role=role,
        password_hash=password_hash(),
        created_at=database_now(db.session()),
    )
    db.session.add(login)
    db.session.flush()
    login_id = login.id
    for each in integration_ids:
        db.session.add(LoginIntegration(login_id=login.id, integration_id=each))
    db.session.commit()
    return login_id


def sees(login_id: int) -> tuple[str, list[int]]:
    """Role and integrations of a login as they are stored."""
    db.session.expire_all()
    login = db.session.get_one(Login, login_id)
    return login.role, sorted(row.integration_id for row in login.integrations)


def all_at_once(app, *acts):
    """Let several do something at the same moment; what came out, in words, sorted."""
    db.session.rollback()  # a transaction of ours would hold them up
    ready, told = threading.Barrier(len(acts)), []

    def run(act):
        with app.app_context():
            ready.wait()
            try:
                act()
            except Exception as error:
                told.append(type(error).__name__)
            else:
                told.append("done")

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def lengthen_wait(app: Flask) -> None:
    """As after many more failures: the wait does not end while a busy machine gets to ask again."""
    with app.app_context():
        db.session.execute(update(LoginFailure).values(count=10))
        db.session.commit()
