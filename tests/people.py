"""People with access, for tests: logins and links of invitations."""

from __future__ import annotations

import re

from models import Login, LoginIntegration, db
from tests.pages import csrf_token

AGENT_TWO = "agent.two@example.com"


def login_id(app, email: str) -> int:
    with app.app_context():
        return db.session.scalars(db.select(Login.id).filter_by(email=email)).one()


def add_login(app, email: str, role: str, *integration_ids: int) -> int:
    with app.app_context():
        hashed = db.session.scalars(db.select(Login.password_hash)).first()
        row = Login(
            email=email,
            role=role,
            password_hash=hashed,
            created_at=db.session.scalars(db.select(Login.created_at)).first(),
        )
        db.session.add(row)
        db.session.flush()
        for each in integration_ids:
            db.session.add(LoginIntegration(login_id=row.id, integration_id=each))
        db.session.commit()
        return row.id


def post(client, path, headers=None, **data):
    token = csrf_token(client, "/account")
    return client.post(path, data={"csrf_token": token, **data}, headers=headers)


def make_link(client, people, **data) -> str:
    """Invite somebody; the path of the link."""
    made = post(client, f"{people}/invite", **{"email": AGENT_TWO, "level": "employee", **data})
    assert made.status_code == 303, made.text
    page = client.get(made.location).text
    return re.search(r'id="invitation-link"[^>]*value="[^"]*(/invitations/[^"]+)"', page).group(1)
