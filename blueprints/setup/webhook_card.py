"""The webhook card of the step `auth`: addresses, bodies to paste, what has come so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.connection_form import ports
from blueprints.language import select_locale
from blueprints.shown import ago
from blueprints.words import Word
from models import Integration, db
from models.base import EPOCH
from services.webhook_addresses import OVERLAP_HOURS, Address, read_addresses
from services.webhook_card import (
    KINDS,
    Received,
    Rejected,
    Wanted,
    read_received,
    wanted_notifications,
)

UNREADABLE: dict[str, LazyString] = {
    "invalid_json": _l("a comma or a quote in the body; paste the body again"),
    "no_call_session_id": _l("the call id is missing; paste the body again"),
    "not_an_object": _l("the body is not the one from here; paste it again"),
    "empty": _l("the body is empty; choose the method POST and paste the body"),
    "undecodable": _l("the text is not UTF-8; paste the body again"),
}


NO_ADDRESS = Address(0, None, EPOCH, None, None)


@dataclass(frozen=True)
class Line:
    """One notification to set up, and how far it is."""

    wanted: Wanted
    type_name: str
    text: str
    state: Word


@dataclass(frozen=True)
class Card:
    address: Address
    old: Sequence[Address]
    lines: list[Line]
    received: Received
    stray: Rejected | None
    is_secret_shown: bool
    overlap_hours: tuple[int, ...] = OVERLAP_HOURS

    @property
    def count(self) -> int:
        """How many of the notifications have come at least once."""
        return len(self.received.at)

    @property
    def trial(self) -> Word | None:
        """What the test notification has shown, just after it was sent."""
        return _trial(request.args.get("tried", ""), request.args.get("ms", 0, type=int))

    @property
    def stray_reason(self) -> str:
        return why_unreadable(self.stray) if self.stray else ""


def describe_card(integration: Integration) -> Card:
    addresses = read_addresses(db.session(), integration.id, ports())
    address = next((each for each in addresses if each.ends_at is None), NO_ADDRESS)
    old = [each for each in addresses if each.ends_at is not None]
    received = read_received(db.session(), integration.id)
    is_shown = request.args.get("secret") == "shown"
    is_russian = select_locale() == "ru"
    lines = [
        Line(
            wanted,
            wanted.type_ru if is_russian else wanted.type_en,
            wanted.body if is_shown else wanted.masked,
            state_of(wanted.kind, received),
        )
        for wanted in wanted_notifications(integration, ports())
    ]
    stray = next((each for each in received.rejected if not each.kind), None)
    return Card(address, old, lines, received, stray, is_shown)


def states(received: Received) -> list[tuple[str, Word]]:
    """Kind -> its state, for the page that waits."""
    return [(kind, state_of(kind, received)) for kind in KINDS]


def state_of(kind: str, received: Received) -> Word:
    rejected = received.rejected_of(kind)
    if rejected is not None:
        text = _(
            "Came %(ago)s and could not be read: %(why)s",
            ago=ago(rejected.at),
            why=why_unreadable(rejected),
        )
        return Word(text, "circle-alert", "error")
    if kind in received.at:
        return Word(_("Received %(ago)s", ago=ago(received.at[kind])), "circle-check", "ok")
    return Word(_("Waiting for the first one…"), "clock")


def why_unreadable(rejected: Rejected) -> str:
    return str(UNREADABLE.get(rejected.error, rejected.error))


def _trial(tried: str, ms: int) -> Word | None:
    match tried:
        case "stored":
            text = _(
                "The test notification was stored in %(ms)s ms: address, secret and storage work."
                " Whether CallGear reaches this server shows with its first notification.",
                ms=ms,
            )
            return Word(text, "circle-check", "ok")
        case "failed":
            text = _("The test notification was not stored. Try again in a minute.")
            return Word(text, "circle-alert", "error")
        case "unknown":
            text = _("The address cannot be shown or tried here: make a new one.")
            return Word(text, "circle-alert", "error")
        case _other:
            return None
