"""The links of the live check in words: what was seen, and what to do about a dark one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints import words
from blueprints.reasons import STATE_REASONS, Names
from blueprints.shown import masked_phone, phone
from blueprints.words import Word
from models import CallSession, Integration
from rules.live_chain import Light, Link, LinkName
from services import find_calls
from services.live_check import LiveCheck

TITLES: Mapping[str, LazyString] = {
    LinkName.NOTIFICATION: _l("The notification has arrived"),
    LinkName.CALL: _l("The call is recognised"),
    LinkName.EMPLOYEE: _l("The employee is recognised"),
    LinkName.DECISION: _l("The rules have decided"),
    LinkName.WRITTEN: _l("Behomes has the call"),
    LinkName.RECORDING: _l("The recording is there"),
}
LIGHTS: Mapping[str, Word] = {
    Light.LIT: Word(_l("yes"), "circle-check", "ok"),
    Light.WAITING: Word(_l("waiting"), "circle"),
    Light.DARK: Word(_l("no"), "circle-alert", "error"),
    Light.OPEN: Word(_l("not for this call"), "circle-minus"),
}
WAITING: Mapping[str, LazyString] = {
    LinkName.NOTIFICATION: _l("Call the number now."),
    LinkName.CALL: _l("Direction and number of the caller."),
    LinkName.EMPLOYEE: _l("Answer the call on an employee's phone."),
    LinkName.DECISION: _l("As soon as the rule of the contact can be answered."),
    LinkName.WRITTEN: _l("Hang up: the call is written at its end."),
    LinkName.RECORDING: _l("Comes within a minute or two after the end."),
}
WHYS: Mapping[str, LazyString] = {
    "no_notification": _l(
        "No notification came. Check in CallGear: is the notification “Inbound call” active, with"
        " the method POST, the whole address and no schedule? Does the address of this server open"
        " from outside?"
    ),
    "rejected": _l(
        "A notification came and could not be read. Copy its body once more from the list of"
        " notifications."
    ),
    "not_taken_in": _l(
        "The notification is kept, but nothing works on it. Ask the operator of this server whether"
        " the workers run."
    ),
    "internal": _l("It was a call between employees. Call from a phone that is not in CallGear."),
    "no_number": _l("The caller's number is hidden. Call with your number shown."),
    "nobody_answered": _l("Nobody answered. Call once more and pick up."),
    "unmapped": _l("This employee is not joined to a user of Behomes. Sync the users."),
    "not_published": _l("The integration is not turned on yet. So far all is well."),
    "paused": _l("Processing is paused. So far all is well."),
    "no_talk": _l("There was no talk, so there is nothing to listen to."),
    "no_recording": _l(
        "No recording came. Is recording on in CallGear, and the notification “Call recording"
        " completed” set up?"
    ),
    "stuck": _l("It takes longer than usual. Open the call to see why."),
}


@dataclass(frozen=True)
class LinkLine:
    """One link: its title and light, what was seen or is missing, and where to mend it."""

    title: str
    word: Word
    text: str
    action: str = ""
    href: str = ""
    light: str = ""


def link_lines(integration: Integration, found: LiveCheck) -> list[LinkLine]:
    return [_line(integration, found, link) for link in found.links]


def _line(integration: Integration, found: LiveCheck, link: Link) -> LinkLine:
    action, href = _way(integration, found, link)
    return LinkLine(
        str(TITLES[link.name]),
        LIGHTS[link.light],
        _text(integration, found, link),
        action,
        href,
        str(link.light),
    )


def _text(integration: Integration, found: LiveCheck, link: Link) -> str:
    if link.light is Light.WAITING:
        return str(WAITING[link.name])
    if link.light is Light.LIT:
        return _seen(integration, found, found.call, link) if found.call else ""
    known = WHYS.get(link.why) or STATE_REASONS.get(link.why)
    return str(known or WHYS["stuck"])


def _seen(integration: Integration, found: LiveCheck, call: CallSession | None, link: Link) -> str:
    assert call is not None
    match link.name:
        case LinkName.CALL:
            direction = words.word(words.DIRECTIONS, call.direction).label
            number = phone(call.facts.get("virtual_number"))
            shown = _(
                "%(direction)s, from %(phone)s",
                direction=direction,
                phone=masked_phone(call.client_phone),
            )
            return f"{shown} → {number}" if number else shown
        case LinkName.EMPLOYEE:
            return _names(integration).employee(found.employee_id)
        case LinkName.DECISION | LinkName.WRITTEN:
            made = [
                str(words.ENTITIES[kind].label)
                for kind in words.ENTITIES
                if call.created.get(f"{kind}_id")
            ]
            return ", ".join(made)
        case _other:
            return ""


def _way(integration: Integration, found: LiveCheck, link: Link) -> tuple[str, str]:
    """Where a dark link is mended."""
    if link.light in (Light.LIT, Light.WAITING):
        return "", ""
    match link.why:
        case "no_notification" | "rejected":
            href = url_for("setup.auth", id=integration.id, _anchor="webhook")
            return _("Notifications from CallGear"), href
        case "unmapped":
            return _("User sync"), url_for("setup.step", id=integration.id, slug="users")
        case "not_published":
            return _("Check and turn on"), url_for("setup.step", id=integration.id, slug="review")
        case "key_refused" | "crm_unknown":
            return _("Replace the key"), url_for("setup.auth", id=integration.id)
    if found.call is None or link.why in ("no_talk", "paused", "internal", "nobody_answered"):
        return "", ""
    href = url_for("calls.show", id=integration.id, call_session_id=found.call.call_session_id)
    return _("Open the call"), href


def _names(integration: Integration) -> Names:
    return Names(employees=find_calls.employee_names(integration.id))
