"""The second step of logging in, as a person with the app on his phone takes it."""

from __future__ import annotations

import re
import time

import pyotp

from tests.pages import ADMIN, PASSWORD, csrf_token, log_in

PAGE = "/account/second-step"


def post(client, path, page=PAGE, headers=None, **fields):
    fields["csrf_token"] = csrf_token(client, page)
    return client.post(path, data=fields, headers=headers or {})


def code_of(secret, *, steps=0):
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def set_up(client):
    """Turn the second step on; the app's secret and the spare codes."""
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(PAGE).text).group(1)
    answer = post(client, PAGE, code=code_of(secret, steps=-1), password=PASSWORD)
    return secret, re.findall(r"<code>([A-Z2-7-]{29})</code>", answer.text)


def login_with(visitor, code, **more):
    log_in(visitor, ADMIN)
    return post(visitor, "/login/code", "/login/code", code=code, **more)


def is_inside(client):
    return client.get("/account").status_code == 200
