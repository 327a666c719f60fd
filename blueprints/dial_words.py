"""What a person is told of a call by a click: where it stands, why it failed, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.words import Word
from models import ClickCall
from rules.dial_progress import (
    CLIENT_BUSY,
    CLIENT_SILENT,
    EMPLOYEE_SILENT,
    NOT_CONNECTED,
    Progress,
    Stage,
)
from rules.dialling import Refusal
from services import click_answers as answers

Story = tuple[LazyString, LazyString]

ASKING = Word(_l("Asking CallGear"), "loader", "info")
STAGES: Mapping[Stage, tuple[Word, LazyString]] = {
    Stage.CALLING_EMPLOYEE: (
        Word(_l("Calling you"), "phone-incoming", "accent"),
        _l("Pick up your phone: the client is called as soon as you answer."),
    ),
    Stage.CALLING_CLIENT: (
        Word(_l("Calling the client"), "phone-outgoing", "accent"),
        _l("Stay on the line."),
    ),
    Stage.TALKING: (Word(_l("Talking"), "phone-call", "ok"), _l("You are connected.")),
    Stage.ENDED: (
        Word(_l("The call is over"), "circle-check", "ok"),
        _l("You have talked to the client."),
    ),
}
FAILED = Word(_l("Nobody was connected"), "phone-off", "warn")
REFUSED = Word(_l("Not called"), "circle-alert", "error")
UNCLEAR = Word(_l("It is not known whether it rings"), "circle-help", "warn")

# What happened, and what to do.
STORIES: Mapping[str, Story] = {
    EMPLOYEE_SILENT: (
        _l("You did not pick up your phone, so the client was not called."),
        _l("Check that your phone is on and registered in CallGear, then call again."),
    ),
    CLIENT_SILENT: (_l("The client did not answer."), _l("Call again later.")),
    CLIENT_BUSY: (_l("The client's line was busy."), _l("Call again in a few minutes.")),
    NOT_CONNECTED: (
        _l("The phone was not picked up on one of the sides."),
        _l("Call again, and pick up your phone when it rings."),
    ),
    Refusal.USER_UNKNOWN: (
        _l("Your login is joined to nobody in CallGear."),
        _l("Ask the administrator to join your login to an employee."),
    ),
    Refusal.USER_UNMAPPED: (
        _l("Your login is joined to nobody in CallGear."),
        _l("Ask the administrator to join your login to an employee."),
    ),
    Refusal.NUMBER_INVALID: (
        _l("This is not a valid phone number."),
        _l("Check the number; write it with the country code, without an extension."),
    ),
    Refusal.NUMBER_SHORT: (
        _l("Emergency, service and internal numbers are not called by a click."),
        _l("Dial this number on your phone."),
    ),
    Refusal.NUMBER_OWN: (
        _l("This number belongs to your own office."),
        _l("Dial your colleague on your phone."),
    ),
    Refusal.NUMBER_SATELLITE: (
        _l("Satellite numbers are never called by a click: such calls are very expensive."),
        _l("If the call is needed, dial the number on your phone."),
    ),
    Refusal.NUMBER_PREMIUM: (
        _l("Numbers with a special price are never called by a click."),
        _l("If the call is needed, dial the number on your phone."),
    ),
    Refusal.COUNTRY_NOT_ALLOWED: (
        _l("Calls by a click to this country are not allowed."),
        _l("Ask the administrator to allow the country in the settings of outgoing calls."),
    ),
    Refusal.NO_VIRTUAL_NUMBER: (
        _l("There is no active CallGear number to call from."),
        _l("Ask the administrator to choose the outgoing number in the settings."),
    ),
    Refusal.USER_CAP: (
        _l("You have made too many calls within a minute."),
        _l("Wait a minute and call again."),
    ),
    Refusal.INTEGRATION_CAP: (
        _l("The office has made too many calls within a minute."),
        _l("Wait a minute and call again."),
    ),
    Refusal.NUMBER_CAP: (
        _l("This number was called too often within the last hour."),
        _l("Call later, or dial the number on your phone."),
    ),
    answers.UNKNOWN_OUTCOME: (
        _l("CallGear did not answer in time: your phone may ring or not."),
        _l("Wait a minute. If your phone stays silent, call again."),
    ),
    answers.NOT_SENT: (
        _l("The request was cut off before CallGear was asked. Nobody was called."),
        _l("Call again."),
    ),
    answers.NOT_CONNECTED: (
        _l("The integration has no key of CallGear. Nobody was called."),
        _l("Ask the administrator to enter the CallGear key."),
    ),
    answers.UNREACHABLE: (
        _l("CallGear cannot be reached now. Nobody was called."),
        _l("Call again in a minute, or dial the number on your phone."),
    ),
    "no_active_phone_number": (
        _l("You have no active phone number in CallGear."),
        _l("Ask the administrator to check your numbers in CallGear."),
    ),
    "employee_not_found": (
        _l("CallGear does not know your employee any more."),
        _l("Ask the administrator to run the employee sync."),
    ),
    "virtual_phone_number_not_found": (
        _l("CallGear does not know the outgoing number any more."),
        _l("Ask the administrator to choose another outgoing number in the settings."),
    ),
    "own_virtual_phone_number_not_allowed": (
        _l("This number belongs to your own office."),
        _l("Dial your colleague on your phone."),
    ),
    "contact_in_blacklist": (
        _l("This number is on the black list in CallGear."),
        _l("If it should be called, ask the administrator to take it off the list in CallGear."),
    ),
    "limit_exceeded": (
        _l("CallGear's limit of requests is used up for now. Nobody was called."),
        _l("Call again in a minute, or dial the number on your phone."),
    ),
    **dict.fromkeys(
        ("access_token_invalid", "access_token_expired", "access_token_blocked", "invalid_auth"),
        (
            _l("CallGear does not accept the key of the integration. Nobody was called."),
            _l("Ask the administrator to enter a new CallGear key."),
        ),
    ),
    **dict.fromkeys(
        ("forbidden", "component_disabled", "method_component_disabled"),
        (
            _l("The tariff or the rights in CallGear do not allow calls by a click."),
            _l("Ask the administrator to switch the Call API on in CallGear."),
        ),
    ),
}
ELSE = _l("Call again later. If it stays so, tell the administrator.")


@dataclass(frozen=True)
class Shown:
    """`seen` changes whenever something else is to be shown."""

    word: Word
    text: str
    todo: str
    seen: str
    is_final: bool


def describe(row: ClickCall, progress: Progress | None) -> Shown:
    """How the call stands, from its row and what its notifications have told by now."""
    if progress is not None:
        if progress.stage is Stage.FAILED:
            return _story(FAILED, progress.reason or NOT_CONNECTED)
        word, text = STAGES[progress.stage]
        return Shown(word, str(text), "", str(progress.stage), progress.is_final)
    if row.state in ("asked", "sent"):
        return Shown(ASKING, _("This takes a few seconds."), "", row.state, is_final=False)
    return _story(UNCLEAR if row.state == "unclear" else REFUSED, row.error or "")


def _story(word: Word, code: str) -> Shown:
    happened, todo = STORIES.get(code, (None, ELSE))
    text = str(happened) if happened else _("CallGear refused the call: %(code)s.", code=code)
    return Shown(word, text, str(todo), code, is_final=True)
