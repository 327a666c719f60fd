"""create_app(): configuration, extensions, blueprints, commands, error pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, g, request
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from blueprints import (
    account,
    accounted,
    acting,
    api,
    api_events,
    auth,
    callbacks,
    calls,
    change_log,
    console,
    console_app,
    console_stream,
    dashboard,
    demo,
    dial,
    embed,
    embed_api,
    errors,
    export,
    integrations,
    invitations,
    inviting,
    journal,
    journal_replay,
    language,
    openapi,
    ops,
    pages,
    people,
    privacy,
    recording_settings,
    recordings,
    rehearse,
    second_step,
    security,
    session_over,
    setup,
    shell,
    shown,
    styleguide,
    try_call,
)
from blueprints.api_access import KEYED
from blueprints.hooks_first import HooksFirst
from blueprints.row_ids import RowId
from blueprints.sessions import BrowserSessions
from models import db
from models.base import only_reading
from models.writer_turn import FairConnection
from runtime import commands
from runtime.config import Config
from runtime.proxy import LocalProxy
from runtime.request_ids import RequestIds
from runtime.wiring import wire_up
from services.vault import Vault, keyed_hash

BLUEPRINTS: tuple[Blueprint, ...] = (
    acting.bp,
    security.bp,
    language.bp,
    shown.bp,
    auth.bp,
    session_over.bp,
    account.bp,
    second_step.door,
    second_step.bp,
    invitations.bp,
    shell.bp,
    errors.bp,
    pages.bp,
    dashboard.bp,
    accounted.bp,
    integrations.bp,
    people.bp,
    inviting.bp,
    calls.bp,
    export.bp,
    recording_settings.bp,
    callbacks.bp,
    console.bp,
    console_app.bp,
    setup.bp,
    dial.bp,
    try_call.bp,
    rehearse.bp,
    journal.bp,
    journal_replay.bp,
    demo.bp,
    embed.bp,
    embed_api.bp,
    privacy.bp,
    change_log.bp,
    styleguide.bp,
    ops.bp,
    recordings.bp,
    console_stream.bp,
    api.bp,
    openapi.bp,
    api_events.bp,
)

migrate = Migrate()
csrf = CSRFProtect()


def create_app(config: Config | None = None) -> Flask:
    """Make the application. Opens no connection: safe before a fork."""
    config = config or Config.load()
    app = Flask(__name__)
    app.config.update(flask_settings(config))
    app.session_interface = BrowserSessions()
    app.url_map.converters["int"] = RowId
    app.extensions["config"] = config
    app.extensions["vault"] = Vault(config.encryption_keys, config.encryption_keys_now)
    app.extensions["metrics_token"] = keyed_hash(config.secret_key, "metrics")
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations", render_as_batch=True)
    csrf.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
        if blueprint.name in KEYED:
            csrf.exempt(blueprint)
    app.wsgi_app = RequestIds(LocalProxy(HooksFirst(app)))  # type: ignore[method-assign,assignment]
    wire_up(app, config)
    commands.register(app)
    app.before_request(begin_reading)
    app.teardown_request(end_reading)
    return app


def flask_settings(config: Config) -> dict[str, Any]:
    """Our configuration in the words of Flask and its extensions."""
    engine: dict[str, Any] = {"pool_pre_ping": True, "pool_recycle": 1800, "hide_parameters": True}
    if config.is_sqlite:
        engine["connect_args"] = {
            "timeout": 10,
            "check_same_thread": False,
            "factory": FairConnection,
        }
    else:
        engine |= {"pool_size": 8, "max_overflow": 24, "pool_timeout": 5}
        engine["connect_args"] = {"connect_timeout": 5}
    is_https = config.public_base_url.startswith("https://")
    return {
        "SECRET_KEY": config.secret_key,
        "SECRET_KEY_FALLBACKS": list(config.old_secret_keys),
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_https,
        # Browsers take a cookie of such a name from this very host over https only.
        "SESSION_COOKIE_NAME": "__Host-session" if is_https else "session",
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
    }


def begin_reading() -> None:
    """Pages that are only shown read without taking SQLite's writer lock."""
    g.reading = only_reading.set(request.method in ("GET", "HEAD", "OPTIONS"))


def end_reading(error: BaseException | None) -> None:
    token = g.pop("reading", None)
    if token is not None:
        only_reading.reset(token)
