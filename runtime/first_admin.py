"""The first start of a real server: a one-time link for its first admin, told on the screen."""

from __future__ import annotations

import logging

from sqlalchemy.exc import OperationalError

from runtime import application
from runtime.config import Config
from services import invitations

logger = logging.getLogger(__name__)

WORDS = {
    "ru": "Первый администратор: откройте ссылку (72 часа, один раз) и задайте пароль",
    "en": "The first administrator: open this link (72 hours, once) and choose a password",
}


def tell(config: Config) -> None:
    """Print a fresh setup link if there is no admin; the one of an earlier start is revoked."""
    app = application.create(config)
    with app.app_context():
        try:
            made = invitations.invite_first_admin()
        except OperationalError as error:  # no reason to stop a server that runs
            logger.warning("no setup link can be made: %s", error.orig)
            return
        finally:
            app.extensions["sqlalchemy"].engine.dispose()
    if made:
        link = f"{config.public_base_url.rstrip('/')}/invitations/{made.token}"
        print(f"\n{WORDS[config.default_locale]}:\n  {link}", flush=True)
