"""The live process: makes the cards of ringing calls, rung by the web for each notification.

Without Redis it looks into SQL twice a second. Killed, it starts again and goes on; several of them
on several hosts do no harm.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from runtime import application
from runtime.config import Config
from runtime.heart import Heart
from runtime.process import StopFlag
from services import heartbeats
from services.cards import LiveCards
from services.doorbell import NOTIFICATIONS, Doorbell

LOOK_SECONDS = 1.0
LOOK_ALONE_SECONDS = 0.5
TROUBLE_SECONDS = 1.0

logger = logging.getLogger(__name__)


def work(config: Config) -> None:
    """Make cards until SIGTERM or SIGINT."""
    app = application.create(config)
    stopping: StopFlag = app.extensions["stopping"]
    wanted = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    threading.Thread(target=_hear, args=(app, wanted), name="doorbell", daemon=True).start()
    with app.app_context():
        _make_cards(app, wanted)


def _hear(app: Flask, wanted: threading.Event) -> None:
    """Turn the rings, and from time to time their absence, into looks."""
    doorbell = Doorbell(app.extensions["redis_url"], NOTIFICATIONS)
    while not app.extensions["stopping"].is_set():
        doorbell.wait(LOOK_SECONDS, alone=LOOK_ALONE_SECONDS)
        wanted.set()


def _make_cards(app: Flask, wanted: threading.Event) -> None:
    from models import db

    troubles = (SQLAlchemyError, db.engine.dialect.loaded_dbapi.Error)
    cards = LiveCards(db.engine, app.extensions["ports"], wanted.set)
    heart = Heart(db.engine, heartbeats.LIVE)
    while not app.extensions["stopping"].is_set():
        wanted.wait(LOOK_SECONDS)
        wanted.clear()
        heart.beat_if_due()
        try:
            while cards.step() and not app.extensions["stopping"].is_set():
                pass
        except troubles as error:
            logger.warning("cards wait for the database: %s", type(error).__name__)
            time.sleep(TROUBLE_SECONDS)
    cards.close()
