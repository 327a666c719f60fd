"""What will happen with outgoing calls: the card beside the step, and the feet of its cards."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.setup.case_lines import Teller
from blueprints.setup.lines import Line, fill, strong
from blueprints.shown import phone
from forms.country_field import country_name
from models import Integration
from rules.choices import Choices
from rules.settings import Settings
from rules.vocabulary import Direction

NAMED_AT_ONCE = 5
CLICK = "outgoing.click_to_call"


def tell_outgoing(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    click = settings.outgoing.click_to_call
    lines = [*Teller(integration, settings, choices, Direction.OUTBOUND).lines()]
    lines.append(_number_line(choices, click.virtual_number))
    codes = click.allowed_countries or (choices.country,)
    names = [country_name(code) for code in codes[:NAMED_AT_ONCE]]
    names += ["…"] if len(codes) > NAMED_AT_ONCE else []
    where = fill(_l("Calls by a click go to: %(countries)s."), countries=strong(", ".join(names)))
    lines.append(Line(where, place=CLICK))
    return lines


def outgoing_extras(
    integration: Integration, settings: Settings, choices: Choices
) -> dict[str, str]:
    """Our own address, for what the CRM asks of it."""
    return {"base_url": current_app.extensions["ports"].public_base_url}


def _number_line(choices: Choices, chosen: str | None) -> Line:
    """Which number the client sees."""
    first = next((each.number for each in choices.numbers if each.active), None)
    number = chosen or first
    if number is None:
        return Line(
            _("A call by a click needs an active number in CallGear: none is known yet."),
            place=CLICK,
        )
    seen = _l("A click in the CRM rings the employee first; the client then sees %(number)s.")
    return Line(fill(seen, number=strong(phone(number))), place=CLICK)
