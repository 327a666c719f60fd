"""A person's browser against a running system: logged in, with the console's stream open."""

from __future__ import annotations

import json
import re
from typing import Any

import requests

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
