"""login.user and logout.user, which both APIs have (reference 1.2)."""

from __future__ import annotations

import secrets
import time

from simulators.callgear.checks import Param
from simulators.callgear.errors import RpcError
from simulators.callgear.rpc import Asked, Method, Result

LIFE_SECONDS = 3600


def login(asked: Asked, *, with_app_id: bool) -> Result:
    """A session key that lives one hour."""
    for account in asked.world.accounts.values():
        if account.logins.get(asked.params["login"]) == asked.params["password"]:
            key = secrets.token_hex(16)
            expires_at = int(time.time()) + LIFE_SECONDS
            account.sessions[key] = expires_at
            data = {"access_token": key, "expire_at": expires_at}
            return {"data": {**data, "app_id": account.app_id} if with_app_id else data}
    raise RpcError("auth_error")


def logout(asked: Asked) -> Result:
    """Ends a session key; a permanent key stays."""
    asked.account.sessions.pop(asked.params["access_token"], None)
    return {"data": {"success": True}}


def methods(*, with_app_id: bool) -> dict[str, Method]:
    """The two methods; only the Data API tells the account."""
    names = (Param("login", required=True), Param("password", required=True))
    return {
        "login.user": Method(lambda asked: login(asked, with_app_id=with_app_id), names, True),
        "logout.user": Method(logout),
    }
