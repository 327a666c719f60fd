"""Steps of the set-up as an admin's browser asks for them, and what they leave in the draft."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import Integration, db
from tests.pages import Office, csrf_token


def post(client: FlaskClient, path: str, data: dict[str, Any], **headers: str) -> TestResponse:
    token = csrf_token(client, "/account")
    return client.post(path, data={"csrf_token": token, **data}, headers=headers)


def seen(client: FlaskClient, path: str) -> str:
    """What a page was made from, as its form sends it back."""
    return re.search(r'name="seen" value="([0-9a-f]+)"', client.get(path).text).group(1)


def draft(app: Flask, office: Office) -> dict[str, Any] | None:
    with app.app_context():
        return db.session.get_one(Integration, office.id).draft
