"""A person's browser against a running system: logged in, with the console's stream open."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import requests

from models import db
from services import console_events

EMAIL, PASSWORD = "agent.one@example.com", "a phone rings at noon"


def log_in(url: str, email: str = EMAIL, password: str = PASSWORD) -> requests.Session:
    """A browser that has logged in there; its cookies count for every port of this machine."""
    browser = requests.Session()
    page = browser.get(f"{url}/login", timeout=10).text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    form = {"email": email, "password": password, "csrf_token": token.group(1)}
    answer = browser.post(f"{url}/login", data=form, timeout=20)
    assert answer.ok and "/login" not in answer.url
    return browser


class Console:
    """The stream of a logged-in browser."""

    def __init__(self, browser: requests.Session, url: str) -> None:
        answer = browser.get(f"{url}/console/stream", stream=True, timeout=30)
        assert answer.status_code == 200
        self._lines = answer.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self, kind: str) -> Any:
        """The data of the next event of this kind."""
        for line in self._lines:
            if line == f"event: {kind}":
                return json.loads(next(self._lines).removeprefix("data: "))
        raise AssertionError("the stream has ended")


def tell(site, call, version=1, state="ringing", *, age=0, **more):
    """What the server says of a call of agent.one's."""
    now = int(time.time() * 1000)
    began = now - age * 1000
    data = {
        "call": call,
        "integration": 1,
        "version": version,
        "state": state,
        "rang_at": began,
        "announce_until": began + 60_000 if state == "ringing" else None,
        "started_at": began,
        "talking_since": now if state == "talking" else None,
        "ended_at": now if state in ("ended", "lost", "withdrawn") else None,
        "has_talked": state != "ringing",
        "phone": "+971501234567",
        "phone_shown": "+971 50 123 4567",
        "is_hidden": False,
        "line": None,
        "line_shown": None,
        "line_name": "Main line",
        "last_calls": [],
        "rules_create": False,
        "source": {},
        "crm_state": "asking",
        "client": None,
        "others": [],
        **more,
    }
    with site.app.app_context(), db.engine.begin() as connection:
        console_events.publish(connection, 1, "101", console_events.CARD, data)
