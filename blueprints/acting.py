"""Who acts in this request, for the log of changes (services/audit_log.py)."""

from __future__ import annotations

from flask import Blueprint, Flask, g, request
from flask.blueprints import BlueprintSetupState
from flask_login import current_user

from services.audit_log import Actor, begin_acting, end_acting

bp = Blueprint("acting", __name__)


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> None:
    g.acting = begin_acting(_who)


def _end(error: BaseException | None) -> None:
    token = g.pop("acting", None)
    if token is not None:
        end_acting(token)


def _who() -> Actor:
    address = request.remote_addr
    if not current_user.is_authenticated:
        return Actor("page", address=address)
    return Actor("page", current_user.email, current_user.login_id, address)
